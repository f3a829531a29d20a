# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""The whole files that mem_hurt.py damages: of each format one at least, by a foreign writer where
there is one, each with something about DMA in it that damage can hide."""
import glob
import os
import resource
import shutil
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "second")]
import kdump            # noqa: E402
import kdump_make       # noqa: E402
import windmp_make      # noqa: E402

O = os.environ.get("O", "build")
DRIVER = "e6_0f_5_overrun"
LINUX = "linux-6.1"
KERNEL_MAP = 0xffffffff80000000         # where x86-64 links its kernel
PAGE = 4096
CORES = (("core x86-64", [], ""), ("core i386", [], "_m32"), ("core aarch64", ["qemu-aarch64"],
         "_aarch64"), ("core s390x", ["qemu-s390x"], "_s390x"))


class Original:
    """files: its own copies, which may be damaged; form: who knows where its headers are.
    rich: every field takes every hostile value, not only some. who: an address to ask about."""

    def __init__(self, name, files, form, options=(), rich=False, who="1000", pages=None):
        self.name, self.form, self.options, self.rich = name, form, list(options), rich
        self.files = [files] if isinstance(files, str) else files
        self.who, self.pages = who, pages       # pages: frame -> offset of its plain bytes
        self.kernel = None                      # Kernel, if there is one to damage


class Kernel:
    """Where things of a Linux kernel are in a dump whose pages are plain."""

    def __init__(self, vmcoreinfo):
        self.line = dict(x.split("=", 1) for x in vmcoreinfo.splitlines() if "=" in x)
        self.text = vmcoreinfo

    def phys(self, symbol, own=0):
        virt = own or int(self.line["SYMBOL(%s)" % symbol], 16)
        return virt - KERNEL_MAP + int(self.line["NUMBER(phys_base)"])


def put(path, data):
    with open(path, "wb") as f:
        f.write(data)
    return path


def take(path, tmp, name=None):
    """A copy of our own, as small on the disk as it can be."""
    to = os.path.join(tmp, name or os.path.basename(path))
    subprocess.run(["cp", "--sparse=always", "--no-preserve=mode", path, to], check=True)
    return to


# ---- process cores ----

def cores(tmp):
    for name, runner, end in CORES:
        where = os.path.join(tmp, "run" + end)
        os.mkdir(where)
        if runner and not shutil.which(runner[0]):
            yield name, "%s is not installed" % runner[0]
            continue
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        subprocess.run(runner + [O + "/drivers" + end, DRIVER], cwd=where, capture_output=True,
                       timeout=60, preexec_fn=lambda: resource.setrlimit(
                           resource.RLIMIT_CORE, (hard, hard)))
        found = glob.glob(os.path.join(where, "qemu_*.core" if runner else "core*"))
        if not found:
            yield name, "core files do not go to the working directory here"
            continue
        yield name, Original(name, take(found[0], tmp, name.replace(" ", "-")), "elf",
                             rich=not end)
        if not end:
            saved = os.path.join(tmp, "saved")
            subprocess.run([O + "/dma-inspect", "-c", "save " + saved, found[0]], check=True,
                           capture_output=True)
            yield "saved", Original("saved by `dma save`", saved, "elf")


# ---- the bare-metal guest ----

def guest_dumps(tmp):
    where = os.path.join(tmp, "guest")
    for more in ([], ["windows=yes"]):
        subprocess.run([os.path.join(HERE, "vm/guest.sh"), *(["-w"] if more else []),
                        O + "/guest.boot.elf", where, DRIVER, *more], check=True,
                       capture_output=True, timeout=120)
    return os.path.join(where, DRIVER)


def flattened_elf(path, tmp):
    """By makedumpfile, which wants the headers where it expects them."""
    moved, flat = take(path + ".elf", tmp, "moved"), os.path.join(tmp, "flat.elf")
    subprocess.run([os.path.join(HERE, "vm/move_headers.py"), moved], check=True)
    with open(flat, "wb") as f:
        subprocess.run(["makedumpfile", "-F", "-E", "-d", "0", moved], stdout=f, check=True,
                       stderr=subprocess.DEVNULL)
    os.unlink(moved)
    return flat


def split_set(pages, tmp):
    """Two files of one dump: parts of a set filtered by nobody."""
    half, files = max(pages) // 2, []
    for i, span in enumerate(((0, half), (half, max(pages) + 1))):
        data = kdump_make.Dump(pages, method="zlib", split=span).write()
        files.append(put(os.path.join(tmp, "split.%d" % (i + 1)), data))
    return files


def guest(tmp):
    if not shutil.which("qemu-system-x86_64"):
        yield "QEMU", "qemu-system-x86_64 is not installed"
        return
    path = guest_dumps(tmp)
    for name, end, form, rich in (("QEMU ELF", "elf", "elf", True),
                                  ("QEMU ELF -p", "paging.elf", "elf", False),
                                  ("QEMU kdump -z, flattened", "kdump.flat", "flat", True),
                                  ("QEMU Windows dump", "windows-yes.dmp", "windmp", False)):
        yield name, Original(name, take(path + "." + end, tmp), form, rich=rich, who="25c000")
    if not os.path.exists(path + ".kdump"):
        yield "makedumpfile", "makedumpfile is not installed"
        return
    yield "kdump", Original("kdump zlib", take(path + ".kdump", tmp), "kdump", rich=True)
    yield "ELF -E", Original("makedumpfile -E", take(path + ".made.elf", tmp), "elf")
    yield "flat", Original("ELF, flattened", flattened_elf(path, tmp), "flat")
    with open(path + ".kdump", "rb") as f:
        pages = dict(kdump.pages(f.read()))
    busy = {p: b for p, b in pages.items() if p < 0x1000 or any(b)}
    for method in ("none", "lzo", "snappy", "zstd"):
        name = "kdump " + ("plain" if method == "none" else method)
        if not kdump_make.has(method):
            yield name, "the compressor is not installed"
            continue
        data = kdump_make.Dump(busy, method=method).write()
        yield name, Original(name, put(os.path.join(tmp, "made." + method), data), "kdump")
    yield "split", Original("kdump, split set", split_set(busy, tmp), "kdump")


# ---- a region and nothing else; Windows's layouts around it ----

def region_image(tmp):
    """(base, bytes) of the recipe that has one object of each kind."""
    raw = os.path.join(tmp, "raw")
    base = subprocess.run([O + "/tests/mkregion", os.path.join(HERE, "regions/full.txt"), raw],
                          check=True, capture_output=True, text=True).stdout
    with open(raw, "rb") as f:
        return int(base, 16), f.read()


def windows(tmp, base, image):
    make, at = windmp_make, 0xFFFFF80000001000
    pages = {(base >> 12) + i: image[i << 12:(i + 1) << 12] for i in range(len(image) >> 12)}
    own = {"code": 0xE6, "p1": 0xF, "p2": 5, "p3": 0x10010100, "p4": 0x10013300}
    drivers = [("ntoskrnl.exe", at & ~0xFFFF, 0x800000), ("bad.sys", 0xFFFFF80001000000, 0x10000)]
    low = [(n, b & 0x7FFFFFFF | 0x80000000, s) for n, b, s in drivers]
    # Page tables, PsLoadedModuleList, a stack: frames 4 to 0x15
    known = {**make.tables("x64", 4, range(5, 12), {at: (0x15000, PAGE)}),
             0x15: make.modules(64, at, drivers).ljust(PAGE, b"\0"), **pages}
    pae = {**make.tables("pae", 4, range(5, 12), {0x80001000: (0x15000, PAGE)}),
           0x15: make.modules(32, 0x80001000, low).ljust(PAGE, b"\0"), **pages}
    kernel = {"dtb": 0x4000, "modules": at, "rsp": at + 0x800, **own}
    kernel32 = {"dtb": 0x4000, "modules": 0x80001000, "rsp": 0x80001800, "pae": 1, **own}
    blocks = [(at, b"A" * 300), (0xFFFFA00000000000, b"B" * 16)]
    stack = (0xFFFFA00000000800, b"S" * 64)
    for name, rich, data in (
            ("Windows full 64", True, make.full(64, known, **kernel)),
            ("Windows full 32", True, make.full(32, pae, **kernel32)),
            ("Windows bitmap 64", True, make.bitmap(64, known, gap=5, **kernel)),
            ("Windows bitmap 32", False, make.bitmap(32, pae, b"FDMP", **kernel32)),
            ("Windows live", False, make.bitmap(64, known, kind=6, **kernel)),
            ("Windows RDMP 9", False, make.rdmp(9, known, **kernel)),
            ("Windows RDMP 10", True, make.rdmp(10, known, **kernel)),
            ("Windows triage 64", True, make.triage(64, blocks, drivers, stack, "bad.sys",
                                                    b"DumpBlob" + bytes(56), **own)),
            ("Windows triage 32", False, make.triage(32, [(0x80001000, b"C" * 64)], low, **own)),
            ("Windows header", False, bytes(make.header(64, 3, **own)))):
        yield name, Original(name, put(os.path.join(tmp, name.replace(" ", "-")), data), "windmp",
                             rich=rich)
    data = make.raw_dmp([(base, image), (0x1000, make.page(1))], [(2, b"cpu"), (5, b"system")])
    yield "Raw_Dmp!", Original("Raw_Dmp!", put(os.path.join(tmp, "rawdmp"), data), "rawdmp",
                               rich=True)


def recipes(tmp):
    base, image = region_image(tmp)
    raw = os.path.join(tmp, "raw")
    yield "raw", Original("raw memory", raw, "raw", ["--base", "%x" % base], rich=True,
                          who="10010100")
    yield from windows(tmp, base, image)


# ---- a stock Linux kernel ----

def plain_pages(path):
    """{frame: offset} of a kdump whose pages are not compressed."""
    with open(path, "rb") as f:
        data = f.read()
    block, sub, bitmaps = kdump.header(data)
    half = bitmaps * block // 2
    held, at, out = data[block * (1 + sub) + half:], block * (1 + sub + bitmaps), {}
    for pfn in range(8 * half):
        if held[pfn // 8] >> pfn % 8 & 1:
            out[pfn] = struct.unpack_from("<q", data, at)[0]
            at += kdump.DESCRIPTOR.size
    return out


def vmcoreinfo_of(path):
    with open(path, "rb") as f:
        head = f.read(8192)
        off, size = struct.unpack_from("<QQ", head, 4096 + 32)
        f.seek(off)
        return f.read(size)


def linux_dumps(tmp):
    """Where they are: left by check-vm, else made now; or why there are none."""
    left = os.environ.get("HURT_LINUX", os.path.join(O, "vm_linux", "hurt"))
    if os.path.exists(os.path.join(left, LINUX + ".zlib.23")):
        return os.path.join(left, LINUX), ""
    if not os.path.exists(O + "/vm_linux/init"):
        return None, "make check-vm leaves them"
    where = os.path.join(tmp, "linux")
    r = subprocess.run([os.path.join(HERE, "vm/linux.sh"), O, where, LINUX[6:]], timeout=600,
                       capture_output=True, text=True)
    if r.returncode:
        return None, (r.stderr.strip().splitlines() or ["linux.sh failed"])[-1]
    return os.path.join(where, LINUX), ""


def linux(tmp):
    path, why = linux_dumps(tmp)
    if not path:
        yield "Linux", why
        return
    scan = ["--scan"]
    yield "kdump -d 23", Original("Linux kdump zlib -d 23", take(path + ".zlib.23", tmp), "kdump",
                                  scan)
    parts = [take("%s.split.%d" % (path, i), tmp) for i in (1, 2)]
    yield "split lzo", Original("Linux split set, lzo -d 23", parts, "kdump", scan)
    with open(path + ".zlib.23", "rb") as f:
        pages = dict(kdump.pages(f.read()))
    plain, text = os.path.join(tmp, "plain"), vmcoreinfo_of(path + ".zlib.23")
    put(plain, kdump_make.Dump(pages, method="none", vmcoreinfo=text, level=23).write())
    o = Original("Linux kernel, plain", plain, "kdump", scan, pages=plain_pages(plain))
    o.kernel = Kernel(text.decode())
    yield "plain", o


def make(tmp, kinds=("cores", "guest", "recipes", "linux")):
    """(name, Original or why there is none) of each."""
    for kind in kinds:
        yield from {"cores": cores, "guest": guest, "recipes": recipes, "linux": linux}[kind](tmp)
