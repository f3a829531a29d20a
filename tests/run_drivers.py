#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Runs each test driver in a process of its own and judges it by the core file it leaves.

run_drivers.py [-k DIR] [--reader inspect|second|both] [-j N] [NAME...]

A driver that misbehaves must die of its own bugcheck (or go on, if the rule only warns), and the
dump must hold its violation alone, with the parameters that tests/drivers/drivers.def and the
driver itself (driver_truth) name. A clean driver must leave nothing to find. The dump is read by
dma-inspect and by the second decoder, which was made from SPEC.md alone.
"""
import argparse
import concurrent.futures
import itertools
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "tests", "second"))
import decode                           # noqa: E402

LIMIT = 60                              # seconds for one process
KNOWN, KNOWN_OFFSET, KNOWN_RECORD, KNOWN_CODE = 0x1, 0x10, 0x100, 0x1000    # as in driver.h
KNOWN_AGE, KNOWN_LIMIT = 0x10000, 0x100000
U64 = 2 ** 64 - 1


class Wrong(Exception):
    """What a driver's test found wrong."""


class Cannot(Exception):
    """Why a test cannot run here."""


# ---- drivers.def ----

class Driver:
    def __init__(self, line):
        f = [x.strip() for x in line.split(",", 8)]
        self.name, self.rule, self.end, self.flags = f[0], f[1], f[5], f[7]
        self.code, self.p1, self.p2, self.pool = (int(x, 0) for x in (f[2], f[3], f[4], f[6]))
        self.what = f[8].strip('" ')
        self.unused = []                # parameters, from 0, to which the rule gives no meaning


def meanings():
    """{rule: [what P2, P3, P4 mean]}, "" for nothing"""
    with open(os.path.join(TOP, "core/dmv_violation.def")) as f:
        rows = re.findall(r'^DMV_RULE\((\w+),(?:[^,"]+,){6}\s*"[^"]*",\s*'
                          r'"([^"]*)", "([^"]*)", "([^"]*)"', f.read(), re.M)
    return {r[0]: r[1:] for r in rows}


def drivers():
    with open(os.path.join(TOP, "tests/drivers/drivers.def")) as f:
        text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
    every = [Driver(m) for m in re.findall(r'^DRIVER\((.*?"[^"]*")\)', text, re.S | re.M)]
    found = [d for d in every if "DRIVER_DISK" not in d.flags]
    means = meanings()
    for d in found:
        d.unused = [i for i in (1, 2, 3) if d.rule in means and not means[d.rule][i - 1] and
                    (i > 1 or d.p2 < 0)]
    return found


# ---- ELF: the symbols of the program, the memory of the core ----

class Program:
    """Function and object symbols of an ELF64 executable, at link addresses."""

    def __init__(self, path):
        self.path = os.path.realpath(path)
        with open(path, "rb") as f:
            data = f.read()
        shoff, = struct.unpack_from("<Q", data, 40)
        size, count = struct.unpack_from("<HH", data, 58)
        sections = [struct.unpack_from("<IIQQQQIIQQ", data, shoff + i * size) for i in range(count)]
        self.object, self.function = {}, []
        for _, kind, _, _, off, length, link, _, _, entry in sections:
            if kind != 2:               # SHT_SYMTAB
                continue
            names = sections[link][4]
            for at in range(off, off + length, entry):
                name, info, _, _, value, width = struct.unpack_from("<IBBHQQ", data, at)
                end = data.index(b"\0", names + name)
                word = data[names + name:end].decode()
                if info & 15 == 1:      # STT_OBJECT
                    self.object[word] = value
                elif info & 15 == 2 and width:
                    self.function.append((value, width, word))

    def name(self, at):
        return next((n for v, w, n in self.function if v <= at <= v + w), "")


