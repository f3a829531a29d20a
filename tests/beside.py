#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Names and lines of a process core: from the program where it ran, from one beside the core once
both were moved, by -s; never from another build of it, and the reason is told."""

import glob
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
O = os.environ.get("O", os.path.join(TOP, "build"))
RUNNERS = [("this machine", [], ""), ("32 bits", [], "_m32"),
           ("s390x", ["qemu-s390x"], "_s390x"), ("aarch64", ["qemu-aarch64"], "_aarch64")]
DRIVER = "e6_0f_5_overrun"

failed = 0


def say(name, bad=""):
    global failed
    failed += bool(bad)
    print("not ok beside %s: %s" % (name, bad) if bad else "ok beside %s" % name, flush=True)


def owner(core, cwd, *options):
    """Who asked for the adapter, and the notes."""
    done = subprocess.run([O + "/dma-inspect", "-j", "-c", "dma", *options, core], cwd=cwd,
                          capture_output=True, text=True, timeout=60)
    doc = json.loads(done.stdout)
    return doc["tables"]["adapters"][0]["owner"], " ".join(doc["notes"])


def lines(core, cwd):
    """Source lines of the stacks, but for the C library's: it may have debug symbols here."""
    done = subprocess.run([O + "/dma-inspect", "-j", "-c", "analyze", core], cwd=cwd,
                          capture_output=True, text=True, timeout=60)
    rows = json.loads(done.stdout)["tables"]["stacks"]
    return [r["source"] for r in rows if r["source"] and "libc.so" not in r["text"]]


def expect(name, got, want, note=""):
    named = "!drive_" + DRIVER in got[0]
    say(name, "" if named == want and note in got[1] else "owner %s, notes %s" % got)


def allow_core():
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def run(runner, end, where):
    """A program in a folder of its own dies there; returns program and core, or None."""
    os.mkdir(where)
    program = os.path.join(where, "program")
    shutil.copy(O + "/drivers" + end, program)
    subprocess.run(runner + [program, DRIVER], cwd=where, capture_output=True, timeout=60,
                   preexec_fn=allow_core)
    cores = glob.glob(os.path.join(where, "qemu_*.core" if runner else "core*"))
    return (program, cores[0]) if cores else None


def one(name, runner, end, tmp):
    ran, moved = os.path.join(tmp, "ran"), os.path.join(tmp, "moved")
    both = run(runner, end, ran)
    if not both:
        print("skip beside %s: core files do not go to the working directory here" % name)
        return
    program, core = both
    expect(name + ": where it ran", owner(core, tmp), True)
    got = lines(core, tmp)
    say(name + ": source lines", "" if any(re.fullmatch(r"tests/drivers/main_posix\.c:\d+", g)
                                           for g in got) else str(got))
    os.mkdir(moved)
    core = shutil.move(core, os.path.join(moved, "dump"))
    program = shutil.move(program, os.path.join(tmp, "elsewhere"))
    expect(name + ": nowhere", owner(core, tmp), False, "is not here; give it with -s")
    say(name + ": no source lines then", "".join(lines(core, tmp)))
    expect(name + ": by -s", owner(core, tmp, "-s", program), True)
    said = owner(core, tmp, "-s", program)[1]
    say(name + ": and then nothing is said of the file that is not here",
        said if "-s" in said else "")
    shutil.copy(program, os.path.join(moved, "program"))
    expect(name + ": moved together", owner(core, tmp), True)
    expect(name + ": and asked for from their folder", owner("dump", moved), True)
    expect(name + ": without the sandbox too", owner("dump", moved, "--no-sandbox"), True)
    shutil.copy("/bin/true", os.path.join(moved, "program"))
    expect(name + ": another build", owner(core, tmp), False, "build-id")


def main():
    for name, runner, end in RUNNERS:
        if runner and not shutil.which(runner[0]):
            print("skip beside %s: %s is not installed" % (name, runner[0]))
            continue
        with tempfile.TemporaryDirectory() as tmp:
            one(name, runner, end, tmp)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
