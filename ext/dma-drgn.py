# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""The commands of dma-inspect in drgn: `execscript(".../dma-drgn.py")` in its shell or a script,
then dma("leaks -a"), or %dma leaks -a where drgn has commands of its own.

All commands are in libdma-inspect.so, which reads through drgn; this file knows none. Of vmcores
and process cores that drgn has open; dma-inspect itself reads more forms, and live targets.
"""
import os
import sys

from drgn import FaultError, ProgramFlags

sys.path.insert(0, os.path.dirname(os.path.abspath(sys._getframe().f_code.co_filename)))
from dma_elf import Core, piece_at      # noqa: E402
from dma_host import Handle, Memory     # noqa: E402
from dma_inspect import (HAS_PHYSICAL, HAS_VIRTUAL, LINUX, MEMBER, PHYSICAL, PLACE,  # noqa: E402
                         SIZE, SYMBOL, VIRTUAL)

MACHINES = {"X86_64": 62, "I386": 3, "AARCH64": 183, "ARM": 40, "PPC64": 21, "S390X": 22,
            "RISCV64": 243}
KDUMP = (b"KDUMP   ", b"DISKDUMP", b"makedumpfile")
PAGE = 4096


def dumps_open():
    """Files of this process that are dumps: drgn of Debian 12 does not say which is its own."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        fd = "/proc/self/fd/" + name
        try:
            path = os.readlink(fd)
            if not path.startswith("/") or not os.path.isfile(fd):
                continue
            with open(fd, "rb") as f:
                head = f.read(16)
            if head.startswith(KDUMP) or head.startswith(b"\x7fELF") and Core(fd):
                found.add(path)
        except (OSError, ValueError):   # a file that is no core
            continue
    return sorted(found)


def dump_of(prog):
    path = getattr(prog, "core_dump_path", None)
    found = [path] if path else dumps_open()
    if len(found) == 1:
        return found[0]
    raise ValueError("drgn has several dumps open (%s): say which, as in dma.dump = %r" % (
        ", ".join(found), found[0]) if found else "drgn has no dump open")


class Dump(Memory):
    """drgn gives bytes by physical addresses, and by virtual ones of a process; a kernel's page
    tables the library walks itself. Where there is memory the file's headers tell."""

    def __init__(self, prog, path):
        self.prog, self.target = prog, path
        platform = prog.platform
        self.machine = MACHINES.get(platform.arch.name, 0)
        self.bits = 64 if "IS_64_BIT" in str(platform.flags) else 32
        self.big_endian = "IS_LITTLE_ENDIAN" not in str(platform.flags)
        self.kernel = bool(prog.flags & ProgramFlags.IS_LINUX_KERNEL)
        self.space = PHYSICAL if self.kernel else VIRTUAL
        self.flags = HAS_PHYSICAL | LINUX if self.kernel else HAS_VIRTUAL
        try:
            self.pieces = None
            core = Core(path)
            self.pieces, self.vmcoreinfo = core.pieces(self.space), core.vmcoreinfo
            self.ranges = [(self.space, start, end, 1) for start, end, _ in self.pieces]
        except ValueError:              # compressed
            self.ranges = self.to_max_pfn()
        if self.kernel and not self.vmcoreinfo:
            self.vmcoreinfo = self.own_vmcoreinfo()

    def own_vmcoreinfo(self):
        try:
            return self.prog["VMCOREINFO"].string_()
        except LookupError:             # of an older drgn
            return b""

    def to_max_pfn(self):
        """As crash has it, too: from the first to the last page the kernel knows."""
        try:
            low, high = (int.from_bytes(self.prog.read(self.prog.symbol(x).address, 8),
                                        "big" if self.big_endian else "little")
                         for x in ("min_low_pfn", "max_pfn"))
            page = int(self.prog["PAGE_SIZE"])
        except (LookupError, FaultError) as e:
            raise ValueError("drgn does not know where this dump has memory: load debugging "
                             "information, or use `dma-inspect %s'; %s" % (self.target, e))
        return [(PHYSICAL, low * page, high * page, 0)] if low < high else []

    def read(self, space, addr, n):
        if self.pieces is not None:     # drgn has zeros where a dumper left something out
            at = piece_at(self.pieces, addr)
            n = min(n, at[0]) if at else 0
        got = b""
        try:
            return self.prog.read(addr, n, space == PHYSICAL) if n else b""
        except FaultError:
            pass
        while len(got) < n:
            k = min(n - len(got), PAGE - (addr + len(got)) % PAGE)
            try:
                got += self.prog.read(addr + len(got), k, space == PHYSICAL)
            except FaultError:
                break
        return got

    def ask(self, q):
        if q.what == SYMBOL:
            q.value = self.prog.symbol(q.name.decode()).address
        elif q.what == PLACE and self.kernel:
            symbol = self.prog.symbol(q.addr)
            q.module, q.function = b"vmlinux", symbol.name.encode()[:127]
            q.value = q.addr - symbol.address
        elif q.what in (MEMBER, SIZE):
            self.find_member(q)
        else:
            raise LookupError("not known")

    def find_member(self, q):
        t = self.prog.type("struct " + q.name.decode())
        q.bytes = t.size
        if q.what == SIZE:
            return
        bits = 0
        for name in q.member.decode().split("."):
            member = t.member(name)
            if member.bit_field_size:
                raise LookupError("a bit-field")
            bits += member.bit_offset
            t = member.type
            while hasattr(t, "type") and t.kind.name == "TYPEDEF":
                t = t.type
        q.value, q.bytes = bits // 8, t.size


class Dma:
    """dma("leaks -a") runs a command of dma-inspect on the dump that drgn has open."""

    dump = None                         # its path, where drgn has several open

    def __init__(self):
        self.open = None

    def __repr__(self):
        return 'dma("help") lists the commands, dma("COMMAND") runs one; dma() is dma("dma")'

    def handle(self, prog):
        if prog.flags & ProgramFlags.IS_LIVE:
            raise ValueError("dma reads dumps: for what is live there is dma-inspect(1)")
        path = self.dump or dump_of(prog)
        if not self.open or self.open[0] is not prog or self.open[1] != path:
            handle = Handle("drgn", Dump(prog, path), lambda text: sys.stdout.write(text))
            self.close()
            self.open = prog, path, handle
        return self.open[2]

    def close(self):
        if self.open:
            self.open[2].close()
        self.open = None

    def __call__(self, line="", program=None):
        """program: another one than the shell's `prog`."""
        try:
            error = self.handle(program or prog).run("dma " + line)
        except (MemoryError, OSError, ValueError) as e:
            error = str(e)
        if error:
            sys.stdout.flush()
            print("dma: " + error, file=sys.stderr)


def add_command(run):
    """%dma, where drgn has commands."""
    try:
        from drgn.commands import custom_command, parse_shell_command
    except ImportError:
        return

    @custom_command(name="dma", description="what is known about DMA: adapters, mappings, leaks",
                    usage="**dma** [-j] [--scan] [--region *ADDR*] [*COMMAND* [*ARGUMENT* ...]]",
                    long_description="Commands of dma-inspect; %dma help lists them.",
                    parse=parse_shell_command)
    def command(program, name, args, **kwargs):
        run(" ".join('"%s"' % x if " " in x else x for x in args), program)


dma = Dma()
add_command(dma)
