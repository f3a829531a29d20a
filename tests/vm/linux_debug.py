# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""dma-debug of a guest as its debugfs printed it on the serial line, and as drgn reads it, against
what dma-inspect says.

	linux_debug.py VMLINUX DUMP     the child, where drgn is: an entry a line
"""
import json
import os
import re
import subprocess
import sys

import linux_devices
from linux_judge import LIMIT, ask, num
from linux_truth import serial_text

PYTHON = "/usr/bin/python3"             # for which Debian has drgn
DIRECTION = {"DMA_BIDIRECTIONAL": "both ways", "DMA_TO_DEVICE": "to device",
             "DMA_FROM_DEVICE": "from device", "DMA_NONE": "none"}
ERROR = {"error checked": "checked", "error not checked": "not checked",
         "error check not applicable": "check not applicable"}
TYPE = {"scather-gather": "sg", "scatter-gather": "sg", "phy": "phys"}
# dump_show() of kernel/dma/debug.c
LINE = re.compile(r"^init: dma-debug entry (.+) (\S+) idx (\d+) P=(\w+) N=\w+ D=(\w+) L=(\w+) "
                  r"(DMA_\w+) dma map (.+)$", re.M)
PENDING = re.compile(r"device driver has pending DMA allocations while released from device "
                     r"\[count=(\d+)\]")
# What a row has no more without the member. All else must stay as it is.
LOST = {
    "ENTRY_DEV": {"adapter"}, "ENTRY_BUS": {"bus"}, "ENTRY_BYTES": {"bytes"},
    "ENTRY_TYPE": {"type"}, "ENTRY_DIRECTION": {"direction"}, "ENTRY_SG_CALLS": {"sg_calls"},
    "ENTRY_SG_MAPPED": {"sg_mapped"}, "ENTRY_ERROR": {"error"}, "ENTRY_PFN": {"phys"},
    "ENTRY_OFFSET": {"phys"}, "ENTRY_DEPTH": set(), "ENTRY_STACK": {"site", "owner", "caller"},
}
ALL = {"LIST_PREV", "BUCKET_LIST", "ENTRY_LIST"}        # without these no entry is found


class Truth:
    def __init__(self, serial):
        text = serial_text(serial)
        self.state = {k: int(v) for k, v in re.findall(r"^init: dma-debug (\w+) (\d+)$", text,
                                                       re.M)}
        self.entries = sorted(
            (who.split()[0], TYPE.get(kind, kind), DIRECTION[to], int(bus, 16), int(n, 16),
             int(phys, 16), ERROR[error], int(bucket))
            for who, kind, bucket, phys, bus, n, to, error in LINE.findall(text))
        leaks = re.search(r"^init: leaks (\S+)$", text, re.M)
        self.leaks = leaks and leaks[1]
        pending = PENDING.search(text)
        self.pending = pending and int(pending[1])


def books(tables):
    """Rows of `dma 0 6` as the guest prints them."""
    name = {d["adapter"]: d["name"] for d in tables["device"]}
    return sorted((name.get(m["adapter"]), m["type"], m["direction"], num(m["bus"]),
                   m["bytes"], num(m["phys"]), m["error"], m["bucket"])
                  for m in tables["mappings"])


def check(tool, files, serial):
    """What is wrong, or None."""
    truth = Truth(serial)
    code, tables, notes = ask(tool, files, "dma 0 7", "summary")
    if code or not truth.entries:
        return "exit code %d, %s; the guest has %d entries" % (code, notes, len(truth.entries))
    got = books(tables[0])
    if got != truth.entries:
        return "here alone %s, there alone %s, of %d" % (
            [x for x in got if x not in truth.entries][:3],
            [x for x in truth.entries if x not in got][:3], len(truth.entries))
    state, = tables[1]["dma_debug"]
    said = [state[k] for k in ("entries", "free", "lowest", "errors", "state")]
    want = [truth.state[k] for k in ("nr_total_entries", "num_free_entries", "min_free_entries",
                                     "error_count")] + ["on"]
    return said != want and "state %s, not %s" % (said, want) or None


def leaks(tool, files, serial):
    """What the driver that went left mapped, and nothing else; what is wrong, or None."""
    truth = Truth(serial)
    code, (found, misuse, verdict), notes = ask(tool, files, "leaks", "check", "analyze")
    rows = found["mappings"]
    if code != 1 or not rows or not truth.pending:
        return "exit code %d, %d leaks, %s; the kernel says %s" % (code, len(rows), notes,
                                                                  truth.pending)
    strange = [r for r in rows if r["device"] != truth.leaks or r["rule"] != "leak-unbound" or
               not r["owner"].startswith("dma_leak!leak_")]
    # One that failed is on record and was never mapped.
    failed = sum(e[0] == truth.leaks and e[3] == 2 ** 64 - 1 for e in truth.entries)
    if strange or len(rows) + failed != truth.pending:
        return "%d leaks and %d failed, but the kernel says %d; %s" % (
            len(rows), failed, truth.pending, strange[:2])
    stacks = {s["site"] for s in found["call_sites"] if s["text"].startswith("dma_leak!leak_probe")}
    if {r["site"] for r in rows} - stacks:
        return "not all stacks lead to leak_probe: %s" % found["call_sites"]
    if verdict["verdict"][0]["finding"] != "leak-unbound":
        return "the verdict is %s" % verdict["verdict"][0]["finding"]
    said = {(m["rule"], m["confidence"], m["count"], m["owner"].split(".")[0])
            for m in misuse["misuse"] if m["device"] == truth.leaks}
    want = {("unchecked", "certain", 4, "dma_leak!leak_unchecked"),
            ("overlap", "likely", 1, "dma_leak!leak_checked")}
    return not want <= said and "check says %s" % said or None


# ---- as the members would be named in another kernel ----

def rows(tool, path):
    """By entry; what is of no device any more stands in `leaks -a` alone."""
    code, tables, notes = ask(tool, [path], "dma 0 6", "leaks -a")
    if len(tables) < 2:
        return code, {}, 0, notes
    return (code, {m["entry"]: m for m in tables[0].get("mappings", [])},
            len(tables[1].get("mappings", [])), notes)


def one_renamed(tool, path, row, before, count):
    ident, _, _, what = row
    code, after, listed, notes = rows(tool, path)
    if code not in (3, 4) or not any("not known" in n and what in n for n in notes):
        return "exit code %d, not a word of it: %s" % (code, notes)
    if ident in ALL:
        return "%d entries" % listed if listed else None
    if listed != count:
        return "%d entries, not %d" % (listed, count)
    if ident != "ENTRY_DEV" and set(after) != set(before):
        return "%d of %d entries" % (len(after), len(before))
    other = {k for e in after for k in before[e] if before[e][k] != after[e][k]}
    return "lost %s as well" % (other - LOST[ident]) if other - LOST[ident] else None


def renamed(tool, path, btf):
    """[(member, what is wrong or None)]. path: an ELF dump, in which the guest's BTF lies whole."""
    _, before, count, _ = rows(tool, path)
    for row in linux_devices.each_renamed(path, btf, ALL | set(LOST)):
        yield "%s.%s" % row[1:3], one_renamed(tool, path, row, before, count)


