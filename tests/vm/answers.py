#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Asks dma-inspect about the dumps of one guest and judges its answers.

	answers.py IMAGE DUMP-DIRECTORY NAME...

IMAGE is the guest's, with symbols, and lies in the build directory. NAME is the driver's, with the
guest's words behind it, as guest.sh names its files.

What is right comes from three sides that know nothing of the dump's reader: the line the guest said
when it stopped, drivers.def, and what the driver itself knew (driver_truth in driver.h, read here
straight from the guest's memory).
"""
import json
import os
import re
import shutil
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
DIRECT = 2 ** 47 - 1                    # GUEST_DIRECT of each machine is above these bits
FORMATS = ["elf", "paging.elf", "kdump.flat", "kdump", "made.elf"]
BY_MAKEDUMPFILE = ["kdump", "made.elf"]
WINDOWS = ["elf", "paging.elf", "kdump.flat", "kdump", "dmp"]         # with the word windows=yes
COMMANDS = ["dma", "dma -a", "dma 0 3f", "leaks", "leaks -a", "violations", "events", "bugcheck",
            "analyze", "check", "stale", "summary"]
KNOWN, KNOWN_OFFSET, KNOWN_RECORD = 0x1, 0x10, 0x100    # DRIVER_* of driver.h
LIMIT = 60                              # seconds for one run of dma-inspect
FILL = 0x0F
ENDS = {"DIES": "*** STOP: ", "WARNS": "guest: done", "RETURNS": "guest: done",
        "HANGS": "guest: gave up: "}


class Wrong(Exception):
    """What an answer has wrong."""


def need(good, why):
    if not good:
        raise Wrong(why)


def num(x):
    return int(x, 16) if isinstance(x, str) else x


def symbol(elf, name):
    out = subprocess.run(["nm", elf], capture_output=True, text=True, check=True).stdout
    return next(int(a, 16) for a, _, n in (x.split() for x in out.splitlines()) if n == name)


def poke(dump, va, what):
    """Bytes of the guest's memory in hex; `what` is a count, or "=HEX" to change them."""
    phys = va & DIRECT
    return subprocess.run([os.path.join(HERE, "poke.py"), dump, "%x" % phys, str(what)],
                          capture_output=True, text=True, check=True).stdout.strip()


def listed(name):
    """(code, p1, p2 or None, end) of a driver, from drivers.def."""
    with open(os.path.join(HERE, "../drivers/drivers.def")) as f:
        m = re.search(r"^DRIVER\(%s, *\w+, *(\w+), *(\w+), *(-?\w+), *(\w+)," % re.escape(name),
                      f.read(), re.M)
    code, p1, p2 = (int(x, 0) for x in m.groups()[:3])
    return code, p1, None if p2 < 0 else p2, m.group(4)


class Truth:
    """What the driver knew."""

    def __init__(self, image, dump):
        raw = bytes.fromhex(poke(dump, symbol(image, "driver_truth"), 120))
        f = struct.unpack("<6Q2I64s", raw)
        self.p, self.adapter, self.address, self.mask, self.valid = f[:4], f[4], f[5], f[6], f[7]
        self.function = f[8].split(b"\0")[0].decode()


class Case:
    def __init__(self, image, directory, name):
        self.image, self.build, self.failed = image, os.path.dirname(image), 0
        self.name = name
        self.said = "vm " + ("" if image.endswith("/guest.elf") else "arm64 ") + name
        self.path = os.path.join(directory, name)
        self.code, self.p1, self.p2, self.end = listed(name.partition(".")[0])
        self.logged = self.end == "WARNS"
        if ".freeze-" in name:
            self.end = "HANGS"
        if ".mode-log" in name and self.end == "DIES":
            self.end, self.logged = "WARNS", True
        if ".verify-off" in name:
            self.end = "RETURNS"
        with open(self.path + ".serial", errors="replace") as f:
            self.serial = f.read().replace("\r", "")
        self.truth = Truth(image, self.path + ".elf")

    def dump(self, form="elf"):
        return "%s.%s" % (self.path, form)

    def ask(self, dump, commands, symbols=False):
        """Exit code, and the tables of each command."""
        argv = [self.build + "/dma-inspect", "-j"]
        if symbols:
            argv += ["-s", self.image]
        for c in commands:
            argv += ["-c", c]
        r = subprocess.run(argv + [dump], capture_output=True, text=True, timeout=LIMIT)
        need(r.returncode in (0, 1), "exit code %d: %s%s" % (
            r.returncode, r.stderr.strip()[-300:], r.stdout.strip()[-300:]))
        docs = [json.loads(x) for x in r.stdout.splitlines()]
        need(len(docs) == len(commands), "%d answers to %d commands" % (len(docs), len(commands)))
        for d in docs:
            need("error" not in d, "%s: %s" % (d["command"], d.get("error")))
        return r.returncode, {c: d["tables"] for c, d in zip(commands, docs)}

    def test(self, what, fn):
        try:
            fn()
            print("ok %s: %s" % (self.said, what))
        except (Wrong, subprocess.SubprocessError, LookupError, ValueError, TypeError) as e:
            self.failed += 1
            print("not ok %s: %s: %s: %s" % (self.said, what, type(e).__name__,
                                             str(e).replace("\n", " ")))

    # ---- what holds for every driver ----

    def raised(self):
        return self.end in ("DIES", "WARNS")

    def ended(self):
        last = self.serial.rstrip().splitlines()[-1]
        need(last.startswith(ENDS[self.end]), last)

    def formats(self):
        code, first = self.ask(self.dump(), COMMANDS)
        for form in (WINDOWS if ".windows-yes" in self.name else FORMATS)[1:]:
            if form in BY_MAKEDUMPFILE and not os.path.exists(self.dump(form)):
                print("skip %s: %s: no makedumpfile" % (self.said, form))
                continue
            self.test("%s answers as elf" % form, lambda: self.same(form, code, first))

    def same(self, form, code, first):
        other, tables = self.ask(self.dump(form), COMMANDS)
        for c in COMMANDS:
            need(tables[c] == first[c], "%s: %s instead of %s" % (c, tables[c], first[c]))
        need(other == code, "exit code %d instead of %d" % (other, code))

    def violation(self):
        code, said = self.ask(self.dump(), ["violations"])
        rows = said["violations"]["violations"]
        if not self.raised():
            need(not rows and code == 0, "exit code %d, violations %s" % (code, rows))
            return
        need(len(rows) == 1 and code == 1, "exit code %d, violations %s" % (code, rows))
        self.right(rows[0])
        need(rows[0]["action"] == ("log" if self.logged else "stop"),
             "action %s" % rows[0]["action"])
        code, said = self.ask(self.dump(), ["bugcheck"])
        if not self.logged:
            self.right(said["bugcheck"]["bugcheck"][0])

    def right(self, row):
        """One row against the guest's last words, drivers.def, and the driver's own knowledge."""
        need(self.truth.valid, "the driver did not come to its mistake")
        need(num(row["code"]) == self.code, "code %s" % row["code"])
        got = [num(row["p%d" % i]) for i in (1, 2, 3, 4)]
        m = re.search(r"(?:\*\*\* STOP|violation): (\w+) \((\w+),(\w+),(\w+),(\w+)\)", self.serial)
        need(m and [num(row["code"])] + got == [int(x, 16) for x in m.groups()],
             "%s, but the guest said %s" % (row, m and m.group(0)))
        need(got[0] == self.p1 and self.p2 in (None, got[1]),
             "P1, P2 are %#x, %#x" % tuple(got[:2]))
        for i in range(4):
            want, low = self.truth.p[i], self.truth.mask & KNOWN_OFFSET << i
            if low:
                need(got[i] & 0xFFF == want & 0xFFF, "P%d is %#x, not ...%03x" % (
                    i + 1, got[i], want & 0xFFF))
            elif self.truth.mask & KNOWN << i:
                need(got[i] == want, "P%d is %#x, not %#x" % (i + 1, got[i], want))

    def verdict(self):
        code, said = self.ask(self.dump(), ["analyze"])
        need(code == (0 if self.end == "RETURNS" else 1), "exit code %d" % code)
        need(said["analyze"], "no answer")

    def adapter(self):
        _, said = self.ask(self.dump(), ["dma -a", "violations"])
        records = {num(a["adapter"]): num(a["record"]) for a in said["dma -a"]["adapters"]}
        need(self.truth.adapter in records, "only %s" % records)
        for v in said["violations"]["violations"]:
            need(num(v["adapter"]) == self.truth.adapter, "%s is blamed" % v["adapter"])
            for i in (1, 2, 3, 4):
                if self.truth.mask & KNOWN_RECORD << i - 1:
                    need(num(v["p%d" % i]) == records[self.truth.adapter], "P%d is no record" % i)

    def found(self):
        """By its symbol where there is one, else by the scan; the same region both ways."""
        _, scan = self.ask(self.dump(), ["region"])
        _, named = self.ask(self.dump(), ["region"], symbols=True)
        a, b = (x["region"]["regions"] for x in (scan, named))
        need(len(a) == len(b) == 1 and a[0]["phys"] == b[0]["phys"], "%s and %s" % (a, b))
        need(a[0]["how"] == "scan" and not a[0]["authentic"], "%s" % a[0])
        need("dmv_region_anchor" in b[0]["how"] and b[0]["authentic"], "%s" % b[0])
        need(a[0]["virt"] != a[0]["phys"] and a[0]["segments"] > 1, "%s" % a[0])

    def names(self):
        _, bare = self.ask(self.dump(), ["violations"])
        _, said = self.ask(self.dump(), ["violations"], symbols=True)
        want, row = self.truth.function, said["violations"]["violations"][0]
        need(want and re.search(r"!%s\b" % re.escape(want), row["site"]),
             "%s, not %s" % (row["site"], want))
        need(want not in (bare["violations"]["violations"][0]["site"] or ""),
             "named without symbols")

    def run(self):
        self.test("ends as it should", self.ended)
        self.formats()
        self.test("the violation that was raised" if self.raised() else "no violation",
                  self.violation)
        self.test("analyze has the right exit code", self.verdict)
        self.test("found by scan and by symbol", self.found)
        if self.truth.adapter:
            self.test("the adapter is listed", self.adapter)
        if self.raised() and self.truth.function:
            self.test("-s names the driver's function", self.names)
        for what, fn in MORE.get(self.name, []):
            self.test(what, lambda: fn(self))
        return self.failed


# ---- what holds for one driver ----

def guards(case, dump):
    code, said = case.ask(dump, ["check"])
    return code, said["check"]["guards"]


def evidence(count, where):
    """The bytes that the device wrote where it should not, as the verifier kept them."""
    def fn(case):
        _, said = case.ask(case.dump(), ["violations"])
        v = said["violations"]["violations"][0]
        need(num(v["evidence_addr"]) == num(v["p4"]),
             "at %s, not %s" % (v["evidence_addr"], v["p4"]))
        need(num(v["evidence_offset"]) == where,
             "offset %s, not %d" % (v["evidence_offset"], where))
        need(v["evidence"] == "5a" * count, "%s, not %d times 5a" % (v["evidence"], count))
    return "the bytes the device wrote", fn


def overwritten(count, where):
    """The same in the dump's own bytes: left as they were by a STOP, or not noticed by then."""
    def fn(case):
        code, rows = guards(case, case.dump())
        need(code == 1 and len(rows) == 1, "exit code %d, %s" % (code, rows))
        g = rows[0]
        need(num(g["bad"]) == count and num(g["offset"]) == where, "%s" % g)
        need(poke(case.dump(), num(g["addr"]), count) == "5a" * count, "not at %s" % g["addr"])
        need(g["bytes"].startswith("5a" * count), "%s" % g["bytes"])
    return "check sees what the device wrote", fn


def repair(case):
    """Repairing the bytes removes the finding, moving one moves the address that is reported."""
    _, rows = guards(case, case.dump())
    at, n = num(rows[0]["addr"]), num(rows[0]["bad"])
    copy = case.path + ".repaired"
    shutil.copyfile(case.dump(), copy)
    try:
        poke(copy, at, "=" + "%02x" % FILL * n)
        code, rows = guards(case, copy)
        need(code == 0 and not rows, "repaired: exit code %d, %s" % (code, rows))
        for step in (3, 0, n - 1):
            poke(copy, at + step, "=ab")
            code, rows = guards(case, copy)
            need(code == 1 and len(rows) == 1, "moved: exit code %d, %s" % (code, rows))
            need(num(rows[0]["addr"]) == at + step and num(rows[0]["bad"]) == 1 and
                 rows[0]["bytes"].startswith("ab"), "moved to %#x: %s" % (at + step, rows))
            poke(copy, at + step, "=%02x" % FILL)
    finally:
        os.remove(copy)


def leaked(kind, count):
    def fn(case):
        code, said = case.ask(case.dump(), ["leaks"])
        rows = [x for x in said["leaks"]["leaks"] if x["kind"] == kind]
        need(code == 1 and len(rows) == count, "exit code %d, %s" % (code, said["leaks"]["leaks"]))
        need({num(x["adapter"]) for x in rows} == {case.truth.adapter},
             "of other adapters: %s" % rows)
    return "leaks lists what was left", fn


def stale(case):
    code, said = case.ask(case.dump(), ["stale"], symbols=True)
    rows = said["stale"]["stale"]
    need(code == 1 and len(rows) == 1, "exit code %d, %s" % (code, rows))
    s = rows[0]
    need(num(s["va"]) + num(s["offset"]) == case.truth.address, "at %s+%s, not %#x" % (
        s["va"], s["offset"], case.truth.address))
    need(s["shadow"].startswith("ab") and s["original"].startswith("00"), "bytes of %s" % s)
    need(num(s["age"]) > 0, "age %s" % s["age"])
    need(case.truth.function in s["owner"], "owner %s" % s["owner"])
    _, said = case.ask(case.dump(), ["analyze"])
    need(re.search(r"[Ff]lush|Put", json.dumps(said["analyze"])), "analyze does not say what to do")


def nothing(case):
    code, said = case.ask(case.dump(), ["leaks", "check", "stale", "violations", "analyze"])
    need(code == 0, "exit code %d" % code)
    for c, table in (("leaks", "leaks"), ("check", "guards"), ("stale", "stale")):
        need(not said[c][table], "%s: %s" % (c, said[c]))


MORE = {
    "e6_0f_5_overrun": [evidence(22, 1514), overwritten(22, 1514),
                        ("check follows the bytes", repair)],
    "e6_0f_5_overrun.mode-log": [evidence(22, 1514)],
    "e6_0f_5_overrun.freeze-1": [overwritten(22, 1514), ("check follows the bytes", repair)],
    "e6_0f_4_underrun": [evidence(6, -6), overwritten(6, -6), ("check follows the bytes", repair)],
    "e6_0f_4_underrun.freeze-1": [overwritten(6, -6), ("check follows the bytes", repair)],
    "e6_07_buffer_leaked": [leaked("common buffer", 2)],
    "e6_0a_list_leaked": [leaked("scatter/gather list", 2)],
    "case_003": [("stale names the fence", stale)],
    "case_003_flushed": [("nothing is found", nothing)],
    "case_003.verify-off": [("nothing is found", nothing)],
    "case_003_common": [("nothing is found", nothing)],
    "case_003_unverified": [("nothing is found", nothing)],
    "clean_list_read": [("nothing is found", nothing)],
}


def main():
    image, directory = sys.argv[1:3]
    failed = 0
    for name in sys.argv[3:]:
        try:
            failed += Case(image, directory, name).run()
        except (Wrong, OSError, subprocess.SubprocessError, LookupError, StopIteration) as e:
            failed += 1
            print("not ok vm %s: %s: %s" % (name, type(e).__name__, str(e).replace("\n", " ")))
    return 1 if failed else 0


sys.exit(main())
