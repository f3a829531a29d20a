# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Every command of the table, with arguments and without, and what of an answer names the host that
gave it: for the tests that compare hosts."""
import json
import re
import subprocess

# Arguments to try beside none; ADAPTER stands for an address. Each command of the table is tried.
MORE = {"dma": ["-a", "0 3f", "ADAPTER 1"], "leaks": ["-a"], "events": ["-n 3"],
        "bugcheck": ["e6 f 5 1000 2000", "BugCheck E6, {26, 0, c1f80, 6}"], "who": ["ADAPTER"],
        "help": ["leaks"]}
NO_ARGUMENT = {"who", "save"}           # not without
# Lines of text that name the host: what each reads, and whether it can list it; and what
# dma-inspect reads in a core's header, which a debugger does not hand on.
OF_HOST = re.compile(r"^(Format|Physical|Virtual|Program|Command|Process|Signal): .*\n", re.M)
KEYS_OF_HOST = {"format", "physical_bytes", "physical_ranges", "virtual_bytes", "virtual_ranges",
                "executable"}
TABLES_OF_HOST = {"header", "loaded"}


def names(tool):
    out = subprocess.run([tool, "-j", "--bugcheck", "0", "-c", "help"], capture_output=True,
                         text=True, timeout=60).stdout.splitlines()[-1]
    return [r["command"] for t in json.loads(out)["tables"].values() for r in t if "command" in r]


def commands(tool, adapter):
    """Lines; adapter: the address of one, or None."""
    # summary before what compares bytes, which it tells of
    table = sorted(names(tool), key=lambda n: n != "summary")
    return [("%s %s" % (n, a.replace("ADAPTER", adapter or "1000"))).strip()
            for n in table for a in [""] * (n not in NO_ARGUMENT) + MORE.get(n, [])]


def without_host(text, is_json):
    """Text, or a document, less what names the host."""
    if not is_json:
        return OF_HOST.sub("", text)
    doc = json.loads(text)
    for row in doc["tables"].get("target", []):
        for key in KEYS_OF_HOST & set(row):
            del row[key]
    for table in TABLES_OF_HOST & set(doc["tables"]):
        del doc["tables"][table]
    return doc


def differ(line, is_json, got, want):
    """Why an answer is not what it should be: byte by byte, but where the host is named. None: it
    is."""
    if line.split()[0] in ("target", "summary") and got and want:
        try:
            got, want = without_host(got, is_json), without_host(want, is_json)
        except ValueError as e:
            return "%s: %r" % (e, got)
    return None if got == want else "%r, not %r" % (got, want)
