#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
#
# Boots a stock Debian kernel with processes that embed the verifier, lets QEMU's monitor dump the
# machine, and makedumpfile derive the other formats.
#
#	linux.sh BUILD-DIRECTORY DIRECTORY [WORD...]
#
# Words, each with its default left out of the name of the files:
#	6.1 6.12 lean   the series of kernels, lean: lean_kernel.sh; default: 6.1, always named
#	arm64           a machine of that architecture, and its kernel; default: amd64
#	16k             arm64: a kernel with pages of 16 KiB (6.12 only)
#	max             a processor with all that QEMU knows: on arm64 addresses of 52 bits where
#	                the kernel can, signed return addresses; default: a plain one
#	nokaslr         the kernel stands where it was linked
#	la57            page tables of five levels
#	novmcoreinfo    no VMCOREINFO in the dumps
#	huge            memory enough for the kernel to give out huge pages: few physical pieces
#	pieces          hardly three free pages side by side when the processes start
#	virtual         bus addresses are virtual ones, as for a process that may not know better
#	cache           1 GiB of memory full of data, for benches: of the dumps below only .elf,
#	                .zlib.0, .lzo.0 and .plain.0, and no holes in their files
#	swiotlb         all DMA is bounced, and transfers of a second disk hang when QEMU dumps
#	full            with swiotlb: and its pool, which is small, is full
#	kexec           no monitor: the kernel crashes, a second one writes /proc/vmcore
#	leak            lean alone: a driver goes and leaves things mapped (leak/dma_leak.c)
#	DRIVER          a process with that test driver; default: the three below
#
# Leaves in DIRECTORY, named linux-SERIES[-WORD]...: .serial (what the guest said), .kallsyms, .btf,
# .core.DRIVER (each process as the guest's kernel dumped it after the rest), and the dumps:
#	.elf .paging.elf        QEMU, without and with virtual addresses (kexec: /proc/vmcore)
#	.kdump.flat .kdump      QEMU's kdump-zlib, flattened as it comes, and rearranged
#	.zlib.0 .lzo.0 .plain.0 makedumpfile -d 0, compressed or not
#	.made.elf               makedumpfile -E
#				(these only where makedumpfile knows the page tables)
# and where there is VMCOREINFO, which filtering needs, with user pages left in (-d 23):
#	.zlib.23 .lzo.23 .flat.23 .split.1 .split.2; .flat.elf (-d 22: in an ELF file a page
#	of zeros that was left out cannot be told from any other that is missing)
# and without them, so without the processes: .zlib.31
# Exit 0: dumped; 1: something went wrong, see stderr; 77: no QEMU, no kernel.
set -u

[ $# -ge 2 ] || { echo "usage: $0 BUILD-DIRECTORY DIRECTORY [WORD...]" >&2; exit 2; }
build=$1 dir=$2
shift 2
here=$(dirname "$0")
. "$here"/qemu.sh
series=6.1 arch=amd64 flavour='' cpu=''
words='' drivers='' kernel_args='' init_args='' memory=256
vmcoreinfo='-device vmcoreinfo' kexec=no disk2='' cache=no swiotlb=no slots=4096 leak=''
for word; do
	words=$words-$word
	case $word in
	6.1 | 6.12 | lean) series=$word words=${words%-*} ;;
	arm64) arch=arm64 flavour=-arm64 ;;
	16k) flavour=-arm64-16k ;;
	max) cpu=max ;;
	nokaslr) kernel_args="$kernel_args nokaslr" ;;
	la57) cpu=qemu64,+la57 ;;
	novmcoreinfo) vmcoreinfo='' ;;
	huge) memory=1024 ;;
	cache) memory=1024 cache=yes kernel_args="$kernel_args rootfstype=ramfs" ;;
	pieces) init_args="$init_args pieces" ;;
	virtual) init_args="$init_args virtual" ;;
	swiotlb)
		swiotlb=yes init_args="$init_args swiotlb" ;;
	full) slots=1024 init_args="$init_args full" ;;
	kexec)
		kexec=yes memory=512
		kernel_args="$kernel_args crashkernel=192M" init_args="$init_args kexec" ;;
	leak) leak=yes init_args="$init_args leak" ;;
	*) drivers="$drivers $word" ;;
	esac
done
drivers=${drivers:-e6_0f_5_overrun e6_0a_list_leaked case_003}
name=linux-$series$words
out=$dir/$name
case $arch in
amd64)
	emulator=qemu-system-x86_64 machine=pc console=ttyS0 cpu=${cpu:-qemu64}
	guest=$build/vm_linux ;;
