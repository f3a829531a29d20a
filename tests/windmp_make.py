#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Writes Windows dumps of every layout, and the firmware's Raw_Dmp!, from the published layouts;
the reader shares nothing with it. No foreign writer of these (but of full dumps) can be had here,
so what is tested with them is the layout only.

Pages are given as {frame: 4096 bytes}. Also a program: windmp_make.py DIRECTORY writes the seeds of
fuzz_mem_windmp."""
import os
import struct
import sys

PAGE = 4096
# name: offset, bytes
HEADER64 = {"major": (0x08, 4), "build": (0x0C, 4), "dtb": (0x10, 8), "pfn_database": (0x18, 8),
            "modules": (0x20, 8), "processes": (0x28, 8), "machine": (0x30, 4),
            "processors": (0x34, 4), "code": (0x38, 4), "p1": (0x40, 8), "p2": (0x48, 8),
            "p3": (0x50, 8), "p4": (0x58, 8), "kdbg": (0x80, 8), "runs": (0x88, 4),
            "pages": (0x90, 8), "exception": (0xF00, 4), "exception_at": (0xF10, 8),
            "type": (0xF98, 4), "space": (0xFA0, 8), "time": (0xFA8, 8), "comment": (0xFB0, 128),
            "uptime": (0x1030, 8), "product": (0x1040, 4), "rsp": (0x348 + 0x98, 8)}
HEADER32 = {"major": (0x08, 4), "build": (0x0C, 4), "dtb": (0x10, 4), "pfn_database": (0x14, 4),
            "modules": (0x18, 4), "processes": (0x1C, 4), "machine": (0x20, 4),
            "processors": (0x24, 4), "code": (0x28, 4), "p1": (0x2C, 4), "p2": (0x30, 4),
            "p3": (0x34, 4), "p4": (0x38, 4), "pae": (0x5C, 1), "kdbg": (0x60, 4),
            "runs": (0x64, 4), "pages": (0x68, 4), "exception": (0x7D0, 4),
            "exception_at": (0x7DC, 4), "comment": (0x820, 128), "type": (0xF88, 4),
            "product": (0xF94, 4), "space": (0xFA0, 8), "uptime": (0xFB8, 8), "time": (0xFC0, 8),
            "rsp": (0x320 + 0xC4, 4)}
TRIAGE = {"service_pack": 0x00, "size": 0x04, "valid": 0x08, "context": 0x0C, "exception": 0x10,
          "mm": 0x14, "unloaded": 0x18, "prcb": 0x1C, "process": 0x20, "thread": 0x24,
          "stack": 0x28, "stack_size": 0x2C, "drivers": 0x30, "driver_count": 0x34,
          "strings": 0x38, "strings_size": 0x3C, "broken": 0x40, "options": 0x44}
TRIAGE64 = {"top_of_stack": (0x48, 8), "page": (0x60, 8), "page_offset": (0x68, 4),
            "page_size": (0x6C, 4), "debugger": (0x70, 4), "debugger_size": (0x74, 4),
            "blocks": (0x78, 4), "block_count": (0x7C, 4)}
TRIAGE32 = {"top_of_stack": (0x48, 4), "page": (0x4C, 4), "page_offset": (0x50, 4),
            "page_size": (0x54, 4), "debugger": (0x58, 4), "debugger_size": (0x5C, 4),
            "blocks": (0x60, 4), "block_count": (0x64, 4)}
EPOCH = 11644473600     # seconds from 1601 to 1970
TICKS = 10 ** 7


def fields(bits):
    return HEADER64 if bits == 64 else HEADER32


def put(data, where, value):
    off, n = where
    if isinstance(value, int):
        value = value.to_bytes(n, "little")
    data[off:off + len(value)] = value


def header(bits, kind, **values):
    """Fields that are not named stay as Windows leaves them: PAGE over and over."""
    size = 0x2000 if bits == 64 else 0x1000
    h = bytearray(b"PAGE" * (size // 4))
    h[4:8] = b"DU64" if bits == 64 else b"DUMP"
    given = {"major": 0xF, "build": 19041, "machine": 0x8664 if bits == 64 else 0x14C,
             "processors": 2, "code": 0xE6, "p1": 0x26, "p2": 0x1000, "p3": 0x2000, "p4": 6,
             "type": kind, "comment": b"\0" * 128}
    for name, v in {**given, **values}.items():
        if v is not None:
            put(h, fields(bits)[name], v)
    return h


def runs_of(pages):
    out = []
    for pfn in sorted(pages):
        if out and out[-1][0] + out[-1][1] == pfn:
            out[-1][1] += 1
        else:
            out.append([pfn, 1])
    return out


def body(pages, order=None):
    return b"".join(pages[pfn] for pfn in (order or sorted(pages)))


def full(bits, pages, runs=None, **values):
    runs = runs_of(pages) if runs is None else runs
    h = header(bits, 1, **values)
    w = 8 if bits == 64 else 4
    at = fields(bits)["runs"][0]
    put(h, fields(bits)["runs"], len(runs))
    put(h, (at + w, w), sum(n for _, n in runs))
    for i, (pfn, n) in enumerate(runs):
        put(h, (at + w * (2 + 2 * i), w), pfn)
        put(h, (at + w * (3 + 2 * i), w), n)
    return bytes(h) + body(pages, [p for base, n in runs for p in range(base, base + n)])


def bitmap(bits, pages, sign=b"SDMP", kind=5, gap=0, claim=None, **values):
    """gap: bytes between bitmap and pages, so that these are not aligned."""
    h = header(bits, kind, **values)
    nbits = (max(pages) + 8) & ~7
    bm = bytearray(nbits // 8)
    for pfn in pages:
        bm[pfn // 8] |= 1 << pfn % 8
    claim = len(pages) if claim is None else claim
    if bits == 64:
        first = len(h) + 0x38 + len(bm) + gap
        s = sign + b"DUMP" + b"\0" * 24 + struct.pack("<QQQ", first, claim, nbits)
    else:
        first = len(h) + 0x20 + len(bm) + gap
        s = sign + b"DUMP" + struct.pack("<IIIIII", 0, first, nbits, claim, nbits, 0)
    return bytes(h) + s + bytes(bm) + b"\xcc" * gap + body(pages)


def rdmp(kind, pages, runs=None, spare=2, total=None, **values):
    """The table's order is that of the pages; spare: entries of zeros behind it."""
    runs = runs_of(pages) if runs is None else runs
    h = header(64, kind, **values)
    table = b"".join(struct.pack("<QQ", *r) for r in runs) + b"\0" * 16 * spare
    metadata = 0x10 + len(table)
    total = len(pages) if total is None else total
    s = struct.pack("<I", 0x40) + b"RDMPDUMP" + struct.pack("<IQQ", 0, metadata,
                                                            0x2020 + metadata)
    s += struct.pack("<QQ", 0, total if kind == 10 else 0)
    return bytes(h) + s + table + body(pages, [p for b, n in runs for p in range(b, b + n)])