class Core:
    """A process core: its memory, and where the program was loaded."""

    def __init__(self, path, program):
        with open(path, "rb") as f:
            self.data = f.read()
        if self.data[:4] != b"\x7fELF":
            raise Wrong("the core is no ELF file")
        phoff, = struct.unpack_from("<Q", self.data, 32)
        size, count = struct.unpack_from("<HH", self.data, 54)
        self.load, self.base = [], None
        for i in range(count):
            kind, _, off, va, _, length, _, _ = struct.unpack_from("<IIQQQQQQ", self.data,
                                                                   phoff + i * size)
            if kind == 1:
                self.load.append((va, off, length))
            elif kind == 4:
                self._notes(self.data[off:off + length], program)
        if self.base is None:
            raise Wrong("the core does not say where the program was loaded")

    def _notes(self, notes, program):
        at = 0
        while at + 12 <= len(notes):
            nname, ndesc, kind = struct.unpack_from("<III", notes, at)
            desc = at + 12 + (nname + 3 & ~3)
            if kind == 0x46494C45:      # NT_FILE
                self._files(notes[desc:desc + ndesc], program)
            at = desc + (ndesc + 3 & ~3)

    def _files(self, desc, program):
        count, page = struct.unpack_from("<QQ", desc, 0)
        names = desc[16 + 24 * count:].split(b"\0")
        for i in range(count):
            start, _, off = struct.unpack_from("<QQQ", desc, 16 + 24 * i)
            if off == 0 and names[i].decode() == program.path:
                self.base = start

    def read(self, va, n):
        for start, off, length in self.load:
            if start <= va and va + n <= start + length:
                return self.data[off + va - start:off + va - start + n]
        raise Wrong("the core lacks 0x%x" % va)


class Truth:
    """driver_truth of driver.h as it stood in the process."""

    def __init__(self, core, program):
        raw = core.read(core.base + program.object["driver_truth"], 120)
        f = struct.unpack("<6Q2I64s", raw)
        self.p, self.adapter, self.address, self.mask, self.valid = f[:4], f[4], f[5], f[6], f[7]
        self.function = f[8].split(b"\0")[0].decode()


# ---- the dump: two readers that give the same few facts ----

def num(x):
    return int(x, 16) if isinstance(x, str) else x


class Inspected:
    """What dma-inspect says: violations [(code, p, function)], bugcheck, records, stale, dirt."""

    commands = ["violations", "bugcheck", "dma -a", "stale", "check", "leaks"]

    def __init__(self, core, build, program):
        said = self._run(build, core)
        self.violations = [(num(v["code"]), self._p(v),
                            re.sub(r"^.*!|\+0x[0-9a-f]+$", "", v["site"] or ""))
                           for v in said["violations"]["violations"]]
        self.elapsed = [(v["prior_age"] or 0) - (v["age"] or 0)
                        for v in said["violations"]["violations"]]
        self.bugcheck = [(num(b["code"]), self._p(b)) for b in said["bugcheck"].get("bugcheck", [])]
        self.records = {num(a["adapter"]): num(a["record"]) for a in said["dma -a"]["adapters"]}
        self.stale = [(num(s["va"]), num(s["offset"]), (s["owner"] or "").split("!")[-1])
                      for s in said["stale"]["stale"]]
        self.dirty = ["%s: %s" % (c, r) for c in ("stale", "check", "leaks")
                      for t in said[c].values() for r in t]
        if self.found != bool(self.violations or self.dirty):
            raise Wrong("dma-inspect's exit code says %d findings" % self.found)

    @staticmethod
    def _p(row):
        return [num(row["p%d" % i]) for i in (1, 2, 3, 4)]

    def _run(self, build, core):
        argv = [os.path.join(build, "dma-inspect"), "-j"]
        for c in self.commands:
            argv += ["-c", c]
        r = subprocess.run(argv + [core], capture_output=True, text=True, timeout=LIMIT)
        if r.returncode not in (0, 1):
            raise Wrong("dma-inspect: exit code %d: %s" % (r.returncode, r.stderr.strip()))
        docs = [json.loads(x) for x in r.stdout.splitlines()]
        if [d["command"] for d in docs] != self.commands:
            raise Wrong("dma-inspect answered %d of %d commands" % (len(docs), len(self.commands)))
        self.found = r.returncode == 1
        return {d["command"]: d["tables"] for d in docs}


