#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# Runs tests and adds them up: tests/run.sh [-t SECONDS] [-o DIR] TEST...
#
# A test is a program, or a program with its arguments as one word. It says `ok NAME`,
# `not ok NAME: why` or `skip NAME: why`, a line a case, and exits 0, or 1 if a case failed, or 77
# if it could not run at all. Anything else it says is kept in DIR/TEST.log. A test that dies,
# hangs, or says nothing is a failure of its own.
# The last line is `N passed, N failed, N skipped`; the exit code is 1 if anything failed.
set -u

limit=300
logs=${O:-build}/logs
while getopts t:o: opt; do
	case $opt in
	t) limit=$OPTARG ;;
	o) logs=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
mkdir -p "$logs" || exit 2

passed=0 failed=0 skipped=0 bad=''

# Counts the lines of a log that start with a word.
count()
{
	grep -c "^$1 " "$2"
}

run()
{
	log=$logs/$(echo "$1" | tr -c 'A-Za-z0-9._\n' '_').log
	case $1 in
	*/*) prog=$1 ;;
	*) prog=./$1 ;;
	esac
	timeout -k 10 "$limit" $prog >"$log" 2>&1 </dev/null
	rc=$?
	p=$(count ok "$log") f=$(count 'not ok' "$log") s=$(count skip "$log")
	if [ $rc = 77 ]; then
		[ "$s" -gt 0 ] || { s=1; echo "skip $1: $(tail -n 1 "$log")" >>"$log"; }
	elif [ $rc != 0 ] && [ "$f" = 0 ]; then
		f=1
		[ $rc = 124 ] && why="no end after $limit s" || why="exit code $rc"
		[ $rc -gt 128 ] && why="died of signal $((rc - 128))"
		tail -n 20 "$log" | sed 's/^/# /'
		echo "not ok $1: $why after $p good cases, see $log" | tee -a "$log"
	elif [ $((p + f + s)) = 0 ]; then
		f=1
		echo "not ok $1: says nothing" | tee -a "$log"
	elif [ $rc = 0 ] && [ "$f" != 0 ]; then
		echo "# $1: exit code 0 in spite of failures"
	fi
	grep -a '^not ok ' "$log" | grep -v "^not ok $1: " | sed "s|^|$1: |"
	grep -a '^skip ' "$log" | sed "s|^|$1: |"
	printf '# %-44s %5d passed %3d failed %3d skipped\n' "$1" "$p" "$f" "$s"
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	[ "$f" = 0 ] || bad="$bad $1"
}

for t in "$@"; do
	run "$t"
done
[ -z "$bad" ] || echo "FAILED:$bad"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $((passed + skipped)) -gt 0 ]
