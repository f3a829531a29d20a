#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Memory sources on dumps that others wrote: the kernel's process cores, gdb's, a live process, and
QEMU's dumps of a stopped guest, compared byte by byte with what the writer itself says.

Needs $O/tests/mem_probe. Importable: mem_hurt.py takes its dumps from here."""
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

O = os.environ.get("O", "build")
PROBE = os.path.join(O, "tests", "mem_probe")
CC = os.environ.get("CC") or "gcc"
CORES = "/proc/sys/kernel/core_pattern"
RAM = 16 << 20
failed = 0

VICTIM = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	size_t n = 3 << 20;
	unsigned char *p = mmap((void *)0x20000000, n, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	unsigned x = 12345;
	unsigned char *hole = mmap((void *)0x30000000, 1 << 20, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	madvise(hole, 1 << 20, MADV_DONTDUMP);
	memset(hole, 7, 1 << 20);
	for (size_t i = 0; i < n; i++)
		p[i] = (x = x * 1103515245 + 12345) >> 16;
	puts("ready");
	fflush(stdout);
	if (argc > 1 && !strcmp(argv[1], "abort"))
		abort();
	for (;;)
		pause();
}
"""


# Preloaded, it makes libkdumpfile hang, and alarm() ring soon.
HANG = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>
unsigned alarm(unsigned s)
{
	struct itimerval t = { .it_value.tv_usec = s ? 300000 : 0 };

	setitimer(ITIMER_REAL, &t, NULL);
	return 0;
}
int kdump_open_fdset(void *ctx, unsigned n, const int *fd)
{
	int (*real)(void *, unsigned, const int *) = dlsym(RTLD_NEXT, "kdump_open_fdset");

	while (getenv("HANG_OPEN"))
		pause();
	return real(ctx, n, fd);
}
int kdump_read(void *ctx, int space, uint64_t addr, void *buf, size_t *n)
{
	int (*real)(void *, int, uint64_t, void *, size_t *) = dlsym(RTLD_NEXT, "kdump_read");
	const char *at = getenv("HANG_AT");

	while (at && addr >> 12 == strtoull(at, NULL, 0) >> 12)
		pause();
	return real(ctx, space, addr, buf, n);
}
"""


def pattern(n=3 << 20):
    out, x = bytearray(n), 12345
    for i in range(n):
        x = (x * 1103515245 + 12345) & 0xffffffff
        out[i] = x >> 16 & 0xff
    return bytes(out)


def case(name, good, why=""):
    global failed
    if good:
        print("ok mem " + name)
    else:
        failed += 1
        print("not ok mem %s: %s" % (name, why or "see the script"))
    sys.stdout.flush()
    return good


def skip(name, why):
    print("skip mem %s: %s" % (name, why))


def probe(*args, **kw):
    r = subprocess.run([PROBE] + [str(a) for a in args], capture_output=True, timeout=120, **kw)
    return r.returncode, r.stdout, r.stderr.decode(errors="replace")


def info(target):
    rc, out, err = probe(target, "info")
    if rc:
        return None, err
    d = {}
    for line in out.decode(errors="replace").splitlines():
        key, _, val = line.partition(" ")
        d.setdefault(key, []).append(val)
    return d, ""


def build(src, exe, *flags):
    with open(exe + ".c", "w") as f:
        f.write(src)
    subprocess.run([CC, "-g", *flags, exe + ".c", "-o", exe], check=True)


def kernel_core(tmp, exe, arg="abort"):
    """Path of the core the kernel writes, or None and why there is none."""
    pat = open(CORES).read().strip()
    if pat.startswith("|") or "/" in pat:
        return None, "kernel.core_pattern is '%s', no core goes to the process's directory" % pat
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    if hard != resource.RLIM_INFINITY and hard < 64 << 20:
        return None, "the hard limit of core files is %d" % hard

    def limit():
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    d = tempfile.mkdtemp(dir=tmp)
    subprocess.run([exe, arg], cwd=d, stdout=subprocess.DEVNULL, preexec_fn=limit, check=False)
    cores = os.listdir(d)
    return (os.path.join(d, cores[0]), "") if cores else (None, "the kernel wrote no core")


def how_it_died(name, core, command):
    """Its command line (79 characters of it), number and signal, as the notes have them."""
    got = dict(x.split(": ", 1) for x in (info(core)[0] or {}).get("line", []))
    case(name + " how it died", got.get("command") == command[:79].rstrip() and
         got.get("process", "").isdigit() and got.get("signal") == "6, SIGABRT" and
         "thread" not in got, str(got))


def live(exe):
    p = subprocess.Popen([exe], stdout=subprocess.PIPE)
    p.stdout.readline()
    return p


def same_process(name, target, exe, want, maps=None):
    d, err = info(target)
    if not case(name + " opens", d is not None, err):
        return
    rc, out, err = probe(target, "read", "virt", 0x20000000, len(want))
    case(name + " bytes", rc == 0 and out == want, err or "other bytes")
    case(name + " program", d["executable"] == [os.path.realpath(exe)], str(d["executable"]))
    case(name + " files", any(m.endswith(exe) for m in d.get("mapped", [])),
         "the program is not in mapped[]")
    case(name + " width", d["bits"] == ["64"] and d["machine"] == ["62"], str(d))
    rc, _, err = probe(target, "read", "virt", 0x20000000 + (3 << 20) - 8, 16)
    case(name + " end", rc == 1 and "0x20300000" in err, err)
    rc, out, err = probe(target, "walk", "virt")
    case(name + " walk", rc == 0 and b"missed 0 " in out, err or out.decode())


def process_tests(tmp):
    exe = os.path.join(tmp, "victim")
    build(VICTIM, exe)
    want = pattern()
    core, why = kernel_core(tmp, exe)
    if core:
        same_process("kernel core", core, exe, want)
        d, _ = info(core)
        case("kernel core format", d["format"] == ["ELF process core"], str(d["format"]))
        how_it_died("kernel core", core, exe + " abort")
        rc, _, err = probe(core, "read", "virt", 0x30000000, 16)
        case("kernel core what was not dumped", rc == 1 and "error 2" in err and "left out" in err,
             err)
    else:
        skip("kernel core", why)
    p = live(exe)
    try:
        if "ptrace_scope" in info("pid:%d" % p.pid)[1]:
            skip("pid and gcore", "kernel.yama.ptrace_scope lets only parents read a process")
            return
        same_process("pid", "pid:%d" % p.pid, exe, want)
        d, _ = info("pid:%d" % p.pid)
        case("pid is live", d["live"] == ["1"], str(d["live"]))
        case("pid leaves out what is not dumped", not any(
            int(r.split()[0], 0) <= 0x30000000 < int(r.split()[1], 0) for r in d["virt"]),
             str(d["virt"]))
        if shutil.which("gcore"):
            base = os.path.join(tmp, "gcore")
            subprocess.run(["gcore", "-o", base, str(p.pid)], capture_output=True, timeout=60)
            same_process("gcore", "%s.%d" % (base, p.pid), exe, want)
        else:
            skip("gcore", "gdb is not installed")
        refused(p.pid)
    finally:
        p.kill()
        p.wait()
    d, err = info("pid:%d" % p.pid)
    case("pid of nobody", d is None and "there is no process" in err, err)
    d, err = info("pid:12x")
    case("pid malformed", d is None and "error 5" in err, err)


def refused(pid):
    """Another user's process: only root can change its own uid to try."""
    if os.geteuid():
        skip("pid of another user", "needs root")
        return
    with tempfile.TemporaryDirectory() as where:        # the build directory may be root's alone
        os.chmod(where, 0o755)
        shutil.copy(PROBE, where)
        r = subprocess.run([os.path.join(where, os.path.basename(PROBE)), "pid:%d" % pid, "info"],
                           capture_output=True, user=65534, group=65534, extra_groups=[])
    err = r.stderr.decode()
    case("pid of another user", r.returncode == 1 and "CAP_SYS_PTRACE" in err, err)


