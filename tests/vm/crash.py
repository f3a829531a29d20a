#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""dma.so in crash, on dumps of a stock Linux guest in which processes embed the verifier.

	crash.py BUILD-DIRECTORY [DUMP-DIRECTORY]

Without a DUMP-DIRECTORY linux.sh makes one. crash gets a vmlinux of the guest's own symbols and
types (vmlinux.py). What each command must say is what dma-inspect says of the same dump.
"""
import json
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from hosts_table import commands, differ  # noqa: E402
from terminal import Terminal           # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT = 120
PROMPT = r"crash> $"
failed = 0


def case(name, why):
    global failed
    failed += bool(why)
    print("not ok crash %s: %s" % (name, str(why)[:500].replace("\n", "|")) if why else
          "ok crash " + name, flush=True)


class Setup:
    """A guest's dump, its vmlinux, and a folder to work in."""

    def __init__(self, build, dumps, tmp):
        self.tool, self.so, self.tmp = build + "/dma-inspect", build + "/dma.so", tmp
        self.known = {}
        self.stem = dumps + "/linux-6.1"
        self.dump, self.vmlinux = self.stem + ".elf", tmp + "/vmlinux"
        subprocess.run([HERE + "/vmlinux.py", self.stem + ".kallsyms", self.stem + ".btf",
                        self.dump, self.vmlinux], check=True)
        self.home = tmp + "/home"
        os.mkdir(self.home)
        self.env = {"PATH": os.environ["PATH"], "HOME": self.home, "TERM": "xterm"}

    def crash(self, lines, *options, dump=None, env=None):
        """What a session says."""
        path = self.tmp + "/lines"
        with open(path, "w") as f:
            f.write("\n".join(lines) + "\nq\n")
        r = subprocess.run(["crash", "-s", *options, "-i", path, self.vmlinux, dump or self.dump],
                           capture_output=True, text=True, errors="replace", timeout=LIMIT,
                           cwd=self.tmp, env={**self.env, **(env or {})}, stdin=subprocess.DEVNULL)
        return r.stdout + r.stderr

    def lines(self, dump, *options):
        r = subprocess.run([self.tool, "--scan", *options, dump], capture_output=True, text=True,
                           timeout=LIMIT)
        return r.stdout

    def inspect(self, line, dump=None):
        """What dma-inspect says to the line once it has found the regions: JSON, text. The dumps
        do not change: nothing is asked twice."""
        dump = dump or self.dump
        if (dump, line) not in self.known:
            both = self.lines(dump, "-c", "summary", "-c", line)
            self.known[dump, line] = (
                self.lines(dump, "-j", "-c", "summary", "-c", line).splitlines()[1],
                both[len(self.lines(dump, "-c", "summary")) + 1:])
        return self.known[dump, line]

    def read(self, name):
        with open(os.path.join(self.tmp, name), errors="replace") as f:
            return f.read()

    def adapter(self):
        doc = json.loads(self.inspect("dma -a")[0])
        return next(r["adapter"] for t in doc["tables"].values() for r in t if r.get("adapter"))


def same(s, lines, name, *options, dump=None):
    """Each line in one session of crash, into a file each; then the same of dma-inspect."""
    todo = ["extend " + s.so, "dma --scan summary > first"]
    for i, line in enumerate(lines):
        todo += ["dma %s > %d.text" % (line, i), "dma -j %s > %d.json" % (line, i)]
    said = s.crash(todo, *options, dump=dump)
    for i, line in enumerate(lines):
        want_json, want = s.inspect("dma " + line, dump=dump)
        got, got_json = s.read("%d.text" % i), s.read("%d.json" % i).rstrip("\n")
        why = differ(line, False, got, want)
        case("%s: %s" % (name, line), why and "%s; %s" % (why, said[-200:]))
        case("%s: %s, JSON" % (name, line), differ(line, True, got_json, want_json))


# ---- the same answers ----

