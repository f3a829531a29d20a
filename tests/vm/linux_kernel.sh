#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
#
# Fetches a stock Debian kernel and unpacks what a guest needs of it. Nothing is installed.
#
#	linux_kernel.sh BUILD-DIRECTORY SERIES		SERIES: 6.1, 6.12
#
# The newest cloud kernel of that series the package lists know. Leaves in
# BUILD-DIRECTORY/linux/SERIES: package (its name and version), vmlinuz, modules/, order (the
# modules that init loads, in that order). What is there already is not fetched again. Exit 77: not
# to be had.
set -u

[ $# = 2 ] || { echo "usage: $0 BUILD-DIRECTORY SERIES" >&2; exit 2; }
series=$2
mkdir -p "$1/linux" && dir=$(cd "$1/linux" && pwd) || exit 1
wanted='virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk
	qemu_fw_cfg'

[ -f "$dir/$series/order" ] && exit 0
exec 9>"$dir/$series.lock"
flock 9 2>/dev/null			# two guests may want it at once
[ -f "$dir/$series/order" ] && exit 0

absent() { echo "$0: $1" >&2; exit 77; }

command -v apt-get >/dev/null || absent "no apt-get here"
# Debian names them linux-image-6.1.0-NN-cloud-amd64 and linux-image-6.12.N+deb12-cloud-amd64.
package=$(apt-cache search --names-only "^linux-image-$series[.][0-9a-z.+-]*-cloud-amd64\$" |
	awk '{ print $1 }' | sort -V | tail -n 1)
[ -n "$package" ] || absent "no package linux-image-$series.*-cloud-amd64: apt-get update?"

tmp=$(mktemp -d "$dir/tmp.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/new" "$tmp/new/modules" || exit 1
(cd "$tmp" && apt-get download -qq "$package" >apt.log 2>&1) ||
	absent "apt-get download $package: $(tail -n 1 "$tmp/apt.log")"
dpkg -x "$tmp"/*.deb "$tmp/root" || exit 1
mv "$tmp"/root/boot/vmlinuz-* "$tmp/new/vmlinuz" || exit 1
for name in $wanted; do
	file=$(find "$tmp/root" -name "$name.ko" -o -name "$name.ko.xz")
	case $file in
	'') continue ;;			# built in
	*.xz) xz -dc "$file" >"$tmp/new/modules/$name.ko" || exit 1 ;;
	*) mv "$file" "$tmp/new/modules/" || exit 1 ;;
	esac
	echo "$name.ko" >>"$tmp/new/order"
done
[ -s "$tmp/new/order" ] || { echo "$0: $package has none of the modules" >&2; exit 1; }
basename "$tmp"/*.deb .deb >"$tmp/new/package"
mv "$tmp/new" "$dir/$series"
