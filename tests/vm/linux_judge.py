# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Answers of dma-inspect, what is right and what is wrong of them, for linux_check.py."""
import json
import subprocess

LIMIT = 120                             # seconds for one run
PLACE = {"region", "space", "how", "index"}    # what a vmcore may say otherwise than a core


class Wrong(Exception):
    """What an answer has wrong."""


def need(good, why):
    if not good:
        raise Wrong(why)


def ask(tool, files, *commands):
    """Exit code, the tables of each command, all notes and errors."""
    argv = [x for c in commands for x in ("-c", c)]
    r = subprocess.run([tool, "-j", *argv, *files], capture_output=True, text=True, timeout=LIMIT)
    docs = [json.loads(x) for x in r.stdout.splitlines()]
    return r.returncode, [d["tables"] for d in docs], [
        n for d in docs for n in d.get("notes", []) + [d.get("error")] if n]


def num(x):
    return int(x, 16) if isinstance(x, str) else x


def only(rows, region):
    """Rows of a region, without what may differ. Rows of no region are of the whole target."""
    return [{k: v for k, v in r.items() if k not in PLACE} for r in rows
            if r.get("region") == region]


def own(rows):
    """Those of a region, not of the kernel's own books."""
    return [r for r in rows if r["region"] is not None]


def differ(one, other):
    return "; ".join("%s: %s instead of %s" % (k, one.get(k), other.get(k))
                     for k in sorted(set(one) | set(other)) if one.get(k) != other.get(k))
