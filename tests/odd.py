#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""dma-inspect put to odd uses: what it cannot write, what it is not given, what is no target.

Needs $O/dma-inspect. Uses no dump but what it writes itself."""
import json
import os
import subprocess
import sys
import tempfile

O = os.path.abspath(os.environ.get("O", "build"))
PROG = os.path.join(O, "dma-inspect")
TEXT = "E6 F 5 1000 1800"
failed = 0


def case(name, good, why=""):
    global failed
    failed += not good
    print("ok odd " + name if good else "not ok odd %s: %s" % (
        name, str(why)[-300:].replace("\n", "|")), flush=True)


def run(*args, shell="", text=""):
    """Exit code, standard output, standard error; `shell` is a redirection."""
    argv = ["sh", "-c", 'exec "$@" ' + shell, "sh", PROG, *args]
    r = subprocess.run(argv, input=text, capture_output=True, text=True, timeout=30, check=False)
    return r.returncode, r.stdout, r.stderr


def output():
    if not os.path.exists("/dev/full"):
        print("skip odd full disk: there is no /dev/full")
    else:
        for extra in ((), ("-j",)):
            code, _, err = run(*extra, "--bugcheck", TEXT, shell=">/dev/full")
            case("a full disk %s" % " ".join(extra), code == 4 and
                 "cannot write the answer: No space left" in err, "%d %s" % (code, err))
    code, _, err = run("--bugcheck", TEXT, shell=">&-")
    case("no standard output", code == 4 and "cannot write the answer: Bad file" in err,
         "%d %s" % (code, err))
    code, _, err = run("-", shell="<&-")
    case("no standard input", code == 3 and "standard input: Bad file" in err, err)
    code, out, _ = run("--bugcheck", TEXT, shell="2>&-")
    case("no standard error", code == 0 and "GUARD_AFTER" in out, out)


def without_target():
    code, out, err = run("-c", "help", "-c", "bugcheck " + TEXT)
    case("help and typed bugchecks need no target", code == 0 and "GUARD_AFTER" in out and
         not err, err)
    for command, say in (("target", "no target"), ("dma", "name one"), ("save x", "name one")):
        code, _, err = run("-c", command)
        case(command + " without a target", code == 2 and say in err, err)
    code, _, err = run()
    case("nothing at all", code == 2 and "no target" in err, err)
    for word in ("analyze", "!dma"):
        code, _, err = run(word, "core")
        case("%s where a target belongs" % word, code == 3 and
             "(a command stands behind -c: -c %s)" % word.lstrip("!") in err, err)
    open("leaks", "w", encoding="ascii").close()
    code, _, err = run("leaks")
    case("a file with the name of a command", code == 3 and "empty" in err and "-c" not in err, err)
    code, out, err = run("-j", "-c", "leaks", "absent")
    doc = json.loads(out or "{}")
    case("a target that does not open, as JSON", code == 3 and doc.get("command", 1) is None and
         doc["target"] == "absent" and "absent" in doc["error"] and "absent" in err, out + err)


def no_such_files():
    if not os.path.exists("/proc/vmcore"):
        _, _, err = run("/proc/vmcore")
        case("no /proc/vmcore", "kexec starts after a crash" in err and "/var/crash" in err, err)
    code, _, err = run("")
    case("an empty name", code == 3 and 'cannot open "": No such' in err, err)


def hostile_name():
    with open("a\x1b[31mb", "w", encoding="ascii") as f:
        f.write("text")
    for target in ("a\x1b[31mb", "absent\x1b[31m"):
        _, _, err = run(target)
        case("a name is escaped on a terminal", "\x1b" not in err, err)


def main():
    with tempfile.TemporaryDirectory() as tmp:
        os.chdir(tmp)
        output()
        without_target()
        no_such_files()
        hostile_name()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
