#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""TAB in a real bash: what the generated completion of dma-inspect and dma-verifier makes of a
line, and whether the programs know the words that it says."""
import json
import os
import re
import socket
import subprocess
import sys
import tempfile

from terminal import Terminal

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
O = os.path.abspath(os.environ.get("O", os.path.join(TOP, "build")))
PROG = O + "/dma-inspect"
FILES = ["vmcore", "panic.core", "two words", "sub/inner.elf"]
failed = 0


def case(name, why):
    global failed
    failed += bool(why)
    print("not ok completion %s: %s" % (name, str(why)[:400].replace("\n", "|")) if why else
          "ok completion " + name, flush=True)


class Bash(Terminal):
    """An interactive bash that has read the files. ^T shows the line as it stands, ^U drops it."""

    def __init__(self, paths, folder, options="", shell=("/bin/bash",)):
        env = {"PATH": O + ":" + os.environ["PATH"], "HOME": folder, "TERM": "dumb", "PS1": "$ ",
               "INPUTRC": "/dev/null", "LC_ALL": "C.UTF-8", "COLUMNS": "200"}
        super().__init__([*shell, "--norc", "--noprofile", "-i"], env, r"\$ $")
        self.wait("bash")
        for line in ("cd '%s'" % folder, options, *("source '%s'" % x for x in paths),
                     "bind 'set bell-style none'", "bind 'set completion-query-items 0'",
                     "bind 'set page-completions off'",
                     "bind 'set enable-bracketed-paste off'",
                     """bind -x '"\\C-t": printf "\\n<%s>\\n" "$READLINE_LINE"'"""):
            self.ask(line)

    def line(self, text, keys):
        """What the line is after text and keys."""
        self.type(text + keys + "\x14")
        got = self.until(r"\n<.*>\r?\n")
        self.type("\x15\n")
        self.wait(text)
        if not got:
            raise OSError("no line after %r: %r" % (text, self.seen))
        return re.search(r"\n<(.*)>\r?\n", got)[1]

    def tab(self, text):
        return self.line(text, "\t")

    def all(self, text):
        """Every word that may stand there: insert-completions puts them into the line."""
        got = self.line(text, "\x1b*")
        return sorted(got[len(text) - len(text.split(" ")[-1]):].split())


def said(*argv):
    return subprocess.run(argv, capture_output=True, text=True, timeout=30).stdout


def options():
    out = said(PROG, "--help")
    long = re.findall(r"^ .*(--[a-z-]+)(=?)", out, re.M)
    return sorted(a + b for a, b in long), sorted(re.findall(r"^  (-.),", out, re.M))


def commands():
    out = said(PROG, "-j", "--bugcheck", "0", "-c", "help")
    return sorted(c["command"] for c in json.loads(out.splitlines()[1])["tables"]["commands"])


def colors():
    """Each is taken by the program."""
    def taken(word):
        return not subprocess.run([PROG, "--color=" + word, "--bugcheck", "0"], timeout=30,
                                  capture_output=True).returncode
    return ["--color=" + w for w in ("always", "auto", "never") if taken(w)]


# A line, and what TAB makes of it.
LINES = [
    ("--col", "--color="), ("--color=al", "--color=always "), ("--color ne", "--color never "),
    ("--js", "--json "), ("--base 1", "--base 1"), ("--base=", "--base="), ("-f", "-f "),
    ("-c ana", "-c analyze "), ("-jc viol", "-jc violations "), ("-cviol", "-cviolations "),
    ("--command=viol", "--command=violations "), ("--command viol", "--command violations "),
    ('-c "leaks -', '-c "leaks -a" '), ("-c 'help bug", "-c 'help bugcheck' "),
    ('-c "dma leaks -', '-c "dma leaks -a" '), ('-c "dma lea', '-c "dma leaks" '),
    ('--command="lea', '--command="leaks" '),
    ("-c leaks -c 'save --r", "-c leaks -c 'save --redact' "),
    ("-c nothing", "-c nothing"), ('-c "nothing -', '-c "nothing -'), ("-s vm", "-s vmcore "),
    ("-s su", "-s sub/"), ("--symbols=sub/", "--symbols=sub/inner.elf "),
    ("-ssub/", "-ssub/inner.elf "), ("-ssu", "-ssub/"), ("--symbols=tw", "--symbols=two\\ words "),
    ("two", "two\\ words "), ("two\\ w", "two\\ words "), ('-s "two w', '-s "two words" '),
    ("vm", "vmcore "), ("-c leaks vm", "-c leaks vmcore "), ("sub/i", "sub/inner.elf "),
    ("~/vm", "~/vmcore "), ("pa", "panic.core "), ("pi", "pid:"), ("p", "p"), ("kc", "kcore "),
    ("vmcore su", "vmcore sub/"), ("gdb:l", "gdb:localhost:"), ("gdb:localhost:", "gdb:localhost:"),
    ("gdb:unix:so", "gdb:unix:socket "),
    ("--no-s", "--no-sandbox "), ("-s vmcore --no-p", "-s vmcore --no-pager "),
]


VERIFIER_LINES = [
    ("--add", "--add-driver="), ("/add", "/adddriver "), ("--querys", "--querys"),
    ("--query-", "--query-settings "), ("/querys", "/querysettings "), ("--driver e", "--driver e"),
    ("--mode br", "--mode break "), ("--mode=br", "--mode=break "), ("/mode br", "/mode break "),
    ("--rule ADAPTER_R", "--rule ADAPTER_RELEASED="),
    ("--rule BUFFER_LEAK=o", "--rule BUFFER_LEAK=off "),
    ("--rule=BUFFER_LEAK=st", "--rule=BUFFER_LEAK=stop "), ("--fail ch", "--fail channels "),
    ("--fail channels,bu", "--fail channels,buffers "),
    ("--fail=lists,ch", "--fail=lists,channels "),
    ("--file vm", "--file vmcore "), ("--file=su", "--file=sub/"), ("/file vm", "/file vmcore "),
    ("pi", "pid:"), ("-", "-"), ("vm", "vm"),
]


def typed(bash, name):
    for program, lines in (("dma-inspect ", LINES), ("dma-verifier ", VERIFIER_LINES)):
        for line, want in lines:
            got = bash.tab(program + line)
            case("%s: %s%s" % (name, program * (program != "dma-inspect "), line),
                 None if got == program + want else "%r" % got)


def verifier(bash, folder):
    """All words are the program's."""
    tool, out = O + "/dma-verifier", said(O + "/dma-verifier", "--help")
    want = re.findall(r"^ (--[a-z-]+) +(\S*?)  ", out, re.M)
    want = sorted(a + ("=" if b else "") for a, b in want)
    got = bash.all("dma-verifier --")
    case("all of dma-verifier's options", None if got == want and len(got) > 20 else
         "%s, not %s" % (got, want))
    for option, n in (("--mode=", 3), ("--fail=", 3), ("--rule=", 40), ("--rule=BUFFER_LEAK=", 5),
                      ("--flags=", 2)):
        wrong, words = [], bash.all("dma-verifier " + option)
        for word in words:
            word = option * (not word.startswith(option)) + word
            r = subprocess.run([tool, "--file=%s/settings" % folder, "--driver", "e1000",
                                word + "log" * (option == "--rule=")], capture_output=True,
                               text=True, timeout=30)
            wrong += [r.stderr] * bool(r.returncode)
        case("all of %s" % option, "%s %s" % (wrong, words) if wrong or len(words) < n else None)
    for option, line in (("--mode=", "mode"), ("--fail=", "fail"), ("--rule=BUFFER_LEAK=", "rule")):
        want = sorted(re.split(", ?", re.search(r"^ --%s .*: (.*)$" % line, out, re.M)[1]))
        got = [x.replace(option, "") for x in bash.all("dma-verifier " + option)]
        case("what help says of --" + line, None if got == want else "%s, not %s" % (got, want))
    got = {x.replace("--pid=", "") for x in bash.all("dma-verifier --pid=")}
    case("all of --pid=", None if str(os.getpid()) in got and all(x.isdigit() for x in got) else
         got)