def i386_tests(tmp):
    exe = os.path.join(tmp, "victim32")
    try:
        build(VICTIM, exe, "-m32")
    except subprocess.CalledProcessError:
        skip("32-bit core", "no -m32 compiler")
        return
    core, why = kernel_core(tmp, exe)
    if not core:
        skip("32-bit core", why)
        return
    d, err = info(core)
    case("32-bit core", d and d["bits"] == ["32"] and d["machine"] == ["3"],
         err or str(d and d["bits"]))
    rc, out, err = probe(core, "read", "virt", 0x20000000, 4096)
    case("32-bit core bytes", rc == 0 and out == pattern(4096), err)
    how_it_died("32-bit core", core, exe + " abort")
    case("32-bit core program", d and d["executable"] == [os.path.realpath(exe)],
         str(d and d["executable"]))


def s390x_tests(tmp):
    exe, cc = os.path.join(tmp, "victim390"), "s390x-linux-gnu-gcc"
    qemu = shutil.which("qemu-s390x")
    if not shutil.which(cc) or not qemu:
        skip("big-endian core", "no s390x compiler or no qemu-user")
        return
    with open(exe + ".c", "w") as f:
        f.write(VICTIM)
    subprocess.run([cc, "-static", "-g", exe + ".c", "-o", exe], check=True)
    d = tempfile.mkdtemp(dir=tmp)
    subprocess.run([qemu, exe, "abort"], cwd=d, capture_output=True, timeout=60, preexec_fn=lambda:
                   resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2))
    cores = [c for c in os.listdir(d) if c.startswith("qemu_victim390")]
    if not cores:
        skip("big-endian core", "qemu-user wrote none")
        return
    core = os.path.join(d, cores[0])
    i, err = info(core)
    case("big-endian core", i and i["bits"] == ["64"] and i["big_endian"] == ["1"] and
         i["machine"] == ["22"] and i["format"] == ["ELF process core"], err or str(i))
    rc, out, err = probe(core, "read", "virt", 0x20000000, 4096)
    case("big-endian core bytes", rc == 0 and out == pattern(4096), err)
    how_it_died("big-endian core", core, exe + " abort")


