# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# What the scripts that boot a guest share. Read it with `.`; $qemu is QEMU's process.
# shellcheck shell=sh disable=SC2154

# $1 tenths of a second, for a command to succeed
await()
{
	tenths=$1
	shift
	until "$@"; do
		[ "$tenths" -gt 0 ] || return 1
		tenths=$((tenths - 1))
		sleep 0.1
	done
}

gone()
{
	! kill -0 "$qemu" 2>/dev/null
}

# The command that dumps the guest's memory: $1 file, $2 with virtual addresses, $3 more arguments
dump()
{
	printf '{"execute":"dump-guest-memory","arguments":{%s}}\n' \
		"\"protocol\":\"file:$1\",\"paging\":$2$3"
}
