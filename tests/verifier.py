#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""dma-verifier: processes that are commanded while they run, and settings for those that start."""
import contextlib
import mmap
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
O = os.path.abspath(os.environ.get("O", os.path.join(TOP, "build")))
PROGRAM, TOOL = os.path.join(O, "tests/controlled"), os.path.join(O, "dma-verifier")
MEMFD = "/memfd:dma-verifier-control"
bad = 0


def case(name, good, why=""):
    global bad
    bad += not good
    print("ok verifier %s" % name if good else
          "not ok verifier %s: %s" % (name, why or "it is not so"), flush=True)


def tool(*args, user=None, env=None):
    """(exit code, stdout, stderr)"""
    r = subprocess.run([TOOL, *map(str, args)], capture_output=True, text=True, timeout=60,
                       user=user, env={**os.environ, "DMA_VERIFIER_SETTINGS": "", **(env or {})})
    return r.returncode, r.stdout, r.stderr


class Process:
    def __init__(self, settings=""):
        env = {**os.environ, "DMA_VERIFIER_SETTINGS": settings}
        self.p = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, env=env)
        assert self.p.stdout.readline() == "ready\n"
        self.pid = self.p.pid

    def do(self, *words):
        """Answers, in one string."""
        out = []
        for w in words:
            self.p.stdin.write(w + "\n")
            self.p.stdin.flush()
            out.append(self.p.stdout.readline().strip())
        return " ".join(out)

    def violations(self):
        return int(self.do("count").split()[0])

    def tool(self, *args):
        return tool("pid:%d" % self.pid, *args)

    def row(self, name="nic"):
        """Its driver's line of --query, as words."""
        code, out, err = self.tool("--query")
        rows = [x.split() for x in out.splitlines() if x.startswith(name + " ")]
        return rows[0] if rows else [err]

    def end(self):
        self.p.stdin.close()
        self.p.wait(timeout=30)
        with self.p.stdout, self.p.stderr:
            return self.p.stderr.read()


@contextlib.contextmanager
def process(settings=""):
    p = Process(settings)
    try:
        yield p
    finally:
        if p.p.poll() is None:
            p.p.kill()
        with contextlib.suppress(BrokenPipeError, ValueError):
            p.end()


# ---- processes that run ----

def query():
    with process() as p:
        p.do("adapter")
        case("query", p.row()[1:4] == ["books,shadow,guards", "1", "0"], p.row())
        code, out, _ = tool("--list")
        case("list", code == 0 and "pid:%d  controlled" % p.pid in out, out)


def let_go():
    """Switched off in the middle of a transfer, and on again."""
    with process() as p:
        p.do("adapter", "list", "buffer")
        case("remove driver", p.tool("/removedriver", "NIC.sys")[0] == 0)
        case("remove driver: its adapter is unverified",
             p.row()[1:5] == ["not", "verified", "1", "1"], p.row())
        case("remove driver: the transfer arrives", p.do("device", "unlist") == "yes yes")
        p.do("unbuffer", "unbuffer", "put")
        case("remove driver: nothing is judged", p.violations() == 0)
        p.do("adapter")
        case("add driver", p.tool("/volatile", "/adddriver", "nic")[0] == 0)
        p.do("buffer", "unbuffer", "unbuffer", "put")
        case("add driver: not of an adapter from before", p.violations() == 0)
        p.do("adapter", "buffer", "unbuffer", "unbuffer")
        case("add driver: of one from after", p.violations() == 1)
        p.do("put")


def options():
    with process() as p:
        p.do("adapter")
        p.tool("--driver", "nic", "--no-shadow", "--no-guards", "--quota", "5")
        case("options", p.row()[1] == "books" and p.row()[4] == "0/5", p.row())
        p.tool("--flags", "0x80", "--driver", "nic", "--fail", "buffers,lists", "--every", "2")
        case("fail", p.do("buffer", "buffer", "list") == "yes no yes")
        case("fail: counted", p.row()[5] == "0,1,0", p.row())
        p.do("unlist")
        p.tool("--rule", "BUFFER_EXTRA_FREE=off")
        p.do("unbuffer", "unbuffer")
        case("rule off", p.violations() == 0)
        p.tool("--rule", "BUFFER_EXTRA_FREE=log", "--mode", "stop")
        p.do("unbuffer")
        case("rule log", p.violations() == 1 and p.p.poll() is None)
        case("rule log: query", "Rule BUFFER_EXTRA_FREE: log\n" in p.tool("--query")[1])
        p.tool("--reset")
        case("reset", "Rule" not in p.tool("--query")[1] and
             p.row()[1] == "books,shadow,guards", p.row())
        p.p.stdin.write("unbuffer\n")
        p.p.stdin.flush()
        case("mode stop", p.p.wait(timeout=30) == -signal.SIGABRT)


def others():
    with process() as p:
        p.tool("--driver", "disk")
        case("driver: others are not", p.row()[1:3] == ["not", "verified"], p.row())
        p.tool("--all", "--strict")
        case("all", p.row()[1] == "books,shadow,guards,strict", p.row())


# ---- what goes wrong ----

