#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
#
# Runs all test drivers under tests/locks.c: no lock of the verifier is held over a routine of the
# host that dmv.h does not name. Once as each ends by its mistake, once more with all that comes
# after it, which mode log lets happen.
set -u

O=${O:-build}
cd "${TMPDIR:-/tmp}" || exit 2
ulimit -c 0

# run NAME [WORD...]
run()
{
	said=$(timeout 60 "$O"/drivers_locks "$@" 2>&1 >/dev/null)
	case $?,$said in
	124,*) echo "not ok locks $*: no end" ;;
	*"locks: broken"*) echo "not ok locks $*: $(echo "$said" | grep 'locks: broken')" ;;
	*"locks: "[1-9]*) echo "ok locks $*" ;;
	*) echo "not ok locks $*: nothing was watched: $said" ;;
	esac
}

"$O"/drivers_locks --list 2>/dev/null | while read -r name _; do
	run "$name"
	run "$name" --mode log
done >"$O"/locks.cases 2>/dev/null    # where the shell says who aborted
# The watch must be able to see: here the lock is not as it should be, by one.
said=$(LOCKS_WRONG=1 "$O"/drivers_locks clean_common_buffer 2>&1 >/dev/null)
case $said in
*"locks: broken"*) echo 'ok locks can fail' ;;
*) echo "not ok locks can fail: $said" ;;
esac >>"$O"/locks.cases
cat "$O"/locks.cases
[ "$(wc -l <"$O"/locks.cases)" -gt 100 ] || echo "not ok locks: no drivers"
! grep -q '^not ok' "$O"/locks.cases
