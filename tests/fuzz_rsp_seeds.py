#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Conversations to start fuzz_rsp from: what gdbserver, QEMU and a board's stub say to our
requests.

	fuzz_rsp_seeds.py DIRECTORY"""
import os
import sys


def text(s):
    return b"O" + s.encode().hex().encode()


MAPS = (b"00400000-00402000 r-xp 00000000 fe:00 17 /bin/demo\nVmFlags: rd ex mr mw me\n"
        b"00600000-00601000 rw-p 00002000 fe:00 17 /bin/demo\nVmFlags: rd wr dd\n"
        b"7ffff7fc0000-7ffff7fc4000 r--p 00000000 00:00 0 [vvar]\n")
MTREE = ("FlatView #0\n AS \"memory\", root: system\n"
         "  0000000000000000-0000000000003fff (prio 0, ram): pc.ram\n"
         "  00000000fffc0000-00000000fffc0fff (prio 0, rom): pc.bios\n")
XML = b"l<target><architecture>i386:x86-64</architecture></target>"
ELF = b"\x7fELF\x02\x01\x01" + bytes(11) + b"\x3e\x00"
PAGE = b"00* " * 4


def gdbserver():
    head = [b"PacketSize=47ff;QStartNoAckMode+;qXfer:features:read+;qXfer:exec-file:read+", b"OK",
            b"", b"T0506:0*,;thread:1092;core:0;", b"OK", XML, b"l/bin/demo", b"QC1092",
            b"F5", b"F14;" + ELF.replace(b"\n", b"}*"), b"F0", b"F5"]
    # A newline ends a line of the seed: escaped as the protocol allows.
    maps = b"F%x;" % len(MAPS) + MAPS.replace(b"\n", b"}*")
    return head + [maps, b"F0;", b"F0", PAGE, b"E01", PAGE, PAGE, b"E01", b"OK"]


def qemu(stop):
    head = [b"T02thread:01;"] if stop else []
    head += [b"PacketSize=1000;qXfer:features:read+;vContSupported+;multiprocess+", b"0", XML]
    if not stop:
        head += [text("7.2.22\r\n"), b"OK"]
    return head + [text(MTREE[:70]), text(MTREE[70:]), b"OK", text("gpa: 0x1000\r\n"), b"OK",
                   b"OK", PAGE, text("Unmapped\r\n"), b"OK", b"OK", PAGE, PAGE, b"OK"]


def board():
    return [b"PacketSize=400;qXfer:memory-map:read+;binary-upload+", b"", b"S05", b"",
            b'l<memory-map><memory type="ram" start="0x1000" length="0x2000"/></memory-map>',
            b"b}\x03abc* ", b"b0* ", b"b" + bytes(40).replace(b"\0", b"q"), b"E.no", b"OK"]


def framed(packets):
    return b"".join(b"+$%s#%02x" % (p, sum(p) & 255) for p in packets)


def main():
    os.makedirs(sys.argv[1], exist_ok=True)
    for name, packets in (("gdbserver", gdbserver()), ("qemu", qemu(False)),
                          ("qemu-running", qemu(True)), ("board", board())):
        with open(os.path.join(sys.argv[1], name), "wb") as f:
            f.write(b"p" + b"\n".join(packets))
        with open(os.path.join(sys.argv[1], name + "-raw"), "wb") as f:
            f.write(b"r" + framed(packets))


if __name__ == "__main__":
    main()
