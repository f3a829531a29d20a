#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""dma-gdb.py in gdb in front of a guest of QEMU, by its stub: what each command says is what
dma-inspect says through the same stub; QEMU's physical mode is put back whatever happens; what is
no memory is not read. The project's bare-metal guest, and a stock Linux kernel.

	gdb_guest.py BUILD-DIRECTORY
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
from hosts_table import commands, differ        # noqa: E402
from terminal import Terminal                   # noqa: E402
from live import Guest                          # noqa: E402

LIMIT = 120
PROMPT = r"\(gdb\) $"
MODE = "maintenance packet qqemu.PhyMemMode"
failed = 0


def case(name, why):
    global failed
    failed += bool(why)
    print("not ok gdb guest %s: %s" % (name, str(why)[:1600].replace("\n", "|")) if why else
          "ok gdb guest " + name, flush=True)


class Setup:
    def __init__(self, build, tmp, *qemu):
        self.build, self.tmp = build, tmp
        self.tool, self.shim = build + "/dma-inspect", build + "/dma-gdb.py"
        self.guest = Guest(tmp, *qemu)
        self.stub = "gdb:unix:" + self.guest.gdb

    def words(self):
        return ["gdb", "-q", "-nx", "-iex", "set debuginfod enabled off", "-iex",
                "set confirm off", "-iex", "set height 0", "-iex", "set style enabled off", "-ex",
                "source " + self.shim, "-ex", "target remote " + self.guest.gdb]

    def gdb(self, *lines, program=()):
        argv = [*self.words(), *(x for c in lines for x in ("-ex", c)), "-batch", *program]
        r = subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=LIMIT,
                           cwd=self.tmp, stdin=subprocess.DEVNULL)
        return r.stdout + r.stderr

    def terminal(self, *program):
        words = [*self.words(), *program]
        return Terminal(["/usr/bin/env", *words], {**os.environ, "TERM": "xterm",
                                                   "INPUTRC": "/dev/null"}, PROMPT, LIMIT)

    def inspect(self, *words):
        r = subprocess.run([self.tool, "--hold", *words, self.stub], capture_output=True,
                           text=True, timeout=LIMIT)
        return r.stdout

    def read(self, name):
        with open(os.path.join(self.tmp, name), errors="replace") as f:
            return f.read()


# ---- bare metal ----

def same(s, program):
    """One session of gdb; one of dma-inspect for the text, with a mark between answers, one for the
    documents. The guest stands still."""
    lines, todo = commands(s.tool, None), ["dma --scan summary"]
    for i, line in enumerate(lines):
        todo += ["pipe dma %s | cat > %d.text" % (line, i),
                 "pipe dma -j %s | cat > %d.json" % (line, i)]
    said = s.gdb(*todo, program=[program])
    mark = s.inspect("-c", "help help")
    ask = [x for line in lines for x in ("-c", "help help", "-c", "dma " + line)]
    texts = s.inspect("-s", program, "-c", "summary", *ask).split(mark)[1:]
    docs = s.inspect("-s", program, "-j", "-c", "summary", *ask).splitlines()[2::2]
    for i, (line, text, doc) in enumerate(zip(lines, texts, docs)):
        why = differ(line, False, s.read("%d.text" % i).strip("\n"), text.strip("\n"))
        case("same: " + line, why and "%s; %s" % (why, said[-200:]))
        case("same: %s, JSON" % line, differ(line, True, s.read("%d.json" % i).rstrip("\n"), doc))
    case("same: all", None if len(lines) == len(texts) == len(docs) else
         "%d lines, %d texts, %d documents" % (len(lines), len(texts), len(docs)))


def asked(s):
    """Without symbols memory is searched on request, and the wait is told of."""
    out = s.gdb("dma target", "dma", "python import dma_gdb_memory",
                "python dma_gdb_memory.PATIENCE = 0", "dma --scan", MODE)
    for want in (r"memory was not searched: --scan", r"^dma: no region: .*slow to read: .*--scan",
                 r"^dma: looking through 24 MiB .* takes about \d+ s \(\d+\.\d MB/s\); \^C stops",
                 r"^Master adapter: ", r'^received: "0"'):
        if not re.search(want, out, re.M):
            return "%s: %s" % (want, out)
    return None


def holes(s):
    """What QEMU answers zeros for, and what is a device's, is no memory."""
    for addr in ("90000000", "feb00000", "fec00000"):
        out = s.gdb("dma --region %s region" % addr, MODE)
        if "gdb cannot read physical address" not in out or '"0"' not in out:
            return "%s: %s" % (addr, out)
    return None


def mode(s, program):
    """After an answer, a mistake and a refusal gdb reads virtual addresses; who had switched to
    physical ones finds that as it was."""
    first = "x/1gx 0xffff800000100000"
    out = s.gdb(first, "dma analyze", MODE, "dma leaks -x", MODE, "dma --region 1 dma", MODE, first,
                program=[program])
    values = re.findall(r"^0xffff800000100000.*:\s+(0x[0-9a-f]+)$", out, re.M)
    if out.count('received: "0"') != 3 or len(values) != 2 or values[0] != values[1]:
        return out
    out = s.gdb("maintenance packet Qqemu.PhyMemMode:1", "dma leaks", MODE,
                "maintenance packet Qqemu.PhyMemMode:0", program=[program])
    return None if 'received: "1"' in out else "it was on before: " + out


