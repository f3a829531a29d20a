# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""What gdb has open, as memory for the library: a process, a core of one, an ELF dump of a machine,
a guest of QEMU behind its stub."""
import os
import re
import time

import gdb

from dma_elf import Core, piece_at, symbol_in
from dma_host import Memory
from dma_inspect import (HAS_PHYSICAL, HAS_VIRTUAL, LINE, LINUX, LIVE, MEMBER, PHYSICAL,
                         PHYSICAL_OF, PLACE, SIZE, SLOW, SYMBOL, TRANSLATES, VIRTUAL)

PAGE = 4096
MACHINES = {"i386:x86-64": 62, "i386": 3, "aarch64": 183, "arm": 40, "powerpc:common64": 21,
            "s390:64-bit": 22, "riscv:rv64": 243}
ENOUGH = 1 << 20                        # bytes after which it is known how slow a scan is
PATIENCE = 3                            # seconds that pass without a word


# ---- what gdb knows ----

def read_memory(addr, n):
    """The bytes there are from addr on: gdb itself gives all of them or none."""
    inferior = gdb.selected_inferior()
    try:
        return inferior.read_memory(addr, n).tobytes()
    except gdb.error:
        pass
    got = b""
    while len(got) < n:
        k = min(n - len(got), PAGE - (addr + len(got)) % PAGE)
        if k == n:                      # was just refused
            break
        try:
            got += inferior.read_memory(addr + len(got), k).tobytes()
        except gdb.error:
            break
    return got


def address_of(name):
    """None: gdb has no such symbol."""
    try:
        return int(gdb.parse_and_eval("(unsigned long)&'%s'" % name))
    except gdb.error:
        return None


def find_symbol(q, shift):
    value = address_of(q.name.decode())
    if value is None:
        raise LookupError("no symbol")
    q.value = value + shift


def module_of(image):
    """As the kernel names it, if it is a kernel's."""
    name = os.path.basename(image)
    if not knows_linux():
        return name
    if image == gdb.current_progspace().filename:
        return "vmlinux"
    return re.sub(r"\.ko(\.debug)?$", "", name).replace("-", "_")


def find_place(q, shift):
    """"main + 4 in section .text of /bin/x": the last part is there where there are several."""
    text = gdb.execute("info symbol 0x%x" % (q.addr - shift), to_string=True)
    m = re.match(r"(\S+)(?: \+ (\d+))? in section \S+(?: of (.*))?$", text.split("\n")[0])
    if not m:
        raise LookupError(text)
    space = gdb.current_progspace()
    image = m[3] or space.solib_name(q.addr - shift) or space.filename
    q.module, q.function = module_of(image).encode()[:63], m[1].encode()[:127]
    q.value = int(m[2] or 0)


def find_line(q, shift):
    at = gdb.find_pc_line(q.addr - shift)
    if not at.symtab or not at.line:
        raise LookupError("no line")
    q.line = ("%s:%d" % (at.symtab.filename, at.line)).encode()[:255]


def find_member(q, _):
    t = gdb.lookup_type("struct " + q.name.decode()).strip_typedefs()
    q.bytes = t.sizeof
    if q.what == SIZE:
        return
    bits = 0
    for name in q.member.decode().split("."):
        field = t[name]
        if field.bitsize:
            raise LookupError("a bit-field")
        bits += field.bitpos
        t = field.type.strip_typedefs()
    q.value, q.bytes = bits // 8, t.sizeof


ANSWERS = {SYMBOL: find_symbol, PLACE: find_place, LINE: find_line, MEMBER: find_member,
           SIZE: find_member}


def knows_linux():
    """Are the symbols that gdb has a Linux kernel's?"""
    return address_of("linux_banner") is not None


# ---- processes ----

class Gdb(Memory):
    """Names are gdb's own."""

    shift = 0                           # from gdb's addresses to the target's; None: not known

    def __init__(self):
        self.machine = MACHINES.get(gdb.selected_inferior().architecture().name(), 0)
        self.bits = 8 * gdb.lookup_type("long").sizeof
        self.big_endian = "big endian" in gdb.execute("show endian", to_string=True)

    def read(self, space, addr, n):
        return read_memory(addr, n)

    def ask(self, q):
        if self.shift is None:
            raise LookupError("nobody knows where the symbols belong")
        ANSWERS[q.what](q, self.shift)


