#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""What a vmcore of 1 GiB costs: the scan for a region, and the start on it without any other file.

A stock kernel is booted with its memory full of files; QEMU writes the ELF dump, makedumpfile the
compressed ones, kdump_make.py those that makedumpfile was not built for. They stay in the build
directory (3 GiB), so does the kernel's vmlinux, which the peers need. All files are in the page
cache; who is compared takes turns, and the ratio is the median over the rounds.

Prints one line a figure: NAME RATIO GOAL ok|short  what was compared.
"""
import glob
import os
import shutil
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bench_read import WORK, O, TOOL, say, skip, timed  # noqa: E402
import kdump_make  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
PLAIN = os.path.join(O, "tests", "kdump_plain")
DUMP = os.path.join(WORK, "linux-6.1-cache.")
KERNEL = os.path.join(O, "linux", "6.1")
VMLINUX = os.path.join(O, "linux", "6.1.vmlinux")
PYTHON = "/usr/bin/python3"             # Debian's, which has Debian's drgn
NONE = "plain"                          # pages that are not compressed
KINDS = ("zlib", "lzo", "snappy", "zstd", NONE)
PAGES = 1 << 18
ROUNDS, SLOW_ROUNDS = 7, 3
MEMORY_MB = 64

ONE_VARIABLE = """import sys, drgn
program = drgn.Program()
program.set_core_dump(sys.argv[1])
program.load_debug_info([sys.argv[2]])
print(program["init_task"].comm)
"""


LIST = """import sys, drgn
program = drgn.Program()
program.set_core_dump(sys.argv[1])
program.load_debug_info([sys.argv[2]])
prog = program
exec(compile(open(sys.argv[3]).read(), sys.argv[3], "exec"))
dma("")
"""


class Skip(Exception):
    """Why there is nothing to measure."""


def make_dumps():
    if not all(os.path.exists(DUMP + kind) for kind in ("elf", "zlib.0", "lzo.0", "plain.0")):
        script = os.path.join(HERE, "vm", "linux.sh")
        done = subprocess.run([script, O, WORK, "6.1", "cache"], capture_output=True, text=True)
        if done.returncode:
            raise Skip(done.stderr.strip().replace("\n", "; "))
    for core in glob.glob(DUMP + "core.*"):
        os.unlink(core)
    for method in ("snappy", "zstd"):
        if not os.path.exists(DUMP + method + ".0") and kdump_make.has(method):
            kdump_make.again(method, DUMP + "plain.0", DUMP + "new")
            os.rename(DUMP + "new", DUMP + method + ".0")


def make_vmlinux():
    """The vmlinux of the kernel that was dumped, from the package beside its own."""
    if os.path.exists(VMLINUX):
        return
    with open(os.path.join(KERNEL, "package")) as f:
        name, version = f.read().split("_")[:2]
    folder = os.path.join(WORK, "dbg")
    os.makedirs(folder, exist_ok=True)
    got = subprocess.run(["apt-get", "download", "-qq", f"{name}-dbg={version}"], cwd=folder,
                         capture_output=True, text=True)
    package = glob.glob(os.path.join(folder, "*.deb"))
    if got.returncode or not package:
        raise Skip(f"no package {name}-dbg: {got.stderr.strip()}")
    subprocess.run(["dpkg", "-x", package[0], folder], check=True)
    os.rename(glob.glob(os.path.join(folder, "usr/lib/debug/boot/vmlinux-*"))[0], VMLINUX)
    shutil.rmtree(folder)


def turns(runs, rounds, slow=""):
    """Each of the named command lines once a round, the slow one not in all of them; a list of
    (seconds, MB) for each."""
    for name, argv in runs.items():
        if name != slow:                # what it reads is in memory by now
            timed(argv)
    seen = {name: [] for name in runs}
    for i in range(rounds):
        for name, argv in runs.items():
            if name != slow or i < SLOW_ROUNDS:
                seen[name].append(timed(argv))
    return seen


def ratio(ours, theirs, what=0):
    return statistics.median(a[what] / b[what] for a, b in zip(ours, theirs))


def seconds(runs):
    return statistics.median(r[0] for r in runs)


def scan_of(path):
    return [TOOL, "--scan", "-c", "region", path]


def check(path):
    """The scan finds the regions of the guest's processes, or its figures mean nothing."""
    out = subprocess.run(scan_of(path), capture_output=True, text=True).stdout
    if "scan" not in out:
        raise RuntimeError(f"no region in {path}: {out}")


