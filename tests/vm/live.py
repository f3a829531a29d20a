#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""dma-inspect inside a stock Linux guest, on its running kernel (kcore) and processes (pid:N), and
as users who may not; then from outside, through QEMU's GDB stub, against QEMU's dump of the guest;
and in the second kernel that takes over when the first dies, on /proc/vmcore. The bare-metal guest
through the stub, too.

	live.py BUILD-DIRECTORY
"""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
COMMANDS = ["region", "dma -a", "dma 0 3f", "leaks -a", "violations", "events", "check", "stale",
            "summary", "analyze"]
# A process's region is found by a symbol, a machine is searched for it.
PLACE = {"region", "space", "how", "authentic"}
KERNEL = {"device", "bounce", "dma_pools", "mappings"}          # tables of its own books
LIMIT = 180
YAMA = "/proc/sys/kernel/yama/ptrace_scope"
NOBODY, OTHER = 65534, 1000
failed = 0


def case(name, good, why=""):
    global failed
    failed += not good
    print("ok live " + name if good else "not ok live %s: %s" % (
        name, str(why).replace("\n", " ")[:1500] or "see the script"), flush=True)
    return good


# ---- the guest ----

def libraries(program):
    """Shared libraries of a program, the loader among them."""
    out = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"(/\S+) \(0x", out)


def script():
    ask = [x for c in COMMANDS for x in ("-c", c)]
    lines = [["kdump"], ["set", "/proc/sys/kernel/unknown_nmi_panic", "1"], ["driver", "0"]]

    def run(uid, name, *words):
        lines.append(["run", str(uid), name, "/dma-inspect", *words])

    run(0, "pid", "-j", *ask, "pid:PID")
    run(0, "kcore", "-j", "--scan", "-s", "/drivers", *ask, "kcore")
    run(0, "kcore-path", "-j", "-c", "target", "/proc/kcore")
    run(0, "kcore-target", "-c", "target", "kcore")
    run(NOBODY, "kcore-nobody", "-c", "target", "kcore")
    lines.append(["norawio", "kcore-norawio", "/dma-inspect", "-c", "target", "kcore"])
    run(NOBODY, "pid-nobody", "-c", "target", "pid:PID")
    lines.append(["driver", str(NOBODY)])
    for scope in "0123":
        lines.append(["set", YAMA, scope])
        run(NOBODY, "own-%s" % scope, "-c", "violations", "pid:PID")
        run(OTHER, "other-%s" % scope, "-c", "violations", "pid:PID")
        run(0, "root-%s" % scope, "-c", "violations", "pid:PID")
    return "".join("\t".join(x) + "\n" for x in lines)


def crash_script():
    ask = [x for c in COMMANDS for x in ("-c", c)]
    return "\t".join(["run", "0", "vmcore", "/dma-inspect", "-j", "--scan", *ask,
                      "/proc/vmcore"]) + "\n"


def archive(root, path):
    """Everything below root as an initramfs."""
    files = "\n".join(os.path.relpath(os.path.join(d, x), root) for d, sub, names in os.walk(root)
                      for x in sub + names)
    with open(path, "wb") as f:
        subprocess.run(["cpio", "-o", "-H", "newc", "--quiet", "-R", "0:0"], cwd=root, stdout=f,
                       input=files.encode(), check=True)


def initramfs(build, tmp):
    root, path = os.path.join(tmp, "root"), os.path.join(tmp, "initrd")
    os.makedirs(root + "/dev")
    for src, dst in ((build + "/vm_linux/live_init", "/init"),
                     (build + "/vm_linux/drivers", "/drivers"),
                     (build + "/dma-inspect", "/dma-inspect")):
        shutil.copy(src, root + dst)
    for lib in libraries(build + "/dma-inspect"):
        os.makedirs(root + os.path.dirname(lib), exist_ok=True)
        shutil.copy(lib, root + lib)
    with open(root + "/script", "w") as f:
        f.write(script())
    with open(root + "/script.crash", "w") as f:
        f.write(crash_script())
    archive(root, path)
    os.mkdir(root + "/crash")
    shutil.move(path, root + "/crash/initrd")
    shutil.copy(build + "/linux/6.1/vmlinuz", root + "/crash/vmlinuz")
    archive(root, path)
    return path


class Guest:
    """One of QEMU's, with its GDB stub and its monitor on sockets."""

    def __init__(self, tmp, *args):
        self.serial = os.path.join(tmp, "serial")
        self.gdb = os.path.join(tmp, "gdb")
        qmp = os.path.join(tmp, "qmp")
        self.p = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", "tcg", "-display", "none", "-nodefaults", "-vga",
             "none", "-no-reboot", *args, "-serial", "file:" + self.serial, "-monitor", "none",
             "-gdb", "unix:%s,server=on,wait=off" % self.gdb,
             "-qmp", "unix:%s,server=on,wait=off" % qmp])
        self.qmp = self.connect(qmp)
        self.command("qmp_capabilities")

    def connect(self, path):
        for _ in range(100):
            try:
                s = socket.socket(socket.AF_UNIX)
                s.connect(path)
                s.settimeout(LIMIT)
                f = s.makefile("rw")
                f.readline()
                return f
            except OSError:
                time.sleep(0.1)
        raise OSError("QEMU does not answer")

    def command(self, name, **args):
        self.qmp.write(json.dumps({"execute": name, "arguments": args}) + "\n")
        self.qmp.flush()
        while True:
            got = json.loads(self.qmp.readline())
            if "return" in got or "error" in got:
                return got

    def running(self):
        return self.command("query-status")["return"]["running"]

    def wait(self, *words):
        """What it said, as soon as one of the words is in it."""
        end, text = time.monotonic() + LIMIT, ""
        while time.monotonic() < end and self.p.poll() is None:
            if os.path.exists(self.serial):
                with open(self.serial, errors="replace") as f:
                    text = f.read().replace("\r", "")
            if any(w in text for w in words):
                break
            time.sleep(0.2)
        return text

    def dump(self, path):
        self.command("stop")
        self.command("dump-guest-memory", paging=False, protocol="file:" + path)

    def close(self):
        self.p.kill()
        self.p.wait()


