#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Dumps cut off, with bits flipped, and with hostile header fields. Each must be read, or refused
with a message: no signal, no hang, no huge allocation, no child left behind, and never bytes that
differ from the undamaged dump's where only the end is missing.

	mem_hurt.py             the readers of memory, by mem_probe; some files, by dma-inspect
	mem_hurt.py BUILD       files of all formats (hurt_originals.py), by dma-inspect and by that
	                        of BUILD, which has sanitizers; ends with a table

SEED=N: others of the same manner. MOST=N: so many of each kind of damage to each file that is not
about a field of its header; MOST=all: each value in each field. HURT_LINUX=DIRECTORY: where the
dumps of a stock Linux kernel are, if not where check-vm leaves them.
"""
import concurrent.futures
import ctypes
import os
import random
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import hurt_damage  # noqa: E402
import hurt_judge  # noqa: E402
import hurt_originals  # noqa: E402
import kdump_make  # noqa: E402
import mem_dumps  # noqa: E402
from hurt_damage import EH, KD, KINDS, PH  # noqa: E402
from kdump_make import METHODS, Dump  # noqa: E402
from mem_dumps import PROBE, case, info, probe, skip  # noqa: E402

SEED = int(os.environ.get("SEED", "1"))
FLIPS = int(os.environ.get("FLIPS", "60"))
MOST = os.environ.get("MOST", "4")
LEAST_FILES, LEAST_ORIGINALS = 500, 12
UNREAD = ("signature", "machine", "total_ram_blocks", "device_blocks", "written_blocks",
          "current_cpu", "nr_cpus", "phys_base", "offset_eraseinfo", "size_eraseinfo",
          "start_pfn_64", "end_pfn_64")         # or as good as: `make hurt` has them
SECONDS = 15            # ours answer in milliseconds


def values(size, bits):
    some = {0, 1, 7, size - 1, size, size + 1, 0x7fffffff, 0xffffffff, 1 << 40, (1 << 52) - 1,
            1 << 63, (1 << 64) - 1,
            (1 << 64) - 4096}
    return sorted({v & ((1 << bits) - 1) for v in some})


class Hurt:
    def __init__(self, name, path, tmp, seconds, memory):
        self.name, self.seconds, self.memory = name, seconds, memory
        self.path = os.path.join(tmp, "hurt")
        shutil.copyfile(path, self.path)
        self.size = os.path.getsize(self.path)
        self.ran = self.refused = 0
        self.after = None       # called with what was done to a file that opens
        self.bad = []

    def probe(self):
        """With little memory: the limit is inherited, since a function between fork and exec costs
        more than the probe does."""
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (self.memory, hard))
        try:
            return subprocess.run([PROBE, self.path, "all"], capture_output=True,
                                  timeout=self.seconds)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))

    def run(self, what):
        start = time.monotonic()
        try:
            r = self.probe()
        except subprocess.TimeoutExpired:
            self.bad.append("%s: no end after %d s" % (what, self.seconds))
            return
        self.ran += 1
        self.refused += r.returncode == 1
        err = r.stderr.decode(errors="replace")
        if r.returncode not in (0, 1):
            self.bad.append("%s: exit %d %s" % (what, r.returncode, err[-300:]))
        elif r.returncode == 1 and not (err.startswith("error ") and len(err) > 12):
            self.bad.append("%s: no message: '%s'" % (what, err))
        elif r.returncode == 0 and self.after:
            self.after(what)
        if time.monotonic() - start > 5:
            print("# %s: %s took %.1f s" % (self.name, what, time.monotonic() - start))

    def patch(self, what, changes):
        with open(self.path, "r+b") as f:
            old = []
            for off, data in changes:
                f.seek(off)
                old.append((off, f.read(len(data))))
                f.seek(off)
                f.write(data)
        self.run(what)
        with open(self.path, "r+b") as f:
            for off, data in old:
                f.seek(off)
                f.write(data)
        assert os.path.getsize(self.path) == self.size

    def fields(self, table, base, label=""):
        for field, (off, n) in table.items():
            for v in values(self.size, n * 8):
                self.patch("%s%s=0x%x" % (label, field, v), [(base + off, v.to_bytes(n, "little"))])

    def flips(self, spans, n=FLIPS):
        rnd = random.Random(SEED)
        for i in range(n):
            lo, hi = spans[i % len(spans)]
            with open(self.path, "rb") as f:
                f.seek(lo)
                data = bytearray(f.read(hi - lo))
            if not data:
                continue
            for _ in range(1 + i % 5):
                data[rnd.randrange(len(data))] ^= 1 << rnd.randrange(8)
            self.patch("flip %d in 0x%x-0x%x" % (i, lo, hi), [(lo, bytes(data))])

    def cuts(self, check=None):
        """Ever shorter, on the one copy; the last thing to do with it."""
        sizes = {1, 4, 8, 15, 16, 17, 52, 63, 64, 65, 100, 120, 200, 464, 1000, 4095, 4096, 4097,
                 8192, 12288, 20000,
                 self.size - 1, self.size - 4096} | {self.size * i // 16 for i in range(1, 16)}
        for n in sorted((s for s in sizes if 0 < s < self.size), reverse=True):
            os.truncate(self.path, n)
            self.run("cut to %d" % n)
            if check:
                check(self, n)

    def verdict(self):
        case("hurt %s (%d variants, %d refused)" % (self.name, self.ran, self.refused),
             not self.bad,
             "%d bad: %s" % (len(self.bad), "; ".join(self.bad[:4])))


def headers_of(path):
    with open(path, "rb") as f:
        h = f.read(64)
        phoff, = struct.unpack_from("<Q", h, 32)
        size, n = struct.unpack_from("<HH", h, 54)
        return phoff, size, n


def elf(name, path, space, tmp):
    phoff, size, n = headers_of(path)
    h = Hurt(name, path, tmp, SECONDS, 1 << 30)
    h.fields(EH, 0)
    for i in sorted({0, 1, n - 1}):
        h.fields(PH, phoff + i * size, "[%d] " % i)
    with open(path, "rb") as f:
        f.seek(phoff)
        phs = [struct.unpack("<IIQQQQQQ", f.read(size)[:56]) for _ in range(n)]
    note = [p for p in phs if p[0] == 4][0]
    for v in values(h.size, 32):
        for at, field in enumerate(("n_namesz", "n_descsz", "n_type")):
            h.patch("%s=0x%x" % (field, v), [(note[2] + 4 * at, struct.pack("<I", v))])
    # The same bytes everywhere, and everything on top of everything.
    for what, row in (
            ("aliases", lambda i: (1, 6, 0, (i + 1) << 40, (i + 1) << 40, h.size, h.size, 0)),
            ("overlaps", lambda i: (1, 6, 0, 1 + i % 7, 1 + i % 7, h.size - i % 64, h.size, 0)),
            ("steps", lambda i: (1, 6, 0, 0x1000 * i, 0x1000 * i, h.size, h.size, 0))):
        rows = b"".join(struct.pack("<IIQQQQQQ", *row(i)) for i in range(1, 20001))
        if h.size < len(rows) + 4096:
            continue
        h.patch(what, [(32, struct.pack("<Q", 4096)), (54, struct.pack("<HH", 56, 20000)),
                       (4096, rows)])
    h.flips([(0, 64), (phoff, phoff + n * size), (note[2], note[2] + note[5]), (0, 4096)])
    # A big one that is really in the file: sections hold the number of segments.
    section = struct.pack("<IIQQQQIIQQ", 0, 0, 0, 0, 0, 0, 0, 0xffffffff, 0, 0)
    h.patch("PN_XNUM", [(40, struct.pack("<Q", 0x10000)), (56, struct.pack("<H", 0xffff)),
                        (0x10000, section)])

    addrs = [(p[3] if space == "virt" else p[4], p[5]) for p in phs if p[0] == 1 and p[5] >= 64]
    addrs = [a for a in random.Random(SEED).sample(addrs, min(6, len(addrs)))]
    whole = {a: probe(path, "read", space, a + n - 64, 64)[1] for a, n in addrs}

    def same(hurt, cut):
        rc, out, _ = probe(hurt.path, "info")
        if rc:
            return
        if cut < hurt.size * 15 // 16 and b"beyond end of file" not in out:
            hurt.bad.append("cut to %d: not noted" % cut)
        for a, n in addrs[:3]:
            rc, got, err = probe(hurt.path, "read", space, a + n - 64, 64)
            if rc == 0 and got != whole[a]:
                hurt.bad.append("cut to %d: other bytes at 0x%x" % (cut, a))
            elif rc == 1 and "error 2" not in err:
                hurt.bad.append("cut to %d: %s" % (cut, err))
    h.cuts(same)
    h.verdict()


class Pages:
    """Some pages of a whole dump. What a damaged one shows of them is the same, or an error, or the
    dump says that it is damaged."""

    def __init__(self, hurt, path):
        self.hurt = hurt
        spans = [[int(x, 0) for x in r.split()] for r in info(path)[0]["phys"]]
        rnd = random.Random(SEED)
        some = rnd.sample(spans, min(2, len(spans)))
        self.addrs = sorted({rnd.randrange(a, b) & ~4095 for a, b in some} | {spans[-1][0]})
        self.whole = {a: probe(path, "read", "phys", a, 4096)[1] for a in self.addrs}

    def same(self, what):
        noted = None
        for a in self.addrs:
            rc, got, _ = probe(self.hurt.path, "read", "phys", a, 4096)
            if rc or got == self.whole[a]:
                continue
            noted = noted or str(info(self.hurt.path)[0].get("note"))
            if "damaged" not in noted and "none of 1 to 6" not in noted:
                self.hurt.bad.append("%s: other bytes at 0x%x, without a word" % (what, a))

    def after_cut(self, _, cut):
        for a in self.addrs:
            rc, got, _ = probe(self.hurt.path, "read", "phys", a, 4096)
            if rc == 0 and got != self.whole[a]:
                self.hurt.bad.append("cut to %d: other bytes at 0x%x" % (cut, a))


def kdump_tables(h, data):
    """Hostile descriptors, pages that are no pages."""
    sub, bitmaps = struct.unpack_from("<iI", data, 432)
    desc = 4096 * (1 + sub + bitmaps)
    for what, row in (("huge", (1 << 40, 100000, 1, 0)), ("at the end", (h.size - 8, 4096, 0, 0)),
                      ("empty", (0, 0, 0, 0)), ("in the header", (0, 4096, 0, 0)),
                      ("of a method nobody knows", (desc + 65536, 100, 0x10, 0)),
                      ("of two methods", (desc + 65536, 100, 3, 0)),
                      ("negative", ((1 << 64) - 8, 4096, 0, 0))):
        h.patch("descriptors %s" % what, [(desc, struct.pack("<QIIQ", *row) * 16)])
    h.flips([(desc, desc + 4096), (h.size * 3 // 4, h.size * 3 // 4 + 8192)], FLIPS // 4)


def kdump(path, tmp):
    with open(path, "rb") as f:
        data = f.read()
    h = Hurt("kdump", path, tmp, SECONDS, 1 << 30)
    pages = Pages(h, path)
    h.after = pages.same
    h.fields({k: v for k, v in KD.items() if k not in UNREAD}, 0)
    h.patch("bitmap all ones", [(8192, b"\xff" * 4096)])
    h.patch("bitmap all zero", [(8192, b"\0" * 8192)])
    kdump_tables(h, data)
    h.flips([(0, 512), (4096, 4200), (8192, 12288)])
    h.after = None
    h.cuts(pages.after_cut)
    h.verdict()


def kdump_methods(tmp):
    """Decompressors are other people's: what they make of damage must not hurt."""
    pages = kdump_make.some_pages(400)
    for method in METHODS:
        if not kdump_make.has(method):
            skip("hurt kdump " + method, "the compressor is not installed")
            continue
        path, data = os.path.join(tmp, "method"), Dump(pages, method=method).write()
        with open(path, "wb") as f:
            f.write(data)
        h = Hurt("kdump " + method, path, tmp, SECONDS, 1 << 30)
        kdump_tables(h, data)
        h.verdict()


