#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Windows dumps that QEMU wrote (dump-guest-memory -w) of guests of 64 and of 32 bits: the header
says exactly what the guest laid down, page tables lead where they should, and the region of the
verifier in the guest answers as in QEMU's ELF dump of the same state.

	windows.py BUILD-DIRECTORY"""
import calendar
import json
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(sys.argv[1])
OUT = os.path.join(BUILD, "vm", "windows")
COMMANDS = ["dma", "dma 0 3f", "leaks -a", "violations", "events", "bugcheck", "check", "stale",
            "summary"]
KERNEL64, KERNEL32 = 0xFFFF800000000000, 0x80000000
failed = 0

# name: boots as, words, the bugcheck of the dump's header; None: what the guest says
CASES = {
    "64 E6/F/5": ("guest.boot.elf", ["e6_0f_5_overrun", "windows=yes"], None),
    "64 E6/26": ("guest.boot.elf", ["none"], [0xE6, 0x26, 0xFFFFD08BB1435060, 0x40, 6]),
    "64 minidump's E6/1F/2": ("guest.boot.elf", ["none"],
                              [0x100000E6, 0x1F, 2, 0xFFFF800000123456, 0xFFFFFFFFFFFFFFFF]),
    "64 1DC": ("guest.boot.elf", ["none"], [0x1DC, 2, 3, 0xFFFF800000200000, 0x1234000]),
    "64 C4/B3": ("guest.boot.elf", ["none"], [0xC4, 0xB3, 0xFFFF800000200000, 0xA, 1]),
    "64 no bugcheck": ("guest.boot.elf", ["none"], [0, 0, 0, 0, 0]),
    "32 two levels": ("guest32.elf", ["scene", "windows=yes", "paging=x86"], None),
    "32 three levels": ("guest32.elf", ["scene", "windows=yes", "paging=pae"], None),
    "32 E6/26, PAE": ("guest32.elf", ["none", "paging=pae"], [0xE6, 0x26, 0x81435060, 0x40, 5]),
    "32 159": ("guest32.elf", ["none"], [0x159, 0x3001, 0x80123456, 0xFFFFFFFF, 0]),
}


def case(name, good, why=""):
    global failed
    failed += not good
    print("ok vm windows " + name if good else "not ok vm windows %s: %s" % (name, str(why)[:600]))
    sys.stdout.flush()


def run(*argv):
    r = subprocess.run([str(a) for a in argv], capture_output=True, timeout=120)
    return r.returncode, r.stdout, r.stderr.decode(errors="replace")


def boot(image, words, bug):
    """Path of the dump, and the line with which the guest ended."""
    only = ["-w"] if bug else []
    words = list(words)
    if bug:
        words.append("bugcheck=" + ",".join("%x" % v for v in bug))
    rc, out, err = run(os.path.join(HERE, "guest.sh"), *only, os.path.join(BUILD, image), OUT,
                       *words)
    if rc == 77:
        print("skip vm windows: " + err.strip())
        sys.exit(77)
    name = ".".join([words[0]] + [w.replace("=", "-") for w in words[1:]])
    return os.path.join(OUT, name), out.decode().strip(), err


def known(dump):
    """What mem_probe says: {key: [values]}, and the header's lines."""
    rc, out, err = run(os.path.join(BUILD, "tests/mem_probe"), dump, "info")
    got = {}
    for line in out.decode().splitlines():
        key, _, value = line.partition(" ")
        got.setdefault(key, []).append(value)
    return got, dict(x.split(": ", 1) for x in got.get("line", [])), err if rc else ""


def read(dump, space, addr, n):
    return run(os.path.join(BUILD, "tests/mem_probe"), dump, "read", space, addr, n)[1]


def ask(dump, commands):
    argv = [os.path.join(BUILD, "dma-inspect"), "-j"]
    for c in commands:
        argv += ["-c", c]
    rc, out, _ = run(*argv, dump)
    return rc, [json.loads(x) for x in out.decode().splitlines()]


