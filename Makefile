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
COMPILE = $(call say,CC,$<)$(CC) $(CPPFLAGS)
LINK = $(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) $(filter-out %.a,$^) $(filter %.a,$^)

WARN = -Wall -Wextra -Wshadow -Wmissing-prototypes $(if $(CI),-Werror)
STD  = -std=c11 -MMD -MP $(WARN)

# One rule a floor: its flags are the floor's law.
CORE_FLAGS = $(STD) -Wconversion -ffreestanding -fno-builtin-printf -fvisibility=hidden -Icore
# Distributions build with canaries, which libc would have to check.
CORE_BARE  = -fno-stack-protector
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

all: $(O)/libdmaverifier.a $(O)/dma-inspect $(O)/libdma-inspect.so ## build what is installed

$(O)/core/port/posix/%.o: core/port/posix/%.c
	@mkdir -p $(@D)
	$(COMPILE) $(HOST_FLAGS) -fno-omit-frame-pointer $(CFLAGS) -Icore -c $< -o $@
$(O)/core/%.o: core/%.c
	@mkdir -p $(@D)
	$(COMPILE) $(CORE_FLAGS) -fno-omit-frame-pointer $(CFLAGS) $(CORE_BARE) -c $< -o $@
$(O)/dumps/%.o: dumps/%.c
	@mkdir -p $(@D)
	$(COMPILE) $(HOST_FLAGS) $(HIDE) $(UNPACK_FLAGS) $(CFLAGS) -Icore -c $< -o $@
$(O)/cmds/%.o: cmds/%.c
	@mkdir -p $(@D)
	$(COMPILE) $(HOST_FLAGS) $(HIDE) $(CFLAGS) -Idumps -Icore -c $< -o $@
$(O)/ext/%.o: ext/%.c
	@mkdir -p $(@D)
	$(COMPILE) $(HOST_FLAGS) $(HIDE) $(CFLAGS) -Icmds -Idumps -c $< -o $@

$(O)/libdmaverifier.a: $(call objs,$(CORE_SRC))
$(O)/libdmv-posix.a: $(call objs,$(POSIX_SRC))
$(O)/libdumps.a: $(call objs,$(DUMPS_SRC))
$(O)/libcmds.a: $(call objs,$(CMDS_SRC))
$(O)/%.a:
	@rm -f $@
	$(call say,AR,$@)$(AR) rcs $@ $^

# The prompt works without readline, and a batch run without the sandbox.
REPL_LIBS := $(shell $(PKG_CONFIG) --silence-errors --libs readline)
$(O)/ext/prompt.o: override CFLAGS += $(if $(REPL_LIBS),-DHAVE_READLINE)
SECCOMP_LIBS := $(shell $(PKG_CONFIG) --silence-errors --libs libseccomp)
$(O)/ext/sandbox.o: override CFLAGS += $(if $(SECCOMP_LIBS),-DHAVE_SECCOMP)
INSPECT_SRC = $(addprefix ext/,dma_inspect.c cli.c options.c target.c prompt.c lines.c source.c \
	tail.c way.c progress.c confine.c sandbox.c)
$(O)/dma-inspect: $(call objs,$(INSPECT_SRC)) $(O)/libcmds.a $(O)/libdumps.a
	$(LINK) $(DUMPS_LIBS) $(REPL_LIBS) $(SECCOMP_LIBS) -o $@

# ---- the command that says what the verifier checks, in other processes ----
CONTROL_SRC = $(addprefix ext/dma_verifier,.c _file.c _process.c)
$(O)/ext/dma_verifier%.o: override CFLAGS += -Icore -Icore/port/posix
$(O)/ext/dma_verifier.o: override CFLAGS += -Icore -Icore/port/posix
$(O)/dma-verifier: $(call objs,$(CONTROL_SRC)) $(O)/libdmv-posix.a $(O)/libdmaverifier.a
	$(LINK) -o $@
all: $(O)/dma-verifier

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

# The extension of crash, where there is a crash: its header is a file of 8,000 lines for which our
# warnings are not meant, and needs zlib's.
CRASH_INCLUDE ?= /usr/include/crash
DMA_SO := $(if $(wildcard $(CRASH_INCLUDE)/defs.h),$(if $(call has,zlib),$(O)/dma.so))
$(O)/ext/dma_crash.o: override CFLAGS += -isystem $(CRASH_INCLUDE)
$(O)/dma.so: $(O)/ext/dma_crash.o $(O)/ext/libdma-inspect.o ext/dma-crash.map $(O)/libcmds.a \
		$(O)/libdumps.a
	$(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) $(HIDDEN) \
		-Wl,--version-script,ext/dma-crash.map $(filter %.o,$^) $(filter %.a,$^) -o $@
