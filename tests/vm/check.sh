#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
#
# Boots the guest once for each test driver, has QEMU and makedumpfile dump it, and asks dma-inspect
# about the dumps. Those of the names below stay in BUILD-DIRECTORY/vm, for other tests.
#
#	check.sh BUILD-DIRECTORY [NAME...]	NAME: DRIVER[.WORD-VALUE]..., as guest.sh has it
set -u

here=$(dirname "$0")
build=${1:?build directory}
shift
rc=0
kept="e6_0f_5_overrun e6_0f_5_overrun.freeze-1 e6_0f_5_overrun.mode-log
	e6_0f_4_underrun e6_0f_4_underrun.freeze-1 e6_0f_2_tag_after e6_0f_3_late_dma
	e6_07_buffer_leaked e6_0a_list_leaked e6_03_double_free e6_18_use_after_release
	case_003 case_003.verify-off case_003_flushed case_003_common clean_list_read
	e6_0f_5_overrun.windows-yes"
if [ $# = 0 ]; then
	rest=$(sed -n '/DRIVER_SIMULATED/!s/^DRIVER(\([a-z0-9_]*\),.*/\1/p' \
		"$here"/../drivers/drivers.def)
	[ -n "$rest" ] || { echo "not ok vm: no drivers in drivers.def"; exit 1; }
	for name in $rest; do
		case " $(echo $kept) " in *" $name "*) ;; *) set -- "$@" "$name" ;; esac
	done
	set -- $kept "$@"
fi

# A guest that fails by itself must say so, and not look like a driver's end.
fault=$("$here"/guest.sh -n "$build"/guest.boot.elf "$build"/vm none fault=yes)
case $?,$fault in
77,*) exit 77 ;;
0,"*** FAULT: page fault, vector 14, "*) echo "ok vm fault" ;;
*) echo "not ok vm fault: $fault"; rc=1 ;;
esac

for name; do
	words=$(echo "$name" | tr '.-' ' =')
	"$here"/guest.sh "$build"/guest.boot.elf "$build"/vm $words >/dev/null
	case $? in
	0) ;;
	77) exit 77 ;;
	*) echo "not ok vm $name: no dumps"; rc=1; continue ;;
	esac
	"$here"/answers.py "$build" "$build"/vm "$name" || { rc=1; continue; }
	case " $(echo $kept) " in
	*" $name "*) ;;
	*) rm -f "$build/vm/$name".* ;;
	esac
done
exit $rc
