#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Boots Linux guests (linux.sh), asks dma-inspect about their dumps and judges its answers.

	linux_check.py BUILD-DIRECTORY [full | VARIANT...]
	linux_check.py -d DUMP-DIRECTORY BUILD-DIRECTORY VARIANT...

VARIANT: linux.sh's words with a dash between them, the series of kernels first: 6.12-la57. Without
one a small choice is tried, with `full` each kernel in each setting. -d: the dumps are there
already. KEEP=1 in the environment leaves them in BUILD-DIRECTORY/vm_linux/dumps.

What is right comes from sides that know nothing of the vmcore's reader: what the guest's kernel
said of its processes (/proc/PID/pagemap, on the serial line), what the processes said of their
violation, and the core file of each process, written by the guest's kernel. A vmcore must answer
of each region what the process's own core answers, tell the regions apart, and take no copy of a
header for one. Of the kernel it must know what the guest's /proc/kallsyms and BTF say.
Ends with two tables: what dma-inspect does, a line a variant, a column a form; and what its peers
do with the same files (peers.py). Where a peer can do what it cannot, that is a failure. VARIANTs
that are named and those of `full` are asked of every peer.
"""
import itertools
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "second"))
import compare                          # noqa: E402
import linux_boot                       # noqa: E402
import linux_bounce                     # noqa: E402
import linux_debug                      # noqa: E402
import linux_devices                    # noqa: E402
import linux_forms                      # noqa: E402
import linux_modules                    # noqa: E402
import linux_pages                      # noqa: E402
import peers                            # noqa: E402
from linux_judge import Wrong, differ, need, num, only, own     # noqa: E402
from linux_truth import Processes, Symbols, Types, Untold       # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
SMALL = ["6.1", "6.12-nokaslr-la57-novmcoreinfo", "6.1-pieces-virtual", "6.12-arm64-max",
         "6.12-swiotlb"]
SETTINGS = [["6.1", "6.12", "lean"], ["", "nokaslr"], ["", "la57"], ["", "novmcoreinfo"]]
FURTHER = ["6.1-pieces-virtual", "6.12-pieces-virtual-la57", "6.1-huge", "6.12-huge-la57",
           "6.1-virtual-novmcoreinfo", "6.1-kexec", "6.12-kexec-la57",
           "6.1-swiotlb", "6.1-swiotlb-full", "6.12-swiotlb", "lean-swiotlb", "lean-swiotlb-full",
           "lean-leak",
           "6.1-arm64", "6.1-arm64-max-nokaslr-novmcoreinfo", "6.1-arm64-max-pieces-virtual",
           "6.1-arm64-huge", "6.12-arm64", "6.12-arm64-novmcoreinfo", "6.12-arm64-max",
           "6.12-arm64-max-nokaslr-novmcoreinfo", "6.12-arm64-max-pieces-virtual",
           "6.12-arm64-16k", "6.12-arm64-16k-max", "6.12-arm64-16k-max-nokaslr-novmcoreinfo"]
# Settings of the processes' memory: nothing that a peer could see.
OURS_ALONE = {"pieces", "virtual", "huge", "swiotlb", "leak"}
KERNEL_HALF = 0xFF00000000000000
LIMIT = 120                             # seconds for one run of dma-inspect
SECOND = ["elf", "kdump"]               # forms that the second decoder is asked about
COMMANDS = ["region", "dma -a", "dma 0 3f", "leaks -a", "violations", "events", "check", "stale",
            "summary", "analyze"]
SYMBOLS, TYPES = ("symbol", "place", "text"), ("member",)       # questions of linux_probe
# With virtual bus addresses drivers' buffers and shadows cannot be found in physical memory.
BOOKS_ONLY = ["region", "dma -a", "dma 0 3f", "leaks -a", "violations", "events"]


class Variant:
    def __init__(self, build, directory, name):
        self.build = build
        self.tool, self.probe = build + "/dma-inspect", build + "/vm_linux/linux_probe"
        self.name, self.failed = "linux " + name, 0
        self.path = os.path.join(directory, "linux-" + name)
        self.series, *self.words = name.split("-")
        self.truth = Processes(self.path + ".serial")
        self.symbols = Symbols(self.path + ".kallsyms", self.linked())
        self.types = Types(self.path + ".btf")
        self.questions, self.expected = self.sample()
        # The writer gives physical bus addresses only where pages are of 4 KiB.
        self.virtual = "virtual" in self.words or "16k" in self.words
        self.commands = BOOKS_ONLY if self.virtual else COMMANDS
        if "swiotlb" in self.words:     # buffers of users are not in every form
            self.commands = [c for c in self.commands if c != "stale"]
        self.cells, self.can, self.peers = {}, {}, {}
        kernel = self.linked() if "arm64" in self.words else self.series
        self.vmlinux = os.path.join(build, "linux", kernel, "vmlinux")

    def linked(self):
        """The kernel in LINKED_AT."""
        if "arm64" not in self.words:
            return "amd64"
        return self.series + "-arm64" + ("-16k" if "16k" in self.words else "")

    def paging(self):
        """Words that `target` has of the page tables."""
        if "arm64" not in self.words:
            return "5-level" if "la57" in self.words else "4-level"
        pages = 16 if "16k" in self.words else 4
        bits = 48 if self.series == "6.1" else 52 if "max" in self.words else {4: 48, 16: 47}[pages]
        return "pages of %d KiB, %d-bit addresses" % (pages, bits)

    def files(self, form):
        return linux_forms.files(self.path, form)

    def call(self, files, *options):
        return subprocess.run([self.tool, *options, *files], capture_output=True, text=True,
                              timeout=LIMIT)

    def ask(self, files, commands, *options):
        """Tables and notes of each command; what is printed, without the name of the file."""
        argv = [x for c in commands for x in ("-c", c)]
        r = self.call(files, "-j", *options, *argv)
        need(r.returncode in (0, 1), "exit code %d: %s" % (
            r.returncode, (r.stderr + r.stdout).strip()[-300:]))
        docs = [json.loads(x) for x in r.stdout.splitlines()]
        need(len(docs) == len(commands), "%d answers to %d commands" % (len(docs), len(commands)))
        for d in docs:
            need("error" not in d, "%s: %s" % (d["command"], d.get("error")))
            del d["target"]
        return ({c: d["tables"] for c, d in zip(commands, docs)},
                [n for d in docs for n in d.get("notes", [])], docs)

    def test(self, what, fn, *args):
        try:
            fn(*args)
            print("ok %s %s" % (self.name, what))
            return True
        except (Wrong, OSError, subprocess.SubprocessError, LookupError, ValueError,
                TypeError) as e:
            self.failed += 1
            print("not ok %s %s: %s: %s" % (self.name, what, type(e).__name__,
                                            str(e).replace("\n", " ")[:600]))
            return False

    def sample(self):
        """Questions for linux_probe, and the right answers."""
        asked = []
        if "linux_banner" in self.symbols.kernel:       # not without CONFIG_KALLSYMS_ALL
            asked.append(("text linux_banner", {self.truth.version}))
        for symbols, step in ((self.symbols.kernel, 499), (self.symbols.module, 19)):
            for name in sorted(symbols)[::step]:
                asked.append(("symbol " + name, {"%x" % symbols[name]}))
                if symbols[name] < KERNEL_HALF:         # per CPU: an offset
                    continue
                asked.append(("place %x" % symbols[name], {
                    "%s!%s+0x0" % (m or "vmlinux", n)
                    for m, n in self.symbols.at[symbols[name]]}))
        for name in sorted(self.types.member)[::97]:
            member, offset = self.types.member[name]
            asked.append(("member %s %s" % (name, member), {str(offset)}))
        return [q for q, _ in asked], [a for _, a in asked]

    # ---- one dump ----

    def kernel(self, files, options):
        """What `target` says of the kernel is what the guest said."""
        r = self.call(files, "-j", "-c", "target", *options)
        need(r.returncode in (0, 1, 3), "exit code %d: %s" % (r.returncode, r.stderr))
        k = json.loads(r.stdout)["tables"]["kernel"][0]
        need(self.truth.version.split()[2] == k["release"], "release %s" % k["release"])
        need(self.paging() in k["translation"], k["translation"])
        # Where arm64 kernels are linked to depends on their configuration: VMCOREINFO alone knows.
        unknown = "arm64" in self.words and files == self.files("blind.elf")
        need(k["kaslr_offset"] == (None if unknown else self.symbols.offset),
             "KASLR %s, not %#x" % (k["kaslr_offset"], self.symbols.offset))
        got = k["symbols"], k["modules"], k["types"]
        want = self.symbols.count, len(self.truth.modules), self.types.count
        need(got == want, "symbols, modules, types: %s, not %s" % (got, want))

    def names(self, files, kinds):
        """Symbols and types, one by one."""
        r = subprocess.run([self.probe, *files], input="\n".join(self.questions),
                           capture_output=True, text=True, timeout=LIMIT)
        lines = r.stdout.splitlines()
        need(r.returncode == 0 and len(lines) == len(self.questions), "exit code %d: %s" % (
            r.returncode, r.stderr.strip()))
        wrong = []
        for question, want, got in zip(self.questions, self.expected, lines):
            if question.split()[0] not in kinds:
                continue
            value = got[2:].split()[0] if question.startswith("member") else got[2:]
            if got[0] != "=" or value not in want:
                wrong.append("%s: %s, not %s" % (question, got, want))
        need(not wrong, "%d of %d answers: %s" % (len(wrong), len(lines), "; ".join(wrong[:3])))

    def module_files(self, files):
        """With the files of the modules by -s."""
        wrong = linux_modules.check(self.probe, files, os.path.dirname(self.vmlinux) + "/modules",
                                    self.truth.modules, self.symbols, self.types)
        need(not wrong, "; ".join(wrong[:3]))

    def regions(self, tables):
        """Both, and no other; as the guest's kernel knows them."""
        rows = tables["region"]["regions"]
        got = {num(r["id"]): {"pid": r["pid"], "virt": num(r["virt"]), "phys": num(r["phys"])}
               for r in rows}
        want = {i: {k: r[k] for k in ("pid", "virt", "phys")}
                for i, r in self.truth.regions.items()}
        need(got == want and len(rows) == len(want), "%s, not %s" % (got, want))
        for r in rows:
            need(r["how"] == "scan" and not r["authentic"], "vouched for by %s" % r["how"])

    def apart(self, tables):
        """Each answer says of which region it is, and that region is the right one."""
        index = {r["region"]: self.truth.regions[num(r["id"])]
                 for r in tables["region"]["regions"]}
        for command, table in (("dma -a", "adapters"), ("violations", "violations"),
                               ("events", "events"), ("leaks -a", "leaks")):
            need(all(row["region"] in index for row in own(tables[command][table])),
                 "%s: a row of no region" % command)
        for row in own(tables["dma -a"]["adapters"]):
            need(row["driver"] == index[row["region"]]["driver"], "%s is not of region %d" % (
                row["driver"], row["region"]))
        for i, r in index.items():
            rows = [x for x in tables["violations"]["violations"] if x["region"] == i]
            said = self.truth.violation.get(r["pid"])
            got = [[x["code"]] + [num(x["p%d" % p]) for p in (1, 2, 3, 4)] for x in rows]
            need(got == ([said] if said else []), "%s, but process %d said %s" % (
                got, r["pid"], said))

    def as_core(self, tables):
        """What it says of a region is what the core of that process says."""
        for region in tables["region"]["regions"]:
            core = self.core(region, self.commands)
            for c in self.commands:
                for table, rows in core[c].items():
                    here = only(tables[c][table], region["region"])
                    there = only(rows, 0)
                    need(here == there, "%s, %s of %s: %s, but its core says %s" % (
                        c, table, region["id"], here, there))

    def no_copy(self, files, notes, options):
        """The planted copy is named, and refused by name, too; a region made up is ignored."""
        at = self.truth.copy
        need(any("physical %#x says" % at in n and "copy" in n for n in notes),
             "no word of the copy at %#x: %s" % (at, notes))
        false = self.truth.false
        need(not false or any("region at %#x: its segments overlap" % false in n and
                              "ignored" in n for n in notes),
             "no word of the false region at %#x: %s" % (false or 0, notes))
        r = self.call(files, "--region", "%#x" % at, "-c", "region", *options)
        need(r.returncode == 3 and "a copy" in r.stderr, "--region %#x: exit code %d, %s" % (
            at, r.returncode, r.stderr))

    def same(self, files, docs, first):
        """All that is printed, notes too, but of pages that a filter left out."""
        for d, f in zip(docs, first):
            f = dict(f, notes=[n for n in f["notes"] if n in d["notes"] or
                               not self.left_out(files, n)])
            need(d == f, "%s: %s" % (d["command"], differ(d, f)))

    def left_out(self, files, note):
        """Is that a note of a copy, and its page not in this form?"""
        at = re.match(r"a header at physical (0x\w+) says", note)
        return at and not linux_pages.Dumps(self.build, self.path).read(files, at[1])

    def core(self, region, commands):
        """What the core file of a region's process answers."""
        r = self.truth.regions[num(region["id"])]
        return self.ask(["%s.core.%s" % (self.path, r["driver"])], commands)[0]

    def nothing_false(self, files, options, tables):
        """Bytes that cannot be found are missing, and not judged by others in their place."""
        r = self.call(files, "-j", "-c", "check", "-c", "stale", *options)
        check, stale = (json.loads(x)["tables"] for x in r.stdout.splitlines())
        for region in tables["region"]["regions"]:
            core = self.core(region, ["check", "stale"])
            for said, true in ((check["guards"], core["check"]["guards"]),
                               (stale["stale"], core["stale"]["stale"])):
                for row in only(said, region["region"]):
                    need(row in only(true, 0), "its core does not say %s" % row)
        if files[0].endswith("paging.elf"):     # has the memory of the process that ran
            return
        need(r.returncode == 4 and "guards cannot be read" in r.stdout and
             "cannot be compared" in r.stdout, "exit code %d" % r.returncode)

    def second(self, files):
        """The decoder that knows SPEC.md alone says the same."""
        said = compare.compare(files[0])
        bad = ["%s: %s" % (table, why[0]) for table, _, why in said if why]
        need(not bad, "; ".join(bad))
        need(sum(n for _, n, _ in said) > 5, "only a few rows: %s" % said)

    def devices(self, files):
        """All that sysfs has, with what it says of them."""
        wrong = linux_devices.check(self.tool, files, self.path + ".serial")
        need(not wrong, wrong)
        _, wrong = linux_devices.pools(self.tool, files, self.path + ".serial")
        need(not wrong, wrong)

    def log(self, files):
        """As syslog(2) gave it, line by line; it may have gone on since."""
        rows = json.loads(self.call(files, "-j", "-c", "log -a").stdout)["tables"]["log"]
        with open(self.path + ".dmesg", errors="replace") as f:
            want = [re.sub(r"^<(\d+)>", lambda m: "<%d>" % (int(m[1]) & 7), x)
                    for x in f.read().replace("\t", "\\x09").splitlines()]
        timed = re.match(r"<\d>\[ *\d+\.\d+\] ", want[0])         # printk.time
        got = ["<%d>%s%s" % (x["level"], "[%12s] " % x["time"] if timed else "", line)
               for x in rows for line in (x["text"] or "").split("\\x0a")]
        start = got.index(want[0]) if want[0] in got else 0
        wrong = [(g, w) for g, w in zip(got[start:], want) if g != w]
        need(len(want) > 100 and len(got) - start >= len(want) and not wrong,
             "%d lines, not %d: %s" % (len(got), len(want), wrong[:2]))

    def renamed(self, files):
        """As if the kernel called a member otherwise, one after the other."""
        for member, wrong in linux_devices.renamed(self.tool, files[0], self.path + ".btf"):
            self.test("elf: %s has another name" % member, need, not wrong, wrong)

    def bounce(self, files):
        """Pools as the guest's kernel counts them, and what is in transfer."""
        wrong = linux_bounce.check(self.tool, files, self.path + ".serial")
        need(not wrong, wrong)

    def bounced(self, label, files):
        """Bounce buffers against what is bounced; the verdict on a pool that is full."""
        if "full" in self.words:
            wrong = linux_bounce.full(self.tool, files)
            self.test(label + ": the pool is full", need, not wrong, wrong)
        else:
            wrong = linux_bounce.stale(self.tool, files, self.path + ".serial")
            self.test(label + ": bounce buffers", need, not wrong, wrong)

    def bounce_beside(self, label, files):
        """Slot by slot as drgn has them; members of the kernel's under another name."""
        if not os.path.exists(self.vmlinux) or not linux_bounce.has_drgn():
            print("skip slots beside drgn: %s: no drgn, or no vmlinux" % self.name)
        else:
            wrong = linux_bounce.beside_drgn(self.tool, files, self.vmlinux)
            self.test(label + ": slots beside drgn", need, not wrong, wrong)
        for member, wrong in linux_bounce.renamed(self.tool, self.path + ".elf",
                                                  self.path + ".btf"):
            self.test("elf: %s has another name" % member, need, not wrong, wrong)

    def books(self, label, files):
        """What dma-debug has on record, as the guest and drgn have it; who leaked."""
        serial = self.path + ".serial"
        wrong = linux_debug.check(self.tool, files, serial)
        good = self.test(label + ": its mappings", need, not wrong, wrong)
        if "leak" in self.words:
            wrong = linux_debug.leaks(self.tool, files, serial)
            good &= self.test(label + ": who leaked", need, not wrong, wrong)
        if label == "elf" and "leak" in self.words:
            for member, wrong in linux_debug.renamed(self.tool, files[0], self.path + ".btf"):
                good &= self.test("elf: %s has another name" % member, need, not wrong, wrong)
        if label != "zlib.31":
            return good
        if not linux_debug.has_drgn():
            print("skip %s %s: mappings beside drgn: no drgn" % (self.name, label))
            return good
        wrong = linux_debug.beside_drgn(self.tool, files, self.vmlinux)
        return good & self.test(label + ": mappings beside drgn", need, not wrong, wrong)

    def has_books(self):
        """Is there dma-debug, and has it anything? Of plain virtio the kernel maps nothing."""
        return self.series == "lean" and bool({"swiotlb", "leak"} & set(self.words))

    def unasked(self, files):
        """A Linux kernel's memory is not searched unless it is asked for."""
        r = self.call(files, "-c", "region")
        need(r.returncode == 3 and "--scan" in r.stderr, "exit code %d, %s" % (
            r.returncode, r.stderr))

    def filtered(self, files):
        """The processes' pages are left out: no region, and it says so."""
        r = self.call(files, "--scan", "-c", "region")
        need(r.returncode == 3 and "no region" in r.stderr, "exit code %d, %s" % (
            r.returncode, r.stderr))

    def named(self, label, files):
        """What it knows of the kernel."""
        symbol = self.test(label + ": its symbols", self.names, files, SYMBOLS)
        types = self.test(label + ": its types", self.names, files, TYPES)
        self.can[label] = {"symbol": symbol, "type": types}
        return symbol and types

    def dump(self, label, first):
        """All questions about one dump. Returns what it printed, or None."""
        files, options = self.files(label), []
        if "novmcoreinfo" not in self.words and not linux_forms.no_vmcoreinfo(label):
            options = ["--scan"]
            self.test(label + ": no scan unasked", self.unasked, files)
        got = []
        if not self.test(label + ": answers", lambda: got.append(
                self.ask(files, self.commands, *options))):
            self.cells[label] = "NO"
            self.named(label, files)
            return None
        tables, notes, docs = got[0]
        good = self.test(label + ": both regions", self.regions, tables)
        good &= self.test(label + ": told apart", self.apart, tables)
        if first is None and "kexec" not in self.words:     # no cores: the kernel died first
            good &= self.test(label + ": says what the processes' cores say", self.as_core, tables)
        elif first is not None:
            good &= self.test(label + ": prints what the first form does", self.same, files, docs,
                              first)
        good &= self.test(label + ": a copy does not win", self.no_copy, files, notes, options)
        if self.virtual:
            good &= self.test(label + ": nothing is made up", self.nothing_false, files,
                              options, tables)
        if label in SECOND:
            good &= self.test(label + ": the second decoder agrees", self.second, files)
        named = self.named(label, files)
        named &= self.test(label + ": the kernel", self.kernel, files, options)
        if label in SECOND:
            named &= self.test(label + ": its modules' files and types", self.module_files, files)
            if "devices_kset" in self.symbols.kernel:
                named &= self.test(label + ": its devices", self.devices, files)
            named &= self.test(label + ": its log", self.log, files)
        if label == "elf" and not self.words:
            named &= self.test(label + ": members renamed", self.renamed, files)
        if "swiotlb" in self.words:
            named &= self.test(label + ": its bounce pools", self.bounce, files)
        if "swiotlb" in self.words and label == "elf":
            self.bounced(label, files)
        if self.has_books():
            named &= self.books(label, files)
        self.cells[label] = "yes" if good and named else "region" if good else "NO"
        return docs if good else None

    def kernel_alone(self, label):
        """A dump that the processes were left out of."""
        files = self.files(label)
        good = self.test(label + ": no user pages, no region", self.filtered, files)
        good &= self.test(label + ": the kernel", self.kernel, files, [])
        good &= self.named(label, files)
        if "swiotlb" in self.words:
            good &= self.test(label + ": its bounce pools", self.bounce, files)
            if label == "zlib.31":
                self.bounce_beside(label, files)
        if self.has_books():
            good &= self.books(label, files)
        self.cells[label] = "kernel" if good else "NO"

    def run(self):
        first = None
        for form in linux_forms.there(self.path):
            if linux_forms.no_processes(form):
                self.kernel_alone(form)
                continue
            docs = self.dump(form, first)
            first = first or docs
        need(self.cells, "there are no dumps")
        for what, why in linux_pages.check(self.build, self.path):
            self.test("every page: " + what, need, not why, why)
        return self.failed

    # ---- its peers ----

    def guest(self):
        """What peers are told."""
        return peers.Guest(self.truth, self.symbols, self.types, self.words, self.vmlinux)

    def beside(self, which):
        """What each peer does with each form; no form of which it can do more than we."""
        if peers.SYMBOL not in self.symbols.kernel:
            print("skip peers: %s: the guest does not name %s" % (self.name, peers.SYMBOL))
            return
        guest = self.guest()
        for peer in [] if OURS_ALONE & set(self.words) else which:
            why = peer.missing(guest.vmlinux)
            if why:
                print("skip peer %s: %s: %s" % (peer.name, self.name, why))
                continue
            words = self.peers[peer.name] = {}
            for form in self.cells:
                words[form] = peer.ask(guest, self.files(form))
                self.test("%s: no worse than %s: %s" % (form, peer.name, words[form]),
                          self.no_worse, form, words[form])

    def no_worse(self, form, word):
        rank, ours = peers.rank(word), self.can[form]
        need(rank < peers.rank("opens") or self.cells[form] != "NO", "a peer opens it")
        need(rank < peers.rank("symbol") or ours["symbol"], "a peer finds the symbol")
        need(rank < peers.rank("yes") or ours["type"], "a peer finds the type")


