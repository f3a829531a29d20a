#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Reads or changes bytes of an ELF dump at a physical address of the machine.

	poke.py FILE ADDRESS COUNT              prints COUNT bytes in hex
	poke.py FILE ADDRESS =HEX               writes them, prints what stood there
"""
import struct
import sys

PT_LOAD = 1


def offset(f, addr, n):
    f.seek(0)
    ehdr = f.read(64)
    phoff, = struct.unpack_from("<Q", ehdr, 32)
    phentsize, phnum = struct.unpack_from("<HH", ehdr, 54)
    for i in range(phnum):
        f.seek(phoff + i * phentsize)
        kind, _, off, _, paddr, filesz = struct.unpack("<IIQQQQ", f.read(40))
        if kind == PT_LOAD and paddr <= addr and addr + n <= paddr + filesz:
            return off + addr - paddr
    sys.exit(f"{sys.argv[1]}: {n} bytes at {addr:#x} are not in the file")


name, addr, what = sys.argv[1], int(sys.argv[2], 16), sys.argv[3]
new = bytes.fromhex(what[1:]) if what.startswith("=") else None
n = len(new) if new is not None else int(what)
with open(name, "r+b" if new is not None else "rb") as f:
    at = offset(f, addr, n)
    f.seek(at)
    print(f.read(n).hex())
    if new is not None:
        f.seek(at)
        f.write(new)
