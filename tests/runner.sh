#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# Does tests/run.sh notice what a test can do wrong? A runner that swallows failures makes all
# others useless.
set -u

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
here=$(dirname "$0")
rc=0

# expect NAME SUM EXIT BODY: a test with that body gives that last line and exit code
expect()
{
	printf '#!/bin/sh\n%s\n' "$4" >"$tmp/t.sh"
	chmod +x "$tmp/t.sh"
	got=$("$here/run.sh" -t 1 -o "$tmp/logs" "$tmp/t.sh" 2>&1)
	code=$?
	sum=$(echo "$got" | tail -n 1)
	if [ "$sum" = "$2" ] && [ $code = "$3" ]; then
		echo "ok runner $1"
	else
		echo "not ok runner $1: '$sum', exit $code instead of '$2', exit $3"
		rc=1
	fi
}

expect 'good' '2 passed, 0 failed, 0 skipped' 0 'echo ok a; echo ok b'
expect 'failure' '1 passed, 1 failed, 0 skipped' 1 'echo ok a; echo not ok b: why; exit 1'
expect 'failure with exit 0' '0 passed, 1 failed, 0 skipped' 1 'echo not ok b: why'
expect 'skip' '1 passed, 0 failed, 1 skipped' 0 'echo ok a; echo skip b: why'
expect 'exit 77' '0 passed, 0 failed, 1 skipped' 0 'echo no machine; exit 77'
expect 'exit 1 without a word' '1 passed, 1 failed, 0 skipped' 1 'echo ok a; exit 1'
expect 'death' '1 passed, 1 failed, 0 skipped' 1 'echo ok a; kill -SEGV $$'
expect 'hang' '1 passed, 1 failed, 0 skipped' 1 'echo ok a; exec sleep 20'
expect 'silence' '0 passed, 1 failed, 0 skipped' 1 'exit 0'
exit $rc
