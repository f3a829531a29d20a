#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# Runs tests and adds them up: tests/run.sh [-j JOBS] [-t SECONDS] [-o DIR] TEST...
#
# A test is a program, or a program with its arguments as one word. It says `ok NAME`,
# `not ok NAME: why` or `skip NAME: why`, a line a case, and exits 0, or 1 if a case failed, or 77
# if it could not run at all. Anything else it says is kept in DIR/TEST.log. A test that dies,
# hangs, or says nothing is a failure of its own.
# Lines that begin with | are a table for people, and are shown.
# Up to JOBS tests run at once; what they say comes in the order of the tests.
# The last line is `N passed, N failed, N skipped`; the exit code is 1 if anything failed.
set -u

limit=300 jobs=1
logs=${O:-build}/logs
while getopts j:t:o: opt; do
	case $opt in
	j) jobs=$OPTARG ;;
	t) limit=$OPTARG ;;
	o) logs=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
tests=("$@")
mkdir -p "$logs" || exit 2

passed=0 failed=0 skipped=0 bad=''
# Of the tests by their number: log, process, microseconds, exit code once it has ended.
log=() pid=() time=() status=()

now()
{
	echo "${EPOCHREALTIME//[!0-9]/}"
}

# Starts test number $1. In the background a shell makes it deaf to ^C, which some tests are about.
start()
{
	local prog=${tests[$1]}

	log[$1]=$logs/$(echo "$prog" | tr -c 'A-Za-z0-9._\n' '_').log
	[[ $prog == */* ]] || prog=./$prog
	time[$1]=$(now)
	# shellcheck disable=SC2086
	env --default-signal=INT,QUIT timeout -k 10 "$limit" $prog >"${log[$1]}" 2>&1 </dev/null &
	pid[$1]=$!
}

# Waits until one of those that run has ended.
reap()
{
	local ended rc i

	wait -n -p ended
	rc=$?
	for i in "${!pid[@]}"; do
		[ "${pid[$i]}" = "$ended" ] || continue
		status[$i]=$rc
		time[$i]=$(($(now) - ${time[$i]}))
		unset "pid[$i]"
	done
}

# Counts the lines of a log that start with a word.
count()
{
	grep -ac "^$1 " "$2"
}

# fail LOG TEST WHY: a failure that the test itself does not speak of
fail()
{
	tail -n 20 "$1" | sed 's/^/# /'
	echo "not ok $2: $3" | tee -a "$1"
}

# Says how test number $1 went, and adds it up.
report()
{
	local test=${tests[$1]} log=${log[$1]} rc=${status[$1]} p f s

	p=$(count ok "$log") f=$(count 'not ok' "$log") s=$(count skip "$log")
	case $rc in
	0) [ "$f" = 0 ] || echo "# $test: exit code 0 in spite of failures" ;;
	1) [ "$f" != 0 ] || fail "$log" "$test" "exit code 1 after $p good cases, see $log" ;;
	77) [ "$s" != 0 ] || echo "skip $test: $(tail -n 1 "$log")" >>"$log" ;;
	124) fail "$log" "$test" "no end after $limit s, after $p good cases, see $log" ;;
	129 | 1[3-9]?) fail "$log" "$test" \
		"died of signal $((rc - 128)) after $p good cases, see $log" ;;
	*) fail "$log" "$test" "exit code $rc after $p good cases, see $log" ;;
	esac
	grep -a '^not ok ' "$log" | grep -avF "not ok $test: " | sed "s|^|$test: |"
	f=$(count 'not ok' "$log") s=$(count skip "$log")
	if [ $((p + f + s)) = 0 ]; then
		fail "$log" "$test" "says nothing"
		f=1
	fi
	grep -a '^skip ' "$log" | sed "s|^|$test: |"
	grep -a '^|' "$log"
	printf '# %-44s %5d passed %3d failed %3d skipped %5d.%d s\n' "$test" "$p" "$f" "$s" \
		$((time[$1] / 1000000)) $((time[$1] / 100000 % 10))
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	[ "$f" = 0 ] || bad="$bad $test"
}

trap 'kill "${pid[@]}" 2>/dev/null; exit 130' INT TERM
next=0 said=0
while [ $said -lt ${#tests[@]} ]; do
	while [ $next -lt ${#tests[@]} ] && [ ${#pid[@]} -lt "$jobs" ]; do
		start $next
		next=$((next + 1))
	done
	reap
	while [ -n "${status[$said]:-}" ]; do
		report $said
		said=$((said + 1))
	done
done
[ -z "$bad" ] || echo "FAILED:$bad"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $((passed + skipped)) -gt 0 ]
