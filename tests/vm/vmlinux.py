#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""A small vmlinux of a guest, for crash and gdb: symbols and types, no code.

	vmlinux.py KALLSYMS BTF VMCORE OUT

Debian's packages of debug information are gigabytes when unpacked. All that crash needs is here: an
ELF file with the kernel's symbols where they were linked (from the guest's /proc/kallsyms), the
text of linux_banner, which crash compares with the one in the dump, and its types as DWARF, which
the compiler makes out of what bpftool makes of the guest's BTF. CC: compiler.
"""
import os
import re
import subprocess
import sys
import tempfile

LINKED_AT = 0xFFFFFFFF81000000          # _text of a kernel without KASLR
# Sections as a linker would lay them: name, flags, type, first symbol; each reaches to the next.
# Variables per CPU stand at the bottom of the address space, in a section of their own.
SECTIONS = [(".data..percpu", "aw", "@progbits", "__per_cpu_start"),
            (".text", "ax", "@progbits", "_text"), (".rodata", "a", "@progbits", "__start_rodata"),
            (".data", "aw", "@progbits", "_sdata"), (".bss", "aw", "@nobits", "__bss_start")]
# The functions of a vmlinux have DWARF as well; one is enough for gdb to call it debugging data.
TYPES = '#include "types.h"\nstruct task_struct *task;\nint no_code(void) { return !task; }\n'


def symbols(path):
    """Of the kernel itself, as linked: [(address, kind, name)]."""
    rows, seen = [], set()
    with open(path) as f:
        for line in f:
            address, kind, name, *module = line.split()
            if not module and name not in seen and re.fullmatch(r"[A-Za-z_][\w.$]*", name):
                rows.append((int(address, 16), kind, name))
                seen.add(name)
    text = next(a for a, k, n in rows if n == "_text")
    return [(a - text + LINKED_AT if a >= text else a, k, n) for a, k, n in rows]


def banner(vmcore):
    """linux_banner as it stands in the dump."""
    with open(vmcore, "rb") as f:
        for block in iter(lambda: f.read(1 << 24), b""):
            hit = re.search(rb"Linux version [0-9][^\n\0]*\([^\0]*\n", block)
            if hit:
                return hit[0]
    sys.exit("%s: no linux_banner in it" % vmcore)


def assembly(rows, text):
    at = {n: a for a, k, n in rows}
    starts = [at[first] for *_, first in SECTIONS] + [at["_end"]]
    out = []
    for (name, flags, kind, _), start, end in zip(SECTIONS, starts, starts[1:]):
        end = at["__per_cpu_end"] if not start else end
        out.append('.section .in%s,"%s",%s' % (name, flags, kind))
        if name == ".rodata":
            lead = at["linux_banner"] - start
            out += [".skip 0x%x" % lead, ".byte " + ",".join(map(str, text + b"\0")),
                    ".skip 0x%x" % (end - start - lead - len(text) - 1)]
        else:
            out.append(".skip 0x%x" % (end - start))
    for address, kind, name in rows:
        i = max(k for k in range(len(SECTIONS)) if starts[k] <= address)
        out.append(".set %s, .in%s + 0x%x" % (name, SECTIONS[i][0], address - starts[i]))
        if kind.isupper():
            out.append(".globl " + name)
        out.append(".type %s, %s" % (name, "@function" if kind in "tTwW" else "@object"))
    return "\n".join(out) + "\n", starts


def script(starts):
    lines = ["SECTIONS {"]
    for (name, *_), start in zip(SECTIONS, starts):
        lines.append("%s 0x%x : { *(.in%s) }" % (name, start, name))
    lines.append(".init.text 0x%x : { t.o(.text .data .bss .rodata) }" % starts[-1])
    lines.append("/DISCARD/ : { *(.eh_frame) *(.comment) *(.note*) }")
    return "\n".join(lines + ["}"])


def main(kallsyms, btf, vmcore, out):
    cc = os.environ.get("CC", "gcc").split()
    with tempfile.TemporaryDirectory() as d:
        with open(os.path.join(d, "types.h"), "w") as f:
            subprocess.run(["bpftool", "btf", "dump", "file", btf, "format", "c"], check=True,
                           stdout=f)
        text, starts = assembly(symbols(kallsyms), banner(vmcore))
        for name, body in (("s.S", text), ("t.c", TYPES), ("s.ld", script(starts))):
            with open(os.path.join(d, name), "w") as f:
                f.write(body)
        subprocess.run([*cc, "-c", "s.S", "-o", "s.o"], cwd=d, check=True)
        # crash's gdb is an old one
        subprocess.run([*cc, "-gdwarf-4", "-fno-eliminate-unused-debug-types", "-w", "-c", "t.c",
                        "-o", "t.o"], cwd=d, check=True)
        subprocess.run([*cc, "-nostdlib", "-static", "-no-pie", "-Wl,-T,s.ld",
                        "-Wl,-z,noexecstack,-e,_text,--build-id=none,--no-warn-rwx-segments",
                        "s.o", "t.o", "-o", os.path.abspath(out)], cwd=d, check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
