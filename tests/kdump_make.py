#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Writes kdump-compressed files that no writer at hand makes: other compressions, machines, header
versions and page sizes, parts of split sets, shuffled flattened streams. Pages come from a real
dump. The layout is that of makedumpfile's diskdump_mod.h; nothing here is shared with the reader.

usage: kdump_make.py seeds DIRECTORY              small files for the fuzzer
       kdump_make.py again METHOD IN OUT          a 64-bit dump with zlib or plain pages, its pages
                                                  packed anew, all else as it is
"""
import ctypes
import ctypes.util
import mmap
import os
import random
import struct
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "second")]
import fuzz_mem_elf_seeds  # noqa: E402
import kdump  # noqa: E402

ZLIB, LZO, SNAPPY, INCOMPLETE, ZSTD = 1, 2, 4, 8, 0x20
FLAGS = {"zlib": ZLIB, "lzo": LZO, "snappy": SNAPPY, "zstd": ZSTD, "none": 0}
METHODS = tuple(FLAGS)
COMPRESSED = ZLIB | LZO | SNAPPY | ZSTD
STATUS = 424                            # offset of header.status in a 64-bit file
LEVEL = 31


class Library:
    """A compressor of another language's library; None if it is not installed."""

    def __init__(self, name, call):
        path = ctypes.util.find_library(name)
        self.lib = ctypes.CDLL(path) if path else None
        self.call = call
        self.out = ctypes.create_string_buffer(1 << 18)

    def __call__(self, page):
        n = self.call(self.lib, page, self.out)
        return self.out.raw[:n]


def lzo(lib, page, out):
    n = ctypes.c_size_t(len(out))
    work = ctypes.create_string_buffer(1 << 17)
    assert lib.lzo1x_1_compress(page, ctypes.c_size_t(len(page)), out, ctypes.byref(n), work) == 0
    return n.value


def snappy(lib, page, out):
    n = ctypes.c_size_t(len(out))
    assert lib.snappy_compress(page, ctypes.c_size_t(len(page)), out, ctypes.byref(n)) == 0
    return n.value


def zstd(lib, page, out):
    lib.ZSTD_compress.restype = ctypes.c_size_t
    n = lib.ZSTD_compress(out, ctypes.c_size_t(len(out)), page, ctypes.c_size_t(len(page)), 1)
    assert n < len(out)
    return n


LIBRARIES = {"lzo": Library("lzo2", lzo), "snappy": Library("snappy", snappy),
             "zstd": Library("zstd", zstd)}


def has(method):
    return method not in LIBRARIES or LIBRARIES[method].lib is not None


def pack(method, page):
    """(flags, bytes): as it is where nothing is gained, as makedumpfile does."""
    if method == "none":
        return 0, page
    small = zlib.compress(page, 1) if method == "zlib" else LIBRARIES[method](page)
    return (FLAGS[method], small) if len(small) < len(page) else (0, page)


