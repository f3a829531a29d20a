#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
#
# Builds the module of tests/vm/leak for the lean debug kernel (lean_kernel.sh). The kernel itself
# is not built again: it has no CONFIG_MODVERSIONS, so its source, configured, is enough.
#
#	leak_module.sh BUILD-DIRECTORY
#
# Leaves BUILD-DIRECTORY/linux/leak/dma_leak.ko. What is there already is not built again. Exit 77:
# not to be had.
set -u

[ $# = 1 ] || { echo "usage: $0 BUILD-DIRECTORY" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1/linux" && dir=$(cd "$1/linux" && pwd) || exit 1
lean=$dir/lean to=$dir/leak

there() {
	[ -f "$to/dma_leak.ko" ] && cmp -s "$here/leak/dma_leak.c" "$to/dma_leak.c" &&
		cmp -s "$lean/package" "$to/package"
}

there && exit 0
exec 9>"$dir/leak.lock"
flock 9 2>/dev/null
there && exit 0
[ -f "$lean/package" ] || { echo "$0: no lean kernel" >&2; exit 77; }

tmp=$(mktemp -d "$dir/tmp.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
package=$(cat "$lean/package")			# linux-source-6.1_6.1.192-2_all
version=${package#*_}
(cd "$tmp" && apt-get download -qq "${package%%_*}=${version%_*}" >log 2>&1) || {
	echo "$0: apt-get download $package: $(tail -n 1 "$tmp/log")" >&2
	exit 77
}
dpkg -x "$tmp"/*.deb "$tmp" && mkdir "$tmp/src" "$tmp/leak" &&
	tar -xf "$tmp"/usr/src/linux-source-6.1.tar.xz -C "$tmp/src" --strip-components=1 &&
	cp "$here"/leak/* "$tmp/leak/" || exit 1

# Not the variables of the make that may have called this: O would be taken for its own.
build() { env -u MAKEFLAGS -u MFLAGS -u O nice make -s -C "$tmp/src" "$@" >"$tmp/log" 2>&1; }

fail() { echo "$0: $1: $(grep -a 'rror' "$tmp/log" | head -n 3)" >&2; exit 1; }

KCONFIG_ALLCONFIG=$here/lean.config build allnoconfig || fail "allnoconfig"
build -j"$(nproc)" modules_prepare || fail "modules_prepare"
# Without Module.symvers nobody knows here what the kernel exports: its loader does.
build M="$tmp/leak" KBUILD_MODPOST_WARN=1 CONFIG_DEBUG_INFO_BTF_MODULES= modules ||
	fail "the module does not build"
mkdir -p "$to" && cp "$tmp/leak/dma_leak.c" "$tmp/leak/dma_leak.ko" "$lean/package" "$to/"
