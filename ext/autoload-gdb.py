# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Loads the command dma into gdb for a program that embeds the verifier: such a program names this
file in its .debug_gdb_scripts (core/port/posix/gdb_script.h)."""
import os
import sys

import gdb

HERE = os.path.dirname(os.path.abspath(sys._getframe().f_code.co_filename))
SCRIPT = os.path.join(HERE, "..", "..", "dma-inspect", "dma-gdb.py")

if os.path.exists(SCRIPT) and "dma_gdb_memory" not in sys.modules:
    try:
        gdb.execute("source " + SCRIPT)
    except gdb.error as e:
        gdb.write("the command dma is not there: %s\n" % e, gdb.STDERR)
