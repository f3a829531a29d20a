#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""The tables of core/SPEC.md that say which rule finds what, and which driver proves it.

Held against core/dmv_violation.def and tests/drivers/drivers.def. That the drivers do what they are
there for is tests/run_drivers.py's."""
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "tests"))
import run_drivers                      # noqa: E402

EFFECTS = 22                            # bullets of "Effects of DMA Verification"
HEADING = "## 14 "
ANY = "DMV_P_ANY"
bad = 0


def case(name, why):
    global bad
    bad += bool(why)
    print("not ok effects %s: %s" % (name, why) if why else "ok effects %s" % name)


def rules():
    """{name: ([code, P1, P2 if it selects], is it raised)}"""
    with open(os.path.join(TOP, "core/dmv_violation.def"), encoding="utf-8") as f:
        rows = re.findall(r"^DMV_RULE\((\w+), \d+, (\w+), (\w+), (\w+), \w+, (\w+),",
                          f.read(), re.M)
    return {name: ([int(x, 0) for x in (code, p1, p2) if x != ANY], raised == "YES")
            for name, code, p1, p2, raised in rows}


def tables():
    """Rows of the section: [effect or None, codes, rule, driver]"""
    with open(os.path.join(TOP, "core/SPEC.md"), encoding="utf-8") as f:
        section = f.read().split("\n" + HEADING, 1)[1].split("\n## ")[0]
    found = []
    for line in section.splitlines():
        cell = [c.strip() for c in line.strip("|").split("|")] if line.startswith("|") else []
        if len(cell) < 3 or not re.match(r"\d+$|0x", cell[0]):
            continue
        effect = int(cell[0]) if len(cell) == 5 else None
        found.append((effect, [int(x, 16) for x in cell[-3].split("/")], cell[-2],
                      cell[-1].strip("`")))
    return found


def wrong(row, known, drivers):
    _, codes, rule, driver = row
    if rule not in known:
        return "there is no rule %s" % rule
    if codes != known[rule][0]:
        return "its codes are %s" % " / ".join("0x%X" % x for x in known[rule][0])
    if not known[rule][1]:
        return driver != "not yet" and "nothing raises it yet, and a driver proves it?"
    if driver not in drivers:
        return "there is no driver %s" % driver
    d = drivers[driver]
    if d.rule != rule or d.end not in ("DIES", "WARNS"):
        return "%s is a driver of %s that %s" % (driver, d.rule, d.end)
    said = [d.code, d.p1] + ([d.p2] if len(codes) == 3 else [])
    return said != codes and "%s expects %s" % (driver, ["0x%X" % x for x in said])


def main():
    known, drivers = rules(), {d.name: d for d in run_drivers.drivers()}
    rows = tables()
    for row in rows:
        case("%s %s" % (row[0] or "-", row[2]), wrong(row, known, drivers))
    effects = [r[0] for r in rows if r[0]]
    case("all there", sorted(set(effects)) != list(range(1, EFFECTS + 1)) and
         "effects %s are missing" % sorted(set(range(1, EFFECTS + 1)) - set(effects)))
    case("in order", effects != sorted(effects) and "effects are not in Microsoft's order")
    lost = set(known) - {r[2] for r in rows}
    case("all rules", lost and "no row for %s" % ", ".join(sorted(lost)))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
