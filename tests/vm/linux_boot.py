# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""A Linux guest, for linux_check.py: linux.sh as a process, and what it leaves."""
import glob
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
FOR_HURT = ("linux-6.1.zlib.23", "linux-6.1.split.1", "linux-6.1.split.2")


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
        """Some stay in another place, for tests/mem_hurt.py."""
        if os.environ.get("KEEP"):
            return
        hurt = os.path.join(os.path.dirname(self.directory), "hurt")
        os.makedirs(hurt, exist_ok=True)
        for path in glob.glob(glob.escape(self.directory + "/linux-" + self.name) + ".*"):
            if os.path.basename(path) in FOR_HURT:
                os.replace(path, os.path.join(hurt, os.path.basename(path)))
            else:
                os.remove(path)
