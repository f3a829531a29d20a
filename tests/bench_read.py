#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""What reading costs: listing a million live mappings, and the scan of a 1 GiB dump.

Dumps are written by the kernel (a process core) and by QEMU (the memory of a guest of 1 GiB).
Prints one line a figure: NAME RATIO GOAL ok|short  what was compared.
"""
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import time

O = os.environ.get("O", "build")
TOOL = os.path.join(O, "dma-inspect")
WORK = os.path.join(O, "bench")
LIVE = 1 << 20
ROUNDS = 5


def say(name, ratio, goal, what):
    print(f"{name} {ratio:.2f} {goal:.2f} {'ok' if ratio <= goal else 'short'}  {what}", flush=True)


def skip(name, why):
    print(f"skip {name}: {why}", flush=True)


def timed(argv, good=(0, 1, 3)):
    """Seconds and peak memory in MB of one run with its output thrown away. 3: it answered, but
    the target holds nothing about DMA."""
    start = time.monotonic()
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        os.dup2(null, 2)
        os.execvp(argv[0], argv)
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) not in good:
        raise RuntimeError(f"{argv[0]} exits {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - start, usage.ru_maxrss / 1024


def core_of_many():
    core = os.path.join(WORK, "core")
    if os.path.exists(core):
        os.unlink(core)
    subprocess.run([os.path.join(O, "tests", "live_many"), str(LIVE)], cwd=WORK,
                   stderr=subprocess.DEVNULL,
                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (-1, -1)))
    return core if os.path.exists(core) else None


def bench_leaks():
    core = core_of_many()
    if not core:
        return skip("leaks-1M", "the kernel wrote no core here (see /proc/sys/kernel/core_pattern)")
    runs = [timed([TOOL, "-c", "leaks -a", core]) for _ in range(ROUNDS)]
    seconds = statistics.median(r[0] for r in runs)
    memory = statistics.median(r[1] for r in runs)
    say("leaks-1M-time", seconds, 1.0,
        "seconds that `leaks -a` takes for 1M live mappings in a core")
    say("leaks-1M-memory", memory / 400, 1.0, f"its peak memory, {memory:.0f} MB, against 400 MB")
    os.unlink(core)


class Monitor:
    """QEMU's machine protocol over a unix socket."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        for _ in range(100):
            try:
                self.sock.connect(path)
                break
            except OSError:
                time.sleep(0.1)
        self.file = self.sock.makefile("rw")
        self.file.readline()
        self.run("qmp_capabilities")

    def run(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if "error" in answer:
                raise RuntimeError(answer["error"]["desc"])
            if "return" in answer:
                return answer["return"]


def guest_dump():
    """The memory of the guest after it died of an overrun, with 1 GiB of RAM."""
    dump, sock = os.path.join(WORK, "guest.elf"), os.path.join(WORK, "qmp")
    serial = os.path.join(WORK, "serial")
    for path in (dump, sock, serial):
        if os.path.exists(path):
            os.unlink(path)
    qemu = subprocess.Popen(
        ["qemu-system-x86_64", "-accel", "tcg", "-m", "1024", "-device", "edu", "-display", "none",
         "-nodefaults", "-no-reboot", "-kernel", os.path.join(O, "guest.boot.elf"),
         "-append", "driver=e6_0f_5_overrun", "-serial", f"file:{serial}",
         "-qmp", f"unix:{sock},server=on,wait=off"])
    try:
        monitor = Monitor(sock)
        for _ in range(300):
            with open(serial, "rb") as f:
                if b"*** STOP" in f.read():
                    break
            time.sleep(0.1)
        else:
            raise RuntimeError("the guest did not stop")
        monitor.run("dump-guest-memory", paging=False, protocol=f"file:{dump}")
        monitor.run("quit")
        qemu.wait(30)
    finally:
        if qemu.poll() is None:
            qemu.kill()
            qemu.wait()
    return dump


def bench_scan():
    try:
        dump = guest_dump()
    except (OSError, RuntimeError) as e:
        return skip("scan-1G", str(e))
    timed(["cat", dump])
    ratios, cats = [], []
    for _ in range(ROUNDS):
        cat = timed(["cat", dump])[0]
        ratios.append(timed([TOOL, "-c", "region", dump])[0] / cat)
        cats.append(cat)
    say("scan-1G", statistics.median(ratios), 1.5,
        "finding the region in a 1 GiB ELF dump by scan, against cat of it "
        f"({statistics.median(cats):.2f} s)")
    os.unlink(dump)


def main():
    os.makedirs(WORK, exist_ok=True)
    bench_leaks()
    bench_scan()
    return 0


if __name__ == "__main__":
    sys.exit(main())