def saved(s):
    """What `save` writes in crash answers as the dump does, but of the kernel itself."""
    said = s.crash(["extend " + s.so, "dma --scan save small.core"])
    small = s.tmp + "/small.core"
    if not os.path.exists(small):
        return said
    one, two = (json.loads(s.inspect("dma 0 3f", dump=d)[0])["tables"] for d in (s.dump, small))
    del one["device"]
    return None if one == two else "%s, not %s" % (two, one)


def regions(s):
    """Each region's pages in the dump: (offset in the file, bytes)."""
    with open(s.dump, "rb") as f:
        head = f.read(4096)
    phoff, = struct.unpack_from("<Q", head, 0x20)
    size, count = struct.unpack_from("<HH", head, 0x36)
    loads = [struct.unpack_from("<IIQQQQ", head, phoff + i * size) for i in range(count)]
    spots = []
    for row in json.loads(s.inspect("region")[0])["tables"]["regions"]:
        phys = int(row["phys"], 16)
        spots += [(off + phys - paddr, row["bytes"]) for kind, _, off, _, paddr, n in loads
                  if kind == 1 and paddr <= phys < paddr + n]
    return spots


def copy_of(s, name):
    path = s.tmp + "/" + name
    subprocess.run(["cp", "--sparse=always", s.dump, path], check=True)
    return path


def kernel_names(s):
    """Callers in the kernel and in a module, put where callers in a process were."""
    path, wanted = copy_of(s, "poked.elf"), {}
    with open(s.stem + ".kallsyms") as f:
        for line in f:
            address, _, name, *module = line.split()
            if name in ("schedule", "virtblk_probe"):
                place = "%s!%s" % (module[0].strip("[]") if module else "vmlinux", name)
                wanted[place] = int(address, 16) + 0x15
    rows = json.loads(s.inspect("dma -a")[0])["tables"]["adapters"]
    callers = sorted({int(r["caller"], 16) for r in rows if (r["caller"] or "").startswith("0x")})
    with open(path, "r+b") as f:
        for at, n in regions(s):
            f.seek(at)
            data = f.read(n)
            for old, new in zip(callers, wanted.values()):
                data = data.replace(struct.pack("<Q", old), struct.pack("<Q", new))
            f.seek(at)
            f.write(data)
    text = s.inspect("dma -a", dump=path)[1]
    for place in wanted:
        case("kernel names, there is " + place, None if place in text else text)
    for options in ([], ["--minimal"]):
        same(s, ["-a", "leaks -a", "analyze"], " ".join(["kernel names", *options]), *options,
             dump=path)
    os.unlink(path)


# ---- crash's ways ----

def loading(s):
    """extend, extend -u and again; .crashrc; -x; the alias comes and goes."""
    out = s.crash(["extend " + s.so, "!dma region", "extend -u " + s.so, "dma", "alias",
                   "extend " + s.so, "extend", "alias", "dma region", "!echo shell", "eval 1+1"])
    want = [r"shared object loaded\n.*no region", r"object unloaded\ncrash: command not found: dma",
            r"loaded\n(.*\n)*.*dma.so +dma *\n(.*\n)*builtin +!dma +dma", r"shell\n",
            r"hexadecimal: 2"]
    for w in want:
        if not re.search(w, out):
            return "%s: %s" % (w, out)
    if out.count("!dma") != 1:
        return "the alias stays: " + out
    with open(s.home + "/.crashrc", "w") as f:
        f.write("extend %s\n!dma region\n" % s.so)
    out = s.crash(["dma help leaks"])
    os.unlink(s.home + "/.crashrc")
    if "no region" not in out or "everything live" not in out:
        return ".crashrc: " + out
    os.mkdir(s.tmp + "/extensions")
    shutil.copy(s.so, s.tmp + "/extensions/dma.so")
    out = s.crash(["!dma region"], "-x", env={"CRASH_EXTENSIONS": s.tmp + "/extensions"})
    return None if "no region" in out else "-x: " + out


