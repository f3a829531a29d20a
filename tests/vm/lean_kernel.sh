#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
#
# Builds the lean debug kernel: Debian's source of 6.1, nothing in it but what lean.config names.
# It keeps dma-debug's books, which stock kernels do not. About 10 minutes on two cores.
#
#	lean_kernel.sh BUILD-DIRECTORY
#
# Leaves in BUILD-DIRECTORY/linux/lean what linux_kernel.sh leaves of a stock kernel, and vmlinux
# for debuggers. What is there already is not built again. Exit 77: not to be had.
set -u

[ $# = 1 ] || { echo "usage: $0 BUILD-DIRECTORY" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1/linux" && dir=$(cd "$1/linux" && pwd) || exit 1
config=$here/lean.config

there() { [ -f "$dir/lean/order" ] && cmp -s "$config" "$dir/lean/config"; }

there && exit 0
exec 9>"$dir/lean.lock"
flock 9 2>/dev/null			# two guests may want it at once
there && exit 0

absent() { echo "$0: $1" >&2; exit 77; }

for tool in apt-get make bc bison flex pahole xz; do
	command -v $tool >/dev/null || absent "no $tool: make deps FULL=1?"
done
for header in gelf.h openssl/opensslv.h; do
	echo "#include <$header>" | ${CC:-cc} -E - >/dev/null 2>&1 ||
		absent "no <$header>: make deps FULL=1?"
done

tmp=$(mktemp -d "$dir/tmp.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
(cd "$tmp" && apt-get download -qq linux-source-6.1 >log 2>&1) ||
	absent "apt-get download linux-source-6.1: $(tail -n 1 "$tmp/log")"
dpkg -x "$tmp"/*.deb "$tmp" && mkdir "$tmp/src" "$tmp/new" "$tmp/new/modules" &&
	tar -xf "$tmp"/usr/src/linux-source-6.1.tar.xz -C "$tmp/src" --strip-components=1 || exit 1

# Not the variables of the make that may have called this: O would be taken for its own.
build() { env -u MAKEFLAGS -u MFLAGS -u O nice make -s -C "$tmp/src" "$@" >"$tmp/log" 2>&1; }

fail() { echo "$0: $1: $(grep -a 'rror' "$tmp/log" | head -n 3)" >&2; exit 1; }

KCONFIG_ALLCONFIG=$config build allnoconfig || fail "allnoconfig"
wanted=$(grep '^CONFIG_' "$config" | grep -v '=n$' | grep -vxF -f "$tmp/src/.config")
[ -z "$wanted" ] || { echo "$0: this kernel has not:" $wanted >&2; exit 1; }
build -j"$(nproc)" bzImage modules || fail "the kernel does not build"

cp "$tmp/src/arch/x86/boot/bzImage" "$tmp/new/vmlinuz" && cp "$tmp/src/vmlinux" "$tmp/new/" ||
	exit 1
for name in virtio_blk qemu_fw_cfg; do
	find "$tmp/src/drivers" -name "$name.ko" -exec cp {} "$tmp/new/modules/" \; &&
		[ -s "$tmp/new/modules/$name.ko" ] || { echo "$0: no $name.ko" >&2; exit 1; }
	echo "$name.ko" >>"$tmp/new/order"
done
basename "$tmp"/*.deb .deb >"$tmp/new/package"
cp "$config" "$tmp/new/config" && rm -rf "$dir/lean" && mv "$tmp/new" "$dir/lean"