HOST_PY = $(filter-out ext/autoload-gdb.py,$(wildcard ext/*.py))
all: $(or $(DMA_SO),no-crash) $(HOST_PY:ext/%=$(O)/%)
# Beside the library, where it looks for it first.
$(O)/%.py: ext/%.py
	@mkdir -p $(@D)
	$(call say,CP,$@)cp $< $@
no-crash:
	@echo "note: no $(CRASH_INCLUDE)/defs.h, or no zlib.h: dma.so, the extension of crash, is" \
		"not built (Debian: packages crash and zlib1g-dev)"

include ext/install.mk
include tests/tests.mk

# What a fresh Debian 12 lacks: to build and for the demo, to test, and the peers of bench.
DEPS_BUILD = gcc libc6-dev make binutils pkg-config libdw-dev libelf-dev libkdumpfile-dev \
	libreadline-dev zlib1g-dev libdeflate-dev liblzo2-dev libsnappy-dev libzstd-dev \
	libseccomp-dev
DEPS_TEST  = clang-14 libclang-rt-14-dev python3 gdb gdbserver procps mandoc man-db less jq zstd \
	xz-utils bzip2 mingw-w64-common qemu-system-x86 qemu-system-arm makedumpfile cpio \
	crash bpftool python3-drgn lib32gcc-12-dev libc6-dev-i386 \
	gcc-s390x-linux-gnu libc6-dev-s390x-cross \
	gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
DEPS_BENCH = libbsd-dev uthash-dev crash python3-drgn
# deb; crash has the header for its extension
DEPS_DEB   = crash debhelper dh-python dpkg-dev git lintian python3
# and to try them
DEPS_CLEAN = mmdebstrap
# check-vm FULL=1: peers, and what builds a kernel
DEPS_FULL  = crash python3-drgn bc bison flex dwarves libssl-dev

# Each sets up first. The work is in a make of its own: it asks pkg-config, which may just have
# come. It takes all cores unless the user said how many.
SETUP = tests/deps.sh
JOBS  = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))
AGAIN = $(MAKE) --no-print-directory $(JOBS) O=$(O)

deps:                               ## install what is missing (Debian, apt-get)
	@$(SETUP) $(DEPS_BUILD) $(DEPS_TEST) $(DEPS_BENCH) $(DEPS_DEB) $(DEPS_CLEAN) \
		$(if $(FULL),$(DEPS_FULL))

demo:                               ## set up; a driver dies of its mistake, dma-inspect says why
	@$(SETUP) $(DEPS_BUILD)
	+@$(AGAIN) run-demo

check:                              ## set up; all tests that need no virtual machine
	@$(SETUP) $(DEPS_BUILD) $(DEPS_TEST)
	+@$(AGAIN) run-check

check-vm:                           ## set up; guests under QEMU, their dumps; FULL=1: all kernels
	@$(SETUP) $(DEPS_BUILD) $(DEPS_TEST) $(DEPS_DEB) $(DEPS_CLEAN) $(if $(FULL),$(DEPS_FULL))
	+@$(AGAIN) run-check-vm

run-demo: all $(O)/drivers
	@O=$(abspath $(O)) tests/demo.sh

bench:                              ## set up; figures, each against its peer in the same run
	@$(SETUP) $(DEPS_BUILD) $(DEPS_TEST) $(DEPS_BENCH)
	+@$(AGAIN) run-bench

asan:                               ## the tests under AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory $(JOBS) O=$(O)/asan \
		CFLAGS="-O1 -g $(SANITIZE)" check-sanitized

tsan:                               ## eight threads under ThreadSanitizer
	@$(MAKE) --no-print-directory $(JOBS) O=$(O)/tsan \
		CFLAGS="-O1 -g -fsanitize=thread -Wno-tsan" check-threads

hurt:                               ## set up; damaged files of all formats, under the sanitizers
	@$(SETUP) $(DEPS_BUILD) $(DEPS_TEST)
	+@$(AGAIN) run-hurt

fuzz: $(FUZZERS)                    ## fuzz the parsers, SECS=60 each, as many at once as CPUs
	@printf '%s\n' $(notdir $(FUZZERS)) | xargs -P $(shell nproc) -I NAME tests/fuzz.sh \
		$(O)/NAME $(SECS) $(O)/corpus/NAME

mutate: all $(O)/drivers            ## remove each check of the core: does its test fail?
	@O=$(abspath $(O)) CC="$(CC)" tests/mutate.py

help:                               ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

clean:                              ## remove what was built
	rm -rf $(O)

.PHONY: all deps demo check check-vm bench run-demo run-check run-check-vm run-bench bench-build \
	no-crash asan check-sanitized tsan check-threads hurt run-hurt sanitized-inspect fuzz \
	mutate help clean
.SECONDARY:
-include $(shell find $(O) -path $(O)/deb -prune -o -type f -name '*.d' -print 2>/dev/null)