def bench_elf():
    path = DUMP + "elf"
    check(path)
    seen = turns({"scan": scan_of(path), "cat": ["cat", path]}, ROUNDS)
    say("vmcore-scan-elf", ratio(seen["scan"], seen["cat"]), 1.5,
        f"finding the regions in an ELF dump by scan, against cat of it "
        f"({seconds(seen['cat']):.2f} s)")
    return seen["scan"]


def bench_kind(kind):
    path = f"{DUMP}{kind}.0"
    check(path)
    pages = subprocess.run([PLAIN, "plain", path], capture_output=True, text=True).stdout
    if int(pages) != PAGES:
        raise RuntimeError(f"{path} has {pages.strip()} pages")
    seen = turns({"scan": scan_of(path), "plain": [PLAIN, "plain", path],
                  "library": [PLAIN, "library", path]}, ROUNDS, slow="library")
    say(f"vmcore-scan-{kind}", ratio(seen["scan"], seen["plain"]), 0.6,
        "the same in a kdump, against one thread unpacking all pages "
        f"({seconds(seen['plain']):.2f} s)")
    say(f"vmcore-scan-{kind}-library", ratio(seen["scan"], seen["library"]),
        0.08 if kind == NONE else 0.25,
        f"against libkdumpfile reading them in order ({seconds(seen['library']):.2f} s)")
    return seen["scan"]


def bench_scans():
    runs = bench_elf()
    for kind in KINDS:
        if os.path.exists(f"{DUMP}{kind}.0"):
            runs += bench_kind(kind)
        else:
            skip(f"vmcore-scan-{kind}", "the compressor is not installed")
    most = max(r[1] for r in runs)
    say("vmcore-scan-memory", most / MEMORY_MB, 1.0,
        f"peak resident memory of all these scans, what is mapped of files with it, {most:.0f} MB, "
        f"against {MEMORY_MB} MB")


def start_of(path):
    return [TOOL, "-c", "target", path]


def bench_start(name, peer, goal, memory, what):
    path = DUMP + "zlib.0"
    out = subprocess.run(start_of(path), capture_output=True, text=True).stdout
    if "from kallsyms in the dump" not in out or "from BTF in the dump" not in out:
        raise RuntimeError(f"no symbols or types in {path}: {out}")
    seen = turns({"start": start_of(path), "peer": peer}, SLOW_ROUNDS)
    say(f"vmcore-start-{name}", ratio(seen["start"], seen["peer"]), goal,
        f"start to `target`, symbols and types out of the dump, against {what} "
        f"({seconds(seen['peer']):.2f} s)")
    if memory:
        say(f"vmcore-start-{name}-memory", ratio(seen["start"], seen["peer"], 1), goal,
            f"peak memory of the two ({seen['start'][0][1]:.0f} and {seen['peer'][0][1]:.0f} MB)")


def resident(path):
    """Bytes of the file that are in the page cache."""
    return int(subprocess.run(["fincore", "-b", "-n", "-o", "RES", path], capture_output=True,
                              text=True, check=True).stdout)


