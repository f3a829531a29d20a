#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Writes the seeds of fuzz_modules into a directory: a list of modules as it lies in memory from
`modules` on, whose address and whose layout of struct module are those of fuzz_modules.c.

usage: fuzz_modules_seeds.py DIRECTORY"""
import os
import struct
import sys

LIST = 0xffffffff81000000 + 0x4200000 + 0x10000
MODULE, TEXT = 0x100, 0xffffffffc0000000


def put(out, at, fmt, *values):
    data = struct.pack("<" + fmt, *values)
    out.extend(bytes(max(0, at + len(data) - len(out))))
    out[at:at + len(data)] = data


def symbols(out, at, base, names):
    """struct mod_kallsyms at `at`, its tables behind it."""
    table, strings = at + 32, at + 32 + 24 * (len(names) + 1)
    text = b"\0" + b"".join(n.encode() + b"\0" for n in names)
    put(out, at, "QIxxxxQ", LIST + table, len(names) + 1, LIST + strings)
    off = 1
    for i, name in enumerate(names):
        put(out, table + 24 * (i + 1), "IBBHQQ", off, 0x12 if i % 3 else 0x11, 0, 1,
            base + 64 * i, 64 if i % 2 else 0)
        off += len(name) + 1
    put(out, strings, "%ds" % len(text), text)
    return strings + len(text)


def modules(old, names, circle=False):
    out, at, where = bytearray(), 16, []
    for i, name in enumerate(names):
        at = (at + 63) & ~63
        where.append(at)
        base = TEXT + 0x10000 * i
        put(out, at + 24, "56s", name.encode())
        for piece in range(2 if old else 7):
            put(out, at + 80 + 16 * piece, "QI", base + 0x1000 * piece, 0x1000)
        put(out, at + 200, "Q", LIST + at + MODULE)
        at = symbols(out, at + MODULE, base, ["init_module", "%s_probe" % name, "cleanup_module"])
    places = [LIST + w + 8 for w in where] + [LIST + (where[0] + 8 if circle else 0)]
    put(out, 0, "QQ", places[0], places[-2])
    for i, w in enumerate(where):
        put(out, w + 8, "QQ", places[i + 1], LIST)
    return bytes([old]) + bytes(out)


def main():
    os.makedirs(sys.argv[1], exist_ok=True)
    names = ["nvme", "e1000", "virtio_pci"]
    for name, data in (("new", modules(0, names)), ("old", modules(1, names)),
                       ("circle", modules(0, names, circle=True)), ("one", modules(0, ["dm"]))):
        with open(os.path.join(sys.argv[1], name), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    main()