def header(name, dump, bug, bits):
    got, lines, err = known(dump)
    want = [0x161 if bug[0] == 0 else bug[0]] + bug[1:]
    have = [int(x, 16) for x in got.get("bugcheck", [""])[0].split()]
    case(name + ": the bugcheck, word by word", have == want, "%s, not %s; %s" % (have, want, err))
    case(name + ": the rest of the header", got.get("format") == ["Windows full dump"] and
         got["bits"] == [str(bits)] and lines.get("uptime") == "1 d 02:03:04" and
         lines.get("build") == "Windows 19041, free" and lines.get("cpus") == "1" and
         "guest" in lines.get("comment", "") and "note" not in got, str(got))
    said = lines.get("time", "")
    if bits == 32:
        case(name + ": the time", said == "2020-01-02 03:04:05 UTC", said)
    else:
        age = time.time() - calendar.timegm(time.strptime(said, "%Y-%m-%d %H:%M:%S UTC"))
        case(name + ": the time", -5 < age < 600, "%s: %d s ago" % (said, age))
    # the debugger's block is where the header says, by page tables; its tag is behind two pointers
    block = int(lines["debugger"].split()[1], 16)
    base = KERNEL64 if bits == 64 else KERNEL32
    tag = read(dump, "virt", block + 0x10, 4)
    case(name + ": by the page tables", block >= base and tag == b"KDBG" and
         tag == read(dump, "phys", block - base + 0x10, 4), tag)


def decoded(name, dump, bug):
    rc, docs = ask(dump, ["bugcheck", "analyze"])
    code = bug[0] & ~0x10000000
    about = code not in (0, 0x161)
    case(name + ": analyze has a verdict", rc == (1 if about else 3), "exit %d, %s" % (rc, docs))
    row = docs[0]["tables"]["bugcheck"][0]
    want = [code or 0x161] + bug[1:]
    have = [row["code"]] + [int(row["p%d" % i], 16) for i in (1, 2, 3, 4)]
    case(name + ": decoded", have == want and row["minidump"] == (bug[0] != code) and
         (code != 0xE6 or row["rule"]), row)


def same(name, path):
    """With the region found by scan in both: the same answers."""
    code, want = ask(path + ".elf", COMMANDS)
    rc, got = ask(path + ".dmp", COMMANDS)
    bad = [w["command"] for w, g in zip(want, got) if w["tables"] != g["tables"]]
    case(name + ": answers as the ELF dump", rc == code == 1 and len(got) == len(COMMANDS) and
         not bad and want[0]["tables"]["adapters"], "exit %d and %d, differ: %s" % (code, rc, bad))
    elf, dmp = (read(path + f, "phys", 0x100000, 0x80000) for f in (".elf", ".dmp"))
    case(name + ": the same memory", len(elf) == 0x80000 and
         # QEMU puts a processor's context into memory while it writes
         sum(a != b for a, b in zip(elf, dmp)) < 0x600, "it differs")


def cut(name, path):
    """What lies before the end of a shortened file is read as before; what not, is said."""
    _, want = ask(path + ".dmp", COMMANDS)
    size = os.path.getsize(path + ".dmp")
    os.truncate(path + ".dmp", size * 3 // 4 + 5)
    rc, got = ask(path + ".dmp", COMMANDS + ["target"])
    bad = [w["command"] for w, g in zip(want, got) if w["tables"] != g["tables"]]
    said = [n for n in got[-1]["notes"] if "beyond the end of the file" in n]
    case(name + ": cut to three quarters", rc == 1 and not bad and said and
         int(said[0].split()[0]) == size - (size * 3 // 4 + 5), "exit %d, %s, %s" % (rc, bad, said))
    os.truncate(path + ".dmp", 0x100)
    rc, got = ask(path + ".dmp", ["bugcheck"])
    case(name + ": cut in the header", rc == 0 and
         got[0]["tables"]["bugcheck"][0]["p1"] == want[COMMANDS.index("bugcheck")]["tables"][
             "bugcheck"][0]["p1"], "exit %d, %s" % (rc, got))


def main():
    for name, (image, words, bug) in CASES.items():
        path, end, err = boot(image, words, bug)
        m = re.search(r"STOP: (\w+) \((\w+),(\w+),(\w+),(\w+)\)", end)
        if not os.path.exists(path + ".dmp"):
            case(name, False, "no dump: %s %s" % (end, err))
            continue
        said = [int(x, 16) for x in m.groups()] if m else bug
        header(name, path + ".dmp", bug or said, 32 if "32" in image else 64)
        decoded(name, path + ".dmp", bug or said)
        if not bug:
            same(name, path)
            cut(name, path)
        for f in os.listdir(OUT):
            os.remove(os.path.join(OUT, f))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
