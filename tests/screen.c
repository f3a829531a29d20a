/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The driver behind the screens that Microsoft's manual prints for !dma: a network adapter that
 * asked for two map registers and collects 0x420 map register files of two, with 0xBC and 0x36
 * bytes mapped in two of them and four common buffers. Beside it two adapters of another driver,
 * one of which holds a channel and the other a scatter/gather list. Says on stdout what it holds,
 * one fact a line, then waits for the end of stdin and dies where it stands (screen.py).
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "port/posix/posix.h"

/* The verifier names the function that calls it: it must stay a function, of that name. */
#if __has_attribute(noipa)
#define DRIVER_CALL __attribute__((noipa))
#else
#define DRIVER_CALL __attribute__((noinline))
#endif

enum { FILES = 0x420, REGISTERS = 2, BUFFERS = 4 };

struct network {
	DEVICE_OBJECT device;
	PDMA_ADAPTER adapter;
	PVOID base[FILES];
};

struct storage {
	DEVICE_OBJECT device;
	IRP irp;
	PDMA_ADAPTER adapter;
	PVOID held;
	PSCATTER_GATHER_LIST list;
};

static void need(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "screen: %s\n", what);
	exit(3);
}

static void say(const char *what, const void *value)
{
	printf("%s %llx\n", what, (unsigned long long)(uintptr_t)value);
}

/* ---- routines that the verifier calls ---- */

static IO_ALLOCATION_ACTION NTAPI keep_registers(PDEVICE_OBJECT device, PIRP irp, PVOID base,
						 PVOID context)
{
	(void)device, (void)irp;
	*(PVOID *)context = base;
	return DeallocateObjectKeepRegisters;
}

static IO_ALLOCATION_ACTION NTAPI keep_object(PDEVICE_OBJECT device, PIRP irp, PVOID base,
					      PVOID context)
{
	(void)device, (void)irp;
	((struct storage *)context)->held = base;
	return KeepObject;
}

static VOID NTAPI keep_list(PDEVICE_OBJECT device, PIRP irp, PSCATTER_GATHER_LIST list,
			    PVOID context)
{
	(void)device, (void)irp;
	((struct storage *)context)->list = list;
}

/* ---- the network driver; each function is the owner of what it asks for ---- */

static DRIVER_CALL void map_registers_allocate(struct network *n)
{
	DEVICE_DESCRIPTION d = { .Version = DEVICE_DESCRIPTION_VERSION, .Master = TRUE,
				 .ScatterGather = TRUE, .Dma32BitAddresses = TRUE,
				 .InterfaceType = PCIBus, .MaximumLength = PAGE_SIZE };
	ULONG granted = 0;
	KIRQL irql;

	n->adapter = IoGetDmaAdapter(&n->device, &d, &granted);
	need(n->adapter && granted == REGISTERS, "no adapter of two map registers");
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	for (int i = 0; i < FILES; i++) {
		n->adapter->DmaOperations->AllocateAdapterChannel(n->adapter, &n->device, REGISTERS,
								  keep_registers, &n->base[i]);
		need(n->base[i], "no map registers");
	}
	KeLowerIrql(irql);
}

static DRIVER_CALL void transfer_start(struct network *n, PVOID base, char *va, ULONG bytes)
{
	PMDL mdl = IoAllocateMdl(va, bytes, FALSE, FALSE, NULL);
	ULONG mapped = bytes;

	need(mdl, "no MDL");
	MmBuildMdlForNonPagedPool(mdl);
	n->adapter->DmaOperations->MapTransfer(n->adapter, mdl, base, va, &mapped, FALSE);
	need(mapped == bytes, "not all of it was mapped");
	say("mapped", va);
}

static DRIVER_CALL void shared_memory_allocate(struct network *n)
{
	static const ULONG length[BUFFERS] = { 0x1000, 0x12010, 0x4300, 0x4800 };

	for (int i = 0; i < BUFFERS; i++) {
		PHYSICAL_ADDRESS bus;
		PVOID va = n->adapter->DmaOperations->AllocateCommonBuffer(n->adapter, length[i],
									   &bus, TRUE);

		need(va, "no common buffer");
		say("buffer", va);
		say("logical", (void *)(uintptr_t)bus.QuadPart);
	}
}

