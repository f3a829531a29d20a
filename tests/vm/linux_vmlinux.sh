#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
#
# The vmlinux that crash and drgn cannot do without, of a kernel that linux_kernel.sh fetched.
#
#	linux_vmlinux.sh BUILD-DIRECTORY SERIES
#
# Leaves BUILD-DIRECTORY/linux/SERIES/vmlinux: for a stock kernel out of Debian's -dbg package (300
# MB), without what only a linker needs, and with an index, which lets gdb and so crash start
# faster. What is there already is not fetched again. Exit 77: not to be had.
set -u

[ $# = 2 ] || { echo "usage: $0 BUILD-DIRECTORY SERIES" >&2; exit 2; }
dir=$1/linux/$2

absent() { echo "$0: $1" >&2; exit 77; }

[ -f "$dir/vmlinux" ] && exit 0
[ -f "$dir/package" ] || absent "no kernel in $dir"
IFS=_ read -r name version arch <"$dir/package"
tmp=$(mktemp -d "$1/linux/tmp.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
(cd "$tmp" && apt-get download -qq "$name-dbg:$arch=$version" >apt.log 2>&1) ||
	absent "apt-get download $name-dbg=$version: $(tail -n 1 "$tmp/apt.log")"
dpkg-deb --fsys-tarfile "$tmp"/*.deb |
	tar -xO --wildcards './usr/lib/debug/boot/vmlinux-*' >"$tmp/vmlinux" &&
	[ -s "$tmp/vmlinux" ] || { echo "$0: no vmlinux in $name-dbg" >&2; exit 1; }
rm -f "$tmp"/*.deb
objcopy --wildcard --remove-section '.rela.debug*' "$tmp/vmlinux" || exit 1
(cd "$tmp" && gdb-add-index vmlinux >/dev/null 2>&1)	# the peers read it without, too
mv "$tmp/vmlinux" "$dir/vmlinux"