class Decoded:
    """The same from the second decoder."""

    def __init__(self, core, build, program):
        try:
            docs = decode.documents(core)
        except (decode.Absent, decode.Damaged, decode.NotMine) as e:
            raise Wrong("decode.py: %r" % e) from e
        if len(docs) != 1:
            raise Wrong("%d regions in the core" % len(docs))
        if docs[0]["notes"]:
            raise Wrong("decode.py: %s" % docs[0]["notes"][0])
        d, base = docs[0], Core(core, program).base
        tables = d["tables"]
        frame = {s["row"]: s["frame"][0] for s in tables["site"] if s["frame"]}
        self.violations = [(v["code"], v["p"], program.name(frame.get(v["site"], 0) - base))
                           for v in sorted(tables["violation"], key=lambda v: v["sequence"])]
        self.elapsed = [v["time"] - v["prior_time"]
                        for v in sorted(tables["violation"], key=lambda v: v["sequence"])]
        bug = d["bugcheck"]
        self.bugcheck = [(bug["code"], bug["p"])] if bug["state"] == 2 else []
        self.records = {a["handle"]: a["record"] for a in tables["adapter"]}
        owner = {r["row"]: frame.get(r["owner"], 0) for r in tables["register"]}
        self.stale = [(s["va"], s["offset"], program.name(owner[s["register"]] - base))
                      for s in d["stale"]]
        self.dirty = ["%s: %s" % (k, x) for k in ("guards", "stale") for x in d[k]]
        for kind in ("file", "register", "list", "buffer", "channel"):
            self.dirty += ["%s %d is live" % (kind, x["row"]) for x in tables[kind]
                           if x["state"] == "live"]


READERS = {"inspect": [Inspected], "second": [Decoded], "both": [Inspected, Decoded]}


# ---- running one ----

def run(argv, where):
    r = subprocess.run(argv + ["--core", where], capture_output=True, text=True, errors="replace",
                       timeout=LIMIT)
    found = [f for f in os.listdir(where) if f.startswith("core")]
    return r.returncode, r.stdout + r.stderr, os.path.join(where, found[0]) if found else None


class Bench:
    """The program under test and how its dumps are read."""

    def __init__(self, build, reader):
        self.build = build
        self.exe = os.path.join(build, "drivers")
        if not os.path.exists(self.exe):
            raise Cannot("%s is not there: make first" % self.exe)
        self.program = Program(self.exe)
        self.readers = READERS[reader]

    def dump(self, driver, where):
        """Runs it, checks how it ended, returns its core."""
        status, said, core = run([self.exe, driver.name], where)
        want = -signal.SIGABRT if driver.end in ("DIES", "HANGS") else 0
        if status != want:
            raise Wrong("ended with status %d, not %d: %s" % (status, want, tail(said)))
        if ("gave up" in said) != (driver.end == "HANGS"):
            raise Wrong("gave up: %s" % tail(said))
        if not core:
            raise Wrong("no core file: %s" % tail(said))
        return core

    def check(self, driver, where):
        core = self.dump(driver, where)
        memory = Core(core, self.program)
        truth, base = Truth(memory, self.program), memory.base
        for reader in self.readers:
            facts = reader(core, self.build, self.program)
            if driver.end in ("RETURNS", "HANGS"):
                check_silent(driver, truth, facts)
            else:
                check_violation(driver, truth, facts, lambda at: self.program.name(at - base))


def tail(text):
    lines = [x for x in text.strip().splitlines() if x.strip()]
    return " / ".join(lines[-2:]) or "it said nothing"


def quadruple(code, p):
    return "%x {%s}" % (code, ", ".join("%x" % x for x in p))


def check_silent(driver, truth, facts):
    for code, p, who in facts.violations:
        raise Wrong("raised %s in %s" % (quadruple(code, p), who))
    if facts.bugcheck:
        raise Wrong("the bugcheck block says %s" % quadruple(*facts.bugcheck[0]))
    if driver.end == "RETURNS":
        if facts.dirty:
            raise Wrong("left %s" % facts.dirty[0])
        return
    page, offset = truth.address & ~0xFFF, truth.address & 0xFFF
    if facts.stale != [(page, offset, truth.function)]:
        raise Wrong("stale says %s, not offset 0x%x of 0x%x, mapped by %s" % (
            facts.stale, offset, page, truth.function))


