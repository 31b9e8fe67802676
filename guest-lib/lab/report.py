# SPDX-License-Identifier: MIT
"""Reads figures (HYPERVISOR,RUN,NAME,X,VALUE) and writes a table, JSON, and a picture; for ./lab and tests/bench."""
import argparse
import json
import statistics
import sys
from html import escape

COLOURS = {"parvis": "#2b6cb0", "xen": "#c05621"}
# Of ./lab --counts: what stands beside the bar of the row it belongs to, too small for bars of its own.
BESIDE = ("entries", "cr3", "invlpg", "cr4", "others")
WIDTH, BAR, LEFT, RIGHT, TOP = 900, 14, 260, 200, 50


def read(stream):
    """{(name, x): {hypervisor: [value of each run]}} in the order of their coming."""
    rows = {}
    for line in stream:
        hypervisor, _, name, x, value = line.strip().split(",")
        key = (name, float(x) if x else None)
        rows.setdefault(key, {}).setdefault(hypervisor, []).append(float(value))
    return rows


def number(value):
    return str(int(value)) if value == int(value) else f"{value:.2f}"


def label(key):
    name, x = key
    return name if x is None else f"{name}[{number(x)}]"


def summary(values):
    return {"minimum": min(values), "median": statistics.median(values), "maximum": max(values), "runs": len(values)}


def hypervisors(rows):
    return [name for name in COLOURS if any(name in row for row in rows.values())]


def print_table(rows, unit):
    names = hypervisors(rows)
    width = max([len(label(key)) for key in rows] + [len(unit) + 6])
    head = "".join(f"{name + ' min':>14}{'median':>12}{'max':>12}" for name in names)
    print(f"{'unit: ' + unit if unit else '':<{width}}{head}{'xen/parvis' if len(names) > 1 else '':>12}")
    for key, row in rows.items():
        line = f"{label(key):<{width}}"
        for name in names:
            if name in row:
                found = summary(row[name])
                line += f"{number(found['minimum']):>14}{number(found['median']):>12}{number(found['maximum']):>12}"
            else:
                line += f"{'-':>14}{'-':>12}{'-':>12}"
        if len(names) > 1 and all(name in row for name in names):
            ours = statistics.median(row["parvis"])
            line += f"{statistics.median(row['xen']) / ours:>12.2f}" if ours else f"{'-':>12}"
        print(line)


def to_json(rows, title, unit):
    figures = [{"name": key[0], "x": key[1], **{name: summary(values) for name, values in row.items()}}
               for key, row in rows.items()]
    return {"title": title, "unit": unit, "figures": figures}


def text(x, y, words, anchor="start", size=12):
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}">{escape(words)}</text>'


def beside(key):
    """The row that a figure belongs to and what it is of it; None if it has a bar of its own."""
    base, _, what = key[0].rpartition(".")
    return (base, what) if what in BESIDE else None


def notes(rows, base, name):
    """What is not 0 of the small figures of a row."""
    found = [(what, statistics.median(rows[(f"{base}.{what}", None)][name])) for what in BESIDE
             if name in rows.get((f"{base}.{what}", None), {})]
    return "".join(f", {what} {number(value)}" for what, value in found if value)


def draw_bars(rows, names, top):
    everything, rows = rows, {key: row for key, row in rows.items() if not beside(key)}
    largest = max(statistics.median(v) for row in rows.values() for v in row.values()) or 1
    parts, y = [], top
    for key, row in rows.items():
        parts.append(text(LEFT - 8, y + BAR * len(names) / 2 + 4, label(key), "end"))
        for name in names:
            if name in row:
                value = statistics.median(row[name])
                length = value / largest * (WIDTH - LEFT - RIGHT)
                parts.append(f'<rect x="{LEFT}" y="{y}" width="{max(length, 1):.1f}" height="{BAR - 3}" '
                             f'fill="{COLOURS[name]}"/>')
                words = number(value) + notes(everything, key[0], name)
                parts.append(text(LEFT + length + 5, y + BAR - 4, words, size=10))
            y += BAR
        y += 6
    return parts, y


def draw_series(name, points, names, top):
    """One box with a line for each hypervisor; points: [(x, row)]."""
    height, parts = 260, []
    xs = [x for x, _ in points]
    largest = max(statistics.median(v) for _, row in points for v in row.values()) or 1
    span = (max(xs) - min(xs)) or 1

    def place(x, value):
        return (LEFT + (x - min(xs)) / span * (WIDTH - LEFT - RIGHT), top + height - value / largest * (height - 20))

    parts.append(text(LEFT, top + 4, name, size=14))
    parts.append(f'<polyline points="{LEFT},{top + 10} {LEFT},{top + height} {WIDTH - RIGHT},{top + height}" '
                 'fill="none" stroke="black"/>')
    parts.append(text(LEFT - 8, place(xs[0], largest)[1] + 4, number(largest), "end", 10))
    parts.append(text(LEFT - 8, top + height + 4, "0", "end", 10))
    for x in (min(xs), max(xs)):
        parts.append(text(place(x, 0)[0], top + height + 14, number(x), "middle", 10))
    for hypervisor in names:
        line = [place(x, statistics.median(row[hypervisor])) for x, row in points if hypervisor in row]
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in line)
        parts.append(f'<polyline points="{joined}" fill="none" stroke="{COLOURS[hypervisor]}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{COLOURS[hypervisor]}"/>' for x, y in line]
    return parts, top + height + 40


def draw(rows, title, unit):
    names = hypervisors(rows)
    parts, y = [text(10, 24, f"{title} ({unit})" if unit else title, size=18)], TOP
    for i, name in enumerate(names):
        parts.append(f'<rect x="{WIDTH - 100}" y="{12 + 16 * i}" width="10" height="10" fill="{COLOURS[name]}"/>')
        parts.append(text(WIDTH - 84, 21 + 16 * i, name))
    single = {key: row for key, row in rows.items() if key[1] is None}
    if single:
        more, y = draw_bars(single, names, y)
        parts += more
    for name in dict.fromkeys(key[0] for key in rows if key[1] is not None):
        points = sorted((key[1], row) for key, row in rows.items() if key[0] == name and key[1] is not None)
        more, y = draw_series(name, points, names, y + 20)
        parts += more
    body = "\n".join(parts)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 20}" font-family="sans-serif">\n'
            f'<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--title", default="")
    parser.add_argument("--unit", default="")
    parser.add_argument("--json")
    parser.add_argument("--plot")
    options = parser.parse_args()
    rows = read(sys.stdin)
    print_table(rows, options.unit)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(to_json(rows, options.title, options.unit), file, indent=2)
            file.write("\n")
    if options.plot:
        with open(options.plot, "w", encoding="utf-8") as file:
            file.write(draw(rows, options.title, options.unit))


if __name__ == "__main__":
    main()
