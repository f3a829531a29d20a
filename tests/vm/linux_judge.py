# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""What is right and what is wrong of an answer, for linux_check.py."""
PLACE = {"region", "space", "how", "index"}    # what a vmcore may say otherwise than a core


class Wrong(Exception):
    """What an answer has wrong."""


def need(good, why):
    if not good:
        raise Wrong(why)


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