def bench_dwarf():
    """What of vmlinux is read when the dump has types of its own."""
    with open(VMLINUX, "rb") as f:
        os.fsync(f.fileno())
        os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    if resident(VMLINUX):
        return skip("vmcore-start-dwarf", "vmlinux stays in the page cache, whoever reads it")
    timed([TOOL, "-s", VMLINUX, "-c", "target", "-c", "leaks", "-c", "who 0", DUMP + "zlib.0"])
    read, size = resident(VMLINUX), os.path.getsize(VMLINUX)
    say("vmcore-start-dwarf", read / size, 0.05,
        f"of vmlinux given by -s, what was read: symbols and what the kernel read ahead, no DWARF "
        f"({read >> 20} of {size >> 20} MiB)")


def bench_list(name, peer, goal, memory, what):
    """From the start to the printed list of adapters."""
    ours = [TOOL, "-c", "dma", DUMP + "zlib.0"]
    for argv in (ours, peer):
        out = subprocess.run(argv, capture_output=True, text=True)
        if "Owner: virtio-pci" not in out.stdout:
            raise RuntimeError(f"{argv[0]} lists no adapter: {out.stdout[-300:]}{out.stderr}")
    seen = turns({"list": ours, "peer": peer}, SLOW_ROUNDS)
    say(f"list-{name}", ratio(seen["list"], seen["peer"]), goal,
        f"start to the list of adapters, against {what} ({seconds(seen['peer']):.2f} s)")
    if memory:
        say(f"list-{name}-memory", ratio(seen["list"], seen["peer"], 1), memory,
            f"peak memory of the two ({seen['list'][0][1]:.0f} and {seen['peer'][0][1]:.0f} MB)")


def bench_lists(has_drgn):
    """The same answer from its peers, by the extension for each."""
    zlib, here = DUMP + "zlib.0", os.path.abspath(O)
    if has_drgn:
        bench_list("drgn", [PYTHON, "-c", LIST, zlib, VMLINUX, here + "/dma-drgn.py"], 0.2, 0.2,
                   "drgn with dma-drgn.py")
    if not shutil.which("crash") or not os.path.exists(here + "/dma.so"):
        return skip("list-crash", "no crash, or no dma.so was built for it")
    lines = os.path.join(WORK, "crash.list")
    with open(lines, "w") as f:
        f.write(f"extend {here}/dma.so\ndma\nquit\n")
    bench_list("crash", ["crash", "-s", "-i", lines, VMLINUX, zlib], 0.05, 0.2,
               "crash with dma.so")
    bench_list("crash-minimal", ["crash", "--minimal", "-s", "-i", lines, VMLINUX, zlib], 0.2, 0.2,
               "crash --minimal with dma.so")


def bench_starts():
    try:
        make_vmlinux()
        bench_dwarf()
    except (Skip, OSError, subprocess.CalledProcessError) as e:
        return skip("vmcore-start", str(e))
    zlib = DUMP + "zlib.0"
    has_drgn = not subprocess.run([PYTHON, "-c", "import drgn"], capture_output=True).returncode
    bench_lists(has_drgn)
    if not has_drgn:
        skip("vmcore-start-drgn", f"no drgn for {PYTHON}: install python3-drgn")
    else:
        bench_start("drgn", [PYTHON, "-c", ONE_VARIABLE, zlib, VMLINUX], 0.2, True,
                    "drgn printing one variable with vmlinux")
    if not shutil.which("crash"):
        return skip("vmcore-start-crash", "no crash: install it")
    quits = os.path.join(WORK, "crash.quit")
    with open(quits, "w") as f:
        f.write("quit\n")
    bench_start("crash", ["crash", "--minimal", "-s", "-i", quits, VMLINUX, zlib], 0.05, False,
                "crash --minimal with vmlinux")


def main():
    os.makedirs(WORK, exist_ok=True)
    try:
        make_dumps()
        bench_scans()
        bench_starts()
    except (Skip, OSError, RuntimeError, ValueError, subprocess.CalledProcessError) as e:
        skip("vmcore", str(e))
    return 0


if __name__ == "__main__":
    sys.exit(main())
