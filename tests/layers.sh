#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# The walls of the house: who may include whom, and what the core may need.
#
#   layers.sh              checks this tree and the objects in $O, then that each wall can fall
#   layers.sh DIR          checks the sources in DIR only
#   layers.sh -            checks the objects in $O only
set -u

top=$(cd "$(dirname "$0")/.." && pwd)
O=${O:-$top/build}
case $O in /*) ;; *) O=$top/$O ;; esac
rc=0
planted=0
licence='SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later'

# say NAME LINES: ok if LINES is empty
say()
{
	if [ -z "$2" ]; then
		echo "ok wall $1"
	else
		echo "not ok wall $1: $(echo "$2" | head -n "${SHOW:-5}" | tr '\n' ';')"
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
	{ find core dumps cmds ext -type f; includes "$@" | grep '"' | tr -d '"'; } 2>/dev/null |
	awk -F'\t' '
	function plain(path) {
		while (sub("(^|/)[^/.]+/\\.\\./", "/", path))
			sub("^/", "", path)
		return path
	}
	NF == 1 { here[$1] = 1; next }
	{
		dir = $1
		sub("/[^/]*$", "", dir)
		n = split(dir " core core/wdm core/port/posix core/port/guest" \
			" core/port/guest/x86 core/port/guest/arm64 dumps cmds ext",
			d, " ")
		path = $2
		for (k = 1; k <= n; k++)
			if (plain(d[k] "/" $2) in here) {
				path = plain(d[k] "/" $2)
				break
			}
		print $1 "\t" path
	}'
}

free='<(stdint|stddef|stdbool|stdarg|limits)\.h>'
contract='core/dmv_abi\.h|core/dmv_abi_offsets\.h|core/dmv_abi_control\.h|core/dmv_violation\.def'

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

# Lines that are too long, with tabs of 8, as FILE:LINE, in the files that are named. In C a string
# that stands alone is as long as the line of output it expects.
wide()
{
	xargs -r awk '{
		line = $0
		while ((at = index(line, "\t")) != 0)
			line = sprintf("%s%*s%s", substr(line, 1, at - 1), 8 - (at - 1) % 8, "",
				substr(line, at + 1))
		if (length(line) > 100 && !(FILENAME ~ /\.[ch]$/ && line ~ /^ *"/))
			print FILENAME ":" FNR
	}'
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
	# One program there commands writers instead of reading what they left.
	say 'ext includes cmds and dumps' "$(resolved ext | grep -vE \
		'	(ext/[^/]*|cmds/[^/]*|dumps/[^/]*)$' |
		grep -vxE 'ext/dma_verifier\.h	core/port/posix/settings\.h')"
	say 'private headers stay in their folder' "$(resolved core dumps cmds ext |
		grep '_int\.h$' |
		awk -F'\t' '{ a = $1; b = $2; sub("[^/]*$", "", a); sub("[^/]*$", "", b)
			if (index(a, b) != 1) print }')"
	owner libkdumpfile 'libkdumpfile/.*' dumps/mem_kdumpfile.c
	owner libdw '(elfutils/.*|dwarf\.h|libdw\.h|libelf\.h|gelf\.h)' 'dumps/[a-z]*_dwarf\.c'
	owner zlib '(zlib|libdeflate)\.h' dumps/mem_kdump_zlib.c
	owner lzo 'lzo/.*' dumps/mem_kdump_lzo.c
	owner snappy 'snappy.*' dumps/mem_kdump_snappy.c
	owner zstd 'zstd.*' dumps/mem_kdump_zstd.c
	owner readline 'readline/.*' ext/prompt.c
	owner libseccomp 'seccomp\.h' ext/sandbox.c
	owner crash 'defs\.h' ext/dma_crash.c
	say 'commands do not print' "$(grep -nE \
		'\<(v?f?printf|puts|putchar|fputs|putc|fwrite|write)[[:space:]]*\(' \
		cmds/cmd_*.c 2>/dev/null)"
	say 'libraries do not exit or complain' "$(grep -nE \
		'\<(exit|abort|perror|warnx?|errx?)[[:space:]]*\(|\<stderr\>' \
		dumps/*.c cmds/*.c 2>/dev/null)"
	say 'each file names its licence' "$(find core dumps cmds ext tests -type f \
		\( -name '*.[chS]' -o -name '*.sh' -o -name '*.py' -o -name '*.def' \
		-o -name '*.ld' \) -exec grep -L \
		"$licence" {} + 2>/dev/null)"
	say 'lines have 100 columns at most' "$({ find core dumps cmds ext tests .ci/run Makefile \
		-name '*.[ch]' -o -name '*.py' -o -name '*.sh' -o -name run -o -name Makefile \
		-o -name '*.mk' |
		sort; } 2>/dev/null | wide)"
}

# Of the paths given, those that are no place for sources: what a program left, a folder without a
# reason.
strays()
{
	grep -vE '^(\.ci|cmds|core|debian|dumps|ext|tests|LICENSES)/' | grep -vxE \
		'(CONTRIBUTING|README)\.md|LICENSE|Makefile|\.(clang-format|editorconfig|gitignore)'
}

# Only where git can say what belongs to the tree. What it calls binary is no source, but may be a
# seed of a fuzzer.
tracked()
{
	git -C "$top" ls-files >"$tmp/all" 2>/dev/null && [ -s "$tmp/all" ] || return
	sort -o "$tmp/all" "$tmp/all"
	git -C "$top" grep -Il '' | sort >"$tmp/text"
	say 'git has sources only' "$(strays <"$tmp/all"
		comm -23 "$tmp/all" "$tmp/text" | grep -v '^tests/corpus/')"
	if [ "$(printf 'core.1\nout\ncore/dmv.c\n' | strays | tr '\n' ' ')" = 'core.1 out ' ]; then
		echo 'ok wall can fall: git has sources only'
	else
		echo 'not ok wall can fall: git has sources only: strays were not noticed'
		rc=1
	fi
}

# Undefined in any object of an archive and defined in none of it.
needs()
{
	nm -u "$1" | awk 'NF == 2 { print $2 }' | sort -u >"$tmp/need"
	nm --defined-only "$1" | awk 'NF == 3 { print $3 }' | sort -u >"$tmp/have"
	comm -23 "$tmp/need" "$tmp/have"
}

# Writable variables, those of threads too; tables of constants that need relocation do not count.
variables()
{
	objdump -t "$@" 2>/dev/null | awk '/file format/ { file = $1 }
		/ d  / { next }
		$3 == "O" || $4 == "O" || $2 == "O" || / \.t(data|bss)\t/ {
			for (i = 2; i <= 5; i++)
				if ($i ~ /^(\.t?data|\.t?bss|\*COM\*)/ && $i !~ /^\.data\.rel\.ro/)
					print file, $NF }' | grep -vE '__sancov|_OFFSET_TABLE_'
}

objects()
{
	for a in libdmaverifier libdumps libcmds; do
		[ -f "$O/$a.a" ] && continue
		echo "not ok wall objects: $O/$a.a is not there: make first"
		rc=1
		return
	done
	say 'core needs the four mem functions only' "$(needs "$O/libdmaverifier.a" |
		grep -vxE 'memcpy|memset|memmove|memcmp')"
	# The one variable: no argument of IoGetDmaAdapter could say which verifier is meant.
	for a in libdmaverifier libdumps libcmds; do
		say "$a has no variables" "$(variables "$O/$a.a" | grep -vx 'face\.o: bound')"
	done
	# libfuzzed.a holds the same objects once more.
	say 'no name is defined twice' "$(find "$O" -maxdepth 1 -name 'lib*.a' \
		! -name libfuzzed.a -exec nm --defined-only --extern-only {} + 2>/dev/null |
		awk 'NF == 3 && $2 ~ /[A-Z]/ { print $3 }' | sort | uniq -d)"
}

# fall WALL FILE LINE: puts LINE, which breaks the wall, into FILE of the tree that is to fall. A zz
# in its name gets a number, so that each has a file of its own.
fall()
{
	planted=$((planted + 1))
	file=$(echo "$2" | sed "s/zz/zz$planted/")
	mkdir -p "$tmp/tree/$(dirname "$file")"
	[ -e "$tmp/tree/$file" ] || [ "$1" = 'each file names' ] ||
		echo "# $licence" >"$tmp/tree/$file"
	printf '%s\n' "$3" >>"$tmp/tree/$file"
	printf '%s\t%s\n' "$1" "$file" >>"$tmp/planted"
}

# What was planted must be found by its own wall, in its own place.
fallen()
{
	while IFS="	" read -r wall place; do
		if grep "^not ok wall $wall" "$tmp/fallen" | grep -qF "$place"; then
			echo "ok wall can fall: $wall, $place"
		else
			echo "not ok wall can fall: $wall: what is wrong in $place was not noticed"
			rc=1
		fi
	done <"$tmp/planted"
}

falls()
{
	mkdir "$tmp/tree"
	cp -r core dumps cmds ext "$tmp/tree/"
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
	fall 'crash has' cmds/zz.c '#include <defs.h>'
	fall 'commands do not print' cmds/cmd_zz.c '	printf("x");'
	fall 'libraries do not exit' dumps/zz.c '	exit(1);'
	fall 'each file names' core/zz.c 'int zz;'
	fall 'lines have 100' ext/zz.c "$(printf '%13s' '' | tr ' ' '\t')"
	fall 'lines have 100' ext/zz.py "$(printf '%101s' '' | tr ' ' x)"
	fall 'lines have 100' tests/zz.sh "\"$(printf '%101s' '' | tr ' ' x)\""
	SHOW=1000 sh "$top/tests/layers.sh" "$tmp/tree" >"$tmp/fallen"
	fallen
}

# The same for the objects: one that calls libc, has a variable and a name that is already there.
objects_fall()
{
	mkdir "$tmp/build"
	cp "$O"/libdmaverifier.a "$O"/libdumps.a "$O"/libcmds.a "$tmp/build/"
	printf '%s\n' 'int printf(const char *, ...); int zz = 1; static _Thread_local int zt;' \
		'void dmv_err_zz(void); void dmv_err_zz(void) { zt += printf("%d", zz); }' \
		>"$tmp/zz.c"
	${CC:-gcc} -fPIC -c "$tmp/zz.c" -o "$tmp/zz.o"
	ar q "$tmp/build/libdmaverifier.a" "$tmp/zz.o" 2>/dev/null
	ar q "$tmp/build/libdumps.a" "$tmp/zz.o" 2>/dev/null
	printf '%s\n' 'core needs the four	printf' 'libdmaverifier has no	zz.o: zz' \
		'libdmaverifier has no	zz.o: zt' 'libdumps has no	zz.o: zz' \
		'no name is defined twice	dmv_err_zz' >"$tmp/planted"
	O=$tmp/build sh "$top/tests/layers.sh" - >"$tmp/fallen"
	fallen
}

tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
case ${1-} in
'') ;;
-)
	objects
	exit $rc
	;;
*)
	cd "$1" || exit 2
	sources
	exit $rc
	;;
esac
cd "$top" || exit 2
sources
tracked
objects
falls
objects_fall
exit $rc
