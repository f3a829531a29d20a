#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""kdump-compressed and flattened files, page by page: pages of a guest that QEMU dumped, in every
compression, byte order, width, header version, page size and way of splitting; each file is read by
dma-inspect's own reader and by libkdumpfile, and both must show the bytes that went in.

Needs $O/tests/mem_probe."""
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "second")]
import kdump  # noqa: E402
import kdump_make  # noqa: E402
import mem_dumps  # noqa: E402
from kdump_make import MACHINES, METHODS, Dump, flatten  # noqa: E402
from mem_dumps import PROBE, case, info, probe, skip  # noqa: E402

NOTES = b"OSRELEASE=6.1.0-test\nPAGESIZE=4096\n"


class Files:
    """Writes dumps into one directory and compares what is read of them."""

    def __init__(self, tmp):
        self.tmp = tmp
        self.image = os.path.join(tmp, "image")

    def put(self, name, data):
        path = os.path.join(self.tmp, name)
        with open(path, "wb") as f:
            f.write(data)
        return path

    def wrong(self, path, pages, block, *options):
        """Why the reader's bytes are not these pages; empty: they are."""
        if os.path.exists(self.image):
            os.unlink(self.image)
        rc, out, err = probe(*options, path, "cat", "phys", self.image)
        want = "bytes %d missed 0 " % (len(pages) * block)
        if rc or not out.decode().startswith(want):
            return "%s %s, not %s" % (out.decode().strip(), err, want)
        with open(self.image, "rb") as f:
            for pfn, page in pages.items():
                f.seek(pfn * block)
                if f.read(block) != page:
                    return "other bytes at page 0x%x" % pfn
        return ""

    def heads(self, path):
        """The walk over first bytes, by threads, against the one that reads whole pages."""
        for n in (8, 100, 4096):
            ours, plain = (probe(*o, path, "heads", "phys", n)[1] for o in ((), ("-l",)))
            if ours != plain or not ours:
                return "%d bytes of each: %s, not %s" % (n, ours, plain)
        return ""

    def compare(self, name, data, pages, block=4096, oracle=True):
        path = self.put(name, data)
        why = self.wrong(path, pages, block)
        case("kdump %s" % name, not why, why)
        if not oracle:
            return
        why = self.wrong(path, pages, block, "-l") or self.heads(path)
        case("kdump %s: libkdumpfile sees the same" % name, not why, why)


