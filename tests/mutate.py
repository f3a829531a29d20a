#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Takes each check out of the core, one at a time: the tests of its drivers must fail, no others.

mutate.py [--reader inspect|second] [-j N] [RULE...]

A check is a call that names DMV_V_<RULE>; without it the call is `0`, as if nothing was wrong. Only
the files that hold such a call are compiled again; all drivers run against the result.
"""
import argparse
import glob
import os
import re
import shlex
import subprocess
import sys

import run_drivers
from run_drivers import TOP, Bench, Cannot, drivers, judge_all

KEYWORDS = ("if", "while", "switch", "return", "sizeof", "for")
CFLAGS = ["-std=c11", "-ffreestanding", "-fno-builtin-printf", "-fvisibility=hidden",
          "-fno-omit-frame-pointer", "-O2", "-g", "-w"]


class NoCheck(Exception):
    """A rule without a check that can be taken out."""


def raised_rules():
    with open(os.path.join(TOP, "core/dmv_violation.def")) as f:
        return re.findall(r"^DMV_RULE\((\w+), (?:[^,]+, ){5}YES,", f.read(), re.M)


def opening(text, at):
    """Where the innermost parenthesis around `at` opens, or -1."""
    depth = 0
    for i in range(at - 1, -1, -1):
        if text[i] in ")}":
            depth += 1
        elif text[i] in "({":
            if depth == 0:
                return i if text[i] == "(" else -1
            depth -= 1
    return -1


def closing(text, at):
    depth = 0
    for i in range(at, len(text)):
        depth += (text[i] == "(") - (text[i] == ")")
        if depth == 0:
            return i
    return -1


def without(text, rule):
    """The source without the check of the rule, and how many calls that took."""
    count, start = 0, 0
    while True:
        m = re.compile(r"\bDMV_V_%s\b" % rule).search(text, start)
        if not m:
            return text, count
        start = m.end()
        at = opening(text, m.start())
        name = re.search(r"(\w+)\s*$", text[:at]) if at >= 0 else None
        if not name or name.group(1) in KEYWORDS:
            continue                    # a comparison, not a check
        text = text[:name.start(1)] + "0" + text[closing(text, at) + 1:]
        start = name.start(1)
        count += 1


def mutated(rule):
    """{path: source} of the files that change, and the number of calls taken out."""
    changed, count = {}, 0
    for path in sorted(glob.glob(os.path.join(TOP, "core/*.c")) + glob.glob(os.path.join(TOP, "core/wdm/*.c"))):
        with open(path) as f:
            text, n = without(f.read(), rule)
        if n:
            changed[path] = text
            count += n
    if not changed:
        raise NoCheck("no call names DMV_V_%s" % rule)
    return changed, count


def run(argv):
    r = subprocess.run(argv, capture_output=True, text=True)
    if r.returncode:
        raise NoCheck("does not build: %s" % r.stderr.strip()[:200])


def build(rule, cc, out):
    """The drivers' program without the check; `out` is the build that is complete."""
    where = os.path.join(out, "mutate", rule)
    os.makedirs(where, exist_ok=True)
    changed, count = mutated(rule)
    objects = []
    for path, text in changed.items():
        source = os.path.join(where, os.path.basename(path))
        with open(source, "w") as f:
            f.write(text)
        objects.append(source[:-1] + "o")
        run(cc + CFLAGS + ["-I" + os.path.join(TOP, d) for d in ("core", "core/wdm")] +
            ["-c", source, "-o", objects[-1]])
    exe = os.path.join(where, "drivers")
    own = sorted(glob.glob(os.path.join(out, "tests/drivers/*.o")))
    libs = [os.path.join(out, x) for x in ("libdmv-posix.a", "libdmaverifier.a")]
    run(cc + ["-g"] + own + objects + libs + ["-lpthread", "-o", exe])
    return exe, count


def failing(bench, exe, known, jobs):
    bench.exe, bench.program = exe, run_drivers.Program(exe)
    return {d.name for d, why in judge_all(bench, known, jobs) if why}


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--reader", choices=sorted(run_drivers.READERS), default="inspect")
    p.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1)
    p.add_argument("rule", nargs="*")
    a = p.parse_args()
    out = os.path.abspath(os.environ.get("O", os.path.join(TOP, "build")))
    cc = shlex.split(os.environ.get("CC", "gcc"))
    try:
        bench = Bench(out, a.reader)
    except Cannot as e:
        print(e)
        return 77
    known, rules = drivers(), raised_rules()
    if set(a.rule) - set(rules):
        print("no such rule: %s" % ", ".join(set(a.rule) - set(rules)), file=sys.stderr)
        return 2
    before = failing(bench, bench.exe, known, a.jobs)
    if before:
        print("not ok mutate: with all checks in place these fail: %s" % " ".join(sorted(before)))
        return 1
    bad = 0
    for rule in a.rule or rules:
        want = {d.name for d in known if d.rule == rule}
        try:
            exe, count = build(rule, cc, out)
            got = failing(bench, exe, known, a.jobs)
            why = None if got == want and want else "fails: %s" % (" ".join(sorted(got)) or "nothing")
        except NoCheck as e:
            count, why = 0, str(e)
        name = "%-24s" % rule
        if why:
            bad += 1
            print("not ok mutate %s %s; should: %s" % (name, why, " ".join(sorted(want))), flush=True)
        else:
            print("ok mutate %s %d call%s out, fails: %s" % (
                name, count, "s"[count == 1:], " ".join(sorted(got))), flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
