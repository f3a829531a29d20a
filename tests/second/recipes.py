#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""The two decoders agree on every region of tests/regions, and on every dump of the guest in $O/vm
when called with `vm`."""
import glob
import os
import subprocess
import sys
import tempfile

import compare

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
O = os.environ.get("O", os.path.join(TOP, "build"))


def agree(name, path, base=None):
    """Prints the line of one dump; true if both say the same."""
    said = compare.compare(path, base)
    bad = ["%s: %s" % (t, d[0]) for t, _, d in said if d]
    rows = sum(n for _, n, _ in said)
    if not rows:
        bad.append("neither says anything")
    print("not ok second %s: %s" % (name, "; ".join(bad)) if bad else
          "ok second %s: %d rows" % (name, rows), flush=True)
    return not bad


def recipes():
    good = True
    with tempfile.TemporaryDirectory() as tmp:
        for recipe in sorted(glob.glob(os.path.join(TOP, "tests/regions/*.txt"))):
            name = os.path.basename(recipe)[:-len(".txt")]
            image = os.path.join(tmp, name)
            base = subprocess.run([O + "/tests/mkregion", recipe, image], check=True,
                                  capture_output=True, text=True).stdout
            good = agree(name, image, int(base, 16)) and good
    return good


def vm():
    dumps = sorted(d for where in ("vm", "vm/arm64") for form in ("elf", "kdump")
                   for d in glob.glob(os.path.join(O, where, "*." + form)))
    if not dumps:
        print("no dumps in %s/vm: the guest did not run" % O)
        sys.exit(77)
    return all([agree(os.path.relpath(d, O), d) for d in dumps])


if __name__ == "__main__":
    sys.exit(0 if (vm() if sys.argv[1:] == ["vm"] else recipes()) else 1)
