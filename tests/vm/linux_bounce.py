# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Bounce pools of a guest (linux.sh swiotlb): what its kernel counted and which memory it said is
in transfer, on the serial line; and slot by slot what drgn reads, against what dma-inspect says.

	linux_bounce.py VMLINUX DUMP    the child, where drgn is: a slot in use a line
"""
import os
import re
import subprocess
import sys

import linux_devices
from linux_judge import LIMIT, ask, num
from linux_truth import serial_text

SLOT = 2048
MAPPINGS = "bounce -a"
PYTHON = "/usr/bin/python3"             # for which Debian has drgn
# What goes without the member: of the pool, of its memory, of its mappings. All else must stay.
ALL = {"pools", "memory", "mappings"}
LOST = {
    "BOUNCE_START": {"start", "end", "bounce", "adapter", "device", "said", "state", "exact"},
    "BOUNCE_END": set(), "BOUNCE_NSLABS": ALL,
    "BOUNCE_NAREAS": {"used"}, "BOUNCE_AREAS": {"used"}, "AREA_USED": {"used"},
    "BOUNCE_SLOTS": {"in_use", "unread", "full", "mappings"}, "BOUNCE_FORCE": {"force"},
    "BOUNCE_HIGH": {"high"}, "SLOT_ORIG": {"original", "state", "bounce", "exact"},
    "SLOT_SIZE": {"length", "mappings"}, "SLOT_LIST": set(), "SLOT_PAD": set(),
}


# ---- what the guest said ----

class Truth:
    def __init__(self, serial):
        text = serial_text(serial)
        self.count = {k: int(v) for k, v in re.findall(r"^init: bounce (\w+) (\d+)$", text, re.M)}
        self.memory = joined((int(at, 16), int(n)) for at, n in re.findall(
            r"^init: bounced \w+ (0x\w+) (\d+)$", text, re.M))
        # QEMU ends what hangs when it stops, unseen by the guest: it reads zeros
        self.read = {int(at, 16) for at in re.findall(
            r"^init: bounced read (0x\w+) \d+$", text, re.M)}
        self.changed = sorted((int(at, 16), int(n)) for at, n in re.findall(
            r"^init: changed (0x\w+) (\d+)$", text, re.M))


def joined(pieces):
    """Sorted, and what lies side by side as one: the kernel may put pages together, or not."""
    out = []
    for at, n in sorted(pieces):
        if out and out[-1][0] + out[-1][1] == at:
            out[-1] = (out[-1][0], out[-1][1] + n)
        else:
            out.append((at, n))
    return out


def check(tool, files, serial):
    """What is wrong, or None."""
    truth = Truth(serial)
    code, (tables,), notes = ask(tool, files, MAPPINGS)
    # makedumpfile 1.7.2 takes some pages of newer kernels' devices for a user's
    left_out = code == 4 and notes and all("excluded by the dump filter" in n for n in notes)
    expected = 1 if "-full" in serial else 0
    if (code != expected and not left_out) or not truth.count or not truth.memory:
        return "exit code %d, %s; the guest said %s" % (code, notes, truth.count)
    pool, = (p for p in tables["pools"] if p["kind"] == "default")
    got = [pool["slots"], pool["in_use"], pool["used"], pool["force"]]
    want = [truth.count["io_tlb_nslabs"]] + 2 * [truth.count["io_tlb_used"]] + ["yes"]
    if "io_tlb_used_hiwater" in truth.count:
        got.append(pool["high"])
        want.append(truth.count["io_tlb_used_hiwater"])
    if got != want or "-full" in serial:
        return got != want and "slots, in use, used, forced, most: %s, not %s" % (got, want) or None
    memory = joined((num(m["original"]), m["length"]) for m in tables["mappings"])
    if "-lean-" in serial and {m["said"] for m in tables["mappings"]} != {"dma-debug"}:
        return "dma-debug does not say whose all are: %s" % tables["holders"]
    return memory != truth.memory and "%s is bounced, not %s" % (memory, truth.memory) or None


def stale(tool, files, serial):
    """What was changed behind the device's back, and what it has read and the guest has not seen,
    where it is known where the bounce buffer begins; nothing else. What is wrong, or None."""
    truth = Truth(serial)
    _, (tables,), _ = ask(tool, files, MAPPINGS)
    exact = [(num(m["original"]), m["length"]) for m in tables["mappings"] if m["exact"]]
    want = sorted([c for c in truth.changed if any(at <= c[0] < at + n for at, n in exact)] +
                  [(at, n) for at, n in exact if at in truth.read])
    code, (tables,), notes = ask(tool, files, "stale -a")
    rows = tables["bounced"]
    got = sorted((num(r["original"]) + r["offset"], r["differ"]) for r in rows)
    way = {"to device": truth.changed, "from device": sorted(set(want) - set(truth.changed))}
    for direction, these in way.items() if "-lean-" in serial else ():
        mine = sorted((num(r["original"]) + r["offset"], r["differ"]) for r in rows
                      if r["direction"] == direction)
        if mine != these:
            return "%s: %s, not %s" % (direction, mine, these)
    return (code or not want or got != want) and "exit code %d, %s, not %s: %s" % (
        code, got, want, notes) or None


def full(tool, files):
    """The first lines of the verdict say so. What is wrong, or None."""
    r = subprocess.run([tool, "-c", "analyze", *files], capture_output=True, text=True,
                       timeout=LIMIT)
    lines = r.stdout.splitlines()[:12]
    if r.returncode != 1 or not any("bounce pool is full" in x for x in lines):
        return "exit code %d: %s" % (r.returncode, lines)
    return None


# ---- what drgn says ----

def beside_drgn(tool, files, vmlinux):
    """What is wrong, or None."""
    r = subprocess.run([PYTHON, __file__, vmlinux, files[0]], capture_output=True, text=True,
                       timeout=LIMIT)
    if r.returncode:
        return "drgn: " + r.stderr.strip()[-300:]
    slots = [[num(x) for x in line.split()] for line in r.stdout.splitlines()]
    _, (tables,), _ = ask(tool, files, MAPPINGS)
    start = num(tables["memory"][0]["start"])
    mine = []
    for m in tables["mappings"]:
        for k in range(m["slots"]):
            data = k - m["padding"]
            none = m["original"] is None or data < 0
            mine.append([m["first"] + k, None if none else num(m["original"]) + SLOT * data,
                         (m["length"] - SLOT * data) % (1 << 64)])
        first = start + SLOT * (m["first"] + m["padding"])
        if not first <= num(m["bounce"]) < first + SLOT:
            return "%s is not in slot %d" % (m["bounce"], m["first"])
    want = [[i, None if orig == (1 << 64) - 1 else orig, size] for i, orig, size in slots]
    return mine != want and "%d slots, drgn has %d; first of each: %s, %s" % (
        len(mine), len(want), mine[:1], want[:1]) or None


def has_drgn():
    r = subprocess.run([PYTHON, "-c", "import drgn"], capture_output=True)
    return r.returncode == 0


def main(vmlinux, path):
    import drgn
    prog = drgn.Program()
    prog.set_core_dump(path)
    prog.load_debug_info([vmlinux])
    mem = prog["io_tlb_default_mem"]
    pool = mem.defpool if hasattr(mem, "defpool") else mem
    for i in range(pool.nslabs.value_()):
        s = pool.slots[i]
        if s.list.value_() == 0:
            print(hex(i), hex(s.orig_addr.value_()), hex(s.alloc_size.value_()))


# ---- members under another name ----

def rows(tables):
    return [(t, r) for t in sorted(ALL) for r in tables.get(t, [])]


def one_renamed(tool, path, row, before):
    """What is wrong with the answer, or None."""
    ident, _, _, what = row
    code, (tables,), notes = ask(tool, [path], MAPPINGS)
    said = any("not known" in n and what in n for n in notes)
    if ident == "BOUNCE_NSLABS":        # another of that name is found, and does not fit
        said |= any("do not fill" in n for n in notes)
    if rows(tables) == before and not said and ident == "BOUNCE_DEFPOOL":
        return None                     # asked for where pools grow
    if code != 4 or not said:
        return "exit code %d, not a word of it: %s" % (code, notes)
    lost = LOST.get(ident, set())
    if lost & ALL or ident == "SLOT_SIZE":
        return None
    after = rows(tables)
    if len(before) != len(after) and "mappings" not in lost:
        return "%d rows, not %d" % (len(after), len(before))
    other = {k for (_, old), (_, new) in zip(before, after) for k in old if old[k] != new[k]}
    return "lost %s as well" % (other - lost) if other - lost else None


def places(types, row):
    """Where the member is in this kernel: what is in a pool's first piece of memory has a struct of
    its own since 6.6."""
    out = []
    for path in row[2].split("|"):
        inner = path.startswith("defpool.")
        out += types.member("io_tlb_pool" if inner else row[1], path[8:] if inner else path)
    return out


def renamed(tool, path, btf):
    """[(member, what is wrong or None)], as linux_devices.renamed."""
    _, (tables,), _ = ask(tool, [path], MAPPINGS)
    for row in linux_devices.each_renamed(path, btf, set(LOST), places):
        yield "%s.%s" % row[1:3], one_renamed(tool, path, row, rows(tables))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
