#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""make install into an empty folder, and what can be done with what lies there then; make
uninstall; what debian/ repeats."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
O = os.path.abspath(os.environ.get("O", os.path.join(TOP, "build")))
CC = os.environ.get("CC", "gcc").split()
with open(TOP + "/cmds/version.h") as version_h:
    VERSION = re.search(r'DMV_INSPECT_VERSION "(.*)"', version_h.read())[1]
LIST = """
	bin/dma-inspect
	bin/dma-verifier
	include/dma-inspect.h
	include/dmv/dmv.h
	include/dmv/dmv_abi.h
	include/dmv/dmv_abi_control.h
	include/dmv/dmv_abi_offsets.h
	include/dmv/dmv_violation.def
	include/dmv/posix.h
	include/dmv/wdm/wdm.h
	include/dmv/wdm/wdm_dma.h
	include/dmv/wdm/wdm_host.h
	LIB/libdma-inspect.so
	LIB/libdma-inspect.so.0
	LIB/libdma-inspect.so.VERSION
	LIB/libdmaverifier.a
	LIB/libdmv-posix.a
	LIB/pkgconfig/dma-inspect.pc
	LIB/pkgconfig/dmaverifier.pc
	LIB/pkgconfig/dmv-posix.pc
	lib/crash/extensions/dma.so
	share/bash-completion/completions/dma-inspect
	share/bash-completion/completions/dma-verifier
	share/dma-inspect/dma-drgn.py
	share/dma-inspect/dma-gdb.py
	share/dma-inspect/dma_elf.py
	share/dma-inspect/dma_gdb_memory.py
	share/dma-inspect/dma_host.py
	share/dma-inspect/dma_inspect.py
	share/man/man1/dma-inspect.1
	share/man/man3/libdma-inspect.3
	share/man/man5/dma-region.5
	share/man/man8/dma-verifier.8
"""
# The same in every tree: the archive names it, and would be made anew for another one, here, where
# other tests are at work.
AUTOLOAD = "usr/local/share/gdb/auto-load/dma-verifier-gdb.py"
# What `make` tells the one inside it, and where pkg-config looks besides.
ENV = {k: v for k, v in os.environ.items()
       if not re.match("MAKE|MFLAGS|PKG_CONFIG|DESTDIR|PREFIX", k)}
failed = 0


def case(name, why):
    global failed
    failed += bool(why)
    print("not ok install %s: %s" % (name, str(why)[-400:].replace("\n", "|")) if why else
          "ok install " + name, flush=True)


def run(*argv, **env):
    r = subprocess.run(argv, capture_output=True, text=True, timeout=120, cwd=TOP,
                       env={**ENV, **env}, stdin=subprocess.DEVNULL)
    return r.returncode, r.stdout, r.stderr


def files(root):
    return sorted(os.path.relpath(os.path.join(d, f), root)
                  for d, _, names in os.walk(root) for f in names)


def example(page):
    """The program in a manual page."""
    with open(TOP + "/ext/" + page) as f:
        return re.search(r"\.Bd -literal\n(.*?)\.Ed", f.read(), re.S)[1].replace(r"\e", "\\")


