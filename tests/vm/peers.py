#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""What crash, drgn and libkdumpfile do on a Linux guest's dump, for linux_check.py.

Three questions: does it open; are the bytes at the symbol linux_banner what the guest said; at
which offset is the last member of a struct. Each peer is asked in a process of its own, within a
limit of time; what it fails is asked again with the help its users know of. The answers, in short:

	yes     all three                       reads   libkdumpfile: has no symbols and no types;
	symbol  opens, finds the symbol                 opens, and reads right where it is told to
	opens   opens, and no more              wrong   opens, and gives other bytes without a word
	NO      does not open                   killed  by a signal     hangs   past the limit
	*       behind a word: with help

	peers.py drgn|libkdumpfile ...          the child, see Drgn and Libkdumpfile
"""
import ctypes
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

LIMIT, CPU_LIMIT = 600, 60              # seconds for one start of a peer, and of processor time
STRUCTS = ("task_struct", "device", "module")
SYMBOL = "linux_banner"
BETTER = ("NO", "opens", "symbol", "yes")


class Guest:
    """What a peer is told, and what it should say."""

    def __init__(self, truth, symbols, types, words, vmlinux):
        self.banner, self.vmlinux = truth.version, vmlinux
        self.address, self.offset = symbols.kernel[SYMBOL], symbols.offset
        self.struct = next(s for s in STRUCTS if s in types.member)
        self.member, self.at = types.member[self.struct]
        self.machine = "aarch64" if "arm64" in words else "x86_64"
        tables = symbols.kernel["swapper_pg_dir" if "arm64" in words else "init_top_pgt"]
        self.root = tables - symbols.kernel["_stext"] + truth.code
        self.levels = 5 if "la57" in words else 4
        self.plain = not words          # nothing but a kernel: crash is started in full


def bounded():
    """A busy host makes nothing hang."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT, CPU_LIMIT + 1))


class Peer:
    """ask() gives a word for a dump; missing() says why it cannot be asked."""
    name, needs_vmlinux = "", True

    def missing(self, vmlinux):
        if self.needs_vmlinux and not os.path.exists(vmlinux):
            return "no vmlinux of this kernel"
        return None

    def run(self, argv, **kw):
        """(word, output): the word only if it did not end by itself."""
        env = dict(os.environ, HOME="/nonexistent", TERM="dumb", DEBUGINFOD_URLS="",
                   **kw.pop("env", {}))
        try:
            r = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, timeout=LIMIT, env=env,
                               preexec_fn=bounded, **kw)
        except subprocess.TimeoutExpired:
            return "hangs", ""
        said = r.stdout.decode(errors="replace")
        if r.returncode == -signal.SIGXCPU:
            return "hangs", said
        return "killed" if r.returncode < 0 else None, said

    def ask(self, guest, files):
        """The plain use, and if that does not find the symbol, the one with help."""
        plain = self.plain(guest, files)
        if rank(plain) >= rank("symbol"):
            return plain
        helped = self.helped(guest, files)
        return helped + "*" if rank(helped) > rank(plain) else plain


class Crash(Peer):
    """By --minimal, which starts sooner and knows no types. In full for each kernel once, and for
    each form that is more than another compression: the types are vmlinux's, whatever the dump."""
    name = "crash"
    SAME = re.compile(r"\.(lzo|plain|snappy|zstd|v\d)\.\d+$|\.zlib\.0$")

    def missing(self, vmlinux):
        return super().missing(vmlinux) or (
            not shutil.which("crash") and "not installed") or None

    def start(self, guest, files, full, more=()):
        commands = ["rd -a %s" % SYMBOL, "quit"]        # ends without an end of line
        if full:
            commands.insert(0, "struct -o %s.%s" % (guest.struct, guest.member))
        with tempfile.NamedTemporaryFile("w") as f:
            f.write("\n".join(commands) + "\n")
            f.flush()
            ended, said = self.run(["crash", "-s", *([] if full else ["--minimal"]), *more, "-i",
                                    f.name, guest.vmlinux, *files])
        rows = re.findall(r"^ *[0-9a-f]{16}:  (.*)$", said, re.M)
        if not rows:
            return ended or "NO"
        if "".join(rows).strip() != guest.banner:
            return "wrong"
        offset = re.search(r"^ *\[(\d+)\] .*\b%s\b" % re.escape(guest.member), said, re.M)
        return "yes" if offset and int(offset[1]) == guest.at else "symbol"

    def both(self, guest, files, more=()):
        small = self.start(guest, files, False, more)
        if small != "symbol" or not guest.plain or self.SAME.search(files[0]):
            return small
        whole = self.start(guest, files, True, more)
        return whole if rank(whole) > rank(small) else small

    def plain(self, guest, files):
        return self.both(guest, files)

    def helped(self, guest, files):
        return self.both(guest, files, ["--kaslr=%#x" % guest.offset])


class Child(Peer):
    """A peer that is a library: this file is its program."""
    python = sys.executable

    def child(self, *argv, env=()):
        ended, said = self.run([self.python, os.path.abspath(__file__), self.name,
                                *map(str, argv)], env=dict(env))
        return ended, dict(x.split(" ", 1) for x in said.splitlines() if " " in x)