def helping(s):
    out = s.crash(["extend " + s.so, "help dma", "!dma help leaks"])
    for want in ("NAME\n  dma - what", "SYNOPSIS\n  dma [-j] [--scan]", "DESCRIPTION\n",
                 "violations   violations that", "leaks [ADAPTER] [-a]"):
        if want not in out:
            return "%s: %s" % (want, out)
    return None


def pipes(s):
    out = s.crash(["extend " + s.so, "dma --scan > a", "!dma > b", "dma | cat > c",
                   "dma events | head -2", 'dma "summary" > d', "eval 1+1"])
    a, b, c, d = (s.read(x) for x in "abcd")
    if not a or a != b or a != c or "Findings" not in d or "\x1b" in a:
        return "%r %r %r %r" % (a, b, c, d)
    return None if "hexadecimal: 2" in out else out


def mistakes(s):
    out = s.crash(["extend " + s.so, "dma leaks -x", "dma --region", "dma who", "!dma --region 1",
                   "dma " + "x" * 1000, "eval 1+1"])
    for want in (r'dma: "-x" is not understood', r"dma: --region needs", r"dma: .*\(usage: who",
                 r"dma: region at 0x1", r"hexadecimal: 2"):
        if not re.search(want, out):
            return "%s: %s" % (want, out)
    return None


def damaged(s, rounds=30):
    """The regions' bytes change under crash, in one session: it stays alive, and answers."""
    path, spots, rng = copy_of(s, "damaged.elf"), regions(s), random.Random(5)
    with open(path, "rb") as f:
        whole = {at: (f.seek(at), f.read(n))[1] for at, n in spots}
    t = Terminal([shutil.which("crash"), "-s", "--minimal", s.vmlinux, path], s.env, PROMPT,
                 LIMIT)
    try:
        if not t.until(PROMPT, LIMIT):
            return "no prompt: " + t.seen
        answers = 0
        for i in range(rounds):
            with open(path, "r+b") as f:
                for at, data in whole.items():
                    f.seek(at)
                    f.write(hurt(data, rng))
            for line in ("extend " + s.so, "dma --scan 0 3f > out", "dma check > out",
                         "dma analyze > out", "dma events > out", "dma save core.%d > out" % i,
                         "eval 1+1", "extend -u " + s.so):
                t.type(line + "\n")
                got = t.until(PROMPT, LIMIT)
                if not got:
                    return "round %d, %s: %s" % (i, line, t.seen)
                answers += "hexadecimal: 2" in got
        return None if answers == rounds else "%d answers of %d" % (answers, rounds)
    finally:
        t.type("q\n")
        t.end()
        os.unlink(path)


def hurt(data, rng):
    """The header and the tables behind it with some words changed."""
    data = bytearray(data)
    for _ in range(rng.randrange(1, 40)):
        at = rng.randrange(0x200, 0x10000) & ~7
        data[at:at + 8] = struct.pack("<Q", rng.choice(
            [0, 1, 0xFF, 1 << 31, 1 << 63, (1 << 64) - 1, rng.getrandbits(64),
             rng.getrandbits(12)]))
    return bytes(data)


# ---- on a terminal ----

def terminal(s, env, *options, dump=None):
    t = Terminal([shutil.which("crash"), "-s", *options, s.vmlinux, dump or s.dump],
                 {**s.env, **env}, PROMPT, LIMIT)
    t.wait("no prompt")
    return t


def typed(s):
    """!dma at the prompt; colours on a terminal, none through a pager or with NO_COLOR."""
    bold = "\x1b[1m"
    for env, colored in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
        t = terminal(s, env, "--minimal")
        t.ask("extend " + s.so)
        got = t.ask("!dma --scan summary")
        if "Findings:" not in got or (bold in got) != colored:
            return "%s: %r" % (env, got)
        if bold in t.ask("dma summary | cat"):
            return "colours in a pipe"
        if "no such thing" in t.ask("!echo no such thin") or "2" not in t.ask("eval 1+1"):
            return "the shell is not what it was"
        t.type("q\n")
        if t.end() is None:
            return "it does not end"
    return None


