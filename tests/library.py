#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""libdma-inspect.so through ctypes: the same answers as dma-inspect gives of the same bytes, in
whatever way the host gives them; the example of its manual; what it exports."""
import ctypes
import glob
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
O = os.environ.get("O", os.path.join(TOP, "build"))
TOOL, LIBRARY = O + "/dma-inspect", O + "/libdma-inspect.so"
sys.path.insert(0, os.path.join(TOP, "ext"))
from dma_inspect import (ASK, HAS_PHYSICAL, HAS_VIRTUAL, JSON, LINE, LINUX, LIVE,  # noqa: E402
                         NAMES_LAST, PHYSICAL, PHYSICAL_OF, PLACE, PROGRESS, READ, SLOW, SYMBOL,
                         TRANSLATES, VIRTUAL, WORD, WRITE, Host, Question, load)

LIB = load(LIBRARY)


class Image:
    """Bytes at a base address, in one space; a host as awkward as it is told to be."""

    def __init__(self, path, base, flags=HAS_PHYSICAL | HAS_VIRTUAL, most=1 << 30, hole=None,
                 told=True, names=None, surely=1, all_or_nothing=False, size=0):
        with open(path, "rb") as f:
            self.bytes = bytearray(f.read())
        self.base, self.most, self.hole, self.names = base, most, hole, names or {}
        self.all_or_nothing = all_or_nothing
        self.out, self.calls, self.room, self.on_read = b"", [], None, None
        self.steps = []
        self.keep = (READ(self.read), ASK(self.ask), WRITE(self.write),
                     PROGRESS(lambda _, *step: self.steps.append(step)))
        host = Host(size or ctypes.sizeof(Host), flags, 62, 64, 0, b"test", path.encode(), None,
                    *self.keep)
        self.d = ctypes.c_void_p()
        if LIB.dma_inspect_open(ctypes.byref(host), ctypes.byref(self.d)):
            raise OSError("open")
        for space in (VIRTUAL, PHYSICAL) if told else ():
            if flags & 1 << space and LIB.dma_inspect_range(
                    self.d, space, base, base + len(self.bytes), surely):
                raise OSError("range")

    def read(self, _, space, addr, buf, n):
        self.calls.append((space, addr, n))
        if self.on_read:
            self.on_read(self)
        end = self.base + len(self.bytes)
        if self.hole and self.hole[0] <= addr < self.hole[1]:
            return 0
        if self.hole and addr < self.hole[0]:
            end = self.hole[0]
        got = max(0, min(n, end - addr, self.most)) if addr >= self.base else 0
        if self.all_or_nothing and got < n:
            return 0
        ctypes.memmove(buf, bytes(self.bytes[addr - self.base:addr - self.base + got]), got)
        return got

    def ask(self, _, question):
        q = Question.from_address(question)
        if q.what == SYMBOL and q.name.decode() in self.names:
            q.value = self.names[q.name.decode()]
            return 1
        if q.what == PLACE and "place" in self.names:
            q.module, q.function, q.value = b"host", b"said", q.addr & 0xF
            return 1
        if q.what == PHYSICAL_OF and "physical" in self.names:
            q.value = q.addr + self.names["physical"]
            return 1
        if q.what == LINE and "line" in self.names:
            q.line = b"host.c:42"
            return 1
        return 0

    def write(self, _, text, n):
        self.out += ctypes.string_at(text, n)
        return self.room is not None and len(self.out) >= self.room

    def run(self, line, flags=0):
        """Exit code, characters, error."""
        self.out = b""
        code = LIB.dma_inspect_run(self.d, line.encode(), flags)
        return code, self.out.decode(), LIB.dma_inspect_error(self.d).decode()

    def complete(self, line):
        words = []
        at = len(line) - len(line.split(" ")[-1])
        LIB.dma_inspect_complete(self.d, line.encode(), at, WORD(
            lambda _, word: words.append(word.decode())), None)
        return words

    def close(self):
        LIB.dma_inspect_close(self.d)


failed = 0


def case(name, fn, *args):
    global failed
    try:
        why = fn(*args)
    except (OSError, ValueError, LookupError, subprocess.SubprocessError) as e:
        why = "%s: %s" % (type(e).__name__, e)
    failed += bool(why)
    print("not ok library %s: %s" % (name, str(why).replace("\n", "|")[:400]) if why else
          "ok library " + name, flush=True)


def tool(path, base, line, *options):
    """What dma-inspect says to a line, or to several."""
    lines = [line] if isinstance(line, str) else line
    r = subprocess.run([TOOL, "--no-pager", "--no-sandbox", "--base", "%x" % base, *options,
                        *(x for c in lines for x in ("-c", c)), path],
                       capture_output=True, text=True, timeout=60)
    return r.returncode, r.stdout, r.stderr.replace("dma-inspect: ", "", 1).rstrip("\n")


def lines_of(name):
    path = TOP + "/tests/golden/%s.cmds" % name
    own = ["summary", "dma", "dma 0 3f", "leaks -a", "violations", "events", "bugcheck", "analyze",
           "check", "stale", "region"]
    if not os.path.exists(path):
        return own
    with open(path) as f:
        return [x for x in f.read().splitlines() if x.split()[0] != "target"]


def same(path, base, lines, **how):
    """What differs from dma-inspect: in text, each line by itself; in JSON, one after another."""
    for line in lines:
        image = Image(path, base, **how)
        mine, theirs = image.run(line), tool(path, base, line)
        image.close()
        if mine != theirs:
            return "%s: %r, not %r" % (line, mine, theirs)
    image = Image(path, base, **how)
    mine = [image.run(line, JSON)[1] for line in lines]
    image.close()
    theirs = tool(path, base, lines, "-j")[1].splitlines(True)
    if len(mine) != len(theirs):
        return "-j: %d answers, not %d" % (len(mine), len(theirs))
    for line, m, t in zip(lines, mine, theirs):
        if m != t:
            return "%s -j: %s, not %s" % (line, m, t)
    return None


def read_ahead(path, base):
    image = Image(path, base)
    image.run("summary")
    sizes = [n for _, _, n in image.calls]
    calls, asked = len(sizes), set(image.calls)
    image.run("dma 0 3f")
    again = len(image.calls) - calls
    image.close()
    if max(sizes) < 64 << 10 or calls > 12:
        return "%d calls, the largest of %d bytes" % (calls, max(sizes))
    # once by each search, for the region and for a kernel, which keep nothing
    if calls > 3 * len(asked):
        return "the same bytes again and again: %r" % sizes
    return "%d calls for what was read before" % again if again else None


def absent(path, base):
    """A page of the region's tables is missing: said, with its address, and not taken for zeros."""
    hole = base + 0x2000, base + 0x3000
    image = Image(path, base, hole=hole, surely=0)
    code, out, err = image.run("dma 0 3f")
    image.close()
    if code != 4 or "first at 0x%x" % hole[0] not in err:
        return "exit code %d, %s" % (code, err)
    return None


