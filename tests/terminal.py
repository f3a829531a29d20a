# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Programs that are typed to."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time


class Terminal:
    """A program on a terminal of (rows, columns), its prompt (a pattern) and how many seconds it
    may take to it."""

    def __init__(self, argv, env, prompt=r"dma> $", limit=15, size=None):
        self.prompt, self.limit = prompt, limit
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            if size:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
            os.execve(argv[0], argv, env)
        self.seen = ""

    def until(self, want, seconds=15):
        """Reads until the pattern shows up; what came, or None."""
        end = time.monotonic() + seconds
        while not re.search(want, self.seen):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                return None
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                return None
            if not data:
                return None
            self.seen += data.decode("utf-8", "replace")
        got, self.seen = self.seen, ""
        return got

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait(self, what):
        """What came until the prompt."""
        got = self.until(self.prompt, self.limit)
        if not got:
            raise OSError("%s: %s" % (what, self.seen))
        return got

    def ask(self, line):
        self.type(line + "\n")
        return self.wait(line + ": no answer")

    def end(self):
        end = time.monotonic() + 10
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            select.select([self.fd], [], [], 0.05)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        return None