# ---- beside drgn ----

def has_drgn():
    return not subprocess.run([PYTHON, "-c", "import drgn"], capture_output=True).returncode


def beside_drgn(tool, files, vmlinux):
    """Entry by entry, with their stacks; what is wrong, or None."""
    r = subprocess.run([PYTHON, __file__, vmlinux, *files], capture_output=True, text=True,
                       timeout=LIMIT)
    if r.returncode:
        return "drgn: %s" % r.stderr.strip()[-300:]
    want = sorted(json.loads(x) for x in r.stdout.splitlines())
    _, (tables,), _ = ask(tool, files, "dma 0 6")
    stack = {}
    for s in tables["call_sites"]:
        stack.setdefault(s["site"], []).append(num(s["addr"]))
    got = sorted([num(m["entry"]), num(m["adapter"]), num(m["bus"]), m["bytes"],
                  num(m["phys"]), m["sg_calls"], m["sg_mapped"], stack.get(m["site"], [])]
                 for m in tables["mappings"])
    if got == want:
        return None
    return "here alone %s, there alone %s, of %d" % ([x for x in got if x not in want][:2],
                                                     [x for x in want if x not in got][:2],
                                                     len(want))


def drgn_entries(vmlinux, dump):
    import drgn                         # Debian's python alone has it
    from drgn.helpers.linux.list import list_for_each_entry
    p = drgn.Program()
    p.set_core_dump(dump)
    p.load_debug_info([vmlinux])
    for bucket in p["dma_entry_hash"]:
        for e in list_for_each_entry("struct dma_debug_entry", bucket.list.address_of_(), "list"):
            n = e.stack_len.value_()
            print(json.dumps([e.value_(), e.dev.value_(), e.dev_addr.value_(), e.size.value_(),
                              e.pfn.value_() * 4096 + e.offset.value_(), e.sg_call_ents.value_(),
                              e.sg_mapped_ents.value_(),
                              [e.stack_entries[i].value_() for i in range(n)]]))


if __name__ == "__main__":
    drgn_entries(*sys.argv[1:])
