# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# `make help` lists the targets. Everything is built below $(O); the source tree stays clean.

O      ?= build
CC     := $(if $(filter default,$(origin CC)),gcc,$(CC))
CLANG  ?= clang-14
AR     ?= ar
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
SECS   ?= 60

# A short line a file; `make V=1` shows whole commands, `make -s` nothing. In front of a command:
# $(call say,WORD,FILE)
short := $(firstword -$(MAKEFLAGS))
say = $(if $(filter 1,$(V))$(findstring s,$(short)),,@printf '  %-9s %s\n' '$1' '$2'; )
COMPILE = $(call say,CC,$<)$(CC)
LINK = $(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) $(filter-out %.a,$^) $(filter %.a,$^)

WARN = -Wall -Wextra -Wshadow -Wmissing-prototypes $(if $(CI),-Werror)
STD  = -std=c11 -MMD -MP $(WARN)

# One rule a floor: its flags are the floor's law.
CORE_FLAGS = $(STD) -Wconversion -ffreestanding -fno-builtin-printf -fvisibility=hidden -Icore
HOST_FLAGS = $(STD) -D_GNU_SOURCE -fPIC
# A program that loads these must not put its own functions in their place: crash has 12,000.
HIDE = -fvisibility=hidden
TEST_FLAGS = $(STD) -D_GNU_SOURCE -Itests -Icmds -Idumps -Icore

