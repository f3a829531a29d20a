#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""What the scan of a kdump-compressed dump costs: against plain decompression of all its pages by
one thread, and against libkdumpfile reading them in order.

The dumps have 256 MiB of pages: files of /usr, as a page cache holds them, and one page in eight of
zeros. Prints one line a figure: NAME RATIO GOAL ok|short  what was compared.
"""
import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bench_read import WORK, O, say, skip  # noqa: E402
import kdump_make  # noqa: E402

TOOL = os.path.join(O, "tests", "kdump_plain")
PAGE, PAGES, ROUNDS = 4096, 65536, 7


def contents():
    """Bytes of files, page by page."""
    for folder, _, names in sorted(os.walk("/usr")):
        for name in sorted(names):
            path = os.path.join(folder, name)
            try:
                if os.path.islink(path) or not os.path.isfile(path):
                    continue
                with open(path, "rb") as f:
                    while page := f.read(PAGE):
                        yield page.ljust(PAGE, b"\0")
            except OSError:
                continue


def make_pages():
    pages, source = {}, contents()
    for pfn in range(PAGES):
        pages[pfn] = bytes(PAGE) if pfn % 8 == 7 else next(source, bytes(PAGE))
    return pages


def run(mode, path):
    start = time.monotonic()
    out = subprocess.run([TOOL, mode, path], capture_output=True, check=True).stdout
    if int(out) != PAGES:
        raise RuntimeError("%s sees %s pages" % (mode, out.decode().strip()))
    return time.monotonic() - start


def bench(method, path):
    run("read", path)
    times = {"plain": [], "library": [], "scan": []}
    for _ in range(ROUNDS):
        for mode, seen in times.items():
            seen.append(run(mode, path))
    scan, plain, library = (statistics.median(times[m]) for m in ("scan", "plain", "library"))
    mb = PAGES * PAGE / 1e6 / scan
    say("kdump-scan-%s" % method, scan / plain, 0.6,
        "first bytes of all pages against one thread decompressing them (%d MB/s)" % mb)
    say("kdump-scan-%s-library" % method, scan / library, 0.08 if method == "none" else 0.25,
        "the same against libkdumpfile reading them in order")


def main():
    os.makedirs(WORK, exist_ok=True)
    pages = make_pages()
    for method in kdump_make.METHODS:
        if not kdump_make.has(method):
            skip("kdump-scan-%s" % method, "the compressor is not installed")
            continue
        path = os.path.join(WORK, "pages." + method)
        with open(path, "wb") as f:
            f.write(kdump_make.Dump(pages, method=method).write())
        try:
            bench(method, path)
        except (OSError, RuntimeError, subprocess.CalledProcessError) as e:
            skip("kdump-scan-%s" % method, str(e))
        os.unlink(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
