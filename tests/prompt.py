#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""The prompt on a real terminal, and dma-inspect without one.

Uses the region of golden/trouble.txt. Each case says what is typed and what must come back.
"""
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

import terminal

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
O = os.path.abspath(os.environ.get("O", os.path.join(TOP, "build")))
PROG = os.path.join(O, "dma-inspect")
failed = 0


def case(name, good, why=""):
    global failed
    if good:
        print("ok prompt %s" % name)
    else:
        failed += 1
        print("not ok prompt %s: %s" % (name, str(why)[-300:].replace("\n", "|").replace("\r", "")))
    sys.stdout.flush()


class Prompt(terminal.Terminal):
    def ask(self, line):
        try:
            return super().ask(line)
        except OSError as e:
            case("an answer to %s" % line, False, e)
            return ""


def plain(text):
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)


def on_terminal(argv, env, state):
    t = Prompt(argv + ["--no-pager", "trouble.img"], env)
    first = t.until(r"dma> $")
    case("summary comes first", first and "Findings:   errors 6" in first, first or t.seen)
    got = t.ask("!dma -a")
    case("!dma", "Adapter: 0000000000002000" in got, got)
    case("colour on a terminal", "\x1b[1m" in t.ask("leaks"))
    got = t.ask("nonsense")
    case("mistake does not end it", 'no command "nonsense"' in got, got)
    for i in range(10):
        t.type("dma 20")
        time.sleep(0.05)
        os.kill(t.pid, signal.SIGINT)
        got = t.until(r"dma> $")
        if got is None:
            break
    case("^C ten times at the prompt", got is not None, t.seen)
    got = t.ask("leaks")
    case("and the line is gone", "4 leaked" in plain(got) and "not understood" not in got, got)
    t.type("viol\t")
    got = t.until(r"violations ")
    case("completes a command", got is not None, t.seen)
    t.type("\n")
    t.until(r"dma> $")
    t.type("leaks -\t")
    case("completes an option", t.until(r"leaks -a") is not None, t.seen)
    t.type("\n")
    t.until(r"dma> $")
    t.type("dma 1\t")
    case("completes an adapter", t.until(r"dma 1000") is not None, t.seen)
    t.type("\n")
    t.until(r"dma> $")
    t.type("q\n")
    case("q ends it, and the mistake counts", t.end() == 2)
    path = os.path.join(state, "dma-inspect", "history")
    case("history is kept", os.path.exists(path) and "!dma -a" in open(path).read())
    case("and is its owner's alone",
         os.path.exists(path) and os.stat(path).st_mode & 0o777 == 0o600)

    t = Prompt(argv + ["trouble.img"], dict(env, DMA_PAGER="sed 's/^/P:/'"), size=(3, 200))
    t.until(r"dma> $")
    got = t.ask("violations")
    case("pager", "P:#" in plain(got), got)
    t.type("\x04")
    case("^D ends it", t.end() in (0, 1))
    t = Prompt(argv + ["many.img"], dict(env, DMA_PAGER="sed 3q"))
    t.until(r"dma> $")
    got = t.ask("leaks -a")
    case("pager that is left early", "common buffer" in got and "dma-inspect:" not in got, got)
    got = t.ask("who 5")
    case("and the prompt lives on", "dma> " in got, got)
    t.type("q\n")
    case("and ends well", t.end() == 0)
    if shutil.which("less"):
        t = Prompt(argv + ["many.img"], dict(env, DMA_PAGER="less", LESS="R"))
        t.until(r"dma> $")
        t.type("leaks -a\n")
        case("less shows a page", t.until(r":\x1b") or t.until(r":$", 1) is not None, t.seen)
        t.type("q")
        case("q leaves less, not the program", t.until(r"dma> $") is not None, t.seen)
        t.type("q\n")
        case("q at the prompt then does", t.end() == 0)
    else:
        print("skip prompt less: it is not installed")
    t = Prompt(argv + ["trouble.img"], dict(env, DMA_PAGER="no-such-pager"),
               size=(3, 200))
    t.until(r"dma> $")
    case("pager that is not there", "4 leaked" in plain(t.ask("leaks")))
    got = plain(t.ask("leaks"))
    case("is not tried again", "4 leaked" in got and "not found" not in got, got)
    t.type("q\n")
    t.end()
    t = Prompt(argv + ["--no-pager", "many.img"], env)
    t.until(r"dma> $")
    t.type("leaks -a\n")
    t.until(r"common buffer")
    t.type("\x03")
    got = t.until(r"stopped[\s\S]*dma> $")
    case("^C stops a listing", got is not None and len(got) < 150000, t.seen)
    case("and the next command works", "region" in t.ask("help"))
    t.type("q\n")
    t.end()
    t = Prompt(argv + ["--color=never", "--no-pager", "trouble.img"], env)
    t.until(r"dma> $")
    got = t.ask("leaks")
    case("--color=never", "4 leaked" in got and "\x1b[1m" not in got, got)
    t.type(".quit\n")
    case(".quit ends it", t.end() in (0, 1))
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb"), ("TERM", "")):
        t = Prompt(argv + ["-c", "leaks", "trouble.img"], dict(env, **{name: value}))
        got = t.until(r"4 leaked")
        case("%s=%s: no colour" % (name, value), got and "\x1b[" not in got, got)
        case("-c on a terminal runs and exits", t.end() == 1)


def run(argv, env, text=None):
    r = subprocess.run(argv, input=text, stdin=subprocess.DEVNULL if text is None else None,
                       capture_output=True, text=True, env=env, timeout=30)
    return r.returncode, r.stdout, r.stderr


def manual(env):
    """Every option and every command is in the manual, and nothing else is."""
    with open(os.path.join(TOP, "ext/dma-inspect.1"), encoding="utf-8") as f:
        text = f.read()
    options = set(re.findall(r"--([a-z-]+)", run([PROG, "--help"], env)[1]))
    told = set(re.findall(r"^\.It .*Fl Fl ([a-z-]+)", text, re.M))
    case("manual: options", options == told, options ^ told)
    letters = set(re.findall(r"^  -(.),", run([PROG, "--help"], env)[1], re.M))
    told = set(re.findall(r"^\.It Fl (?:\\&)?(\S) ,", text, re.M))
    case("manual: letters", letters == told, letters ^ told)
    said = json.loads(run([PROG, "-j", "--bugcheck", "0", "-c", "help"], env)[1].splitlines()[1])
    commands = [c["command"] for c in said["tables"]["commands"]]
    told = re.findall(r"^\.It Ic ([a-z]+)", text, re.M)
    case("manual: commands in order", commands == told, (commands, told))


def big_core(path):
    """A process core of 32 GiB whose 64 segments are the same 512 MiB of the file, as often as a
    reader believes it; no holes, which a scan leaves out."""
    size, n, data = 512 << 20, 64, 4096
    with open(path, "wb") as f:
        f.write(struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 4, 62, 1, 0, 64, 0, 0, 64, 56, n,
                            0, 0, 0))
        for i in range(n):
            f.write(struct.pack("<IIQQQQQQ", 1, 6, data, (i + 1) << 32, 0, size, size, 4096))
        f.seek(data)
        for i in range(size >> 20):
            f.write(bytes(1 << 20))


def busy(p):
    """Waits until the process has worked for a tenth of a second: then it is at its scan."""
    tick = os.sysconf("SC_CLK_TCK")
    while p.poll() is None:
        with open("/proc/%d/stat" % p.pid) as f:
            user, system = f.read().rpartition(")")[2].split()[11:13]
        if int(user) + int(system) >= tick // 10:
            return
        time.sleep(0.01)


def long_work(env):
    """A scan that takes seconds: what is shown of it, and ^C."""
    big_core("big")
    p = subprocess.Popen([PROG, "-c", "leaks", "big"], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=env)
    busy(p)
    time.sleep(0.7)                     # time enough for a line about it
    p.send_signal(signal.SIGINT)
    err = p.communicate(timeout=30)[1].decode()
    case("^C during the scan of a big file", p.returncode == 4 and "stopped" in err, err)
    case("no progress through a pipe", "scan:" not in err and "\r" not in err, err)
    t = Prompt([PROG, "--no-pager", "big"], env)
    line = r"\rscan: [\d.]+ [MG]iB of 32 GiB, [\d.]+ [KMG]iB/s, \d+ (s|min \d+ s) left"
    start = time.monotonic()
    got = t.until(line)
    case("progress on a terminal", got is not None, t.seen)
    case("but not at once", time.monotonic() - start > 0.4)
    case("and it goes on", t.until(line) is not None, t.seen)
    t.type("\x03")
    got = t.until(r"dma> $")
    case("^C stops it, the line is wiped, the prompt is there",
         got and re.search(r"\r +\rdma-inspect: stopped", got), got or t.seen)
    for i in range(9):
        t.type(("leaks\n", "check\n", "leaks > out\n", "leaks | cat\n")[i % 4])
        time.sleep(0.12)
        t.type("\x03")
        got = t.until(r"dma> $", 5)
        if not got or "dma-inspect: stopped" not in got:
            break
    case("and ten times in a row", got and i == 8, (i, got, t.seen))
    got = t.ask("help")
    case("and no trace of it in the next answer", "\r " not in got and "scan:" not in got, got)
    t.type("q\n")
    case("and q ends it", t.end() is not None)
    os.remove("big")


def without_terminal(argv, env):
    for what, why in ((".", "Is a directory"), ("absent.txt", "No such file")):
        code, out, err = run(argv + ["-f", what, "trouble.img"], env)
        case("-f %s" % what, code == 2 and not out and
             "cannot read commands from %s: %s" % (what, why) in err, err)
    code, out, _ = run(argv + ["--color=always", "-c", "leaks", "trouble.img"], env)
    case("--color=always through a pipe", "\x1b[1m" in out and "OWNER\x1b[0m\n" in out, out)
    for extra in (["--color=auto"], []):
        code, out, _ = run(argv + extra + ["-c", "leaks", "trouble.img"], env)
        case("no colour through a pipe %s" % " ".join(extra),
             "4 leaked" in out and "\x1b" not in out, out)
    code, out, _ = run(argv + ["--color=always", "-c", "leaks", "trouble.img"],
                       dict(env, NO_COLOR="1"))
    case("--color=always outranks NO_COLOR", "\x1b[1m" in out, out)
    code, out, _ = run(argv + ["-f", "-", "trouble.img"], env, "leaks\nq\nviolations\n")
    case("q ends a file of commands",
         code == 1 and "4 leaked" in out and "e6/f/5" not in out, out)
    code, out, err = run(argv + ["-c", "vilations", "trouble.img"], env)
    case("did you mean", code == 2 and "did you mean `violations`?" in err, err)
    manual(env)
    code, out, err = run(argv + ["trouble.img"], env)
    case("no terminal: summary and exit code 0",
         code == 0 and "Findings:" in out and "dma>" not in out, out + err)
    code, out, _ = run(argv + ["-f", "-", "trouble.img"], env, "leaks\n# remark\n\nviolations\n")
    case("-f - reads lines", code == 1 and "4 leaked" in out and "e6/f/5" in out, out)
    with open("lines", "w") as f:
        f.write("check\n")
    code, out, _ = run(argv + ["-f", "lines", "-c", "stale", "trouble.img"], env)
    first, second = out.find("guards overwritten"), out.find("double buffers differ")
    case("-f FILE and -c in order", code == 1 and 0 <= first < second, out)
    code, _, err = run(argv + ["-f", "absent", "trouble.img"], env)
    case("-f of no file", code == 2 and "absent" in err, err)
    code, out, err = run(argv + ["-c", "nonsense", "-c", "leaks", "trouble.img"], env)
    case("usage outranks findings, which are in the output", code == 2 and "4 leaked" in out, err)
    code, _, err = run(argv + ["absent.img"], env)
    case("target that is not there", code == 3 and "absent.img" in err, err)
    code, _, err = run(argv + ["absent.1", "absent.2"], env)
    case("set of files that are not there", code == 3 and "absent.1" in err, err)
    with open("text", "w") as f:
        f.write("no dump at all\n" * 1000)
    for extra in (["text"], ["--base", "0", "text"]):
        code, _, err = run([argv[0]] + extra, env)
        case("%s holds nothing about DMA" % " ".join(extra), code == 3 and err, err)
    code, _, err = run(argv + ["--region", "10000100", "-c", "dma", "trouble.img"], env)
    case("--region that is wrong", code == 3 and err, err)
    code, out, err = run(argv + ["--region", "10000000", "-c", "region", "trouble.img"], env)
    case("--region that is right", code == 0 and "the address given" in out, err + out)
    code, out, _ = run([PROG, "--bugcheck", "E6 F 5 1000 1800"], env)
    case("--bugcheck needs no target", code == 0 and "GUARD_AFTER" in out, out)
    code, out, _ = run([PROG, "--bugcheck", 'it said "STOP" #1:\n*** 0xE6 (F,5,1000,1800)'], env)
    case("--bugcheck with quotes and lines", code == 0 and "GUARD_AFTER" in out, out)
    code, out, err = run([PROG, "--bugcheck", "BugCheck E6, {F, 5, 1000}"], env)
    case("--bugcheck that is torn", code == 2 and not out and "parameter 4" in err, err)
    pasted(env)
    for wrong in ([], ["--base", "zz", "x"], ["-", "-f", "-"], ["-", "b"], ["--color=maybe", "x"],
                  ["--nonsense"]):
        code, _, err = run([PROG] + wrong, env)
        case("usage: %s" % " ".join(wrong), code == 2 and err, err)
    code, out, _ = run([PROG, "--version"], env)
    case("--version", code == 0 and re.match(r"dma-inspect \d", out), out)
    p = subprocess.Popen(argv + ["-c", "leaks -a", "-c", "dma 0 0", "trouble.img"],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
    p.stdout.close()
    err = p.stderr.read().decode()
    case("reader that goes away", p.wait(timeout=30) in (0, 1) and "Broken" not in err, err)


def pasted(env):
    """Text on standard input as the target."""
    event = ("The bugcheck was: 0x000000e6 (0x0000000000000026, 0xffffd08bb1435060, "
             "0x0000000000000040, 0x0000000000000006).\r\n")
    r = subprocess.run([PROG, "-"], input=("\ufeff" + event).encode("utf-16-le"),
                       capture_output=True, env=env, timeout=30)
    case("- takes UTF-16", r.returncode == 0 and b"Seen as: event log 1001 (line 1)" in r.stdout,
         r.stdout + r.stderr)
    code, out, _ = run([PROG, "-j", "-", "-c", "bugcheck", "-c", "bugcheck e6 9"], env, event)
    said = [json.loads(x) for x in out.splitlines()]
    case("- with commands, as JSON", code == 0 and said[0]["target"] == "-" and
         said[0]["tables"]["bugcheck"][0]["form"] == "event-1001" and
         said[1]["tables"]["bugcheck"][0]["rule"] == "REGISTER_LEAK", out)
    code, out, err = run([PROG, "-"], env, "nothing at all\n")
    case("- without a bugcheck", code == 3 and not out and "no bugcheck in this text" in err, err)
    code, out, err = run([PROG, "-"], env, event + "*** STOP: 0x0000001A (0x1,0x2,0x3\n")
    case("- with one that is torn", code == 4 and "IOMMU_FAULT" in out and
         "line 2: parameter 4" in err, err)
    code, out, err = run([PROG, "-"], env, " " * (1 << 20) + event)
    case("- with more than a MiB", code == 3 and not out and "1 MiB" in err, err)
    code, out, err = run([PROG, "-", "-c", "leaks"], env, event)
    case("- has no adapters", code == 2 and "only `bugcheck` reads it" in err, err)
    code, out, err = run([PROG, "-c", 'bugcheck - <Data Name="BugcheckCode', "-"], env, event)
    case("quotes and dashes in a paste",
         code == 2 and "the code of the bugcheck is missing" in err, err)


def many_recipe(path):
    """More live objects than a terminal holds."""
    with open(path, "w") as f:
        f.write("image 0x10000000 0x200000\nregion 0x100000\n"
                "header writer=\"many\" version=\"1\" ncpu=1 machine=62 last_ticks=9\n"
                "table adapter 1\ntable buffer 2000\n"
                "row adapter 0 LIVE flags=0x10 refs=1 handle=0x2000 driver=- name=- owner=- "
                "releaser=-\n")
        for i in range(2000):
            f.write("row buffer %d LIVE adapter=0:1 va=%#x bytes=8 owner=- vector=-\n" %
                    (i, 0x20000 + 16 * i))


def in_folder(tests):
    """Calls tests(argv, env, state) in a folder with trouble.img and many.img."""
    for prog in (PROG, os.path.join(O, "tests/mkregion")):
        if not os.access(prog, os.X_OK):
            print("skip prompt: %s is not there: make first" % prog)
            return 77
    with tempfile.TemporaryDirectory() as tmp:
        os.chdir(tmp)
        recipe = os.path.join(TOP, "tests/golden/trouble.txt")
        base = subprocess.run([os.path.join(O, "tests/mkregion"), recipe, "trouble.img"],
                              capture_output=True, text=True, check=True).stdout.strip()
        env = {k: v for k, v in os.environ.items()
               if k not in ("NO_COLOR", "PAGER", "DMA_PAGER", "LESS")}
        many_recipe("many.txt")
        subprocess.run([os.path.join(O, "tests/mkregion"), "many.txt", "many.img"],
                       capture_output=True, check=True)
        state = os.path.join(tmp, "state")
        env.update(TERM="xterm", XDG_STATE_HOME=state, INPUTRC="/dev/null", COLUMNS="200")
        tests([PROG, "--base", base], env, state)
    return 1 if failed else 0


def main():
    def tests(argv, env, state):
        on_terminal(argv, env, state)
        without_terminal(argv, env)
        long_work(env)
    return in_folder(tests)


if __name__ == "__main__":
    sys.exit(main())