def flat(path, tmp):
    """The records of a flattened file. One that claims other bytes is not noticed; a record that
    cannot be is."""
    h = Hurt("flattened", path, tmp, SECONDS, 1 << 30)
    at = 4096
    for i in range(2):
        with open(path, "rb") as f:
            f.seek(at)
            off, n = struct.unpack(">qq", f.read(16))
        for v in values(h.size, 64):
            h.patch("record %d offset 0x%x" % (i, v), [(at, struct.pack(">Q", v))])
            h.patch("record %d size 0x%x" % (i, v), [(at + 8, struct.pack(">Q", v))])
        at += 16 + n
    h.patch("records of one byte",
            [(4096, struct.pack(">qqb", 0, 1, 75) * ((h.size - 4096) // 17))])
    h.flips([(0, 32), (4096, 4112)], FLIPS // 4)
    h.cuts(Pages(h, path).after_cut)
    h.verdict()


def seeds(tmp, name, *maker):
    """A fuzzer's seeds are good files, but for those with `cut` in their name."""
    where = os.path.join(tmp, name)
    here = os.path.dirname(os.path.abspath(__file__))
    subprocess.run([sys.executable, os.path.join(here, maker[0]), *maker[1:], where], check=True)
    bad = [n for n in os.listdir(where)
           if probe(os.path.join(where, n), "all")[0] > int("cut" in n)]
    case("hurt: the %d seeds of %s" % (len(os.listdir(where)), name), not bad, " ".join(bad))


def adopt():
    """Children that outlive their probe become ours; other tests have probes of their own."""
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)             # PR_SET_CHILD_SUBREAPER


def left_behind():
    """The children that were adopted and still run."""
    out = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % pid) as f:
                state, parent = f.read().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(parent) == os.getpid() and state != "Z":
            out.append(pid)
    return out


# ---- what dma-inspect says of them ----

def judge_all(original, asan, most):
    """Results of all damages to one original; a case each kind."""
    judge, results = hurt_judge.Judge(original, asan), []
    judge.trouble = judge.look(hurt_damage.Damage("", "nothing")).bad
    for damage in hurt_damage.damages(original, SEED, most):
        results.append(judge.one(damage))
    return judge, results


def row(results, names):
    """files: opened, region found, names known, refused with a message; silent ones behind +."""
    if not results:
        return ""
    silent = sum(bool(r.lies) for r in results)
    return "%d: %d %d %s %d%s" % (
        len(results), sum(r.opened for r in results), sum(r.region for r in results),
        sum(r.names for r in results) if names else "-", sum(r.refused for r in results),
        " +%d" % silent if silent else "")


def report(original, results):
    for kind in KINDS:
        some = [r for r in results if r.damage.kind == kind]
        bad = ["%s: %s" % (r.damage.what, x) for r in some for x in r.bad]
        bad += ["%s: other answers without a word: %s" % (r.damage.what, " ".join(r.lies))
                for r in some if r.damage.told and r.lies]
        if some:
            case("hurt %s: %s (%d files)" % (original.name, kind, len(some)), not bad,
                 "%d bad: %s" % (len(bad), "; ".join(bad[:3])))


def table(done):
    lines = [["original", *KINDS]]
    for judge, results in done:
        names = hurt_judge.names_in(judge.whole)
        lines.append([judge.o.name] + [row([r for r in results if r.damage.kind == k], names)
                                       for k in KINDS])
    wide = [max(len(x[i]) for x in lines) for i in range(len(lines[0]))]
    lines.insert(1, ["-" * n for n in wide])
    for x in lines:
        print("| %s |" % " | ".join(c.ljust(n) for c, n in zip(x, wide)))


def answers(asan, kinds, most, rich=True):
    """All originals of these kinds, as many at once as there are processors."""
    with tempfile.TemporaryDirectory() as tmp:
        originals, done = [], []
        for name, o in hurt_originals.make(tmp, kinds):
            if isinstance(o, str):
                skip("hurt original " + name, o)
            else:
                o.rich = o.rich and rich
                originals.append(o)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for judge, results in pool.map(lambda o: judge_all(o, asan, most), originals):
                case("hurt %s: whole" % judge.o.name, not judge.trouble, "; ".join(judge.trouble))
                report(judge.o, results)
                done.append((judge, results))
    return done


def everything(asan):
    start = time.monotonic()
    done = answers(asan, ("linux", "guest", "cores", "recipes"), None if MOST == "all" else
                   int(MOST))
    table(done)
    every = [r for _, results in done for r in results]
    slow = max(every, key=lambda r: r.seconds)
    print("| %d damaged files of %d originals in %d s; the slowest %.1f s: %s" % (
        len(every), len(done), time.monotonic() - start, slow.seconds, slow.damage.what))
    case("hurt: %d damaged files of %d originals" % (len(every), len(done)),
         len(every) >= LEAST_FILES and len(done) >= LEAST_ORIGINALS, "too few")
    case("hurt: the bound on memory binds", not hurt_judge.unbounded(), "it does not")
    return 1 if mem_dumps.failed else 0


def readers():
    with tempfile.TemporaryDirectory() as tmp:
        os.chmod(tmp, 0o755)
        seeds(tmp, "fuzz_mem_elf", "fuzz_mem_elf_seeds.py")
        seeds(tmp, "fuzz_mem_kdump", "kdump_make.py", "seeds")
        exe = os.path.join(tmp, "victim")
        mem_dumps.build(mem_dumps.VICTIM, exe)
        core, why = mem_dumps.kernel_core(tmp, exe)
        if core:
            elf("process core", core, "virt", tmp)
        else:
            skip("hurt process core", why)
        if shutil.which("qemu-system-x86_64"):
            dumps = mem_dumps.make_guest_dumps(tmp)
            elf("QEMU elf", dumps["elf"], "phys", tmp)
            if "kdump" in dumps:
                kdump(dumps["kdump"], tmp)
            flat(dumps["flat"], tmp)
        else:
            skip("hurt vmcores", "qemu-system-x86_64 is not installed")
        kdump_methods(tmp)


def main():
    if not os.path.exists(PROBE):
        print("no %s" % PROBE)
        return 77
    if len(sys.argv) > 1:
        return everything(sys.argv[1])
    adopt()
    readers()
    answers(None, ("recipes",), 1, rich=False)
    time.sleep(0.3)
    left = left_behind()
    case("hurt leaves no child behind", not left, " ".join(left))
    return 1 if mem_dumps.failed else 0


if __name__ == "__main__":
    sys.exit(main())