def options(path, base):
    image = Image(path, base, flags=HAS_PHYSICAL | LINUX)
    first = image.run("dma leaks")
    if first[0] != 3 or "--scan" not in first[2]:
        return "without --scan: %r" % (first,)
    if image.run("dma --scan violations")[0] != 1 or image.run("violations")[0] != 1:
        return "--scan does not hold: %r" % (image.run("violations"),)
    doc = json.loads(image.run("dma -j --scan leaks")[1])
    if doc["command"] != "dma leaks":
        return "the command with options is %r" % doc["command"]
    if image.run("--region 0n16 dma")[0] != 3 or image.run("dma --region 0 dma")[0]:
        return "--region 10 and 0: %r" % (image.run("dma"),)
    if image.run("!dma -j") != image.run("dma", JSON):
        return "!dma -j: %r" % (image.run("!dma -j")[1][:200],)
    for bad in ("--region", "--region zz leaks", "dma --region 1" + "0" * 40, "x" * 5000):
        if image.run(bad)[0] != 2 or not image.run(bad)[2]:
            return "%s: %r" % (bad[:40], image.run(bad))
    image.close()
    return None


def stopping(path, base):
    """A stop out of a callback ends a scan; the next command works."""
    image = Image(path, base, flags=HAS_PHYSICAL, told=False)
    for at in (0, base):
        if LIB.dma_inspect_range(image.d, PHYSICAL, at, at + len(image.bytes), 0):
            return "range"
    image.on_read = lambda i: LIB.dma_inspect_stop(i.d)
    code, _, err = image.run("summary")
    if code != 4 or "stopped" not in err:
        return "exit code %d, %s" % (code, err)
    calls, image.on_read = len(image.calls), None
    if calls > 4:
        return "%d reads after the stop" % calls
    if image.run("summary") != tool(path, base, "summary"):
        return "then: %r" % (image.run("summary"),)
    image.room = 100
    code, out, err = image.run("events")
    image.close()
    if err or len(out) > 20000:
        return "a reader that leaves: %d, %d characters, %s" % (code, len(out), err)
    return None