class Guest:
    """A guest of firmware only, with known bytes put into its memory, stopped."""

    def __init__(self, tmp):
        self.sock = os.path.join(tmp, "monitor")
        blob = os.path.join(tmp, "blob")
        with open(blob, "wb") as f:
            f.write(random.Random(7).randbytes(2 << 20))
        self.p = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", "tcg", "-m", str(RAM >> 20), "-nodefaults",
             "-display", "none",
             "-device", "loader,file=%s,addr=0x400000,force-raw=on" % blob,
             "-monitor", "unix:%s,server,nowait" % self.sock], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                self.s = socket.socket(socket.AF_UNIX)
                self.s.connect(self.sock)
                break
            except OSError:
                time.sleep(0.1)
        else:
            self.close()
            raise OSError("QEMU does not answer")
        self.s.settimeout(60)
        self.hear()
        time.sleep(1)
        self.say("stop")

    def hear(self):
        got = b""
        while not got.endswith(b"(qemu) "):
            more = self.s.recv(65536)
            if not more:
                raise OSError("QEMU is gone")
            got += more
        return got.decode(errors="replace")

    def say(self, line):
        self.s.sendall(line.encode() + b"\n")
        return self.hear()

    def close(self):
        self.s.close()
        self.p.kill()
        self.p.wait()


def make_guest_dumps(tmp):
    """{name: path} of what QEMU wrote of one stopped guest, `ram` as pmemsave shows it."""
    g, out = Guest(tmp), {}
    try:
        for name, cmd in (("elf", "dump-guest-memory %s"), ("elf-p", "dump-guest-memory -p %s"),
                          ("flat", "dump-guest-memory -z %s")):
            out[name] = os.path.join(tmp, name + ".dump")
            g.say(cmd % out[name])
        out["ram"] = os.path.join(tmp, "ram")
        g.say("pmemsave 0 0x%x \"%s\"" % (RAM, out["ram"]))  # unquoted: a division
    finally:
        g.close()
    if shutil.which("makedumpfile"):
        out["kdump"] = os.path.join(tmp, "kdump.dump")
        with open(out["flat"], "rb") as f:
            subprocess.run(["makedumpfile", "-R", out["kdump"]], stdin=f, capture_output=True,
                           check=True)
    return out


def compare_ram(name, target, ram, tmp):
    d, err = info(target)
    if not case(name + " opens", d is not None, err):
        return None
    image = os.path.join(tmp, "image")
    rc, _, err = probe(target, "cat", "phys", image)
    case(name + " walk", rc == 0, err)
    got, total, bad = open(image, "rb"), 0, []
    for r in d["phys"]:
        a, b = (int(x, 0) for x in r.split())
        b = min(b, RAM)
        # The window of the video memory and the shadowed ROM is not RAM when a CPU looks at it.
        for at in range(a, b, 4096):
            if 0xa0000 <= at < 0x100000:
                continue
            total += 1
            got.seek(at)
            if got.read(4096) != ram[at:at + 4096]:
                bad.append(at)
    case(name + " bytes", not bad and total > (RAM >> 12) * 9 // 10,
         "%d of %d pages differ, first 0x%x" % (len(bad), total, bad[0] if bad else 0))
    return d


