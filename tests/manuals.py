#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""The manual pages: what mandoc and groff think of them, and what dma-region(5) says against
core/SPEC.md, which spec_offsets.py holds against the header."""
import glob
import os
import re
import shutil
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGES = sorted(glob.glob(TOP + "/ext/*.[1-9]"))
# What mandoc says of the machine it runs on: which manuals are installed there.
ELSEWHERE = re.compile(r"referenced manual not found|mandoc\.db")
failed = 0


def case(name, why):
    global failed
    failed += bool(why)
    print("not ok manuals %s: %s" % (name, str(why)[:400].replace("\n", "|")) if why else
          "ok manuals " + name, flush=True)


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return f.read()


def said(*argv):
    """What a program says, on both channels."""
    r = subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=60,
                       env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80"})
    return r.stdout, r.stderr, r.returncode


def checked(path):
    name = os.path.basename(path)
    if shutil.which("mandoc"):
        out, err, _ = said("mandoc", "-T", "lint", path)
        case("mandoc " + name, "\n".join(
            x for x in (out + err).splitlines() if not ELSEWHERE.search(x)))
    else:
        print("skip manuals mandoc %s: mandoc is not installed" % name)
    if shutil.which("man"):
        out, err, code = said("man", "--warnings", "-E", "UTF-8", "-l", path)
        case("man " + name, err or (code and "exit code %d" % code) or
             ("no text" if len(out) < 1000 else None))
    else:
        print("skip manuals man %s: man-db is not installed" % name)
    title = re.search(r"^\.Dt (\S+) (\d)$", read(path), re.M)
    case("title " + name, None if title and "%s.%s" % (title[1].lower(), title[2]) == name else
         "%s" % title)


def references():
    """Pages of ours that others lead to are there."""
    ours = {os.path.basename(p) for p in PAGES}
    for path in PAGES:
        for name, n in re.findall(r"^\.Xr (\S*dma\S*) (\d)", read(path), re.M):
            if "%s.%s" % (name, n) not in ours:
                return "%s: %s(%s)" % (path, name, n)
    return None if len(ours) > 2 else "%s" % ours


# ---- dma-region(5) ----

def tables(spec, page):
    """Number, rows and size of each table."""
    kinds = {int(n): rows for n, rows in
             re.findall(r"^\| `DMV_ABI_K_\w+` \| (\d+) \| (.*) \|$", spec, re.M) if int(n)}
    sizes = [int(x) for x in re.findall(r"^### 6\.\d+ .*, (\d+) bytes$", spec, re.M)]
    want = [(n, sizes[n - 1]) for n in sorted(kinds)]
    got = re.findall(r"^\.It (\d+) Ta (.+?) Ta (\d+) Ta (.+)$", page, re.M)
    if [(int(n), int(size)) for n, _, size, _ in got] != want or len(got) < 10:
        return "%s, not %s" % (got, want)
    return [(n, kinds[int(n)]) for n, rows, _, text in got
            if re.split("[,:]", kinds[int(n)])[0] not in (rows, text)]


def magics(spec, page):
    """Each magic that the page names, with its text."""
    known = {hexa: text for hexa, text in
             re.findall(r"^\| `DMV_ABI_\w+` \| `((?:\w\w ){7}\w\w)` \| \"(\w+)\", 1A", spec, re.M)}
    got = re.findall(r"^\.Li ((?:\w\w ){7}\w\w)\n\.Pq Dq (\w+)", page, re.M)
    wrong = [(h, t) for h, t in got if known.get(h) != t]
    return wrong or (None if len(got) == 3 else got)


def numbers(spec, page):
    """Facts with a number: how SPEC.md has it, how the page has it."""
    for theirs, ours in ((r"^\| `DMV_ABI_PAGE` \| (\d+) \|", r"A page of (\d+) bytes, the header"),
                         (r"^\| `DMV_ABI_BOM` \| (0x\w+) \|", r"reads (0x\w+) in the byte order"),
                         (r"it describes version (\d+\.\d+)\.", r"This is version (\d+\.\d+)\."),
                         (r"it describes version (\d+\.\d+)\.", r"in version (\d+\.\d+):"),
                         (r"^### `dmv_abi_anchor`, (\d+) bytes", r"^(\d+) bytes in the writer"),
                         (r"The symbol `(\w+)`", r"^\.Va (dmv_\w+) ,")):
        a, b = re.search(theirs, spec, re.M), re.search(ours, page, re.M)
        if not a or not b or a[1] != b[1]:
            return "%s: %s, not %s" % (ours, b and b[1], a and a[1])
    return None


def main():
    for path in PAGES:
        checked(path)
    spec, page = read("core/SPEC.md"), read("ext/dma-region.5")
    case("references", references())
    case("dma-region tables", tables(spec, page))
    case("dma-region magics", magics(spec, page))
    case("dma-region numbers", numbers(spec, page))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