class Tree:
    """What one make install makes."""

    def __init__(self, tmp, prefix, lib):
        self.tmp, self.root = tmp, os.path.join(tmp, "a root")
        self.prefix, self.lib = prefix, lib
        self.make = ["make", "-s", "O=" + O, "DESTDIR=" + self.root, "PREFIX=/" + prefix,
                     "LIBDIR=/" + lib, "AUTOLOAD=/" + AUTOLOAD]

    def path(self, name):
        return os.path.join(self.root, self.prefix, name)

    def listed(self):
        names = LIST.replace("VERSION", VERSION).split()
        if not os.path.exists(O + "/dma.so"):
            names.remove("lib/crash/extensions/dma.so")
        return sorted([x.replace("LIB", self.lib) if x.startswith("LIB") else
                       os.path.join(self.prefix, x) for x in names] + [AUTOLOAD])

    def install(self):
        code, out, err = run(*self.make, "install")
        if code or err:
            return out + err
        got, want = files(self.root), self.listed()
        return None if got == want else "%s" % sorted(set(got) ^ set(want))

    def modes(self):
        for name in files(self.root):
            path = os.path.join(self.root, name)
            want = 0o755 if "/bin/" in name else 0o644
            if os.path.islink(path):
                if os.path.dirname(os.readlink(path)) or not os.path.exists(path):
                    return "%s leads to %s" % (name, os.readlink(path))
            elif os.stat(path).st_mode & 0o7777 != want:
                return "%s: %o" % (name, os.stat(path).st_mode)
        return None

    def traces(self):
        """No file that is text knows where it was built, and none what is not filled in."""
        for name in files(self.root):
            with open(os.path.join(self.root, name), "rb") as f:
                data = f.read()
            if b"\0" not in data and re.search(
                    rb"%s|%s|@[A-Z]+@" % (re.escape(TOP.encode()), re.escape(O.encode())), data):
                return name
        return None

    def program(self):
        code, out, err = run(self.path("bin/dma-inspect"), "--version")
        return None if (code, out) == (0, "dma-inspect %s\n" % VERSION) else out + err

    def flags(self, package):
        """By a name of the root without the blank, of which pkg-config makes two words."""
        root = os.path.join(self.tmp, "root")
        if not os.path.exists(root):
            os.symlink(self.root, root)
        code, out, err = run("pkg-config", "--cflags", "--libs", package,
                             PKG_CONFIG_LIBDIR=os.path.join(root, self.lib, "pkgconfig"),
                             PKG_CONFIG_SYSROOT_DIR=root)
        if code:
            raise OSError(err)
        return out.split()

    def build(self, page, package):
        """Builds a page's program with what pkg-config says: its path."""
        prog = os.path.join(self.tmp, package)
        with open(prog + ".c", "w") as f:
            f.write(example(page))
        code, _, err = run(*CC, "-std=c11", "-Wall", "-Werror", "-g", prog + ".c",
                           *self.flags(package), "-o", prog)
        if code:
            raise OSError(err)
        return prog

    def library(self):
        """The example of libdma-inspect(3) says of a region what the program says."""
        image = os.path.join(self.tmp, "full.img")
        code, base, err = run(O + "/tests/mkregion", TOP + "/tests/regions/full.txt", image)
        if code:
            return err
        prog = self.build("libdma-inspect.3", "dma-inspect")
        mine = run(prog, image, base.strip(), "analyze",
                   LD_LIBRARY_PATH=os.path.join(self.root, self.lib))
        theirs = run(self.path("bin/dma-inspect"), "--base", base.strip(), "-c", "analyze", image)
        return None if mine[:2] == theirs[:2] and mine[0] == 1 else "%s, not %s" % (mine, theirs)

    def verifier(self):
        """The example of dma-region(5) breaks the rule, and its region is there while it waits."""
        prog = self.build("dma-region.5", "dmv-posix")
        with subprocess.Popen([prog], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as p:
            said = p.stdout.readline()
            code, out, err = run(self.path("bin/dma-inspect"), "-c", "violations", "-c", "analyze",
                                 "pid:%d" % p.pid)
            rest = p.communicate("\n", timeout=20)[0]
        if not said.startswith("bugcheck E6 (F,2,64,") or rest or p.returncode:
            return "it says %r, then %r, and ends with %d" % (said, rest, p.returncode)
        if code == 3 and "ermission" in err + out or "not permitted" in err + out:
            print("skip install reading the process: it is forbidden here")
            return None
        wrong = [x for x in ("e6/f/2", "behind a common buffer", "dmv-posix!main+", "dmv-posix.c:")
                 if x not in out]
        return "no %s: %s" % (wrong, out + err) if code != 1 or wrong else None

    def gdb(self):
        """The shim finds the library that was installed with it."""
        code, out, err = run("gdb", "-nx", "-batch", "-ex",
                             "source " + self.path("share/dma-inspect/dma-gdb.py"), "-ex",
                             "show dma bang", "-ex", "info sharedlibrary")
        return None if not code and "!dma is the command dma: on" in out else out + err

    def autoload(self):
        """gdb gets the command from a program that embeds the verifier, if it is allowed to. The
        archive names where the script will be: this one is built for where it is."""
        name = os.path.join(self.root, AUTOLOAD)
        own = os.path.join(self.tmp, "build")
        archive = os.path.join(own, "libdmv-posix.a")
        code, out, err = run("make", "-s", "O=" + own, "AUTOLOAD=" + name, archive)
        if code:
            return out + err
        code, _, err = run(*CC, "-g", os.path.join(self.tmp, "dmv-posix.c"), archive,
                           *self.flags("dmv-posix"), "-o", own + "/prog")
        if code:
            return err
        ask = [own + "/prog", "-ex", "show dma bang"]
        no = run("gdb", "-nx", "-batch", *ask)
        yes = run("gdb", "-nx", "-batch", "-iex", "add-auto-load-safe-path " +
                  os.path.dirname(name), *ask)
        if "the command dma: on" not in yes[1] or yes[2]:
            return "allowed: %s%s" % yes[1:]
        return None if "has been declined" in no[2] and "the command" not in no[1] else \
            "not allowed: %s%s" % no[1:]

    def named(self):
        """The archive that is installed names the script that is."""
        archive = os.path.join(self.root, self.lib, "libdmv-posix.a")
        out = run("readelf", "-p", ".debug_gdb_scripts", archive)[1]
        return None if "/" + AUTOLOAD in out else out

    def uninstall(self):
        other = self.path("share/man/man1/other.1")
        with open(other, "w"):
            pass
        os.makedirs(self.path("share/dma-inspect/__pycache__"), exist_ok=True)      # gdb's
        for _ in range(2):              # what is gone is no mistake
            code, out, err = run(*self.make, "uninstall")
            if code or err:
                return out + err
        left = files(self.root)
        dirs = [d for d in ("share/dma-inspect", "include/dmv") if os.path.exists(self.path(d))]
        return None if left == [os.path.relpath(other, self.root)] and not dirs else left + dirs


def debian():
    """What the packages say that the build says, too: version, soname, symbols."""
    text = {}
    for name in ("debian/changelog", "debian/libdma-inspect0.symbols", "ext/dma-inspect.map"):
        with open(os.path.join(TOP, name)) as f:
            text[name] = f.read()
    version = re.match(r"dma-inspect \((.*?)\)", text["debian/changelog"])[1]
    if version != VERSION:
        return "debian/changelog has version %s, cmds/version.h %s" % (version, VERSION)
    symbols = text["debian/libdma-inspect0.symbols"]
    mine = set(re.findall(r"^ (dma_\w+)@DMA_INSPECT_0 ", symbols, re.M))
    want = set(re.findall(r"^\t(dma_\w+);$", text["ext/dma-inspect.map"], re.M))
    if not symbols.startswith("libdma-inspect.so.0 libdma-inspect0 ") or mine != want or not want:
        return "debian/libdma-inspect0.symbols: %s, not %s" % (mine, want)
    return None


def main():
    case("debian/", debian())
    multiarch = "usr/lib/x86_64-linux-gnu"
    for prefix, lib in (("usr/local", "usr/local/lib"), ("usr", multiarch)):
        with tempfile.TemporaryDirectory() as tmp:
            t = Tree(tmp, prefix, lib)
            steps = [t.install, t.modes, t.traces, t.program, t.library, t.verifier, t.uninstall]
            here = AUTOLOAD.startswith(prefix + "/share/")      # beside what the script loads
            if here:
                steps.insert(-1, t.named)
            if shutil.which("gdb"):
                steps[-1:-1] = [t.gdb, t.autoload] if here else [t.gdb]
            for step in steps:
                try:
                    why = step()
                except (OSError, subprocess.SubprocessError) as e:
                    why = "%s: %s" % (type(e).__name__, e)
                case("%s in /%s" % (step.__name__, prefix), why)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
