#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
#
# Fetches Debian's makedumpfile of another architecture, to be run by qemu-user: each knows the page
# tables of its own machine only. Nothing is installed.
#
#	linux_programs.sh BUILD-DIRECTORY ARCHITECTURE
#
# Leaves it and its libraries in BUILD-DIRECTORY/linux/programs-ARCHITECTURE, a root directory. What
# is there already is not fetched again. Exit 77: not to be had.
set -u

[ $# = 2 ] || { echo "usage: $0 BUILD-DIRECTORY ARCHITECTURE" >&2; exit 2; }
. "$(dirname "$0")"/debian.sh
mkdir -p "$1/linux" && dir=$(cd "$1/linux" && pwd) || exit 1
root=$dir/programs-$2
wanted='makedumpfile libc6 libgcc-s1 libdw1 libelf1 zlib1g liblzo2-2 libbz2-1.0 liblzma5'

[ -d "$root" ] && exit 0
exec 9>"$root.lock"
flock 9 2>/dev/null
[ -d "$root" ] && exit 0

command -v apt-get >/dev/null || { echo "$0: no apt-get here" >&2; exit 77; }
apt_for "$2" "$dir/apt-$2" || exit 77
tmp=$(mktemp -d "$dir/tmp.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC2086
apt_fetch "$tmp" $wanted || exit 77
for deb in "$tmp"/*.deb; do
	dpkg -x "$deb" "$tmp/root" || exit 1
done
rm -rf "$tmp/root/etc" "$tmp/root/usr/share"
mv "$tmp/root" "$root"
