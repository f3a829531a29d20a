# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""The commands of dma-inspect in gdb, as `dma` and `!dma`: `source dma-gdb.py`.

All commands are in libdma-inspect.so, which reads through gdb; this file knows none. In a live
process, a process under gdbserver, a process core, an ELF dump of a machine, a guest of QEMU behind
its stub.

set dma bang off   leaves lines that begin with ! to the shell, as gdb has them without this file.
"""
import os
import re
import sys

import gdb

# not __file__: that is the outermost file's, if another one sources this
sys.path.insert(0, os.path.dirname(os.path.abspath(sys._getframe().f_code.co_filename)))
from dma_gdb_memory import now_open     # noqa: E402
from dma_host import Handle             # noqa: E402

SESSION = [None]


def session(kept=False):
    """A handle for what gdb has open now; of a live process a new one, unless `kept` is enough."""
    key, make, stays = now_open()
    old = SESSION[0]
    if old and (old[0] != key or not (stays or kept)):
        old[1].close()
        SESSION[0] = None
    if not SESSION[0]:
        try:
            SESSION[0] = key, Handle("gdb", make(), gdb.write)
        except (MemoryError, ValueError) as e:
            raise gdb.GdbError("dma: %s" % e)
    return SESSION[0][1]


def run(line):
    error = session().run(line)
    gdb.flush()
    if error:
        raise gdb.GdbError("dma: " + error)


def complete(line):
    """Words for the last one of the line. gdb puts them behind what it takes for the last word,
    which begins after a dash or a dot, too."""
    last = line.split(" ")[-1]
    try:
        words = session(kept=True).complete(line, len(line) - len(last))
    except (gdb.error, gdb.GdbError):
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
        run("dma " + arg if arg else "dma")

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
            run("dma " + rest)
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
