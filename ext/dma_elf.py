# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""What the headers of an ELF core say that a debugger which has it open does not tell: whether it
is of a process or of a machine, what stands at which physical address, VMCOREINFO. The rules are
those of dumps/mem_elf.c."""
import bisect
import os
import struct

LOAD, NOTE = 1, 4
PN_XNUM = 0xFFFF
NOTES_MOST = 16 << 20
LOADS_MOST = 1 << 20
X86_64 = 62
# Program headers of 32 and 64 bits: kind, offset, vaddr, paddr, filesz
PHDR = {1: ("8I", (0, 1, 2, 3, 4)), 2: ("2I6Q", (0, 2, 3, 4, 5))}
OF_MACHINE = {b"VMCOREINFO", b"QEMU", b"Xen", b"XEN CORE"}
OF_PROCESS = {3, 6, 0x46494C45}         # NT_PRPSINFO, NT_AUXV, NT_FILE


class Core:
    """Raises OSError, or ValueError where it is no ELF core."""

    def __init__(self, path):
        self.vmcoreinfo, self.kinds, self.loads = b"", set(), []
        with open(path, "rb") as f:
            self.bytes = os.fstat(f.fileno()).st_size
            head = f.read(64)
            if head[:4] != b"\x7fELF" or len(head) < 52 or head[4] not in PHDR or \
                    head[5] not in (1, 2) or len(head) < 64 and head[4] == 2:
                raise ValueError("%s: no ELF file" % path)
            self.wide, self.order = head[4] == 2, "<>"[head[5] - 1]
            kind, self.machine = self.unpack("2H", head, 16)
            if kind != 4:
                raise ValueError("%s: no core" % path)
            self.read_headers(f, head)
        self.is_machine = self.judge()

    def unpack(self, form, data, at=0):
        return struct.unpack_from(self.order + form, data, at)

    def read(self, f, off, n):
        """What there is of the n bytes at off, which nobody has checked."""
        n = max(0, min(n, self.bytes - off))
        if n:
            f.seek(off)
        return f.read(n)

    def read_headers(self, f, head):
        off, shoff = self.unpack("2Q", head, 32) if self.wide else self.unpack("2I", head, 28)
        size, count = self.unpack("2H", head, 54 if self.wide else 42)
        form, at = PHDR[1 + self.wide]
        least = struct.calcsize(self.order + form)
        if count == PN_XNUM:            # sh_info of section header 0
            data = self.read(f, shoff, 64)
            count = self.unpack("I", data, 44 if self.wide else 28)[0] if len(data) > 47 else 0
        for i in range(min(count, LOADS_MOST) if size >= least else 0):
            data = self.read(f, off + i * size, least)
            if len(data) < least:
                break
            row = self.unpack(form, data)
            kind, start, virt, phys, held = (row[x] for x in at)
            held = max(0, min(held, self.bytes - start))
            if kind == LOAD:
                self.loads.append((virt, phys, held))
            elif kind == NOTE:
                self.read_notes(self.read(f, start, min(held, NOTES_MOST)))

    def read_notes(self, data):
        at = 0
        while at + 12 <= len(data):
            name, size, kind = self.unpack("3I", data, at)
            text = at + 12 + (name + 3 & ~3)
            if text + size > len(data):
                break
            owner = data[at + 12:at + 12 + name].rstrip(b"\0")
            self.kinds.add(owner if owner in OF_MACHINE else kind if owner == b"CORE" else None)
            if owner == b"VMCOREINFO" and not self.vmcoreinfo:
                self.vmcoreinfo = data[text:text + size]
            at = text + (size + 3 & ~3)

    def judge(self):
        """Is it a machine's?"""
        if self.kinds & OF_MACHINE:
            return True
        if self.kinds & OF_PROCESS:
            return False
        none = (1 << 64 if self.wide else 1 << 32) - 1
        return any(p not in (0, none) for _, p, _ in self.loads) or not any(
            v not in (0, none) for v, _, _ in self.loads)

    def has_virtual(self):
        """Without page tables QEMU and makedumpfile make p_vaddr of p_paddr, or leave it 0."""
        none = (1 << 64 if self.wide else 1 << 32) - 1
        return any(v not in (0, p, none) for v, p, _ in self.loads)

    def pieces(self, space):
        """What the file holds of a space (0 virtual, 1 physical): [(start, end, p_vaddr of start)],
        ascending, disjoint."""
        none, found, end = (1 << 64 if self.wide else 1 << 32) - 1, [], 0
        for virt, phys, held in self.loads:
            start = phys if space else self.mended(virt)
            if start != none and held:
                found.append((start, start + held, virt))
        pieces = []
        for start, stop, virt in sorted(found, key=lambda x: x[:2]):
            cut = max(start, end)
            if stop > cut:
                pieces.append((cut, stop, virt + cut - start))
                end = stop
        return pieces

    def mended(self, virt):
        """QEMU puts ones above bit 47 of addresses of the lower half, too."""
        low = (1 << 47) - 1
        if b"QEMU" in self.kinds and self.machine == X86_64 and virt & ~low == 0xFFFF << 48:
            return virt & low
        return virt

    def ambiguous(self):
        """Do two segments have an address in common, and not the same bytes?"""
        end = shift = None
        for virt, phys, held in sorted(x for x in self.loads if x[2]):
            if end is not None and virt < end and phys - virt != shift:
                return True
            if end is None or virt + held > end:
                end, shift = virt + held, phys - virt
        return False


def piece_at(pieces, addr):
    """(bytes from addr on in its piece, what stands for addr); None: no piece has it."""
    i = bisect.bisect_right(pieces, (addr, 1 << 65)) - 1
    if i < 0 or addr >= pieces[i][1]:
        return None
    start, end, other = pieces[i]
    return end - addr, other + addr - start


def symbol_in(vmcoreinfo, name):
    """SYMBOL(name) of VMCOREINFO; None: it has none."""
    for line in vmcoreinfo.split(b"\n"):
        if line.startswith(b"SYMBOL(%s)=" % name.encode()):
            try:
                return int(line.split(b"=")[1], 16)
            except ValueError:
                return None
    return None