def refused():
    code, out, err = tool("pid:999999999", "--query")
    case("no such process", code == 1 and "no such process" in err and not out, err)
    code, _, err = tool("pid:%d" % os.getpid(), "--query")
    case("no control block", code == 1 and "no control block" in err, err)
    with process() as p:
        child = int(p.do("child").split()[0])
        code, _, err = tool("pid:%d" % child, "--query")
        case("child", code == 1 and "of process %d" % p.pid in err, err)
        os.kill(child, signal.SIGKILL)
        os.kill(p.pid, signal.SIGSTOP)
        code, _, err = p.tool("--mode", "break", "--timeout", "0.2")
        case("stopped process", code == 1 and "does not answer" in err, err)
        os.kill(p.pid, signal.SIGCONT)
        case("stopped process: goes on", "mode log" in p.tool("--query")[1])
        if os.geteuid():
            print("skip verifier permission: only root can try it as another user")
            return
        code, _, err = tool("pid:%d" % p.pid, "--query", user=65534)
        case("permission", code == 1 and "permission denied" in err, err)


def usage():
    for args, why in [((), ""), (("--bogus",), "unrecognized option '--bogus'"),
                      (("--flags", "0x90", "--all"), "only 0x80"),
                      (("--standard",), "of which drivers"),
                      (("--volatile", "--all"), "which process"),
                      (("--driver",), "needs NAME..."), (("--query", "--all", "pid:1"), "alone"),
                      (("pid:x", "--query"), "no process number"), (("word",), "unexpected"),
                      (("--driver", "a", "--every", "2"), "needs --fail"),
                      (("--driver", "a", "--quota", "x"), "is no number"),
                      (("--rule", "NOSUCH=off"), "no such rule"),
                      (("--mode", "loud"), "one of log, break, stop")]:
        code, _, err = tool(*args, "--file", "/proc/nonexistent/x") if args else tool()
        case("usage: %s" % " ".join(args), code == 1 and why in err, err)
    code, out, _ = tool("/?")
    case("help", code == 0 and "--add-driver" in out)
    case("version", tool("--version")[0] == 0)


def hostile():
    """Anything at all in the block: the process goes on, and answers when the block is whole."""
    rng = random.Random(6)
    with process() as p:
        folder = "/proc/%d/fd" % p.pid
        fd = next(f for f in os.listdir(folder)
                  if os.readlink(os.path.join(folder, f)).startswith(MEMFD))
        with open(os.path.join(folder, fd), "r+b") as f:
            block = mmap.mmap(f.fileno(), 0)
            whole = bytes(block)
            end = time.monotonic() + 1
            while time.monotonic() < end:
                for _ in range(200):
                    block[rng.randrange(len(block))] = rng.randrange(256)
                struct.pack_into("=I", block, 0x30, rng.randrange(2 ** 32))
            code, _, err = p.tool("--query")
            case("hostile block: the tool", code == 1 and "control block" in err, err)
            case("hostile block: the process", p.do("adapter", "put") == "yes yes" and
                 p.violations() == 0)
            block[:0x30] = whole[:0x30]
            struct.pack_into("=I", block, 0x30, 1)
            p.tool("--reset")
            case("hostile block: whole again", p.row()[1] == "books,shadow,guards", p.row())
            with contextlib.suppress(OSError):
                os.truncate(f.fileno(), 0)
            case("hostile block: does not shrink", os.fstat(f.fileno()).st_size == len(block))


# ---- settings for those that start ----

def file():
    with tempfile.TemporaryDirectory() as tmp:
        name = os.path.join(tmp, "settings")
        code, out, _ = tool("--query-settings", "--file", name)
        case("file: none", code == 0 and "No settings" in out, out)
        code, out, err = tool("/flags", "0x80", "/driver", "nic", "with blank", "--fail", "buffers",
                              "--after", "1", "/file", name)
        case("file: written", code == 0 and name in out, err)
        tool("--rule", "BUFFER_EXTRA_FREE=off", "--scan", "64/5", "--file", name)
        tool("--remove-driver", "with blank", "--file", name)
        tool("--add-driver", "a b", "--file", name)
        with open(name) as f:
            text = f.read()
        case("file: text", text.splitlines()[1:] == [
            "rule BUFFER_EXTRA_FREE off", "scan pages=64 every=5", "others none",
            "driver nic fail=buffers every=1 after=1 times=0", 'driver "a b"'], text)
        with process(name) as p:
            p.do("adapter")
            case("file: obeyed at the start", p.do("buffer", "buffer") == "yes no")
            case("file: others", p.row("(no")[2:4] == ["not", "verified"], p.row("(no"))
            p.do("list", "overrun")
            end = time.monotonic() + 20
            while not p.violations() and time.monotonic() < end:
                time.sleep(0.01)
            case("file: the scan finds an overrun that nobody flushes", p.violations() == 1)
        with open(name, "a") as f:
            f.write("# remark\ndriver x loud\n")
        with process(name) as p:
            row, said = p.row(), p.end()
        case("file: a mistake is told", "%s:8: loud is no option" % name in said, said)
        case("file: and nothing holds", row[1] == "books,shadow,guards", row)
        case("file: the tool says so, too",
             ":8: loud is no option" in tool("--query-settings", "--file", name)[2])
        case("file: reset", tool("--reset", "--file", name)[0] == 0 and not os.path.exists(name))
        tool("--all", "--no-guards", "--strict", "--mode", "break", "--file", name)
        out = tool("--query-settings", "--file", name)[1]
        case("file: all",
             out.splitlines()[1:] == ["mode break", "others all no-guards strict"], out)
        code, _, err = tool("--all", "--file", "/proc/nonexistent/x")
        case("file: cannot be written", code == 1 and "/proc/nonexistent/x: No such" in err, err)


def main():
    for f in (query, let_go, options, others, refused, usage, hostile, file):
        f()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
