#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""A second decoder of the region, from core/SPEC.md alone: decode.py [--base ADDR] FILE

Prints one JSON document: each region of the dump with its header, bugcheck block, rows of all
tables, guards that are not as they were laid, and shadows that differ from the driver's buffer.
Exit code 0; 3 if the dump holds no region; 4 if something in one could not be read.
"""
import argparse
import json
import sys
import zlib

from layout import Layout
from target import Absent, NotMine, PHYS, Target, VIRT

MAX_DIR_PAGES = 1 << 16
L = Layout()
C = L.const
KINDS = {C[k]: k[2:].lower() for k in C if k.startswith("K_") and C[k]}
FREE, WRITING, LIVE, HISTORY = C["FREE"], C["WRITING"], C["LIVE"], C["HISTORY"]
STATES = {WRITING: "writing", LIVE: "live", HISTORY: "history"}
UNKNOWN, NONE, PAGE = C["UNKNOWN"], C["NONE"], C["PAGE"]


def text(raw):
    return raw.split(b"\0")[0].decode("utf-8", "replace")


def fnv1a(data):
    h = 0xCBF29CE484222325
    for b in data:
        h = (h ^ b) * 0x100000001B3 % 2 ** 64
    return h


class Damaged(Exception):
    pass


class Region:
    """One region, read in the space where its header was found."""

    FIRST = {"adapter": 264, "channel": 88, "driver": 64}       # rows of version 1.0

    def __init__(self, target, space, addr):
        self.t, self.space, self.at = target, space, addr
        page = target.read(space, addr, PAGE)
        self.ended = page[:8] == L.magic["TOMBSTONE"]
        self.order = self._order(page)
        self.h = L.decode("header", page, self.order)
        self._counts(page, addr)
        self.notes, self.rows, self.stride, self.rings = [], {k: {} for k in KINDS}, {}, {}
        self.segment = {0: (self.h[space], self.h["segment0_bytes"])}
        self.virtual = {0: self.h[VIRT]}        # as the writer, and so every parameter, names a row
        self.extents = 0
        try:
            self._directory()
        except (Absent, Damaged) as e:
            self.notes.append(str(e))

    def _order(self, page):
        bom = [f for f in L.struct["header"] if f.name == "bom"][0].offset
        for order in ("little", "big"):
            if int.from_bytes(page[bom:bom + 4], order) == C["BOM"]:
                return order
        raise Damaged("byte-order mark")

    def _counts(self, page, addr):
        """Raises Damaged unless the header counts (SPEC 2)."""
        h = self.h
        if h["magic"] not in (L.magic["MAGIC"], L.magic["TOMBSTONE"]):
            raise Damaged("magic")
        if h["major"] != C["MAJOR"] or h["header_bytes"] != PAGE:
            raise Damaged("version")
        if zlib.crc32(page[0x18:0x200]) != h["checksum"]:
            raise Damaged("checksum")
        if h[self.space] != addr:
            raise Damaged("a copy: it stood at 0x%x" % h[self.space])

    def _at(self, segment, offset, n):
        base, size = self.segment.get(segment, (UNKNOWN, 0))
        if base == UNKNOWN or offset + n > size:
            raise Damaged("segment %d offset 0x%x: outside" % (segment, offset))
        return self.t.read(self.space, base + offset, n)

    def _directory(self):
        segment, offset, index, seen = 0, self.h["dir_offset"], 0, set()
        while segment != NONE:
            if (segment, offset) in seen or index > MAX_DIR_PAGES:
                raise Damaged("directory page %d: a cycle" % index)
            seen.add((segment, offset))
            page = self._at(segment, offset, PAGE)
            d = L.decode("dir", page, self.order)
            if d["magic"] != L.magic["DIR_MAGIC"] or d["index"] != index or \
                    d["region_id"] != self.h["region_id"]:
                raise Damaged("directory page %d: not one" % index)
            size, head = d["entry_bytes"], L.size["dir"]
            if size < L.size["segment"] or size % 8 or d["count"] > d["capacity"] or \
                    head + d["capacity"] * size > PAGE:
                raise Damaged("directory page %d: entries" % index)
            for i in range(d["count"]):
                self._entry(page, head + i * size)
            segment, offset, index = d["next_segment"], d["next_offset"], index + 1

    def _entry(self, page, at):
        typ = int.from_bytes(page[at:at + 4], self.order)
        if typ == C["E_SEGMENT"]:
            s = L.decode("segment", page, self.order, at)
            if s["number"] in self.segment:
                raise Damaged("segment %d twice" % s["number"])
            self.segment[s["number"]] = (s[self.space], s["bytes"])
            self.virtual[s["number"]] = s[VIRT]
        elif typ == C["E_EXTENT"]:
            try:
                self._extent(L.decode("extent", page, self.order, at))
            except (Absent, Damaged) as e:
                self.notes.append(str(e))

    def _least(self, kind):
        return self.FIRST.get(kind, L.size[kind]) if self.h["minor"] == 0 else L.size[kind]

    def _extent(self, x):
        self.extents += 1
        kind = KINDS.get(x["kind"])
        if not kind:
            self.notes.append("kind %d is unknown" % x["kind"])
            return
        stride = self.stride.setdefault(x["kind"], x["stride"])
        if x["stride"] != stride or stride < self._least(kind) or stride % 8:
            raise Damaged("table %s: stride %d" % (kind, x["stride"]))
        data = self._at(x["segment"], x["offset"], x["rows"] * stride)
        base = self.virtual[x["segment"]]
        if base == UNKNOWN:
            base = self.segment[x["segment"]][0]
        base += x["offset"]
        rows = self.rows[x["kind"]]
        if kind == "event":
            ring = self.rings.setdefault(x["cpu"], {})
            rows = ring
        for i in range(x["rows"]):
            if x["row0"] + i in rows:
                raise Damaged("table %s: row %d twice" % (kind, x["row0"] + i))
            rows[x["row0"] + i] = self._row(kind, data[i * stride:(i + 1) * stride])
            rows[x["row0"] + i]["record"] = base + i * stride

    def _row(self, kind, data):
        """A row; one that is FREE says nothing else."""
        state = L.field(kind, "state", data, self.order)
        if state == FREE:
            return {"state": FREE}
        r = L.decode(kind, data, self.order)
        if kind == "site":
            at = next(f.offset for f in L.struct["site"] if f.name == "frame")
            n = min(r["depth"], (len(data) - at) // 8)
            r["frame"] = [int.from_bytes(data[at + 8 * j:at + 8 * j + 8], self.order)
                          for j in range(n)]
        if kind == "string":
            at = next(f.offset for f in L.struct["string"] if f.name == "text")
            r["text"] = data[at:at + min(r["length"], len(data) - at)].decode("utf-8", "replace")
        return r

    def get(self, kind, ref):
        """The row a reference means while it holds, else None."""
        r = self.rows[C["K_" + kind.upper()]].get(ref["row"])
        return r if r and r["gen"] == ref["gen"] and r["state"] in (LIVE, HISTORY) else None

    def mapping(self, n, f, i):
        """Register i of file row n while it maps something, else None."""
        r = self.rows[C["K_REGISTER"]].get(f["first"] + i)
        return r if r and r["state"] == LIVE and r["file"] == {"row": n, "gen": f["gen"]} else None

    def table(self, kind):
        return {n: r for n, r in self.rows[C["K_" + kind.upper()]].items() if r["state"] in STATES}

    # ---- bytes outside the region (SPEC 7) ----

    def _same(self, addr, n, want, what, owner, out):
        """Notes in `out` where n bytes at addr differ from `want` (a byte or bytes)."""
        if n <= 0:
            return
        try:
            found = self.t.read(self.space, addr[self.space], n)
        except Absent:
            self.unreadable += 1
            return
        due = bytes([want]) * n if isinstance(want, int) else want
        if found == due:
            return
        at = next(i for i in range(n) if found[i] != due[i])
        out.append(dict(owner, what=what, addr=addr[VIRT] + at,
                        bad=sum(a != b for a, b in zip(found, due)),
                        bytes=found[at:at + 8].hex()))

    def guards(self):
        self.unreadable, out = 0, []
        fill, tag = self.h["guard_fill"] & 0xFF, self.h["tag"]
        for n, b in self.table("buffer").items():
            if b["state"] != LIVE or b["flags"] & C["B_FROM_MDL"] or \
                    b["block_virt"] in (UNKNOWN, b["va"]):
                continue

            def at(va, b=b):
                phys = self.phys(b["phys"])
                return {VIRT: va, PHYS: phys + (va - b["va"]) if phys != UNKNOWN else UNKNOWN}
            own, end = {"buffer": n}, b["va"] + b["bytes"]
            self._same(at(b["block_virt"]), b["va"] - 8 - b["block_virt"], fill, "before", own, out)
            self._same(at(b["va"] - 8), 8, tag, "tag before", own, out)
            self._same(at(end), 8, tag, "tag after", own, out)
            self._same(at(end + 8), b["block_virt"] + b["block_bytes"] - end - 8, fill, "after",
                       own, out)
        for n, f in self.table("file").items():
            if f["state"] == LIVE and f["shadow_virt"] != UNKNOWN:
                self._shadow_guards(n, f, fill, out)
        return out

    def _shadow_guards(self, n, f, fill, out):
        def at(offset):
            phys = self.phys(f["shadow_phys"])
            return {VIRT: f["shadow_virt"] + offset,
                    PHYS: phys + offset if phys != UNKNOWN else UNKNOWN}
        page, pos = self.h["page_bytes"], 0
        own = {"file": n}
        for i in range(f["hooked"]):
            data = f["data_offset"] + i * f["data_stride"]
            self._same(at(pos), data - pos, fill, "guard", own, out)
            r = self.mapping(n, f, i)
            pos = data + page
            if not r:
                self._same(at(data), page, fill, "free", own, out)
                continue
            off = r["va"] % page
            self._same(at(data), off, fill, "guard", own, out)
            off += r["bytes"]
            self._same(at(data + off), page - off, fill, "guard", own, out)
        self._same(at(pos), f["shadow_bytes"] - pos, fill, "guard", own, out)

    def phys(self, x):
        """A physical address of a row, which may be the bus's alone."""
        return UNKNOWN if self.h["flags"] & C["F_BUS"] else x

    def stale(self):
        out = []
        for n, r in self.table("register").items():
            f = self.get("file", r["file"])
            if r["state"] != LIVE or not r["flags"] & C["R_HOOKED"] or not f or f["state"] != LIVE:
                continue
            off = f["data_offset"] + r["index"] * f["data_stride"] + r["va"] % self.h["page_bytes"]
            shadow = {VIRT: f["shadow_virt"], PHYS: self.phys(f["shadow_phys"])}[self.space]
            original = {VIRT: r["original_virt"], PHYS: self.phys(r["phys"])}[self.space]
            if UNKNOWN in (shadow, original):
                continue
            try:
                a = self.t.read(self.space, shadow + off, r["bytes"])
                b = self.t.read(self.space, original, r["bytes"])
            except Absent:
                self.unreadable += 1
                continue
            if a != b:
                out.append({"register": n, "va": r["va"],
                            "to_device": bool(r["flags"] & C["R_TO_DEVICE"]),
                            "offset": next(i for i in range(len(a)) if a[i] != b[i]),
                            "differ": sum(x != y for x, y in zip(a, b)),
                            "digest_shadow": fnv1a(a), "digest_original": fnv1a(b)})
        return out

    def document(self):
        guards = self.guards()
        stale = self.stale()
        h = {k: v for k, v in self.h.items() if k != "bugcheck"}
        return {
            "space": self.space, "order": self.order, "header": h, "bugcheck": self.h["bugcheck"],
            "ended": self.h["magic"] == L.magic["TOMBSTONE"],
            "segments": len(self.segment), "extents": self.extents,
            "bytes": sum(b for _, b in self.segment.values()),
            "tables": {name: [dict(r, row=n, state=STATES[r["state"]])
                              for n, r in sorted(self.table(name).items())]
                       for name in KINDS.values() if name != "event"},
            "events": {cpu: sorted(r["sequence"] for r in ring.values()
                                   if r["state"] in STATES and r["sequence"])
                       for cpu, ring in self.rings.items()},
            "event_rows": [dict(r, cpu=cpu) for cpu, ring in sorted(self.rings.items())
                           for _, r in sorted(ring.items())
                           if r["state"] in STATES and r["sequence"]],
            "in_progress": [dict(r, cpu=n) for n, r in sorted(self.table("cpu").items())
                            if r["op"]],
            "guards": guards, "stale": stale, "unreadable": self.unreadable, "notes": self.notes,
        }


