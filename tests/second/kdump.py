# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Pages of a kdump-compressed file with zlib or plain pages, as makedumpfile and QEMU write it."""
import struct
import zlib

SIGNATURE = b"KDUMP   "
PLAIN, ZLIB = 0, 1
DESCRIPTOR = struct.Struct("<qIIQ")     # offset in the file, bytes, flags, page flags


class Unreadable(Exception):
    """A page that is there, but not in a form this program knows."""


def header(data):
    """Bytes of a block, blocks of the sub-header, blocks of both bitmaps."""
    return struct.unpack_from("<iiI", data, 428)


def page(data, at):
    """The bytes of the page whose descriptor is at this offset."""
    offset, size, flags, _ = DESCRIPTOR.unpack_from(data, at)
    packed = data[offset:offset + size]
    if flags & 0xFF == ZLIB:
        return zlib.decompress(packed)
    if flags & 0xFF != PLAIN:
        raise Unreadable("page descriptor at 0x%x: compression 0x%x" % (at, flags))
    return packed


def pages(data):
    """(page frame number, bytes) of every page the file holds, in order."""
    block, sub, bitmaps = header(data)
    start = block * (1 + sub)
    half = bitmaps * block // 2
    held = data[start + half:start + 2 * half]
    at = start + bitmaps * block
    for pfn in range(8 * half):
        if not held[pfn // 8] >> pfn % 8 & 1:
            continue
        yield pfn, page(data, at)
        at += DESCRIPTOR.size


def runs(data):
    """(address, bytes) of every run of pages without a hole."""
    block = header(data)[0]
    first, run, after = None, [], None
    for pfn, page in pages(data):
        if pfn != after:
            if run:
                yield first * block, b"".join(run)
            first, run = pfn, []
        run.append(page)
        after = pfn + 1
    if run:
        yield first * block, b"".join(run)
