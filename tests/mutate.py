#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Takes each check out of the core, one at a time: tests of its drivers must fail, no others.

mutate.py [--reader inspect|second|both] [-j N] [RULE...]

A check is a call that names DMV_V_<RULE>; without it the call is `0`, as if nothing was wrong. A
rule with several calls is taken out call by call: each must be missed, and by then every driver of
the rule. Only the file that holds the call is compiled again; all drivers run against the result.
All this happens in a copy of the sources below $O.
"""
import argparse
import glob
import os
import re
import shlex
import shutil
import subprocess
import sys

import run_drivers
from run_drivers import TOP, Bench, Cannot, drivers, judge_all

KEYWORDS = ("if", "while", "switch", "return", "sizeof", "for")
CFLAGS = ["-std=c11", "-ffreestanding", "-fno-builtin-printf", "-fvisibility=hidden",
          "-fno-omit-frame-pointer", "-O2", "-g", "-w"]


class NoCheck(Exception):
    """What is wrong with a rule, or with its checks."""


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


def calls(text, rule):
    """[(start, end)] of the calls that are checks of the rule."""
    found = []
    for m in re.finditer(r"\bDMV_V_%s\b" % rule, text):
        at = opening(text, m.start())
        name = re.search(r"(\w+)\s*$", text[:at]) if at >= 0 else None
        if name and name.group(1) not in KEYWORDS:      # else a comparison
            found.append((name.start(1), closing(text, at) + 1))
    return found


def checks(rule, tree):
    """[(path, source without one check, its line)]"""
    found = []
    for path in sorted(glob.glob(os.path.join(tree, "core/*.c")) +
                       glob.glob(os.path.join(tree, "core/wdm/*.c"))):
        with open(path) as f:
            text = f.read()
        found += [(path, text[:a] + "0" + text[b:], text.count("\n", 0, a) + 1)
                  for a, b in calls(text, rule)]
    if not found:
        raise NoCheck("no call names DMV_V_%s" % rule)
    return found


def run(argv):
    r = subprocess.run(argv, capture_output=True, text=True)
    if r.returncode:
        raise NoCheck("does not build: %s" % r.stderr.strip()[:200])


class Tree:
    """A copy of the sources, and a program of the drivers built with one change at a time."""

    def __init__(self, where, cc):
        self.top, self.out, self.cc = os.path.join(where, "tree"), os.path.join(where, "build"), cc
        shutil.rmtree(self.top, ignore_errors=True)
        os.makedirs(self.top)
        for name in ("core", "tests/drivers"):
            shutil.copytree(os.path.join(TOP, name), os.path.join(self.top, name))
        for name in ("tests/vm", "ext", "cmds"):
            os.makedirs(os.path.join(self.top, name))
        for name in ("Makefile", "ext/install.mk", "tests/tests.mk", "tests/vm/vm.mk",
                     "cmds/version.h"):
            shutil.copy(os.path.join(TOP, name), os.path.join(self.top, name))
        self.exe = os.path.join(self.out, "drivers")
        run(["make", "-s", "-C", self.top, "O=" + self.out, "CC=" + shlex.join(cc), self.exe])

    def build(self, path, text):
        source, obj, exe = (os.path.join(self.out, "changed" + x) for x in (".c", ".o", ""))
        with open(source, "w") as f:
            f.write(text)
        include = ["-I" + x for x in (os.path.dirname(path), os.path.join(self.top, "core"))]
        run(self.cc + CFLAGS + include + ["-c", source, "-o", obj])
        own = sorted(glob.glob(os.path.join(self.out, "tests/drivers/*.o")))
        libs = [os.path.join(self.out, x) for x in ("libdmv-posix.a", "libdmaverifier.a")]
        run(self.cc + ["-g"] + own + [obj] + libs + ["-lpthread", "-o", exe])
        return exe


def failing(bench, exe, known, jobs):
    bench.exe, bench.program = exe, run_drivers.Program(exe)
    return {d.name for d, why in judge_all(bench, known, jobs) if why}


def try_rule(bench, rule, known, tree, jobs):
    """(the drivers that fail, the lines of the checks) or raises NoCheck with what is wrong."""
    want = {d.name for d in known if d.rule == rule}
    missed, lines = set(), []
    for path, text, line in checks(rule, tree.top):
        where = "%s:%d" % (os.path.relpath(path, tree.top), line)
        got = failing(bench, tree.build(path, text), known, jobs)
        if not got:
            raise NoCheck("nobody misses the check at %s" % where)
        if got - want:
            raise NoCheck("without the check at %s these fail, too: %s" % (
                where, " ".join(sorted(got - want))))
        missed |= got
        lines.append(where)
    if missed != want:
        raise NoCheck("these still pass: %s" % " ".join(sorted(want - missed)))
    return missed, lines


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
    try:
        tree = Tree(os.path.join(out, "mutate"), cc)
    except NoCheck as e:
        print("not ok mutate: %s" % e)
        return 1
    before = failing(bench, tree.exe, known, a.jobs)
    if before:
        print("not ok mutate: with all checks in place these fail: %s" % " ".join(sorted(before)))
        return 1
    bad = 0
    for rule in a.rule or rules:
        try:
            missed, lines = try_rule(bench, rule, known, tree, a.jobs)
            print("ok mutate %-24s %-44s %s" % (rule, " ".join(lines), " ".join(sorted(missed))),
                  flush=True)
        except NoCheck as e:
            bad += 1
            print("not ok mutate %s: %s" % (rule, e), flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