def check_violation(driver, truth, facts, function):
    if not truth.valid:
        raise Wrong("the driver did not come to its mistake")
    if len(facts.violations) != 1:
        raise Wrong("%d violations: %s" % (len(facts.violations), "; ".join(
            quadruple(c, p) for c, p, _ in facts.violations)))
    code, p, who = facts.violations[0]
    if code != driver.code or p[0] != driver.p1 or driver.p2 >= 0 and p[1] != driver.p2:
        raise Wrong("raised %s, not %x {%x, %s, ...}" % (
            quadruple(code, p), driver.code, driver.p1,
            "%x" % driver.p2 if driver.p2 >= 0 else "any"))
    for i in range(4):
        check_parameter(i, p[i], truth, facts)
        if truth.mask & KNOWN_CODE << i and function(p[i]) != function(truth.p[i]):
            raise Wrong("P%d is %x: not in %s" % (i + 1, p[i], function(truth.p[i])))
        if i in driver.unused and p[i]:
            raise Wrong("P%d is %x, but means nothing" % (i + 1, p[i]))
    if truth.function and who != truth.function:
        raise Wrong("blames `%s', not `%s'" % (who, truth.function))
    expected = [(code, p)] if driver.end == "DIES" else []
    if facts.bugcheck != expected:
        raise Wrong("the bugcheck block says %s" % facts.bugcheck)


def check_parameter(i, value, truth, facts):
    if truth.mask & KNOWN << i and value != truth.p[i]:
        raise Wrong("P%d is %x, not %x" % (i + 1, value, truth.p[i]))
    if truth.mask & KNOWN_OFFSET << i and value & 0xFFF != truth.p[i]:
        raise Wrong("P%d is %x, its offset in the page not %x" % (i + 1, value, truth.p[i]))
    elapsed = facts.elapsed[0]
    if truth.mask & KNOWN_AGE << i and value != elapsed:
        raise Wrong("P%d is %x, not the age, %s" % (i + 1, value, elapsed))
    if truth.mask & KNOWN_LIMIT << i and value != truth.p[i] + elapsed + elapsed // 64:
        raise Wrong("P%d is %x, but %s ticks passed" % (i + 1, value, elapsed))
    if truth.mask & KNOWN_RECORD << i and value != facts.records.get(truth.adapter):
        raise Wrong("P%d is %x, not the adapter's record %x" % (
            i + 1, value, facts.records.get(truth.adapter, U64)))


def judge(bench, driver, keep=None):
    """None, or why the driver's test fails."""
    where = tempfile.mkdtemp(prefix="drivers-")
    try:
        bench.check(driver, where)
        return None
    except Wrong as e:
        return str(e)
    except subprocess.TimeoutExpired:
        return "no end after %d s" % LIMIT
    except (KeyError, ValueError, struct.error) as e:
        return "the answer cannot be read: %r" % e
    finally:
        for f in os.listdir(where):
            if keep:
                shutil.move(os.path.join(where, f), os.path.join(keep, "%s.core" % driver.name))
        shutil.rmtree(where)


def judge_all(bench, chosen, jobs, keep=None):
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        yield from zip(chosen, pool.map(judge, itertools.repeat(bench), chosen,
                                        itertools.repeat(keep)))


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("-k", "--keep", metavar="DIR", help="keep the core files there, as NAME.core")
    p.add_argument("--reader", choices=sorted(READERS), default="both")
    p.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1)
    p.add_argument("name", nargs="*")
    a = p.parse_args()
    known = drivers()
    chosen = [d for d in known if not a.name or d.name in a.name]
    unknown = set(a.name) - {d.name for d in known}
    if unknown:
        print("no such driver: %s" % ", ".join(sorted(unknown)), file=sys.stderr)
        return 2
    try:
        bench = Bench(os.environ.get("O", os.path.join(TOP, "build")), a.reader)
    except Cannot as e:
        print(e)
        return 77
    if a.keep:
        os.makedirs(a.keep, exist_ok=True)
    bad = 0
    for d, why in judge_all(bench, chosen, a.jobs, a.keep):
        bad += bool(why)
        print("not ok driver %s: %s" % (d.name, why) if why else "ok driver %s" % d.name,
              flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
