#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# Does tests/run.sh notice what a test can do wrong? A runner that swallows failures makes all
# others useless.
set -u

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
here=$(cd "$(dirname "$0")" && pwd)
rc=0

# script NAME BODY: a test with that body
script()
{
	printf '#!/bin/sh\n%s\n' "$2" >"$tmp/$1"
	chmod +x "$tmp/$1"
}

# say NAME GOT WANT
say()
{
	if [ "$2" = "$3" ]; then
		echo "ok runner $1"
	else
		echo "not ok runner $1: '$2' instead of '$3'"
		rc=1
	fi
}

# expect NAME SUM EXIT BODY: a test with that body gives that last line and exit code
expect()
{
	script t.sh "$4"
	got=$("$here/run.sh" -t 1 -o "$tmp/logs" "$tmp/t.sh" 2>&1)
	code=$?
	say "$1" "$(echo "$got" | tail -n 1), exit $code" "$2, exit $3"
}

# speaks NAME WORDS BODY: what is wrong with it is said
speaks()
{
	script t.sh "$3"
	got=$("$here/run.sh" -t 1 -o "$tmp/logs" "$tmp/t.sh" 2>&1)
	case $got in
	*"$2"*) echo "ok runner $1" ;;
	*) echo "not ok runner $1: no '$2' in: $(echo "$got" | tr '\n' '|')"; rc=1 ;;
	esac
}

expect 'good' '2 passed, 0 failed, 0 skipped' 0 'echo ok a; echo ok b'
expect 'failure' '1 passed, 1 failed, 0 skipped' 1 'echo ok a; echo not ok b: why; exit 1'
expect 'failure with exit 0' '0 passed, 1 failed, 0 skipped' 1 'echo not ok b: why'
expect 'skip' '1 passed, 0 failed, 1 skipped' 0 'echo ok a; echo skip b: why'
expect 'exit 77' '0 passed, 0 failed, 1 skipped' 0 'echo no machine; exit 77'
expect 'exit 1 without a word' '1 passed, 1 failed, 0 skipped' 1 'echo ok a; exit 1'
expect 'another exit code' '1 passed, 1 failed, 0 skipped' 1 'echo ok a; exit 3'
expect 'death' '1 passed, 1 failed, 0 skipped' 1 'echo ok a; kill -SEGV $$'
expect 'death after a failure' '0 passed, 2 failed, 0 skipped' 1 \
	'echo not ok a: why; kill -SEGV $$'
expect 'hang' '1 passed, 1 failed, 0 skipped' 1 'echo ok a; exec sleep 20'
expect 'silence' '0 passed, 1 failed, 0 skipped' 1 'exit 0'
expect 'bytes that are no text' '1 passed, 1 failed, 0 skipped' 1 \
	'printf "\\000\\377\\n"; echo ok a; echo not ok b: why; exit 1'
expect 'a program that is not there' '0 passed, 1 failed, 0 skipped' 1 'exec /nowhere'
speaks 'says why' 'not ok b: why' 'echo not ok b: why; exit 1'
speaks 'says what is skipped' 'skip b: why' 'echo ok a; echo skip b: why'
speaks 'says which signal' 'died of signal 11 after 1 good cases' 'echo ok a; kill -SEGV $$'
speaks 'a test hears ^C' 'died of signal 2' 'kill -INT $$; echo ok a'

# At once: each waits for the other one; what they say is in the order they were named in.
script first.sh "touch $tmp/1; until [ -e $tmp/2 ]; do sleep 0.02; done; sleep 0.2; echo ok one"
script second.sh "touch $tmp/2; until [ -e $tmp/1 ]; do sleep 0.02; done
echo not ok two: why; exit 1"
got=$("$here/run.sh" -j 2 -t 5 -o "$tmp/logs" "$tmp/first.sh" "$tmp/second.sh")
say 'two at once' "$(echo "$got" | tail -n 1)" '1 passed, 1 failed, 0 skipped'
say 'two at once, in their order' "$(echo "$got" | sed -n 's|^# .*/\([a-z]*\)\.sh .*|\1|p' |
	tr '\n' ' ')" 'first second '

# Who ends the runner ends what it runs.
script slow.sh "trap 'echo ended >$tmp/end; exit' TERM; echo >$tmp/begun; sleep 20 & wait"
"$here/run.sh" -t 30 -o "$tmp/logs" "$tmp/slow.sh" >/dev/null 2>&1 &
runner=$!
until [ -e "$tmp/begun" ] || ! kill -0 $runner; do sleep 0.02; done
kill -TERM $runner
wait $runner
say 'ends what it runs' "$?, $(sleep 0.2; cat "$tmp/end" 2>&1)" '130, ended'
exit $rc
