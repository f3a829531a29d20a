#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
#
# The whole way, on this machine: a driver misuses DMA, the verifier stops the process with bugcheck
# 0xE6, the kernel (or gcore) writes the core file, and dma-inspect says what happened. Built by
# `make demo`.
set -u

top=$(cd "$(dirname "$0")/.." && pwd)
O=${O:-$top/build}
dir=$O/demo
status=0

fail() { echo "demo: $1" >&2; exit 1; }

show()
{
	printf '\n$ dma-inspect -c "%s" core\n' "$1"
	"$O"/dma-inspect -c "$1" "$core"
	rc=$?
	case $rc in
	0 | 1) ;;
	*) echo "demo: exit code $rc" >&2; status=1 ;;
	esac
}

# Runs driver $1, which must die of its bugcheck; sets core.
run()
{
	rm -rf "$dir/$1"
	mkdir -p "$dir/$1" || exit 1
	printf '$ drivers %s\n' "$1"
	# In a shell of its own, which keeps the word of the signal to itself.
	sh -c '"$0" "$1" --core "$2"' "$O"/drivers "$1" "$dir/$1" 2>"$dir/$1/said"
	[ $? = 134 ] || fail "$1 did not die of its bugcheck: $(cat "$dir/$1/said")"
	grep -a '^\*\*\* STOP' "$dir/$1/said" || fail "$1 died without a STOP"
	core=$(find "$dir/$1" -name 'core*' | head -n 1)
	[ -n "$core" ] ||
		fail "no core file: see /proc/sys/kernel/core_pattern, or install gdb for gcore"
	ls -l "$core"
}

run e6_0f_5_overrun
show '!dma'
show '!dma soft 7'
show analyze
show leaks

echo
echo "---- a second one: it forgets two common buffers ----"
run e6_07_buffer_leaked
show leaks
show analyze

exit $status
