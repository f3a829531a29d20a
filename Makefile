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

help:                                                      ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

clean:                                                     ## remove what was built
	rm -rf $(O)

.PHONY: all help clean
.SECONDARY:
-include $(shell find $(O) -name '*.d' 2>/dev/null)
