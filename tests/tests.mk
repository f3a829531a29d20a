# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# How the tests are built, an area a block, and the targets that run them.

TEST_LIBS = $(O)/libcmds.a $(O)/libdumps.a $(O)/libdmv-posix.a $(O)/libdmaverifier.a
UNITS     = $(patsubst tests/%.c,$(O)/tests/%,$(wildcard tests/unit_*.c))
# Programs built and run by check and asan; scripts run by check only; what must be built before.
CHECKS  = $(UNITS)
SCRIPTS = tests/runner.sh tests/layers.sh tests/spec_offsets.py tests/effects.py tests/readme.py
NEEDS   =
# The same for check-vm. A test with arguments is one word in quotes: "tests/x.sh ARGUMENT".
VM_CHECKS =
VM_NEEDS  =

$(O)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(COMPILE) $(TEST_FLAGS) $(CFLAGS) -c $< -o $@
$(O)/tests/unit_%: $(O)/tests/unit_%.o $(TEST_LIBS)
	$(LINK) $(DUMPS_LIBS) -lpthread -o $@

RUN = O=$(abspath $(O)) CC="$(CC)" CLANG="$(CLANG)" tests/run.sh -o $(O)/logs

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

# The same with a watch on the verifier's lock.
$(O)/drivers_locks: $(call objs,$(DRIVERS_SRC)) $(O)/tests/locks.o $(O)/libdmv-posix.a \
		$(O)/libdmaverifier.a
	$(LINK) -Wl,--wrap=dmv_init,--wrap=wdm_bind,--wrap=abort -lpthread -o $@
NEEDS   += $(O)/drivers_locks
SCRIPTS += tests/locks.sh

# ---- control: a process that is commanded while it runs ----
$(O)/tests/controlled: $(O)/tests/controlled.o $(O)/libdmv-posix.a $(O)/libdmaverifier.a
	$(LINK) -lpthread -o $@
NEEDS   += $(O)/tests/controlled $(O)/dma-verifier
SCRIPTS += tests/verifier.py

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

# ---- inspect: the program at a terminal and in batch ----
$(O)/tests/mkregion: $(O)/tests/mkregion_main.o $(O)/tests/mkregion.o
	$(LINK) -o $@
NEEDS   += $(O)/tests/mkregion
SCRIPTS += tests/golden.sh tests/prompt.py tests/lines.py tests/odd.py
$(O)/tests/unit_tail: $(O)/ext/tail.o
# Lines as they are typed: in the fuzzer's world of facts, which is that of the commands' tests.
$(O)/fuzz_line: $(O)/fuzzed/tests/world.o $(O)/fuzzed/ext/tail.o
$(O)/tests/replay_line: $(O)/tests/fuzz_line.o $(O)/tests/replay.o $(O)/tests/world.o \
		$(O)/ext/tail.o $(O)/libcmds.a $(O)/libdumps.a
	$(LINK) $(DUMPS_LIBS) -o $@
CHECKS  += $(O)/tests/replay_line

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
bench-build: $(O)/tests/kdump_plain
NEEDS   += $(O)/tests/mem_probe
SCRIPTS += tests/mem_dumps.py tests/mem_kdump.py tests/mem_hurt.py

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

# ---- capacity: the machine that embeds the core in these tests ----
$(patsubst %,$(O)/tests/unit_%,capacity waiting pieces options control iommu): \
	$(O)/tests/machine.o

# ---- commands: the literal facts that their tests share ----
$(patsubst %,$(O)/tests/unit_%,cmds line bugcheck verdict target device bounce mapping): \
	$(O)/tests/world.o
$(patsubst %,$(O)/tests/unit_%,linux linux_log linux_pool): $(O)/tests/small_kernel.o

# ---- pastes: the fuzzer of pasted text (cmds/paste*), and its corpus ----
$(O)/tests/replay_paste.o: tests/fuzz_paste.c
	@mkdir -p $(@D)
	$(COMPILE) $(TEST_FLAGS) $(CFLAGS) -DFUZZ_REPLAY='"tests/corpus/fuzz_paste"' -c $< -o $@
$(O)/tests/replay_paste: $(O)/tests/replay_paste.o $(O)/libcmds.a $(O)/libdumps.a
	$(LINK) $(DUMPS_LIBS) -o $@
CHECKS += $(O)/tests/replay_paste

# ---- limits: the published !dma screens ----
# They are drivers as well: the verifier walks their stacks.
LIMITS_OBJ = $(patsubst %,$(O)/tests/%.o,screen unit_many unit_threads)
$(LIMITS_OBJ): override CFLAGS += -fno-omit-frame-pointer -fno-optimize-sibling-calls
$(O)/tests/screen: $(O)/tests/screen.o $(O)/libdmv-posix.a $(O)/libdmaverifier.a
	$(LINK) -lpthread -o $@
