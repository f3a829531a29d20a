#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
#
# Boots the guest with a few drivers, has QEMU and makedumpfile dump it, and asks dma-inspect about
# the dumps. They stay in BUILD-DIRECTORY/vm, for other tests.
#
#	check.sh BUILD-DIRECTORY [DRIVER[.WORD-VALUE]...]
set -u

here=$(dirname "$0")
build=${1:?build directory}
shift
[ $# -gt 0 ] || set -- e6_0f_5_overrun e6_0f_4_underrun e6_0f_5_overrun.freeze-1 \
	e6_0f_4_underrun.freeze-1 e6_0f_5_overrun.mode-log e6_0f_2_tag_after e6_0f_3_late_dma \
	e6_07_buffer_leaked e6_0a_list_leaked e6_03_double_free e6_18_use_after_release \
	case_003 case_003_flushed case_003_common case_003_unverified clean_list_read
rc=0

for name; do
	set -- $(echo "$name" | tr '.-' ' =')
	"$here"/guest.sh "$build"/guest.boot.elf "$build"/vm "$@" >/dev/null
	case $? in
	0) ;;
	77) exit 77 ;;
	*) echo "not ok vm $name: no dumps"; rc=1; continue ;;
	esac
	"$here"/answers.py "$build" "$build"/vm "$name" || rc=1
done
exit $rc
