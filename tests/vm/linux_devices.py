# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Devices of a guest as its sysfs told them on the serial line, against what dma-inspect says of
them; and what it says if a member that it reads has another name in the kernel's own BTF."""
import contextlib
import mmap
import os
import re
import struct

from linux_judge import ask, num
from linux_truth import STRUCT, TAIL, UNION, serial_text

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
WORD = r"(\S+)"
LINE = re.compile(rf"^init: device {WORD} {WORD} path {WORD} driver {WORD} module {WORD} "
                  rf"dma {WORD} coherent {WORD} vendor {WORD} device {WORD} class {WORD}$", re.M)
# What a device's row has no more without the member. All else must stay as it is.
LOST = {
    "KOBJ_NAME": {"name", "path"}, "KSET_KOBJ": {"path"}, "KOBJ_PARENT": {"path"}, "BUS_NAME": {
        "bus", "pci_id", "pci_class", "bus_master", "saved_master"},
    "DEV_DRIVER": {"driver", "module"}, "DRIVER_NAME": {"driver"}, "DRIVER_OWNER": {"module"},
    "MODULE_NAME": {"module"}, "DEV_COHERENT_MASK": {"coherent_mask"}, "DEV_BUS_LIMIT": {
        "bus_limit"},
    "DEV_PARMS": {"max_segment", "boundary", "min_align"}, "PARMS_SEGMENT": {"max_segment"},
    "PARMS_BOUNDARY": {"boundary"}, "PARMS_ALIGN": {"min_align"}, "DEV_OPS": {"ops"},
    "DEV_IOMMU_BIT": {"ops"}, "DEV_POOL": {"pool", "pool_name", "pool_slots", "pool_used"},
    "POOL_RESTRICTED": {"pool_name"},
    "DEV_GROUP": {"group", "domain", "aperture", "aperture_end"}, "GROUP_ID": {"group"},
    "GROUP_DOMAIN": {"domain", "aperture", "aperture_end"}, "DOMAIN_TYPE": {"domain"},
    "DOMAIN_START": {"aperture", "aperture_end"}, "DOMAIN_END": {"aperture", "aperture_end"},
    "PCI_DEV": {"pci_id", "pci_class", "bus_master", "saved_master"}, "PCI_VENDOR": {"pci_id"},
    "PCI_DEVICE": {"pci_id"}, "PCI_CLASS": {"pci_class"}, "PCI_MASTER": {"bus_master"},
    "PCI_SAVED": {"saved_master"}, "PCI_COMMAND": {"saved_master"},
}
# Where it is not read for what is lost without it.
NEEDS = {"POOL_RESTRICTED": set(), "PCI_COMMAND": {"saved_master"}}
# Without these no device is found, or known for one.
ALL = {"LIST_NEXT", "KSET_LIST", "KOBJ_ENTRY", "DEV_KOBJ", "DEV_BUS", "DEV_DMA_MASK"}


def devices(tool, files):
    """Exit code; rows of the devices; notes."""
    code, (tables,), notes = ask(tool, files, "dma 0 1")
    return code, tables.get("device", []), notes


# ---- as they are ----

def bits(mask):
    return str(int(mask, 16).bit_length()) if mask else None


def told(serial):
    """{(bus, name): what dma-inspect must say}"""
    text = serial_text(serial)
    out = {}
    for bus, name, path, driver, module, dma, coherent, vendor, device, cls in LINE.findall(text):
        row = {"path": path, "driver": None if driver == "-" else driver.replace("/", " "),
               "module": None if module == "-" else module}
        if bus == "pci":
            row.update(dma=dma, coherent=coherent, pci_class=cls[2:],
                       pci_id="%s:%s" % (vendor[2:], device[2:]))
        out[bus, name] = row
    return out


def said(rows):
    out = {}
    for r in rows:
        if r["bus"] not in ("pci", "platform"):
            continue
        row = {k: r[k] for k in ("path", "driver", "module")}
        if r["bus"] == "pci":
            row.update(dma=bits(r["mask"]), coherent=bits(r["coherent_mask"]),
                       pci_class=r["pci_class"], pci_id=r["pci_id"])
        out[r["bus"], r["name"]] = row
    return out


def check(tool, files, serial):
    """What is wrong, or None."""
    want = told(serial)
    code, rows, notes = devices(tool, files)
    got = said(rows)
    # sysfs names the module of a driver that is built in, too; the kernel's memory does not
    for key, row in got.items():
        if row["module"] is None and key in want:
            want[key]["module"] = None
    if not want or code not in (0, 4):
        return "%d devices, exit code %d: %s" % (len(want), code, notes)
    wrong = ["%s: %s, not %s" % (k, got.get(k), want.get(k)) for k in sorted({*want, *got})
             if got.get(k) != want.get(k)]
    return "; ".join(wrong[:3]) or None


