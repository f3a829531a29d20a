# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# `make help` lists the targets. Everything is built below $(O); the source tree stays clean.

O      ?= build
CC     ?= gcc
AR     ?= ar
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local

WARN = -Wall -Wextra -Wshadow -Wmissing-prototypes $(if $(CI),-Werror)
STD  = -std=c11 -MMD -MP $(WARN)

# One rule a floor: its flags are the floor's law.
CORE_FLAGS = $(STD) -Wconversion -ffreestanding -fno-builtin-printf -fvisibility=hidden -Icore
HOST_FLAGS = $(STD) -D_GNU_SOURCE -fPIC

objs = $(patsubst %.c,$(O)/%.o,$(1))
CORE_SRC  = $(wildcard core/*.c core/wdm/*.c)
POSIX_SRC = $(wildcard core/port/posix/*.c)
DUMPS_SRC = $(wildcard dumps/*.c)
CMDS_SRC  = $(wildcard cmds/*.c)

DUMPS_LIBS = $(shell pkg-config --libs libdw libelf libkdumpfile)
REPL_LIBS  = $(shell pkg-config --libs readline)

all: $(O)/libdmaverifier.a $(O)/dma-inspect                ## build the core library and dma-inspect

$(O)/core/port/posix/%.o: core/port/posix/%.c
	@mkdir -p $(@D)
	$(CC) $(HOST_FLAGS) -fno-omit-frame-pointer $(CFLAGS) -Icore -c $< -o $@
$(O)/core/%.o: core/%.c
	@mkdir -p $(@D)
	$(CC) $(CORE_FLAGS) -fno-omit-frame-pointer $(CFLAGS) -c $< -o $@
$(O)/dumps/%.o: dumps/%.c
	@mkdir -p $(@D)
	$(CC) $(HOST_FLAGS) $(CFLAGS) -Icore -c $< -o $@
$(O)/cmds/%.o: cmds/%.c
	@mkdir -p $(@D)
	$(CC) $(HOST_FLAGS) $(CFLAGS) -Idumps -Icore -c $< -o $@
$(O)/ext/%.o: ext/%.c
	@mkdir -p $(@D)
	$(CC) $(HOST_FLAGS) $(CFLAGS) -Icmds -Idumps -c $< -o $@

$(O)/libdmaverifier.a: $(call objs,$(CORE_SRC))
$(O)/libdmv-posix.a: $(call objs,$(POSIX_SRC))
$(O)/libdumps.a: $(call objs,$(DUMPS_SRC))
$(O)/libcmds.a: $(call objs,$(CMDS_SRC))
$(O)/%.a:
	@rm -f $@
	$(AR) rcs $@ $^

$(O)/dma-inspect: $(O)/ext/dma_inspect.o $(O)/libcmds.a $(O)/libdumps.a
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(DUMPS_LIBS) $(REPL_LIBS) -o $@

# ---- the guest: a bare-metal machine for QEMU (core/port/guest, tests/vm) ----
# guest.elf has symbols and DWARF, for -s; guest.boot.elf is the same image as QEMU's multiboot
# loader takes it, which refuses ELF64.
GUEST_FLAGS = $(CORE_FLAGS) -fno-omit-frame-pointer -fno-optimize-sibling-calls -fno-stack-protector \
	-fno-asynchronous-unwind-tables -fno-pic -fcf-protection=none -mno-red-zone \
	-mgeneral-regs-only -mcmodel=small -Icore/wdm -Icore/port/guest -Itests/drivers
GUEST_SRC = $(CORE_SRC) $(wildcard core/port/guest/*.c) tests/drivers/main_guest.c \
	$(filter-out tests/drivers/main_%,$(wildcard tests/drivers/*.c))
GUEST_OBJ = $(patsubst %.c,$(O)/guest/%.o,$(GUEST_SRC)) $(O)/guest/core/port/guest/boot.o

$(O)/guest/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(CC) $(filter-out -Wconversion,$(GUEST_FLAGS)) $(CFLAGS) -c $< -o $@
$(O)/guest/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(GUEST_FLAGS) $(CFLAGS) -c $< -o $@
$(O)/guest/%.o: %.S
	@mkdir -p $(@D)
	$(CC) -MMD -MP -c $< -o $@
$(O)/guest.elf: $(GUEST_OBJ) core/port/guest/guest.ld
	$(CC) -nostdlib -static -no-pie -Wl,-T,core/port/guest/guest.ld -Wl,--build-id=sha1 \
		-Wl,-z,max-page-size=4096 -Wl,-z,noexecstack $(GUEST_OBJ) -o $@
$(O)/guest.boot.elf: $(O)/guest.elf
	objcopy -S -O elf32-i386 $< $@

check-vm: $(O)/guest.boot.elf $(O)/dma-inspect                   ## boot the guest in QEMU and read its dumps
	tests/vm/check.sh $(O)

.PHONY: check-vm
# ---- end of the guest ----

help:                                                      ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

clean:                                                     ## remove what was built
	rm -rf $(O)

.PHONY: all help clean
.SECONDARY:
-include $(shell find $(O) -name '*.d' 2>/dev/null)