def full():
    every = ["-".join(filter(None, x)) for x in itertools.product(*SETTINGS)]
    return every + FURTHER


class Run:
    """What is asked of each variant. Quick: all forms of the first alone, and the quickest peer."""

    def __init__(self, build, directory, quick):
        self.build, self.directory, self.quick = build, directory, quick
        self.failed, self.variants = 0, []

    def peers(self, name):
        if self.quick:
            return peers.QUICK
        if "arm64" not in name:
            subprocess.run([os.path.join(HERE, "linux_vmlinux.sh"), self.build,
                            name.split("-")[0]], stdout=subprocess.DEVNULL)
        return peers.ALL

    def few(self, name):
        """What is made of a dump has to do with the kernel and VMCOREINFO alone."""
        words = set(name.split("-")[1:])
        return name != SMALL[0] if self.quick else bool(words - {"arm64", "novmcoreinfo"})

    def check(self, name):
        try:
            v = Variant(self.build, self.directory, name)
            linux_forms.make(v.path, self.few(name))
            v.run()
            v.beside(self.peers(name))
            self.failed += v.failed
            self.variants.append(v)
        except (Untold, OSError, LookupError, ValueError) as e:
            self.failed += 1
            print("not ok linux %s: %s" % (name, str(e).replace("\n", " ")))

    def boot_and_check(self, names):
        """The next guest boots while the dumps of the one before are looked at."""
        coming = linux_boot.Boot(self.build, self.directory, names[0])
        for after in names[1:] + [None]:
            boot, why = coming, coming.wait()
            coming = after and linux_boot.Boot(self.build, self.directory, after)
            if why:
                print(why)
                self.failed += why.startswith("not ok")
            else:
                self.check(boot.name)
                boot.remove()
            sys.stdout.flush()

    def tables(self):
        linux_forms.print_table("region, symbol, type", [(v.name, v.cells) for v in self.variants])
        print()
        linux_forms.print_table("peers", [("%s: %s" % (v.name, name), cells) for v in self.variants
                                          for name, cells in v.peers.items()])


def main():
    args = sys.argv[1:]
    if args[0] == "-d":
        run = Run(args[2], args[1], False)
        for name in args[3:]:
            run.check(name)
    else:
        names = full() if args[1:] == ["full"] else args[1:]
        run = Run(args[0], os.path.join(args[0], "vm_linux", "dumps"), not names)
        run.boot_and_check(names or SMALL)
    if run.variants:
        run.tables()
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
