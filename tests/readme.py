#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""The transcripts in README.md are what the tools say today, but for addresses and times. Lines
behind `$` are the shell's; those behind `dma>` and `(gdb)` are typed to dma-inspect and gdb, with a
core file of OVERRUN. Those to crash and drgn are tests/vm/hosts.py's.

With UPDATE=1 the transcript is written anew; read the difference before you commit it.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

import terminal

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
O = os.path.abspath(os.environ.get("O", os.path.join(TOP, "build")))
README = os.path.join(TOP, "README.md")
# What differs from run to run: where things were loaded, how long they took, the C library.
CHANGES = [(r"\b[0-9]+(\.[0-9]+)?(ns|us|ms|s)\b", "TIME"), (r"(?<=\S)\+0x[0-9a-f]+\b", "+OFFSET"),
           (r"(?<=\.[ch]):[0-9]+$", ":LINE"),
           (r"  libc\.so\.6[+!].*", "  LIBC"), (r" +$", "")]
OVERRUN = "e6_0f_5_overrun"
INSTALLED = "/usr/local/share/dma-inspect/"
LOADED = 1 << 32        # above are addresses of the process; below the arena of the soft device


def steady(text):
    text = re.sub(r"\b[0-9a-f]{12,16}\b",
                  lambda m: "ADDRESS" if int(m[0], 16) >= LOADED else m[0], text)
    for pattern, word in CHANGES:
        text = re.sub(pattern, word, text, flags=re.M)
    return text.strip("\n")


def transcripts(text):
    """[(prompt, [(command, output)], first and last position)] of each block of a README."""
    out = []
    for block in re.finditer(r"```console\n(\$|dma>|\(gdb\)|crash>|>>>) (.*?)```", text, re.S):
        parts = re.split(r"^%s (.*)\n" % re.escape(block[1]), block[1] + " " + block[2],
                         flags=re.M)
        out.append((block[1], list(zip(parts[1::2], parts[2::2])), (block.start(1), block.end(2))))
    return out


def differ(said, says):
    """What is not as the README has it, or None."""
    a, b = steady(said).splitlines(), steady(says).splitlines()
    for i in range(max(len(a), len(b))):
        if a[i:i + 1] != b[i:i + 1]:
            return "line %d is now %s, not %s" % (i, b[i:i + 1], a[i:i + 1])
    return None


def run_driver(name, where):
    """What it says when it dies, and its core file."""
    done = subprocess.run([os.path.join(O, "drivers"), name, "--core", where], cwd=where,
                          capture_output=True, text=True, timeout=60)
    said = [x for x in done.stderr.splitlines() if x.startswith("*** STOP")]
    cores = glob.glob(os.path.join(where, "core*"))
    return "\n".join(said), cores[0] if cores else None


def session(t, lines, end, installed=INSTALLED):
    """What a program says to each line; in the README the project is installed."""
    out = []
    t.wait("no prompt")
    for line, _ in lines:
        if line == end:
            break
        said = t.ask(line.replace(installed, O + "/")).replace("\r", "").replace(
            O + "/", installed)
        out.append((line, said[said.index("\n") + 1:said.rindex("\n") + 1]))
    t.type(end + "\n")
    t.end()
    return out + [(line, "") for line, _ in lines[len(out):]]


def typed(prompt, lines, where):
    """The same of a session at a prompt."""
    core = run_driver(OVERRUN, where)[1]
    if not core or (prompt == "(gdb)" and not shutil.which("gdb")):
        return None
    env = dict(os.environ, TERM="dumb", XDG_STATE_HOME=where, INPUTRC="/dev/null")
    for name in ("PAGER", "DMA_PAGER"):
        env.pop(name, None)
    argv = [os.path.join(O, "dma-inspect"), core] if prompt == "dma>" else [
        shutil.which("gdb"), "-q", "-nx", "-iex", "set height 0", "-iex", "set width 0",
        os.path.join(O, "drivers"), core]
    os.chdir(where)
    t = terminal.Terminal(argv, env, re.escape(prompt) + " $", 60, size=(50, 200))
    out = session(t, lines, "q")
    os.chdir(TOP)
    return out


def answers(lines, where):
    """[(command, output now)], or None if no core file can be had here."""
    core, out = None, []
    for line, _ in lines:
        m = re.match(r"drivers (\w+)$", line)
        if m:
            said, core = run_driver(m[1], where)
            if not core:
                return None
            out.append((line, said))
            continue
        m = re.match(r"dma-inspect --bugcheck '(.*)'$", line)
        if m:
            done = subprocess.run([os.path.join(O, "dma-inspect"), "--bugcheck", m[1]],
                                  capture_output=True, text=True, timeout=60)
            out.append((line, done.stdout + done.stderr))
            continue
        command = re.match(r'dma-inspect -c "(.*)" core$', line)[1]
        done = subprocess.run([os.path.join(O, "dma-inspect"), "-c", command, core],
                              capture_output=True, text=True, timeout=60)
        out.append((line, done.stdout))
    return out


def main():
    with open(README, encoding="utf-8") as f:
        text = f.read()
    blocks, failed = [b for b in transcripts(text) if b[0] not in ("crash>", ">>>")], 0
    if not blocks:
        print("not ok readme: no transcript in README.md")
        return 1
    for prompt, lines, (start, end) in reversed(blocks):
        with tempfile.TemporaryDirectory() as where:
            now = answers(lines, where) if prompt == "$" else typed(prompt, lines, where)
        if now is None:
            print("skip readme transcript: no core file in the working directory, or no gdb")
            continue
        if os.environ.get("UPDATE"):
            blank = "\n" if prompt == "$" else ""
            new = blank.join("%s %s\n%s" % (prompt, c, o.strip("\n") + "\n" if o else "")
                             for c, o in now)
            text = text[:start] + new + text[end:]
        for (command, said), (_, says) in zip(lines, now):
            bad = differ(said, says)
            failed += bad is not None
            print("not ok readme: %s: %s" % (command, bad) if bad else "ok readme: %s" % command)
    if os.environ.get("UPDATE"):
        with open(README, "w", encoding="utf-8") as f:
            f.write(text)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