def regions(target):
    """Every region of a target, once."""
    seen, found = set(), []
    for space in (VIRT, PHYS):
        for magic in ("MAGIC", "TOMBSTONE"):
            for addr in target.find(space, L.magic[magic], PAGE):
                try:
                    r = Region(target, space, addr)
                except (Absent, Damaged):
                    continue
                if r.h["region_id"] not in seen:
                    seen.add(r.h["region_id"])
                    found.append(r)
    return last_there(found)


def placed(r):
    """Where its segments lie, as far as it knows."""
    return [(at, n) for at, n in r.segment.values() if at != UNKNOWN]


def shares(a, b):
    return a.space == b.space and any(x < y + n and y < x + m for x, m in placed(a)
                                      for y, n in placed(b))


def covers(a, b):
    return any(x <= b.at < x + m for x, m in placed(a))


def loses(a, b):
    """Does a, found before b, which shares bytes with it?"""
    if a.ended != b.ended:
        return a.ended
    if covers(a, b) != covers(b, a):
        return covers(a, b)
    return a.h["start_unix_ns"] < b.h["start_unix_ns"]


def last_there(found):
    """Of regions that share bytes the one that was there last."""
    kept = []
    for r in found:
        for other in [k for k in kept if shares(k, r)]:
            if not loses(other, r):
                break
            kept.remove(other)
        else:
            kept.append(r)
    return kept


def plain(x):
    """For JSON: text and bytes."""
    if isinstance(x, bytes):
        bare = x.rstrip(b"\0")
        return text(x) if bare and all(32 <= c < 127 for c in bare) else x.hex()
    return str(x)


def hexed(x):
    if isinstance(x, dict):
        return {k: hexed(v) for k, v in x.items()}
    if isinstance(x, list):
        return [hexed(v) for v in x]
    return plain(x) if isinstance(x, bytes) else x


def documents(path, base=None):
    """What main() prints, a document a region."""
    return hexed([r.document() for r in regions(Target(path, base))])


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--base", type=lambda s: int(s, 0))
    p.add_argument("file")
    a = p.parse_args()
    try:
        docs = documents(a.file, a.base)
    except NotMine as e:
        print("%s: %s" % (a.file, e), file=sys.stderr)
        return 3
    json.dump(docs, sys.stdout, indent=1)
    print()
    return 3 if not docs else 4 if any(d["notes"] for d in docs) else 0


if __name__ == "__main__":
    sys.exit(main())
