/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The table of test drivers, and the few things that all of them need. */
#include "driver.h"

volatile struct driver_truth driver_truth __attribute__((used));

const struct driver *driver_find(const char *name)
{
	for (const struct driver *d = drivers; d->name; d++) {
		const char *a = d->name, *b = name;

		while (*a && *a == *b)
			a++, b++;
		if (!*a && !*b)
			return d;
	}
	return NULL;
}

void driver_expect(unsigned int parameter, uint64_t value)
{
	driver_truth.p[parameter - 1] = value;
	driver_truth.mask |= DRIVER_KNOWN << (parameter - 1);
	driver_truth.valid = 1;
}

void driver_expect_offset(unsigned int parameter, uint64_t value)
{
	driver_truth.p[parameter - 1] = value & (PAGE_SIZE - 1);
	driver_truth.mask |= DRIVER_KNOWN_OFFSET << (parameter - 1);
	driver_truth.valid = 1;
}

void driver_expect_record(unsigned int parameter)
{
	driver_truth.mask |= DRIVER_KNOWN_RECORD << (parameter - 1);
	driver_truth.valid = 1;
}

void driver_expect_code(unsigned int parameter, void (*function)(struct test_device *dev))
{
	driver_truth.p[parameter - 1] = (uintptr_t)function;
	driver_truth.mask |= DRIVER_KNOWN_CODE << (parameter - 1);
	driver_truth.valid = 1;
}

void driver_expect_age(unsigned int parameter)
{
	driver_truth.mask |= DRIVER_KNOWN_AGE << (parameter - 1);
	driver_truth.valid = 1;
}

void driver_expect_limit(unsigned int parameter, uint64_t value)
{
	driver_truth.p[parameter - 1] = value;
	driver_truth.mask |= DRIVER_KNOWN_LIMIT << (parameter - 1);
	driver_truth.valid = 1;
}

void driver_blame(const void *adapter, const char *function)
{
	unsigned int i = 0;

	for (; function[i] && i < sizeof(driver_truth.function) - 1; i++)
		driver_truth.function[i] = function[i];
	driver_truth.function[i] = 0;
	driver_truth.adapter = (uintptr_t)adapter;
	driver_truth.valid = 1;
}

void driver_address(uint64_t address)
{
	driver_truth.address = address;
	driver_truth.valid = 1;
}

void driver_describe(PDEVICE_DESCRIPTION d, ULONG maximum_length, BOOLEAN scatter_gather)
{
	*d = (DEVICE_DESCRIPTION){
		.Version = DEVICE_DESCRIPTION_VERSION,
		.Master = TRUE,
		.ScatterGather = scatter_gather,
		.Dma32BitAddresses = TRUE,
		.InterfaceType = PCIBus,
		.MaximumLength = maximum_length,
	};
}

PMDL driver_mdl(struct test_device *dev, PVOID va, ULONG length)
{
	PMDL mdl = IoAllocateMdl(va, length, FALSE, FALSE, NULL);

	driver_need(dev, mdl != NULL, "no MDL");
	MmBuildMdlForNonPagedPool(mdl);
	return mdl;
}

void driver_need(struct test_device *dev, bool good, const char *what)
{
	if (!good)
		driver_give_up(dev, what);
}

void device_fill(struct test_device *dev, uint64_t bus, uint8_t byte, uint32_t length)
{
	static uint8_t bytes[DEVICE_TRANSFER_MAX + 1];

	driver_set(bytes, byte, sizeof(bytes));
	while (length) {
		uint32_t n = length < DEVICE_TRANSFER_MAX ? length : DEVICE_TRANSFER_MAX;

		device_write(dev, bus, bytes, n);
		bus += n;
		length -= n;
	}
}

IO_ALLOCATION_ACTION NTAPI driver_keep_registers(PDEVICE_OBJECT device, PIRP irp, PVOID base,
						 PVOID context)
{
	(void)device, (void)irp;
	*(PVOID *)context = base;
	return DeallocateObjectKeepRegisters;
}

IO_ALLOCATION_ACTION NTAPI driver_keep_object(PDEVICE_OBJECT device, PIRP irp, PVOID base,
					      PVOID context)
{
	(void)device, (void)irp;
	*(PVOID *)context = base;
	return KeepObject;
}

VOID NTAPI driver_keep_list(PDEVICE_OBJECT device, PIRP irp, PSCATTER_GATHER_LIST list,
			    PVOID context)
{
	(void)device, (void)irp;
	*(PSCATTER_GATHER_LIST *)context = list;
}

uint64_t driver_list_bus(PSCATTER_GATHER_LIST list, uint32_t offset)
{
	for (ULONG i = 0; i < list->NumberOfElements; i++) {
		const SCATTER_GATHER_ELEMENT *e = &list->Elements[i];

		if (offset < e->Length)
			return (uint64_t)e->Address.QuadPart + offset;
		offset -= e->Length;
	}
	return 0;
}

uint32_t driver_list_fill(struct test_device *dev, PSCATTER_GATHER_LIST list, uint8_t byte)
{
	uint32_t total = 0;

	for (ULONG i = 0; i < list->NumberOfElements; i++) {
		const SCATTER_GATHER_ELEMENT *e = &list->Elements[i];

		device_fill(dev, (uint64_t)e->Address.QuadPart, byte, e->Length);
		total += e->Length;
	}
	return total;
}

PMDL driver_chain(struct test_device *dev, uint8_t *buffer, const struct driver_part *part,
		  uint32_t n)
{
	PMDL first = NULL, *to = &first;

	for (uint32_t i = 0; i < n; i++) {
		*to = driver_mdl(dev, buffer + part[i].offset, part[i].length);
		to = &(*to)->Next;
	}
	return first;
}

void driver_chain_free(PMDL mdl)
{
	while (mdl) {
		const PMDL next = mdl->Next;

		IoFreeMdl(mdl);
		mdl = next;
	}
}

void driver_set(void *va, uint8_t byte, uint32_t length)
{
	volatile uint8_t *b = va;

	for (uint32_t i = 0; i < length; i++)
		b[i] = byte;
}

bool driver_all(const void *va, uint8_t byte, uint32_t length)
{
	const volatile uint8_t *b = va;

	for (uint32_t i = 0; i < length; i++)
		if (b[i] != byte)
			return false;
	return true;
}

#define DRIVER(name, rule, code, p1, p2, end, pool, flags, what) \
	{ #name, what, #rule, code, p1, p2, DRIVER_##end, pool, flags, drive_##name },
const struct driver drivers[] = {
#include "drivers.def"
	{ 0 }
};
#undef DRIVER