def paging(s):
    """q in the pager that crash starts for long answers."""
    t = terminal(s, {"LESS": "", "PAGER": "less"})
    t.ask("extend " + s.so)
    t.ask("dma --scan region > out")
    t.ask("set scroll on")
    for i in range(3):
        t.type("dma events\n" if i else "dma 0 3f\n")
        if not t.until(r"(\x1b\[7m|: ?$|<SPACE>|forward: )", 30):
            return "no pager: %r" % t.seen
        t.type("q")
        if not t.until(PROMPT, 30):
            return "no prompt: %r" % t.seen
    got = t.ask("eval 1+1")
    t.type("q\n")
    t.end()
    return None if "2" in got else got


def interrupted(s):
    """^C in the middle of a scan, ten times; then crash's own commands and ours as before."""
    t = terminal(s, {}, "--minimal", dump=s.stem + ".zlib.0")
    t.ask("extend " + s.so)
    stopped = 0
    for i in range(10):
        t.type("dma --scan summary\n")
        time.sleep(0.06)
        os.kill(t.pid, signal.SIGINT) if i % 2 else t.type("\x03")
        got = t.until(PROMPT, 60)
        if not got:
            return "time %d: no prompt: %s" % (i, t.seen)
        stopped += "dma: stopped" in got
    if not stopped:
        return "never in the middle"
    got = t.ask("dma --scan summary")
    if "Findings:" not in got:
        return "then: " + got
    t.type("\x03")
    if not t.until(PROMPT, 30) or "2" not in t.ask("eval 1+1"):
        return "crash's own ^C: " + t.seen
    t.type("q\n")
    return "it does not end" if t.end() is None else None


def test(s):
    lines = commands(s.tool, s.adapter())
    out = s.crash(["extend " + s.so, "dma violations", "dma"])
    case("without a region", None if re.search(r"dma: no region: .*--scan", out) and
         re.search(r"Owner: virtio-pci \(0000:", out) else out)
    for options in ([], ["--minimal"]):
        same(s, lines, " ".join(["same", *options]), *options)
    # pages are left out: what both say of that is the same but for who cannot read it
    same(s, ["0 3f", "leaks -a", "violations", "region"], "filtered", dump=s.stem + ".zlib.23")
    kernel_names(s)
    for name, fn in (("save", saved), ("loading", loading), ("help", helping), ("pipes", pipes),
                     ("mistakes", mistakes), ("typed", typed), ("paging", paging),
                     ("interrupted", interrupted), ("damaged", damaged)):
        try:
            case(name, fn(s))
        except OSError as e:
            case(name, e)


def main():
    build = os.path.abspath(sys.argv[1])
    for tool, package in (("crash", "crash"), ("bpftool", "bpftool")):
        if not shutil.which(tool):
            print("skip crash: no %s (package %s)" % (tool, package))
            return 77
    if not os.path.exists(build + "/dma.so"):
        print("skip crash: %s/dma.so was not built" % build)
        return 77
    with tempfile.TemporaryDirectory(dir=build) as tmp:
        dumps = sys.argv[2] if len(sys.argv) > 2 else tmp + "/dumps"
        if len(sys.argv) < 3:
            code = subprocess.run([HERE + "/linux.sh", build, dumps, "6.1"]).returncode
            if code:
                print("skip crash: no guest, see above" if code == 77 else
                      "not ok crash: the guest left no dumps, see above")
                return code
        dumps = os.path.abspath(dumps)
        os.chdir(tmp)                   # where crash on a terminal writes its files
        test(Setup(build, dumps, tmp))
    return failed != 0


if __name__ == "__main__":
    os.environ["PATH"] += ":/usr/sbin"
    sys.exit(main())