def lists(bash):
    long, short = options()
    got = bash.all("dma-inspect --")
    case("all options", None if got == long else "%s, not %s" % (got, long))
    got = [x for x in bash.all("dma-inspect -") if not x.startswith("--")]
    case("all letters", None if got == short else "%s, not %s" % (got, short))
    got = bash.all("dma-inspect -c ")
    case("all commands", None if got == commands() else "%s, not %s" % (got, commands()))
    got = ["--color=" + x.replace("--color=", "") for x in bash.all("dma-inspect --color=")]
    case("all colours", None if got == colors() and len(got) == 3 else got)
    told = re.search(r"TARGET is (.*?)\. Without", " ".join(said(PROG, "--help").split()))[1]
    told = sorted(re.findall(r"\w+:(?=[A-Z])|kcore", told.replace("HOST:PORT", "HOST")))
    case("all targets of --help", None if told == ["gdb:", "kcore", "pid:"] else told)
    got = [x.replace("\\:", ":") for x in bash.all("dma-inspect ")]
    want = sorted(["gdb:", "kcore", "pid:", "vmcore", "panic.core", "socket", "sub", "two\\",
                   "words"])
    case("all targets", None if got == want else got)
    mine = {str(os.getpid()), str(bash.pid)}
    for line in ("pid:", "-c leaks pid:", "pid:" + str(bash.pid)[:1]):
        got = {x.replace("pid:", "") for x in bash.all("dma-inspect " + line)}
        want = {x for x in mine if x.startswith(line.partition(":")[2])}
        case("processes: " + line[:-1], None if want <= got and
             all(x.isdigit() for x in got) else "%s, not %s" % (got, want))
    bash.type("dma-inspect -c s\t\t")
    case("TAB twice lists", None if bash.until(r"save +stale +summary") else bash.seen)
    bash.type("\x15\n")
    bash.wait("list")


def main():
    paths = [O + "/completions/" + x for x in ("dma-inspect", "dma-verifier")]
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(folder + "/sub")
        for name in FILES:
            open(os.path.join(folder, name), "w").close()
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(folder + "/socket")
        bash = Bash(paths, folder)
        typed(bash, "TAB")
        lists(bash)
        verifier(bash, folder)
        bash.type("exit\n")
        case("and bash lives on", None if bash.end() == 0 else "it died")
        for how in ("set -u", "COMP_WORDBREAKS=${COMP_WORDBREAKS//[:=]}", "set -o posix"):
            bash = Bash(paths, folder, how)
            typed(bash, how)
            bash.type("exit\n")
            bash.end()
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
