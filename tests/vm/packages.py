#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""The Debian packages, in a clean Debian 12 that has nothing but them and what they ask for.

	packages.py BUILD-DIRECTORY

make deb builds them, mmdebstrap the Debian, from where apt of this machine has its own. What runs
in there has mounts and processes of its own: nothing is left of it outside, and none runs on.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.dirname(HERE))
import completion                       # noqa: E402
import install                          # noqa: E402

LIMIT = 600
SKIPPED = "skipped"                     # and the reason was said
SUITE = "bookworm"
# In front of a command of the Debian whose root is $0.
APART = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", "sh"]
ENTER = [*APART, "-c", 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"']
TOOLS = ["man-db", "bash-completion", "gcc", "libc6-dev", "pkg-config"]
failed = 0


def case(name, why):
    global failed
    failed += bool(why)
    print("not ok packages %s: %s" % (name, str(why)[-600:].replace("\n", "|")) if why else
          "ok packages " + name, flush=True)
    return not why


def skip(why):
    print("skip packages: %s" % why)
    return 77


def run(argv, **how):
    """Exit code, what it said, its complaints."""
    r = subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=LIMIT,
                       stdin=subprocess.DEVNULL, **how)
    return r.returncode, r.stdout, r.stderr


class Debian:
    def __init__(self, root):
        self.root, self.enter = root, [*ENTER, root]
        self.env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "TERM": "dumb",
                    "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive",
                    **{k: v for k, v in os.environ.items() if k.lower().endswith("_proxy")}}

    def run(self, *argv):
        return run(self.enter + list(argv), env=self.env)

    def sh(self, script):
        return self.run("sh", "-c", script)

    def put(self, path, to):
        shutil.copy(path, self.root + to)

    def write(self, name, text):
        with open(self.root + name, "w") as f:
            f.write(text)


def sources():
    """Debian's own lines of this machine's apt."""
    out = run(["apt-get", "indextargets", "--format",
               "$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"])[1]
    return sorted({"deb %s" % x.partition(" ")[2] for x in out.splitlines()
                   if re.match(r"Debian \S+ %s(-security|-updates)? " % SUITE, x)})


def make_debian(root):
    """None, or why there is none."""
    lines = sources()
    if not lines:
        return "apt here knows no %s" % SUITE
    proxies = re.findall(r"^Acquire::\S*proxy\S* .*;$", run(["apt-config", "dump"])[1], re.M | re.I)
    https = ["--include=ca-certificates"] if "https:" in "".join(lines) else []
    code, _, err = run(["mmdebstrap", "--variant=minbase", "--mode=root", *https,
                        *("--aptopt=" + x for x in proxies), "--dpkgopt=force-unsafe-io", SUITE,
                        root, *lines])
    return err.strip().split("\n")[-1] if code else None


def build_packages(build):
    """make deb's files, without debug symbols."""
    env = {k: v for k, v in os.environ.items() if not re.match("MAKE|MFLAGS", k)}
    code, out, err = run(["make", "-s", "O=" + build, "run-deb"], cwd=TOP, env=env)
    # the words of lintian: E: W: in front; as root it says so on the other channel
    if not case("built, and lintian is content",
                out + err if code or re.search(r"^[EW]: ", out, re.M) else None):
        return []
    return [x for x in glob.glob(build + "/deb/*.deb") if "-dbgsym_" not in x]


def installed(d, debs):
    """They ask for all that they need."""
    os.mkdir(d.root + "/packages")
    for deb in debs:
        d.put(deb, "/packages/")
    code, out, err = d.sh("apt-get -qq update && "
                          "apt-get install -qq -y --no-install-recommends /packages/*.deb")
    if code:
        return out + err
    names = sorted(os.path.basename(x).split("_")[0] for x in debs)
    code, out, err = d.run("dpkg-query", "-W", "-f", "${Package} ${Status}\n", *names)
    bad = [x for x in out.splitlines() if not x.endswith(" install ok installed")]
    return code or bad or (err + out if d.run("dpkg", "--audit")[1] else None)


def program(d):
    code, out, err = d.run("dma-inspect", "--bugcheck", "E6 F 5 1000 1800")
    return None if code == 0 and "wrote past the end of the mapped" in out else out + err


def manual(d, name, section, words):
    code, out, err = d.sh("MANPAGER=cat man %s %s" % (section, name))
    return None if not code and words in out and not err else "%s%s" % (out[:200], err)


def completes(d):
    """bash-completion finds it by the name of the program."""
    bash = completion.Bash(["/usr/share/bash-completion/bash_completion"], "/tmp",
                           shell=[shutil.which("unshare"), *d.enter[1:], "/bin/bash"])
    for line, want in (("inspect --col", "inspect --color="), ("inspect pi", "inspect pid:"),
                       ("inspect -c ana", "inspect -c analyze "),
                       ("verifier /query", "verifier /query"),
                       ("verifier --li", "verifier --list ")):
        got = bash.tab("dma-" + line)
        if got != "dma-" + want:
            return "%s: %r" % (line, got)
    bash.type("exit\n")
    return bash.end()


def build(d, page, package):
    d.write("/root/%s.c" % package, install.example(page))
    code, out, err = d.sh("cd /root && gcc -Wall -Werror -g %s.c $(pkg-config --cflags --libs %s) "
                          "-o %s" % (package, package, package))
    return out + err if code else None


