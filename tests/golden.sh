#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# Recipe -> region -> command -> expected text and JSON.
#
# golden/NAME.cmds has one command a line; the recipe is golden/NAME.txt or regions/NAME.txt.
# golden/NAME.expect holds the answers as text with exit codes, golden/NAME.json the same as JSON.
# UPDATE=1 writes both anew: read the difference before it is committed.
set -u

top=$(cd "$(dirname "$0")/.." && pwd)
O=${O:-$top/build}
case $O in /*) ;; *) O=$top/$O ;; esac
here=$top/tests/golden
rc=0

for prog in dma-inspect tests/mkregion; do
	[ -x "$O/$prog" ] || { echo "skip golden: $O/$prog is not there: make first"; exit 77; }
done
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2

# say NAME FILE: the file is as expected, byte by byte
say()
{
	if [ "${UPDATE:-}" = 1 ]; then
		cp "$2" "$here/$2"
		echo "ok golden $1: written"
	elif cmp -s "$2" "$here/$2"; then
		echo "ok golden $1"
	else
		echo "not ok golden $1: $(diff "$here/$2" "$2" | head -n 6 | tr '\n' '|')"
		rc=1
	fi
}

# inspect OUTPUT-TO COMMAND [OPTION]: appends the answer
inspect()
{
	timeout 20 "$O/dma-inspect" ${3:-} --no-pager --base "$base" -c "$2" "$name.img" \
		>out 2>err </dev/null
	code=$?
	[ -n "${3:-}" ] || echo "$ $2" >>"$1"
	cat out >>"$1"
	[ -n "${3:-}" ] || { cat err; echo "[exit $code]"; echo; } >>"$1"
}

for cmds in "$here"/*.cmds; do
	name=$(basename "$cmds" .cmds)
	recipe=$here/$name.txt
	[ -f "$recipe" ] || recipe=$top/tests/regions/$name.txt
	if ! base=$("$O/tests/mkregion" "$recipe" "$name.img" 2>err); then
		echo "not ok golden $name: $(cat err)"
		rc=1
		continue
	fi
	: >"$name.expect"
	: >"$name.json"
	while read -r line; do
		inspect "$name.expect" "$line"
		inspect json "$line" -j
	done <"$cmds"
	# one document a command, each well-formed; our version is not part of the answer
	if python3 -c 'import json, sys
docs = [json.loads(x) for x in open("json")]
for d in docs:
    d["version"] = "-"
    print(json.dumps(d, ensure_ascii=False))
    assert list(d)[:8] == "schema tool version target provider command tables notes".split()
sys.exit(len(docs) != sum(1 for x in open(sys.argv[1])))' "$cmds" >"$name.json"; then
		echo "ok golden $name: JSON is well-formed, a document a command"
	else
		echo "not ok golden $name: JSON is not a document a command"
		rc=1
	fi
	rm -f json
	say "$name text" "$name.expect"
	say "$name JSON" "$name.json"
done
exit $rc
