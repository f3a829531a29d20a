# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""The commands of dma-inspect in gdb, as `dma` and `!dma`: `source dma-gdb.py`.

All commands are in libdma-inspect.so, which reads through gdb; this file knows none. In a live
process, a process under gdbserver, and a process core.

set dma bang off   leaves lines that begin with ! to the shell, as gdb has them without this file.
"""
import codecs
import ctypes
import os
import re
import signal
import sys

import gdb

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from dma_inspect import (ASK, BIG_ENDIAN, HAS_VIRTUAL, LINE, LIVE, MEMBER, PLACE,  # noqa: E402
                         READ, SIZE, SYMBOL, VIRTUAL, WORD, WRITE, Host, Question, load)

PAGE = 4096
MACHINES = {"i386:x86-64": 62, "i386": 3, "aarch64": 183, "arm": 40, "powerpc:common64": 21,
            "s390:64-bit": 22, "riscv:rv64": 243}


def find_library():
    """Beside this file (a build), in the lib to its share/dma-inspect, else where the linker
    looks."""
    name = "libdma-inspect.so.0"
    near = [os.path.join(HERE, name), os.path.join(HERE, "..", "..", "lib", name)]
    return next((x for x in near if os.path.exists(x)), name)


LIB, LIBC = load(find_library()), ctypes.CDLL(None)


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


def find_symbol(q):
    q.value = int(gdb.parse_and_eval("(unsigned long)&'%s'" % q.name.decode()))


def find_place(q):
    """"main + 4 in section .text of /bin/x": the last part is there where there are several."""
    text = gdb.execute("info symbol 0x%x" % q.addr, to_string=True)
    m = re.match(r"(\S+)(?: \+ (\d+))? in section \S+(?: of (.*))?$", text.split("\n")[0])
    if not m:
        raise LookupError(text)
    space = gdb.current_progspace()
    image = m[3] or space.solib_name(q.addr) or space.filename
    q.module, q.function = os.path.basename(image).encode()[:63], m[1].encode()[:127]
    q.value = int(m[2] or 0)


def find_line(q):
    at = gdb.find_pc_line(q.addr)
    if not at.symtab or not at.line:
        raise LookupError("no line")
    q.line = ("%s:%d" % (at.symtab.filename, at.line)).encode()[:255]


def find_member(q):
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


def core_ranges():
    """What the core holds: its sections load1, load2 and so on."""
    text = gdb.execute("info files", to_string=True)
    return re.findall(r"^\s*0x([0-9a-f]+) - 0x([0-9a-f]+) is load\w*$", text, re.M)


def process_ranges():
    """Readable mappings; the kernel's own, [vvar] and [vsyscall], may not be read."""
    text = gdb.execute("info proc mappings", to_string=True)
    return [(m[1], m[2]) for m in re.finditer(
        r"^\s*0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+0x[0-9a-f]+\s+0x[0-9a-f]+\s+(\S+)\s*(.*)$", text,
        re.M) if m[3].startswith("r") and m[4] not in ("[vvar]", "[vsyscall]")]


# ---- a handle ----

class Interrupts:
    """^C stops the handle's command while this lasts. As gdb has it ^C raises KeyboardInterrupt
    between any two steps of ours, the first of a callback before its `try` too: then the callback
    is left by an exception, and its answer is lost. Now only gdb's functions raise it, which look
    for ^C first. signal() would put back Python's handler afterwards, not gdb's, so that is kept as
    libc has it."""

    def __init__(self, d):
        self.d, self.before = d, ctypes.create_string_buffer(256)       # struct sigaction: 152

    def caught(self, *_):
        LIB.dma_inspect_stop(self.d)

    def __enter__(self):
        LIBC.sigaction(signal.SIGINT, None, self.before)
        self.handler = signal.signal(signal.SIGINT, self.caught)

    def __exit__(self, *_):
        signal.signal(signal.SIGINT, self.handler or signal.default_int_handler)
        LIBC.sigaction(signal.SIGINT, self.before, None)