def library(d, build_dir):
    """The example of libdma-inspect(3) says what dma-inspect says."""
    image = d.root + "/root/full.img"
    base = run([build_dir + "/tests/mkregion", TOP + "/tests/regions/full.txt", image])[1].strip()
    why = build(d, "libdma-inspect.3", "dma-inspect")
    if why:
        return why
    mine = d.sh("cd /root && ./dma-inspect full.img %s analyze" % base)[:2]
    theirs = d.sh("cd /root && dma-inspect --base %s -c analyze full.img" % base)[:2]
    return None if mine == theirs and mine[0] == 1 else "%s, not %s" % (mine, theirs)


def in_gdb(d):
    """A process that embeds the verifier, stopped in gdb; the commands are there without a word if
    they load themselves."""
    why = build(d, "dma-region.5", "dmv-posix")
    if why:
        return why
    by_itself = "/usr/share/gdb/" in d.run("dpkg", "-L", "dma-inspect-gdb")[1]
    load = [] if by_itself else ["-ex", "source /usr/share/dma-inspect/dma-gdb.py"]
    code, out, err = d.run("gdb", "-nx", "-batch", *load, "-ex", "break getchar", "-ex", "run",
                           "-ex", "dma violations", "-ex", "!dma analyze", "/root/dmv-posix")
    wrong = [x for x in ("e6/f/2", "dmv-posix!main+", "dmv-posix.c:", "TAG_AFTER")
             if x not in out]
    return "no %s: %s" % (wrong, out + err) if wrong else None


def in_crash(d, build_dir, tmp):
    """crash -x has dma, and says of a stock kernel's dump what dma-inspect says."""
    dumps = tmp + "/dumps"
    code = subprocess.run([HERE + "/linux.sh", build_dir, dumps, "6.1"]).returncode
    if code == 77 or not shutil.which("bpftool"):
        print("skip packages crash: no %s" % ("guest, see above" if code else "bpftool"))
        return SKIPPED
    if code:
        return "the guest left no dumps, see above"
    stem = dumps + "/linux-6.1"
    subprocess.run([HERE + "/vmlinux.py", stem + ".kallsyms", stem + ".btf", stem + ".elf",
                    d.root + "/root/vmlinux"], check=True)
    d.put(stem + ".elf", "/root/dump")
    d.write("/root/lines", "extend > loaded\ndma --scan summary > summary\n!dma leaks -a > leaks\n"
            "dma -j violations > violations\nq\n")
    code, out, err = d.sh("cd /root && crash -x -s --minimal -i lines vmlinux dump")
    said = {}
    for name in ("loaded", "leaks", "violations"):
        path = d.root + "/root/" + name
        if not os.path.exists(path):
            return "no answer of %s: %s" % (name, out + err)
        with open(path) as f:
            said[name] = f.read()
    if "/usr/lib/crash/extensions/dma.so" not in said["loaded"]:
        return "loaded: " + said["loaded"]
    both, first = (d.sh("cd /root && dma-inspect --scan -c summary %s dump" % x)[1]
                   for x in ("-c '!dma leaks -a'", ""))
    if not said["leaks"] or both != first + "\n" + said["leaks"]:
        return "leaks: %r, not %r" % (said["leaks"], both)
    docs = d.sh("cd /root && dma-inspect --scan -j -c summary -c 'dma violations' dump")[1]
    if said["violations"] != docs.splitlines(True)[1]:
        return "violations: %r, not %r" % (said["violations"], docs.splitlines()[1])
    return None


def purged(d, debs):
    """Nothing of theirs stays."""
    names = [os.path.basename(x).split("_")[0] for x in debs]
    files = set(d.run("dpkg", "-L", *names)[1].split("\n"))
    code, out, err = d.run("apt-get", "-qq", "-y", "purge", *names)
    left = [x for x in files if re.search("dma|dmv", x) and os.path.lexists(d.root + x)]
    return out + err if code else left if files else "they had no files"


def steps(d, debs, build_dir, tmp):
    if not case("installed, with what they ask for", installed(d, debs)):
        return
    case("program", program(d))
    code, out, err = d.run("apt-get", "install", "-qq", "-y", "--no-install-recommends", *TOOLS)
    if not case("tools beside them", out + err if code else None):
        return
    for name, section, words in (("dma-inspect", "1", "what a dump or a process holds about DMA"),
                                 ("libdma-inspect", "3", "dma_inspect_open"),
                                 ("dma-region", "5", "dmv_region_anchor")):
        case("man " + name, manual(d, name, section, words))
    for name, step, *args in (("completion", completes), ("library", library, build_dir),
                              ("gdb", in_gdb), ("crash", in_crash, build_dir, tmp)):
        try:
            why = step(d, *args)
        except (OSError, subprocess.SubprocessError) as e:
            why = "%s: %s" % (type(e).__name__, e)
        if why != SKIPPED:
            case(name, why)
    case("purged", purged(d, debs))


def main():
    build_dir = os.path.abspath(sys.argv[1])
    for tool in ("mmdebstrap", "lintian", "dpkg-buildpackage", "dh", "git"):
        if not shutil.which(tool):
            return skip("no %s: make deps" % tool)
    if os.geteuid():
        return skip("a Debian can be made by root only")
    code, _, err = run([*APART, "-c", "true"])
    if code:
        return skip("no mounts of its own here: " + err.strip())
    debs = build_packages(build_dir)
    if not debs:
        return 1
    # below what the Makefile does not look through
    with tempfile.TemporaryDirectory(dir=build_dir + "/deb") as tmp:
        os.chmod(tmp, 0o755)            # apt's own user looks into the root
        d = Debian(tmp + "/debian")
        why = make_debian(d.root)
        if why:
            return failed or skip("no clean Debian can be made here: " + why)
        steps(d, debs, build_dir, tmp)
    return failed != 0


if __name__ == "__main__":
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    sys.exit(main())
