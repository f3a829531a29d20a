#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""What the prompt does beside commands: where answers go, files of lines, the shell, Tab, hints,
screens of several sizes. On a real terminal, on the images of prompt.py.
"""
import json
import os
import re
import signal
import subprocess
import sys
import time

import prompt
from prompt import case, plain, run

PROMPT = r"dma> $"
WIDE = (50, 200)


def start(argv, env, *args, size=WIDE, image="trouble.img"):
    t = prompt.Prompt(argv + list(args) + [image], env, size=size)
    t.until(PROMPT)
    return t


def leave(t):
    t.type("q\n")
    return t.end()


def text_of(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def is_bare(text):
    """No escape, no hint, no prompt."""
    return "\x1b" not in text and "Next:" not in text and "dma>" not in text


# ---- where answers go ----

def files(argv, env):
    t = start(argv, env)
    whole = run(argv + ["-c", "leaks", "trouble.img"], env)[1]
    got = t.ask("leaks > out")
    case("> says nothing", "4 leaked" not in got and "dma-inspect:" not in got, got)
    case("> has what a pipe would get", text_of("out") == whole and is_bare(whole), text_of("out"))
    t.ask("leaks>out")
    case("> without blanks replaces", text_of("out") == whole)
    t.ask("leaks >> out # twice")
    case(">> appends, and # is a remark", text_of("out") == 2 * whole)
    t.ask('leaks > "a file"')
    case("> in double quotes", text_of("a file") == whole)
    t.ask("leaks > ~/home")
    case("> at home", text_of("home") == whole)
    t.ask("nonsense > out")
    case("a mistake leaves the file alone", text_of("out") == 2 * whole)
    got = t.ask('who "a|b>c"')
    case("quoted signs are none", "no adapter a|b>c" in got, got)
    got = t.ask('bugcheck <Data Name="BugcheckCode">230</Data> | cat > pasted')
    case("signs in a paste are text", "exit code" not in got and not os.path.exists("pasted"), got)
    t.ask("bugcheck e6 9 > out")
    case("signs behind numbers are signs", "REGISTER_LEAK" in text_of("out"), text_of("out"))
    for line, why in (("leaks > /none/x", "/none/x: No such file"), ("leaks > .", "Is a directory"),
                      ("leaks >", "> needs the name"), ("leaks > a b", '"b" is too much'),
                      ('leaks > "a', "not closed"), ("> out", "no command in front of >"),
                      ("leaks > /dev/full", "/dev/full: No space left")):
        got = t.ask(line)
        case("error of %s" % line, why in got, got)
    case("and none of them made a file", not os.path.exists("a"))
    case("exit code 2 is the worst of that", leave(t) == 2)
    t = start(argv, env)
    t.ask("leaks > /dev/full")
    case("an answer that was lost is exit code 4", leave(t) == 4)


def target_is_safe(argv, env):
    """By its name, by others, and a file for symbols."""
    os.link("trouble.img", "hard")
    os.symlink("trouble.img", "soft")
    before = open("trouble.img", "rb").read()
    t = start(argv, env)
    for line in ("leaks > trouble.img", "leaks >> ./trouble.img", "leaks > hard", "leaks > soft"):
        got = t.ask(line)
        case("%s is refused" % line, "it is what is read here" in got, got)
    leave(t)
    case("and the target is what it was", open("trouble.img", "rb").read() == before)
    with open("program", "wb") as f:
        f.write(open(prompt.PROG, "rb").read())
    t = start(argv, env, "--force", "-s", "program")
    got = t.ask("leaks > program")
    case("symbols are not overwritten", "it is what is read here" in got, got)
    leave(t)


def pipes(argv, env):
    t = start(argv, env)
    got = t.ask("leaks | grep -c leak")
    case("| passes the answer", re.search(r"[\r\n]6\r", got), got)
    got = t.ask("leaks|cat -v")
    case("without colour and hint", "4 leaked" in got and not re.search(r"\^\[|Next", got), got)
    t.ask("leaks | cat > out; echo done >> out")
    case("the shell has the rest of the line", text_of("out").endswith("done\n"))
    got = t.ask("leaks | exit 3")
    case("| says how a program failed", "`exit 3`: exit code 3" in got, got)
    got = t.ask("leaks | kill -9 $$")
    case("| says which signal ended it", "ended by signal 9" in got, got)
    got = t.ask("leaks | no-such-program")
    case("| of no program", "not found" in got and "exit code 127" in got, got)
    got = t.ask("leaks |")
    case("| and nothing", "| needs a program" in got, got)
    got = t.ask("nonsense | touch started")
    case("a mistake starts nothing", "no command" in got and not os.path.exists("started"), got)
    case("worst exit code", leave(t) == 2)
    t = start(argv, env, image="many.img")
    for _ in range(3):
        got = t.ask("leaks -a | head -n 2")
    case("a reader that leaves is no error", "OBJECT" in got and "dma-inspect:" not in got, got)
    got = t.ask("leaks -a | wc -l")
    case("and the next one gets all", "2004" in got, got)
    for i in range(10):
        t.type("leaks -a | sleep 60\n")
        time.sleep(0.1)
        t.type("\x03")
        got = t.until(PROMPT, 5)
        if got is None:
            break
    case("^C ends a pipe ten times", got is not None and "stopped" in got, t.seen)
    case("and the prompt lives on", "region" in t.ask("help"))
    leave(t)


# ---- files of lines, and the shell ----

def sources(argv, env):
    t = start(argv, env)
    write("inner", "nonsense\n")
    write("outer", "# remark\nleaks\n\n.source inner\nviolations\n")
    got = plain(t.ask(".source outer"))
    case(".source runs lines, files in files", "4 leaked" in got and "e6/f/5" in got, got)
    case("and errors have file and line", 'inner:1: no command "nonsense"' in got, got)
    case("its answers have no hints", "Next:" not in got, got)
    write("mixed", "who 2000\nleaks | grep -c leak\n.shell echo said\n")
    t.ask(".source mixed > out")
    case("with its programs", text_of("out").endswith("\n6\nsaid\n"), text_of("out"))
    write("waits", "leaks\n.shell sleep 0.3\nleaks\n.shell touch too-far\n")
    t.ask(".source waits | head -n 1")
    case("a reader that leaves ends the file", not os.path.exists("too-far"))
    write("quits", "leaks\nq\nviolations\n")
    got = t.ask(".source quits")
    case("q ends the file, not the prompt", "4 leaked" in got and "e6/f/5" not in got, got)
    write("self", "target | wc -l >> count\n.source self\n.source self\nleaks\n")
    got = t.ask(".source self")
    case("a file that names itself ends", "self:2: 8 files" in got and "leaked" not in got, got)
    case("after 8 of them", text_of("count").count("\n") == 8)
    t.ask(".source outer > out")
    case("> of a whole file", "4 leaked" in text_of("out") and "e6/f/5" in text_of("out") and
         is_bare(text_of("out")))
    write("a file", "leaks > from-file\n.shell echo 6 times 7\n.shell exit 7\n" + "x" * 9999 +
          "\n.source absent\n")
    got = t.ask('.source "a file"')
    case(".source: redirects", "leaked" in text_of("from-file"))
    for what, want in (("the shell", "6 times 7\r\ndma-inspect"),
                       ("a program that fails", "a file:3: `exit 7`: exit code 7"),
                       ("a long line", "a file:4: line is longer"),
                       ("a file that is not there", "a file:5: cannot read commands from absent")):
        case(".source: " + what, want in got, got)
    for line, why in ((".source", "needs the name"), (".source absent", "No such file"),
                      (".source .", "Is a directory"), (".source inner outer", "too much")):
        got = t.ask(line)
        case("error of %s" % line, why in got, got)
    write("long", ".shell sleep 60\nleaks\n")
    t.type(".source long\n")
    time.sleep(0.2)
    t.type("\x03")
    got = t.until(PROMPT, 5)
    case("^C ends the file", got and "leaked" not in got, got or t.seen)
    leave(t)


def shells(argv, env):
    t = start(argv, dict(env, SHELL="/bin/sh", PS1="shell$ "))
    got = t.ask(".shell echo $((6 * 7)) > out; cat out")
    case(".shell with a program", re.search(r"[\r\n]42\r\n", got), got)
    got = t.ask(".shell false")
    case(".shell says how it failed", "`false`: exit code 1" in got, got)
    t.type(".shell\n")
    case(".shell alone", t.until(r"shell\$ $") is not None, t.seen)
    t.type("echo $((6 * 7))\n")
    case("is a shell", t.until(r"\n42\r\n[\s\S]*shell\$ $") is not None, t.seen)
    t.type("exit 3\n")
    got = t.until(PROMPT)
    case("that one leaves", got and "exit code" not in got, got or t.seen)
    got = t.ask("!ls")
    case("!ls names the shell and what there is", "!analyze" in got and ".shell" in got, got)
    got = t.ask("!analize")
    case("!analize is told its name", "did you mean `analyze`?" in got, got)
    got = t.ask(".help")
    case(".help lists the rest", all(x in got for x in (".source FILE", ".shell", "> FILE")), got)
    got = t.ask(".help leaks")
    case(".help of a command", "leaks [ADAPTER]" in got, got)
    for line, want in ((".bugcheck", "No bugcheck: "), ("!analyze -v", "Cause:"),
                       ("!dma 0`2000", "000000002000     Owner"), ("who 0x2000", "adapter")):
        got = t.ask(line)
        case("WinDbg's %s" % line, want in got, got)
    leave(t)


# ---- without a prompt ----

def batch(argv, env):
    bare = ["leaks | touch made", "leaks > made", "leaks >> made", ".shell touch made"]
    for line in bare:
        code, out, err = run(argv + ["-c", line, "trouble.img"], env)
        case("-c %s is refused" % line, code == 2 and not out and "without a prompt" in err and
             "--no-sandbox" in err, out + err)
    write("batch", "leaks > made\n.shell touch made\n.source batch2\n")
    write("batch2", "\nviolations\nleaks | touch made\n")
    code, out, err = run(argv + ["-f", "batch", "trouble.img"], env)
    case("-f refuses, too, and says where", code == 2 and "batch:1: leaks > made" in err and
         "batch:2: .shell" in err and "batch2:3: leaks |" in err and "e6/f/5" in out, out + err)
    code, out, err = run(argv + ["-f", "-", "trouble.img"], env, "leaks > made\nleaks\n")
    case("-f - as well", code == 2 and "standard input:1: " in err and "4 leaked" in out, err)
    case("and nothing was made", not os.path.exists("made"))
    code, out, err = run(argv + ["-j", "-c", "leaks > made", "trouble.img"], env)
    case("as JSON", code == 2 and "without a prompt" in json.loads(out)["error"], out + err)
    code, out, err = run(argv + ["--no-sandbox", "-c", "leaks > made", "-c", "leaks | grep -c leak",
                                 "trouble.img"], env)
    case("--no-sandbox allows them", code == 1 and out.strip() == "6" and
         "4 leaked" in text_of("made"), out + err)
    said = [json.loads(x) for x in
            run(argv + ["-j", "--no-sandbox", "-c", "leaks | cat", "-c", ".help", "trouble.img"],
                env)[1].splitlines()]
    case("a document for each", said[0]["command"] == "leaks" and said[0]["tables"]["leaks"] and
         said[1]["tables"]["prompt"], said)
    code, out, err = run(argv + ["-c", "leaks", "trouble.img"], env)
    case("no hint without a prompt", code == 1 and "Next:" not in out + err, out + err)


# ---- Tab ----

def tab(t, typed, want):
    """What Tab makes of a line, which is then taken back."""
    t.type(typed + "\t")
    got = t.until(re.escape(want), 5)
    case("Tab: %s" % typed, got is not None, t.seen)
    t.seen = ""
    t.type("\x15\n")
    t.until(PROMPT)


def tabs(argv, env):
    os.mkdir("folder")
    write("folder/lines.txt", "leaks\n")
    write("folder/two words", "leaks\n")
    t = start(argv, env)
    for typed, want in ((".so", ".source "), (".sh", ".shell "), (".qu", ".quit "),
                        (".source fol", "folder/"), (".source folder/l", "folder/lines.txt "),
                        ('.source folder/t', '"folder/two words" '),
                        ("leaks > folder/l", "folder/lines.txt "),
                        ("leaks >folder/l", "folder/lines.txt "),
                        ("leaks >> fol", "folder/"), ("save --red", "--redact "),
                        ("save fol", "folder/"), ("leaks -", "leaks -a "),
                        ("who 1001c", "1001c800 "), ("who 0x1001c", "0x1001c800 "),
                        ("events 000000001001c", "000000001001c800 "), ("dma viol", "violations "),
                        ("!an", "!analyze "), ("help st", "stale "), ("dma 10", "1000 ")):
        tab(t, typed, want)
    write("from-tab", "violations\n")
    t.type(".source from-t\t\n")
    got = t.until(r"dma> $")
    case("and what Tab made runs", got and "e6/f/5" in got, got or t.seen)
    leave(t)


# ---- hints ----

def hints(argv, env):
    t = start(argv, dict(env, TERM="dumb"))
    for line, want in (("leaks", "`dma 2000 f`"), ("violations", "`analyze`"),
                       ("dma -a", "`dma 2000 f`"), ("check", "`analyze`, `who 1001c800`"),
                       ("summary", "`analyze`, `dma`"), ("target", "`summary`"),
                       ("who 1001c800", "`dma 2000 f`, `events 1001c800`")):
        got = t.ask(line)
        m = re.search(r"Next: (.*)\r\ndma> $", got)
        case("hint behind %s" % line, m and want in m[1], got)
        for command in re.findall(r"`([^`]*)`", m[1]) if m else []:
            told = t.ask(command)
            case("and `%s` works" % command, "dma-inspect:" not in told, told)
    for line in ("nonsense", "help", "analyze", "leaks | cat", "dma 7777"):
        got = t.ask(line)
        case("no hint of one line behind %s" % line, "Next: `" not in got, got)
    leave(t)
    for args, e in ((["--no-hints"], env), (["-j"], env)):
        t = start(argv, e, *args)
        case("no hint with %s" % args, "Next:" not in t.ask("leaks"))
        leave(t)


# ---- screens ----

def pagers(argv, env):
    e = dict(env, DMA_PAGER="sed 's/^/P:/'")
    t = start(argv, e, size=(24, 80))
    got = plain(t.ask("violations"))
    case("a short answer needs no pager", "P:" not in got and "e6/f/5" in got, got)
    got = plain(t.ask("leaks | cat"))
    case("nor does a pipe", "P:" not in got, got)
    got = plain(t.ask("region"))
    case("a long one does", "P:Region 0" in got, got)
    leave(t)
    t = start(argv, e, size=(8, 40))
    case("lines that are broken count", "P:" in plain(t.ask("violations")))
    leave(t)
    e = dict(env, DMA_PAGER='echo "<$LESS>"; cat >/dev/null', LESS="FX")
    t = start(argv, e, size=(5, 80))
    got = t.ask("leaks")
    case("colours ask less for -R", "<-R FX>" in got, got)
    leave(t)
    t = start(argv, dict(env, PAGER="sed s/^/p:/", NO_COLOR="1", LESS="FX"), size=(5, 80))
    got = t.ask("leaks")
    case("PAGER, and NO_COLOR", "p:KIND" in got, got)
    leave(t)
    t = start(argv, dict(env, DMA_PAGER="cat", PAGER="false"), size=(5, 80))
    case("cat is no pager", "4 leaked" in t.ask("leaks"))
    leave(t)


def sparse(path):
    """An image of 64 GiB, all but 16 MiB a hole, in which many buffers have the same much padding:
    as much to compare as the file is large."""
    side, base, n = 8 << 20, 0x10100000, 1800
    va, block = base + side, 2 * side + 4096
    with open("sparse.txt", "w", encoding="utf-8") as f:
        f.write("image 0x10000000 %#x\nregion 0x80000\n"
                "header tag=\"DmaVrfy0\" writer=\"sparse\" version=\"1\" ncpu=1 machine=62 "
                "last_ticks=9 page_bytes=%d\ntable adapter 1\ntable buffer %d\n"
                "row adapter 0 LIVE flags=0x10 refs=1 handle=0x2000 driver=- name=- owner=- "
                "releaser=-\n" % (block + 0x200000, side // 64, n))
        for i in range(n):
            f.write("row buffer %d LIVE adapter=0:1 va=%#x phys=%#x bytes=4096 block_virt=%#x "
                    "block_bytes=%#x owner=- vector=-\n" % (i, va, va, base, block))
        f.write("fill %#x %#x 0x0F\npoke %#x \"DmaVrfy0\"\npoke %#x \"DmaVrfy0\"\n" %
                (base, block, va - 8, va + 4096))
    subprocess.run([os.path.join(prompt.O, "tests/mkregion"), "sparse.txt", path],
                   capture_output=True, check=True)
    os.truncate(path, 64 << 30)


def sizes(argv, env):
    """Tables are as wide as they are; lines that are typed, and the one of progress, fit."""
    said = {}
    for columns in (80, 200):
        t = start(argv, dict(env, TERM="vt100", COLUMNS=str(columns)), "--no-pager",
                  size=(24, columns))
        said[columns] = t.ask("violations").split("violations", 1)[1]
        got = t.ask("who " + "0" * 150 + "2000")
        case("a long line on %d columns" % columns, re.search("is not|adapter", got), got)
        leave(t)
    case("80 and 200 columns: one answer", said[80] == said[200] and "e6/f/5" in said[80], said)
    for columns in (80, 40):
        t = start(argv, env, "--no-pager", size=(24, columns), image="sparse.img")
        t.type("check\n")
        got = t.until(r"\rcheck: [^\r]{10}", 10) or ""
        longest = max(map(len, re.findall(r"\r(check: [^\r]*)", got)), default=999)
        case("progress fits %d columns" % columns, longest < columns, got)
        t.type("\x03")
        t.until(PROMPT)
        leave(t)


def checks(argv, env):
    """^C ten times in a row in the middle of a comparison."""
    t = start(argv, env, "--no-pager", image="sparse.img")
    t.type("check\n")
    got = t.until(r"check: \d+ of 1800 objects, \d+/s, \d+ s left", 10)
    case("progress of check", got is not None, t.seen)
    for i in range(10):
        if i:
            t.type("check\n")
            time.sleep(0.12)
        t.type("\x03")
        got = t.until(PROMPT, 5)
        if not got or "dma-inspect: stopped" not in got:
            break
    case("^C stops check ten times in a row", got and i == 9, (i, got, t.seen))
    got = t.ask("leaks -a | tail -n 1")
    case("and then commands work", "0 leaked, 1801 live" in got, got)
    leave(t)


# ---- history ----

def history(argv, env, state):
    path = os.path.join(state, "dma-inspect", "history")
    one, two = start(argv, env), start(argv, env)
    one.ask("who 111")
    one.ask("who 111")
    two.ask("who 222")
    leave(one)
    leave(two)
    text = text_of(path)
    case("two prompts keep each other's history", "who 222" in text and "who 111" in text, text)
    case("what is typed twice is kept once", text.count("who 111") == 1, text)
    case("still its owner's alone", os.stat(path).st_mode & 0o777 == 0o600)
    t = start(argv, env)
    t.type("\x1b[A")
    case("and it comes back", t.until("who 222") is not None, t.seen)
    t.type("\x15")
    t.ask("who 333")
    os.kill(t.pid, signal.SIGKILL)
    t.end()
    case("one that is killed has it, too", "who 333" in text_of(path))


def main():
    def tests(argv, env, state):
        env = dict(env, HOME=os.getcwd())
        bare = dict(env, NO_COLOR="1")
        files(argv, env)
        target_is_safe(argv, env)
        pipes(argv, env)
        sources(argv, bare)
        shells(argv, bare)
        batch(argv, env)
        tabs(argv, bare)
        hints(argv, env)
        pagers(argv, env)
        sparse("sparse.img")
        sizes(argv, bare)
        checks(argv, env)
        history(argv, bare, state)
    return prompt.in_folder(tests)


if __name__ == "__main__":
    sys.exit(main())
