# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Memory of a dump: ELF cores of processes and machines, kdump files, raw files with a base."""
import mmap
import struct

import kdump

VIRT, PHYS = "virt", "phys"
PT_LOAD, ET_CORE, PN_XNUM = 1, 4, 0xFFFF


class Absent(Exception):
    """Bytes that the dump does not hold."""


class NotMine(Exception):
    """No format that this program reads."""


class Target:
    """Pieces (address, offset in the file, length) of each space, in the order of the file."""

    def __init__(self, path, base=None):
        with open(path, "rb") as f:
            self.data = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
        self.piece = {VIRT: [], PHYS: []}
        if base is not None:
            for space in self.piece:
                self.piece[space].append((base, 0, len(self.data)))
        elif self.data[:4] == b"\x7fELF":
            self._elf()
        elif self.data[:8] == kdump.SIGNATURE:
            self._kdump()
        else:
            raise NotMine("neither ELF nor kdump nor raw with a base")

    def _kdump(self):
        memory = bytearray()
        for addr, run in kdump.runs(self.data):
            self.piece[PHYS].append((addr, len(memory), len(run)))
            memory += run
        self.data = memory

    def _elf(self):
        wide, order = self.data[4] == 2, "<" if self.data[5] == 1 else ">"
        if wide:
            kind, = struct.unpack_from(order + "H", self.data, 16)
            phoff, shoff = struct.unpack_from(order + "QQ", self.data, 32)
            size, n = struct.unpack_from(order + "HH", self.data, 54)
        else:
            kind, = struct.unpack_from(order + "H", self.data, 16)
            phoff, shoff = struct.unpack_from(order + "II", self.data, 28)
            size, n = struct.unpack_from(order + "HH", self.data, 42)
        if kind != ET_CORE:
            raise NotMine("ELF, but not a core")
        if n == PN_XNUM:
            n, = struct.unpack_from(order + "I", self.data, shoff + (44 if wide else 28))
        load = []
        for i in range(min(n, (len(self.data) - phoff) // size)):
            at = phoff + i * size
            if wide:
                typ, _, off, va, pa, length = struct.unpack_from(order + "IIQQQQ", self.data, at)
            else:
                typ, off, va, pa, length = struct.unpack_from(order + "IIIII", self.data, at)
            length = max(0, min(length, len(self.data) - off))
            if typ == PT_LOAD and length:
                load.append((va, pa, off, length))
        # A space that nobody filled in is all zero: a process core has no physical addresses, a
        # machine dumped without paging no virtual ones.
        for space, column in ((VIRT, 0), (PHYS, 1)):
            if len(load) == 1 or any(x[column] for x in load):
                self.piece[space] = [(x[column], x[2], x[3]) for x in load]

    def read(self, space, addr, n):
        """All n bytes."""
        out = b""
        while n:
            for start, off, length in self.piece[space]:
                if start <= addr < start + length:
                    part = min(n, start + length - addr)
                    out += self.data[off + addr - start:off + addr - start + part]
                    addr, n = addr + part, n - part
                    break
            else:
                raise Absent("%s 0x%x" % (space, addr))
        return out

    def find(self, space, text, step):
        """Addresses, multiples of step, where the text stands."""
        for start, off, length in self.piece[space]:
            at = self.data.find(text, off, off + length)
            while at >= 0:
                if (start + at - off) % step == 0:
                    yield start + at - off
                at = self.data.find(text, at + 1, off + length)
