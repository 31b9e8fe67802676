# SPDX-License-Identifier: MIT
"""Reads the structures, unions, enumerations and typedefs of an object file out of its debug information."""

import re
import subprocess

DIE = re.compile(r"^ *<([0-9a-f]+)><([0-9a-f]+)>: Abbrev Number: (\d+)(?: \((DW_TAG_\w+)\))?")
ATTRIBUTE = re.compile(r"^ +<[0-9a-f]+> +(DW_AT_\w+) *: (.*)$")
AGGREGATES = ("structure_type", "union_type")


class Die:
    """One entry of the debug information: its tag, attributes and children."""

    def __init__(self, tag):
        self.tag = tag
        self.attributes = {}
        self.children = []

    def name(self):
        text = self.attributes.get("DW_AT_name")
        return re.sub(r"^(\([^)]*\):? *)+", "", text).strip() if text else None

    def number(self, attribute, default=None):
        text = self.attributes.get(attribute)
        if text is None:
            return default
        return int(re.sub(r"\([^)]*\)", "", text).split()[0], 0)

    def reference(self):
        text = self.attributes.get("DW_AT_type")
        return int(re.search(r"<0x([0-9a-f]+)>", text).group(1), 16) if text else None


class Types:
    """All named types of one object file."""

    def __init__(self, path):
        self.dies = {}
        self.top = []
        self.files = read_files(path)
        self._read(path)

    def _read(self, path):
        text = subprocess.run(["readelf", "--wide", "--debug-dump=info", path], check=True,
                              capture_output=True, text=True).stdout
        stack = []
        current = None
        for line in text.splitlines():
            match = DIE.match(line)
            if match:
                depth, offset = int(match.group(1), 16), int(match.group(2), 16)
                if match.group(4) is None:
                    current = None
                    continue
                current = Die(match.group(4)[len("DW_TAG_"):])
                self.dies[offset] = current
                del stack[depth:]
                (stack[-1].children if stack else []).append(current)
                if depth == 1:
                    self.top.append(current)
                stack.append(current)
                continue
            match = ATTRIBUTE.match(line)
            if match and current is not None:
                current.attributes[match.group(1)] = match.group(2)

    def named(self):
        """Yields (kind, name, file, entry) for each named type that is defined, not only declared."""
        for die in list(self.dies.values()):
            kind = {"structure_type": "struct", "union_type": "union", "enumeration_type": "enum",
                    "typedef": "typedef"}.get(die.tag)
            if kind and die.name() and "DW_AT_declaration" not in die.attributes:
                yield kind, die.name(), self.files.get(die.number("DW_AT_decl_file", 0), ""), die

    def strip(self, die):
        """The type behind typedefs and qualifiers."""
        while die is not None and die.tag in ("typedef", "const_type", "volatile_type"):
            die = self.dies.get(die.reference())
        return die

    def target(self, die):
        return self.strip(self.dies.get(die.reference()))

    def size(self, die):
        die = self.strip(die)
        if die is None:
            return 0
        if die.tag == "array_type":
            return self.size(self.target(die)) * product(bounds(die))
        if die.tag == "pointer_type":
            return 8
        return die.number("DW_AT_byte_size", 0)

    def describe(self, die):
        """What a member is, as far as another compilation of the same interface must agree."""
        die = self.strip(die)
        if die is None:
            return "void"
        if die.tag == "base_type":
            encoding = die.attributes["DW_AT_encoding"].split("(")[-1].rstrip(")")
            return "%s %d" % (encoding, self.size(die))
        if die.tag == "pointer_type":
            return "pointer"
        if die.tag == "array_type":
            return "%s %s" % (self.describe(self.target(die)), bounds(die))
        return "%s %s %d" % (die.tag, die.name() or "unnamed", self.size(die))

    def members(self, die, prefix="", base=0):
        """Maps each member, also those inside unnamed structures and unions, to its offset, size and description."""
        result = {}
        for child in die.children:
            if child.tag != "member":
                continue
            offset = base + child.number("DW_AT_data_member_location", 0)
            inner = self.target(child)
            path = prefix + (child.name() or "")
            bits = (child.number("DW_AT_bit_size"), child.number("DW_AT_bit_offset"),
                    child.number("DW_AT_data_bit_offset"))
            if child.name():
                result[path] = (offset, self.size(inner), bits, self.describe(inner))
            element = inner
            while element is not None and element.tag == "array_type":
                element = self.target(element)
            if element is not None and element.tag in AGGREGATES and not element.name():
                inside = path + "." if child.name() else prefix
                result.update(self.members(element, inside, offset))
        return result


def product(numbers):
    result = 1
    for number in numbers:
        result *= number
    return result


def bounds(die):
    """The dimensions of an array; 0 for an unknown one."""
    result = []
    for child in die.children:
        if child.tag == "subrange_type":
            upper = child.number("DW_AT_upper_bound", -1)
            result.append(child.number("DW_AT_count", (upper + 1) & 0xffffffff))
    return result


def read_files(path):
    """The line table's numbered files."""
    text = subprocess.run(["readelf", "--wide", "--debug-dump=rawline", path], check=True,
                          capture_output=True, text=True).stdout
    directories, files, table = {}, {}, None
    for line in text.splitlines():
        if "Directory Table" in line or "File Name Table" in line:
            table = directories if "Directory" in line else files
            continue
        fields = line.split("\t")
        if table is None or not fields[0].strip().isdigit():
            continue
        if table is directories:
            directories[int(fields[0])] = fields[-1]
        else:
            files[int(fields[0])] = directories.get(int(fields[1]), ".") + "/" + fields[-1]
    return files
