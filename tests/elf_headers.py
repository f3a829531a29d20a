#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""What hosts written in Python read in a core's headers (ext/dma_elf.py) is what dumps/mem_elf.c
reads there, in cores of each class, order and kind; spoilt ones are refused or read like that."""
import os
import random
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
O = os.environ.get("O", os.path.join(TOP, "build"))
sys.path.insert(0, os.path.join(TOP, "ext"))
from dma_elf import Core, piece_at      # noqa: E402

SPOILT, COMPARED = 300, 4               # of each seed
failed = 0


def case(name, why):
    global failed
    failed += bool(why)
    print("not ok elf headers %s: %s" % (name, str(why)[:400]) if why else
          "ok elf headers " + name, flush=True)


def probe(path):
    """What mem_elf.c says: {virt or phys: ranges}, is it a machine's; None: it refuses."""
    r = subprocess.run([O + "/tests/mem_probe", path, "info"], capture_output=True, text=True,
                       errors="replace", timeout=20)
    if r.returncode:
        return None
    rows = [x.split(" ", 1) for x in r.stdout.splitlines() if " " in x]
    ranges = {k: [tuple(int(v, 16) for v in x.split()) for y, x in rows if y == k]
              for k in ("virt", "phys")}
    return ranges, "vmcore" in dict(rows)["format"]


def joined(pieces):
    out = []
    for start, end, _ in pieces:
        if out and out[-1][1] == start:
            out[-1] = out[-1][0], end
        else:
            out.append((start, end))
    return out


def compare(path):
    """Why the two differ."""
    want, core = probe(path), None
    try:
        core = Core(path)
    except ValueError as e:
        return want and "refused: %s" % e
    if not want:
        return None                     # of more it is stricter: gdb has it open already
    ranges, machine = want
    if core.is_machine != machine:
        return "a machine: %s" % core.is_machine
    mine = {"phys": joined(core.pieces(1)) if machine else [],
            "virt": joined(core.pieces(0)) if not machine or core.has_virtual() else []}
    return None if mine == ranges else "%r, not %r" % (mine, ranges)


def sound(path):
    """Whatever the bytes: pieces that ascend, and lie where they say."""
    try:
        core = Core(path)
    except (OSError, ValueError):
        return None
    for space in (0, 1):
        end = 0
        for start, stop, virt in core.pieces(space):
            if start < end or stop <= start or stop - start > core.bytes:
                return "piece %x to %x" % (start, stop)
            if piece_at(core.pieces(space), stop - 1) != (1, virt + stop - 1 - start):
                return "piece_at"
            end = stop
    core.ambiguous()
    return None


def spoil(data, rng):
    data = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(4, min(len(data), 0x300)) if len(data) > 5 else 0
        data[at] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)])
    return bytes(data[:rng.randrange(len(data))] if rng.random() < 0.2 else data)


def main():
    with tempfile.TemporaryDirectory() as tmp:
        subprocess.run([TOP + "/tests/fuzz_mem_elf_seeds.py", tmp + "/seeds"], check=True)
        for name in sorted(os.listdir(tmp + "/seeds")):
            rng, path = random.Random(name), tmp + "/spoilt"
            with open(tmp + "/seeds/" + name, "rb") as f:
                data = f.read()
            why = compare(tmp + "/seeds/" + name)
            for i in range(SPOILT):
                with open(path, "wb") as f:
                    f.write(spoil(data, rng))
                try:
                    why = why or sound(path) or (compare(path) if i < COMPARED else None)
                except Exception as e:  # pylint: disable=broad-except
                    why = why or "%s: %s" % (type(e).__name__, e)
                if why:
                    break
            case(name, why)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