def guest_tests(tmp):
    if not shutil.which("qemu-system-x86_64"):
        skip("QEMU dumps", "qemu-system-x86_64 is not installed")
        return
    dumps = make_guest_dumps(tmp)
    ram = open(dumps["ram"], "rb").read()
    for name in ("elf", "elf-p"):
        d = compare_ram("QEMU " + name, dumps[name], ram, tmp)
        case("QEMU %s format" % name, d and d["format"] == ["ELF vmcore"] and
             d["bits"][0] in ("32", "64") and
             d["linux_kernel"] == ["0"], str(d and d["format"]))
        case("QEMU %s notes" % name, d and "note" not in d, str(d and d.get("note")))
    d = compare_ram("QEMU flattened kdump", dumps["flat"], ram, tmp)
    case("QEMU flattened kdump format", d and d["machine"] == ["62"] and "note" not in d and
         d["format"] == ["kdump-compressed vmcore (zlib, flattened)"], str(d))
    if "kdump" in dumps:
        d = compare_ram("kdump", dumps["kdump"], ram, tmp)
        case("kdump format", d and d["machine"] == ["62"] and "note" not in d and
             d["format"] == ["kdump-compressed vmcore (zlib)"], str(d))
        for where, words in ((RAM * 64, "in a hole of"), (1 << 40, "beyond the end of memory")):
            rc, _, err = probe(dumps["kdump"], "read", "phys", where, 8)
            case("kdump: 0x%x is %s" % (where, words), rc == 1 and "error 2" in err and
                 words in err, err)
        rc, _, err = probe(dumps["kdump"], "read", "virt", 0x1000, 8)
        case("kdump virtual", rc == 1 and "no virtual" in err, err)
    else:
        skip("kdump", "makedumpfile is not installed")
    rc, out, err = probe("-b", "0x80000000", dumps["ram"], "read", "phys", 0x80000000 + (4 << 20),
                         64)
    case("raw image", rc == 0 and out == ram[4 << 20:(4 << 20) + 64], err)
    d, err = info(dumps["ram"])
    case("raw image without base", d is None and "--base" in err, err)
    if "kdump" in dumps:
        interrupted(dumps["kdump"])
        hanging(dumps["kdump"], tmp)


def interrupted(kdump):
    """The terminal's ^C goes to the whole group; the reader must go on and leave nobody behind."""
    p = subprocess.Popen([PROBE, "-l", kdump, "all"], start_new_session=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for _ in range(5):
        time.sleep(0.02)
        try:
            os.killpg(p.pid, signal.SIGINT)
        except ProcessLookupError:
            break
    _, err = p.communicate(timeout=60)
    case("libkdumpfile under ^C", p.returncode == 0, err.decode())


def hanging(kdump, tmp):
    """A library that never returns costs the bytes it was asked for, and time, but nothing else."""
    hang = os.path.join(tmp, "hang.so")
    build(HANG, hang, "-shared", "-fPIC")
    env = dict(os.environ, LD_PRELOAD=hang)
    rc, _, err = probe("-l", kdump, "info", env=dict(env, HANG_OPEN="1"))
    case("libkdumpfile that hangs while it is opened", rc == 1 and
         "libkdumpfile hung for 30 s while opening it" in err, err)
    at = RAM // 2 + 0x5000
    env["HANG_AT"] = hex(at)
    rc, _, err = probe("-l", kdump, "read", "phys", at - 4, 8, env=env)
    case("libkdumpfile that hangs while it is read", rc == 1 and
         "libkdumpfile hung for 20 s while reading 0x%x" % at in err, err)
    rc, out, err = probe("-l", kdump, "walk", "phys", env=env)
    case("libkdumpfile that hangs at one page: the others", rc == 0 and b" missed 4096 " in out,
         "%s %s" % (out, err))


def not_dumps(tmp):
    plain = os.path.join(tmp, "plain")
    with open(plain, "wb") as f:
        f.write(bytes(range(256)) * 64)
    for what, path, words in (("directory", tmp, "directory"),
                              ("nothing", tmp + "/none", "No such file"),
                              ("text", plain, "no format recognised it"),
                              ("a program", PROBE, "not a core dump"),
                              ("a device", "/dev/zero", "neither")):
        d, err = info(path)
        case("told from a dump: " + what, d is None and words in err, err)
    fifo = os.path.join(tmp, "fifo")
    os.mkfifo(fifo)
    d, err = info(fifo)
    case("told from a dump: a FIFO", d is None and "neither" in err, err)


def main():
    if not os.path.exists(PROBE):
        print("no %s" % PROBE)
        return 77
    with tempfile.TemporaryDirectory() as tmp:
        os.chmod(tmp, 0o755)
        not_dumps(tmp)
        process_tests(tmp)
        i386_tests(tmp)
        s390x_tests(tmp)
        guest_tests(tmp)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