# ---- their pools ----

def pools(tool, files, serial):
    """(how many, what is wrong or None)"""
    text = serial_text(serial)
    want = sorted((m[1], m[2].strip(), *(int(x) for x in m[3].split())) for m in re.finditer(
        r"^init: pools (\S+) (.*?) +(\d+ +\d+ +\d+ +\d+)$", text, re.M))
    _, (tables,), _ = ask(tool, files, "dma 0 5")
    names = {d["adapter"]: d["name"] for d in tables["device"]}
    got = sorted((names[p["adapter"]], p["name"], p["used"], p["blocks"], num(p["size"]),
                  p["pages"]) for p in tables.get("dma_pools", []))
    return len(want), None if got == want else "%s, not %s" % (got, want)


# ---- as they would be named in another kernel ----

class Btf:
    """Where the names of members stand in the text of BTF."""

    def __init__(self, data):
        self.data = data
        _, _, _, header, at, length, strings, size = struct.unpack_from("<HBBIIIII", data)
        self.strings, self.struct, self.all = header + strings, {}, []
        at, end = header + at, header + at + length
        while at < end:
            name, info, _ = struct.unpack_from("<III", data, at)
            kind, n = info >> 24 & 0x1F, info & 0xFFFF
            fixed, each = TAIL.get(kind, (0, 0))
            if kind in (STRUCT, UNION):
                self.struct.setdefault(self.string(name), []).append((at, n))
            at += 12 + fixed + each * n

    def string(self, at):
        at += self.strings
        return self.data[at:self.data.index(b"\0", at)].decode()

    def member(self, name, path):
        """[(offset of the member's name, the struct's own)]"""
        first = re.split(r"[.\[]", path)[0]
        return [(at + 12 + 12 * i, self.data[at:at + 4])
                for at, n in self.struct.get(name, []) for i in range(n)
                if self.string(struct.unpack_from("<I", self.data, at + 12 + 12 * i)[0]) == first]


def fields(wanted):
    """[(ID, struct, member, what is said)] of linux_fields.def."""
    with open(os.path.join(TOP, "dumps", "linux_fields.def")) as f:
        rows = re.findall(r'^DMV_FIELD\((\w+),\s*"(\w+)",\s*"([^"]+)",\s*"[^"]*",\s*'
                          r'[^"]*"([^"]+)"\)', f.read(), re.M)
    return [r for r in rows if r[0] in wanted]


@contextlib.contextmanager
def changed(data, patches):
    kept = [(at, data[at:at + len(new)]) for at, new in patches]
    for at, new in patches:
        data[at:at + len(new)] = new
    data.flush()
    try:
        yield
    finally:
        for at, old in kept:
            data[at:at + len(old)] = old
        data.flush()


def one_renamed(tool, path, row, before):
    """What is wrong with the answer, or None."""
    ident, _, _, what = row
    code, rows, notes = devices(tool, [path])
    if rows == before and ident not in ALL and not any(b[k] for b in before for k in NEEDS.get(
            ident, LOST[ident])):
        return None                     # no device has it
    if not any("not known" in n and (what in n or not rows) for n in notes):
        return "not a word of it: %s" % notes
    if ident in ALL:
        return None if code in (3, 4) and not rows else "%d devices, exit code %d" % (
            len(rows), code)
    if code != 4 or len(rows) != len(before):
        return "%d devices, exit code %d" % (len(rows), code)
    other = {k for old, new in zip(before, rows) for k in old if old[k] != new[k]}
    return "lost %s as well" % (other - LOST[ident]) if other - LOST[ident] else None


def renamed(tool, path, btf):
    """[(member, what is wrong or None)]. path: an ELF dump, in which the guest's BTF lies whole."""
    _, before, _ = devices(tool, [path])
    for row in each_renamed(path, btf, ALL | set(LOST)):
        yield "%s.%s" % row[1:3], one_renamed(tool, path, row, before)


def places_of(types, row):
    return types.member(row[1], row[2].split("|")[0])


def each_renamed(path, btf, wanted, find=places_of):
    """Of the rows of linux_fields.def that are wanted each, while its member has another name."""
    with open(btf, "rb") as f:
        types = Btf(f.read())
    with open(path, "r+b") as f, mmap.mmap(f.fileno(), 0) as data:
        bases, at = [], data.find(types.data[:4096])
        while at >= 0:
            bases += [at] if data[at:at + len(types.data)] == types.data else []
            at = data.find(types.data[:4096], at + 4096)
        if not bases:
            raise LookupError("the guest's BTF is not in one piece in the dump")
        for row in fields(wanted):
            places = find(types, row)
            if not places:              # this kernel has it not
                continue
            with changed(data, [(b + at, name) for b in bases for at, name in places]):
                yield row
