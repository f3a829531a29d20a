#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Every page of a kernel's dumps, in each form that makedumpfile gave them: as dma-inspect reads
them, as its scan by threads sees them, and as libkdumpfile does.

	linux_pages.py BUILD-DIRECTORY PREFIX...

PREFIX: the name of linux.sh's dumps up to their last dots."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))

# Forms that hold the same pages. libkdumpfile does not open the flattened ones, and one file only.
# QEMU names no machine but x86 in its header, and libkdumpfile then reads no page.
SAME = [["kdump", "kdump.flat"], ["zlib.0", "lzo.0", "plain.0", "snappy.0", "zstd.0"],
        ["zlib.23", "lzo.23", "plain.23", "snappy.23", "zstd.23", "v2.23", "v5.23", "flat.23",
         "split.1+split.2"], ["zlib.31", "lzo.31", "plain.31", "snappy.31", "zstd.31"]]
ALONE = ("kdump.flat", "flat.23", "split.1+split.2")
LIMIT = 300


class Dumps:
    def __init__(self, build, prefix):
        self.probe, self.prefix = os.path.join(build, "tests", "mem_probe"), prefix

    def there(self, form):
        return all(os.path.exists("%s.%s" % (self.prefix, x)) for x in form.split("+"))

    def run(self, files, *command, options=()):
        first, *more = files
        parts = [x for p in more for x in ("-p", p)]
        return subprocess.run([self.probe, *options, *parts, first, *command], capture_output=True,
                              timeout=LIMIT)

    def ask(self, form, *command, options=()):
        files = ["%s.%s" % (self.prefix, x) for x in form.split("+")]
        r = self.run(files, *command, options=options)
        return (r.stdout or r.stderr).decode().strip()

    def read(self, files, address):
        """Is there anything at that physical address?"""
        return self.run(files, "read", "phys", address, "8").returncode == 0

    def sums(self, form):
        """What each way of reading makes of all pages of a form."""
        got = {form: self.ask(form, "sum", "phys"),
               form + " by threads": self.ask(form, "heads", "phys", "4096")}
        if form not in ALONE and not (form == "kdump" and "-arm64" in self.prefix):
            got[form + " by libkdumpfile"] = self.ask(form, "sum", "phys", options=("-l",))
        return got


def check(build, prefix):
    """[(what, why it is wrong, or None)] of each group of forms."""
    dumps, out = Dumps(build, prefix), []
    for group in SAME:
        got = {}
        for form in group:
            if dumps.there(form):
                got.update(dumps.sums(form))
        if got:
            good = len(set(got.values())) == 1 and " missed 0 " in next(iter(got.values()))
            out.append((", ".join(got), None if good else str(got)))
    return out


def main():
    failed = 0
    for prefix in sys.argv[2:]:
        for what, why in check(sys.argv[1], prefix):
            failed += why is not None
            print("%s every page of %s %s%s" % ("not ok" if why else "ok", os.path.basename(prefix),
                                                what, ": " + why if why else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
