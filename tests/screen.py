#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""The screens that Microsoft's manual prints for !dma, made anew: tests/screen.c makes the calls
that must have led to them and dies; dma-inspect shows its core file, once for each flag. Every line
is compared: with the numbers of those screens, and with the addresses the driver says it holds.
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
O = os.environ.get("O", os.path.join(TOP, "build"))
FILES, HOOKED = 0x420, 32               # of two registers each; 64 registers of a driver are hooked
PAGE = 4096
# length, page offset
BUFFERS = [(0x1000, 0), (0x12010, 0x7F8), (0x4300, 0x680), (0x4800, 0x400)]
NETWORK, MEMORY = "screen!map_registers_allocate", "screen!shared_memory_allocate"
STORAGE = "screen!uncached_extension_get"
failed = 0


def check(name, good, why=""):
    global failed
    failed += not good
    print(f"ok {name}" if good else f"not ok {name}: {why}")


def kernel_writes_here():
    with open("/proc/sys/kernel/core_pattern") as f:
        pattern = f.read().strip()
    return bool(pattern) and "/" not in pattern and pattern[0] != "|"


def crash(where):
    """What the driver said of itself, {word: [values]}, and its core file."""
    p = subprocess.Popen([os.path.join(O, "tests/screen")], cwd=where, stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    said = {}
    for line in p.stdout:
        word, *values = line.split()
        if word == "ready":
            break
        said.setdefault(word, []).append([int(v, 16) for v in values])
    if p.poll() is None and not kernel_writes_here():
        subprocess.run(["gcore", "-o", "core", str(p.pid)], cwd=where, capture_output=True,
                       timeout=60)
    err = p.communicate(timeout=60)[1]
    cores = glob.glob(os.path.join(where, "core*"))
    check("screen: the driver made its calls and died", p.returncode == -6 and "file" in said,
          f"exit code {p.returncode}, {err.strip()}")
    return {w: [v[0] if len(v) == 1 else v for v in x] for w, x in said.items()}, cores and cores[0]


def run(core, command, code=0):
    r = subprocess.run([os.path.join(O, "dma-inspect"), "-c", command, core],
                       capture_output=True, text=True, timeout=60)
    if r.returncode != code:
        check(f"screen: {command}", False, f"exit code {r.returncode}, {r.stderr.strip()}")
    return [x.rstrip() for x in r.stdout.splitlines()], r.stderr


def same(name, got, want):
    """Every line, in order. A line of `want` in slashes is a regular expression."""
    for i, w in enumerate(want):
        g = got[i] if i < len(got) else "the end"
        if not (re.fullmatch(w[1:-1], g) if w[:1] == w[-1:] == "/" and len(w) > 1 else g == w):
            return check(name, False, f"line {i + 1} is {g!r}, not {w!r}")
    return check(name, len(got) == len(want), f"more lines: {got[len(want):][:1]}")


def a(n):
    return f"{n:016x}"


def list_screen(said, core):
    got, _ = run(core, "dma")
    same("screen: !dma", got, [
        "Dumping all DMA adapters...", "",
        *(f"Adapter: {a(x)}     Owner: {STORAGE} (storage)" for x in said["storage"]),
        f"Adapter: {a(said['network'][0])}     Owner: {NETWORK} (network)",
        "/Master adapter: [0-9a-f]{16}/"])
    return got[-1].split()[-1] if got else "?"


def flag_1(said, core, master):
    net = said["network"][0]
    want = [
        f"/Adapter: {a(net)}     Owner: {NETWORK} \\(0x[0-9a-f]{{16}}\\)/",
        f" MasterAdapter:       {master}",
        "   Adapter base Va      0000000000000000",
        f"   Map register base:   {a(said['file'][-1])}",
        " WCB:                 0000000000000000",
        "   Map registers: 00000002 mapped, 00000840 allocated, 00000002 max",
        "",
        "   Dma verifier additional information:",
        f"   DeviceObject: {a(said['network_device'][0])}",
        "   Map registers:        00000840 allocated, 00000000 freed",
        "   Scatter-gather lists: 00000000 allocated, 00000000 freed",
        "   Common buffers:       00000004 allocated, 00000000 freed",
        "   Adapter channels:     00000420 allocated, 00000420 freed",
        "   Bytes mapped since last flush: 000000f2",
        "   Driver: network"]
    same("screen: !dma adapter", run(core, f"dma {net:x}")[0], want)
    same("screen: !dma adapter 1", run(core, f"dma {net:x} 1")[0], want)


def head(adapter, owner):
    return [f"Adapter: {a(adapter)}     Owner: {owner}"]


def one_file(i, base, mapped):
    """mapped: (bytes, va) or None"""
    shadow = i < HOOKED
    label = [r"[0-9a-f]{13}000"] * 2 if shadow else [r"\[0\]", r"\[1\]"]
    first = ": Not mapped"
    if mapped:
        first = f": {mapped[0]:04x} bytes mapped to {a(mapped[1])}, from device"
    return ["", f"  Map register file {a(base)} ({int(bool(mapped))}/2 mapped)",
            "/     Double buffer mdl: [0-9a-f]{13}000 \\(0x6000 bytes\\)/" if shadow else
            "     Double buffer mdl: none, not hooked",
            f"     Allocated by {NETWORK}", "     Map registers:",
            f"/        {label[0]}{first}/", f"/        {label[1]}: Not mapped/"]


def flag_2(said, core):
    net, va = said["network"][0], said["mapped"]
    mapped = {1: (0xBC, va[0]), 2: (0x36, va[1])}
    check("screen: the mapped bytes stand where the manual's do",
          [x % PAGE for x in va] == [0x03C, 0x102], f"at {[hex(x) for x in va]}")
    want = head(net, NETWORK)
    for i, base in enumerate(said["file"]):
        want += one_file(i, base, mapped.get(i))
    got, _ = run(core, f"dma {net:x} 2")
    same("screen: !dma adapter 2", got, want)
    pages = [int(x.split(":")[0], 16) for x in got if re.match(" {8}[0-9a-f]{16}:", x)]
    check("screen: every hooked map register is another page",
          len(set(pages)) == 2 * HOOKED == len(pages),
          f"{len(set(pages))} pages in {len(pages)} lines")


def flag_4(said, core):
    net, want = said["network"][0], head(said["network"][0], NETWORK)
    for (length, offset), va, phys in zip(BUFFERS, said["buffer"], said["logical"]):
        check(f"screen: a common buffer of 0x{length:x} begins at page offset 0x{offset:x}",
              va % PAGE == phys % PAGE == offset, f"va {va:x}, logical {phys:x}")
        want += ["", f"   Common buffer allocated by {MEMORY}:",
                 f"      Length:           {length:x}", f"      Virtual address:  {a(va)}",
                 f"      Physical address: {phys:x}"]
    same("screen: !dma adapter 4", run(core, f"dma {net:x} 4")[0], want)


def flag_8(said, core):
    one = said["storage"][1]
    same("screen: !dma adapter 8", run(core, f"dma {one:x} 8")[0], head(one, STORAGE) + [
        "", f"   Scatter/gather list {a(said['list'][0])} (2 elements) by screen!list_build:",
        f"      Mdl:              {a(said['list_mdl'][0])}",
        f"      Virtual address:  {a(said['list_va'][0])}",
        "      Length:           1000, to device", "/      Map registers:    [0-9a-f]{16}/",
        *(f"        {a(bus)}: {n:x} bytes" for bus, n in said["element"])])
    check("screen: the list has two elements of half a page",
          [n for _, n in said["element"]] == [0x800] * 2, str(said["element"]))
    net = said["network"][0]
    same("screen: !dma adapter 8, where there is no list", run(core, f"dma {net:x} 8")[0],
         head(net, NETWORK) + ["", "   Scatter/gather lists: none"])


def flag_10(said, core):
    one, names = said["storage"][0], """Version 0|Master yes|ScatterGather yes|DemandMode no|
        AutoInitialize no|Dma32BitAddresses yes|Dma64BitAddresses no|IgnoreCount no|BusNumber 3|
        DmaChannel 0|InterfaceType PCIBus|DmaWidth 0|DmaSpeed 0|MaximumLength 10000|DmaPort 0"""
    rows = [x.split() for x in names.split("|")]
    same("screen: !dma adapter 10", run(core, f"dma {one:x} 10")[0], head(one, STORAGE) +
         ["", "   Device description:"] + [f"      {n + ':':<18} {v}" for n, v in rows])


def flag_20(said, core):
    one, net = said["storage"][0], said["network"][0]
    same("screen: !dma adapter 20", run(core, f"dma {one:x} 20")[0], head(one, STORAGE) + [
        "", "/   Wait context block [0-9a-f]{16} \\(held\\):/",
        f"      DeviceRoutine:        {a(said['storage_routine'][0])}",
        f"      DeviceContext:        {a(said['storage_context'][0])}",
        "      NumberOfMapRegisters: 3",
        f"      DeviceObject:         {a(said['storage_device'][0])}",
        f"      CurrentIrp:           {a(said['storage_irp'][0])}",
        f"      Map register base:    {a(said['storage_base'][0])}",
        "/      Allocated by screen!request_start, .* ago/"])
    same("screen: !dma adapter 20, where nothing waits", run(core, f"dma {net:x} 20")[0],
         head(net, NETWORK) + ["", "   Wait context block: none"])


def sums(said, core):
    """Flags add up: 7 is the screen of 1, then that of 2 and of 4 without their first lines."""
    net = said["network"][0]
    parts = [run(core, f"dma {net:x} {f}")[0] for f in (1, 2, 4)]
    same("screen: !dma adapter 7", run(core, f"dma {net:x} 7")[0],
         parts[0] + parts[1][1:] + parts[2][1:])


def short_help(core):
    out, err = run(core, "dma 1", 2)
    missing = [f for f in "1 2 4 8 10 20 0".split()
               if not any(re.match(rf" +{f}  \w", line) for line in out)]
    check("screen: !dma 1 prints a short help", 0 < len(out) <= 9 and not missing, "\n".join(out))
    check("screen: !dma 1 says that there is no such adapter", "no adapter 1" in err, err)


def main():
    with tempfile.TemporaryDirectory() as where:
        said, core = crash(where)
        if failed:
            return 1
        if not core:
            print("skip screen: no core file: see /proc/sys/kernel/core_pattern, or install gdb")
            return 77
        master = list_screen(said, core)
        flag_1(said, core, master)
        flag_2(said, core)
        flag_4(said, core)
        flag_8(said, core)
        flag_10(said, core)
        flag_20(said, core)
        sums(said, core)
        short_help(core)
    return 1 if failed else 0


sys.exit(main())
