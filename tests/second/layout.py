# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""The layout of the region, taken from the tables of core/SPEC.md when the program starts.

Nothing here knows an offset: what SPEC.md says wrong, this decoder reads wrong.
"""
import os
import re

SPEC = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "core", "SPEC.md")
WIDTH = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "char": 1}


class Field:
    def __init__(self, offset, typ, name):
        m = re.fullmatch(r"(\w+)(?:\[(\d+)\])?", typ)
        self.offset, self.name, self.base = offset, name, m[1]
        self.count = int(m[2]) if m[2] else None


class Layout:
    def __init__(self, path=SPEC):
        self.struct, self.size, self.const, self.magic = {}, {}, {}, {}
        name = None
        with open(path, encoding="utf-8") as spec:
            for line in spec:
                name = self._line(line, name)

    def _line(self, line, name):
        if line.startswith("#"):
            m = re.search(r"`dmv_abi_(\w+)`, (\d+) bytes", line)
            if not m:
                return None
            self.struct[m[1]], self.size[m[1]] = [], int(m[2])
            return m[1]
        cell = [c.strip().strip("`") for c in line.strip().strip("|").split("|")]
        if not line.startswith("|") or len(cell) < 3:
            return name
        if cell[0].startswith("0x") and name:
            self.struct[name].append(Field(int(cell[0], 16), cell[1], cell[2]))
        elif cell[0].startswith("DMV_ABI_"):
            self._constant(cell[0][len("DMV_ABI_"):], cell[1])
        return name

    def _constant(self, name, value):
        if re.fullmatch(r"([0-9A-F]{2} ){7}[0-9A-F]{2}", value):
            self.magic[name] = bytes.fromhex(value)
        elif re.fullmatch(r"2\^\d+ - 1", value):
            self.const[name] = 2 ** int(value[2:-4]) - 1
        elif re.fullmatch(r"0x[0-9A-Fa-f]+|\d+", value):
            self.const[name] = int(value, 0)

    def width(self, field):
        one = WIDTH[field.base] if field.base in WIDTH else self.size[field.base]
        return one * (field.count or 1)

    def decode(self, name, data, order, at=0):
        """Dict of the fields of a struct at data[at:]; text and byte arrays as bytes."""
        return {f.name: self._field(f, data, order, at + f.offset) for f in self.struct[name]}

    def field(self, name, field, data, order, at=0):
        """The same of one field."""
        f = next(f for f in self.struct[name] if f.name == field)
        return self._field(f, data, order, at + f.offset)

    def _field(self, f, data, order, at):
        if f.base in ("u8", "char") and f.count:
            return bytes(data[at:at + f.count])
        if f.count:
            one = self.width(f) // f.count
            return [self._one(f.base, data, order, at + i * one) for i in range(f.count)]
        return self._one(f.base, data, order, at)

    def _one(self, base, data, order, at):
        if base not in WIDTH:
            return self.decode(base, data, order, at)
        return int.from_bytes(data[at:at + WIDTH[base]], order)