def answers(text):
    """{name: (exit code, what was said)} of every run."""
    return {m[1]: (int(m[3]), m[2]) for m in re.finditer(
        r"^live: begin (\S+)\n(.*?)^live: end \1 (-?\d+)$", text, re.M | re.S)}


# ---- what must come out ----

def tables(said):
    """Of each command what it says of the region, without what may differ or is the kernel's."""
    out = []
    for line in said.splitlines():
        if not line.startswith("{"):
            continue
        doc = json.loads(line)
        for row in doc["tables"].get("total", []):
            del row["adapters"]
        out.append({name: [{k: v for k, v in row.items() if k not in PLACE} for row in rows
                           if row.get("region", 0) is not None]
                    for name, rows in doc["tables"].items() if name not in KERNEL})
    return out


def first_difference(a, b, where=""):
    if isinstance(a, dict) and isinstance(b, dict):
        for k in sorted(set(a) | set(b)):
            if a.get(k) != b.get(k):
                return first_difference(a.get(k), b.get(k), "%s.%s" % (where, k))
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b)):
            if x != y:
                return first_difference(x, y, "%s[%d]" % (where, i))
    return "%s: %s instead of %s" % (where, b, a)


def differs(a, b):
    return first_difference(dict(zip(COMMANDS, a)), dict(zip(COMMANDS, b)))


def inside(got):
    want = tables(got["pid"][1])
    case("pid:N in the guest", got["pid"][0] == 1 and len(want) == len(COMMANDS) and
         "GUARD_AFTER" in got["pid"][1], got["pid"])
    have = tables(got["kcore"][1])
    case("kcore answers as the process", got["kcore"][0] == 1 and have == want,
         differs(want, have) + got["kcore"][1][-600:])
    target = json.loads(got["kcore-path"][1].splitlines()[0])
    case("/proc/kcore as a path", target.get("tables", {}).get("target", [{}])[0].get("format") ==
         "running Linux kernel", got["kcore-path"])
    code, said = got["kcore-target"]
    case("kcore is a live Linux kernel", "running Linux kernel, live, a Linux kernel" in said and
         "Physical:" in said, got["kcore-target"])
    for name, words in (("kcore-nobody", "belongs to root: needs root with CAP_SYS_RAWIO"),
                        ("kcore-norawio", "needs CAP_SYS_RAWIO, which this process lacks")):
        case(name, got[name][0] == 3 and words in got[name][1], got[name])


def permissions(got):
    """Who may read a process of user nobody."""
    other = "runs as user %d, we as %d: needs the same user, or CAP_SYS_PTRACE" % (NOBODY, OTHER)
    scope = "ptrace_scope is %s: needs CAP_SYS_PTRACE"
    nobody_at_all = "ptrace_scope is 3, nobody may read another process"
    case("pid of root, as nobody", got["pid-nobody"][0] == 3 and "runs as user 0, we as %d" % NOBODY
         in got["pid-nobody"][1], got["pid-nobody"])
    for name, want in (("own-0", None), ("own-1", scope % 1), ("own-2", scope % 2),
                       ("own-3", nobody_at_all), ("other-0", other), ("other-1", other),
                       ("other-2", other), ("root-0", None), ("root-1", None), ("root-2", None)):
        code, said = got[name]
        case("ptrace_scope " + name, code == 1 and "e6/f/5" in said if not want else
             code == 3 and want in said, got[name])
    # One who owns CAP_SYS_PTRACE may still read: the scope is about attaching.
    case("ptrace_scope root-3", got["root-3"][0] in (1, 3) and
         ("e6/f/5" in got["root-3"][1] or nobody_at_all in got["root-3"][1]), got["root-3"])


