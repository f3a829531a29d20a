# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# Fetches Debian's packages, of any architecture. Nothing is installed, and dpkg is not told of
# another architecture. Read it with `.`.
# shellcheck shell=sh

# $1 architecture, $2 a directory: apt asks for that one's packages from now on. What it must know
# of a foreign one is fetched to that directory.
apt_for()
{
	[ "$1" != "$(dpkg --print-architecture)" ] || return 0
	mkdir -p "$2/lists/partial" "$2/cache" && : >"$2/status" || return 1
	cat >"$2/apt.conf" <<-END
		#clear APT::Architectures;
		APT::Architecture "$1";
		APT::Architectures { "$1"; };
		Dir::State::lists "$2/lists";
		Dir::State::status "$2/status";
		Dir::Cache "$2/cache";
	END
	export APT_CONFIG="$2/apt.conf"
	(
		flock 8 2>/dev/null     # two guests may want them at once
		[ -e "$2/updated" ] || apt-get update -qq >/dev/null && touch "$2/updated"
	) 8>"$2/lock"
}

# $1 directory, the rest: packages. They come to that directory as .deb files.
apt_fetch()
{
	(
		cd "$1" && shift || exit 1
		apt-get download -qq "$@" >apt.log 2>&1 && exit 0
		echo "$0: apt-get download $*: $(tail -n 1 apt.log)" >&2
		exit 1
	)
}
