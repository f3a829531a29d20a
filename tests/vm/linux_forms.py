# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""The forms of a Linux guest's dump, for linux_check.py and linux_pages.py: those that linux.sh has
QEMU and makedumpfile write, and those made of them here, which makedumpfile cannot write. Of a dump
that is made only page descriptors and pages are new, or fields of the header are taken away.
"""
import mmap
import os
import shutil
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import kdump_make  # noqa: E402

# An ending a file; several files of one dump are one form. v2, v5: zlib.23 with an older header.
# blind.elf: VMCOREINFO is not in memory either.
# "split.1" alone: its other part stands beside it.
FORMS = ["elf", "paging.elf", "blind.elf", "kdump.flat", "kdump", "zlib.0", "lzo.0", "plain.0",
         "snappy.0", "zstd.0", "made.elf", "zlib.23", "lzo.23", "plain.23", "snappy.23",
         "zstd.23", "v2.23", "v5.23", "flat.23", "flat.elf", "split.1+split.2", "split.1",
         "zlib.31", "lzo.31", "plain.31", "snappy.31", "zstd.31"]
MADE = [(method, level) for level in ("0", "23", "31") for method in
        ("lzo", "plain", "snappy", "zstd")]
FEW = [("snappy", "23"), ("zstd", "23")]
# What a version's sub-header has not, as byte offsets (makedumpfile's diskdump_mod.h: phys_base to
# split; pfns; vmcoreinfo; notes; erased; 64-bit pfns); of version 2 no VMCOREINFO either, which
# stands behind.
LACKS = {2: (32, None), 5: (80, 104)}
VERSION_AT = 8
TEXT = b"OSRELEASE="                    # VMCOREINFO's first line


def files(prefix, form):
    return ["%s.%s" % (prefix, x) for x in form.split("+")]


def no_vmcoreinfo(form):
    return form.startswith("v2.")


def no_processes(form):
    """-d 31: user pages are left out, and the regions with them."""
    return form.endswith(".31")


def one_of_several(form):
    return form == "split.1"


def older(version, source, target):
    """The same dump, its header as that version has it."""
    with open(source, "rb") as f:
        data = bytearray(f.read())
    block, sub, _ = kdump_make.kdump.header(data)
    struct.pack_into("<i", data, VERSION_AT, version)
    first, end = LACKS[version]
    end = end or sub * block
    data[block + first:block + end] = bytes(end - first)
    with open(target, "wb") as f:
        f.write(data)


def blind(source, target):
    """The same dump of a kernel that keeps no VMCOREINFO: where its text stood are zeros."""
    shutil.copyfile(source, target)
    with open(target, "r+b") as f, mmap.mmap(f.fileno(), 0) as data:
        at = data.find(TEXT)
        while at >= 0:
            end = data.find(b"\0", at)
            data[at:end] = bytes(end - at)
            at = data.find(TEXT, end)


def make(prefix, few):
    """Makes what is not there yet of what is."""
    if "-novmcoreinfo" in os.path.basename(prefix) and os.path.exists(prefix + ".elf"):
        blind(prefix + ".elf", prefix + ".blind.elf")
    for method, level in FEW if few else MADE:
        source, target = prefix + ".zlib." + level, "%s.%s.%s" % (prefix, method, level)
        known = {"plain": "none"}.get(method, method)
        if os.path.exists(source) and not os.path.exists(target) and kdump_make.has(known):
            kdump_make.again(known, source, target)
    for version in () if few else LACKS:
        source, target = prefix + ".zlib.23", "%s.v%d.23" % (prefix, version)
        if os.path.exists(source):
            older(version, source, target)


def there(prefix):
    return [f for f in FORMS if all(map(os.path.exists, files(prefix, f)))]


def print_table(title, rows):
    """rows: (name, {form: word}). A column for each form that any row has."""
    forms = [f for f in FORMS if any(f in cells for _, cells in rows)]
    wide = max(len(x) for x in [title] + [name for name, _ in rows])
    long = {f: max([len(f)] + [len(c.get(f, "")) for _, c in rows]) for f in forms}
    print("| %s | %s |" % (title.ljust(wide), " | ".join(f.ljust(long[f]) for f in forms)))
    print("| %s |" % " | ".join("-" * n for n in [wide] + [long[f] for f in forms]))
    for name, cells in rows:
        print("| %-*s | %s |" % (wide, name, " | ".join(
            cells.get(f, "").ljust(long[f]) for f in forms)))
