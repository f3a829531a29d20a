#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""A saved file answers like the target it came from: cores of this machine, of a 32-bit one, a
big-endian one, an aarch64. A redacted one holds no byte of a buffer and invents none."""

import glob
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
O = os.environ.get("O", os.path.join(TOP, "build"))
COMMANDS = ["dma", "dma 0 3f", "leaks", "leaks -a", "violations", "events", "bugcheck", "analyze",
            "check", "stale", "summary", "region"]
RUNNERS = [("this machine", [], ""), ("32 bits", [], "_m32"),
           ("s390x", ["qemu-s390x"], "_s390x"), ("aarch64", ["qemu-aarch64"], "_aarch64")]
DRIVER = "e6_0f_5_overrun"              # the device wrote 5A bytes into buffer and guard
PATTERN = b"\x5a" * 8

failed = 0


def say(name, bad=""):
    global failed
    failed += bool(bad)
    print("not ok save %s: %s" % (name, bad) if bad else "ok save %s" % name, flush=True)


def inspect(target, *commands, options=()):
    argv = [O + "/dma-inspect", "-j", *options]
    for c in commands:
        argv += ["-c", c]
    return subprocess.run(argv + [target], capture_output=True, text=True, timeout=60)


def answers(target, options=()):
    """{command: its document without what names the file}, exit code."""
    done = inspect(target, *COMMANDS, options=options)
    out = {}
    for doc in map(json.loads, done.stdout.splitlines()):
        out[doc["command"]] = {k: v for k, v in doc.items() if k != "target"}
    return out, done.returncode


def first_difference(a, b):
    if a[1] != b[1]:
        return "exit code %d, not %d" % (b[1], a[1])
    for c in COMMANDS:
        if a[0].get(c) != b[0].get(c):
            return "%s: %s, not %s" % (c, str(b[0].get(c))[:300], str(a[0].get(c))[:300])
    return "" if len(a[0]) == len(COMMANDS) else "%d commands answered" % len(a[0])


def same_answers(name, target, tmp, options=()):
    small = os.path.join(tmp, "small")
    done = inspect(target, "save " + small, options=options)
    if done.returncode:
        say(name, "exit code %d: %s" % (done.returncode, done.stderr.strip()))
        return
    say(name + ": the same answers", first_difference(answers(target, options), answers(small)))
    say(name + ": smaller than what it came from", "" if
        os.path.getsize(small) < os.path.getsize(target) or options else
        "%d bytes" % os.path.getsize(small))
    again = os.path.join(tmp, "again")
    inspect(small, "save " + again)
    say(name + ": saved from the saved one, the same again",
        first_difference(answers(small), answers(again)))


def redacted(name, target, tmp):
    public = os.path.join(tmp, "public")
    done = inspect(target, "save --redact " + public)
    if done.returncode:
        say(name + ": redacted", done.stderr.strip())
        return
    with open(target, "rb") as whole, open(public, "rb") as f:
        say(name + ": redacted: no byte of the buffer",
            "" if PATTERN in whole.read() and PATTERN not in f.read() else "it is there")
    keys = [[x["key"] for x in json.loads(inspect(f, "target").stdout)["tables"]["header"]]
            for f in (target, public)]
    say(name + ": redacted: not what was typed, but the rest of its header",
        "" if "command" in keys[0] and keys[1] == [k for k in keys[0] if k != "command"] else
        str(keys))
    before, after = answers(target)[0], answers(public)[0]
    v, w = (x["violations"]["tables"]["violations"] for x in (before, after))
    say(name + ": redacted: the violation is told", "" if len(v) == len(w) == 1 and
        all(v[0][k] == w[0][k] for k in ("rule", "p1", "p2", "p3", "p4", "title")) else str(w))
    evidence = [x["analyze"]["tables"].get("bytes", []) for x in (before, after)]
    say(name + ": redacted: evidence is absent, not zeros",
        "" if evidence[0] and not evidence[1] else str(evidence[1]))
    say(name + ": redacted: what it cannot answer is an error, not a finding",
        "" if inspect(public, "check").returncode == 4 else "check finds all well")


def refusals(target, tmp):
    there = os.path.join(tmp, "there")
    with open(there, "w") as f:
        f.write("mine")
    done = inspect(target, "save " + there)
    with open(there) as f:
        say("a file that exists is not touched", "" if done.returncode == 2 and
            f.read() == "mine" and "exists" in done.stderr else done.stderr)
    done = inspect(target, "save /nowhere/small")
    say("a folder that is not there", "" if done.returncode == 2 and
        "/nowhere/small" in done.stderr else done.stderr)
    done = inspect(target, "save " + target)
    say("not over the dump itself", "" if done.returncode == 2 else "exit %d" % done.returncode)
    if os.path.exists("/dev/full"):
        link = os.path.join(tmp, "full")
        os.symlink("/dev/full", link)
        done = inspect(target, "save " + link)
        say("not through a link", "" if done.returncode == 2 else "exit %d" % done.returncode)


def allow_core():
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def core(runner, end, where):
    os.mkdir(where)
    subprocess.run(runner + [O + "/drivers" + end, DRIVER], cwd=where, capture_output=True,
                   timeout=60, preexec_fn=allow_core)
    found = glob.glob(os.path.join(where, "qemu_*.core" if runner else "core*"))
    return found[0] if found else None


def main():
    done = False
    with tempfile.TemporaryDirectory() as tmp:
        for name, runner, end in RUNNERS:
            if runner and not shutil.which(runner[0]):
                print("skip save %s: %s is not installed" % (name, runner[0]))
                continue
            where = os.path.join(tmp, name.replace(" ", "-"))
            target = core(runner, end, where)
            if not target:
                print("skip save %s: core files do not go to the working directory here" % name)
                continue
            same_answers(name, target, where)
            redacted(name, target, where)
            if not done:
                refusals(target, where)
                done = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
