#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Windows dumps of every layout, and the firmware's, as windmp_make.py writes them: header, pages,
page tables, drivers, what is cut off; a region found in each. (Damaged: fuzz_mem_windmp.c.)

Needs $O/tests/mem_probe, $O/tests/mkregion and $O/dma-inspect."""
import datetime
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import mem_dumps  # noqa: E402
import windmp_make as make  # noqa: E402
from mem_dumps import case, info, probe  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
INSPECT = os.path.join(mem_dumps.O, "dma-inspect")
MKREGION = os.path.join(mem_dumps.O, "tests", "mkregion")
FEW = make.some(1, 2, 3, 8, 9, 20)
LOW, HIGH = 0x1000, 21 << 12
KERNEL = 0xFFFFF80000000000
DRIVERS = [("ntoskrnl.exe", KERNEL, 0x800000),
           ("\u00b5drv\U0001f50c.sys", KERNEL + 0x1000000, 4096)]


class Dir:
    def __init__(self, tmp):
        self.tmp, self.n = tmp, 0

    def file(self, data):
        self.n += 1
        path = os.path.join(self.tmp, "d%d" % self.n)
        with open(path, "wb") as f:
            f.write(data)
        return path


def lines(d):
    """Header lines as a dictionary."""
    return dict(x.split(": ", 1) for x in d.get("line", []))


def notes(path):
    return " | ".join(info(path)[0].get("note", []))


def read(path, space, addr, n):
    rc, out, err = probe(path, "read", space, addr, n)
    return out if rc == 0 else err.strip()


def same_pages(path, pages):
    """Every page as it was given, every other frame absent."""
    want = ["0x%x 0x%x" % (p << 12, p + n << 12) for p, n in make.runs_of(pages)]
    got = info(path)[0].get("phys")
    if got != want:
        return "ranges %s, not %s" % (got, want)
    probe(path, "cat", "phys", path + ".out")
    with open(path + ".out", "rb") as f:
        for pfn in pages:
            f.seek(pfn << 12)
            if f.read(4096) != pages[pfn]:
                return "frame 0x%x: other bytes" % pfn
    gone = read(path, "phys", max(pages) + 1 << 12, 1)
    return "" if str(gone).startswith("error 2: ") else "beyond the last page: %s" % gone


def patched(data, *changes):
    """changes: (offset, bytes)"""
    data = bytearray(data)
    for off, new in changes:
        data[off:off + len(new)] = new
    return bytes(data)


def layouts(d):
    order = [(8, 2), (20, 1), (1, 3)]
    for name, form, data in (
            ("full 64", "Windows full dump", make.full(64, FEW)),
            ("full 32", "Windows full dump", make.full(32, FEW)),
            ("full 64, runs out of order", "Windows full dump", make.full(64, FEW, order)),
            ("full 32, many runs", "Windows full dump",
             make.full(32, make.some(*range(1, 172, 2)))),
            ("bitmap 64", "Windows bitmap dump (kernel)", make.bitmap(64, FEW)),
            ("bitmap 64, type 2", "Windows bitmap dump (kernel)", make.bitmap(64, FEW, kind=2)),
            ("bitmap 64, type 6", "Windows bitmap dump (full)", make.bitmap(64, FEW, b"FDMP", 6)),
            ("bitmap 64, type 7", "Windows bitmap dump (kernel)", make.bitmap(64, FEW, kind=7)),
            ("bitmap 64, first page unaligned", "Windows bitmap dump (full)",
             make.bitmap(64, FEW, b"FDMP", gap=13)),
            ("bitmap 32", "Windows bitmap dump (kernel)", make.bitmap(32, FEW)),
            ("bitmap 64, long", "Windows bitmap dump (kernel)",
             make.bitmap(64, make.some(0, 63, 64, 65, 127, 128, 191, 600, 601, 602))),
            ("RDMP, type 8", "Windows dump by ranges (RDMP)", make.rdmp(8, FEW)),
            ("RDMP, type 9", "Windows dump by ranges (RDMP)", make.rdmp(9, FEW, order)),
            ("RDMP, type 10", "Windows dump by ranges (RDMP)", make.rdmp(10, FEW, order)),
            ("RDMP, type 10, frame 0", "Windows dump by ranges (RDMP)",
             make.rdmp(10, make.some(0, 1, 5), spare=0)),
            ("Raw_Dmp!", "firmware memory dump (Raw_Dmp!)",
             make.raw_dmp([(p << 12, b) for p, b in FEW.items()], [(2, b"x"), (5, b"sys")]))):
        pages = FEW if "many" not in name and "long" not in name and "frame 0" not in name else \
            {"full 32, many runs": make.some(*range(1, 172, 2)),
             "bitmap 64, long": make.some(0, 63, 64, 65, 127, 128, 191, 600, 601, 602),
             "RDMP, type 10, frame 0": make.some(0, 1, 5)}[name]
        path = d.file(data)
        got = info(path)[0] or {}
        why = same_pages(path, pages)
        if got.get("format") != [form]:
            why = "format %s" % got.get("format")
        case("windows " + name, not why and "note" not in got, why or str(got.get("note")))


def header(d):
    when = datetime.datetime(2019, 3, 14, 15, 9, 26, tzinfo=datetime.timezone.utc)
    ticks = (int(when.timestamp()) + make.EPOCH) * make.TICKS
    for bits, machine, p in ((64, 0xAA64, [0x26, 0xFFFFD08BB1435060, 0x40, 6]),
                             (32, 0x14C, [0x26, 0x81435060, 0x40, 6])):
        named = dict(zip(("p1", "p2", "p3", "p4"), p))
        path = d.file(bytes(make.header(
            bits, 3, machine=machine, processors=7, build=22621, code=0x100000E6, time=ticks,
            uptime=90061 * make.TICKS, comment=b"a comment".ljust(128, b"\0"), product=3,
            **named)))
        g = info(path)[0]
        got = lines(g)
        case("windows header %d: bugcheck" % bits, [int(x, 16) for x in g["bugcheck"][0].split()] ==
             [0x100000E6] + p, str(g.get("bugcheck")))
        want = {"time": "2019-03-14 15:09:26 UTC", "uptime": "1 d 01:01:01", "cpus": "7",
                "comment": "a comment", "build": "Windows 22621, free", "product": "server",
                "dump": "type 3, header"}
        case("windows header %d: lines" % bits, all(got.get(k) == v for k, v in want.items()),
             str(got))
        case("windows header %d: machine" % bits, g["machine"] == ["183" if bits == 64 else "3"] and
             g["bits"] == [str(bits)], str(g))
    # nothing of what was not filled in
    bare = info(d.file(bytes(make.header(64, 3, code=None, processors=None, build=None,
                                         comment=None))))[0]
    case("windows header: unused fields are absent", set(lines(bare)) == {"dump"} and
         "bugcheck" not in bare, str(bare))
    short = lines(info(d.file(bytes(make.header(64, 3, comment=b"ok\0"))))[0])
    case("windows header: a short comment", short.get("comment") == "ok", str(short))
    half = info(d.file(bytes(make.header(64, 3, p1=None, p2=None, p3=None, p4=None))))[0]
    case("windows header: no bugcheck without parameters", "bugcheck" not in half and
         "without its parameters" in half["note"][0], str(half))
    cut = d.file(make.full(64, FEW)[:0x80])
    case("windows header: cut behind the bugcheck", "bugcheck" in info(cut)[0] and
         "the file ends at 0x80" in notes(cut), notes(cut))
    rc, _, err = probe(d.file(make.full(64, FEW)[:0x50]), "info")
    case("windows header: cut in the bugcheck", rc == 1 and "cut off in its header" in err, err)


def paging(d):
    size4, size2, size1 = 1 << 12, 1 << 21, 1 << 30
    data = {v: make.page(v) for v in (64, 65, 0x200, 0x201, 0x400)}
    for name, bits, mode, mapped, more in (
            ("4 levels, a PCID in the root", 64, "x64",
             {KERNEL + 0x1000: (64 << 12, size4), KERNEL + 0x2000: (0x201 << 12, size4),
              KERNEL + 0x200000: (0x200000, size2), 0xFFFFFA8000000000: (0, size1)},
             {"dtb": 4 << 12 | 0x2A}),
            ("PAE", 32, "pae", {0x80001000: (64 << 12, size4), 0x80002000: (0x201 << 12, size4),
                                0x80200000: (0x200000, size2)}, {"dtb": 4 << 12, "pae": 1}),
            ("2 levels", 32, "x86", {0x80001000: (64 << 12, size4),
                                     0x80002000: (0x201 << 12, size4),
                                     0x80400000: (0x400000, 1 << 22)},
             {"dtb": 4 << 12, "pae": 0})):
        pages = {**data, **make.tables(mode, 4, range(5, 40), mapped)}
        path = d.file(make.bitmap(bits, pages, **more))
        why = []
        base = KERNEL if bits == 64 else 0x80000000
        # across the border of two pages that are not neighbours in physical memory
        if read(path, "virt", base + 0x1FF0, 32) != data[64][-16:] + data[0x201][:16]:
            why.append("across a border")
        big = {"x64": KERNEL + 0x200000, "pae": 0x80200000, "x86": 0x80400000}[mode]
        if read(path, "virt", big, 4096) != data[0x400 if mode == "x86" else 0x200]:
            why.append("large page")
        if mode == "x64" and read(path, "virt", 0xFFFFFA8000000000 + (65 << 12), 64) != \
                data[65][:64]:
            why.append("page of 1 GiB")
        absent = read(path, "virt", base + 0x3000, 8)
        if "is not mapped" not in str(absent):
            why.append("not mapped: %s" % absent)
        case("windows paging: " + name, not why, "; ".join(why))


def loaded(d):
    """The machine's own list of modules, through the page tables; what its stack points into."""
    for bits, mode, base in ((64, "x64", KERNEL), (32, "x86", 0x80000000), (64, "la57", KERNEL)):
        drivers = [(n, base + a - KERNEL, s) for n, a, s in DRIVERS]
        head, stack = base + 0x1010, base + 0x2800
        words = b"".join(v.to_bytes(bits // 8, "little") for v in (
            0, base + 0x1234, drivers[1][1] + 0x77, 5, drivers[1][1] + 0xFFF))
        mapped = {base + 0x1000: (64 << 12, 4096), base + 0x2000: (65 << 12, 4096)}

        def dump(circle):
            listed = b"\0" * 16 + make.modules(bits, head, drivers, circle)
            pages = {64: listed.ljust(4096, b"\0"),
                     65: (b"\0" * 0x800 + words).ljust(4096, b"\0"),
                     **make.tables(mode, 4, range(5, 40), mapped)}
            more = {"pae": 0} if bits == 32 else {}
            return d.file(make.full(bits, pages, dtb=4 << 12, modules=head, rsp=stack,
                                    p2=drivers[1][1] + 0x40, **more))
        path = dump(False)
        got = info(path)[0]
        want = ["0x%x 0x%x %s" % (a, s, n) for n, a, s in drivers]
        case("windows modules, %s" % mode, got.get("image") == want and "note" not in got, str(got))
        rc, docs = ask(path, "analyze")
        t = docs[0]["tables"]
        name = drivers[1][0]
        case("windows modules, %s: parameters and stack are named" % mode, rc == 1 and
             t["arguments"][1]["is"] == name + "+0x40" and
             [(int(x["at"], 16), x["place"]) for x in t["stack_words"]] ==
             [(stack + 2 * bits // 8, name + "+0x77"), (stack + 4 * bits // 8, name + "+0xfff")],
             str(t))
        case("windows modules, %s: a circle ends" % mode, "in a circle" in notes(dump(True)), "")


def triage(d):
    for bits, base, page in ((64, KERNEL, 0xFFFFA00000000000), (32, 0x80000000, 0xA0000000)):
        drivers = [(n, base + a - KERNEL, s) for n, a, s in DRIVERS]
        path = d.file(make.triage(bits, [(base + 0x1000, b"A" * 300), (page, b"B" * 16)], drivers,
                                  (page + 0x800, b"S" * 64), "bad.sys",
                                  b"DumpBlob" + b"\0" * 24))
        g = info(path)[0]
        want = ["0x%x 0x%x %s" % (a, s, n) for n, a, s in drivers]
        case("windows triage %d: drivers" % bits, g["image"] == want, str(g["image"]))
        case("windows triage %d: memory" % bits,
             read(path, "virt", base + 0x1000 + 200, 100) == b"A" * 100 and
             read(path, "virt", page, 16) == b"B" * 16 and
             read(path, "virt", page + 0x800, 64) == b"S" * 64 and "phys" not in g and
             "triage dump has" in read(path, "virt", base, 1), str(g))
        said = lines(g)
        case("windows triage %d: broken driver, secondary data" % bits, "note" not in g and
             said["broken"].startswith("bad.sys") and "0x20 bytes" in said["extra"], str(g))
    whole = make.triage(64, [(KERNEL, b"A" * 64)], DRIVERS)
    torn = bytearray(whole)
    torn[-4:] = b"xxxx"
    case("windows triage: no TRGD", "no TRGD" in notes(d.file(bytes(torn))), "")
    cut = d.file(whole[:-32])
    case("windows triage: cut", "the rest is missing" in notes(cut), notes(cut))


def ends(d):
    """What of each layout is still read, and said, when the end is missing."""
    makers = (("full", lambda: make.full(64, FEW)), ("bitmap", lambda: make.bitmap(64, FEW)),
              ("RDMP", lambda: make.rdmp(10, FEW)),
              ("Raw_Dmp!", lambda: make.raw_dmp([(p << 12, b) for p, b in FEW.items()])))
    for name, fn in makers:
        path = d.file(fn()[:-4096 - 100])
        why = []
        if "4196 bytes of memory are beyond the end of the file" not in notes(path):
            why.append("noted: " + notes(path))
        if read(path, "phys", 8 << 12, 4096) != FEW[8]:
            why.append("what is there is not read")
        if read(path, "phys", 9 << 12, 3996) != FEW[9][:3996]:
            why.append("a page that is there in part")
        gone = str(read(path, "phys", 20 << 12, 8))
        if "beyond the end of the file" not in gone or "file offset 0x" not in gone:
            why.append("said: " + gone)
        case("windows %s cut short" % name, not why, "; ".join(why))


def contradictions(d):
    for name, data, say in (
            ("bitmap sum", make.bitmap(64, FEW, claim=7), "says 7 pages, its bitmap 6"),
            ("RDMP sum", make.rdmp(10, FEW, total=9), "says 9 pages, its table 6"),
            ("no signature", patched(make.full(64, FEW), (0xF98, b"\5")),
             "there is neither SDMP nor FDMP"),
            ("run beyond all memory", patched(make.full(64, FEW, [(1, 3), (8, 2)]),
                                              (0xA8, b"\xff" * 8)),
             "from there on memory is missing"),
            ("44 runs", patched(make.full(64, FEW, [(1, 3)]), (0x88, b"\x2c")), "room for 43"),
            ("metadata", patched(make.rdmp(8, FEW), (0x2010, b"\x33")), "do not fit together"),
            ("firmware out of space", make.raw_dmp([(0, FEW[1])], flags=3), "ran out of space"),
            ("firmware not done", make.raw_dmp([(0, FEW[1])], flags=0), "as valid")):
        got = notes(d.file(data))
        case("windows contradiction: " + name, say in got, got)
    rc, _, err = probe(d.file(patched(make.raw_dmp([]), (8, b"\7"))), "info")
    case("windows Raw_Dmp! of a later version", rc == 1 and err.startswith("error 4:"), err)


def ask(path, *commands, base=None):
    argv = [INSPECT, "-j"] + (["--base", base] if base else [])
    for c in commands:
        argv += ["-c", c]
    r = subprocess.run(argv + [path], capture_output=True, text=True, timeout=60)
    return r.returncode, [json.loads(x) for x in r.stdout.splitlines()]


def regions(d):
    """The same region in a raw file and in the memory of each layout: the same answers."""
    raw = os.path.join(d.tmp, "region")
    out = subprocess.run([MKREGION, os.path.join(HERE, "regions/full.txt"), raw], check=True,
                         capture_output=True, text=True).stdout
    base = int(out, 16)
    with open(raw, "rb") as f:
        image = f.read()
    pages = {(base >> 12) + i: image[i << 12:(i + 1) << 12] for i in range(len(image) >> 12)}
    commands = ["dma", "leaks -a", "violations", "bugcheck", "check"]
    code, want = ask(raw, *commands, base="%x" % base)
    own = {"code": 0xE6, "p1": 0xF, "p2": 5, "p3": 0x10010100, "p4": 0x10013300}
    for name, data in (("full", make.full(64, pages, **own)),
                       ("bitmap", make.bitmap(64, pages, gap=5, **own)),
                       ("RDMP", make.rdmp(9, pages, **own)),
                       ("Raw_Dmp!", make.raw_dmp([(base, image)]))):
        rc, got = ask(d.file(data), *commands)
        bad = [w["command"] for w, g in zip(want, got) if w["tables"] != g["tables"]]
        case("windows region in " + name, rc == code and len(got) == len(want) and not bad,
             "exit %d, not %d; differ: %s" % (rc, code, bad))
    # a region that cannot be read is not passed over
    rc, got = ask(d.file(make.full(64, {base >> 12: pages[base >> 12]})), "analyze")
    case("windows region damaged", rc in (3, 4) and "error" in got[0] and
         got[0]["tables"]["bugcheck"][0]["p1"] == "0x26", "exit %d: %s" % (rc, got))
    # the header may know of another bugcheck than the region
    rc, got = ask(d.file(make.full(64, pages)), "bugcheck")
    rows = got[0]["tables"]["bugcheck"]
    case("windows region and header differ", [(b["region"], b["p1"]) for b in rows] ==
         [(0, "0xf"), (None, "0x26")], str(rows))
    for name, more in (("differ", {}), ("agree", own)):
        _, got = ask(d.file(make.full(64, pages, **more)), "summary")
        t = got[0]["tables"]
        rows = [(b["code"], b["p1"]) for b in t.get("header_bugcheck", [])]
        case("windows region and header %s, in the summary" % name, t["summary"][0]["bug_p1"] ==
             "0xf" and rows == ([] if more else [(0xE6, "0x26")]), str(t))


def saved(d):
    """A saved dump keeps what its header said."""
    raw = os.path.join(d.tmp, "region")
    base = int(subprocess.run([MKREGION, os.path.join(HERE, "regions/full.txt"), raw], check=True,
                              capture_output=True, text=True).stdout, 16)
    with open(raw, "rb") as f:
        image = f.read()
    data = {(base >> 12) + i: image[i << 12:(i + 1) << 12] for i in range(len(image) >> 12)}
    head = KERNEL + 0x1010
    pages = {**data, 64: (b"\0" * 16 + make.modules(64, head, DRIVERS, False)).ljust(4096, b"\0"),
             **make.tables("x64", 4, range(5, 40), {KERNEL + 0x1000: (64 << 12, 4096)})}
    path = d.file(make.full(64, pages, dtb=4 << 12, modules=head, p2=DRIVERS[1][1] + 0x40,
                            comment=b"two\nlines\t".ljust(128, b"\0")))
    small = os.path.join(d.tmp, "small")
    asked = ["target", "summary", "bugcheck", "analyze"]
    rc, want = ask(path, *asked)
    ask(path, "save " + small)
    again, got = ask(small, *asked)

    def shown(docs):
        t = {k: v for x in docs for k, v in x["tables"].items() if k != "target"}
        for row in t["header"]:
            row["value"] = row["value"].replace("\\x0a", " ").replace("\\x09", " ")
        return t
    want, told = shown(want), shown(got)
    case("windows saved: header, bugcheck, drivers", rc == again and want == told and
         len(told["loaded"]) == 2, [k for k in want if want[k] != told.get(k)])
    case("windows saved: from what", "larger target, Windows full dump" in got[0]["notes"][0],
         str(got[0]["notes"]))


def commands(d):
    """Without a region: what the header knows."""
    at = KERNEL + 0x1000123
    path = d.file(make.triage(64, [], DRIVERS, code=0x100000E6, p1=0x1F, p2=1, p3=at, p4=7))
    for command, want in (("bugcheck", 0), ("analyze", 1), ("summary", 0), ("target", 0)):
        rc, got = ask(path, command)
        t = got[0]["tables"]
        good = rc == want and "error" not in got[0]
        if command == "target":
            good = good and {x["key"] for x in t["header"]} > {"dump", "bugcheck", "drivers"} and \
                [x["name"] for x in t["loaded"]] == [x[0] for x in DRIVERS]
        else:
            b = t["bugcheck"][0]
            good = good and b["code"] == 0xE6 and b["minidump"] and b["p3"] == "0x%x" % at and \
                t["arguments"][2]["is"] == DRIVERS[1][0] + "+0x123"
        case("windows %s by the header alone" % command, good, "exit %d: %s" % (rc, got))
    for name, values in (("not about DMA", {"code": 0x7E}), ("nothing crashed", {"code": 0x161}),
                         ("no bugcheck", {"code": 0})):
        rc, got = ask(d.file(bytes(make.header(64, 3, **values))), "analyze")
        case("windows analyze: " + name, rc == 3 and "no region" in got[0]["error"],
             "exit %d: %s" % (rc, got))


def packed(d):
    for magic, word in ((b"PK\3\4", "unzip -p"), (b"MSCF", "cabextract"),
                        (b"7z\xbc\xaf\x27\x1c", "7z e"), (b"MDMP", "one Windows process")):
        rc, _, err = probe(d.file(magic + b"\0" * 64), "info")
        case("windows packed: " + word,
             rc == 1 and err.startswith("error 1: ") and word in err, err)


def seeds_open(d):
    bad = [n for n, data in make.seeds().items() if probe(d.file(data), "all")[0]]
    case("windows: the fuzzer's %d seeds" % len(make.seeds()), not bad, " ".join(bad))


def main():
    for prog in (mem_dumps.PROBE, MKREGION, INSPECT):
        if not os.path.exists(prog):
            print("no %s" % prog)
            return 77
    with tempfile.TemporaryDirectory() as tmp:
        d = Dir(tmp)
        for fn in (layouts, header, paging, loaded, triage, ends, contradictions, regions, saved,
                   commands, packed, seeds_open):
            fn(d)
    return 1 if mem_dumps.failed else 0


if __name__ == "__main__":
    sys.exit(main())
