#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
#
# Fetches a stock Debian kernel and unpacks what a guest needs of it. Nothing is installed.
#
#	linux_kernel.sh BUILD-DIRECTORY KERNEL	KERNEL: 6.1, 6.12, 6.12-arm64-16k, ..., lean
#
# The newest cloud kernel of that series the package lists know; of those with pages of 16 KiB there
# is but one flavour. Leaves in BUILD-DIRECTORY/linux/KERNEL: package (its name and version),
# vmlinuz, modules/, order (the modules that init loads, in that order). What is there already is
# not fetched again. Exit 77: not to be had.
set -u

[ $# = 2 ] || { echo "usage: $0 BUILD-DIRECTORY KERNEL" >&2; exit 2; }
kernel=$2
[ "$kernel" = lean ] && exec "$(dirname "$0")"/lean_kernel.sh "$1"
. "$(dirname "$0")"/debian.sh
mkdir -p "$1/linux" && dir=$(cd "$1/linux" && pwd) || exit 1
wanted='virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk
	qemu_fw_cfg'

[ -f "$dir/$kernel/order" ] && exit 0
exec 9>"$dir/$kernel.lock"
flock 9 2>/dev/null			# two guests may want it at once
[ -f "$dir/$kernel/order" ] && exit 0

absent() { echo "$0: $1" >&2; exit 77; }

case $kernel in
*-arm64-16k) arch=arm64 flavour=arm64-16k ;;
*-arm64) arch=arm64 flavour=cloud-arm64 ;;
*) arch=amd64 flavour=cloud-amd64 ;;
esac
series=${kernel%%-*}
command -v apt-get >/dev/null || absent "no apt-get here"
apt_for $arch "$dir/apt-$arch" || absent "no lists of packages for $arch"
# Debian names them linux-image-6.1.0-NN-cloud-amd64 and linux-image-6.12.N+deb12-cloud-amd64.
package=$(apt-cache search --names-only "^linux-image-$series[.][0-9a-z.+-]*-$flavour\$" |
	awk '{ print $1 }' | sort -V | tail -n 1)
[ -n "$package" ] || absent "no package linux-image-$series.*-$flavour: apt-get update?"

tmp=$(mktemp -d "$dir/tmp.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/new" "$tmp/new/modules" || exit 1
apt_fetch "$tmp" "$package" || exit 77
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
mv "$tmp/new" "$dir/$kernel"
