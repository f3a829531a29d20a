#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
#
# Boots the guest with one driver, waits until it has stopped, lets QEMU's monitor dump its memory.
#
#	guest.sh [-n|-w] BOOT-ELF DIRECTORY DRIVER [WORD...]
#
# Words: mode=log, verify=off, windows=yes, iommu=yes, floppy=yes (.floppy is in its drive). -n: no
# dumps. -w: the Windows dump only.
#
# Leaves in DIRECTORY, named after driver and words: .serial (what the guest said), .elf (physical
# memory), .paging.elf (virtual addresses too), .kdump.flat (as QEMU writes kdump-zlib), .kdump (the
# same rearranged), .made.elf (by makedumpfile -E). The last two only if makedumpfile is installed.
# With windows=yes and with -w: .dmp (a Windows dump).
# Prints the guest's last line. Exit 0: dumped; 1: something went wrong, see stderr; 77: no QEMU.
set -u

dumps=yes windows=no
[ "${1-}" = -n ] && { dumps=no; shift; }
[ "${1-}" = -w ] && { dumps=no windows=yes; shift; }
[ $# -ge 3 ] || { echo "usage: $0 [-n|-w] BOOT-ELF DIRECTORY DRIVER [WORD...]" >&2; exit 2; }
boot=$1 dir=$2 driver=$3
shift 3
name=$driver
for word; do name=$name.$(echo "$word" | tr '=' '-'); done
out=$dir/$name
device=''
case " $* " in *" windows=yes "*) windows=yes ;; esac
[ $windows = no ] || device='-device vmcoreinfo'
disk=''
case " $* " in *" floppy=yes "*) disk="-drive if=floppy,format=raw,file=$out.floppy" ;; esac
here=$(dirname "$0")
. "$here"/qemu.sh

boot_limit=30           # seconds until the guest must have come to its end
quit_limit=30           # and QEMU to its own, dumps written
end='^(\*\*\* STOP|\*\*\* FAULT|guest: done|guest: gave up|guest: no )'

# An aarch64 takes its image as it is. Its memory begins where edu's engine, as it is, ends.
case $(od -An -tx2 -j18 -N2 "$boot") in
*b7*)	emulator=qemu-system-aarch64 machine="-M virt,highmem=off -cpu cortex-a57"
	edu=edu,dma_mask=0xffffffff ;;
*)	emulator=qemu-system-x86_64 machine='' edu=edu ;;
esac
case " $* " in *" iommu=yes "*) machine="-M q35 -device intel-iommu" ;; esac
command -v $emulator >/dev/null || { echo "$0: no $emulator" >&2; exit 77; }
mkdir -p "$dir" || exit 1
rm -f "$out".serial "$out".monitor "$out".elf "$out".paging.elf "$out".kdump "$out".kdump.flat \
	"$out".made.elf "$out".dmp "$out".pipe
mkfifo "$out".pipe || exit 1
[ -z "$disk" ] || yes 'The disk says' | head -c 1474560 >"$out".floppy

$emulator $machine -accel tcg -m 64 -kernel "$boot" -append "driver=$driver $*" \
	-device $edu $device $disk -display none -nodefaults -vga none -no-reboot \
	-serial "file:$out.serial" -monitor none -qmp stdio \
	<"$out".pipe >"$out".monitor 2>&1 &
qemu=$!
exec 3>"$out".pipe
rm -f "$out".pipe
trap 'kill $qemu 2>/dev/null' EXIT

die() { echo "$0: $name: $1" >&2; tail -5 "$out".serial "$out".monitor >&2; exit 1; }

ended() { grep -aEq "$end" "$out".serial 2>/dev/null || gone; }

await ${boot_limit}0 ended || die "no end in $boot_limit seconds"
gone && die "QEMU went away"
sleep 0.1	# the rest of the line, and the halt

{
	echo '{"execute":"qmp_capabilities"}'
	echo '{"execute":"stop"}'
	if [ $dumps = yes ]; then
		dump "$out".elf false ""
		dump "$out".paging.elf true ""
		dump "$out".kdump.flat false ',"format":"kdump-zlib"'
	fi
	[ $windows = no ] || dump "$out".dmp false ',"format":"win-dmp"'
	echo '{"execute":"quit"}'
} >&3
await ${quit_limit}0 gone || die "QEMU does not quit"
trap - EXIT
wait $qemu || die "QEMU failed"
exec 3>&-
grep -q '"error"' "$out".monitor && die "QEMU refused a command"
last() { tr -d '\r' <"$out".serial | grep -aE "$end" | tail -1; }
[ $windows = no ] || [ -s "$out".dmp ] || die "no dmp"
[ $dumps = yes ] || { last; exit 0; }
for f in elf paging.elf kdump.flat; do
	[ -s "$out.$f" ] || die "no $f"
done

chmod u+w "$out".elf "$out".paging.elf "$out".kdump.flat
[ $windows = no ] || chmod u+w "$out".dmp

if command -v makedumpfile >/dev/null; then
	makedumpfile -R "$out".kdump <"$out".kdump.flat >"$out".makedumpfile 2>&1 ||
		die "makedumpfile cannot rearrange"
fi
# A guest of Windows's manner has no VMCOREINFO of Linux's, which -E looks into.
if command -v makedumpfile >/dev/null && [ $windows = no ]; then
	cp --sparse=always "$out".elf "$out".moved &&
		"$here"/move_headers.py "$out".moved &&
		makedumpfile -E -d 0 "$out".moved "$out".made.elf >"$out".makedumpfile 2>&1 ||
		die "makedumpfile -E fails"
	rm -f "$out".moved
fi
rm -f "$out".makedumpfile
for f in elf paging.elf made.elf dmp; do		# mostly zero pages: save the disk
	[ ! -f "$out.$f" ] || fallocate -d "$out.$f" 2>/dev/null
done
last
