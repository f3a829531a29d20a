#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
#
# Installs the named Debian packages that are missing, as root or through sudo, and asks nothing.
# Says nothing when all are there, so that make can run it each time.
set -eu

command -v dpkg-query >/dev/null || {
	echo "$0: no dpkg here: see README.md, 'What it needs'" >&2
	exit 0
}
have=$(dpkg-query -W -f '${Package} ${Status}\n' "$@" 2>/dev/null |
	sed -n 's/ install ok installed$//p') || true
missing=
for p; do
	case "
$have
" in *"
$p
"*) ;; *) missing="$missing $p" ;; esac
done
[ -n "$missing" ] || exit 0
echo "installing:$missing"
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get update -qq
# shellcheck disable=SC2086
$sudo env DEBIAN_FRONTEND=noninteractive \
	apt-get install -qq -y --no-install-recommends $missing >/dev/null
