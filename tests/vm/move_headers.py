#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Moves the program headers of a QEMU ELF dump to offset 64, in place.

makedumpfile ignores e_phoff; QEMU 7.2 puts a section header there, the program headers behind it.
"""
import struct
import sys

EHDR, PHDR = 64, 56

with open(sys.argv[1], "r+b") as f:
    ehdr = bytearray(f.read(EHDR))
    if ehdr[:6] != b"\x7fELF\x02\x01":
        sys.exit(f"{sys.argv[1]}: no 64-bit little-endian ELF file")
    phoff, = struct.unpack_from("<Q", ehdr, 32)
    phentsize, phnum = struct.unpack_from("<HH", ehdr, 54)
    f.seek(phoff)
    phdrs = f.read(phentsize * phnum)
    notes = [struct.unpack_from("<Q", phdrs, i * PHDR + 8)[0] for i in range(phnum)]
    if phentsize != PHDR or len(phdrs) != PHDR * phnum or EHDR + len(phdrs) > min(notes):
        sys.exit(f"{sys.argv[1]}: unexpected program headers")
    struct.pack_into("<Q", ehdr, 32, EHDR)      # e_phoff
    struct.pack_into("<Q", ehdr, 40, 0)         # e_shoff
    struct.pack_into("<H", ehdr, 52, EHDR)      # e_ehsize
    struct.pack_into("<HHH", ehdr, 58, 0, 0, 0)  # no sections
    f.seek(0)
    f.write(ehdr + phdrs)
