#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
#
# Runs every test driver in the guest, on a real DMA engine: does each end as drivers.def says?
#
#	drivers.sh BUILD-DIRECTORY [DRIVER...]
set -u

here=$(dirname "$0")
build=${1:?build directory}
shift
list=$here/../drivers/drivers.def
rc=0

bad() { echo "not ok guest $name: $1"; rc=1; }

# $1 code, $2 P1, $3 P2 or -1; on stdin the line of a STOP or a violation
is_quadruple() {
	read -r line || return 1
	want=$(printf '0x%08X (0x%016X,' "$1" "$2")
	[ "$3" = -1 ] || want=$want$(printf '0x%016X,' "$3")
	case $line in *": $want"*) ;; *) return 1 ;; esac
}

# name, code, p1, p2, end of each driver
sed -n 's/^DRIVER(\([^,]*\), *[^,]*, *\([^,]*\), *\([^,]*\), *\([^,]*\), *\([^,]*\),.*/\1 \2 \3 \4 \5/p' \
	"$list" >"$build"/drivers.list
[ -s "$build"/drivers.list ] || { echo "not ok guest: cannot read $list"; exit 1; }

while read -r name code p1 p2 end; do
	[ $# = 0 ] || case " $* " in *" $name "*) ;; *) continue ;; esac
	last=$("$here"/guest.sh -n "$build"/guest.boot.elf "$build"/vm/all "$name" </dev/null)
	case $? in 0) ;; 77) exit 77 ;; *) bad "did not run"; continue ;; esac
	raised=$(tr -d '\r' <"$build"/vm/all/"$name".serial | grep -a '^guest: violation')
	case $end in
	DIES) echo "$last" | is_quadruple "$code" "$p1" "$p2" || { bad "$last"; continue; } ;;
	WARNS) [ "$last" = "guest: done" ] && echo "$raised" | is_quadruple "$code" "$p1" "$p2" ||
		{ bad "$last, $raised"; continue; } ;;
	RETURNS) [ "$last" = "guest: done" ] || { bad "$last"; continue; } ;;
	HANGS) case $last in "guest: gave up: "*) ;; *) bad "$last"; continue ;; esac ;;
	*) bad "unknown end $end"; continue ;;
	esac
	[ "$end" = WARNS ] || [ -z "$raised" ] || { bad "raised $raised"; continue; }
	echo "ok guest $name"
done <"$build"/drivers.list
exit $rc
