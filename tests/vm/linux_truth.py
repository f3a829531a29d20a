# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""What a Linux guest (linux.sh) said of itself, for linux_check.py.

Nothing here reads a dump: the serial line, /proc/kallsyms and /sys/kernel/btf/vmlinux of the guest.
"""
import re
import struct

FIELD = r"(0x[0-9a-f]+)"
# The first code of a kernel without KASLR. arm64: KIMAGE_VADDR, behind the modules' 128 MiB until
# 6.4, 2 GiB since (arch/arm64/include/asm/memory.h), and 64 KiB; all where the least number of bits
# of an address has its end: 48, or 47 with pages of 16 KiB.
LINKED_AT = {"amd64": 0xFFFFFFFF81000000, "6.1-arm64": 0xFFFF800008010000,
             "6.12-arm64": 0xFFFF800080010000, "6.12-arm64-16k": 0xFFFFC00080010000}
# What follows the 12 bytes of a BTF type: fixed bytes, bytes an element; by kind (linux/btf.h).
TAIL = {1: (4, 0), 3: (12, 0), 4: (0, 12), 5: (0, 12), 6: (0, 8), 13: (0, 8), 14: (4, 0),
        15: (0, 12), 17: (4, 0), 19: (0, 12)}
STRUCT, UNION, TYPEDEF = 4, 5, 8


def serial_text(path):
    """What came over the serial line, as lines."""
    with open(path, errors="replace") as f:
        return f.read().replace("\r", "")


class Untold(Exception):
    """What the guest should have said and did not."""


class Processes:
    """The regions and violations of the processes, from the serial line."""

    def __init__(self, serial):
        text = serial_text(serial)
        if "init: done" not in text:
            raise Untold("the guest did not come to its end")
        self.regions = {}
        for m in re.finditer(rf"^init: region (\d+) (\w+) id {FIELD} virt {FIELD} phys {FIELD}$",
                             text, re.M):
            self.regions[int(m[3], 16)] = {"pid": int(m[1]), "driver": m[2],
                                           "virt": int(m[4], 16), "phys": int(m[5], 16)}
        self.violation = {int(m[1]): [int(x, 16) for x in re.findall(r"0x\w+", m[2])]
                          for m in re.finditer(r"^init: process (\d+): posix: violation: (.*)$",
                                               text, re.M)}
        copy = re.search(rf"^init: copy of {FIELD} virt {FIELD} phys {FIELD}$", text, re.M)
        if not self.regions or not copy:
            raise Untold("the guest does not say where its regions are")
        self.copy = int(copy[3], 16)
        false = re.search(rf"^init: false region phys {FIELD}$", text, re.M)
        self.false = false and int(false[1], 16)
        # Where the kernel's image lies.
        code = re.search(r"/proc/iomem: +([0-9a-f]+)-\S+ : Kernel code$", text, re.M)
        self.code = int(code[1], 16)
        self.version = re.search(r"^init: /proc/version: (.*)$", text, re.M)[1]
        self.modules = re.findall(r"^init: /proc/modules: (\S+) ", text, re.M)


class Symbols:
    """/proc/kallsyms; modules' symbols by themselves."""

    def __init__(self, path, kernel):
        self.kernel, self.module, self.at, self.count = {}, {}, {}, 0
        twice = set()
        with open(path) as f:
            for line in f:
                address, _, name, *module = line.split()
                module = module[0].strip("[]") if module else ""
                self.count += not module
                into = self.module if module else self.kernel
                if name in self.kernel or name in self.module:
                    twice.add(name)
                into[name] = int(address, 16)
                self.at.setdefault(int(address, 16), set()).add((module, name))
        self.offset = self.kernel["_stext"] - LINKED_AT[kernel]
        for name in twice:
            self.kernel.pop(name, None)
            self.module.pop(name, None)


class Types:
    """/sys/kernel/btf/vmlinux: how many types; members of structs that have their name alone. Of a
    module: base is the text of the kernel's."""

    def __init__(self, path, base=b""):
        with open(path, "rb") as f:
            data = f.read()
        _, _, _, header, at, length, strings, _ = struct.unpack_from("<HBBIIIII", data)
        self.text, self.count, self.member, named = base + data[header + strings:], 0, {}, {}
        at, end = header + at, header + at + length
        while at < end:
            name, info, _ = struct.unpack_from("<III", data, at)
            kind, n = info >> 24 & 0x1F, info & 0xFFFF
            fixed, each = TAIL.get(kind, (0, 0))
            self.count += 1
            if kind in (STRUCT, UNION, TYPEDEF) and name:
                named[name] = named.get(name, 0) + 1
                if kind == STRUCT:
                    self.member[name] = self.last(data, at + 12, n, info >> 31)
            at += 12 + fixed + each * n
        self.member = {self.string(name): m for name, m in self.member.items()
                       if m and named[name] == 1}

    def string(self, at):
        return self.text[at:self.text.index(b"\0", at)].decode()

    def last(self, data, at, n, bitfields):
        """Name and offset in bytes of the last named member that is no bit-field."""
        for i in reversed(range(n)):
            name, _, offset = struct.unpack_from("<III", data, at + 12 * i)
            bits, offset = (offset >> 24, offset & 0xFFFFFF) if bitfields else (0, offset)
            if name and not bits and offset % 8 == 0:
                return self.string(name), offset // 8
        return None
