#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""A dump in a wrapper: the command that dma-inspect names is run as it stands, and what comes of it
opens. What was never a dump is named.

Needs $O/dma-inspect; gzip, xz, zstd, bzip2 (what of them is missing is skipped)."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import windmp_make as make  # noqa: E402

O = os.path.abspath(os.environ.get("O", "build"))
PROG = os.path.join(O, "dma-inspect")
NEEDED = ("gzip", "xz", "zstd", "bzip2")        # the others are tried where they are
failed = 0


def case(name, good, why=""):
    global failed
    failed += not good
    print("ok wrapper " + name if good else "not ok wrapper %s: %s" % (
        name, str(why)[-300:].replace("\n", "|")), flush=True)


def inspect(target):
    r = subprocess.run([PROG, "-c", "target", target], capture_output=True, text=True, timeout=30,
                       check=False)
    return r.returncode, r.stdout, r.stderr


def unwrapped(name, path, want):
    """Does what the message says, by a shell; the file that then opens has the name it says."""
    code, _, err = inspect(path)
    told = re.search(r": run `(.*)` and open (.*)$", err)
    if code != 3 or not told:
        return case(name, False, "%d %s" % (code, err))
    done = subprocess.run(["sh", "-c", told[1]], capture_output=True, text=True, check=False)
    opened = subprocess.run(["sh", "-c", '"$0" -c target ' + told[2], PROG], capture_output=True,
                            text=True, timeout=30, check=False)
    case(name, not done.returncode and os.path.exists(want) and
         "Windows full dump" in opened.stdout, "%s: %s %s" % (told[0], done.stderr, opened.stderr))
    if os.path.exists(want):
        os.remove(want)


def compressed(dump):
    for tool, ending in (("gzip", "gz"), ("xz", "xz"), ("zstd", "zst"), ("bzip2", "bz2"),
                         ("lz4", "lz4"), ("lzop", "lzo"), ("lzip", "lz")):
        if not shutil.which(tool):
            if tool in NEEDED:
                print("skip wrapper %s: it is not installed" % tool)
            continue
        data = subprocess.run([tool, "-c"], input=dump, capture_output=True, check=True).stdout
        os.mkdir(tool)
        for path, want in ((tool + "/vmcore." + ending, "vmcore"),
                           (tool + "/MEMORY", "MEMORY.unpacked"),
                           (tool + "/my $dump." + ending, "my $dump"),
                           ("-vmcore.%s" % ending, "-vmcore")):
            with open(path, "wb") as f:
                f.write(data)
            if path[0] == "-":
                path = "./" + path
            unwrapped("%s: %s" % (tool, os.path.basename(path)), path, want)


def archives(dump):
    with open("MEMORY.DMP", "wb") as f:
        f.write(dump)
    if shutil.which("unzip"):
        subprocess.run([sys.executable, "-m", "zipfile", "-c", "d.zip", "MEMORY.DMP"], check=True)
        unwrapped("zip", "d.zip", "d")
    subprocess.run(["tar", "-cf", "d.tar", "MEMORY.DMP"], check=True)
    code, _, err = inspect("d.tar")
    case("tar", code == 3 and "`tar -xf`" in err, err)


def others():
    for name, data, say in (
            ("apport", b"ProblemType: KernelCrash\n", "`apport-unpack`"),
            ("libvirt", b"LibvirtQemudSave" + bytes(100), "`virsh dump --memory-only"),
            ("QEMU's state", b"QEVM\0\0\0\3" + bytes(100), "`dump-guest-memory"),
            ("a process of Windows", b"MDMP" + bytes(100), "one Windows process")):
        with open("other", "wb") as f:
            f.write(data)
        code, _, err = inspect("other")
        case(name, code == 3 and say in err, err)
    for name, data in (("events.txt", b"The bugcheck was: 0x000000e6 (0x26, 0x0, 0x0, 0x6)\r\n"),
                       ("my log", b"\xef\xbb\xbfBugCheck E6, {26, 0, 0, 6}"),
                       ("utf-16", "\ufeffBugCheck E6, {26, 0, 0, 6}".encode("utf-16-le"))):
        with open(name, "wb") as f:
            f.write(data)
        code, _, err = inspect(name)
        told = re.search(r"`dma-inspect (- < .*)`", err)
        done = subprocess.run(["sh", "-c", '"$0" ' + (told[1] if told else "x"), PROG],
                              capture_output=True, text=True, timeout=30, check=False)
        case("text: " + name, code == 3 and "IOMMU_FAULT" in done.stdout, err + done.stderr)
    long = "a" * 190 + ".gz"
    with open(long, "wb") as f:
        f.write(b"\x1f\x8b")
    code, _, err = inspect(long)
    case("a long name", code == 3 and "gzip -dc FILE > OUT` and open OUT" in err, err)


def main():
    with tempfile.TemporaryDirectory() as tmp:
        os.chdir(tmp)
        dump = make.full(64, make.some(1, 2, 3))
        compressed(dump)
        archives(dump)
        others()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