def names(path, base):
    for flags in (0, NAMES_LAST):       # the image is named by the region
        image = Image(path, base, names={"place": 1, "line": 1},
                      flags=HAS_PHYSICAL | HAS_VIRTUAL | flags)
        out = image.run("analyze")[1]
        image.close()
        if "demo!said+0x" not in out or "host.c:42" not in out:
            return out
    return None


def machine_map(path, base):
    """Ranges of QEMU's map are read, and nothing beside them."""
    with open(path, "rb") as f:
        end = base + len(f.read())
    image = Image(path, base, flags=HAS_PHYSICAL, told=False)
    line = "  %016x-%016x (prio 0, %s): x\r\n"
    view = "FlatView #0\r\n AS \"%s\", root: system\r\n"
    for bad in ("", "unknown command", view % "I/O" + line % (base, end - 1, "ram"),
                view % "memory" + line % (base, end - 1, "i/o")):
        if LIB.dma_inspect_qemu_map(image.d, bad.encode()) != 2:
            return "taken: %r" % bad
    text = view % "memory" + line % (base, end - 1, "ram") + line % (end, end + 0xFFFF, "i/o")
    if LIB.dma_inspect_qemu_map(image.d, text.encode()):
        return "not taken"
    if LIB.dma_inspect_qemu_map(image.d, text.encode()) != 2:
        return "taken twice"
    mine = image.run("dma 0 3f")
    beside = [c for c in image.calls if c[1] < base or c[1] + c[2] > end]
    image.close()
    if mine != tool(path, base, "dma 0 3f"):
        return "%r" % (mine,)
    return "read %r" % beside if beside or not image.calls else None


def vmcoreinfo(path, base):
    """A line in it leads to the region, without a scan."""
    image = Image(path, base, flags=HAS_PHYSICAL | LINUX)
    for bad in (b"", b"x" * 70000):
        if LIB.dma_inspect_vmcoreinfo(image.d, bad, len(bad)) != 2:
            return "taken: %d characters" % len(bad)
    before = image.run("dma")[0]
    text = b"OSRELEASE=6.1\nDMV_REGION=%x\n" % base
    if LIB.dma_inspect_vmcoreinfo(image.d, text, len(text)):
        return "not taken"
    mine = image.run("dma")
    image.close()
    return None if before == 3 and mine == tool(path, base, "dma") else "%r" % (mine,)


def translated(path, base):
    """VMCOREINFO by its symbols, at virtual addresses that the host translates, rightly or not."""
    virt, text = 0x700000000000, b"OSRELEASE=6.1\nDMV_REGION=%x\n" % base
    for off, want in ((0, tool(path, base, "dma")), (1, None), (1 << 40, None)):
        image = Image(path, base, flags=HAS_PHYSICAL | LINUX | TRANSLATES, told=False)
        at = base + len(image.bytes)
        image.names = {"vmcoreinfo_data": virt, "vmcoreinfo_size": virt + 8,
                       "physical": at - virt + off}
        page = struct.pack("<QQ", virt + 16, len(text)) + text
        image.bytes += page + bytes(4096 - len(page))
        LIB.dma_inspect_range(image.d, PHYSICAL, base, at + 4096, 1)
        mine = image.run("dma")
        image.close()
        if mine != want if want else mine[0] != 3:
            return "off by %x: %r" % (off, mine)
        if any(space != PHYSICAL for space, _, _ in image.calls):
            return "virtual addresses are read"
    return None


