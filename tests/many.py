#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""One reader, many writers: the same scene played by the core of this machine, of a 32-bit one, of
a big-endian one and an aarch64 (under qemu-user) must give the same answers, from the region alone
and from the core file that the kernel or qemu wrote; and two regions in one target are told apart.
"""
import glob
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "tests", "second"))
import compare                          # noqa: E402

O = os.environ.get("O", os.path.join(TOP, "build"))
# Name, what runs its programs, and how they end.
WRITERS = [("this machine", [], ""), ("32 bits", [], "_m32"), ("s390x", ["qemu-s390x"], "_s390x"),
           ("aarch64", ["qemu-aarch64"], "_aarch64")]
DRIVERS = ["e6_0f_5_overrun", "e6_0f_4_underrun", "e6_07_buffer_leaked", "e6_1d_mapped_twice",
           "case_003"]
# Of each table, the columns that are the same on every machine.
SAME = {"violations": ("code", "p1", "rule", "action", "title", "object_kind", "evidence_offset",
                       "evidence"),
        "leaks": ("kind", "length", "state", "rule"),
        "stale": ("kind", "length", "offset", "differ"),
        "guards": ("what", "offset", "bad", "bytes")}
COMMANDS = ["dma -a", "dma 0 0x3f", "leaks -a", "violations", "events", "check", "stale", "summary",
            "analyze"]
SECOND_ID = 0x77
PAGE = 4096
BOOKS = (26 + 24 + 16 + 8) * PAGE       # scene.h: what stands before the books, the same everywhere


class Bad(Exception):
    pass


failed = 0


def say(name, bad=""):
    global failed
    failed += bool(bad)
    print("not ok many %s: %s" % (name, bad) if bad else "ok many %s" % name, flush=True)


class Played:
    """A writer that has run to its death in a directory of its own."""

    def __init__(self, name, argv, tmp, second=False):
        self.name = name
        where = os.path.join(tmp, name.replace(" ", "-") + ("-2" if second else ""))
        os.mkdir(where)
        self.raw = os.path.join(where, "region")
        done = subprocess.run(argv + [self.raw] + ([hex(SECOND_ID)] if second else []), cwd=where,
                              capture_output=True, text=True, timeout=60,
                              preexec_fn=self._allow_core)
        if done.returncode not in (-6, 134):
            raise Bad("the writer did not abort: exit code %d: %s" %
                      (done.returncode, done.stderr.strip()))
        self.base = int(done.stdout.split()[0], 16)
        self.size = os.path.getsize(self.raw)
        self.core = core_of(where, argv[:-1])

    @staticmethod
    def _allow_core():
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    def plain(self, x):
        """An answer without what differs from machine to machine: where things stand."""
        if isinstance(x, dict):
            return {k: self.plain(v) for k, v in x.items() if k not in ("target", "text")}
        if isinstance(x, list):
            return [self.plain(v) for v in x]
        if not isinstance(x, str) or not x.startswith("0x"):
            return x
        at = int(x.replace("`", ""), 16) - self.base
        if not 0 <= at < self.size:
            return int(x.replace("`", ""), 16)
        return "book" if at >= BOOKS else "scene+0x%x" % at

    def ask(self, path, options):
        argv = [O + "/dma-inspect", "-j"] + options
        for c in COMMANDS:
            argv += ["-c", c]
        done = subprocess.run(argv + [path], capture_output=True, text=True, timeout=60)
        tables = {}
        for line in done.stdout.splitlines():
            doc = json.loads(line)
            # Commands to type next have addresses in their middle.
            tables[doc["command"]] = {k: v for k, v in doc["tables"].items() if k != "next"}
        if len(tables) != len(COMMANDS):
            raise Bad("%d of %d commands answered, exit code %d: %s" %
                      (len(tables), len(COMMANDS), done.returncode, done.stderr.strip()))
        return self.plain(tables), done.returncode


def difference(a, b, where=""):
    """First place where two answers differ, as text; None if they do not."""
    if type(a) is not type(b):
        return "%s: %s, not %s" % (where, b, a)
    if isinstance(a, dict):
        for k in list(a) + [k for k in b if k not in a]:
            d = difference(a.get(k), b.get(k), where + "." + k)
            if d:
                return d
        return None
    if isinstance(a, list):
        if len(a) != len(b):
            return "%s: %d rows, not %d" % (where, len(b), len(a))
        return next((d for i, (x, y) in enumerate(zip(a, b))
                     for d in [difference(x, y, "%s[%d]" % (where, i))] if d), None)
    return None if a == b else "%s: %s, not %s" % (where, b, a)


def second_agrees(name, path, base=None):
    said = compare.compare(path, base)
    bad = ["%s: %s" % (t, b[0]) for t, _, b in said if b]
    rows = sum(n for _, n, _ in said)
    say(name, "; ".join(bad) or ("" if rows > 5 else "only %d rows" % rows))


def one(name, argv, tmp, first):
    """Plays one writer; returns its answers. `first`: those of the first writer."""
    p = Played(name, argv, tmp)
    answer = p.ask(p.raw, ["--base", hex(p.base)])
    if first:
        say("%s: the same answers as this machine" % name, difference(first, answer))
    else:
        say("%s answers" % name, "" if answer[1] == 1 else "exit code %d" % answer[1])
    second_agrees("%s: the second decoder agrees" % name, p.raw, p.base)
    if not p.core:
        print("skip many %s core: core files do not go to the working directory here" % name)
        return answer
    say("%s: the core file says the same" % name, difference(answer, p.ask(p.core, [])))
    second_agrees("%s: the second decoder agrees on the core file" % name, p.core)
    return answer


def two(name, argv, tmp):
    p = Played(name, argv, tmp, second=True)
    done = subprocess.run([O + "/dma-inspect", "-j", "--base", hex(p.base),
                           "-c", "region", "-c", "dma", p.raw],
                          capture_output=True, text=True, timeout=60)
    docs = {d["command"]: d["tables"] for d in map(json.loads, done.stdout.splitlines())}
    ids = sorted(int(r["id"], 16) for r in docs["region"]["regions"])
    say("%s: two regions are listed" % name, "" if ids == [SECOND_ID, 0x5CE7E] else "ids %s" % ids)
    rows = docs["dma"]["adapters"]
    by = [{r["adapter"] for r in rows if r["region"] == i} for i in (0, 1)]
    say("%s: their adapters are told apart" % name,
        "" if len(by[0]) == len(by[1]) == 2 and not by[0] & by[1] else str(rows))
    second_agrees("%s: the second decoder agrees on two regions" % name, p.raw, p.base)


def core_of(where, runner):
    """qemu-user writes the core of its guest; the kernel that of qemu, which is none of ours."""
    cores = glob.glob(os.path.join(where, "qemu_*.core" if runner else "core*"))
    return cores[0] if cores else None


def driver(name, runner, end, tmp, which):
    """What is known of a driver that died on the port for processes; None: no core file here."""
    where = os.path.join(tmp, name.replace(" ", "-") + "-" + which)
    os.mkdir(where)
    subprocess.run(runner + [O + "/drivers" + end, which], cwd=where, capture_output=True,
                   timeout=60, preexec_fn=Played._allow_core)
    core = core_of(where, runner)
    if not core:
        return None
    argv = [O + "/dma-inspect", "-j", "-c", "violations", "-c", "leaks", "-c", "stale",
            "-c", "check", core]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    known = {}
    for doc in map(json.loads, done.stdout.splitlines()):
        for table, rows in doc["tables"].items():
            known[table] = [{k: r[k] for k in SAME[table]} for r in rows]
    if sorted(known) != sorted(SAME):
        raise Bad("%s: %s" % (which, done.stderr.strip()))
    second_agrees("%s: %s: the second decoder agrees" % (name, which), core)
    return known


def all_drivers(name, runner, end, tmp, first):
    """{driver: what is known}; compared with what the first machine knew."""
    out = {}
    for which in DRIVERS:
        out[which] = driver(name, runner, end, tmp, which)
        if out[which] is None:
            print("skip many %s core: core files do not go to the working directory here" % name)
            return out
        if first and first.get(which):
            say("%s: %s: as on this machine" % (name, which), difference(first[which], out[which]))
        else:
            say("%s: %s: something is found" % (name, which),
                "" if any(out[which].values()) else "nothing")
    return out


def main():
    first, first_drivers = None, None
    with tempfile.TemporaryDirectory() as tmp:
        for name, runner, end in WRITERS:
            if runner and not shutil.which(runner[0]):
                print("skip many %s: %s is not installed" % (name, runner[0]))
                continue
            argv = runner + [O + "/many_writer" + end]
            try:
                answer = one(name, argv, tmp, first)
                first = first or answer
                two(name, argv, tmp)
                known = all_drivers(name, runner, end, tmp, first_drivers)
                first_drivers = first_drivers or known
            except (Bad, KeyError, ValueError, subprocess.TimeoutExpired) as e:
                say(name, "%s: %s" % (type(e).__name__, e))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
