#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Compares core/SPEC.md with core/dmv_abi.h, field by field, as the compiler lays it out.

A struct's table in SPEC.md follows a heading with its name in back-quotes and has the columns
offset, type, field, meaning. Constants stand in tables whose first cell is the name in back-quotes.
With --print it writes the bare tables: start from them when a struct is new.
"""
import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HEADER = os.path.join(TOP, "core", "dmv_abi.h")
SPEC = os.path.join(TOP, "core", "SPEC.md")
PREFIX = "dmv_abi_"
NAMES = {"uint8_t": "u8", "uint16_t": "u16", "uint32_t": "u32", "uint64_t": "u64", "char": "char"}


def compiler(*args):
    cc = os.environ.get("CC", "gcc").split()
    return subprocess.run(cc + list(args), check=True, capture_output=True, text=True).stdout


def dwarf(obj):
    """Debug entries of an object: {offset: {tag, parent, name, ...}}."""
    text = subprocess.run(["readelf", "--debug-dump=info", obj], check=True, capture_output=True,
                          text=True).stdout
    die, stack, cur = {}, [], None
    for line in text.splitlines():
        m = re.match(r"\s*<(\w+)><(\w+)>: Abbrev Number: (\d+)(?: \((\w+)\))?", line)
        if m:
            if m[3] == "0":
                continue
            depth, cur = int(m[1], 16), int(m[2], 16)
            del stack[depth:]
            die[cur] = {"tag": m[4], "parent": stack[-1] if stack else None}
            stack.append(cur)
            continue
        m = re.match(r"\s*<\w+>\s+(DW_AT_\w+)\s*: (.*)$", line)
        if m and cur is not None:
            value = m[2].strip()
            if value.startswith("(indirect") or value.startswith("(alt"):
                value = value.split("): ", 1)[1]
            die[cur][m[1]] = value
    return die


def number(text):
    return int(re.sub(r"^\(\w+\)\s*", "", text).split()[0], 0)


def type_name(die, ref):
    d = die[int(ref.strip("<>"), 16)]
    name = d.get("DW_AT_name")
    if d["tag"] == "DW_TAG_structure_type":
        return name[len(PREFIX):]
    if d["tag"] == "DW_TAG_array_type":
        at = int(ref.strip("<>"), 16)
        bound = [x for x in die.values() if x["parent"] == at][0]
        return "%s[%d]" % (type_name(die, d["DW_AT_type"]), number(bound["DW_AT_upper_bound"]) + 1)
    if name in NAMES:
        return NAMES[name]
    if d["tag"] == "DW_TAG_typedef":
        return type_name(die, d["DW_AT_type"])
    raise SystemExit("spec_offsets: no name for type %s" % d)


def from_header():
    """({struct: (size, {field: (offset, type)})}, {constant: value})"""
    with tempfile.TemporaryDirectory() as tmp:
        obj = os.path.join(tmp, "abi.o")
        compiler("-std=c11", "-g", "-gdwarf-4", "-fno-eliminate-unused-debug-types", "-x", "c",
                 "-c", HEADER, "-o", obj)
        die = dwarf(obj)
    structs, const = {}, {}
    for at, d in die.items():
        if d["tag"] == "DW_TAG_structure_type" and d.get("DW_AT_name", "").startswith(PREFIX):
            fields = {m["DW_AT_name"]: (number(m["DW_AT_data_member_location"]),
                                        type_name(die, m["DW_AT_type"]))
                      for m in die.values() if m["parent"] == at and m["tag"] == "DW_TAG_member"}
            structs[d["DW_AT_name"]] = (number(d["DW_AT_byte_size"]), fields)
        if d["tag"] == "DW_TAG_enumerator" and not d["DW_AT_name"].endswith("_COUNT"):
            const[d["DW_AT_name"]] = number(d["DW_AT_const_value"])
    for line in compiler("-E", "-dM", HEADER).splitlines():
        m = re.match(r"#define (DMV_ABI_\w+) (0x[0-9A-Fa-f]+|\d+)u?$", line)
        if m:
            const[m[1]] = int(m[2], 0)
    return structs, const


def from_spec():
    structs, const, cur = {}, {}, None
    for line in open(SPEC, encoding="utf-8"):
        m = re.match(r"#+ .*`(dmv_abi_\w+)`(?:, (\d+) bytes)?", line)
        if m:
            cur = m[1]
            structs[cur] = (int(m[2]) if m[2] else None, {})
        elif line.startswith("#"):
            cur = None
        cell = [c.strip() for c in line.strip().strip("|").split("|")] if line[0] == "|" else []
        if cur and len(cell) >= 4 and cell[0].startswith("0x"):
            structs[cur][1][cell[2].strip("`")] = (int(cell[0], 16), cell[1])
        elif len(cell) >= 2 and re.match(r"`DMV_ABI_\w+`$", cell[0]):
            try:
                const[cell[0].strip("`")] = int(cell[1].strip("`"), 0)
            except ValueError:
                pass            # magics: text, compared by the second decoder's runs
    return structs, const


def reserved(name):
    return name.startswith("reserved")


def compare(kind, header, spec):
    """Lines of what differs; both ways."""
    out = []
    for name in sorted(set(header) | set(spec)):
        if name not in spec:
            out.append("%s %s is missing in SPEC.md" % (kind, name))
        elif name not in header:
            out.append("%s %s is not in dmv_abi.h" % (kind, name))
        elif header[name] != spec[name]:
            out.append("%s %s: dmv_abi.h says %s, SPEC.md %s" %
                       (kind, name, header[name], spec[name]))
    return out


def main():
    structs, const = from_header()
    if "--print" in sys.argv:
        for name, (size, fields) in structs.items():
            print("\n### `%s`, %d bytes\n\n| offset | type | field | meaning |" % (name, size))
            print("| --- | --- | --- | --- |")
            for f, (off, typ) in fields.items():
                print("| 0x%02X | %s | `%s` | |" % (off, typ, f))
        return 0
    spec, said = from_spec()
    failed = 0
    for name in sorted(set(structs) | set(spec)):
        bad = compare("struct", {name: structs.get(name, [None])[0]} if name in structs else {},
                      {name: spec[name][0]} if name in spec else {})
        if not bad:
            said_of = spec[name][1]
            bad = compare("field", {f: v for f, v in structs[name][1].items()
                                    if not reserved(f) or f in said_of}, said_of)
        failed += bool(bad)
        print("not ok spec %s: %s" % (name, "; ".join(bad)) if bad else "ok spec %s" % name)
    bad = compare("constant", const, said)
    failed += bool(bad)
    print("not ok spec constants: %s" % "; ".join(bad) if bad else "ok spec constants")
    if len(structs) < 20:
        failed += 1
        print("not ok spec: dmv_abi.h has %d structs only" % len(structs))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
