#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
#
# Boots the guest once for each test driver, has QEMU and makedumpfile dump it, and asks dma-inspect
# about the dumps. Those of the names below stay in BUILD-DIRECTORY/vm, for other tests.
#
#	check.sh [-a] BUILD-DIRECTORY [NAME...]	NAME: DRIVER[.WORD-VALUE]..., as guest.sh has it
#
# -a: the guest on aarch64; its dumps are in BUILD-DIRECTORY/vm/arm64.
set -u

here=$(dirname "$0")
arm64=
[ "${1-}" = -a ] && { arm64=yes; shift; }
build=${1:?build directory}
shift
rc=0
boot=$build/guest.boot.elf image=$build/guest.elf dir=$build/vm mark='vm'
more="e6_26_freed_ring.iommu-yes e6_26_read_behind.iommu-yes e6_26_wild.iommu-yes
	clean_iommu.iommu-yes clean_disk.floppy-yes e6_10_disk.floppy-yes"
death="*** FAULT: page fault, vector 14, "
kept="e6_0f_5_overrun e6_0f_5_overrun.freeze-1 e6_0f_5_overrun.mode-log
	e6_0f_4_underrun e6_0f_4_underrun.freeze-1 e6_0f_2_tag_after e6_0f_3_late_dma
	e6_07_buffer_leaked e6_0a_list_leaked e6_03_double_free e6_18_use_after_release
	case_003 case_003.verify-off case_003_flushed case_003_common clean_list_read
	e6_0f_5_overrun.windows-yes"
[ -z "$arm64" ] || {
	boot=$build/guest_arm64.elf image=$boot dir=$build/vm/arm64 mark='vm arm64' more=''
	kept='e6_0f_5_overrun case_003'
	death="*** FAULT: data abort, vector 4, "
}
if [ $# = 0 ]; then
	rest=$(sed -n '/DRIVER_SIMULATED\|DRIVER_DISK/!s/^DRIVER(\([a-z0-9_]*\),.*/\1/p' \
		"$here"/../drivers/drivers.def)
	[ -n "$rest" ] || { echo "not ok vm: no drivers in drivers.def"; exit 1; }
	for name in $rest; do
		case " $(echo $kept) " in *" $name "*) ;; *) set -- "$@" "$name" ;; esac
	done
	set -- $kept $more "$@"
fi

# A guest that fails by itself must say so, and not look like a driver's end.
fault=$("$here"/guest.sh -n "$boot" "$dir" none fault=yes)
case $?,$fault in
77,*) exit 77 ;;
0,"$death"*) echo "ok $mark fault" ;;
*) echo "not ok $mark fault: $fault"; rc=1 ;;
esac

for name; do
	words=$(echo "$name" | tr '.-' ' =')
	"$here"/guest.sh "$boot" "$dir" $words >/dev/null
	case $? in
	0) ;;
	77) exit 77 ;;
	*) echo "not ok $mark $name: no dumps"; rc=1; continue ;;
	esac
	"$here"/answers.py "$image" "$dir" "$name" || { rc=1; continue; }
	case $name in
	clean_disk*)    # sector 10 is the driver's
		if [ "$(od -An -v -tx1 -w1 -j5120 -N512 "$dir/$name".floppy | sort | uniq -c)" = \
			"    512  5a" ]; then
			echo "ok $mark $name: the disk was written"
		else
			echo "not ok $mark $name: the disk has other bytes"; rc=1
		fi ;;
	esac
	case " $(echo $kept) " in
	*" $name "*) ;;
	*) rm -f "$dir/$name".* ;;
	esac
done
exit $rc
