#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Writes the seeds of fuzz_mem_elf into a directory: small cores of each class, order and kind.

usage: fuzz_mem_elf_seeds.py DIRECTORY"""
import os
import struct
import sys

PRPSINFO, AUXV, FILE, PRSTATUS = 3, 6, 0x46494c45, 1


def note(e, name, kind, desc):
    name = name.encode() + b"\0"
    return (struct.pack(e + "III", len(name), len(desc), kind) + name + b"\0" * (-len(name) % 4) +
            desc + b"\0" * (-len(desc) % 4))


def files(e, w):
    rows = struct.pack(e + w * 8, 2, 4096, 0x1000, 0x2000, 0, 0x5000, 0x6000, 1)
    return rows + b"/bin/prog\0/lib/one.so\0"


def auxv(e, w):
    return struct.pack(e + w * 8, 3, 0x1040, 9, 0x1100, 31, 0x1ff0, 0, 0)


def core(bits, e, notes, loads, xnum=False, tail=0):
    """loads: (virt, phys, filesz, memsz); the data follows the headers, each in place."""
    big = bits == 64
    ehsize, phsize = (64, 56) if big else (52, 32)
    w = "Q" if big else "I"
    n = len(loads) + 1
    phoff = ehsize + 64     # section header 0 in between
    off = phoff + n * phsize
    ident = b"\x7fELF" + bytes([2 if big else 1, 1 if e == "<" else 2, 1]) + b"\0" * 9
    head = ident + struct.pack(e + "HHI" + w * 3 + "IHHHHHH", 4, 62 if big else 3, 1, 0, phoff,
                               ehsize if xnum else 0,
                               0, ehsize, phsize, 0xffff if xnum else n, 0, 0, 0)
    section = struct.pack(e + ("IIQQQQIIQQ" if big else "IIIIIIIIII"), *([0] * 7), n, 0, 0)
    out, body = head + section.ljust(64, b"\0"), b""

    def ph(kind, virt, phys, size, memsz):
        at = off + len(body)
        if big:
            return struct.pack(e + "IIQQQQQQ", kind, 6, at, virt, phys, size, memsz, 1)
        return struct.pack(e + "IIIIIIII", kind, at, virt, phys, size, memsz, 6, 1)
    rows = ph(4, 0, 0, len(notes), 0)
    body += notes
    for i, (virt, phys, size, memsz) in enumerate(loads):
        rows += ph(1, virt, phys, size, memsz)
        body += bytes([65 + i]) * size
    whole = out + rows + body
    return whole[:len(whole) - tail]


SAVED = (b"format=1\nredacted=1\nfrom=Windows full dump\nprogram=/bin/prog\n"
         b"bugcheck=e6 f 5 fffff80000000000 6\nline=build\tWindows 19041\n"
         b"image=fffff80000000000 5000 bad.sys\nimage=1 ffffffffffffffff x\nline=no tab\n=\n")


def main():
    where = sys.argv[1]
    os.makedirs(where, exist_ok=True)
    seeds = {}
    for bits in (32, 64):
        for e in "<>":
            w = "Q" if bits == 64 else "I"
            name = "%d%s" % (bits, "le" if e == "<" else "be")
            proc = (note(e, "CORE", PRPSINFO, b"\0" * 44 + b"/bin/prog -x".ljust(80, b"\0")) +
                    note(e, "CORE", AUXV, auxv(e, w)) + note(e, "CORE", FILE, files(e, w)))
            qemu = note(e, "CORE", PRSTATUS, b"\0" * 32) + note(e, "QEMU", 0, b"\1" * 64)
            linux = qemu + note(e, "VMCOREINFO", 0, b"OSRELEASE=6.1.0\nPAGESIZE=4096\n")
            seeds["process-" + name] = core(bits, e, proc, [(0x1000, 0, 4096, 4096),
                                                            (0x5000, 0, 64, 8192)])
            seeds["qemu-" + name] = core(bits, e, qemu, [(0, 0, 640, 640), (0, 0x100000, 512, 512)])
            seeds["paging-" + name] = core(bits, e, qemu, [(0x80000000, 0x100, 256, 256),
                                                           (0x90000000, 0x80, 512, 512),
                                                           (0xa0000000, 0, 1024, 1024)])
            seeds["linux-" + name] = core(bits, e, linux, [(0x81000000, 0x1000000, 512, 512)])
            seeds["saved-" + name] = core(bits, e, note(e, "dma-inspect", 1, SAVED),
                                          [(1 << bits - 1, 0x1000, 512, 512)])
            seeds["xnum-" + name] = core(bits, e, proc, [(0x1000, 0, 64, 64)], xnum=True)
            saved = note(e, "dma-inspect", 1, b"format=1\nredacted=%d\nfrom=ELF process core\n"
                         b"program=/bin/prog\n" % (e == ">"))
            seeds["saved-" + name] = core(bits, e, saved + note(e, "CORE", AUXV, bytes(16)) +
                                          note(e, "CORE", FILE, files(e, w)),
                                          [(0x5000, 0, 4096, 4096), (0x9000, 0, 600, 4096)])
            seeds["cut-" + name] = core(bits, e, linux, [(0, 0, 512, 512), (0, 0x1000, 512, 4096)],
                                        tail=300)
    for name, data in seeds.items():
        with open(os.path.join(where, name), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    main()
