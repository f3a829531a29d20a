#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Asks dma-inspect and the second decoder about one dump: compare.py [--base ADDR] [--name N] FILE

Compares what both say, object by object and field by field. A line for each table: ok, not ok.
"""
import argparse
import json
import os
import subprocess
import sys

import decode
from decode import C, L, LIVE, NONE, UNKNOWN

FLAG_ALL = "0x3f"
COMMANDS = ["dma -a", "dma 0 " + FLAG_ALL, "violations", "events -n 0n1000000", "check", "stale"]
LIFE = {"live": LIVE, "gone": C["HISTORY"]}


def inspect(path, base=None):
    """{table: [rows]} of all commands, and the exit code."""
    prog = os.path.join(os.environ.get("O", "build"), "dma-inspect")
    argv = [prog, "-j", "--scan"] + (["--base", hex(base)] if base is not None else [])
    for c in COMMANDS:
        argv += ["-c", c]
    done = subprocess.run(argv + [path], capture_output=True, text=True, timeout=120)
    tables = {}
    for line in done.stdout.splitlines():
        for name, rows in json.loads(line).get("tables", {}).items():
            tables.setdefault(name, []).extend(rows)
    return tables, done.returncode, done.stderr.strip()


def number(x):
    """A value of JSON as it compares: addresses are text there."""
    if isinstance(x, str):
        text = x.replace("`", "")
        try:
            return int(text, 16) if text.lower().startswith("0x") else int(text, 0)
        except ValueError:
            return x
    return x


def addr(x):
    return None if x == UNKNOWN else x


def signed(x):
    return x - 2 ** 64 if x >= 2 ** 63 else x


class Wanted:
    """What the second decoder says, in the words of dma-inspect."""

    def __init__(self, path, base):
        self.regions = list(decode.regions(decode.Target(path, base)))
        self.regions.sort(key=lambda r: r.h["region_id"])
        self.tables = {}
        for r in self.regions:
            self._region(r)

    def _add(self, table, must, **row):
        self.tables.setdefault(table, []).append((must, row))

    def _region(self, r):
        self.r = r
        for row in r.table("adapter").values():
            self._adapter(row)
        for row in r.table("buffer").values():
            self._add("common_buffers", self._shown(row), va=addr(row["va"]), length=row["bytes"],
                      phys=addr(row["phys"]), bus=addr(row["bus"]),
                      cached=bool(row["flags"] & C["B_CACHED"]),
                      adapter=self._handle("adapter", row))
        for row in r.table("list").values():
            self._add("scatter_gather_lists", self._shown(row), list=row["handle"],
                      mdl=addr(row["mdl"]), elements=row["elements"], va=addr(row["va"]),
                      length=row["bytes"],
                      to_device=bool(row["flags"] & C["L_TO_DEVICE"]),
                      caller_memory=bool(row["flags"] & C["L_CALLER_MEMORY"]),
                      file=self._handle("file", row), adapter=self._handle("adapter", row))
        for n, row in r.table("file").items():
            self._file(n, row)
        for row in r.table("channel").values():
            status = {C["CH_WAITING"]: "waiting", C["CH_RUNNING"]: "running", C["CH_HELD"]: "held"}
            self._add("wait_context_blocks", self._shown(row), wait_block=self._record(row),
                      **self._transfer(row),
                      status=status.get(row["status"]), routine=addr(row["routine"]),
                      context=addr(row["context"]), registers=row["registers"],
                      device=addr(row["device"]), irp=addr(row["irp"]),
                      adapter=self._handle("adapter", row))
        for row in r.table("violation").values():
            self._violation(row)
        for cpu, ring in r.rings.items():
            for row in ring.values():
                if row["state"] == LIVE and row["sequence"]:
                    self._event(cpu, row)
        for g in r.guards():
            self._add("guards", True, addr=g["addr"], bad=g["bad"])
        for s in r.stale():
            self._add("stale", True, at=s["va"] + s["offset"], to_device=s["to_device"])

    @staticmethod
    def _transfer(row):
        words = {C["T_RUNNING"]: "running", C["T_COMPLETE"]: "complete",
                 C["T_CANCELLED"]: "cancelled", C["T_FAILED"]: "failed",
                 C["T_STOPPED"]: "stopped"}
        flags, word = row["transfer_flags"], words.get(row["transfer"])
        if word is None:
            return {"transfer": None}
        return {"transfer": word, "transfer_length": row["transfer_bytes"],
                "transfer_left": row["transfer_left"],
                "direction": "to device" if flags & C["T_TO_DEVICE"] else "from device",
                "auto_initialize": bool(flags & C["T_AUTO_INITIALIZE"]),
                "demand": bool(flags & C["T_DEMAND"]), "completion": row["completion"],
                "completion_context": row["completion_context"] if row["completion"] else None}

    def _handle(self, kind, row):
        x = self.r.get(kind, row[kind])
        return x["handle"] if x else None

    def _record(self, row):
        return row["record"]

    def _shown(self, row):
        """Is it an object that `dma 0` must list: live, of a live adapter that was not released."""
        a = self.r.get("adapter", row["adapter"])
        return row["state"] == LIVE and bool(a) and a["state"] == LIVE and \
            not a["flags"] & C["A_RELEASED"] and not self.r.h["magic"] == L.magic["TOMBSTONE"]

    def _adapter(self, row):
        flags = row["flags"]
        common = {"adapter": row["handle"], "record": self._record(row),
                  "device": addr(row["device"]), "released": bool(flags & C["A_RELEASED"]),
                  "unverified": bool(flags & C["A_UNVERIFIED"]),
                  "registers_mapped": row["registers_mapped"], "bytes_mapped": row["bytes_mapped"]}
        master = bool(flags & C["A_MASTER"])
        self._add("master" if master else "adapters", True, **common)
        system = flags & C["A_SYSTEM_DMA"]
        common["controller"] = row["controller"] if system else None
        common["line"] = row["line"] if system else None
        if system:
            common["adapter_base"] = addr(row["controller_base"])
        for k in ("registers_allocated", "registers_freed", "lists_allocated", "lists_freed",
                  "buffers_allocated", "buffers_freed", "channels_allocated", "channels_freed",
                  "registers_high", "lists_high", "buffers_high", "channels_high", "max_registers",
                  "alignment", "refs", "version"):
            common[k] = row[k]
        self._add("adapter", not master and row["state"] == LIVE and not flags & C["A_RELEASED"],
                  **common)

    def _file(self, n, row):
        live = row["state"] == LIVE
        self._add("map_register_files", self._shown(row), file=row["handle"], mapped=row["mapped"],
                  total=row["count"], hooked=row["hooked"], double_buffer=addr(row["shadow_virt"]),
                  double_buffer_phys=addr(row["shadow_phys"]), adapter=self._handle("adapter", row))
        for i in range(row["count"] if live else 0):
            g = self.r.mapping(n, row, i)
            if not g:
                self._add("map_registers", self._shown(row), file=row["handle"], index=i,
                          mapped=False)
                continue
            self._add("map_registers", self._shown(row), file=row["handle"], index=i, mapped=True,
                      bytes=g["bytes"], va=addr(g["va"]), phys=addr(g["phys"]), bus=addr(g["bus"]),
                      mdl=addr(g["mdl"]), hooked=bool(g["flags"] & C["R_HOOKED"]),
                      to_device=bool(g["flags"] & C["R_TO_DEVICE"]))

    def _event(self, cpu, row):
        want = {"cpu": cpu, "sequence": row["sequence"], "bus": addr(row["bus"]),
                "size": row["size"]}
        if row["object_kind"] != C["K_ADAPTER"]:        # an adapter's is its handle, shown as such
            want["address"] = addr(row["address"])
        self._add("events", True, **want)

    def _violation(self, row):
        n = row["evidence_n"]
        self._add("violations", True, sequence=row["sequence"], code=row["code"], p1=row["p"][0],
                  p2=row["p"][1], p3=row["p"][2], p4=row["p"][3], cpu=row["cpu"],
                  adapter=self._handle("adapter", row),
                  evidence_addr=addr(row["addr"]) if n else None,
                  evidence_offset=signed(row["offset"]) if n else None,
                  evidence=row["evidence"][:n].hex() or None)


KEY = {"adapters": ("record",), "master": ("record",), "adapter": ("record",),
       "map_register_files": ("file",), "map_registers": ("file", "index"),
       "common_buffers": ("va",), "scatter_gather_lists": ("list",),
       "wait_context_blocks": ("wait_block",), "violations": ("sequence",),
       "events": ("cpu", "sequence"), "guards": ("addr",), "stale": ("at",)}


def plain(table, row):
    """A row of dma-inspect with values that compare."""
    out = {k: number(v) for k, v in row.items()}
    for k in ("evidence",):
        if isinstance(row.get(k), str):
            out[k] = row[k].replace(" ", "").lower() or None
    if table == "stale":
        out["at"] = out["va"] + out["offset"]
    return out


def equal(want, got):
    return want == got or (want in (0, None) and got in (0, None))


def differences(table, wanted, got):
    """Lines of what one says and the other does not."""
    def key(row):
        return tuple(row.get(k) for k in KEY[table]) if table in KEY else (row.get("region", 0),)
    out, rest = [], {}
    for must, row in wanted:
        rest.setdefault(key(row), []).append([must, row])
    for row in got:
        if row.get("region", 0) is None:       # of the kernel itself
            continue
        row = plain(table, row)
        mine = rest.get(key(row), [])
        if not mine:
            out.append("%s is not in the region" % (key(row),))
            continue
        best = None
        for entry in mine:
            bad = ["%s: %s, not %s" % (k, row.get(k), v) for k, v in entry[1].items()
                   if not equal(v, row.get(k))]
            if best is None or (len(bad), not entry[0]) < (len(best[0]), not best[1][0]):
                best = (bad, entry)
        if best[0]:
            out.append("%s %s" % (key(row), ", ".join(best[0])))
        best[1][0] = False
    out += ["%s is missing" % (k,) for k, entries in rest.items() for must, _ in entries if must]
    return out


def compare(path, base=None):
    """[(table, number of rows, [differences])]"""
    wanted = Wanted(path, base)
    tables, code, err = inspect(path, base)
    if not wanted.regions:
        return [("regions", 0, [] if code == 3 else ["dma-inspect found one, exit code %d" % code])]
    if code not in (0, 1, 4):
        return [("regions", 0, ["dma-inspect: exit code %d: %s" % (code, err)])]
    return [(t, len(tables.get(t, [])), differences(t, wanted.tables.get(t, []), tables.get(t, [])))
            for t in KEY]


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--base", type=lambda s: int(s, 0))
    p.add_argument("--name", default="")
    p.add_argument("file")
    a = p.parse_args()
    name = a.name or os.path.basename(a.file)
    failed = 0
    for table, n, bad in compare(a.file, a.base):
        failed += bool(bad)
        print("not ok second %s %s: %s" % (name, table, "; ".join(bad[:4])) if bad else
              "ok second %s %s: %d" % (name, table, n))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
