#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""dma-gdb.py in gdb: what each command says of a live process, and of its core, is what dma-inspect
says of them; then at a terminal."""
import os
import re
import subprocess
import sys
import tempfile
import time

import hosts_table
from terminal import Terminal

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
O = os.path.abspath(os.environ.get("O", os.path.join(TOP, "build")))
TOOL, DRIVERS, SHIM = O + "/dma-inspect", O + "/drivers", O + "/dma-gdb.py"
LIMIT = 60
PROMPT = r"\(gdb\) $"
LINES = [*hosts_table.commands(TOOL, "1000000"), "leaks -x"]
failed = 0


def case(name, why):
    global failed
    failed += bool(why)
    print("not ok gdb host %s: %s" % (name, str(why)[:600].replace("\n", "|")) if why else
          "ok gdb host " + name, flush=True)


def gdb(tmp, *words, commands=()):
    """Its output; dma-gdb.py is loaded."""
    argv = ["gdb", "-q", "-nx", "-batch", "-ex", "set debuginfod enabled off", "-ex",
            "source " + SHIM, *(x for c in commands for x in ("-ex", c)), *words]
    r = subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=LIMIT,
                       cwd=tmp, stdin=subprocess.DEVNULL)
    return r.stdout + r.stderr


def ask_all(what):
    """For gdb: each line into files WHAT.N.text and WHAT.N.json."""
    return [c for i, line in enumerate(LINES)
            for c in ("pipe dma %s | cat > %s.%d.text" % (line, what, i),
                      "pipe dma -j %s | cat > %s.%d.json" % (line, what, i))]


def ask_tool(tmp, what):
    """The same of dma-inspect, as a shell script: the target is the word it is called with."""
    with open(tmp + "/" + what, "w") as f:
        for i, line in enumerate(LINES):
            for kind, option in (("text", ""), ("json", "-j")):
                f.write("%s %s -c 'dma %s' \"$1\" > %s.tool.%d.%s 2>/dev/null\n" % (
                    TOOL, option, line, what, i, kind))


def read(tmp, name):
    with open(os.path.join(tmp, name), errors="replace") as f:
        return f.read()


def compare(tmp, what):
    for i, line in enumerate(LINES):
        for kind in ("text", "json"):
            got, want = (read(tmp, x % (what, i, kind)) for x in ("%s.%d.%s", "%s.tool.%d.%s"))
            case("%s: %s, %s" % (what, line, kind), hosts_table.differ(
                line, kind == "json", got, want) or (not got and line[-2:] != "-x" and "nothing"))


def same(tmp):
    """A driver that dies of its violation, stopped at its signal; then its core."""
    ask_tool(tmp, "live")
    ask_tool(tmp, "core")
    out = gdb(tmp, "--args", DRIVERS, "e6_0f_5_overrun", commands=[
        "run", "gcore core.file", *ask_all("live"),
        "python open('pid', 'w').write('pid:%d' % gdb.selected_inferior().pid)",
        "shell sh live $(cat pid)", "kill"])
    if not os.path.exists(tmp + "/core.file"):
        print("skip gdb host: gdb runs no process here: %s" % out.strip().split("\n")[-1])
        return False
    compare(tmp, "live")
    core = tmp + "/core.file"
    gdb(tmp, DRIVERS, commands=["core " + core, *ask_all("core"), "shell sh core " + core])
    compare(tmp, "core")
    return True


def words(tmp):
    """Completion, help, !dma and the shell, the setting, errors."""
    out = gdb(tmp, DRIVERS, commands=[
        "dma", "core core.file", "complete dma ev", "complete !dma le", "complete dma --s",
        "complete dma leaks -", "!dma violations", "!echo of the shell", "help dma",
        "set dma bang off", "!echo dma", "!dma leaks", "show dma bang", "dma leaks -x",
        "dma --region", "print 1+1"])
    for want in ("dma: no process and no core", r"^dma events$", r"^!dma leaks$", r"^dma --scan$",
                 r"^dma leaks -a$", "wrote past", "^of the shell$", "What a DMA verifier left",
                 "^dma$", "dma: (command )?not found", "!dma is the command dma: off",
                 "is not understood", "--region needs", r"^\$1 = 2$"):
        if not re.search(want, out, re.M):
            return "%s: %s" % (want, out)
    return None


def start(argv):
    # before it attaches, or it asks whether to go on
    first = ["debuginfod enabled off", "confirm off", "height 0", "auto-load python-scripts off",
             "auto-solib-add off", "style enabled off"]
    before = [x for s in first for x in ("-iex", "set " + s)]
    t = Terminal(["/usr/bin/env", "gdb", "-q", "-nx", *before, "-ex", "source " + SHIM, *argv],
                 {**os.environ, "TERM": "xterm", "INPUTRC": "/dev/null"}, PROMPT, LIMIT)
    t.wait("no prompt")
    return t


def typed(tmp):
    """TAB, !dma, and q in gdb's pager."""
    t = start([DRIVERS, "-ex", "core " + tmp + "/core.file"])
    t.type("!dma viol\t")
    if not t.until("violations ", LIMIT):
        return "TAB: " + t.seen
    if not re.search("wrote past|VIOLATION ", t.ask("")):
        return "!dma violations"
    t.ask("set height 10")
    t.type("!dma 0 3f\n")
    if not t.until("--Type <RET> for more, q to quit", LIMIT):
        return "no pager: " + t.seen
    t.type("q\n")
    if not t.until(PROMPT, LIMIT):
        return "q: " + t.seen
    t.ask("set height 0")
    got = t.ask("dma")
    t.type("quit\n")
    t.end()
    return None if "Master adapter" in got else "then: " + got


def interrupted(_):
    """^C in the middle of a scan of a large process, ten times."""
    big = subprocess.Popen([sys.executable, "-c", (
        "import mmap, time; m = mmap.mmap(-1, 16 << 30, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | "
        "0x4000, mmap.PROT_READ); print(1, flush=True); time.sleep(600)")], stdout=subprocess.PIPE)
    big.stdout.readline()
    t = start(["-p", str(big.pid)])
    try:
        for i in range(10):
            t.type("dma summary\n")
            # readline has handed the line on
            if not t.until(r"\[\?2004l", LIMIT):
                return "time %d: it does not begin: %s" % (i, t.seen)
            time.sleep(0.3)
            t.type("\x03")
            got = t.until(PROMPT, LIMIT)
            if not got or "stopped" not in got:
                return "time %d: %s" % (i, got or t.seen)
        t.type("\x03")                  # and gdb's own is as before
        if not t.until(PROMPT, LIMIT) or "$1 = 2" not in t.ask("print 1+1"):
            return "then: " + t.seen
        t.type("python\nwhile True: pass\nend\n")
        time.sleep(0.5)
        t.type("\x03")
        return None if t.until("KeyboardInterrupt(.|\n)*" + PROMPT, LIMIT) else t.seen
    finally:
        t.type("quit\n")
        t.end()                         # first: who traces a dead process keeps it
        big.kill()
        big.wait()


def main():
    with tempfile.TemporaryDirectory() as tmp:
        if not same(tmp):
            return 77
        for name, fn in (("words", words), ("typed", typed), ("interrupted", interrupted)):
            try:
                case(name, fn(tmp))
            except OSError as e:
                case(name, e)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
