#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""The same ELF vmcores of a stock Linux kernel in dma-inspect, crash, gdb and drgn: every command
of the table says the same in all of them, byte by byte, but for what names the host. One dump has
regions, of processes that embed the verifier; one has none, for makedumpfile left out their pages.
And dumps of the project's bare-metal guest in dma-inspect and gdb.

	hosts.py BUILD-DIRECTORY [DUMP-DIRECTORY]

Without a DUMP-DIRECTORY linux.sh makes one. A host that is not installed is skipped.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
from crash import Setup                 # noqa: E402
from hosts_table import commands, differ        # noqa: E402
import readme                           # noqa: E402
import terminal                         # noqa: E402

LIMIT = 300
# Newer drgn's own registry of commands, as its documentation has it: name, parser, function.
STAND_IN = """
import sys, types
commands = {}
def custom_command(*, name, description, usage, long_description, parse):
    def register(function):
        commands[name] = parse, function
        return function
    return register
def parse_shell_command(source):
    import shlex
    return types.SimpleNamespace(args=shlex.split(source))
sys.modules["drgn.commands"] = types.SimpleNamespace(
    custom_command=custom_command, parse_shell_command=parse_shell_command)
"""
failed = 0


def case(name, why):
    global failed
    failed += bool(why)
    print("not ok hosts %s: %s" % (name, str(why)[:800].replace("\n", "|")) if why else
          "ok hosts " + name, flush=True)


def run(s, *argv):
    r = subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=LIMIT,
                       cwd=s.tmp, stdin=subprocess.DEVNULL, env={**s.env, "DEBUGINFOD_URLS": ""})
    return r.stdout + r.stderr


# ---- hosts: each runs the lines in one session, into files HOST.N.text and HOST.N.json ----

def by_crash(s, lines, dump, name):
    todo = ["extend " + s.so]
    for i, line in enumerate(lines):
        todo += ["dma %s > %s.%d.text" % (line, name, i),
                 "dma -j %s > %s.%d.json" % (line, name, i)]
    return s.crash(todo, "--minimal", dump=dump)


def by_gdb(s, lines, dump, name, program=None):
    todo = ["source " + os.path.dirname(s.tool) + "/dma-gdb.py"]
    for i, line in enumerate(lines):
        todo += ["pipe dma %s | cat > %s.%d.text" % (line, name, i),
                 "pipe dma -j %s | cat > %s.%d.json" % (line, name, i)]
    return run(s, "gdb", "-q", "-nx", "-batch", "-ex", "core " + dump,
               *(x for line in todo for x in ("-ex", line)), program or s.vmlinux)


def by_drgn(s, lines, dump, name):
    with open(s.tmp + "/drgn.py", "w") as f:
        f.write("import contextlib, drgn\n"
                "drgn.execscript(%r)\n" % (os.path.dirname(s.tool) + "/dma-drgn.py") +
                "for i, line in enumerate(%r):\n" % lines +
                "    for kind, option in (('text', ''), ('json', '-j ')):\n"
                "        with open('%s.%%d.%%s' %% (i, kind), 'w') as f:\n" % name +
                "            with contextlib.redirect_stdout(f):\n"
                "                dma(option + line)\n")
    return run(s, "drgn", "-q", "-c", dump, s.tmp + "/drgn.py")


HOSTS = {"crash": by_crash, "gdb": by_gdb, "drgn": by_drgn}


def answers(s, what, dump):
    """Each host that is here against dma-inspect."""
    lines = commands(s.tool, s.adapter())
    for host, ask in HOSTS.items():
        if not shutil.which(host):
            continue
        # a first line, so that --scan holds for all others
        said = ask(s, ["--scan summary", *lines, "save %s.core" % host], dump, host)
        for i, line in enumerate(lines, 1):
            want_json, want = s.inspect("dma " + line, dump=dump)
            why = differ(line, False, s.read("%s.%d.text" % (host, i)), want)
            case("%s, %s: %s" % (what, host, line), why and "%s; %s" % (why, said[-300:]))
            got = s.read("%s.%d.json" % (host, i)).rstrip("\n")
            case("%s, %s: %s, JSON" % (what, host, line), differ(line, True, got, want_json))


def saved(s, dump):
    """What any host saves answers as what dma-inspect saves."""
    own = s.tmp + "/own.core"
    s.lines(dump, "-c", "summary", "-c", "save " + own)
    want = s.inspect("dma 0 3f", dump=own)[1]
    for host in HOSTS:
        path = "%s/%s.core" % (s.tmp, host)
        if shutil.which(host):
            case("saved by " + host, "it is not there" if not os.path.exists(path) or not want else
                 differ("save", False, s.inspect("dma 0 3f", dump=path)[1], want))


def bare_metal(s, build):
    """The project's own guest, which crash and drgn do not take for a kernel: with symbols, by
    physical addresses alone and by virtual ones, too."""
    name, program = "e6_0f_5_overrun", build + "/guest.elf"
    code = subprocess.run([HERE + "/guest.sh", build + "/guest.boot.elf", s.tmp, name],
                          stdout=subprocess.DEVNULL).returncode
    if code not in (0, 77):
        case("bare metal", "the guest left no dumps")
    elif code or not shutil.which("gdb"):
        print("skip hosts bare metal: no QEMU or no gdb")
    if code or not shutil.which("gdb"):
        return
    for form in ("elf", "paging.elf"):
        dump = "%s/%s.%s" % (s.tmp, name, form)
        lines = commands(s.tool, None)
        said = by_gdb(s, lines, dump, form, program)
        first = s.lines(dump, "-s", program, "-c", "summary")
        for i, line in enumerate(lines):
            options = ["-s", program, "-c", "summary", "-c", "dma " + line]
            want, doc = s.lines(dump, *options), s.lines(dump, "-j", *options).splitlines()[1]
            why = differ(line, False, s.read("%s.%d.text" % (form, i)), want[len(first) + 1:])
            case("bare metal, %s: %s" % (form, line), why and "%s; %s" % (why, said[-300:]))
            got = s.read("%s.%d.json" % (form, i)).rstrip("\n")
            case("bare metal, %s: %s, JSON" % (form, line), differ(line, True, got, doc))