def flattened_elf(files, elf):
    """QEMU's ELF file in a stream, as makedumpfile -E -F has it."""
    with open(elf, "rb") as f:
        data = f.read()
    plain, _ = info(elf)
    walk = probe(elf, "walk", "phys")[1]
    for seed in (None, 1):
        path = files.put("elf-flat", flatten(data, seed))
        d, err = info(path)
        case("flattened ELF, records %s" % ("in disorder" if seed else "in order"), d and
             d["format"] == ["ELF vmcore, flattened"] and d["phys"] == plain["phys"] and
             probe(path, "walk", "phys")[1].split()[:2] == walk.split()[:2] and
             same_image(files, elf, path), err or str(d["format"]))
    path = files.put("elf-flat", flatten(data)[:len(data) // 2])
    d, err = info(path)
    case("flattened ELF, cut", d and "flattened file: cut off" in str(d.get("note")) and
         "bytes beyond end of file" in str(d.get("note")), err or str(d))


def same_image(files, a, b):
    images = []
    for target in (a, b):
        probe(target, "cat", "phys", files.image)
        with open(files.image, "rb") as f:
            images.append(f.read(mem_dumps.RAM))
    return images[0] == images[1] and any(images[0])


def guest_pages(files, tmp):
    """The pages of a real guest; of a made one where there is no QEMU."""
    if not shutil.which("qemu-system-x86_64") or not shutil.which("makedumpfile"):
        skip("kdump pages of a guest", "qemu-system-x86_64 or makedumpfile is not installed")
        return kdump_make.some_pages(600)
    dumps = mem_dumps.make_guest_dumps(tmp)
    flattened_elf(files, dumps["elf"])
    with open(dumps["kdump"], "rb") as f:
        pages = dict(kdump.pages(f.read()))
    low = {pfn: page for pfn, page in pages.items() if pfn < 0x10000}
    zero = bytes(4096)
    busy = [p for p in low if low[p] != zero]
    some = sorted(random.Random(5).sample(busy, min(len(busy), 700)) +
                  [p for p in low if low[p] == zero][:300])
    return {pfn: low[pfn] for pfn in some}


def formats(files, pages):
    for method in METHODS + ("mixed",):
        if method == "mixed" and not all(map(kdump_make.has, METHODS)):
            skip("kdump mixed", "a compressor is not installed")
        elif method != "mixed" and not kdump_make.has(method):
            skip("kdump " + method, "the compressor is not installed")
        else:
            files.compare(method, Dump(pages, method=method).write(), pages)
    few = dict(list(pages.items())[::6])
    for machine, (bits, order) in MACHINES.items():
        data = Dump(few, machine=machine, bits=bits, order=order, vmcoreinfo=NOTES).write()
        # libkdumpfile 0.5.1 takes every 32-bit machine's sub header for that of i386.
        files.compare(machine, data, few, oracle=bits == 64 or machine == "i686")
        d, err = info(os.path.join(files.tmp, machine))
        case("kdump %s: header" % machine, d and d["bits"] == [str(bits)] and
             d["big_endian"] == [str(int(order == ">"))] and d["machine"] != ["0"] and
             d["vmcoreinfo"] == [str(len(NOTES))], err or str(d and d["vmcoreinfo"]))
    for version in range(1, 7):
        files.compare("version %d" % version, Dump(few, version=version).write(), few)
    big = {pfn // 16: b"".join(pages.get(pfn // 16 * 16 + i, bytes(4096)) for i in range(16))
           for pfn in few}
    files.compare("64 KiB pages", Dump(big, block=65536, machine="aarch64").write(), big, 65536)


def flattened(files, pages):
    data = Dump(pages).write()
    files.compare("flattened", flatten(data), pages, oracle=False)
    for seed in range(3):
        files.compare("flattened in disorder %d" % seed, flatten(data, seed), pages, oracle=False)
    whole = flatten(data)
    path = files.put("flat cut", whole[:len(whole) * 2 // 3])
    d, err = info(path)
    case("kdump flattened and cut", d and any("flattened file: cut off in the record" in n for n in
         d["note"]) and any("pages beyond end of file" in n for n in d["note"]),
         err or str(d.get("note")))
    rc, out, err = probe(path, "walk", "phys")
    case("kdump flattened and cut: the rest", rc == 0 and b" missed 0 " not in out and
         not out.startswith(b"bytes 0 "), err or str(out))
    rest = flatten(data[8192:], first=8192)[4096:]
    path = files.put("flat without sub header", flatten(data[:4096])[:-16] + rest)
    d, err = info(path)
    case("kdump flattened without a sub header", d and "sub header at file offset 0x1000 is not" in
         str(d.get("note")) and not files.wrong(path, pages, 4096), err or str(d))
    path = files.put("flat without end", flatten(data, end=False))
    d, err = info(path)
    case("kdump flattened without an end mark", d and
         "before the end mark" in str(d.get("note")) and not files.wrong(path, pages, 4096),
         err or str(d))


def reasons(files, pages):
    """Why bytes are not there: each reason is its own."""
    pfns = sorted(pages)
    out, hole = pfns[5], max(pfns) + 3
    some = {p: pages[p] for p in pfns if p != out}
    base = Dump(some, memory=set(pfns), max_mapnr=hole + 5)
    path = files.put("filtered", base.write())

    def told(what, addr, code, *words, options=()):
        rc, _, err = probe(*options, path, "read", "phys", addr, 8)
        case("kdump says: " + what, rc == 1 and "error %d" % code in err and
             all(w in err for w in words), err)
    told("excluded", out * 4096 + 16, 2, "0x%x was excluded by the dump filter (level 31)" %
         (out * 4096 + 16))
    told("a hole", hole * 4096, 2, "in a hole of the machine's memory")
    told("beyond memory", (hole + 6) * 4096, 2,
         "beyond the end of memory at 0x%x" % ((hole + 5) * 4096))
    rc, got, err = probe("-z", path, "read", "phys", out * 4096, 4096)
    case("kdump zero-excluded", rc == 0 and got == bytes(4096), err)
    told("a hole, zero-excluded", hole * 4096, 2, "in a hole", options=("-z",))
    half = Dump(pages, status=kdump_make.INCOMPLETE, written=len(pfns) // 2)
    path = files.put("incomplete", half.write())
    told("never written", pfns[-1] * 4096, 2, "was never written")
    d, _ = info(path)
    case("kdump incomplete: noted", "%d of %d pages were never written" % (
        len(pfns) - len(pfns) // 2, len(pfns)) in str(d.get("note")) and
         "the header says that the dump is incomplete" in str(d.get("note")), str(d.get("note")))
    path = files.put("filtered", base.write())
    d, _ = info(path)
    case("kdump filtered: nothing to note", "note" not in d, str(d.get("note")))
    data = base.write()
    damage(files, pages, data)


def damage(files, pages, data):
    page = 4096
    sub, bitmaps = kdump.header(data)[1:]
    desc = page * (1 + sub + bitmaps)
    first = min(p for p in pages if pages[p] != bytes(page))
    listed = [pfn for pfn, _ in kdump.pages(data)]
    at = desc + listed.index(first) * kdump.DESCRIPTOR.size
    where = kdump.DESCRIPTOR.unpack_from(data, at)[0]

    def read(what, changed, code, *words):
        path = files.put("hurt", changed)
        rc, _, err = probe(path, "read", "phys", first * page, 8)
        case("kdump says: " + what, rc == 1 and "error %d" % code in err and
             all(w in err for w in words), err)

    def patch(off, new):
        return data[:off] + new + data[off + len(new):]
    read("a page that does not decompress", patch(where, b"\0\0\0\0"), 3,
         "at file offset 0x%x does not decompress (zlib)" % where)
    read("a descriptor of impossible size", patch(at + 8, b"\xa0\x86\x01\0"), 3,
         "page descriptor at file offset 0x%x is damaged" % at, "size 0x186a0")
    read("a page beyond the end", patch(at, b"\0\0\0\0\xff"), 2,
         "beyond the end of the file at 0x%x" % len(data))
    for field, off in (("block_size", 428), ("sub_hdr_size", 432), ("bitmap_blocks", 436)):
        path = files.put("hurt", patch(off, b"\x03\0\0\0"))
        d, err = info(path)
        some = {p: pages[p] for p in listed}
        why = files.wrong(path, some, page)
        case("kdump with a damaged %s: mended" % field, not why and
             "header %s is damaged" % field in str(d.get("note")), why or str(d.get("note")))
    # A page where there is no memory, in the second bitmap: all behind it would be shifted.
    bits = page * (1 + sub) + bitmaps * page // 2
    gone = [p for p in range(max(pages)) if p not in pages][0]
    byte = data[bits + gone // 8] | 1 << gone % 8
    path = files.put("hurt", patch(bits + gone // 8, bytes([byte])))
    d, err = info(path)
    why = files.wrong(path, {p: pages[p] for p in listed}, page)
    case("kdump with a bit too many: mended", not why and "left out, and the rest fits" in
         str(d.get("note")), why or str(d.get("note")))
    byte = data[bits + first // 8] & ~(1 << first % 8)
    d, err = info(files.put("hurt", patch(bits + first // 8, bytes([byte]))))
    case("kdump with a bit too few: told", d and "do not fit each other" in str(d.get("note")),
         err or str(d))


def split(files, pages):
    pfns = sorted(pages)
    a, b = pfns[len(pfns) // 3], pfns[len(pfns) * 2 // 3]
    top = pfns[-1] + 1
    spans = ((0, a), (a, b), (b, top))
    for version in (2, 6):
        names = ["set%d-%d" % (version, i + 1) for i in range(3)]
        paths = [files.put(n, Dump(pages, split=s, version=version, vmcoreinfo=NOTES).write())
                 for n, s in zip(names, spans)]
        why = files.wrong(paths[2], pages, 4096, "-p", paths[0], "-p", paths[1])
        case("kdump split, version %d" % version, not why, why)
        why = files.wrong(paths[1], pages, 4096)
        d, _ = info(paths[1])
        case("kdump split, found beside, version %d" % version, not why and
             sum("found by its name" in n for n in d["note"]) == 3, why or str(d.get("note")))
        os.rename(paths[1], os.path.join(files.tmp, "away"))
        d, err = info(paths[0])
        case("kdump split, a part missing", d and "split set: the part with addresses 0x%x to 0x%x "
             "is not here" % (a * 4096, b * 4096) in d["note"], err or str(d))
        rc, _, err = probe(paths[0], "read", "phys", a * 4096, 8)
        case("kdump split, a missing page", rc == 1 and "error 2" in err and
             "in a part of the split set that is not here" in err, err)
    for what, words, other in (
            ("another kernel", 'kernel release "6.1.0-test" and "6.6.6"', {"release": "6.6.6"}),
            ("another size", "number of pages", {"max_mapnr": top + 4096}),
            ("another crash", "VMCOREINFO", {"vmcoreinfo": NOTES + b"CRASHTIME=1\n"}),
            ("other registers", "the registers in their notes", {"notes": bytes(24)}),
            ("no part", "no part of a split set", {"split": None}),
            ("the same part", "both hold pages", {"split": (0, a)})):
        kw = dict({"split": (a, b), "version": 6, "vmcoreinfo": NOTES}, **other)
        odd = files.put("odd", Dump(pages, **kw).write())
        rc, _, err = probe("-p", odd, os.path.join(files.tmp, "set6-1"), "info")
        case("kdump split with " + what, rc == 1 and "error 5" in err and words in err, err)
    text = files.put("plain", b"text " * 1000)
    rc, _, err = probe("-p", text, os.path.join(files.tmp, "set6-1"), "info")
    case("kdump split with a text", rc == 1 and "error 5" in err and
         "plain is not a kdump" in err, err)


NO_THREADS = """
int pthread_create(void *t, const void *a, void *f, void *x);
int pthread_create(void *t, const void *a, void *f, void *x)
{
	(void)t, (void)a, (void)f, (void)x;
	return 11;
}
"""


def scan(files, pages):
    """The walk over first bytes without threads, with pages it cannot read, with hardly a page."""
    path = files.put("scan", Dump(pages, method="zlib").write())
    want = probe(path, "heads", "phys", 8)[1]
    library = os.path.join(files.tmp, "no_threads.so")
    mem_dumps.build(NO_THREADS, library, "-shared", "-fPIC")
    rc, out, err = probe(path, "heads", "phys", 8, env=dict(os.environ, LD_PRELOAD=library))
    case("kdump scan without threads", rc == 0 and out == want and b" missed 0 " in out, err)
    with open(path, "rb") as f:
        data = bytearray(f.read())
    sub, bitmaps = kdump.header(data)[1:]
    desc = 4096 * (1 + sub + bitmaps)
    for i, pfn in enumerate(sorted(pages)):
        if i % 10 == 3:
            data[desc + i * kdump.DESCRIPTOR.size + 8] = 0xff        # 0xff.. bytes of a page
            data[desc + i * kdump.DESCRIPTOR.size + 9] = 0xff
    n = len(range(3, len(pages), 10)) * 4096
    for how in ("heads", "walk"):
        rc, out, err = probe(files.put("scan", data), how, "phys", *([8] if how == "heads" else []))
        case("kdump %s past pages that are damaged" % how, rc == 0 and b" missed %d " % n in out,
             "%s %s, not %d" % (out, err, n))
    one = {7: pages[sorted(pages)[0]]}
    path = files.put("scan", Dump(one).write())
    rc, out, err = probe(path, "heads", "phys", 8)
    case("kdump scan of one page", rc == 0 and out.startswith(b"bytes 8 missed 0 "), err)


def program(files, pages):
    """The command line: several targets, and pages that the filter left out."""
    tool = os.path.join(mem_dumps.O, "dma-inspect")

    def run(*args):
        r = subprocess.run([tool, "--no-pager", "-c", "target", *args], capture_output=True,
                           timeout=60)
        return r.returncode, r.stdout.decode() + r.stderr.decode()
    pfns = sorted(pages)
    cut = pfns[len(pfns) // 2]
    paths = [files.put("two-" + name, Dump(pages, split=span).write())
             for name, span in (("low", (0, cut)), ("high", (cut, pfns[-1] + 1)))]
    rc, out = run(paths[1], paths[0])
    case("kdump split on the command line", "2 parts of a split set" in out and "is not here" not in
         out, out)
    case("kdump says what the filter left out", "Dump level: 31\nLeft out: zero pages, page cache, "
         "private page cache, pages of processes, free pages\n" in out, out)
    rc, out = run(files.put("level-5", Dump(pages, level=5).write()))
    case("kdump says which kinds of pages", "Left out: zero pages, private page cache\n" in out,
         out)
    rc, out = run(files.put("level-0", Dump(pages, level=0).write()))
    case("kdump says that nothing was left out", "Dump level: 0\n" in out and
         "Left out" not in out, out)
    rc, out = run(paths[0], os.path.join(files.tmp, "zlib"))
    case("kdump split on the command line with another", rc == 3 and "no part of a split set" in
         out, out)
    rc, out = run(tool, paths[0])
    case("two targets that are no set", rc == 3 and "not a core" in out, out)
    whole = Dump(pages).write()
    cut = files.put("cut-tail", whole[:len(whole) * 2 // 3])
    r = subprocess.run([tool, cut], capture_output=True, text=True, timeout=60,
                       stdin=subprocess.DEVNULL, check=False)
    case("kdump cut: no region, but not for sure", r.returncode == 3 and
         re.search("0x[1-9a-f][0-9a-f]*000 bytes of it are damaged or missing", r.stderr) and
         "pages beyond end of file" in r.stdout, r.stdout + r.stderr)
    rc, out = run("--zero-excluded", paths[0])
    case("--zero-excluded is said", "excluded pages read as zeros" in out, out)


def main():
    if not os.path.exists(PROBE):
        print("no %s" % PROBE)
        return 77
    with tempfile.TemporaryDirectory() as tmp:
        os.chmod(tmp, 0o755)
        files = Files(tmp)
        pages = guest_pages(files, tmp)
        formats(files, pages)
        flattened(files, pages)
        reasons(files, pages)
        split(files, pages)
        scan(files, pages)
        program(files, pages)
    return 1 if mem_dumps.failed else 0


if __name__ == "__main__":
    sys.exit(main())