def no_map():
    return gdb.GdbError("dma: gdb has no map of this target's memory: dma-inspect(1) may know the "
                        "target, as in `dma-inspect gdb:HOST:PORT'")


def ranges_of(rows):
    return [(VIRTUAL, int(start, 16), int(end, 16), 0) for start, end in rows]


class Process(Gdb):
    flags = HAS_VIRTUAL | LIVE

    def __init__(self, target):
        super().__init__()
        self.target = target
        try:
            text = gdb.execute("info proc mappings", to_string=True)
        except gdb.error:
            raise no_map() from None
        # readable ones; the kernel's own, [vvar] and [vsyscall], may not be read
        self.ranges = ranges_of((m[1], m[2]) for m in re.finditer(
            r"^\s*0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+0x[0-9a-f]+\s+0x[0-9a-f]+\s+(\S+)\s*(.*)$",
            text, re.M) if m[3].startswith("r") and m[4] not in ("[vvar]", "[vsyscall]"))
        if not self.ranges:
            raise no_map()


class ProcessCore(Gdb):
    """What it holds: its sections load1, load2 and so on."""

    flags = HAS_VIRTUAL

    def __init__(self, path):
        super().__init__()
        self.target = path
        text = gdb.execute("info files", to_string=True)
        self.ranges = ranges_of(re.findall(
            r"^\s*0x([0-9a-f]+) - 0x([0-9a-f]+) is load\w*$", text, re.M))
        if not self.ranges:
            raise no_map()


# ---- a machine's dump ----

class MachineCore(Gdb):
    """gdb reads by p_vaddr alone: what stands at a physical address the headers tell."""

    def __init__(self, path, core):
        super().__init__()
        if core.ambiguous():
            raise gdb.GdbError("dma: segments of this dump share addresses, gdb cannot tell them "
                               "apart: `dma-inspect %s' can" % path)
        self.target, self.machine, self.bits = path, core.machine, 64 if core.wide else 32
        self.big_endian, self.vmcoreinfo = core.order == ">", core.vmcoreinfo
        self.pieces = {PHYSICAL: core.pieces(PHYSICAL)}
        self.flags = HAS_PHYSICAL | (LINUX if b"OSRELEASE=" in core.vmcoreinfo else 0)
        if core.has_virtual():
            self.pieces[VIRTUAL] = core.pieces(VIRTUAL)
            self.flags |= HAS_VIRTUAL
        self.ranges = [(space, start, end, 1) for space in sorted(self.pieces)
                       for start, end, _ in self.pieces[space]]
        self.shift = self.find_shift()

    def find_shift(self):
        """What KASLR added, less what the user has added already."""
        if not knows_linux():
            return 0
        theirs, own = symbol_in(self.vmcoreinfo, "_stext"), address_of("_stext")
        return None if theirs is None or own is None else theirs - own

    def read(self, space, addr, n):
        at = piece_at(self.pieces[space], addr)
        return read_memory(at[1], min(n, at[0])) if at else b""


# ---- a guest of QEMU ----

def packet(text):
    """What a remote target answers; None: it is no remote target."""
    try:
        m = re.search(r'^received: "(.*)"', gdb.execute("maintenance packet " + text,
                                                        to_string=True), re.M)
    except gdb.error:
        return None
    return m and m[1]


def flush():
    """gdb may keep bytes by address where the user told it to (`mem ... cache')."""
    try:
        gdb.execute("maintenance flush dcache", to_string=True)
    except gdb.error:
        pass                            # an old one has another name for it


def say_aside(text):
    """Not through gdb, whose `pipe' takes both of its streams."""
    os.write(2, text.encode())


