#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Writes the seeds of fuzz_pagewalk into a directory: a small machine for each paging mode.

usage: fuzz_pagewalk_seeds.py DIRECTORY"""
import os
import struct
import sys

X86_32, PAE, FOUR, FIVE, ARM = range(5)


def machine(mode, virt, entries, va_bits=0, page_shift=0, size=8, root=0x1000):
    ram = bytearray(0x5000)
    for at, value in entries:
        ram[at:at + size] = value.to_bytes(size, "little")
    return struct.pack("<BBBBQQ", mode, 0, va_bits, page_shift, virt, root) + ram


def chain(first, last, levels):
    """Index 0 of each table is the next one; the last entry is a page."""
    out = [(0x1000 + 0x1000 * i, 0x2000 + 0x1000 * i | first) for i in range(levels - 1)]
    return out + [(0x1000 * levels, last)]


def main():
    where = sys.argv[1]
    os.makedirs(where, exist_ok=True)
    seeds = {
        "32": machine(X86_32, 0x123, chain(1, 0x4001, 2), size=4),
        "32-large": machine(X86_32, 0x123, [(0x1000, 0x81)], size=4),
        "pae": machine(PAE, 0x123, chain(1, 0x4001, 3)),
        "pae-large": machine(PAE, 0x123, [(0x1000, 0x2001), (0x2000, 0x81)]),
        "four": machine(FOUR, 0x123, chain(1, 0x4001, 4)),
        "four-giant": machine(FOUR, 0x123, [(0x1000, 0x2001), (0x2000, 0x81)]),
        "five": machine(FIVE, 0x123, chain(1, 0x81, 4)),
        "arm": machine(ARM, 0x123, chain(3, 0x4003, 4), 48, 12),
        "arm-39": machine(ARM, 0x123, [(0x1000, 0x2003), (0x2000, 1)], 39, 12),
        "arm-16k": machine(ARM, 0x123, [(0x1000, 0x4003), (0x4000, 3)], 36, 14),
        "arm-64k": machine(ARM, 0x123, [(0x1000, 1)], 42, 16),
        "arm-52": machine(ARM, 0x123, chain(3, 0x4003, 4), 52, 12),
    }
    for name, data in seeds.items():
        with open(os.path.join(where, name), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    main()
