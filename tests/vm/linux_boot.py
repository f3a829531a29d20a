# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""A Linux guest, for linux_check.py: linux.sh as a process, and what it leaves."""
import glob
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


class Boot:
    """One guest, booted and dumped beside what else goes on."""

    def __init__(self, build, directory, name):
        self.name, self.directory = name, directory
        self.process = subprocess.Popen(
            [os.path.join(HERE, "linux.sh"), build, directory, *name.split("-")],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def wait(self):
        """None, or why there are no dumps: a line that says it."""
        _, err = self.process.communicate()
        err = " ".join(err.split())[-400:]
        if self.process.returncode == 77:
            return "skip linux %s: %s" % (self.name, err)
        return self.process.returncode and "not ok linux %s: no dumps: %s" % (self.name, err)

    def remove(self):
        if not os.environ.get("KEEP"):
            for path in glob.glob(glob.escape(self.directory + "/linux-" + self.name) + ".*"):
                os.remove(path)