objs = $(patsubst %.c,$(O)/%.o,$(1))
CORE_SRC  = $(wildcard core/*.c core/wdm/*.c)
POSIX_SRC = $(wildcard core/port/posix/*.c)
DUMPS_SRC = $(filter-out $(NO_UNPACK),$(wildcard dumps/*.c))
CMDS_SRC  = $(wildcard cmds/*.c)

# Where nothing is installed yet, only `deps` and what sets up first can be made: it says nothing.
PKG_CONFIG := $(if $(shell command -v pkg-config),pkg-config,:)

# Decompression of kdump pages: a library that is missing drops one method and its file.
has = $(shell $(PKG_CONFIG) --exists $(1) && echo yes)
UNPACK = $(if $(call has,zlib),zlib) $(if $(call has,libdeflate),libdeflate) \
	$(if $(call has,lzo2),lzo) $(if $(call has,snappy),snappy) $(if $(call has,libzstd),zstd)
UNPACK := $(UNPACK)
NO_UNPACK := $(patsubst %,dumps/mem_kdump_%.c,$(filter-out $(UNPACK),zlib lzo snappy zstd))
UNPACK_FLAGS := $(patsubst %,-DHAVE_%,$(shell echo $(UNPACK) | tr a-z A-Z))
UNPACK_LIBS := $(if $(filter zlib,$(UNPACK)),-lz $(if $(filter libdeflate,$(UNPACK)),-ldeflate)) \
	$(if $(filter lzo,$(UNPACK)),-llzo2) $(if $(filter snappy,$(UNPACK)),-lsnappy) \
	$(if $(filter zstd,$(UNPACK)),-lzstd)

DUMPS_LIBS = $(shell $(PKG_CONFIG) --libs libdw libelf libkdumpfile) $(UNPACK_LIBS) -lpthread
REPL_LIBS  = $(shell $(PKG_CONFIG) --libs readline)

all: $(O)/libdmaverifier.a $(O)/dma-inspect $(O)/libdma-inspect.so ## build what is installed

$(O)/core/port/posix/%.o: core/port/posix/%.c
	@mkdir -p $(@D)
	$(COMPILE) $(HOST_FLAGS) -fno-omit-frame-pointer $(CFLAGS) -Icore -c $< -o $@
$(O)/core/%.o: core/%.c
	@mkdir -p $(@D)
	$(COMPILE) $(CORE_FLAGS) -fno-omit-frame-pointer $(CFLAGS) -c $< -o $@
$(O)/dumps/%.o: dumps/%.c
	@mkdir -p $(@D)
	$(COMPILE) $(HOST_FLAGS) $(HIDE) $(UNPACK_FLAGS) $(CFLAGS) -Icore -c $< -o $@
$(O)/cmds/%.o: cmds/%.c
	@mkdir -p $(@D)
	$(COMPILE) $(HOST_FLAGS) $(HIDE) $(CFLAGS) -Idumps -Icore -c $< -o $@
$(O)/ext/%.o: ext/%.c
	@mkdir -p $(@D)
	$(COMPILE) $(HOST_FLAGS) $(HIDE) $(CFLAGS) -Icmds -Idumps -c $< -o $@
$(O)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(COMPILE) $(TEST_FLAGS) $(CFLAGS) -c $< -o $@

$(O)/libdmaverifier.a: $(call objs,$(CORE_SRC))
$(O)/libdmv-posix.a: $(call objs,$(POSIX_SRC))
$(O)/libdumps.a: $(call objs,$(DUMPS_SRC))
$(O)/libcmds.a: $(call objs,$(CMDS_SRC))
$(O)/%.a:
	@rm -f $@
	$(call say,AR,$@)$(AR) rcs $@ $^

INSPECT_SRC = $(addprefix ext/,dma_inspect.c cli.c target.c prompt.c progress.c confine.c sandbox.c)
$(O)/dma-inspect: $(call objs,$(INSPECT_SRC)) \
		$(O)/libcmds.a $(O)/libdumps.a
	$(LINK) $(DUMPS_LIBS) $(REPL_LIBS) $(SECCOMP_LIBS) -o $@

# ---- tests. An area adds to these lists with += in a block of its own below. ----

TEST_LIBS = $(O)/libcmds.a $(O)/libdumps.a $(O)/libdmv-posix.a $(O)/libdmaverifier.a
UNITS     = $(patsubst tests/%.c,$(O)/tests/%,$(wildcard tests/unit_*.c))
# Programs built and run by check and asan; scripts run by check only; what must be built before.
CHECKS  = $(UNITS)
SCRIPTS = tests/runner.sh tests/layers.sh tests/spec_offsets.py tests/readme.py
NEEDS   =
# The same for check-vm. A test with arguments is one word in quotes: "tests/x.sh ARGUMENT".
VM_CHECKS =
VM_NEEDS  =

$(O)/tests/unit_%: $(O)/tests/unit_%.o $(TEST_LIBS)
	$(LINK) $(DUMPS_LIBS) -lpthread -o $@

RUN = O=$(abspath $(O)) CC="$(CC)" CLANG="$(CLANG)" tests/run.sh -o $(O)/logs

# ---- the guest: a bare-metal machine for QEMU (core/port/guest, tests/vm) ----
# guest.elf has symbols and DWARF, for -s; guest.boot.elf is the same image as QEMU's multiboot
# loader takes it, which refuses ELF64.
GUEST_FLAGS = $(CORE_FLAGS) -fno-omit-frame-pointer -fno-optimize-sibling-calls \
	-fno-stack-protector -fno-asynchronous-unwind-tables -fno-pic -fcf-protection=none \
	-mno-red-zone -mgeneral-regs-only -mcmodel=small \
	-Icore/wdm -Icore/port/guest -Itests/drivers
GUEST_SRC = $(CORE_SRC) $(wildcard core/port/guest/*.c) tests/drivers/main_guest.c \
	$(filter-out tests/drivers/main_%,$(wildcard tests/drivers/*.c))
GUEST_OBJ = $(patsubst %.c,$(O)/guest/%.o,$(GUEST_SRC)) $(O)/guest/core/port/guest/boot.o

$(O)/guest/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(call say,CC guest,$<)$(CC) $(filter-out -Wconversion,$(GUEST_FLAGS)) $(CFLAGS) \
		-fno-inline -c $< -o $@
$(O)/guest/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC guest,$<)$(CC) $(GUEST_FLAGS) $(CFLAGS) -c $< -o $@
$(O)/guest/%.o: %.S
	@mkdir -p $(@D)
	$(call say,AS guest,$<)$(CC) -MMD -MP -c $< -o $@
$(O)/guest.elf: $(GUEST_OBJ) core/port/guest/guest.ld
	$(call say,LD,$@)$(CC) -nostdlib -static -Wl,-T,core/port/guest/guest.ld \
		-Wl,--build-id=sha1 -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack $(GUEST_OBJ) -o $@
$(O)/guest.boot.elf: $(O)/guest.elf
	$(call say,OBJCOPY,$@)objcopy -S -O elf32-i386 $< $@

VM_NEEDS  += $(O)/guest.boot.elf $(O)/tests/mem_probe
VM_CHECKS += "tests/vm/check.sh $(O)" "tests/second/recipes.py vm"
# ---- end of the guest ----

# ---- drivers: the test drivers in a process (core/port/posix, tests/drivers) ----
# No tail calls and no inlining: the driver's function stays on the stack that the verifier books.
DRIVERS_SRC = $(filter-out tests/drivers/main_guest.c,$(wildcard tests/drivers/*.c))

$(O)/tests/drivers/%.o: tests/drivers/%.c
	@mkdir -p $(@D)
	$(COMPILE) $(HOST_FLAGS) -fno-omit-frame-pointer -fno-optimize-sibling-calls $(CFLAGS) \
		-fno-inline -Icore -Icore/wdm -Icore/port/posix -Itests/drivers -c $< -o $@
$(O)/drivers: $(call objs,$(DRIVERS_SRC)) $(O)/libdmv-posix.a $(O)/libdmaverifier.a
	$(LINK) -lpthread -o $@
NEEDS   += $(O)/drivers
SCRIPTS += tests/run_drivers.py
# The same with all of them in a shared library, main included.
$(O)/libdrivers.so: $(call objs,$(DRIVERS_SRC)) $(O)/libdmv-posix.a $(O)/libdmaverifier.a
	$(LINK) -shared -Wl,-soname,libdrivers.so -lpthread -o $@ \
		-Wl,--defsym=__executable_start=_init
$(O)/drivers_shared: $(O)/libdrivers.so
	$(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) -Wl,-rpath,'$$ORIGIN' $< -o $@
NEEDS   += $(O)/libdrivers.so $(O)/drivers_shared
SCRIPTS += tests/libraries.py
# ---- end of the drivers ----

# ---- a Linux guest: a stock kernel, processes that embed the verifier (tests/vm/linux*) ----
VM_LINUX = $(O)/vm_linux/init $(O)/vm_linux/drivers $(O)/vm_linux/linux_probe

$(O)/vm_linux/drivers: $(call objs,$(DRIVERS_SRC)) $(O)/libdmv-posix.a $(O)/libdmaverifier.a
	@mkdir -p $(@D)
	$(LINK) -static -lpthread -o $@
$(O)/vm_linux/init: $(patsubst tests/vm/%.c,$(O)/tests/vm/%.o,$(wildcard tests/vm/init*.c))
	@mkdir -p $(@D)
	$(LINK) -static -o $@
$(O)/vm_linux/linux_probe: $(O)/tests/vm/linux_probe.o $(O)/libdumps.a
	@mkdir -p $(@D)
	$(LINK) $(DUMPS_LIBS) -o $@
# The same programs for the guests of another architecture.
ARM64 = $(O)/vm_linux/arm64
$(ARM64)/init: $(wildcard tests/vm/init*.c) tests/vm/init.h core/dmv_abi.h
	@mkdir -p $(@D)
	$(call say,LD,$@)$(ARM64_CC) -static $(TEST_FLAGS) $(CFLAGS) $(filter %.c,$^) -o $@
$(ARM64)/drivers: $(O)/drivers_aarch64
	@mkdir -p $(@D)
	cp $< $@
VM_NEEDS  += $(VM_LINUX) $(ARM64)/init $(ARM64)/drivers
VM_CHECKS += "tests/vm/linux_check.py $(O) $(if $(FULL),full)"
# ---- end of the Linux guest ----

# ---- tear: die before every store. The core tells of each store; so do its memcpy and memset. ----
TEAR_FLAGS = $(filter-out -Wmissing-prototypes,$(CORE_FLAGS)) -Itests -O1 -g -fno-builtin \
	-fsanitize-coverage=trace-pc-guard,trace-stores -Dmemcpy=tear_memcpy -Dmemset=tear_memset \
	-Dmemmove=tear_memmove -Dmemcmp=tear_memcmp
TEAR_OBJ = $(patsubst %.c,$(O)/tear/%.o,$(wildcard core/*.c) tests/tear_mem.c)

$(O)/tear/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC tear,$<)$(CLANG) $(TEAR_FLAGS) -c $< -o $@
$(O)/tests/tear: $(O)/tests/tear.o $(O)/tests/scene.o $(TEAR_OBJ) $(O)/libcmds.a $(O)/libdumps.a
	$(LINK) $(DUMPS_LIBS) -o $@
CHECKS += $(O)/tests/tear
# ---- end of tear ----

# ---- inspect: the prompt works without readline, too ----
REPL_LIBS := $(shell $(PKG_CONFIG) --silence-errors --libs readline)
$(O)/ext/prompt.o: override CFLAGS += $(if $(REPL_LIBS),-DHAVE_READLINE)
$(O)/tests/mkregion: $(O)/tests/mkregion_main.o $(O)/tests/mkregion.o
	$(LINK) -o $@
NEEDS   += $(O)/tests/mkregion
SCRIPTS += tests/golden.sh tests/prompt.py tests/odd.py
# ---- end of inspect ----

# ---- many writers: the core of this machine, of a 32-bit one, of a big-endian one ----
MANY_SRC = $(wildcard core/*.c) tests/many_writer.c tests/scene.c
MANY_HEADERS = $(wildcard core/*.h core/*.def core/wdm/*.h core/port/posix/*.h tests/drivers/*.h \
	tests/drivers/*.def)
S390X_CC = s390x-linux-gnu-gcc
ARM64_CC = aarch64-linux-gnu-gcc

# $(1) name, $(2) compiler
define writer
$(O)/$(1)/core/%.o: core/%.c
	@mkdir -p $$(@D)
	$$(call say,CC $(1),$$<)$(2) $$(CORE_FLAGS) $$(CFLAGS) -c $$< -o $$@
$(O)/$(1)/tests/%.o: tests/%.c
	@mkdir -p $$(@D)
	$$(call say,CC $(1),$$<)$(2) $$(TEST_FLAGS) $$(CFLAGS) -c $$< -o $$@
$(O)/many_writer_$(1): $(patsubst %.c,$(O)/$(1)/%.o,$(MANY_SRC))
	$$(call say,LD,$$@)$(2) -static $$(CFLAGS) $$^ -o $$@
$(O)/drivers_$(1): $(CORE_SRC) $(POSIX_SRC) $(DRIVERS_SRC) $(MANY_HEADERS)
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)$(2) -static -std=c11 $$(WARN) -D_GNU_SOURCE -fno-omit-frame-pointer \
		-fno-optimize-sibling-calls -fno-inline $$(CFLAGS) -Icore -Icore/wdm \
		-Icore/port/posix -Itests/drivers $$(filter %.c,$$^) -lpthread -o $$@
endef
# Without gcc-multilib, which is at odds with the cross compilers, <asm/...> is where 64 bits have
# it.
$(eval $(call writer,m32,$(CC) -m32 -idirafter /usr/include/x86_64-linux-gnu))
$(eval $(call writer,s390x,$(S390X_CC)))
# Return addresses on its stacks are signed: the verifier must see through that.
$(eval $(call writer,aarch64,$(ARM64_CC) -mbranch-protection=standard))
$(O)/many_writer: $(O)/tests/many_writer.o $(O)/tests/scene.o $(O)/libdmaverifier.a
	$(LINK) -o $@
NEEDS   += $(O)/many_writer $(patsubst %,$(O)/many_writer_%,m32 s390x aarch64) \
	$(patsubst %,$(O)/drivers_%,m32 s390x aarch64)
SCRIPTS += tests/many.py tests/save.py tests/beside.py tests/second/recipes.py
# ---- end of many writers ----

# ---- memory sources: dumps that others wrote, whole and damaged (dumps/mem*) ----
$(O)/tests/mem_probe: $(O)/tests/mem_probe.o $(O)/libdumps.a
	$(LINK) $(DUMPS_LIBS) -o $@
$(O)/corpus/fuzz_mem_elf $(O)/corpus/mem_elf: tests/fuzz_mem_elf_seeds.py
	$(call say,GEN,$@)$< $@
$(O)/corpus/fuzz_mem_kdump $(O)/corpus/mem_kdump: tests/kdump_make.py tests/fuzz_mem_elf_seeds.py
	$(call say,GEN,$@)$< seeds $@
fuzz: | $(O)/corpus/fuzz_mem_elf $(O)/corpus/fuzz_mem_kdump
$(O)/tests/kdump_plain: $(O)/tests/kdump_plain.o $(O)/libdumps.a
	$(LINK) $(DUMPS_LIBS) -ldeflate -llzo2 -lsnappy -lzstd -o $@
bench-build: $(O)/tests/kdump_plain $(VM_LINUX)
NEEDS   += $(O)/tests/mem_probe
VM_NEEDS += $(O)/tests/mem_probe
SCRIPTS += tests/mem_dumps.py tests/mem_kdump.py tests/mem_hurt.py
# ---- end of memory sources ----

# ---- regions: recipes for the reader (dumps/facts*), its fuzzer and the fuzzer's corpus ----
$(patsubst tests/%.c,$(O)/tests/%,$(wildcard tests/unit_facts*.c)): \
	$(O)/tests/got.o $(O)/tests/mkregion.o
$(O)/tests/replay_region.o: tests/fuzz_region.c
	@mkdir -p $(@D)
	$(COMPILE) $(TEST_FLAGS) $(CFLAGS) -DFUZZ_REPLAY -c $< -o $@
$(O)/tests/replay_region: $(O)/tests/replay_region.o $(O)/tests/mkregion.o $(O)/libdumps.a
	$(LINK) $(DUMPS_LIBS) -o $@
$(O)/corpus/fuzz_region: $(O)/tests/mkregion $(wildcard tests/regions/*.txt)
	@mkdir -p $@
	$(call say,GEN,$@)for r in tests/regions/*.txt; do \
		$< $$r $@/$$(basename $$r .txt) || exit 1; done
fuzz: | $(O)/corpus/fuzz_region
CHECKS += $(O)/tests/replay_region
# ---- end of regions ----

# ---- capacity: the machine that embeds the core in these tests ----
$(patsubst %,$(O)/tests/unit_%,capacity waiting pieces): $(O)/tests/machine.o
# ---- end of capacity ----

# ---- commands: the literal facts that their tests share ----
$(patsubst %,$(O)/tests/unit_%,cmds line bugcheck verdict target): $(O)/tests/world.o
# ---- end of commands ----

# ---- pastes: the fuzzer of pasted text (cmds/paste*), and its corpus ----
$(O)/tests/replay_paste.o: tests/fuzz_paste.c
	@mkdir -p $(@D)
	$(COMPILE) $(TEST_FLAGS) $(CFLAGS) -DFUZZ_REPLAY='"tests/corpus/fuzz_paste"' -c $< -o $@
$(O)/tests/replay_paste: $(O)/tests/replay_paste.o $(O)/libcmds.a $(O)/libdumps.a
	$(LINK) $(DUMPS_LIBS) -o $@
CHECKS += $(O)/tests/replay_paste
# ---- end of pastes ----

# ---- limits: the published !dma screens ----
# They are drivers as well: the verifier walks their stacks.
LIMITS_OBJ = $(patsubst %,$(O)/tests/%.o,screen unit_many unit_threads)
$(LIMITS_OBJ): override CFLAGS += -fno-omit-frame-pointer -fno-optimize-sibling-calls
$(O)/tests/screen: $(O)/tests/screen.o $(O)/libdmv-posix.a $(O)/libdmaverifier.a
	$(LINK) -lpthread -o $@
NEEDS   += $(O)/tests/screen
SCRIPTS += tests/screen.py
# ---- end of limits ----

# ---- kernel: virtual addresses and names of a Linux kernel (dumps/pagewalk*, mem_kernel*) ----
$(O)/corpus/fuzz_pagewalk $(O)/corpus/pagewalk: tests/fuzz_pagewalk_seeds.py
	$(call say,GEN,$@)$< $@
$(O)/corpus/fuzz_modules $(O)/corpus/modules: tests/fuzz_modules_seeds.py
	$(call say,GEN,$@)$< $@
$(O)/tests/kernel_seeds: $(O)/tests/kernel_seeds.o $(O)/libdumps.a
	$(LINK) $(DUMPS_LIBS) -o $@
$(O)/corpus/fuzz_vmcoreinfo $(O)/corpus/fuzz_kallsyms: $(O)/corpus/fuzz_%: $(O)/tests/kernel_seeds
	$(call say,GEN,$@)$< $* $@
$(O)/corpus/vmcoreinfo $(O)/corpus/kallsyms: $(O)/corpus/%: $(O)/tests/kernel_seeds
	$(call say,GEN,$@)$< $* $@
$(O)/corpus/fuzz_btf $(O)/corpus/btf: $(O)/tests/types_sample.so
	@mkdir -p $@
	$(call say,GEN,$@)objcopy --dump-section .BTF=$@/gcc $< $@.copy
fuzz: | $(patsubst %,$(O)/corpus/fuzz_%,pagewalk vmcoreinfo kallsyms btf modules)
# Types as gcc writes BTF; clang cannot for this machine. And DWARF of the test itself.
$(O)/tests/types_sample.so: tests/types_sample.c tests/types_sample.h
	@mkdir -p $(@D)
	$(call say,CC,$<)gcc -gbtf -shared -fPIC $< -o $@
$(O)/tests/unit_types: | $(O)/tests/types_sample.so
$(O)/tests/unit_types.o: override CFLAGS += -g
FAKE_ID = 0x00112233445566778899aabbccddeeff00112233
FAKE_OTHER_ID = 0xffeeddccbbaa99887766554433221100ffeeddcc
$(O)/tests/fake_vmlinux $(O)/tests/fake_vmlinux.other: tests/fake_vmlinux.S
	@mkdir -p $(@D)
	$(call say,LD,$@)gcc -nostdlib -static -no-pie -Wl,-Ttext=0xffffffff81000000 -Wl,-e,_stext \
		-Wl,--build-id=$(if $(filter %.other,$@),$(FAKE_OTHER_ID),$(FAKE_ID)) $< -o $@
$(O)/tests/unit_kernel_files: | $(O)/tests/fake_vmlinux $(O)/tests/fake_vmlinux.other
# A module with DWARF, of another build, without DWARF, its DWARF apart; a directory with one; and
# the types of the kernels that load it.
FAKE_KO = $(O)/tests/fake-mod.ko
$(O)/tests/fake_ko.o: tests/fake_ko.S
	@mkdir -p $(@D)
	$(call say,AS,$<)gcc -g -c $< -o $@
$(O)/tests/fake_ko_types.o: override CFLAGS += -g -mcmodel=kernel -fno-pie -fno-sanitize=all
$(FAKE_KO) $(O)/tests/fake-mod.other.ko: $(O)/tests/fake_ko.o $(O)/tests/fake_ko_types.o
	$(call say,LD,$@)ld -r $^ -o $@ \
		--build-id=$(if $(findstring other,$@),$(FAKE_OTHER_ID),$(FAKE_ID))
$(O)/tests/fake-mod.ko.debug: $(FAKE_KO)
	$(call say,OBJCOPY,$@)objcopy --only-keep-debug $< $@
$(O)/tests/fake-later.ko: $(FAKE_KO)
	$(call say,SED,$@)sed -e 's/vermagic=6.1.0-fake/vermagic=6.9.9-fake/' \
		-e 's/name=fake_mod/name=fake_not/' $< >$@
$(O)/tests/fake_vmlinux.stripped: $(O)/tests/fake_vmlinux.other
	$(call say,STRIP,$@)strip $< -o $@
$(O)/tests/fake-mod.plain.ko: $(FAKE_KO)
	$(call say,STRIP,$@)strip -g $< -o $@
$(O)/tests/fake_ko_dir/lib/modules/fake-mod.ko: $(FAKE_KO)
	@mkdir -p $(@D)
	$(call say,CP,$@)cp $< $@
$(O)/tests/fake_ko_%.btf: tests/fake_ko_kernel.c
	@mkdir -p $(@D)
	$(call say,GEN,$@)gcc -gbtf $(if $(findstring new,$@),-DNEW) -c $< -o $@.o && \
		objcopy --dump-section .BTF=$@ $@.o $@.copy
$(O)/tests/fake_vmlinux.heavy: $(O)/tests/fake_vmlinux
	$(call say,OBJCOPY,$@)truncate -s 16M $@.dwarf && \
		objcopy --add-section .debug_info=$@.dwarf $< $@
$(O)/tests/unit_kernel_modules: | $(FAKE_KO) $(patsubst %,$(O)/tests/fake%,_vmlinux.heavy \
	_vmlinux.stripped -later.ko -mod.other.ko -mod.ko.debug -mod.plain.ko _ko_old.btf \
	_ko_new.btf _ko_dir/lib/modules/fake-mod.ko)
# ---- end of kernel ----

# ---- Windows dumps (dumps/mem_windmp*, dumps/mem_rawdmp.c) ----
$(O)/corpus/fuzz_mem_windmp: tests/windmp_make.py
	$(call say,GEN,$@)$< $@
fuzz: | $(O)/corpus/fuzz_mem_windmp
# The seeds apart from what the fuzzer adds to them: the test must be the same every time.
$(O)/corpus/windmp: tests/windmp_make.py
	$(call say,GEN,$@)$< $@
$(O)/tests/replay_windmp.o: tests/fuzz_mem_windmp.c
	@mkdir -p $(@D)
	$(COMPILE) $(TEST_FLAGS) $(CFLAGS) -DFUZZ_REPLAY -c $< -o $@
$(O)/tests/replay_windmp: $(O)/tests/replay_windmp.o $(O)/libdumps.a | $(O)/corpus/windmp
	$(LINK) $(DUMPS_LIBS) -o $@
CHECKS  += $(O)/tests/replay_windmp
SCRIPTS += tests/windmp.py tests/wrapper.py
NEEDS   += $(O)/tests/mem_probe $(O)/tests/mkregion

# A guest of 32 bits; QEMU writes a Windows dump of it.
GUEST32_CC = $(CC) -m32 -idirafter /usr/include/x86_64-linux-gnu
GUEST32_FLAGS = $(CORE_FLAGS) -fno-omit-frame-pointer -fno-stack-protector -fno-pic \
	-fno-asynchronous-unwind-tables -fcf-protection=none -mgeneral-regs-only \
	-Icore/port/guest -Itests
GUEST32_SRC = $(wildcard core/*.c) tests/scene.c tests/vm/guest32/main.c \
	$(patsubst %,core/port/guest/%.c,memory serial windump)
GUEST32_OBJ = $(patsubst %.c,$(O)/guest32/%.o,$(GUEST32_SRC)) $(O)/guest32/tests/vm/guest32/boot.o

$(O)/guest32/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(call say,CC guest32,$<)$(GUEST32_CC) $(filter-out -Wconversion,$(GUEST32_FLAGS)) \
		$(CFLAGS) -c $< -o $@
$(O)/guest32/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC guest32,$<)$(GUEST32_CC) $(GUEST32_FLAGS) $(CFLAGS) -c $< -o $@
$(O)/guest32/%.o: %.S
	@mkdir -p $(@D)
	$(call say,AS guest32,$<)$(GUEST32_CC) -MMD -MP -c $< -o $@
$(O)/guest32.elf: $(GUEST32_OBJ) tests/vm/guest32/guest32.ld
	$(call say,LD,$@)$(GUEST32_CC) -nostdlib -static -Wl,-T,tests/vm/guest32/guest32.ld \
		-Wl,--build-id=none -Wl,-z,noexecstack $(GUEST32_OBJ) -lgcc -o $@
VM_NEEDS  += $(O)/guest32.elf $(O)/tests/mem_probe
VM_CHECKS += "tests/vm/windows.py $(O)"
# ---- end of Windows dumps ----

# ---- live: targets behind a GDB stub, and the sandbox ----
SECCOMP_LIBS := $(shell $(PKG_CONFIG) --silence-errors --libs libseccomp)
$(O)/ext/sandbox.o: override CFLAGS += $(if $(SECCOMP_LIBS),-DHAVE_SECCOMP)
$(O)/tests/sandbox_try.o: override CFLAGS += -Iext
$(O)/tests/sandbox_try: $(O)/tests/sandbox_try.o $(O)/ext/sandbox.o $(O)/libdumps.a
	$(LINK) $(SECCOMP_LIBS) $(DUMPS_LIBS) -o $@
NEEDS   += $(O)/tests/sandbox_try
$(O)/tests/replay_rsp.o: tests/fuzz_rsp.c
	@mkdir -p $(@D)
	$(COMPILE) $(TEST_FLAGS) $(CFLAGS) -DFUZZ_REPLAY -c $< -o $@
$(O)/tests/replay_rsp: $(O)/tests/replay_rsp.o $(O)/libdumps.a | $(O)/corpus/rsp
	$(LINK) $(DUMPS_LIBS) -o $@
CHECKS  += $(O)/tests/replay_rsp
# The seeds apart from what the fuzzer adds to them: the test must be the same every time.
$(O)/corpus/fuzz_rsp $(O)/corpus/rsp: tests/fuzz_rsp_seeds.py
	$(call say,GEN,$@)$< $@
fuzz: | $(O)/corpus/fuzz_rsp
SCRIPTS += tests/gdb_remote.py tests/sandbox.py

$(O)/vm_linux/live_init: $(patsubst %,$(O)/tests/vm/%.o,live_init init_kexec init_disk)
	@mkdir -p $(@D)
	$(LINK) -static -o $@
VM_NEEDS  += $(O)/vm_linux/live_init $(O)/vm_linux/drivers
VM_NEEDS  += $(O)/guest.boot.elf $(O)/tests/mem_probe
VM_CHECKS += "tests/vm/live.py $(O)"
# ---- end of live ----

# ---- hosts: the library that debuggers load, and what is loaded into them ----
# Of the archives the linker takes what the library needs: nothing that opens files, so no library
# but libc. All symbols but the versioned ones are local.
LIB_SO = libdma-inspect.so
VERSION := $(shell sed -n 's/^.define DMV_INSPECT_VERSION "\(.*\)"/\1/p' cmds/version.h)
SONAME = $(LIB_SO).0
HIDDEN = -shared -Wl,-Bsymbolic,-z,relro,-z,now,-z,noexecstack

$(O)/$(LIB_SO): $(O)/ext/libdma-inspect.o ext/dma-inspect.map $(O)/libcmds.a $(O)/libdumps.a
	$(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) $(HIDDEN) -Wl,-z,defs,-soname,$(SONAME) \
		-Wl,--version-script,ext/dma-inspect.map $(filter %.o,$^) $(filter %.a,$^) -o $@
	@ln -sf $(LIB_SO) $(O)/$(SONAME)
# PREFIX may be another one than the last time.
$(O)/dma-inspect.pc: ext/dma-inspect.pc.in FORCE
	$(call say,GEN,$@)sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' $< >$@
FORCE:

# The extension of crash, where there is a crash: its header is a file of 8,000 lines for which our
# warnings are not meant, and needs zlib's.
CRASH_INCLUDE ?= /usr/include/crash
DMA_SO := $(if $(wildcard $(CRASH_INCLUDE)/defs.h),$(if $(call has,zlib),$(O)/dma.so))
$(O)/ext/dma_crash.o: override CFLAGS += -isystem $(CRASH_INCLUDE)
$(O)/dma.so: $(O)/ext/dma_crash.o $(O)/ext/libdma-inspect.o ext/dma-crash.map $(O)/libcmds.a \
		$(O)/libdumps.a
	$(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) $(HIDDEN) \
		-Wl,--version-script,ext/dma-crash.map $(filter %.o,$^) $(filter %.a,$^) -o $@
all: $(or $(DMA_SO),no-crash) $(O)/dma-gdb.py
# Beside the library, where it looks for it first.
$(O)/dma-gdb.py: ext/dma-gdb.py
	@mkdir -p $(@D)
	$(call say,CP,$@)cp $< $@
no-crash:
	@echo "note: no $(CRASH_INCLUDE)/defs.h, or no zlib.h: dma.so, the extension of crash, is" \
		"not built (Debian: packages crash and zlib1g-dev)"
SCRIPTS += tests/library.py tests/gdb_host.py
NEEDS   += $(O)/tests/mkregion $(O)/drivers
VM_NEEDS  += $(VM_LINUX)
VM_CHECKS += "tests/vm/crash.py $(O)"
# ---- end of hosts ----

# ---- replays: fuzz targets as plain tests of their seeds, which stay as they are made ----
REPLAYS_MADE = mem_elf mem_kdump pagewalk vmcoreinfo kallsyms btf modules
REPLAYS = $(REPLAYS_MADE) systemmap maps kallsyms_find
$(patsubst %,$(O)/tests/replay_%,$(REPLAYS)): $(O)/tests/replay_%: $(O)/tests/fuzz_%.o \
		$(O)/tests/replay.o $(O)/libdumps.a
	$(LINK) $(DUMPS_LIBS) -o $@
$(foreach r,$(REPLAYS_MADE),$(eval $(O)/tests/replay_$r: | $(O)/corpus/$r))
CHECKS  += $(patsubst %,$(O)/tests/replay_%,$(REPLAYS))
# ---- end of replays ----

# ---- end of the areas' blocks ----

# What a fresh Debian 12 lacks: to build and for the demo, to test, and the peers of bench.
DEPS_BUILD = gcc libc6-dev make binutils pkg-config libdw-dev libelf-dev libkdumpfile-dev \
	libreadline-dev zlib1g-dev libdeflate-dev liblzo2-dev libsnappy-dev libzstd-dev \
	libseccomp-dev
DEPS_TEST  = clang-14 libclang-rt-14-dev python3 gdb gdbserver procps mandoc less jq zstd xz-utils \
	bzip2 mingw-w64-common qemu-system-x86 qemu-system-arm makedumpfile cpio \
	crash bpftool lib32gcc-12-dev libc6-dev-i386 \
	gcc-s390x-linux-gnu libc6-dev-s390x-cross \
	gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
DEPS_BENCH = libbsd-dev uthash-dev crash python3-drgn
# check-vm FULL=1: peers, and what builds a kernel
DEPS_FULL  = crash python3-drgn bc bison flex dwarves libssl-dev

# Each sets up first. The work is in a make of its own: it asks pkg-config, which may just have
# come. It takes all cores unless the user said how many.
SETUP = tests/deps.sh
JOBS  = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))
AGAIN = $(MAKE) --no-print-directory $(JOBS) O=$(O)

deps:                               ## install what is missing (Debian, apt-get)
	@$(SETUP) $(DEPS_BUILD) $(DEPS_TEST) $(DEPS_BENCH) $(if $(FULL),$(DEPS_FULL))

demo:                               ## set up; a driver dies of its mistake, dma-inspect says why
	@$(SETUP) $(DEPS_BUILD)
	@$(AGAIN) run-demo

check:                              ## set up; all tests that need no virtual machine
	@$(SETUP) $(DEPS_BUILD) $(DEPS_TEST)
	@$(AGAIN) run-check

check-vm:                           ## set up; guests under QEMU, their dumps; FULL=1: all kernels
	@$(SETUP) $(DEPS_BUILD) $(DEPS_TEST) $(if $(FULL),$(DEPS_FULL))
	@$(AGAIN) run-check-vm

run-demo: all $(O)/drivers
	@O=$(abspath $(O)) tests/demo.sh

run-check: all $(CHECKS) $(NEEDS)
	@$(RUN) -j $(shell nproc) $(SCRIPTS) $(CHECKS)

run-check-vm: all $(VM_NEEDS)
	@$(RUN) -t $(if $(FULL),14400,900) $(VM_CHECKS)

# A bench that cannot run here says so and is left out: figures never fail the build.
BENCHES = $(patsubst tests/%.c,$(O)/tests/%,$(wildcard tests/bench_*.c))

$(O)/tests/bench_%: $(O)/tests/bench_%.o $(TEST_LIBS)
	$(LINK) $(DUMPS_LIBS) -lpthread -lbsd -o $@

$(O)/tests/live_many: $(O)/tests/live_many.o $(TEST_LIBS)
	$(LINK) $(DUMPS_LIBS) -lpthread -o $@

bench:                              ## set up; figures, each against its peer in the same run
	@$(SETUP) $(DEPS_BUILD) $(DEPS_TEST) $(DEPS_BENCH)
	@$(AGAIN) run-bench

run-bench: all
	@$(MAKE) -k --no-print-directory O=$(O) bench-build || \
		echo "skip bench: some do not build; make deps?"
	@for b in $(BENCHES) $(wildcard tests/bench_*.sh tests/bench_*.py); do \
		[ ! -x $$b ] || O=$(abspath $(O)) CC="$(CC)" $$b || \
			echo "skip $$b: exit code $$?"; \
	done

bench-build: $(BENCHES) $(O)/tests/live_many $(O)/guest.boot.elf

SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=undefined

asan:                               ## the tests under AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory $(JOBS) O=$(O)/asan \
		CFLAGS="-O1 -g $(SANITIZE)" check-sanitized

hurt:                               ## set up; damaged files of all formats, under the sanitizers
	@$(SETUP) $(DEPS_BUILD) $(DEPS_TEST)
	@$(AGAIN) run-hurt

# Dumps of a stock kernel are those that check-vm left; else they are made now.
run-hurt: all $(NEEDS) $(VM_NEEDS) sanitized-inspect
	@$(RUN) -t 900 "tests/mem_hurt.py $(abspath $(O))/asan"

sanitized-inspect:
	@$(MAKE) --no-print-directory O=$(O)/asan CFLAGS="-O1 -g $(SANITIZE)" $(O)/asan/dma-inspect

check-sanitized: all $(CHECKS)
	@$(RUN) -j $(shell nproc) $(CHECKS)

# The readers are built once for all fuzzers.
FUZZERS  = $(patsubst tests/fuzz_%.c,$(O)/fuzz_%,$(wildcard tests/fuzz_*.c))
FUZZABLE = $(patsubst %.c,$(O)/fuzzed/%.o,$(DUMPS_SRC) $(CMDS_SRC) tests/mkregion.c)

$(O)/fuzzed/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC fuzz,$<)$(CLANG) $(STD) -D_GNU_SOURCE $(UNPACK_FLAGS) -O1 -g $(SANITIZE) \
		-fsanitize=fuzzer-no-link -Itests -Icmds -Idumps -Icore -c $< -o $@
$(O)/libfuzzed.a: $(FUZZABLE)
$(O)/fuzz_%: $(O)/fuzzed/tests/fuzz_%.o $(O)/libfuzzed.a
	$(call say,LD,$@)$(CLANG) $(SANITIZE) -fsanitize=fuzzer $^ $(DUMPS_LIBS) -o $@

fuzz: $(FUZZERS)                    ## fuzz the parsers, SECS=60 each, as many at once as CPUs
	@printf '%s\n' $(notdir $(FUZZERS)) | xargs -P $(shell nproc) -I NAME tests/fuzz.sh \
		$(O)/NAME $(SECS) $(O)/corpus/NAME

mutate: all $(O)/drivers            ## remove each check of the core: does its test fail?
	@O=$(abspath $(O)) CC="$(CC)" tests/mutate.py

MAN  = $(wildcard ext/*.1 cmds/*.1)
MAN3 = $(wildcard ext/*.3)

install: all $(O)/libdmv-posix.a $(O)/dma-inspect.pc ## DESTDIR= PREFIX=/usr/local
	install -D -m 755 $(O)/dma-inspect $(DESTDIR)$(PREFIX)/bin/dma-inspect
	install -D -m 644 $(O)/libdmaverifier.a $(DESTDIR)$(PREFIX)/lib/libdmaverifier.a
	install -D -m 644 $(O)/libdmv-posix.a $(DESTDIR)$(PREFIX)/lib/libdmv-posix.a
	install -d $(DESTDIR)$(PREFIX)/include/dmv $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 core/dmv.h core/dmv_abi.h core/dmv_abi_offsets.h core/dmv_violation.def \
		core/wdm/wdm.h core/wdm/wdm_dma.h core/wdm/wdm_host.h core/port/posix/posix.h \
		$(DESTDIR)$(PREFIX)/include/dmv
	$(if $(MAN),install -m 644 $(MAN) $(DESTDIR)$(PREFIX)/share/man/man1)
	install -D -m 644 $(O)/$(LIB_SO) $(DESTDIR)$(PREFIX)/lib/$(LIB_SO).$(VERSION)
	ln -sf $(LIB_SO).$(VERSION) $(DESTDIR)$(PREFIX)/lib/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(PREFIX)/lib/$(LIB_SO)
	$(if $(DMA_SO),install -D -m 644 $(DMA_SO) $(DESTDIR)$(PREFIX)/lib/crash/extensions/dma.so)
	install -D -m 644 ext/dma-gdb.py $(DESTDIR)$(PREFIX)/share/dma-inspect/dma-gdb.py
	install -D -m 644 ext/dma-inspect.h $(DESTDIR)$(PREFIX)/include/dma-inspect.h
	install -D -m 644 $(O)/dma-inspect.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig/dma-inspect.pc
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man3 $(MAN3)
	install -D -m 644 ext/dma-inspect.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/dma-inspect

help:                               ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

clean:                              ## remove what was built
	rm -rf $(O)

.PHONY: all deps demo check check-vm bench run-demo run-check run-check-vm run-bench bench-build \
	no-crash asan check-sanitized hurt run-hurt sanitized-inspect fuzz mutate install help clean
.SECONDARY:
-include $(shell find $(O) -type f -name '*.d' 2>/dev/null)