def without_region(s):
    """The dump without processes, as an on-call engineer gets it."""
    moved, path = s.tmp + "/moved", s.tmp + "/none.elf"
    subprocess.run(["cp", "--sparse=always", s.dump, moved], check=True)
    subprocess.run([HERE + "/move_headers.py", moved], check=True)
    r = subprocess.run(["makedumpfile", "-E", "-d", "31", moved, path], capture_output=True,
                       text=True, timeout=LIMIT)
    os.unlink(moved)
    if r.returncode:
        raise OSError("makedumpfile: " + r.stderr)
    return path


# ---- what only one of them has ----

def drgn_ways(s):
    """Mistakes, help, another dump; %dma where drgn has commands (here those of a stand-in)."""
    script = s.tmp + "/ways.py"
    shim = os.path.dirname(s.tool) + "/dma-drgn.py"
    with open(script, "w") as f:
        f.write(STAND_IN + "import drgn\ndrgn.execscript(%r)\n" % shim +
                'print(dma)\ndma("help leaks")\ndma("leaks -x")\ndma("--region")\n'
                'other = open(%r, "rb")\nq = drgn.Program()\nq.set_core_dump(other.name)\n'
                'dma("target", q)\ndma.dump = other.name\ndma("target", q)\n' % s.process +
                'parse, command = commands["dma"]\ndma.dump = %r\n' % s.dump +
                'command(prog, "dma", parse(\'bugcheck "BugCheck E6, {26, 0, c1f80, 6}"\').args, '
                "globals={})\n")
    out = run(s, "drgn", "-q", "-c", s.dump, script)
    for want in (r'^dma\("help"\) lists', r"everything live", r'^dma: "-x" is not understood',
                 r"^dma: --region needs", r"^dma: drgn has several dumps open .*dma.dump = ",
                 r"^Target: +%s$" % re.escape(s.process), r"^the IOMMU caught a device"):
        if not re.search(want, out, re.M):
            return "%s: %s" % (want, out)
    return None


def shown(s):
    """README's sessions."""
    with open(readme.README, encoding="utf-8") as f:
        blocks = readme.transcripts(f.read())
    drgn = os.path.join(s.tmp, "interactive.py")
    with open(drgn, "w") as f:              # drgn's own prompt needs a terminal of its own kind
        f.write("import code, drgn\nfrom drgn import execscript\n"
                "code.interact(local=globals(), banner='', exitmsg='')\n")
    started = {
        "crash>": (["crash", "-s", s.vmlinux, s.dump], "q", "/usr/local/lib/crash/extensions/"),
        ">>>": (["drgn", "-q", "-c", s.dump, drgn], "exit()", readme.INSTALLED)}
    for prompt, lines, _ in blocks:
        if prompt not in started or not shutil.which(started[prompt][0][0]):
            continue
        argv, end, installed = started[prompt]
        t = terminal.Terminal([shutil.which(argv[0]), *argv[1:]], {**s.env, "TERM": "dumb"},
                              re.escape(prompt) + " $", 120, size=(50, 200))
        for (line, said), (_, says) in zip(lines, readme.session(t, lines, end, installed)):
            case("README, %s %s" % (prompt, line), readme.differ(said, says))


def drgn_process(s):
    """A process core in drgn says what it says in dma-inspect, less which files that looked for."""
    lines = ["summary", "leaks -a", "analyze", "violations"]
    said = by_drgn(s, lines, s.process, "process")
    for i, line in enumerate(lines):
        both = s.read("process.%d.text" % i), s.lines(s.process, "-c", line)
        got, want = (re.sub(r"\n+(note: no names from the program's own .*)?", "\n", x).strip()
                     for x in both)
        why = differ(line, False, got, want)
        if why:
            return "%s: %s; %s" % (line, why, said[-300:])
    return None


def test(s, build):
    bare_metal(s, build)
    answers(s, "regions", s.dump)
    saved(s, s.dump)
    none = without_region(s)
    answers(s, "no region", none)
    shown(s)
    if shutil.which("drgn"):
        case("drgn's ways", drgn_ways(s))
        case("drgn, a process", drgn_process(s))


def main():
    build = os.path.abspath(sys.argv[1])
    for tool, package in (("bpftool", "bpftool"), ("makedumpfile", "makedumpfile")):
        if not shutil.which(tool):
            print("skip hosts: no %s (package %s)" % (tool, package))
            return 77
    for host, package in (("crash", "crash"), ("gdb", "gdb"), ("drgn", "python3-drgn")):
        if not shutil.which(host):
            print("skip hosts %s: not installed (package %s)" % (host, package))
    with tempfile.TemporaryDirectory(dir=build) as tmp:
        dumps = sys.argv[2] if len(sys.argv) > 2 else tmp + "/dumps"
        if len(sys.argv) < 3:
            code = subprocess.run([HERE + "/linux.sh", build, dumps, "6.1"]).returncode
            if code:
                print("skip hosts: no guest, see above" if code == 77 else
                      "not ok hosts: the guest left no dumps, see above")
                return code
        s = Setup(build, os.path.abspath(dumps), tmp)
        s.process = s.stem + ".core.e6_0f_5_overrun"
        test(s, build)
    return failed != 0


if __name__ == "__main__":
    os.environ["PATH"] += ":/usr/sbin"
    sys.exit(main())
