# SPDX-License-Identifier: MIT
"""Lists the macros of a set of headers and finds their values by the compiler itself."""

import re
import subprocess

DEFINE = re.compile(r"^#define (\w+)(\(([^)]*)\))?(?: (.*))?$")
UNDEF = re.compile(r"^#undef (\w+)")
MARKER = re.compile(r'^# \d+ "([^"]+)"')
SAMPLES = ("3 5 7 11 13 17 19 23 29 31 37".split(), "70001 17 40961 2 3 4 5 6 7 8 9".split())


class Macro:
    """A macro's file, its parameters (None for an object-like one) and its body."""

    def __init__(self, file, parameters, body):
        self.file = file
        self.parameters = parameters
        self.body = body


class Side:
    """One of the two sets of headers: how to compile a text that includes them all."""

    def __init__(self, prologue, flags, scratch, name):
        self.prologue = prologue
        self.flags = flags
        self.scratch = scratch
        self.name = name

    def compile(self, text, *arguments):
        path = "%s/%s.c" % (self.scratch, self.name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return subprocess.run(["gcc", "-std=gnu11", "-w", "-fmax-errors=0", *self.flags, *arguments, path],
                              capture_output=True, text=True, check=False)

    def macros(self):
        """Maps the name of each macro that is defined after all the headers to a Macro."""
        done = self.compile(self.prologue, "-E", "-dD")
        if done.returncode != 0:
            raise SystemExit("headers of %s do not compile:\n%s" % (self.name, done.stderr))
        found, file = {}, ""
        for line in done.stdout.splitlines():
            match = MARKER.match(line)
            if match:
                file = match.group(1)
                continue
            match = UNDEF.match(line)
            if match:
                found.pop(match.group(1), None)
                continue
            match = DEFINE.match(line)
            if match:
                name, has, parameters, body = match.groups()
                parameters = [p for p in (parameters or "").replace(" ", "").split(",") if p] if has else None
                found[name] = Macro(file, parameters, (body or "").strip())
        return found

    def integers(self, expressions):
        """Maps those expressions that are integer constants to (value, size, signed)."""
        remaining = list(expressions)
        while remaining:
            lines = ['_Static_assert((long)(%s) == 0 || 1, "");' % e for e in remaining]
            bad = self._bad_lines("\n".join(lines), len(lines))
            if not bad:
                return self._values(remaining)
            remaining = [e for n, e in enumerate(remaining) if n not in bad]
        return {}

    def strings(self, expressions):
        """Maps those expressions that are string literals to their text."""
        remaining = list(expressions)
        while remaining:
            lines = ["static const char parvis_%d[] = %s;" % pair for pair in enumerate(remaining)]
            bad = self._bad_lines("\n".join(lines), len(lines))
            if not bad:
                break
            remaining = [e for n, e in enumerate(remaining) if n not in bad]
        prints = "\n".join('printf("%%s%%c", %s, 0);' % e for e in remaining)
        return dict(zip(remaining, self._run(prints).split("\0")))

    def expansion(self, name):
        """What is left of a macro after preprocessing, without white space."""
        done = self.compile(self.prologue + "\nparvis_expansion_starts\n" + name + "\n", "-E", "-P")
        return re.sub(r"\s+", "", done.stdout.split("parvis_expansion_starts")[-1])

    def _bad_lines(self, text, count):
        done = self.compile(self.prologue + "\n#line 1 \"parvis_probe\"\n" + text, "-fsyntax-only")
        bad = {int(n) - 1 for n in re.findall(r"^parvis_probe:(\d+):", done.stderr, re.M)}
        if done.returncode != 0 and not bad:
            raise SystemExit("cannot probe %s:\n%s" % (self.name, done.stderr[:2000]))
        return {n for n in bad if n < count}

    def _values(self, expressions):
        prints = "\n".join('printf("%%ld %%zu %%d\\n", (long)(%s), sizeof(%s), (__typeof__((%s) + 0))-1 < 1);'
                           % (e, e, e) for e in expressions)
        rows = self._run(prints).splitlines()
        return {e: tuple(int(field) for field in row.split()) for e, row in zip(expressions, rows)}

    def _run(self, statements):
        return self.run(self.prologue + "\n#include <stdio.h>\nint main(void)\n{\n" + statements + "\nreturn 0;\n}\n")

    def run(self, text):
        """Compiles a whole program and returns what it prints."""
        program = "%s/%s.bin" % (self.scratch, self.name)
        done = self.compile(text, "-o", program)
        if done.returncode != 0:
            raise SystemExit("a program with the headers of %s does not compile:\n%s" % (self.name, done.stderr[:2000]))
        return subprocess.run([program], capture_output=True, text=True, check=True).stdout


def calls(name, macro):
    """A function-like macro applied to sample numbers, as expressions."""
    count = len(macro.parameters)
    return ["%s(%s)" % (name, ", ".join(sample[:count])) for sample in SAMPLES] if count <= len(SAMPLES[0]) else []