class Session:
    """A handle of the library, for what gdb has open. Callbacks must not raise."""

    def __init__(self, key, live):
        self.key, self.decoder = key, None
        # ctypes does not keep them, and the library calls them
        self.keep = READ(self.read), ASK(self.ask), WRITE(self.write)
        arch = gdb.selected_inferior().architecture().name()
        big = "big endian" in gdb.execute("show endian", to_string=True)
        target = key[1].encode("utf-8", "surrogateescape")
        host = Host(ctypes.sizeof(Host),
                    HAS_VIRTUAL | (LIVE if live else 0) | (BIG_ENDIAN if big else 0),
                    MACHINES.get(arch, 0), 8 * gdb.lookup_type("long").sizeof, 0, b"gdb", target,
                    None, *self.keep)
        self.d = ctypes.c_void_p()
        if LIB.dma_inspect_open(ctypes.byref(host), ctypes.byref(self.d)):
            raise gdb.GdbError("dma: not enough memory")
        try:
            ranges = process_ranges() if live else core_ranges()
        except gdb.error:
            ranges = []
        if not ranges:
            LIB.dma_inspect_close(self.d)
            raise gdb.GdbError("dma: gdb has no map of this target's memory: dma-inspect(1) may "
                               "know the target, as in `dma-inspect gdb:HOST:PORT'")
        for start, end in ranges:
            LIB.dma_inspect_range(self.d, VIRTUAL, int(start, 16), int(end, 16), 0)

    def close(self):
        LIB.dma_inspect_close(self.d)
        self.d = None

    def read(self, _, space, addr, buf, n):
        for _ in range(4):              # what is missing is not what ^C kept from being read
            try:
                got = read_memory(addr, n)
                ctypes.memmove(buf, got, len(got))
                return len(got)
            except KeyboardInterrupt:
                LIB.dma_inspect_stop(self.d)
            except BaseException:
                break
        return 0

    def ask(self, _, question):
        try:
            q = Question.from_address(question)
            ANSWERS[q.what](q)
            return 1
        except KeyboardInterrupt:
            LIB.dma_inspect_stop(self.d)
        except BaseException:
            pass
        return 0

    def write(self, _, text, n):
        try:
            gdb.write(self.decoder.decode(ctypes.string_at(text, n)))
            return 0
        except BaseException:           # q in the pager
            return 1

    def run(self, line):
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        with Interrupts(self.d):
            LIB.dma_inspect_run(self.d, line.encode("utf-8", "surrogateescape"), 0)
        gdb.flush()
        error = LIB.dma_inspect_error(self.d).decode("utf-8", "replace")
        if error:
            raise gdb.GdbError("dma: " + error)

    def complete(self, line, at):
        words = []
        LIB.dma_inspect_complete(self.d, line.encode(), at, WORD(
            lambda _, word: words.append(word.decode())), None)
        return words


SESSION = [None]


def session(kept=False):
    """Of the selected inferior; a live one's mappings are told anew, unless `kept` is enough."""
    inferior = gdb.selected_inferior()
    connection = inferior.connection
    kind = connection.type if connection else ""
    if kind == "core":
        text = gdb.execute("info files", to_string=True)
        m = re.search(r"^\s+`(.*)', file type", text[text.find("core dump file"):], re.M)
        key = inferior.num, m[1] if m else "core"
    elif inferior.pid:
        key = inferior.num, "pid:%d" % inferior.pid
    else:
        raise gdb.GdbError("dma: no process and no core")
    old = SESSION[0]
    if old and (old.key != key or (kind != "core" and not kept)):
        old.close()
        SESSION[0] = None
    if not SESSION[0]:
        SESSION[0] = Session(key, kind != "core")
    return SESSION[0]


def complete(line):
    """Words for the last one of the line. gdb puts them behind what it takes for the last word,
    which begins after a dash or a dot, too."""
    last = line.split(" ")[-1]
    try:
        words = session(kept=True).complete(line, len(line) - len(last))
    except gdb.error:
        return []
    cut = len(last) - len(re.split(r"[^\w]", last)[-1])
    return [word[cut:] for word in words]


# ---- commands ----

class Dma(gdb.Command):
    """What a DMA verifier left in memory: adapters, mappings, leaks, violations.
dma [-j] [--scan] [--region ADDR] [COMMAND [ARGUMENT ...]]
`dma help' lists the commands; `!dma' is the same, unless `set dma bang off'."""

    def __init__(self):
        super().__init__("dma", gdb.COMMAND_DATA)

    def invoke(self, arg, from_tty):
        session().run("dma " + arg if arg else "dma")

    def complete(self, text, word):
        return complete("dma " + text)


class SetDma(gdb.Command):
    """Settings of the command dma."""

    def __init__(self, verb):
        super().__init__(verb + " dma", gdb.COMMAND_DATA, prefix=True)


class Bang(gdb.Parameter):
    """Whether !dma is the command dma, and not one for the shell."""
    set_doc = show_doc = __doc__

    def __init__(self):
        super().__init__("dma bang", gdb.COMMAND_DATA, gdb.PARAM_BOOLEAN)
        self.value = True

    def get_set_string(self):
        return ""

    def get_show_string(self, value):
        return "!dma is the command dma: %s." % value


class Shell(gdb.Command):
    """The shell, as before; but !dma is the command dma (set dma bang on)."""

    def __init__(self):
        super().__init__("!", gdb.COMMAND_SUPPORT)

    def invoke(self, arg, from_tty):
        word, _, rest = arg.partition(" ")
        if word == "dma" and gdb.parameter("dma bang"):
            gdb.execute("dma " + rest, from_tty)
        else:
            gdb.execute("shell " + arg, from_tty)

    def complete(self, text, word):
        return complete(text) if text.startswith("dma ") else []


SetDma("set")
SetDma("show")
Bang()
Shell()
Dma()
if gdb.parameter("history expansion"):
    gdb.write("dma-gdb.py: with `set history expansion on' gdb takes !dma for itself: type dma\n",
              gdb.STDERR)