def slow(path, base):
    """Searched on request only; progress is told of."""
    image = Image(path, base, flags=HAS_PHYSICAL | SLOW)
    first = image.run("dma")
    if first[0] != 3 or "slow to read" not in first[2] or image.steps:
        return "without --scan: %r, %r" % (first, image.steps)
    if image.run("dma --scan dma 0 3f") != tool(path, base, "dma 0 3f"):
        return "with: %r" % (image.run("dma"),)
    if sum(n == 8 for _, _, n in image.calls) < len(image.bytes) // 4096:
        return "the search reads more than heads of pages: %r" % image.calls[:3]
    what, size, done, total = zip(*image.steps)
    image.close()
    first = done[:next(i for i, x in enumerate(done) if x == total[0]) + 1]
    if set(what) != {b"scan"} or set(size) != {1} or done[0] or list(first) != sorted(first) or \
            set(total) != {len(image.bytes)} or done[-1] != total[-1]:
        return "progress: %r" % image.steps
    image = Image(path, base, size=ctypes.sizeof(Host) - 8)
    mine = image.run("dma")
    image.close()
    return "a host of the first header: %r" % (mine,) if mine != tool(path, base, "dma") or \
        image.steps else None


def changing(path, base):
    """Live memory is read anew, other memory once it is to be forgotten."""
    with open(path, "rb") as f:
        whole = bytearray(f.read())
    for flags in (HAS_PHYSICAL | LIVE, HAS_PHYSICAL):
        image = Image(path, base, flags=flags)
        before = image.run("summary")
        image.bytes = bytearray(len(whole))
        if not flags & LIVE:
            if image.run("summary") != before:
                return "what was read is not kept"
            LIB.dma_inspect_forget(image.d)
        if image.run("summary")[0] != 3:
            return "old bytes, flags %d" % flags
        image.bytes = whole
        LIB.dma_inspect_forget(image.d)
        if image.run("summary") != before:
            return "then: %r" % (image.run("summary"),)
        image.close()
    return None


def completion(path, base):
    image = Image(path, base)
    got = [image.complete(x) for x in ("", "dma le", "!dma --s", "--re", "dma -j ev", "leaks -",
                                       "dma help bug", "nothing")]
    want = [None, ["leaks"], ["--scan"], ["--region"], ["events"], ["-a"], ["bugcheck"], []]
    if not set(got[0]) >= {"dma", "leaks", "target"} or got[1:] != want[1:]:
        return repr(got)
    image.run("dma")
    addresses = image.complete("dma 0x")
    image.close()
    return None if addresses and all(x.startswith("0x") for x in addresses) else repr(addresses)


def arguments(path, base):
    """What no handle can be made of, and ranges out of order."""
    good = Image(path, base)
    keep, d = good.keep, ctypes.c_void_p(1)
    fields = dict(size=ctypes.sizeof(Host), flags=HAS_PHYSICAL, machine=62, bits=64, reserved=0,
                  name=b"n", target=b"t", ctx=None, read=keep[0], ask=keep[1], write=keep[2])
    for change in ({"size": 8}, {"flags": 0}, {"flags": LIVE}, {"flags": 1 << 20}, {"bits": 48},
                   {"reserved": 1}, {"name": None}, {"target": None}, {"read": READ()},
                   {"write": WRITE()}):
        host = Host(**{**fields, **change})
        if LIB.dma_inspect_open(ctypes.byref(host), ctypes.byref(d)) != 2 or d:
            return "taken: %r" % change
    top = base + len(good.bytes)
    only = Image(path, base, flags=HAS_PHYSICAL)
    for d, space, start, end in ((good.d, PHYSICAL, 0, 1), (good.d, PHYSICAL, top, top),
                                 (good.d, 2, top, top + 1), (only.d, VIRTUAL, top, top + 1)):
        if LIB.dma_inspect_range(d, space, start, end, 1) != 2:
            return "taken: %x to %x of %d" % (start, end, space)
    only.close()
    good.close()
    LIB.dma_inspect_close(None)
    return None


def example(paths):
    """The manual's program does what dma-inspect does."""
    with open(TOP + "/ext/libdma-inspect.3") as f:
        text = re.search(r"\.Bd -literal\n(.*?)\.Ed", f.read(), re.S)[1].replace(r"\e", "\\")
    with tempfile.TemporaryDirectory() as tmp:
        with open(tmp + "/example.c", "w") as f:
            f.write(text)
        subprocess.run([*os.environ.get("CC", "gcc").split(), "-Wall", "-Werror",
                        "-I" + TOP + "/ext", tmp + "/example.c", "-L" + O, "-ldma-inspect", "-o",
                        tmp + "/example"], check=True, capture_output=True)
        for path, base in paths:
            for line in ("dma", "leaks", "analyze"):
                r = subprocess.run([tmp + "/example", path, "%x" % base, line], timeout=60,
                                   capture_output=True, text=True,
                                   env={**os.environ, "LD_LIBRARY_PATH": O})
                mine = r.returncode, r.stdout, r.stderr.rstrip("\n")
                if mine != tool(path, base, line):
                    return "%s %s: %r" % (path, line, mine)
    return None