class Qemu(Gdb):
    """By physical addresses, which its stub reads in a mode of its own. That is on while a command
    reads, off whenever gdb itself may, and put back at the end whatever happens. A read beside the
    RAM is answered with zeros, one of a device does what the device does then: so virtual addresses
    are translated by the monitor, and the library holds all of them against the map of the
    machine."""

    flags = HAS_PHYSICAL | TRANSLATES | SLOW

    def __init__(self, target):
        super().__init__()
        self.target, self.page = target, {}
        self.flags |= LINUX if knows_linux() else 0
        self.qemu_map = gdb.execute("monitor info mtree -f", to_string=True)
        self.began, self.last, self.told = (0, 0), 1 << 64, False
        self.before = self.mode = None

    def begin(self):
        self.before = self.mode = packet("qqemu.PhyMemMode")
        if self.before not in ("0", "1"):
            raise gdb.GdbError("dma: QEMU does not answer")

    def end(self):
        """Again after ^C: else gdb would take physical addresses for virtual ones."""
        for _ in range(8):
            try:
                if self.before in ("0", "1"):
                    self.set_mode(self.before)
                return
            except KeyboardInterrupt:
                pass                    # the command has ended already

    def set_mode(self, mode):
        if self.mode == mode:
            return
        self.mode = None                # not known, if ^C comes now
        if packet("Qqemu.PhyMemMode:" + mode) != "OK":
            raise gdb.GdbError("dma: QEMU does not read %s addresses" % (
                "physical" if mode == "1" else "virtual"))
        flush()
        self.mode = mode

    def read(self, space, addr, n):
        self.set_mode("1")
        return read_memory(addr, n)

    def ask(self, q):
        if q.what != PHYSICAL_OF:
            self.set_mode(self.before)
            super().ask(q)
            return
        page = q.addr & -PAGE
        if page not in self.page:
            text = gdb.execute("monitor gva2gpa 0x%x" % page, to_string=True)
            m = re.search(r"gpa: (?:0x)?([0-9a-f]+)", text)
            self.page[page] = m and int(m[1], 16) & -PAGE
        if self.page[page] is None:
            raise LookupError("not mapped")
        q.value = self.page[page] | q.addr & PAGE - 1

    def progress(self, what, done, total):
        """How slow it is the first bytes tell."""
        now = time.monotonic()
        if done < self.last:            # a work that begins
            self.began, self.told = (now, done), False
        self.last, seen = done, done - self.began[1]
        if seen >= ENOUGH and not self.told:
            self.told = True
            rate = seen / max(now - self.began[0], 1e-6)
            if (total - done) / rate > PATIENCE:
                say_aside("dma: looking through %d MiB of memory by way of QEMU takes about %d s "
                          "(%.1f MB/s); ^C stops it\n" % (total >> 20, total / rate + 1,
                                                          rate / 1e6))


# ---- which of them ----

RESUMED = [0]                           # how often anything ran or was written to


def count(_):
    RESUMED[0] += 1


gdb.events.cont.connect(count)
gdb.events.memory_changed.connect(count)


def core_path():
    text = gdb.execute("info files", to_string=True)
    m = re.search(r"^\s+`(.*)', file type", text[text.find("core dump file"):], re.M)
    return m[1] if m else "core"


def open_core(path):
    try:
        core = Core(path)
    except (OSError, ValueError):       # gdb knows more formats, of processes
        return ProcessCore(path)
    return MachineCore(path, core) if core.is_machine else ProcessCore(path)


def now_open():
    """(what it is, how to open it, does that stay good), of the selected inferior. What it is
    changes with all that the answers rest on."""
    inferior = gdb.selected_inferior()
    connection = inferior.connection
    kind = connection.type if connection else ""
    program = gdb.current_progspace().filename
    if kind == "core":
        path = core_path()
        return (inferior.num, path, program), lambda: open_core(path), True
    if not inferior.pid:
        raise gdb.GdbError("dma: no process and no core")
    if "remote" in kind and packet("qqemu.PhyMemMode") in ("0", "1"):
        details = connection.details or ""
        target = "gdb:" + ("unix:" if details.startswith("/") else "") + details
        return (inferior.num, target, program, RESUMED[0]), lambda: Qemu(target), True
    target = "pid:%d" % inferior.pid
    return (inferior.num, target), lambda: Process(target), False
