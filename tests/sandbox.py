#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""The sandbox of a batch run: what a dump that took over the reader could no longer do, what
reading still can, and when the sandbox is up.

Needs $O/tests/sandbox_try, $O/dma-inspect, $O/drivers."""
import os
import pty
import signal
import struct
import subprocess
import sys
import tempfile
import time

O = os.environ.get("O", "build")
TRY = os.path.join(O, "tests", "sandbox_try")
INSPECT = os.path.join(O, "dma-inspect")
DRIVERS = os.path.join(O, "drivers")
WRITES = ["create", "append", "truncate", "remove", "rename", "make directory"]
READS = ["read passwd", "list directory"]
OTHERS = ["socket", "connect", "exec", "ptrace", "read process", "read itself as another",
          "datagrams", "code"]
NEEDED = ["read file", "thread", "memory", "pair", "child", "kill child"]
PERM, ACCESS, NONE = (os.strerror(x) for x in (1, 13, 38))
failed = 0


def case(name, good, why=""):
    global failed
    failed += not good
    print("ok sandbox " + name if good else "not ok sandbox %s: %s" % (
        name, str(why).replace("\n", " ") or "see the script"), flush=True)
    return good


def skip(name, why):
    print("skip sandbox %s: %s" % (name, why), flush=True)


def attempt(how):
    """{what: outcome} from inside, and what it said on stderr."""
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "file")
        with open(path, "w") as f:
            f.write("content")
        r = subprocess.run([TRY, d, path, how], capture_output=True, text=True, timeout=60)
        out = {}
        for line in r.stdout.splitlines():
            what = next((w for w in WRITES + READS + OTHERS + NEEDED + ["walls", "second"]
                         if line.startswith(w + " ")), "")
            out[what] = line[len(what) + 1:]
        out["left"] = sorted(os.listdir(d))
        with open(path if os.path.exists(path) else os.devnull) as f:
            out["content"] = f.read()
        return out, r.stderr


def refused(got, what):
    return got.get(what) in (PERM, ACCESS, NONE)


def control():
    """Without walls each attempt succeeds: so its failing inside means something."""
    got, _ = attempt("none")
    for what in WRITES[:4] + READS + ["socket", "connect"] + NEEDED[1:]:
        case("control: " + what, got.get(what) == "done", got)


def inside():
    got, err = attempt("")
    seccomp, landlock = got.get("walls", "0 0").split()[:2] if "walls" in got else ("0", "0")
    if seccomp != "1":
        skip("system calls", got.get("walls"))
        return None
    for what in WRITES + OTHERS:
        case("refuses: " + what, refused(got, what), got)
    for what in NEEDED:
        case("allows: " + what, got.get(what) == "done", got)
    case("nothing changed", got["left"] == ["file"] and got["content"] == "content", got)
    for words in ("start a program", "open a connection", "open a file for writing"):
        case("says it refused to " + words, "refused to %s (if it must be: --no-sandbox)" % words
             in err, err)
    if landlock != "1":
        skip("paths", got.get("walls"))
        return False
    for what in READS:
        case("refuses: " + what, refused(got, what), got)
    return True


def variants(landlock):
    got, _ = attempt("process")
    case("of another process: may be read", got.get("read process") == "done", got)
    case("of another process: the rest is refused", all(refused(got, w) for w in WRITES + [
        x for x in OTHERS if x != "read process"]), got)
    got, _ = attempt("write")
    case("where files are made: there", got.get("create") == "done", got)
    case("where files are made: the rest is refused", all(refused(got, w) for w in OTHERS), got)
    if landlock:
        with tempfile.TemporaryDirectory() as d:
            other = os.path.join(d, "other")
            open(other, "w").close()
            with tempfile.TemporaryDirectory() as where:
                r = subprocess.run([TRY, where, other, "write"], capture_output=True, text=True,
                                   timeout=60)
            case("where files are made: not beside", "append " + ACCESS in r.stdout, r.stdout)


def library(tmp):
    """libkdumpfile reads in a child process, which is made inside."""
    page = b"bytes of a page." * 256
    path = os.path.join(tmp, "vmcore")
    with open(path, "wb") as f:
        f.write(struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 4, 62, 1, 0, 64, 0, 0, 64, 56, 1,
                            0, 0, 0))
        f.write(struct.pack("<IIQQQQQQ", 1, 7, 4096, 0xffff888001000000, 0x1000000, 4096, 4096, 0))
        f.write(bytes(4096 - 120) + page)
    r = subprocess.run([TRY, tmp, path, "library"], capture_output=True, text=True, timeout=60)
    case("libkdumpfile inside", "walls 1" in r.stdout and "library bytes of a page." in r.stdout and
         not r.stderr, r.stdout + r.stderr)


def walls_of(pid):
    with open("/proc/%d/status" % pid) as f:
        return dict(x.split(":\t", 1) for x in f.read().splitlines() if ":\t" in x)


def when_up(held):
    """dma-inspect waits for commands on a pipe: the kernel says what it gave up."""
    for name, args, target, want in (
            ("a batch run", ["-f", "-"], held, "2"),
            ("--no-sandbox", ["--no-sandbox", "-f", "-"], held, "0")):
        p = subprocess.Popen([INSPECT, *args, target], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
        p.stdin.write("target\n")
        p.stdin.flush()
        p.stdout.readline()
        st = walls_of(p.pid)
        p.stdin.write("violations\n")
        out, _ = p.communicate(timeout=30)
        case(name + ": seccomp", st["Seccomp"] == want, st["Seccomp"])
        case(name + ": no new privileges", (st["NoNewPrivs"] == "1") == (want == "2"),
             st["NoNewPrivs"])
        case(name + ": answers", p.returncode == 1 and "e6/f/5" in out, out)


def prompt_is_free(held):
    """The prompt starts a pager and keeps a history."""
    pid, fd = pty.fork()
    if not pid:
        os.environ["TERM"] = "dumb"
        os.execv(INSPECT, [INSPECT, "--no-pager", held])
    got = b""
    while b"dma> " not in got:
        got += os.read(fd, 4096)
    case("a prompt has none", walls_of(pid)["Seccomp"] == "0")
    os.write(fd, b"q\n")
    time.sleep(0.1)
    os.close(fd)
    os.waitpid(pid, 0)


def targets(tmp, held, pid):
    """Names of the program, which is opened after the target, and -s, -f."""
    r = subprocess.run([INSPECT, "-c", "violations", held], capture_output=True, text=True,
                       timeout=30)
    case("pid:N has names", r.returncode == 1 and "drivers!drive_e6" in r.stdout and not r.stderr,
         r.stdout + r.stderr)
    commands = os.path.join(tmp, "commands")
    with open(commands, "w") as f:
        f.write("violations\n")
    core = os.path.join(tmp, "gcore.%d" % pid)
    if subprocess.run(["gcore", "-o", core[:core.rindex(".")], str(pid)],
                      capture_output=True, check=False).returncode:
        skip("core", "gcore did not write one")
        return
    for name, args in (("core", []), ("core -s", ["-s", DRIVERS])):
        r = subprocess.run([INSPECT, "-f", commands, *args, core], capture_output=True, text=True,
                           timeout=30)
        case(name + " and -f", r.returncode == 1 and "drivers!drive_e6" in r.stdout and
             not r.stderr, r.stdout + r.stderr)
    saved = os.path.join(tmp, "small")
    r = subprocess.run([INSPECT, "-c", "save --redact %s" % saved, core], capture_output=True,
                       text=True, timeout=30)
    case("save writes its file", r.returncode == 0 and os.path.exists(saved) and not r.stderr,
         r.stdout + r.stderr)
    r = subprocess.run([INSPECT, "-f", "-", core], capture_output=True, text=True, timeout=30,
                       input="save %s2\n" % saved)
    case("save from a pipe is refused, and says so", r.returncode == 2 and
         not os.path.exists(saved + "2") and "refused to open a file for writing (if it must be: "
         "--no-sandbox)" in r.stderr, r.stderr)
    with open(commands, "w") as f:
        f.write("violations\nsave %s3\n" % saved)
    with open(commands) as f:
        r = subprocess.run([INSPECT, "-f", "-", core], stdin=f, capture_output=True, text=True,
                           timeout=30)
    case("save from a file on standard input", r.returncode == 1 and os.path.exists(saved + "3") and
         not r.stderr, r.stdout + r.stderr)
    r = subprocess.run([INSPECT, "--bugcheck", "E6 F 5 1000 1800"], capture_output=True, text=True,
                       timeout=30)
    case("--bugcheck", r.returncode == 0 and not r.stderr, r.stderr)


def main():
    for need in (TRY, INSPECT, DRIVERS):
        if not os.path.exists(need):
            print("no %s" % need)
            return 77
    control()
    landlock = inside()
    if landlock is None:
        return 1 if failed else 0
    variants(landlock)
    held = subprocess.Popen([DRIVERS, "e6_0f_5_overrun", "--mode", "log", "--hold"],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        while "held" not in held.stdout.readline():
            pass
        with tempfile.TemporaryDirectory() as tmp:
            library(tmp)
            r = subprocess.run([INSPECT, "--no-sandbox", "-c", "target", "pid:%d" % held.pid],
                               capture_output=True, text=True, timeout=30)
            if "CAP_SYS_PTRACE" in r.stderr or "ptrace_scope" in r.stderr:
                skip("of a process", r.stderr.strip())
                return 1 if failed else 0
            when_up("pid:%d" % held.pid)
            targets(tmp, "pid:%d" % held.pid, held.pid)
            prompt_is_free("pid:%d" % held.pid)
    finally:
        held.send_signal(signal.SIGKILL)
        held.wait()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