/* ---- the storage driver ---- */

static DRIVER_CALL void uncached_extension_get(struct storage *s)
{
	DEVICE_DESCRIPTION d = { .Version = DEVICE_DESCRIPTION_VERSION, .Master = TRUE,
				 .ScatterGather = TRUE, .Dma32BitAddresses = TRUE, .BusNumber = 3,
				 .InterfaceType = PCIBus, .MaximumLength = 0x10000 };
	ULONG granted;

	s->device.CurrentIrp = &s->irp;
	s->adapter = IoGetDmaAdapter(&s->device, &d, &granted);
	need(s->adapter, "no adapter");
}

static DRIVER_CALL void request_start(struct storage *s)
{
	KIRQL irql;

	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	s->adapter->DmaOperations->AllocateAdapterChannel(s->adapter, &s->device, 3, keep_object,
							  s);
	KeLowerIrql(irql);
	need(s->held, "no channel");
}

static DRIVER_CALL void list_build(struct storage *s, char *va, ULONG bytes)
{
	PMDL mdl = IoAllocateMdl(va, bytes, FALSE, FALSE, NULL);
	KIRQL irql;

	need(mdl, "no MDL");
	MmBuildMdlForNonPagedPool(mdl);
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	s->adapter->DmaOperations->GetScatterGatherList(s->adapter, &s->device, mdl, va, bytes,
							keep_list, s, TRUE);
	KeLowerIrql(irql);
	need(s->list, "no scatter/gather list");
	say("list", s->list);
	say("list_mdl", mdl);
	say("list_va", va);
	for (ULONG i = 0; i < s->list->NumberOfElements; i++)
		printf("element %llx %lx\n",
		       (unsigned long long)s->list->Elements[i].Address.QuadPart,
		       (unsigned long)s->list->Elements[i].Length);
}

/* ---- the run ---- */

static void run(struct network *n, struct storage s[2], char *pages)
{
	uncached_extension_get(&s[0]);
	uncached_extension_get(&s[1]);
	map_registers_allocate(n);
	transfer_start(n, n->base[1], pages + 0x03C, 0xBC);
	transfer_start(n, n->base[2], pages + PAGE_SIZE + 0x102, 0x36);
	shared_memory_allocate(n);
	request_start(&s[0]);
	list_build(&s[1], pages + 2 * PAGE_SIZE + 0x800, 0x1000);
	say("storage", s[0].adapter);
	say("storage", s[1].adapter);
	say("storage_device", &s[0].device);
	say("storage_irp", &s[0].irp);
	say("storage_context", &s[0]);
	say("storage_routine", (void *)(uintptr_t)keep_object);
	say("storage_base", s[0].held);
	say("network", n->adapter);
	say("network_device", &n->device);
	for (int i = 0; i < FILES; i++)
		say("file", n->base[i]);
}

int main(void)
{
	static struct network n;
	static struct storage s[2];
	DRIVER_OBJECT network = { .DriverName = RTL_CONSTANT_STRING(u"\\Driver\\network") };
	DRIVER_OBJECT storage = { .DriverName = RTL_CONSTANT_STRING(u"\\Driver\\storage") };
	struct dmv_posix_config c;
	struct dmv_posix *p;
	char byte;

	dmv_posix_defaults(&c);
	c.core.mode = DMV_ABI_MODE_STOP;
	c.core.rows[DMV_ABI_K_FILE] = FILES + 2;
	c.core.rows[DMV_ABI_K_REGISTER] = FILES * REGISTERS + 5;
	need(dmv_posix_start(&c, &p) == DMV_OK, "no verifier");
	dmv_posix_core_enable();
	need(!wdm_driver_load(&network, DMV_ABI_D_VERIFY | DMV_ABI_D_SHADOW, 0) &&
	     !wdm_driver_load(&storage, DMV_ABI_D_VERIFY | DMV_ABI_D_SHADOW, 0), "no drivers");
	n.device.DriverObject = &network;
	s[0].device.DriverObject = s[1].device.DriverObject = &storage;
	run(&n, s, dmv_posix_pages(p, 4));
	puts("ready");
	fflush(stdout);
	while (read(0, &byte, 1) > 0)
		;
	abort();
}