arm64)			# pauth-impdef: else each signature costs hundreds of instructions
	emulator=qemu-system-aarch64 machine=virt console=ttyAMA0 cpu=${cpu:-cortex-a76}
	cpu=$(echo "$cpu" | sed 's/^max$/max,pauth-impdef=on/')
	guest=$build/vm_linux/arm64 ;;
esac

boot_limit=120          # seconds until the guest must be ready
end_limit=180           # and QEMU to its own end, dumps written
disk_mb=1024            # a sparse file
cache_mb=400            # data for the guest's memory, which holds it twice

for tool in $emulator makedumpfile cpio $([ $arch = amd64 ] || echo qemu-aarch64); do
	command -v $tool >/dev/null || { echo "$0: no $tool" >&2; exit 77; }
done
"$here"/linux_kernel.sh "$build" $series$flavour || exit $?
kernel=$build/linux/$series$flavour
[ $arch = amd64 ] || "$here"/linux_programs.sh "$build" $arch || exit $?
programs=$build/linux/programs-$arch
mkdir -p "$dir" || exit 1
rm -rf "$out".*

die() {
	echo "$0: $name: $1" >&2
	tail -n 5 "$out".serial "$out".monitor "$out".log 2>/dev/null >&2
	exit 1
}

# ---- initramfs ----

# $1 file, the rest: files that lie in $out.root
archive() {
	file=$1
	shift
	(cd "$out".root && find "$@" | cpio -o -H newc --quiet -R 0:0) >"$file"
}
mkdir -p "$out".root/modules "$out".root/dev "$out".root/crash || exit 1
cp "$guest"/init "$guest"/drivers "$out".root/ &&
	cp "$kernel"/modules/*.ko "$kernel"/order "$out".root/modules/ || die "no initramfs"
if [ -n "$leak" ]; then
	"$here"/leak_module.sh "$build" || exit $?
	cp "$build"/linux/leak/dma_leak.ko "$out".root/modules/ &&
		echo dma_leak.ko >>"$out".root/modules/order || die "no initramfs"
fi
if [ $kexec = yes ]; then
	archive "$out".initrd init modules dev &&
		mv "$out".initrd "$out".root/crash/initrd &&
		cp "$kernel"/vmlinuz "$out".root/crash/ || die "no initramfs for the second kernel"
fi
# Files of a file system in memory are its page cache; the archive that held them is free memory.
# Of the two kinds of such ramfs has no limit.
if [ $cache = yes ]; then
	tar -C / -cf - usr/bin usr/lib 2>/dev/null | head -c ${cache_mb}M >"$out".root/cache
fi
archive "$out".initrd . || die "no initramfs"
rm -rf "$out".root

# ---- boot ----

# no_timer_check: on a busy host the emulated timer may be late, and the kernel gives up on it.
kernel_args="console=$console quiet panic=-1 no_timer_check$kernel_args"

if [ $kexec = yes ]; then
	disk2=$out.disk2
	truncate -s ${disk_mb}M "$disk2" || exit 1
fi
mkfifo "$out".pipe "$out".console.in "$out".console.out &&
	truncate -s ${disk_mb}M "$out".disk || exit 1
cat "$out".console.out >"$out".serial &
tty=$!
# Of virtio only what the platform may translate goes through the kernel's DMA. The second disk lets
# its first MiB pass, then a byte a second.
disk_options="-drive file=$out.disk,if=virtio,format=raw"
if [ $swiotlb = yes ]; then
	truncate -s 16M "$out".slow || exit 1
	kernel_args="$kernel_args swiotlb=$slots,force"
	held=throttling.bps-total=1,throttling.bps-total-max=1048576
	disk_options="-drive file=$out.disk,if=none,id=disk,format=raw
		-device virtio-blk-pci,drive=disk,iommu_platform=on,disable-legacy=on
		-drive file=$out.slow,if=none,id=slow,format=raw,$held
		-device nvme,drive=slow,serial=slow"
fi
$emulator -accel tcg -machine $machine -cpu $cpu -m $memory \
	-display none -nodefaults -vga none -no-reboot \
	-kernel "$kernel"/vmlinuz -initrd "$out".initrd \
	-append "$kernel_args -- :$init_args $drivers" \
	$disk_options $vmcoreinfo ${leak:+-device edu} \
	${disk2:+-drive "file=$disk2,if=virtio,format=raw"} \
	-chardev "pipe,id=console,path=$out.console" -serial chardev:console \
	-monitor none -qmp stdio <"$out".pipe >"$out".monitor 2>&1 &
qemu=$!
exec 3>"$out".pipe
rm -f "$out".pipe
trap 'kill $qemu $tty 2>/dev/null' EXIT

said() { grep -aEq "^init: ($1)" "$out".serial 2>/dev/null; }
ready() { said 'ready|gave up' || gone; }
# Else the kernel waits for what hangs when it is switched off.
unthrottle() {
	echo '{"execute":"block_set_io_throttle","arguments":{"device":"slow","bps":0,' \
		'"bps_rd":0,"bps_wr":0,"iops":0,"iops_rd":0,"iops_wr":0}}'
}
answers() { [ "$(grep -c '"return"' "$out".monitor)" -ge "$1" ] || gone; }

await ${boot_limit}0 ready || die "not ready in $boot_limit seconds"
said ready || die "not ready"

echo '{"execute":"qmp_capabilities"}' >&3
if [ $kexec = no ]; then
	{
		echo '{"execute":"stop"}'
		dump "$out".elf false ""
		if [ $cache = no ]; then
			dump "$out".paging.elf true ""
			dump "$out".kdump.flat false ',"format":"kdump-zlib"'
		fi
		[ $swiotlb = no ] || unthrottle
		echo '{"execute":"cont"}'
	} >&3
	[ $cache = no ] && wanted=6 || wanted=4
	[ $swiotlb = no ] || wanted=$((wanted + 1))
	await ${end_limit}0 answers $wanted || die "QEMU does not dump"
	echo cores >"$out".console.in
fi
await ${end_limit}0 gone || die "no end in $end_limit seconds"
trap - EXIT
wait $qemu || die "QEMU failed"
wait $tty
exec 3>&-
grep -q '"error"' "$out".monitor && die "QEMU refused a command"
said done || die "the guest did not come to its end"

# ---- what it left, and the other formats ----

mkdir "$out".files || exit 1
for disk in "$out".disk*; do
	tar -xf "$disk" -C "$out".files || die "no archive on the disk"
done
for f in "$out".files/*; do
	case $f in */vmcore) to=elf ;; *) to=${f##*/} ;; esac
	mv "$f" "$out.$to"
done
rm -rf "$out".files "$out".slow "$out".disk* "$out".console.* "$out".initrd "$out".monitor
chmod u+w "$out".*

# It knows the page tables of its own architecture only.
filter() {
	case $arch in
	amd64) makedumpfile "$@" ;;
	*) qemu-aarch64 -L "$programs" "$programs"/usr/bin/makedumpfile "$@" ;;
	esac
}

