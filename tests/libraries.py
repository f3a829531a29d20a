#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Names of a process core whose driver is in a shared library: out of the library where it was
mapped, out of debug symbols apart from it, out of a directory; never from another build. And of a
program that was deleted while it ran."""

import glob
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
O = os.environ.get("O", os.path.join(TOP, "build"))
DRIVER = "e6_0f_5_overrun"
LIBRARY, PROGRAM = "libdrivers.so", "drivers_shared"

failed = 0


def say(name, bad=""):
    global failed
    failed += bool(bad)
    print("not ok libraries %s: %s" % (name, bad) if bad else "ok libraries %s" % name, flush=True)


def ask(core, *options):
    """The stacks' frames as text with their lines, and the notes."""
    done = subprocess.run([O + "/dma-inspect", "-j", "-c", "analyze", *options, core],
                          capture_output=True, text=True, timeout=60)
    doc = json.loads(done.stdout)
    rows = doc["tables"]["stacks"]
    return " ".join("%s %s" % (r["text"], r["source"]) for r in rows), " ".join(doc["notes"])


def expect(name, got, named, lines, note=""):
    frames, notes = got
    here = (LIBRARY + "!drive_" + DRIVER in frames, "tests/drivers/" in frames)
    say(name, "" if here == (named, lines) and note in notes else "%s; notes: %s" % got)


def allow_core():
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def core_of(where, program, *options):
    """The core of a driver's end; None: there is none."""
    p = subprocess.Popen([os.path.join(where, program), DRIVER, *options], cwd=where,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         preexec_fn=allow_core)
    if options:
        for line in p.stdout:
            if "posix: held" in line:
                break
        os.remove(os.path.join(where, program))
        p.send_signal(signal.SIGABRT)
    p.communicate(timeout=60)
    cores = glob.glob(os.path.join(where, "core*"))
    return cores[0] if cores else None


def objcopy(*args):
    subprocess.run(["objcopy", *args], check=True)


def build_id(path):
    out = subprocess.run(["readelf", "-n", path], capture_output=True, text=True).stdout
    return out.split("Build ID:")[1].split()[0]


def apart(library, root):
    """DWARF and all symbols where distributions put them; the library keeps what it exports."""
    name = build_id(library)
    debug = os.path.join(root, ".build-id", name[:2], name[2:] + ".debug")
    os.makedirs(os.path.dirname(debug))
    objcopy("--only-keep-debug", library, debug)
    objcopy("--strip-all", library)
    return name


def libraries(tmp):
    ran, debug, elsewhere = (os.path.join(tmp, x) for x in ("ran", "debug", "elsewhere"))
    for d in (ran, debug, elsewhere):
        os.mkdir(d)
    for name in (LIBRARY, PROGRAM):
        shutil.copy(os.path.join(O, name), ran)
    core = core_of(ran, PROGRAM)
    if not core:
        print("skip libraries: core files do not go to the working directory here")
        return False
    library = os.path.join(ran, LIBRARY)
    expect("where it was mapped", ask(core), True, True)
    expect("without the sandbox too", ask(core, "--no-sandbox"), True, True)
    whole = shutil.copy(library, elsewhere)
    name = apart(library, debug)
    expect("what it exports", ask(core), True, False)
    expect("debug symbols apart, by build-id", ask(core, "-s", debug), True, True)
    os.remove(library)
    expect("nowhere", ask(core), False, False)
    expect("out of a directory", ask(core, "-s", elsewhere), True, True)
    expect("by -s", ask(core, "-s", whole), True, True)
    # As after an upgrade: another build has its name.
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-Wl,--build-id=0x" + 20 * "ab",
                    "-x", "c", "/dev/null", "-o", library], check=True)
    frames, notes = ask(core)
    say("another build is not used", "" if LIBRARY + "+0x" in frames else frames)
    expect("another build in a directory", ask(core, "-s", ran), False, False)
    done = subprocess.run([O + "/dma-inspect", "-c", "dma", "-s", library, core],
                          capture_output=True, text=True, timeout=60)
    say("another build by -s: both ids", "" if name in done.stdout + done.stderr and
        20 * "ab" in done.stdout + done.stderr else done.stdout + done.stderr)
    return True


def deleted(tmp):
    where = os.path.join(tmp, "deleted")
    os.mkdir(where)
    shutil.copy(O + "/drivers", where)
    core = core_of(where, "drivers", "--mode", "log", "--hold")
    done = subprocess.run([O + "/dma-inspect", "-c", "violations", core], capture_output=True,
                          text=True, timeout=60).stdout
    say("a deleted program is named without the kernel's mark", "" if
        where + "/drivers is not here" in done and "(deleted)" not in done else done)
    shutil.copy(O + "/drivers", where)
    done = subprocess.run([O + "/dma-inspect", "-j", "-c", "dma -a", core], capture_output=True,
                          text=True, timeout=60).stdout
    say("put back, it gives names", "" if "drivers!drive_" + DRIVER in done else done)


def main():
    with tempfile.TemporaryDirectory() as tmp:
        if libraries(tmp):
            deleted(tmp)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