def exports():
    """Its versioned names and nothing else; no library but libc."""
    with open(TOP + "/ext/dma-inspect.map") as f:
        want = set(re.findall(r"\b(dma_inspect_\w+);", f.read()))
    with open(TOP + "/ext/dma-inspect.h") as f:
        declared = set(re.findall(r"\b(dma_inspect_\w+)\(", f.read()))
    out = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], check=True, capture_output=True,
                         text=True).stdout
    got = {x.split()[2] for x in out.splitlines()} - {"DMA_INSPECT_0"}
    if got != {x + "@@DMA_INSPECT_0" for x in want} or want != declared:
        return "exported %r, in the header %r" % (sorted(got), sorted(declared))
    out = subprocess.run(["readelf", "-d", LIBRARY], check=True, capture_output=True,
                         text=True).stdout
    foreign = set(re.findall(r"\(NEEDED\).*\[(.*)\]", out)) - {
        "libc.so.6", "libasan.so.8", "libubsan.so.1"}
    return repr(foreign) if foreign else None


def names_of(path, which):
    out = subprocess.run(["nm", "-D", which, path], check=True, capture_output=True,
                         text=True).stdout
    return {x.split()[-1] for x in out.splitlines()}


def crash_names():
    """dma.so exports nothing, needs libc and what is listed, and nothing of libc that crash has a
    function of its own for."""
    with open(TOP + "/ext/dma-crash.need") as f:
        listed = {x.strip() for x in f if not x.startswith("#")}
    exported = names_of(O + "/dma.so", "--defined-only")
    if exported:
        return "exports %r" % sorted(exported)
    need = {x for x in names_of(O + "/dma.so", "--undefined-only")
            if not re.match(r"_ITM_|__gmon_start__|__asan_|__ubsan_", x)}
    own = {x for x in need if "@" not in x}
    if own != listed:
        return "not listed %r, not needed %r" % (sorted(own - listed), sorted(listed - own))
    crash = shutil.which("crash")
    theirs = {x.split("@")[0] for x in names_of(crash, "--defined-only")} if crash else set()
    # a variable of libc that a program uses lies in the program: the one there is
    clash = {x.split("@")[0] for x in need - own} & theirs - {"optind", "stdout", "stderr"}
    return "crash has its own %r" % sorted(clash) if clash else None


def main():
    with tempfile.TemporaryDirectory() as tmp:
        images = {}
        for recipe in sorted(glob.glob(TOP + "/tests/regions/*.txt") +
                             glob.glob(TOP + "/tests/golden/*.txt")):
            name = os.path.basename(recipe)[:-len(".txt")]
            path = os.path.join(tmp, name + ".img")
            base = subprocess.run([O + "/tests/mkregion", recipe, path], check=True,
                                  capture_output=True, text=True).stdout
            images[name] = path, int(base, 16)
            case("same " + name, same, *images[name], lines_of(name))
        full = images["full"]
        few = ["dma 0 3f", "check", "analyze"]
        case("virtual", lambda: same(*full, few, flags=HAS_VIRTUAL))
        case("short reads", lambda: same(*full, few, most=4096 + 512))
        case("all or nothing", lambda: same(*full, few, all_or_nothing=True))
        case("read-ahead", read_ahead, *full)
        case("absent", absent, *full)
        case("options", options, *full)
        case("stop", stopping, *full)
        case("names", names, *full)
        case("map of a machine", machine_map, *full)
        case("VMCOREINFO", vmcoreinfo, *full)
        case("translated", translated, *full)
        case("slow", slow, *full)
        case("changing memory", changing, *full)
        case("completion", completion, *full)
        case("arguments", arguments, *full)
        case("example", example, [full, images["big"]])
        case("exports", exports)
        if os.path.exists(O + "/dma.so"):
            case("dma.so", crash_names)
        else:
            print("skip library dma.so: it is not built: no crash/defs.h or no zlib.h")
    return failed != 0


if __name__ == "__main__":
    if not os.path.exists(LIBRARY):
        print("not ok library: %s is not there: make first" % LIBRARY)
        sys.exit(1)
    sys.exit(main())