def anew(s, program):
    """What was read is good until the guest's memory is written to."""
    region = s.inspect("-s", program, "-c", "region")
    at = re.search(r"physical ([0-9a-f]{16})|at ([0-9a-f]{16})", region)
    if not at:
        return "no address: " + region
    word = "*(unsigned long *)0x%x" % (0xFFFF800000000000 + int(at[1] or at[2], 16))
    out = s.gdb("dma leaks", "set $old = " + word, "set var %s = 0" % word, "dma leaks",
                "set var %s = $old" % word, "dma leaks", "dma region", program=[program])
    return None if out.count("dma: no region") == 1 and "Found by:" in out else out


def interrupted(s):
    """^C in the middle of a search, ten times; then gdb's own commands as before."""
    t = s.terminal()
    try:
        t.wait("no prompt")
        for i in range(10):
            t.type("dma --scan summary\n")
            if not t.until(r"\[\?2004l", LIMIT):    # readline has handed the line on
                return "time %d: it does not begin: %s" % (i, t.seen)
            time.sleep(0.2 + 0.03 * i)
            t.type("\x03")
            got = t.until(PROMPT, LIMIT)
            if not got or "dma: stopped" not in got:
                return "time %d: %s" % (i, got or t.seen)
            if '"0"' not in t.ask(MODE):
                return "time %d: physical mode stays" % i
        if "$1 = 2" not in t.ask("print 1+1"):
            return "then: " + t.seen
        return None if "Findings" in t.ask("dma summary") else t.seen
    finally:
        t.type("quit\n")
        t.end()


def bare_metal(build, tmp):
    program = build + "/guest.elf"
    s = Setup(build, tmp, "-m", "24", "-kernel", build + "/guest.boot.elf", "-append",
              "driver=e6_0f_5_overrun", "-device", "edu")
    try:
        s.guest.wait("*** STOP")
        time.sleep(0.2)
        s.guest.command("stop")
        same(s, program)
        for name, fn in (("asked", lambda: asked(s)), ("holes", lambda: holes(s)),
                         ("mode", lambda: mode(s, program)), ("anew", lambda: anew(s, program)),
                         ("interrupted", lambda: interrupted(s))):
            case(name, fn())
    finally:
        s.guest.close()


# ---- a stock kernel ----

def kernel(s, vmlinux, where):
    """Its symbols lead to VMCOREINFO, that to the rest; what the kernel is a dump says, too."""
    s.guest.command("stop")
    s.guest.dump(s.tmp + "/dump")
    out = s.gdb("dma target", "dma -j target", MODE, program=[vmlinux])
    tool = subprocess.run([s.tool, "-c", "target", s.tmp + "/dump"], capture_output=True,
                          text=True, timeout=LIMIT).stdout
    for word in ("Release", "Symbols", "Types", "KASLR", "Paging"):
        want = re.search(r"^%s: +([^,\n]*)" % word, tool, re.M)
        got = re.search(r"^%s: +([^,\n]*)" % word, out, re.M)
        case("%s: %s" % (where, word), None if want and got and want[1] == got[1] else
             "%s\n%s" % (out, tool))
    case("%s: searched on request" % where, None if "was not searched: --scan" in out and
         '"0"' in out else out)


def linux(build, tmp):
    """With nokaslr the symbols of a vmlinux are where it says. vmlinux.py makes one of what the
    same kernel says of itself when it starts with linux.sh's init."""
    stem = build + "/vm_linux/dumps/linux-6.1"
    if not os.path.exists(stem + ".kallsyms"):
        stem = tmp + "/dumps/linux-6.1"
        rc = subprocess.run([HERE + "/linux.sh", build, tmp + "/dumps", "6.1"]).returncode
        if rc == 77:
            print("skip gdb guest Linux: no kernel to be had")
        elif rc:
            case("Linux", "the guest left no dumps")
        if rc:
            return
    vmlinux = tmp + "/vmlinux"
    subprocess.run([HERE + "/vmlinux.py", stem + ".kallsyms", stem + ".btf", stem + ".elf",
                    vmlinux], check=True)
    s = Setup(build, tmp, "-m", "96", "-kernel", build + "/linux/6.1/vmlinuz", "-append",
              "console=ttyS0 quiet nokaslr no_timer_check")
    try:
        s.guest.wait("Kernel panic")    # it has no file system, and stands there
        time.sleep(0.2)
        kernel(s, vmlinux, "Linux")
    finally:
        s.guest.close()


def main():
    build = os.path.abspath(sys.argv[1])
    for tool in ("qemu-system-x86_64", "gdb"):
        if not shutil.which(tool):
            print("skip gdb guest: no %s" % tool)
            return 77
    for what in (bare_metal, linux):
        with tempfile.TemporaryDirectory() as tmp:
            what(build, tmp)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
