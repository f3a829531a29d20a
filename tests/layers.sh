#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# The walls of the house: who may include whom, and what the core may need.
#
#   layers.sh              checks this tree and the objects in $O, then that each wall can fall
#   layers.sh DIR          checks the sources in DIR only
set -u

top=$(cd "$(dirname "$0")/.." && pwd)
O=${O:-$top/build}
case $O in /*) ;; *) O=$top/$O ;; esac
rc=0

# say NAME LINES: ok if LINES is empty
say()
{
	if [ -z "$2" ]; then
		echo "ok wall $1"
	else
		echo "not ok wall $1: $(echo "$2" | head -n 5 | tr '\n' ';')"
		rc=1
	fi
}

# Every include below the folders given: FILE<tab>HEADER, with the quotes or brackets.
includes()
{
	find "$@" -name '*.[ch]' -o -name '*.def' 2>/dev/null | sort | xargs -r grep -HoE \
		'^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"][^>"]+[>"]' |
		sed -E 's/:[[:space:]]*#[[:space:]]*include[[:space:]]*/\t/'
}

# Includes in quotes, as FILE<tab>PATH of the file meant: beside the including file, else in a
# folder of the floors. One that is nowhere is printed as it stands.
resolved()
{
	includes "$@" | grep '"' | tr -d '"' | while IFS="	" read -r file header; do
		for d in "$(dirname "$file")" core core/wdm core/port/posix core/port/guest \
			dumps cmds ext; do
			[ -f "$d/$header" ] || continue
			path=$(realpath --relative-to=. "$d/$header")
			break
		done
		printf '%s\t%s\n' "$file" "${path:-$header}"
		path=
	done
}

free='<(stdint|stddef|stdbool|stdarg|limits)\.h>'
contract='core/dmv_abi\.h|core/dmv_abi_offsets\.h|core/dmv_violation\.def'

# only NAME FOLDER REGEX: the files of FOLDER include in quotes nothing but what matches
only()
{
	[ -d "$2" ] || return
	say "$1" "$(resolved "$2" | grep -vE "	($3)\$")"
}

# owner NAME REGEX FILE: headers that match are included by FILE only
owner()
{
	say "$1 has one file" "$(includes core dumps cmds ext | grep -E "	[<\"]($2)[>\"]" |
		grep -v "^$3	")"
}

# Lines of C below the folders given that are too long, with tabs of 8, as FILE:LINE. A string that
# stands alone is as long as the line of output it expects.
wide()
{
	find "$@" -name '*.[ch]' 2>/dev/null | sort |
	while read -r file; do
		expand "$file" | awk -v file="$file" 'length > 100 && !/^ *"/ {
			print file ":" NR }'
	done
}

sources()
{
	say 'contract includes contract' "$(resolved core | grep -E '^core/dmv_(abi|violation)' |
		grep -vE "	($contract)\$")"
	say 'core includes core' "$(resolved core/*.[ch] core/wdm |
		grep -vE '	core/[^/]*$|	core/wdm/[^/]*$')"
	say 'core includes no libc' "$(includes core/*.[ch] core/wdm core/port/guest |
		grep '<' | grep -vE "	$free\$")"
	only 'ports include core' core/port 'core/.*'
	say 'core does not know its ports' "$(resolved core/*.[ch] core/wdm |
		grep -E '	(core/)?port/')"
	only 'dumps include dumps and the contract' dumps "dumps/[^/]*|$contract"
	only 'cmds include cmds, dumps and the contract' cmds "cmds/[^/]*|dumps/[^/]*|$contract"
	only 'ext includes cmds and dumps' ext 'ext/[^/]*|cmds/[^/]*|dumps/[^/]*'
	say 'private headers stay in their folder' "$(resolved core dumps cmds ext |
		grep '_int\.h$' |
		awk -F'\t' '{ a = $1; b = $2; sub("[^/]*$", "", a); sub("[^/]*$", "", b)
			if (index(a, b) != 1) print }')"
	owner libkdumpfile 'libkdumpfile/.*' dumps/mem_kdumpfile.c
	owner libdw '(elfutils/.*|dwarf\.h|libdw\.h|libelf\.h|gelf\.h)' dumps/names_dwarf.c
	owner zlib '(zlib|libdeflate)\.h' dumps/mem_kdump_zlib.c
	owner lzo 'lzo/.*' dumps/mem_kdump_lzo.c
	owner snappy 'snappy.*' dumps/mem_kdump_snappy.c
	owner zstd 'zstd.*' dumps/mem_kdump_zstd.c
	owner readline 'readline/.*' ext/dma_inspect.c
	owner crash 'defs\.h' ext/crash.c
	say 'commands do not print' "$(grep -nE \
		'\<(v?f?printf|puts|putchar|fputs|putc|fwrite|write)[[:space:]]*\(' \
		cmds/cmd_*.c 2>/dev/null)"
	say 'libraries do not exit or complain' "$(grep -nE \
		'\<(exit|abort|perror|warnx?|errx?)[[:space:]]*\(|\<stderr\>' \
		dumps/*.c cmds/*.c 2>/dev/null)"
	say 'each file names its licence' "$(find core dumps cmds ext tests -type f \
		\( -name '*.[chS]' -o -name '*.sh' -o -name '*.py' -o -name '*.def' \
		-o -name '*.ld' \) -exec grep -L \
		'SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later' {} + 2>/dev/null)"
	say 'lines have 100 columns at most' "$(wide core dumps cmds ext tests)"
}