NEEDS   += $(O)/tests/screen
SCRIPTS += tests/screen.py

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

# ---- live: targets behind a GDB stub, and the sandbox ----
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

# ---- hosts: what loads the library ----
SCRIPTS += tests/library.py tests/gdb_host.py tests/elf_headers.py
NEEDS   += $(O)/tests/mkregion $(O)/drivers

# ---- what is installed ----
SCRIPTS += tests/completion.py tests/manuals.py tests/install.py
NEEDS   += $(O)/libdmv-posix.a $(O)/tests/mkregion

$(O)/tests/replay_library: $(O)/tests/fuzz_library.o $(O)/tests/replay.o \
		$(O)/ext/libdma-inspect.o $(O)/libcmds.a $(O)/libdumps.a
	$(LINK) $(DUMPS_LIBS) -o $@
CHECKS  += $(O)/tests/replay_library

# ---- replays: fuzz targets as plain tests of their seeds, which stay as they are made ----
REPLAYS_MADE = mem_elf mem_kdump pagewalk vmcoreinfo kallsyms btf modules
REPLAYS = $(REPLAYS_MADE) systemmap maps kallsyms_find control settings
$(patsubst %,$(O)/tests/replay_%,$(REPLAYS)): $(O)/tests/replay_%: $(O)/tests/fuzz_%.o \
		$(O)/tests/replay.o $(O)/libdumps.a
	$(LINK) $(DUMPS_LIBS) -o $@
$(foreach r,$(REPLAYS_MADE),$(eval $(O)/tests/replay_$r: | $(O)/corpus/$r))
CHECKS  += $(patsubst %,$(O)/tests/replay_%,$(REPLAYS))
# What the commands make of it is tried, too.
CHECKS  += $(O)/tests/replay_linux_debug
$(O)/tests/replay_linux_debug: $(O)/tests/fuzz_linux_debug.o $(O)/tests/replay.o \
		$(O)/libcmds.a $(O)/libdumps.a
	$(LINK) $(DUMPS_LIBS) -o $@
# These feed the core and its port, not the readers.
$(O)/tests/replay_control: $(O)/libdmaverifier.a
$(O)/fuzz_control: $(patsubst %.c,$(O)/fuzzed/%.o,$(wildcard core/*.c))
$(O)/tests/replay_settings: $(O)/libdmv-posix.a $(O)/libdmaverifier.a
$(O)/fuzz_settings: $(patsubst %,$(O)/fuzzed/core/%.o,port/posix/settings dmv_crc)

include tests/vm/vm.mk

# ---- what runs them ----
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

run-bench: all
	@$(MAKE) -k --no-print-directory O=$(O) bench-build || \
		echo "skip bench: some do not build; make deps?"
	@for b in $(BENCHES) $(wildcard tests/bench_*.sh tests/bench_*.py); do \
		[ ! -x $$b ] || O=$(abspath $(O)) CC="$(CC)" $$b || \
			echo "skip $$b: exit code $$?"; \
	done

bench-build: $(BENCHES) $(O)/tests/live_many $(O)/guest.boot.elf $(VM_LINUX)

SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=undefined

# Dumps of a stock kernel are those that check-vm left; else they are made now.
run-hurt: all $(NEEDS) $(VM_NEEDS) sanitized-inspect
	@$(RUN) -t 900 "tests/mem_hurt.py $(abspath $(O))/asan"

sanitized-inspect:
	@$(MAKE) --no-print-directory O=$(O)/asan CFLAGS="-O1 -g $(SANITIZE)" $(O)/asan/dma-inspect

check-sanitized: all $(CHECKS)
	@$(RUN) -j $(shell nproc) $(CHECKS)

check-threads: $(O)/tests/unit_threads
	@$(RUN) "$(O)/tests/unit_threads 8"

# The readers are built once for all fuzzers.
FUZZERS  = $(patsubst tests/fuzz_%.c,$(O)/fuzz_%,$(wildcard tests/fuzz_*.c))
FUZZABLE = $(patsubst %.c,$(O)/fuzzed/%.o,$(DUMPS_SRC) $(CMDS_SRC) ext/libdma-inspect.c \
	tests/mkregion.c)

$(O)/fuzzed/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC fuzz,$<)$(CLANG) $(STD) -D_GNU_SOURCE $(UNPACK_FLAGS) -O1 -g $(SANITIZE) \
		-fsanitize=fuzzer-no-link -Itests -Icmds -Idumps -Icore -c $< -o $@
$(O)/libfuzzed.a: $(FUZZABLE)
$(O)/fuzz_%: $(O)/fuzzed/tests/fuzz_%.o $(O)/libfuzzed.a
	$(call say,LD,$@)$(CLANG) $(SANITIZE) -fsanitize=fuzzer $^ $(DUMPS_LIBS) -o $@