def triage(bits, blocks, drivers, stack=None, broken=None, blobs=b"", **values):
    """blocks: (address, bytes); drivers: (name, base, size); stack: (address, bytes)."""
    h = header(bits, 4, **values)
    t = bytearray(0x80 if bits == 64 else 0x68)
    own = TRIAGE64 if bits == 64 else TRIAGE32
    entry, base_at, size_at, w = (0x90, 0x38, 0x48, 8) if bits == 64 else (0x4C, 0x1C, 0x24, 4)
    out = bytearray(h + t)

    def word(name, v):
        put(t, (TRIAGE[name], 4) if name in TRIAGE else own[name], v)

    def add(data):
        while len(out) % 8:
            out.append(0)
        at = len(out)
        out.extend(data)
        return at

    def string(s):
        text = s.encode("utf-16-le")
        return add(struct.pack("<I", len(text) // 2) + text + b"\0\0")
    rows = bytearray()
    for name, base, size in drivers:
        row = bytearray(entry)
        put(row, (0, 4), string(name))
        put(row, (base_at, w), base)
        put(row, (size_at, 4), size)
        rows += row
    word("drivers", add(rows))
    word("driver_count", len(drivers))
    if broken:
        word("broken", string(broken))
    if stack:
        word("top_of_stack", stack[0])
        word("stack", add(stack[1]))
        word("stack_size", len(stack[1]))
    table = b"".join(struct.pack("<QII", a, add(b), len(b)) for a, b in blocks)
    word("blocks", add(table))
    word("block_count", len(blocks))
    word("context", 0x348 if bits == 64 else 0x320)
    word("exception", 0xF00 if bits == 64 else 0x7D0)
    word("valid", add(b"TRGD"))
    word("size", len(out))
    out[len(h):len(h) + len(t)] = t
    return bytes(out) + blobs


def raw_dmp(memory, others=(), flags=1, base=4096, order=None):
    """memory: (address, bytes); others: (type, bytes). Data begins at file offset `base`."""
    parts = [(1, a, d) for a, d in memory] + [(k, 0, d) for k, d in others]
    if order:
        parts = [parts[i] for i in order]
    rows, data = b"", b""
    for kind, addr, d in parts:
        rows += struct.pack("<IHHIQQQQ20s", 0, 1, 0, kind, base + len(data), len(d), addr, 0,
                            b"section")
        data += d
    size = base + len(data)
    head = b"Raw_Dmp!" + struct.pack("<HHIQQIQQI", 1, 0, flags, 0, 0, 0, size, size, len(parts))
    assert len(head) == 56 and len(rows) == 64 * len(parts) and 56 + len(rows) <= base
    return (head + rows).ljust(base, b"\0") + data


# ---- page tables ----

def tables(mode, root, free, mapped):
    """Pages of page tables. mapped: {virtual: (physical, size)}; free: frames to take for them."""
    levels = {"la57": [48, 39, 30, 21, 12], "x64": [39, 30, 21, 12], "pae": [30, 21, 12],
              "x86": [22, 12]}[mode]
    width = 4 if mode == "x86" else 8
    bits = 10 if mode == "x86" else 9
    pages, free = {root: bytearray(PAGE)}, iter(free)

    def slot(pfn, virt, shift):
        return pages[pfn], (virt >> shift & ((1 << bits) - 1)) * width

    def entry(pfn, virt, shift, value=None):
        page, at = slot(pfn, virt, shift)
        if value is not None:
            page[at:at + width] = value.to_bytes(width, "little")
        return int.from_bytes(page[at:at + width], "little")
    for virt, (phys, size) in mapped.items():
        at = root
        for shift in levels:
            if 1 << shift == size:
                entry(at, virt, shift, phys | (0x63 if shift == 12 else 0xE3))
                break
            e = entry(at, virt, shift)
            if not e:
                pfn = next(free)
                pages[pfn] = bytearray(PAGE)
                # the four top entries of PAE have neither write nor user bits
                e = entry(at, virt, shift, pfn << 12 | (1 if (mode, shift) == ("pae", 30) else 3))
            at = e >> 12 & ((1 << 40) - 1)
    return {k: bytes(v) for k, v in pages.items()}


def modules(bits, head, drivers, circle=False):
    """Bytes from virtual address `head` on: PsLoadedModuleList and what it leads to."""
    w, entry, base_at, size_at, name_at = (8, 0x88, 0x30, 0x40, 0x58) if bits == 64 else \
        (4, 0x48, 0x18, 0x20, 0x2C)
    rows = [head + 0x40 + 0x100 * i for i in range(len(drivers))]
    out = bytearray(0x40 + 0x100 * len(drivers))
    put(out, (0, w), rows[0])
    for i, (name, base, size) in enumerate(drivers):
        text, at = name.encode("utf-16-le"), 0x40 + 0x100 * i
        assert entry + len(text) <= 0x100
        last = i + 1 == len(drivers)
        put(out, (at, w), (rows[0] if circle else head) if last else rows[i + 1])
        put(out, (at + w, w), rows[i - 1] if i else head)
        put(out, (at + base_at, w), base)
        put(out, (at + size_at, 4), size)
        put(out, (at + name_at, 2), len(text))
        put(out, (at + name_at + 2, 2), len(text))
        put(out, (at + name_at + w, w), rows[i] + entry)
        put(out, (at + entry, 0), text)
    return bytes(out)


def page(pfn):
    """A page that no other looks like."""
    return struct.pack("<QQ", pfn, ~pfn & (1 << 64) - 1) * 256


def some(*frames):
    return {p: page(p) for p in frames}


def seeds():
    few = some(1, 2, 3, 8, 9, 20)
    x64 = tables("x64", 4, range(5, 12), {0xFFFFF80000001000: (0x15000, 4096)})
    pae = tables("pae", 4, range(5, 12), {0x80001000: (0x15000, 4096)})
    x86 = tables("x86", 4, range(5, 12), {0x80001000: (0x15000, 4096)})
    drivers = [("ntoskrnl.exe", 0xFFFFF80000000000, 0x800000),
               ("mydrv.sys", 0xFFFFF80001000000, 0x10000)]
    listed = {0x15: modules(64, 0xFFFFF80000001000, drivers).ljust(PAGE, b"\0")}
    blocks = [(0xFFFFF80000001000, b"A" * 256), (0xFFFFF80000003010, b"B" * 64)]
    stack = (0xFFFFA00000000E00, b"S" * 512)
    low = [("mydrv.sys", 0x81000000, 0x10000), ("tr\u00e4ger.sys", 0x81010000, 0x1000),
           ("\u9a71\u52a8\U0001f4a5.sys", 0x81020000, 0x1000)]
    return {
        "full64": full(64, {**few, **x64}, dtb=0x4000, time=EPOCH * TICKS, uptime=TICKS),
        "listed64": full(64, {**listed, **x64}, dtb=0x4000, modules=0xFFFFF80000001000,
                         rsp=0xFFFFF80000001800),
        "full32": full(32, {**few, **x86}, dtb=0x4000, pae=0),
        "pae32": full(32, {**few, **pae}, dtb=0x4000, pae=1),
        "bitmap64": bitmap(64, few), "bitmap32": bitmap(32, few, b"FDMP", 6, gap=3),
        "rdmp8": rdmp(8, few), "rdmp10": rdmp(10, few),
        "triage64": triage(64, blocks, drivers, stack, "mydrv.sys", b"DumpBlob" + b"\0" * 56),
        "triage32": triage(32, [(0x81000100, b"C" * 64)], low),
        "header64": bytes(header(64, 3)), "header32": bytes(header(32, 3)),
        "raw": raw_dmp([(0x1000, few[1]), (0x8000, few[8])], [(2, b"cpu")], base=256),
        "cut64": full(64, few)[:-5000],
    }


def main():
    os.makedirs(sys.argv[1], exist_ok=True)
    for name, data in seeds().items():
        with open(os.path.join(sys.argv[1], name), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    main()
