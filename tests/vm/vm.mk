# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# Guests for QEMU and the programs in them, and the tests that boot them (make check-vm).

# ---- the guest: a bare-metal machine for QEMU (core/port/guest, tests/vm) ----
# On a PC. guest.elf has symbols and DWARF, for -s; guest.boot.elf is the same image as QEMU's
# multiboot loader takes it, which refuses ELF64.
GUEST_FLAGS = $(CORE_FLAGS) -fno-omit-frame-pointer -fno-optimize-sibling-calls \
	-fno-stack-protector -fno-asynchronous-unwind-tables -fno-pic -mgeneral-regs-only \
	-mcmodel=small -Icore/wdm -Icore/port/guest -Itests/drivers
GUEST_SRC = $(CORE_SRC) $(wildcard core/port/guest/*.c) tests/drivers/main_guest.c \
	$(filter-out tests/drivers/main_%,$(wildcard tests/drivers/*.c))

# $(1) directory of objects and name of the image, $(2) directory of the machine, $(3) compiler
define guest
$(O)/$(1)/tests/%.o: tests/%.c
	@mkdir -p $$(@D)
	$$(call say,CC $(1),$$<)$(3) $$(filter-out -Wconversion,$$(GUEST_FLAGS)) -I$(2) $$(CFLAGS) \
		-fno-inline -c $$< -o $$@
$(O)/$(1)/%.o: %.c
	@mkdir -p $$(@D)
	$$(call say,CC $(1),$$<)$(3) $$(GUEST_FLAGS) -I$(2) $$(CFLAGS) -c $$< -o $$@
$(O)/$(1)/%.o: %.S
	@mkdir -p $$(@D)
	$$(call say,AS $(1),$$<)$(3) -MMD -MP -c $$< -o $$@
$(O)/$(1).elf: $(patsubst %.c,$(O)/$(1)/%.o,$(GUEST_SRC) $(wildcard $(2)/*.c)) \
		$(O)/$(1)/$(2)/boot.o $(2)/guest.ld
	$$(call say,LD,$$@)$(3) -nostdlib -static -Wl,-T,$(2)/guest.ld -Wl,--build-id=sha1 \
		-Wl,-z,max-page-size=4096 -Wl,-z,noexecstack $$(filter %.o,$$^) -o $$@
endef
$(eval $(call guest,guest,core/port/guest/x86,$(CC) -mno-red-zone -fcf-protection=none))
$(O)/guest.boot.elf: $(O)/guest.elf
	$(call say,OBJCOPY,$@)objcopy -S -O elf32-i386 $< $@
# On QEMU's virt for aarch64: another architecture, another map of memory, no firmware.
$(eval $(call guest,guest_arm64,core/port/guest/arm64,$(ARM64_CC) -mno-outline-atomics))

VM_NEEDS  += $(O)/guest.boot.elf $(O)/guest_arm64.elf $(O)/tests/mem_probe
VM_CHECKS += "tests/vm/check.sh $(O)"
# What the processor and the map of memory have a part in, of each kind of transfer: all with FULL.
ARM64_DRIVERS = e6_0f_5_overrun e6_0f_4_underrun.freeze-1 e6_0f_5_packet e6_0f_2_tag_after \
	e6_0f_3_late_dma e6_24_map e6_07_buffer_leaked case_003 clean_packet_bus_master \
	clean_list_read clean_ex_packet clean_vector
VM_CHECKS += "tests/vm/check.sh -a $(O) $(if $(FULL),,$(ARM64_DRIVERS))"
VM_CHECKS += "tests/second/recipes.py vm"

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

# ---- a guest of 32 bits; QEMU writes a Windows dump of it ----
GUEST32_CC = $(CC) -m32 -idirafter /usr/include/x86_64-linux-gnu
GUEST32_FLAGS = $(CORE_FLAGS) -fno-omit-frame-pointer -fno-stack-protector -fno-pic \
	-fno-asynchronous-unwind-tables -fcf-protection=none -mgeneral-regs-only \
	-Icore/port/guest -Icore/port/guest/x86 -Itests
GUEST32_SRC = $(wildcard core/*.c) tests/scene.c tests/vm/guest32/main.c \
	$(patsubst %,core/port/guest/%.c,memory say x86/serial x86/windump)
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

# ---- live targets in a Linux guest ----
$(O)/vm_linux/live_init: $(patsubst %,$(O)/tests/vm/%.o,live_init init_kexec init_disk)
	@mkdir -p $(@D)
	$(LINK) -static -o $@
VM_NEEDS  += $(O)/vm_linux/live_init $(O)/vm_linux/drivers
VM_NEEDS  += $(O)/guest.boot.elf $(O)/tests/mem_probe
VM_CHECKS += "tests/vm/live.py $(O)"

# ---- hosts in front of a Linux guest's dump, and of guests ----
VM_NEEDS  += $(VM_LINUX) $(O)/guest.boot.elf
VM_CHECKS += "tests/vm/crash.py $(O)" "tests/vm/gdb_guest.py $(O)" \
	"tests/vm/hosts.py $(O)"
VM_NEEDS += $(O)/tests/mem_probe

# ---- the packages in a clean Debian, and there crash in front of the same dump ----
VM_NEEDS  += $(VM_LINUX) $(O)/tests/mkregion
VM_CHECKS += "tests/vm/packages.py $(O)"