# 1.7.2 reads no arm64 dump without VMCOREINFO, and none of a kernel built for 52-bit addresses.
can_filter() {
	[ $arch = amd64 ] || { [ -n "$vmcoreinfo" ] && [ $series = 6.1 ]; }
}

# $1 what to make, $2 from what, the rest: makedumpfile's options
make_dump() {
	can_filter || return 0
	to=$1 from=$2
	shift 2
	set -- "$@" "$from"
	case " $* " in
	*' -F '*) filter "$@" >"$out.$to" 2>"$out".log || die "makedumpfile $* fails" ;;
	*)
		for form in $to; do
			set -- "$@" "$out.$form"
		done
		filter "$@" >"$out".log 2>&1 || die "makedumpfile $* fails" ;;
	esac
}
moved=$out.elf
if [ $kexec = no ]; then
	[ $cache = yes ] || makedumpfile -R "$out".kdump <"$out".kdump.flat >"$out".log 2>&1 ||
		die "makedumpfile cannot rearrange"
	moved=$out.moved
	cp --sparse=always "$out".elf "$moved" && "$here"/move_headers.py "$moved" ||
		die "no headers"
fi
make_dump zlib.0 "$moved" -c -d 0
make_dump lzo.0 "$moved" -l -d 0
make_dump plain.0 "$moved" -d 0
if [ $cache = yes ]; then
	rm -f "$out".moved "$out".log
	exit 0
fi
make_dump made.elf "$moved" -E -d 0
if [ -n "$vmcoreinfo" ]; then
	make_dump zlib.23 "$moved" -c -d 23
	make_dump lzo.23 "$moved" -l -d 23
	make_dump flat.23 "$moved" -F -c -d 23
	make_dump flat.elf "$moved" -F -E -d 22
	make_dump zlib.31 "$moved" -c -d 31
	make_dump "split.1 split.2" "$moved" --split --splitblock-size 4096 -l -d 23
fi
rm -f "$out".moved "$out".log
for f in "$out"*.elf; do		# mostly zero pages: save the disk
	fallocate -d "$f" 2>/dev/null
done
exit 0
