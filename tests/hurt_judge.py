# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Asks dma-inspect about a damaged file, three times: text and JSON by the build with sanitizers,
JSON by the ordinary one in its sandbox with the memory that the file justifies. Judges the answers
by each other and by those that the whole file gave."""
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import unicodedata

O = os.environ.get("O", "build")
SECONDS = 30                            # of the processor: whatever else the machine does
PATIENCE = 600                          # of the clock: it waits for something that never comes
ROOM = 256                              # MB that any file may cost, beside 4 times its size
SANITIZER = 99                          # exit code of a run that a sanitizer ended
COMMANDS = ["target", "region", "dma", "dma 0 3f", "summary", "leaks", "bugcheck", "analyze",
            "check", "stale", "events", "violations"]
OPTIONS = ("exitcode=%d:detect_leaks=1:abort_on_error=0:allocator_may_return_null=0:"
           "max_allocation_size_mb=%d")


class Result:
    """bad: what must never be. lies: commands that answer otherwise, without a word."""

    def __init__(self, damage):
        self.damage, self.bad, self.lies = damage, [], []
        self.opened = self.region = self.names = self.refused = False
        self.same = False               # nothing changed
        self.seconds = 0


def unbounded():
    """Does a program get more memory than its limit? Then all that was found proves nothing."""
    code = "import mmap; mmap.mmap(-1, 512 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)"
    return not subprocess.run(["prlimit", "--data=%d" % (ROOM << 20), sys.executable, "-c", code],
                              capture_output=True).returncode


def harmful(text):
    """A character that a terminal would obey; None: there is none."""
    for c in text:
        if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs"):
            return repr(c)
    return None


def names_in(docs):
    kernel = docs.get("target", {}).get("tables", {}).get("kernel", [])
    return any(k.get("symbols") for k in kernel) or "!" in json.dumps(
        docs.get("dma", {}).get("tables", ""))


class Judge:
    """asan: the build with sanitizers, or None; the ordinary one then answers alone."""

    def __init__(self, original, asan):
        self.o, self.asan, self.trouble = original, asan, []
        self.size = sum(os.path.getsize(f) for f in original.files)
        self.commands = COMMANDS + ["who " + original.who]
        r = self.call([O + "/dma-inspect"], ["-j"])
        self.whole = dict(zip(self.commands, map(json.loads, r.stdout.splitlines())))
        if not self.whole:
            raise ValueError("%s: the whole file gives no answers: %s" % (original.name, r.stderr))

    # ---- one run ----

    def call(self, tool, options, commands=None, env=None):
        argv = ["prlimit", "--cpu=%d" % SECONDS, *tool, *options, *self.o.options]
        for c in commands or self.commands:
            argv += ["-c", c]
        return subprocess.run(argv + self.o.files, capture_output=True, timeout=PATIENCE,
                              env={**os.environ, **(env or {})})

    def bounded(self, options, commands=None):
        """The ordinary build. What it may write to is bounded; what it maps to read is not."""
        room = 4 * self.size + (ROOM << 20)
        return self.call(["--data=%d" % room, O + "/dma-inspect"], options, commands)

    def sanitized(self, options):
        mb = (4 * self.size >> 20) + ROOM
        own = OPTIONS % (SANITIZER, mb)
        return self.call([self.asan + "/dma-inspect", "--no-sandbox"], options, env={
            "ASAN_OPTIONS": own, "UBSAN_OPTIONS": "print_stacktrace=1:" + own})

    # ---- judgement ----

    def died(self, what, r):
        err = r.stderr.decode(errors="replace")
        if r.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
            return "%s: no end after %d s of the processor" % (what, SECONDS)
        if r.returncode in (0, 1, 3, 4) and "Sanitizer" not in err and "runtime error" not in err:
            return ""
        at = max(err.find("ERROR: "), err.find("runtime error"), 0)
        return "%s: exit %d %s" % (what, r.returncode, " ".join(err[at:at + 1500].split()))

    def said(self, what, r):
        """What is wrong with its words about itself."""
        err = r.stderr.decode(errors="replace")
        if harmful(err) or harmful(r.stdout.decode(errors="replace")):
            return "%s: %s in what it says" % (what, harmful(err) or "a control character")
        if r.returncode in (3, 4) and not (err.startswith("dma-inspect: ") and len(err) > 24):
            return "%s: refused without a message: %r" % (what, err)
        if any(x in err for x in ("out of memory", "not enough memory", "no memory for")):
            return "%s: more memory than the file justifies: %s" % (what, err)
        return ""

    def parse(self, what, r, result):
        try:
            docs = [json.loads(x) for x in r.stdout.decode().splitlines()]
        except ValueError as e:
            result.bad.append("%s: no JSON: %s" % (what, e))
            return {}
        if len(docs) == 1 and docs[0]["command"] is None:      # the target was refused
            if len(docs[0].get("error", "")) < 12:
                result.bad.append("%s: refused without a message" % what)
            return {}
        if docs and len(docs) != len(self.commands):
            result.bad.append("%s: %d answers to %d commands" % (what, len(docs),
                                                                 len(self.commands)))
            return {}
        return dict(zip(self.commands, docs))

    def word(self, command, doc):
        """Does it say that something is amiss: an error, a note that is new, exit code 3 or 4?"""
        old = set(self.whole[command].get("notes", []))
        if "error" in doc or set(doc.get("notes", [])) - old:
            return True
        return self.bounded(["-j"], [command]).returncode in (3, 4)

    def compare(self, docs, result):
        differ = [c for c, d in docs.items() if d.get("tables") != self.whole[c].get("tables")]
        result.same = not differ
        result.lies = [c for c in differ if not self.word(c, docs[c])]

    def look(self, damage):
        """The file as it is now."""
        result, runs = Result(damage), []
        start = time.monotonic()
        try:
            runs.append(("JSON", self.bounded(["-j"])))
            if self.asan:
                runs.append(("sanitized JSON", self.sanitized(["-j"])))
                runs.append(("sanitized text", self.sanitized([])))
            else:
                runs.append(("text", self.bounded([])))
        except subprocess.TimeoutExpired:
            result.bad.append("no end after %d s" % PATIENCE)
            return result
        result.seconds = time.monotonic() - start
        for what, r in runs:
            result.bad += [x for x in (self.died(what, r), self.said(what, r)) if x]
        codes = {r.returncode for _, r in runs}
        if len(codes) > 1 and not result.bad:
            result.bad.append("exit codes differ: %s" % [(w, r.returncode) for w, r in runs])
        json_runs = [(w, r) for w, r in runs if "JSON" in w]
        if len({r.stdout for _, r in json_runs}) > 1 and not result.bad:
            result.bad.append("the builds differ in what they say")
        docs = self.parse(*json_runs[0], result)
        result.refused = not docs
        result.opened = bool(docs)
        if docs:
            result.region = bool(docs["region"].get("tables", {}).get("regions"))
            result.names = names_in(docs)
            self.compare(docs, result)
        return result

    # ---- damage ----

    def restore(self):
        """All parts of a set are whole again."""
        for path in self.o.files:
            if os.path.exists(path + ".whole"):
                shutil.copyfile(path + ".whole", path)
            else:
                shutil.copyfile(path, path + ".whole")

    def one(self, damage):
        """The file is as before afterwards, unless it was cut."""
        if damage.cut:
            number, size = damage.cut
            path = self.o.files[number]
            if len(self.o.files) > 1:
                self.restore()
            os.truncate(path, size)
            return self.look(damage)
        old = []
        for number, at, data in damage.changes:
            with open(self.o.files[number], "r+b") as f:
                f.seek(at)
                old.append((number, at, f.read(len(data))))
                f.seek(at)
                f.write(data)
        result = self.look(damage)
        for number, at, data in reversed(old):
            with open(self.o.files[number], "r+b") as f:
                f.seek(at)
                f.write(data)
        return result