def bitmap(pfns, nbytes):
    bits = bytearray(nbytes)
    for pfn in pfns:
        bits[pfn // 8] |= 1 << pfn % 8
    return bytes(bits)


class Dump:
    """What goes into a dump; write() makes the file."""

    def __init__(self, pages, **kw):
        self.pages = pages              # {page frame number: bytes}
        self.memory = set(pages)        # and what the filter left out
        self.method = "zlib"            # or "mixed"
        self.version, self.bits, self.order, self.machine = 6, 64, "<", "x86_64"
        self.release = "6.1.0-test"
        self.block, self.level, self.status = 4096, LEVEL, 0
        self.max_mapnr = None
        self.split = None               # (first, end)
        self.vmcoreinfo = self.notes = self.erased = b""
        self.written = None             # how many descriptors, if not all
        self.__dict__.update(kw)

    def sub_header(self, at):
        e, wide = self.order, self.bits == 64
        first, end = self.split or (0, 0)
        spans, off = [], at
        for blob in (self.vmcoreinfo, self.notes, self.erased):
            spans.append((off if blob else 0, len(blob)))
            off += len(blob)
        word, long = ("Q", "Q") if wide else ("I", "Q")
        gap = "" if wide or self.machine == "i686" else "4x"
        rows = [struct.pack(e + word + "ii", 0, self.level, 1 if self.split else 0),
                struct.pack(e + word * 2, first, end),
                struct.pack(e + gap + long + word, *spans[0]),
                struct.pack(e + gap + long + word, *spans[1]),
                struct.pack(e + gap + long + word, *spans[2]),
                struct.pack(e + gap + "QQQ", first, end, self.top())]
        keep = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5}.get(self.version, 6)
        return b"".join(rows[:keep])

    def top(self):
        return self.max_mapnr or max(self.memory) + 1

    def header(self, sub_blocks, bitmap_blocks):
        uts = b"".join(s.encode().ljust(65, b"\0") for s in
                       ("Linux", "host", self.release, "#1 test", self.machine, "(none)"))
        flag = LZO if self.method == "mixed" else FLAGS[self.method]
        # The structures are aligned as the writer's machine does: struct timeval to its word.
        time = "6xqq" if self.bits == 64 else "2xii"
        head = b"KDUMP   " + struct.pack(self.order + "i", self.version) + uts
        return head + struct.pack(self.order + time + "IiiIIIIIIi", 1700000000, 5,
                                  flag | self.status, self.block, sub_blocks, bitmap_blocks,
                                  self.top() & 0xffffffff, 0, 0, 0, 0, 1)

    def page_data(self, at):
        """Descriptors and what they point to, from file offset `at` on; zeros come first, once."""
        zero, out, descriptors = bytes(self.block), [bytes(self.block)], []
        where, n = at + self.block, 0
        first, end = self.split or (0, 1 << 64)
        for pfn in sorted(p for p in self.pages if first <= p < end):
            page = self.pages[pfn]
            if page == zero:
                descriptors.append((at, self.block, 0))
                continue
            method = METHODS[n % len(METHODS)] if self.method == "mixed" else self.method
            flags, small = pack(method, page)
            descriptors.append((where, len(small), flags))
            out.append(small)
            where += len(small)
            n += 1
        return descriptors, b"".join(out)

    def write(self):
        block = self.block
        half = -(-(self.top() + 7) // 8 // block) * block
        extra = self.vmcoreinfo + self.notes + self.erased
        room = len(self.sub_header(0)) + len(extra)
        sub_blocks = -(-room // block)
        sub = self.sub_header(block + len(self.sub_header(0))) + extra
        at = (1 + sub_blocks) * block + 2 * half + kdump.DESCRIPTOR.size * len(self.pages)
        descriptors, data = self.page_data(at)
        rows = b"".join(struct.pack(self.order + "qIIQ", *d, 0) for d in descriptors)
        if self.written is not None:
            rows = rows[:self.written * kdump.DESCRIPTOR.size]
        rows = rows.ljust(kdump.DESCRIPTOR.size * len(self.pages), b"\0")
        return (self.header(sub_blocks, 2 * half // block).ljust(block, b"\0") +
                sub.ljust(sub_blocks * block, b"\0") + bitmap(self.memory, half) +
                bitmap(self.pages, half) + rows + data)


def record(off, data):
    return struct.pack(">qq", off, len(data)) + data


def flatten(data, seed=None, end=True, first=0):
    """A flattened stream; with a seed its records are of odd sizes, in any order, and some bytes
    are written twice, the last time right. first: where data begins in the file."""
    head = b"makedumpfile".ljust(16, b"\0") + struct.pack(">qq", 1, 1)
    records, at, rnd = [], 0, random.Random(seed)
    while at < len(data):
        n = min(rnd.choice((1, 100, 4096, 5000, 70000)) if seed is not None else 16384,
                len(data) - at)
        records.append((first + at, data[at:at + n]))
        at += n
    early = []
    if seed is not None:
        rnd.shuffle(records)
        for off, b in rnd.sample(records, len(records) // 3):
            early.append((max(off - 7, 0), bytes(len(b) // 2 + 9)))
    body = b"".join(record(*r) for r in early + records)
    return head.ljust(4096, b"\0") + body + (struct.pack(">qq", -1, -1) if end else b"")


def some_pages(n, block=4096):
    """Pages as in memory: zeros, text, numbers, noise."""
    rnd, pages = random.Random(3), {}
    kinds = (lambda: bytes(block), lambda: (b"kernel text " * block)[:block],
             lambda: b"".join(struct.pack("<Q", 0xffff888000000000 + rnd.randrange(1 << 20) * 8)
                              for _ in range(block // 8)),
             lambda: rnd.randbytes(block), lambda: rnd.randbytes(40) + bytes(block - 40))
    for i in range(n):
        pages[i + (i // 5) * 3] = kinds[i % len(kinds)]()
    return pages


MACHINES = {"x86_64": (64, "<"), "i686": (32, "<"), "armv7l": (32, "<"), "s390x": (64, ">"),
            "ppc": (32, ">"), "aarch64": (64, "<")}


def seeds(where):
    os.makedirs(where, exist_ok=True)
    pages, out = some_pages(12), {}
    for method in METHODS + ("mixed",):
        if method == "mixed" or has(method):
            out["method-" + method] = Dump(pages, method=method).write()
    for machine, (bits, order) in MACHINES.items():
        out["machine-" + machine] = Dump(pages, machine=machine, bits=bits, order=order).write()
    for version in range(1, 7):
        out["version-%d" % version] = Dump(pages, version=version, vmcoreinfo=b"OSRELEASE=6\n",
                                           notes=bytes(40)).write()
    out["split"] = Dump(pages, split=(4, 12)).write()
    out["incomplete"] = Dump(pages, status=INCOMPLETE, written=7).write()
    out["filtered"] = Dump(pages, memory=set(range(30)), erased=b"erased").write()
    out["flat"] = flatten(Dump(pages).write())
    out["flat-shuffled"] = flatten(Dump(pages).write(), seed=1)
    for bits, order in ((64, "<"), (32, ">")):
        elf = fuzz_mem_elf_seeds.core(bits, order, fuzz_mem_elf_seeds.note(
            order, "VMCOREINFO", 0, b"OSRELEASE=6.1.0\nPAGESIZE=4096\n"),
            [(0xc0000000, 0, 640, 640), (0, 0x100000, 512, 4096)])
        name = "flat-elf%d%s" % (bits, "le" if order == "<" else "be")
        out[name], out[name + "-shuffled"] = flatten(elf), flatten(elf, seed=1)
    out["flat-cut"] = flatten(Dump(pages).write(), seed=2)[:9000]
    for name, data in out.items():
        with open(os.path.join(where, name), "wb") as f:
            f.write(data)


def again(method, source, target):
    """All but the pages stays as it is, and pages that shared their bytes still do."""
    with open(source, "rb") as f, open(target, "wb") as out:
        data = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)
        block, sub, bitmaps = kdump.header(data)
        at = block * (1 + sub + bitmaps)
        n = int.from_bytes(data[at - bitmaps * block // 2:at], "little").bit_count()
        head = bytearray(data[:at])
        status, = struct.unpack_from("<I", head, STATUS)
        struct.pack_into("<I", head, STATUS, status & ~COMPRESSED | FLAGS[method])
        rows, first, end = bytearray(), None, at + n * kdump.DESCRIPTOR.size
        out.seek(end)
        for row in range(at, end, kdump.DESCRIPTOR.size):
            offset, _, _, page_flags = kdump.DESCRIPTOR.unpack_from(data, row)
            if first and offset == first[0]:
                rows += first[1]
                continue
            flags, small = pack(method, kdump.page(data, row))
            new = kdump.DESCRIPTOR.pack(out.tell(), len(small), flags, page_flags)
            first = first or (offset, new)
            rows += new
            out.write(small)
        out.seek(0)
        out.write(head + rows)


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "seeds":
        seeds(sys.argv[2])
    elif len(sys.argv) == 5 and sys.argv[1] == "again" and sys.argv[2] in METHODS:
        again(*sys.argv[2:])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
