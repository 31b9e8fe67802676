#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a table, and JSON, of what the benchmark of disks and networks measured."""
import argparse
import collections
import csv
import json
import statistics

UNITS = {"sequential": "MB/s", "random": "requests/s", "send": "MB/s", "receive": "MB/s", "trip": "us",
         "packets": "packets/s"}


def unit(row):
    return next(name for word, name in UNITS.items() if word in row)


def read(path):
    """The median of each row's figures, by hypervisor and domain."""
    values = collections.defaultdict(list)
    with open(path, newline="") as file:
        for line in csv.DictReader(file):
            values[line["row"], line["hypervisor"], line["domain"]].append(float(line["value"]))
    return {key: statistics.median(figures) for key, figures in values.items()}


def quotient(row, upper, lower):
    """How good the upper is beside the lower: more than 1 is better, whatever the unit."""
    if not upper or not lower:
        return None
    return round(lower / upper if unit(row) == "us" else upper / lower, 2)


def describe(medians):
    for row in dict.fromkeys(key[0] for key in medians):
        entry = {"row": row, "unit": unit(row)}
        for hypervisor in ("parvis", "xen"):
            guest, dom0 = (medians.get((row, hypervisor, domain)) for domain in ("guest", "dom0"))
            if guest is not None:
                entry[hypervisor] = {"guest": guest, "dom0": dom0, "ratio": quotient(row, guest, dom0)}
        if "parvis" in entry and "xen" in entry:
            entry["to_xen"] = quotient(row, entry["parvis"]["guest"], entry["xen"]["guest"])
            entry["dom0_to_xen"] = quotient(row, entry["parvis"]["dom0"], entry["xen"]["dom0"])
        yield entry


def number(value):
    return "-" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def print_table(entries):
    print("| row | unit | Parvis: dom0 | guest | ratio | Xen 4.17: dom0 | guest | ratio | dom0 to Xen's | guest to Xen's |")
    print("|---|---|" + "---:|" * 8)
    for entry in entries:
        cells = [entry["row"], entry["unit"]]
        for hypervisor in ("parvis", "xen"):
            cells += [number(entry.get(hypervisor, {}).get(name)) for name in ("dom0", "guest", "ratio")]
        cells += [number(entry.get(name)) for name in ("dom0_to_xen", "to_xen")]
        print("| " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv")
    parser.add_argument("--json")
    options = parser.parse_args()
    entries = list(describe(read(options.csv)))
    print_table(entries)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(entries, file, indent=2)
            file.write("\n")


if __name__ == "__main__":
    main()