def ask(build, target, *options):
    argv = [build + "/dma-inspect", "-j", "--scan", *options]
    for c in COMMANDS:
        argv += ["-c", c]
    r = subprocess.run(argv + [target], capture_output=True, text=True, timeout=LIMIT)
    return r.returncode, tables(r.stdout), r.stderr + r.stdout[-300:]


def outside(build, guest, tmp, name, *options):
    """Through the stub, and as QEMU dumps it. The guest's processes stand still; its kernel stands
    for nothing in the answers. Returns them."""
    dump = os.path.join(tmp, "dump")
    start = time.monotonic()
    code, live, err = ask(build, "gdb:unix:" + guest.gdb, *options)
    took = time.monotonic() - start
    case("%s: read in %.1f s" % (name, took), code == 1 and len(live) == len(COMMANDS), err)
    case("%s: runs on" % name, guest.command("query-status")["return"]["running"])
    guest.dump(dump)
    code, dumped, err = ask(build, dump, *options)
    case("%s: as QEMU's dump" % name, code == 1 and live == dumped, differs(dumped, live) + err)
    return dumped


def names(build, guest):
    """The kernel is found in what the stub gives, and has its names."""
    r = subprocess.run([build + "/dma-inspect", "-j", "--scan", "-c", "target",
                        "gdb:unix:" + guest.gdb], capture_output=True, text=True, timeout=LIMIT)
    kernel = json.loads(r.stdout)["tables"]["kernel"] if r.returncode == 0 else []
    case("Linux by its stub: the kernel's names", len(kernel) == 1 and kernel[0]["symbols"] and
         kernel[0]["release"].startswith("6.1."), r.stdout[-600:] + r.stderr)
    r = subprocess.run([build + "/tests/mem_probe", "gdb:unix:" + guest.gdb, "read", "virt",
                        "0x10", "16"], capture_output=True, text=True, timeout=LIMIT)
    case("Linux by its stub: nothing at 0x10", r.returncode == 1 and "not mapped" in r.stderr,
         r.stderr)


def crash(guest, want):
    """Two regions in /proc/vmcore, seen by the kernel that was started for it."""
    guest.command("cont")
    guest.command("inject-nmi")
    got = answers(guest.wait("live: end vmcore", "gave up")).get("vmcore", (None, ""))
    have = tables(got[1])
    case("/proc/vmcore answers as QEMU's dump", got[0] == 1 and have == want,
         differs(want, have) + got[1][-600:])


def linux(build, tmp):
    guest = Guest(tmp, "-m", "400", "-kernel", build + "/linux/6.1/vmlinuz", "-initrd",
                  initramfs(build, tmp), "-append",
                  "console=ttyS0 quiet panic=-1 no_timer_check crashkernel=160M")
    try:
        text = guest.wait("live: ready", "live: gave up")
        if not case("the guest comes up", "live: ready" in text, text[-800:]):
            return
        got = answers(text)
        inside(got)
        permissions(got)
        dumped = outside(build, guest, tmp, "Linux by its stub")
        names(build, guest)
        crash(guest, dumped)
    finally:
        guest.close()


def bare_metal(build, tmp):
    """Virtual addresses of this one are read by its own page tables."""
    guest = Guest(tmp, "-m", "64", "-kernel", build + "/guest.boot.elf", "-append",
                  "driver=e6_0f_5_overrun", "-device", "edu")
    try:
        guest.wait("*** STOP")
        time.sleep(0.2)
        dumped = outside(build, guest, tmp, "bare metal by its stub", "-s", build + "/guest.elf")
        case("bare metal: the overrun", "drive_e6_0f_5_overrun" in json.dumps(dumped), dumped)
        r = subprocess.run([build + "/tests/mem_probe", "gdb:unix:" + guest.gdb, "read", "virt",
                            "0xffff800000100000", "16"], capture_output=True)
        with open(build + "/guest.elf", "rb") as f:
            case("bare metal: virtual bytes", r.returncode == 0 and r.stdout in f.read(), r.stderr)
    finally:
        guest.close()


def main():
    build = os.path.abspath(sys.argv[1])
    for tool in ("qemu-system-x86_64", "cpio", "ldd"):
        if not shutil.which(tool):
            print("no %s" % tool)
            return 77
    with tempfile.TemporaryDirectory() as tmp:
        bare_metal(build, tmp)
    rc = subprocess.run([HERE + "/linux_kernel.sh", build, "6.1"]).returncode
    if rc == 77:
        print("skip live Linux: no kernel to be had")
    elif rc:
        return rc
    else:
        with tempfile.TemporaryDirectory() as tmp:
            linux(build, tmp)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