# Undefined in any object of an archive and defined in none of it.
needs()
{
	nm -u "$1" | awk 'NF == 2 { print $2 }' | sort -u >"$tmp/need"
	nm --defined-only "$1" | awk 'NF == 3 { print $3 }' | sort -u >"$tmp/have"
	comm -23 "$tmp/need" "$tmp/have"
}

# Writable variables; tables of constants that need relocation do not count.
variables()
{
	objdump -t "$@" 2>/dev/null | awk '/file format/ { file = $1 }
		$3 == "O" || $4 == "O" || $2 == "O" {
			for (i = 2; i <= 5; i++)
				if ($i ~ /^(\.data|\.bss|\*COM\*)/ && $i !~ /^\.data\.rel\.ro/)
					print file, $NF }' | grep -vE '__sancov|_OFFSET_TABLE_'
}

objects()
{
	if [ ! -f "$O/libdmaverifier.a" ]; then
		echo "not ok wall objects: $O/libdmaverifier.a is not there: make first"
		rc=1
		return
	fi
	say 'core needs the four mem functions only' "$(needs "$O/libdmaverifier.a" |
		grep -vxE 'memcpy|memset|memmove|memcmp')"
	# The one variable: no argument of IoGetDmaAdapter could say which verifier is meant.
	for a in libdmaverifier libdumps libcmds; do
		[ ! -f "$O/$a.a" ] || say "$a has no variables" "$(variables "$O/$a.a" |
			grep -vx 'face\.o: bound')"
	done
	say 'no name is defined twice' "$(nm --defined-only --extern-only "$O"/lib*.a 2>/dev/null |
		awk 'NF == 3 && $2 ~ /[A-Z]/ { print $3 }' | sort | uniq -d)"
}

# fall WALL FILE LINE: with LINE in FILE the wall must be reported as broken
fall()
{
	rm -rf "$tmp/tree"
	mkdir "$tmp/tree"
	for d in core dumps cmds ext; do
		[ ! -d "$top/$d" ] || cp -r "$top/$d" "$tmp/tree/"
	done
	mkdir -p "$tmp/tree/$(dirname "$2")"
	printf '%s\n' "$3" >>"$tmp/tree/$2"
	if sh "$top/tests/layers.sh" "$tmp/tree" | grep -q "^not ok wall $1"; then
		echo "ok wall can fall: $1"
	else
		echo "not ok wall can fall: $1: '$3' in $2 was not noticed"
		rc=1
	fi
}

falls()
{
	fall 'contract includes' core/dmv_abi.h '#include "dmv.h"'
	fall 'core includes no libc' core/zz.c '#include <stdio.h>'
	fall 'core includes core' core/zz.c '#include "../dumps/facts.h"'
	fall 'core does not know its ports' core/zz.c '#include "port/zz.h"'
	fall 'ports include core' core/port/posix/zz.c '#include "../../../dumps/mem.h"'
	fall 'dumps include dumps' dumps/zz.c '#include "dmv.h"'
	fall 'cmds include cmds' cmds/zz.c '#include "dmv.h"'
	fall 'ext includes cmds' ext/zz.c '#include "dmv_abi.h"'
	fall 'private headers' dumps/zz.c '#include "dmv_int.h"'
	fall 'libkdumpfile has' cmds/zz.c '#include <libkdumpfile/kdumpfile.h>'
	fall 'libdw has' dumps/zz.c '#include <elfutils/libdw.h>'
	fall 'zlib has' dumps/zz.c '#include <libdeflate.h>'
	fall 'lzo has' cmds/zz.c '#include <lzo/lzo1x.h>'
	fall 'snappy has' dumps/zz.c '#include <snappy-c.h>'
	fall 'zstd has' ext/zz.c '#include <zstd.h>'
	fall 'readline has' cmds/zz.c '#include <readline/readline.h>'
	fall 'commands do not print' cmds/cmd_zz.c '	printf("x");'
	fall 'libraries do not exit' dumps/zz.c '	exit(1);'
	fall 'each file names' core/zz.c 'int zz;'
	fall 'lines have 100' ext/zz.c "$(printf '%13s' '' | tr ' ' '\t')"
}

if [ $# -gt 0 ]; then
	cd "$1" || exit 2
	sources
	exit $rc
fi
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
cd "$top" || exit 2
sources
objects
falls
exit $rc
