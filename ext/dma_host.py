# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""What hosts written in Python have in common: a handle of libdma-inspect.so over the memory that a
debugger has open, and ^C. All commands are in the library; nothing here knows one."""
import codecs
import ctypes
import os
import signal
import sys

from dma_inspect import (ASK, BIG_ENDIAN, LINUX, NAMES_LAST, PROGRESS, READ, WORD, WRITE, Host,
                         Question, load)

HERE = os.path.dirname(os.path.abspath(__file__))


def find_library():
    """Beside this file (a build), in the lib to its share/dma-inspect, else where the linker
    looks."""
    name = "libdma-inspect.so.0"
    lib = os.path.join(HERE, "..", "..", "lib")
    near = [os.path.join(HERE, name), os.path.join(lib, name),
            os.path.join(lib, getattr(sys.implementation, "_multiarch", ""), name)]
    return next((x for x in near if os.path.exists(x)), name)


LIB, LIBC = load(find_library()), ctypes.CDLL(None)


class Memory:
    """What a debugger has open; each kind overrides what it knows better. Methods may raise."""

    flags, machine, bits, big_endian = 0, 0, 64, False
    target = ""                         # as the user would name it
    ranges = ()                         # (space, start, end, surely)
    vmcoreinfo = b""
    qemu_map = None                     # text of QEMU's `info mtree -f`

    def begin(self):
        """A command begins."""

    def end(self):
        """It has ended, in whatever way."""

    def read(self, space, addr, n):
        """The bytes there are from addr on."""
        raise NotImplementedError

    def ask(self, q):
        """Fills in the answer, or raises."""
        raise LookupError("nothing is known")

    def progress(self, what, done, total):
        """Long work of the library has come so far."""


class Interrupts:
    """^C stops the handle's command while this lasts. As Python has it ^C raises KeyboardInterrupt
    between any two steps of ours, the first of a callback before its `try` too: then the callback
    is left by an exception, and its answer is lost. Now only gdb's functions raise it, which look
    for ^C first. signal() would put back Python's handler afterwards, not the debugger's, so that
    is kept as libc has it."""

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


class Handle:
    """One of the library's, over a Memory. Callbacks must not raise."""

    def __init__(self, name, memory, say):
        """say(text) shows an answer; what it raises ends the command."""
        self.memory, self.say, self.decoder = memory, say, None
        # ctypes does not keep them, and the library calls them
        self.keep = READ(self.read), ASK(self.ask), WRITE(self.write), PROGRESS(self.progress)
        flags = memory.flags | (BIG_ENDIAN if memory.big_endian else 0)
        flags |= NAMES_LAST if flags & LINUX else 0
        host = Host(ctypes.sizeof(Host), flags, memory.machine, memory.bits, 0, name.encode(),
                    memory.target.encode("utf-8", "surrogateescape"), None, *self.keep)
        self.d = ctypes.c_void_p()
        if LIB.dma_inspect_open(ctypes.byref(host), ctypes.byref(self.d)):
            raise MemoryError("not enough memory")
        for space, start, end, surely in memory.ranges:
            LIB.dma_inspect_range(self.d, space, start, end, surely)
        if memory.vmcoreinfo:
            LIB.dma_inspect_vmcoreinfo(self.d, memory.vmcoreinfo, len(memory.vmcoreinfo))
        if memory.qemu_map and LIB.dma_inspect_qemu_map(self.d, memory.qemu_map.encode()):
            self.close()
            raise ValueError("QEMU does not say where its RAM is (`info mtree -f'), and answers "
                             "reads beside it with zeros: nothing is read")

    def close(self):
        LIB.dma_inspect_close(self.d)
        self.d = None

    def read(self, _, space, addr, buf, n):
        for _ in range(4):              # what is missing is not what ^C kept from being read
            try:
                got = self.memory.read(space, addr, n)
                ctypes.memmove(buf, got, len(got))
                return len(got)
            except KeyboardInterrupt:
                LIB.dma_inspect_stop(self.d)
            except BaseException:
                break
        return 0

    def ask(self, _, question):
        try:
            self.memory.ask(Question.from_address(question))
            return 1
        except KeyboardInterrupt:
            LIB.dma_inspect_stop(self.d)
        except BaseException:
            pass
        return 0

    def write(self, _, text, n):
        try:
            self.say(self.decoder.decode(ctypes.string_at(text, n)))
            return 0
        except BaseException:           # q in the pager
            return 1

    def progress(self, _, what, size, done, total):
        try:
            if size:
                self.memory.progress(what.decode(), done, total)
        except KeyboardInterrupt:
            LIB.dma_inspect_stop(self.d)
        except BaseException:
            pass

    def run(self, line):
        """Runs one line. Returns why the answer is not whole, "" if it is."""
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        with Interrupts(self.d):
            try:
                self.memory.begin()
                LIB.dma_inspect_run(self.d, line.encode("utf-8", "surrogateescape"), 0)
            finally:
                self.memory.end()
        return LIB.dma_inspect_error(self.d).decode("utf-8", "replace")

    def complete(self, line, at):
        words = []
        LIB.dma_inspect_complete(self.d, line.encode(), at, WORD(
            lambda _, word: words.append(word.decode())), None)
        return words