class Drgn(Child):
    """drgn VMLINUX STRUCT MEMBER FILE"""
    name, python = "drgn", "/usr/bin/python3"

    def missing(self, vmlinux):
        return super().missing(vmlinux) or (self.run(
            [self.python, "-c", "import drgn; print(1)"])[1].strip() != "1" and
            "not installed") or None

    def once(self, guest, files, **env):
        ended, said = self.child(guest.vmlinux, guest.struct, guest.member, files[0], env=env)
        if "opens" not in said:
            return ended or "NO"
        if "banner" not in said:
            return ended or "opens"
        if bytes.fromhex(said["banner"]).decode(errors="replace").strip() != guest.banner:
            return "wrong"
        return "yes" if said.get("offset") == str(guest.at) else "symbol"

    def plain(self, guest, files):
        return self.once(guest, files)

    def helped(self, guest, files):
        return self.once(guest, files, DRGN_USE_LIBKDUMPFILE_FOR_ELF="1")

    @staticmethod
    def main(vmlinux, struct, member, path):
        import drgn
        prog = drgn.Program()
        prog.set_core_dump(path)
        print("opens yes", flush=True)
        prog.load_debug_info([vmlinux])
        print("banner", prog[SYMBOL].string_().hex(), flush=True)
        print("offset", drgn.offsetof(prog.type("struct " + struct), member), flush=True)


class Libkdumpfile(Child):
    """libkdumpfile MACHINE|- ROOT|- LEVELS ADDRESS BYTES FILE..."""
    name, needs_vmlinux = "libkdumpfile", False
    KVADDR, MACHPHYS = 2, 1
    NUMBER, ADDRESS, STRING = 2, 3, 4
    LIBRARY = "libkdumpfile.so.10"

    def missing(self, vmlinux):
        try:
            ctypes.CDLL(self.LIBRARY)
        except OSError:
            return "not installed"
        return None

    def once(self, guest, files, machine="-", root="-"):
        ended, said = self.child(machine, root, guest.levels, guest.address, len(guest.banner),
                                 *files)
        if "opens" not in said:
            return ended or "NO"
        if "bytes" not in said:
            return ended or "opens"
        right = bytes.fromhex(said["bytes"]).decode(errors="replace") == guest.banner
        return "reads" if right else "wrong"

    def plain(self, guest, files):
        return self.once(guest, files)

    def helped(self, guest, files):
        told = self.once(guest, files, guest.machine)
        return told if told == "reads" else self.once(guest, files, guest.machine, guest.root)

    @classmethod
    def main(cls, machine, root, levels, address, n, *paths):
        lib = ctypes.CDLL(cls.LIBRARY)
        lib.kdump_new.restype = ctypes.c_void_p
        lib.kdump_get_err.restype = ctypes.c_char_p
        ctx = ctypes.c_void_p(lib.kdump_new())

        class Attr(ctypes.Structure):
            class Value(ctypes.Union):
                _fields_ = [("number", ctypes.c_uint64), ("string", ctypes.c_char_p)]
            _fields_ = [("type", ctypes.c_int), ("value", Value)]

        def put(key, kind, value):
            attr = Attr(kind, Attr.Value(**{"string" if kind == cls.STRING else "number": value}))
            return lib.kdump_set_attr(ctx, key, ctypes.byref(attr))

        fds = [os.open(p, os.O_RDONLY) for p in paths]
        if lib.kdump_open_fdset(ctx, len(fds), (ctypes.c_int * len(fds))(*fds)):
            print("why", lib.kdump_get_err(ctx).decode(), flush=True)
            os._exit(1)                 # to free what failed to open is not survived
        print("opens yes", flush=True)
        if machine != "-":
            put(b"arch.name", cls.STRING, machine.encode())
        if root != "-":
            put(b"addrxlat.default.virt_bits", cls.NUMBER, 57 if levels == "5" else 48)
            put(b"addrxlat.default.rootpgt.as", cls.NUMBER, cls.MACHPHYS)
            put(b"addrxlat.default.rootpgt.addr", cls.ADDRESS, int(root))
        put(b"addrxlat.ostype", cls.STRING, b"linux")
        out, got = ctypes.create_string_buffer(int(n)), ctypes.c_size_t(int(n))
        if not lib.kdump_read(ctx, cls.KVADDR, ctypes.c_uint64(int(address)), out,
                              ctypes.byref(got)):
            print("bytes", out.raw[:got.value].hex(), flush=True)
        else:
            print("why", lib.kdump_get_err(ctx).decode(), flush=True)
        os._exit(0)


ALL = (Crash(), Drgn(), Libkdumpfile())
QUICK = (ALL[2],)


def rank(word):
    """How much it can do: what ours is compared by."""
    word = {"reads": "symbol"}.get(word.rstrip("*"), word.rstrip("*"))
    return BETTER.index(word) if word in BETTER else 0


if __name__ == "__main__":
    {p.name: p for p in ALL}[sys.argv[1]].main(*sys.argv[2:])
