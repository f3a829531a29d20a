# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""What is done to a file, by its format: cut off, bits flipped, hostile values in each field of its
headers, tables that lead back to themselves. The same in each run."""
import mmap
import os
import random
import struct
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "second")]
import layout           # noqa: E402
import windmp_make      # noqa: E402

PAGE = 4096
# The kinds of damage: columns of the table.
CUT, VALUES, FLIPS, TABLES, NAMES, REGION = KINDS = (
    "cut off", "header fields", "header bits", "tables", "page tables, names", "region")

# name: offset, bytes, in the ELF64 header and the program header
EH = {"e_class": (4, 1), "e_data": (5, 1), "e_type": (16, 2), "e_machine": (18, 2),
      "e_phoff": (32, 8), "e_shoff": (40, 8), "e_ehsize": (52, 2), "e_phentsize": (54, 2),
      "e_phnum": (56, 2), "e_shentsize": (58, 2), "e_shnum": (60, 2)}
PH = {"p_type": (0, 4), "p_flags": (4, 4), "p_offset": (8, 8), "p_vaddr": (16, 8),
      "p_paddr": (24, 8), "p_filesz": (32, 8), "p_memsz": (40, 8)}
EH32 = {"e_class": (4, 1), "e_data": (5, 1), "e_type": (16, 2), "e_machine": (18, 2),
        "e_phoff": (28, 4), "e_shoff": (32, 4), "e_ehsize": (40, 2), "e_phentsize": (42, 2),
        "e_phnum": (44, 2), "e_shentsize": (46, 2), "e_shnum": (48, 2)}
PH32 = {"p_type": (0, 4), "p_offset": (4, 4), "p_vaddr": (8, 4), "p_paddr": (12, 4),
        "p_filesz": (16, 4), "p_memsz": (20, 4), "p_flags": (24, 4)}
NOTE = {"n_namesz": (0, 4), "n_descsz": (4, 4), "n_type": (8, 4)}
# kdump: struct disk_dump_header of a 64-bit writer, then the sub header one block on
KD = {"signature": (0, 8), "header_version": (8, 4), "machine": (12 + 4 * 65, 8),
      "status": (424, 4), "block_size": (428, 4), "sub_hdr_size": (432, 4),
      "bitmap_blocks": (436, 4), "max_mapnr": (440, 4), "total_ram_blocks": (444, 4),
      "device_blocks": (448, 4), "written_blocks": (452, 4), "current_cpu": (456, 4),
      "nr_cpus": (460, 4), "phys_base": (4096, 8), "dump_level": (4096 + 8, 4),
      "split": (4096 + 12, 4), "start_pfn": (4096 + 16, 8), "end_pfn": (4096 + 24, 8),
      "offset_vmcoreinfo": (4096 + 32, 8), "size_vmcoreinfo": (4096 + 40, 8),
      "offset_note": (4096 + 48, 8), "size_note": (4096 + 56, 8),
      "offset_eraseinfo": (4096 + 64, 8), "size_eraseinfo": (4096 + 72, 8),
      "start_pfn_64": (4096 + 80, 8), "end_pfn_64": (4096 + 88, 8), "max_mapnr_64": (4096 + 96, 8)}
BITMAP64 = {"signature": (0, 8), "first_page": (0x20, 8), "pages": (0x28, 8), "bits": (0x30, 8)}
BITMAP32 = {"signature": (0, 8), "first_page": (0x0C, 4), "bits": (0x10, 4), "pages": (0x14, 4)}
RDMP = {"signature": (0, 8), "dump": (8, 4), "metadata": (0x10, 8), "first_page": (0x18, 8),
        "total_pages": (0x28, 8), "pfn_0": (0x30, 8), "count_0": (0x38, 8), "pfn_1": (0x40, 8),
        "count_1": (0x48, 8)}
RAW_HEAD = {"signature": (0, 8), "major": (8, 2), "minor": (10, 2), "flags": (12, 4),
            "os_data": (16, 8), "size": (0x24, 8), "required": (0x2C, 8), "sections": (0x34, 4)}
RAW_SECTION = {"flags": (0, 4), "major": (4, 2), "type": (8, 4), "offset": (12, 8), "size": (20, 8),
               "base": (28, 8)}


class Damage:
    """changes: (file number, offset, bytes); cut: (file number, size). told: something else in the
    file contradicts it, so that other answers without a word are wrong. field: of a header, by
    name; None: something else."""

    def __init__(self, kind, what, changes=(), cut=None, told=False, field=None):
        self.kind, self.what, self.told, self.cut, self.field = kind, what, told, cut, field
        self.changes = [(0,) + c if len(c) == 2 else c for c in changes]


class Maker:
    """The damages of one original."""

    def __init__(self, original, seed):
        self.o, self.path = original, original.files[0]
        self.rnd = random.Random("%s %s" % (seed, original.name))
        self.size = os.path.getsize(self.path)
        self.file = open(self.path, "rb")
        self.out, self.borders = [], set()
        self.end = self.size if original.form != "raw" else 0   # as far as the file itself tells

    def read(self, at, n):
        return os.pread(self.file.fileno(), n, at)

    def unpack(self, fmt, at):
        return struct.unpack(fmt, self.read(at, struct.calcsize(fmt)))

    def add(self, kind, what, *changes, **more):
        self.out.append(Damage(kind, what, changes, **more))

    def values(self, bits, more=()):
        top = (1 << bits) - 1
        every = [0, 1, top, 1 << (bits - 1), (1 << 40) & top or top >> 1, self.size & top,
                 (self.size - 1) & top, *more]
        return sorted(set(every)) if self.o.rich else [self.rnd.choice(every)]

    def fields(self, kind, table, base, label="", order="little", told=()):
        for name, (off, n) in table.items():
            for v in self.values(8 * n):
                data = v.to_bytes(n, order)
                if self.read(base + off, n) != data:
                    self.add(kind, "%s%s=0x%x" % (label, name, v), (base + off, data),
                             told=name in told, field=label + name if self.o.rich else None)

    def flips(self, kind, spans, n, label="bits"):
        spans = [s for s in spans if s[0] < min(s[1], self.size)]
        for i in range(n if spans else 0):
            lo, hi = spans[i % len(spans)]
            hi, changes = min(hi, self.size), {}
            for _ in range(1 + i % 4):
                at = self.rnd.randrange(lo, hi)
                old = changes.get(at, self.read(at, 1))[0]
                changes[at] = bytes([old ^ 1 << self.rnd.randrange(8)])
            self.add(kind, "%s %d in 0x%x-0x%x" % (label, i, lo, hi), *changes.items())

    def cuts(self, n=14):
        """Around each border of a structure, and anywhere."""
        near = {b + d for b in self.borders for d in (-1, 0, 1)}
        some = [s for s in near if 0 < s < self.size]
        sizes = set(self.rnd.sample(sorted(some), min(len(some), n)))
        sizes |= {self.size * i // 6 for i in range(1, 6)} | {1, 16, 100, self.size - 1}
        for number, path in enumerate(self.o.files):
            for s in sorted(s for s in sizes if 0 < s < os.path.getsize(path)):
                self.out.append(Damage(CUT, "cut to %d" % s, cut=(number, s),
                                       told=bool(number) or s < self.end))

    # ---- ELF ----

    def elf(self):
        ident = self.read(0, 6)
        big, order = ident[4] == 2, "little" if ident[5] == 1 else "big"
        e = "<" if order == "little" else ">"
        eh, ph = (EH, PH) if big else (EH32, PH32)
        phoff, = self.unpack(e + ("Q" if big else "I"), eh["e_phoff"][0])
        one, n = self.unpack(e + "HH", eh["e_phentsize"][0])

        def field(i, name):
            at, size = ph[name]
            return int.from_bytes(self.read(phoff + i * one + at, size), order)
        notes = [i for i in range(n) if field(i, "p_type") == 4]
        note, size = field(notes[0], "p_offset"), field(notes[0], "p_filesz")
        loads = [i for i in range(n) if field(i, "p_type") == 1 and field(i, "p_filesz")]
        self.borders |= {64, phoff, phoff + one, phoff + n * one, note, note + 12, note + size,
                         field(loads[-1], "p_offset")}
        self.fields(VALUES, eh, 0, order=order)
        for i in sorted({notes[0], loads[0], loads[-1]}):
            self.fields(VALUES, ph, phoff + i * one, "[%d] " % i, order)
        self.fields(TABLES, NOTE, note, "note ", order)
        self.flips(FLIPS, [(0, 64), (phoff, phoff + min(n, 64) * one)], 16)
        self.flips(TABLES, [(note, note + size)], 8, "notes, bits")
        for name in ("p_paddr", "p_vaddr"):
            at, width = ph[name]
            first = self.read(phoff + loads[0] * one + at, width)
            self.add(TABLES, "segments overlap by " + name, *(
                (phoff + i * one + at, first) for i in loads[1:]))
        at, width = ph["p_offset"]
        self.add(TABLES, "a segment holds the headers", (phoff + loads[-1] * one + at,
                                                         bytes(width)))
        self.add(TABLES, "a segment as notes", (phoff + notes[0] * one + at, self.read(
            phoff + loads[-1] * one + at, width)))
        if big and self.o.rich:
            self.many_segments(phoff, order)

    def many_segments(self, phoff, order):
        """The same bytes everywhere, and everything on top of everything."""
        e = "<" if order == "little" else ">"
        for what, row in (
                ("aliases", lambda i: (1, 6, 0, i << 40, i << 40, self.size, self.size, 0)),
                ("overlaps", lambda i: (1, 6, 0, i % 7, i % 7, self.size - i % 64, self.size, 0)),
                ("steps", lambda i: (1, 6, 0, PAGE * i, PAGE * i, self.size, self.size, 0))):
            rows = b"".join(struct.pack(e + "IIQQQQQQ", *row(i)) for i in range(1, 20001))
            if self.size > len(rows) + PAGE:
                self.add(TABLES, what, (32, struct.pack(e + "Q", PAGE)),
                         (54, struct.pack(e + "HH", 56, 20000)), (PAGE, rows))
        section = struct.pack(e + "IIQQQQIIQQ", 0, 0, 0, 0, 0, 0, 0, 0xffffffff, 0, 0)
        self.add(TABLES, "4294967295 segments", (40, struct.pack(e + "Q", 0x10000)),
                 (56, struct.pack(e + "H", 0xffff)), (0x10000, section))

    # ---- kdump ----

    def kdump(self):
        block, sub, bitmaps = self.unpack("<iiI", 428)
        first, desc = block * (1 + sub), block * (1 + sub + bitmaps)
        second = first + block * bitmaps // 2
        data, = self.unpack("<q", desc)
        self.borders |= {464, block, block + 100, first, second, desc, desc + 24, data}
        self.fields(VALUES, KD, 0, told=("block_size", "sub_hdr_size", "bitmap_blocks"))
        self.flips(FLIPS, [(0, 464), (block, block + 104)], 16)
        for what, at, n in (("first", first, second - first), ("second", second, desc - second)):
            for fill in (b"\0", b"\xff"):
                self.add(TABLES, "%s bitmap all %02x" % (what, fill[0]), (at, fill * n))
        self.flips(TABLES, [(second, second + 256)], 6, "bitmap, bits")
        for what, row in (("huge", (1 << 40, 100000, 1, 0)), ("at the end", (self.size - 8, block,
                          0, 0)), ("empty", (0, 0, 0, 0)), ("in the header", (0, block, 0, 0)),
                          ("of a method nobody knows", (data, 100, 0x10, 0)),
                          ("of two methods", (data, 100, 3, 0)),
                          ("negative", ((1 << 64) - 8, block, 0, 0)),
                          ("of themselves", (desc, block, 0, 0)),
                          ("too long", (data, 0xffffffff, 1, 0))):
            self.add(TABLES, "descriptors " + what, (desc, struct.pack("<QIIQ", *row) * 64))
        self.flips(TABLES, [(desc, desc + 2048)], 10, "descriptors, bits")
        self.flips(TABLES, [(data, self.size)], 8, "pages, bits")

    # ---- flattened ----

    def flat(self):
        self.fields(VALUES, {"signature": (0, 8), "type": (16, 8), "version": (24, 8)}, 0,
                    order="big")
        at, records = PAGE, []
        while len(records) < 2000:
            off, n = self.unpack(">qq", at)
            if off < 0:
                break
            records.append((at, off, n))
            at += 16 + n
        some = records[:2] + [records[len(records) // 2], records[-1]]
        self.borders |= {32, PAGE, PAGE + 16, at, at + 16} | {r[0] for r in some}
        for i, (where, off, n) in enumerate(some):
            self.fields(TABLES, {"offset": (0, 8), "bytes": (8, 8)}, where, "record %d " % i,
                        "big")
        self.add(TABLES, "two records of one place", (records[1][0], struct.pack(
            ">q", records[0][1])))
        self.add(TABLES, "no end", (at, struct.pack(">qq", 0, 0)))
        self.add(TABLES, "records of one byte", (PAGE, struct.pack(">qqb", 0, 1, 75) *
                                                 ((self.size - PAGE) // 17)))
        self.flips(FLIPS, [(0, 32)], 4)
        self.flips(TABLES, [(r[0], r[0] + 16) for r in some], 8, "records, bits")
        inner = some[0][0] + 16                 # the header of what is in there
        self.flips(FLIPS, [(inner, inner + 128)], 8, "inner header, bits")

    # ---- Windows ----

    def windmp(self):
        wide = self.read(4, 4) == b"DU64"
        table, end = windmp_make.fields(64 if wide else 32), 0x2000 if wide else 0x1000
        short = {k: (off, min(n, 8)) for k, (off, n) in table.items()}
        kind, = self.unpack("<I", table["type"][0])
        self.borders |= {8, 0x90, table["type"][0], end, end + 0x38, end + 0x80}
        self.fields(VALUES, {"signature": (0, 4), "valid": (4, 4), **short}, 0)
        self.flips(FLIPS, [(0, 0xC0), (table["type"][0], end)], 16)
        if self.size > end + 0x80:
            self.windows_tables(kind, wide, end)

    def windows_tables(self, kind, wide, end):
        runs = {64: (0x88 + 0x10, 8), 32: (0x64 + 8, 4)}[64 if wide else 32]
        if kind == 1:
            self.fields(TABLES, {"base": runs, "count": (runs[0] + runs[1], runs[1])}, 0, "run 0 ")
            same = self.read(runs[0], 2 * runs[1])
            self.add(TABLES, "two runs of one place", (runs[0] + 2 * runs[1], same))
        elif kind == 4:
            t = {k: (v, 4) for k, v in windmp_make.TRIAGE.items()}
            t.update(windmp_make.TRIAGE64 if wide else windmp_make.TRIAGE32)
            self.fields(TABLES, t, end)
            at, = self.unpack("<I", end + t["blocks"][0])
            self.end, = self.unpack("<I", end + t["size"][0])       # what follows is other data
            self.add(TABLES, "a block of the header", (at + 8, struct.pack("<II", 0, self.size)))
            self.add(TABLES, "a block of itself", (at + 8, struct.pack("<I", at)))
            self.flips(TABLES, [(end, end + 0x80), (end + 0x80, self.size)], 12, "triage, bits")
        elif self.read(end + 4, 4) == b"RDMP":
            self.fields(TABLES, RDMP, end)
            self.add(TABLES, "two runs of one place", (end + 0x40, self.read(end + 0x30, 16)))
            self.flips(TABLES, [(end, end + 0x50)], 8, "runs, bits")
        elif self.read(end + 4, 4) == b"DUMP":
            self.fields(TABLES, BITMAP64 if wide else BITMAP32, end)
            at = end + (0x38 if wide else 0x20)
            self.add(TABLES, "bitmap all ff", (at, b"\xff" * 64))
            self.add(TABLES, "bitmap all 00", (at, b"\0" * 64))
            self.flips(TABLES, [(end, at), (at, at + 64)], 8, "bitmap, bits")
        if kind != 4 and len(self.o.files) == 1:
            self.windows_paging(wide)

    def windows_paging(self, wide):
        """The tables are the first pages of our own dumps: frames 4 and on, with room left."""
        first = windmp_make.tables("x64" if wide else "pae", 4, range(5, 12), {
            0xFFFFF80000001000 if wide else 0x80001000: (0x15000, PAGE)})
        with mmap.mmap(self.file.fileno(), 0, access=mmap.ACCESS_READ) as m:
            where = {pfn: m.find(page) for pfn, page in first.items()}
        for pfn, at in where.items():
            if at < 0:
                return
            self.borders.add(at)
            entries = [i for i in range(0, PAGE, 8) if first[pfn][i:i + 8] != bytes(8)]
            for what, v in (("itself", pfn << 12 | 3), ("the root", 4 << 12 | 3), ("nothing", 0),
                            ("nowhere", (1 << 51) - 1), ("a large page of it", pfn << 12 | 0x83)):
                self.add(NAMES, "frame %d leads to %s" % (pfn, what), *(
                    (at + i, struct.pack("<Q", v)) for i in entries))
        listed = max(where.values()) + PAGE
        self.flips(NAMES, [(listed, listed + 0x200)], 8, "modules, bits")

    def rawdmp(self):
        self.fields(VALUES, RAW_HEAD, 0)
        for i in range(2):
            self.fields(TABLES, RAW_SECTION, 56 + 64 * i, "section %d " % i)
        self.add(TABLES, "a section of the header", (56 + 12, bytes(8)))
        self.add(TABLES, "two sections of one place", (56 + 64 + 12, self.read(56 + 12, 24)))
        self.borders |= {8, 56, 56 + 64, 56 + 256, 4096}
        self.flips(FLIPS, [(0, 56)], 8)
        self.flips(TABLES, [(56, 56 + 256)], 10, "sections, bits")

    def raw(self):
        pass

    # ---- the region, where it stands in the file as it is ----

    def find_region(self):
        """(offset, layout, byte order); None if there is no whole one."""
        lay = layout.Layout()
        with mmap.mmap(self.file.fileno(), 0, access=mmap.ACCESS_READ) as m:
            at = m.find(lay.magic["MAGIC"])
            while at >= 0:
                h = m[at:at + PAGE]
                for order in "<>":
                    if len(h) == PAGE and struct.unpack_from(order + "I", h, 0x14)[0] == \
                            zlib.crc32(h[0x18:0x200]):
                        return at, lay, order
                at = m.find(lay.magic["MAGIC"], at + 8)
        return None

    def region(self):
        found = self.find_region()
        if not found:
            return
        at, lay, order = found
        self.o.rich, rich = self.o.form == "raw", self.o.rich   # the same bytes in each format
        e, head = "little" if order == "<" else "big", self.read(at, PAGE)
        self.borders |= {at, at + 0x200, at + PAGE}
        dirs, = struct.unpack_from(order + "Q", head, 0x50)

        def put(what, where, field, v, sealed):
            page, n = bytearray(head), min(8, lay.width(field))
            page[where:where + n] = v.to_bytes(n, e)
            if sealed:
                struct.pack_into(order + "I", page, 0x14, zlib.crc32(bytes(page[0x18:0x200])))
            self.add(REGION, what, (at, bytes(page)), told=not sealed and 0x18 <= where < 0x200,
                     field="%s %d" % (field.name, sealed) if self.o.rich else None)
        for f in lay.struct["header"]:
            n = min(8, lay.width(f))
            for v in self.values(8 * n):
                put("%s=0x%x" % (f.name, v), f.offset, f, v, False)
                if f.offset < 0x200 and f.name != "checksum":
                    put("%s=0x%x, checksum right" % (f.name, v), f.offset, f, v, True)
        where = at + dirs
        table = {f.name: (f.offset, lay.width(f)) for f in lay.struct["dir"]}
        self.fields(REGION, table, where, "directory: ", e)
        offset = table["next_offset"][0]
        self.add(REGION, "a directory that leads to itself",
                 (where + table["next_segment"][0], bytes(4)),
                 (where + offset, dirs.to_bytes(8, e)))
        size = int.from_bytes(self.read(where + table["entry_bytes"][0], 4), e)
        for i in range(3):
            kind = "segment" if i == 0 else "extent"
            entry = {f.name: (f.offset, lay.width(f)) for f in lay.struct[kind]}
            self.fields(REGION, entry, where + 64 + i * size, "entry %d: " % i, e)
        self.add(REGION, "extents on top of each other", (where + 64 + 2 * size, self.read(
            where + 64 + size, size)))
        self.flips(REGION, [(at, at + 0x400), (where, where + 0x400), (where, where + 0x4000)], 15)
        self.o.rich = rich

    # ---- a Linux kernel in plain pages ----

    def at(self, phys):
        return self.o.pages[phys // PAGE] + phys % PAGE

    def kernel(self):
        k = self.o.kernel
        if not k:
            return
        self.o.rich, rich = True, self.o.rich
        root = k.phys("swapper_pg_dir")
        for what, v in (("itself", root | 0x63), ("nothing", 0), ("nowhere", (1 << 51) - 1),
                        ("a large page", 0xe3)):
            for i in (256, 272, 511):           # direct map, modules and vmalloc, kernel text
                self.add(NAMES, "top entry %d leads to %s" % (i, what),
                         (self.at(root) + 8 * i, struct.pack("<Q", v)))
        self.flips(NAMES, [(self.at(root) + 2048, self.at(root) + PAGE)], 6, "top table, bits")
        for name in ("kallsyms_num_syms", "kallsyms_relative_base"):
            where, n = self.at(k.phys(name)), 4 if "num" in name else 8
            self.fields(NAMES, {name: (0, n)}, where)
        for name in ("kallsyms_names", "kallsyms_token_table", "kallsyms_token_index",
                     "kallsyms_offsets"):
            where = self.at(k.phys(name))
            room = PAGE - k.phys(name) % PAGE
            self.add(NAMES, name + " all ff", (where, b"\xff" * room))
            self.add(NAMES, name + " all 00", (where, b"\0" * room))
            self.flips(NAMES, [(where, where + room)], 3, name + ", bits")
        self.uts(k)
        self.vmcoreinfo(k)
        self.o.rich = rich

    def uts(self, k):
        where = self.at(k.phys("init_uts_ns"))
        self.add(NAMES, "no uts name", (where, bytes(400)))
        self.add(NAMES, "an endless uts name", (where, b"A\x1b[31m" * 80))
        modules = k.line.get("SYMBOL(modules)")
        if modules:
            virt = int(modules, 16)
            for what, v in (("itself but not its start", virt + 8), ("nothing", 0),
                            ("nowhere", (1 << 64) - 8)):
                self.add(NAMES, "the list of modules leads to " + what,
                         (self.at(k.phys("modules")), struct.pack("<Q", v)))

    def vmcoreinfo(self, k):
        at, size = self.unpack("<QQ", 4096 + 32)
        text = self.read(at, size)
        for key in ("OSRELEASE", "PAGESIZE", "SYMBOL(swapper_pg_dir)", "SYMBOL(init_uts_ns)",
                    "NUMBER(phys_base)", "KERNELOFFSET", "NUMBER(pgtable_l5_enabled)",
                    "SYMBOL(kallsyms_names)", "SYMBOL(kallsyms_num_syms)", "BUILD-ID"):
            off = text.find(b"\n%s=" % key.encode()) + 1 + len(key) + 1
            end = text.find(b"\n", off)
            if off < len(key) + 2 and not text.startswith(key.encode()):
                continue
            if text.startswith(key.encode()):
                off, end = len(key) + 1, text.find(b"\n")
            for fill in (b"0", b"f", b"9", b"\xff", b"\n"):
                self.add(NAMES, "VMCOREINFO: %s of %r" % (key, fill),
                         (at + off, fill * (end - off)))
        self.flips(NAMES, [(at, at + size)], 8, "VMCOREINFO, bits")

    def all(self):
        getattr(self, self.o.form)()
        self.region()
        self.kernel()
        self.cuts()
        self.file.close()
        return self.out


def thinned(every, most, rnd):
    """Of a rich original each field once; of the rest so many of each kind."""
    fields = {}
    for d in every:
        if d.field:
            fields.setdefault((d.kind, d.field), []).append(d)
    out = [rnd.choice(v) for v in fields.values()]
    for kind in KINDS:
        some = [d for d in every if d.kind == kind and not d.field]
        out += rnd.sample(some, min(len(some), most))
    return out


def damages(original, seed, most=None):
    """Of one original, the cuts last, ever shorter, since nothing makes the file long again. most:
    not all, but so many of each kind, chosen by the seed."""
    out = Maker(original, seed).all()
    if most:
        out = thinned(out, most, random.Random("%s %s" % (seed, original.name)))
    return sorted(out, key=lambda d: (KINDS[1:] + (CUT,)).index(d.kind) if not d.cut else
                  len(KINDS) + d.cut[0] - d.cut[1] / (1 << 60))
