# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Asks linux_probe about a guest's modules with their files by -s, for linux_check.py: symbols
where the guest's /proc/kallsyms has them, types as the file's BTF has them, out of the dump; a
module of the same name of another kernel is refused, with both build-ids."""
import glob
import os
import re
import subprocess
import tempfile

from linux_truth import Types

LIMIT = 120


def run(probe, options, files, questions=""):
    return subprocess.run([probe, *options, *files], input=questions, capture_output=True,
                          text=True, timeout=LIMIT)


def build_id(path):
    out = subprocess.run(["readelf", "-n", path], capture_output=True, text=True).stdout
    return re.search(r"Build ID: (\w+)", out)[1]


def symbols_of(path, symbols):
    """[(question, answer)]: of the file's symbols those that the guest has once."""
    out = subprocess.run(["nm", path], capture_output=True, text=True, check=True).stdout
    asked = []
    for line in out.splitlines():
        kind, name = line.split()[-2:]
        if name in symbols.module and kind in "tTdDbBrR":
            asked.append(("symbol " + name, "%x" % symbols.module[name]))
    return asked


def types_of(path, base):
    """The same of structs that the module has and the kernel has not."""
    with tempfile.TemporaryDirectory() as tmp:
        btf = os.path.join(tmp, "btf")
        done = subprocess.run(["objcopy", "--dump-section", ".BTF=" + btf, path, btf + ".copy"],
                              capture_output=True)
        own = Types(btf, base.text).member if not done.returncode and os.path.exists(btf) else {}
    return [("member %s %s" % (name, member), str(offset))
            for name, (member, offset) in sorted(own.items()) if name not in base.member]


def ask(probe, files, options, asked):
    """Why an answer is wrong; None: all are right."""
    r = run(probe, options, files, "\n".join(q for q, _ in asked))
    if r.returncode or r.stderr:
        return "exit code %d: %s" % (r.returncode, r.stderr.strip())
    for (question, want), got in zip(asked, r.stdout.splitlines()):
        if got.split()[:2] != ["=", want]:
            return "%s: %s, not %s" % (question, got, want)
    return None


def check(probe, files, folder, loaded, symbols, types):
    """[what is wrong]. folder: that of the modules; loaded: the names of those in the guest."""
    wrong = []
    for path in sorted(glob.glob(os.path.join(glob.escape(folder), "*.ko"))):
        name = os.path.basename(path)[:-3]
        if name not in loaded:
            continue
        asked = symbols_of(path, symbols)
        why = ask(probe, files, ["-s", path], asked) if asked else "no symbol to ask about"
        why = why or ask(probe, files, [], types_of(path, types))
        for other in glob.glob(os.path.join(glob.escape(folder), "../../*/modules", name + ".ko")):
            ids = build_id(path), build_id(other)
            if ids[0] == ids[1] or "arm64" in folder + other:
                continue
            said = run(probe, ["-s", other], files).stderr
            if not all(x in said for x in ids):
                why = why or "%s is not refused: %s" % (other, said)
        if why:
            wrong.append("%s: %s" % (name, why))
    return wrong
