/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The seam between the test drivers and what runs them: a process with a software device
 * (main_posix.c) or a bare-metal guest with QEMU's edu PCI device (main_guest.c).
 *
 * A driver is freestanding and knows only wdm.h and this header (and the numbers of settings). It
 * gets a device, runs once to its end at PASSIVE_LEVEL, and returns, is stopped by a bugcheck, or
 * gives up. The host registers it with the verifier before run() and unloads it afterwards, so an
 * adapter it leaves is seen.
 */
#ifndef DRIVER_H
#define DRIVER_H

#include <stdint.h>
#include <stdbool.h>

#include "dmv_abi.h"                    /* DMV_ABI_D_*, DMV_ABI_FAULT_* */
#include "wdm.h"

/* ---- what the host gives ---- */

/*
 * The device: a DMA engine that moves bytes between its own memory and a bus address. Bus addresses
 * are what MapTransfer and list elements say. A transfer has at most DEVICE_TRANSFER_MAX bytes (the
 * limit of edu).
 */
#define DEVICE_TRANSFER_MAX 4095u

struct test_device {
	PDEVICE_OBJECT pdo;             /* for IoGetDmaAdapter */
	PDEVICE_OBJECT fdo[2];          /* for channels and lists: two functions of the device */
	void *host;                     /* the host's own */
	/* of DRIVER_SIMULATED; in the guest with iommu=yes, which has `reach` only */
	const struct test_simulator *simulator;
	const struct test_disk *disk;           /* of DRIVER_DISK; NULL in a process */
};

/* A disk at a line of a real DMA controller. From its first byte on it says "The disk says\n",
 * again and again. */
struct test_disk {
	uint32_t line, sector;          /* sector: bytes */
	/* It moves sectors as far as the controller lets it. false: it could not. */
	bool (*transfer)(uint32_t first, uint32_t sectors, bool write);
};

/* What a process simulates, and the guest has no hardware for. */
struct test_simulator {
	uint64_t io_frame;              /* a page frame of the device's own memory */
	/* From now on the performance counter, of 1 GHz, stands at `value`. */
	void (*counter)(struct test_device *dev, uint64_t value);
	/*
	 * An IOMMU stands before the device: what it may not reach is left alone, and the page
	 * told to the verifier before device_read() or device_write() returns. From now on the page
	 * at bus address `bus` is unmapped, or mapped again.
	 */
	void (*reach)(struct test_device *dev, uint64_t bus, bool mapped);
	/*
	 * The device, at that line of the system DMA controller, wants n bytes moved: from `bytes`,
	 * or to them, as the controller was told. Returns how many were. Lines below `lines` are
	 * there; the last one takes lists.
	 */
	uint32_t (*request)(struct test_device *dev, uint32_t line, void *bytes, uint32_t n);
	uint32_t lines;
};

/* The reasons that it gives, which are Intel's. */
#define DEVICE_MAY_NOT_WRITE 5u
#define DEVICE_MAY_NOT_READ 6u

/* The device writes `length` bytes to memory at bus address `bus`. Returns when it has finished. */
void device_write(struct test_device *dev, uint64_t bus, const void *bytes, uint32_t length);

/* The device reads memory; `bytes` is what arrived in it. Returns when it has finished. */
void device_read(struct test_device *dev, uint64_t bus, void *bytes, uint32_t length);

/* No DMA after this returns. */
void device_stop(struct test_device *dev);

/* n zeroed nonpaged pages, contiguous virtually, that the device reaches. NULL: none left. */
void *driver_pages(uint32_t n);
void driver_pages_free(void *va, uint32_t n);

/* The host's watchdog comes by: it looks at every guard, and for what nobody flushed. */
void driver_watchdog(struct test_device *dev);

/* What is verified of this driver from now on: DMV_ABI_D_*. */
void driver_options(struct test_device *dev, uint32_t options);

/* Makes allocations of this driver fail: see dmv_fault in dmv.h. kinds 0: none any more. */
void driver_faults(struct test_device *dev, uint32_t kinds, uint32_t every, uint32_t after,
		   uint32_t times);

/* The host's timer goes off: it looks at so many pages of guards. true: it has come round. */
bool driver_scan(uint32_t pages);

/* One line, without line end, to wherever the host prints. */
void driver_log(const char *line);

/*
 * The driver hangs: stop the machine as it is, so that a dump of the hung state exists (a process
 * aborts, a guest halts for good). Never returns.
 */
void driver_give_up(struct test_device *dev, const char *why) __attribute__((noreturn));

/* ---- what a driver is ---- */

enum driver_end {
	DRIVER_RETURNS = 0,             /* raises nothing */
	DRIVER_DIES = 1,                /* the violation stops it, in run() or at unload */
	DRIVER_WARNS = 2,               /* the violation is recorded, and run() returns */
	DRIVER_HANGS = 3,               /* calls driver_give_up, nothing is raised */
};

#define DRIVER_STRICT 0x1u              /* run it with DMV_ABI_F_STRICT */
#define DRIVER_UNVERIFIED 0x2u          /* run it with DMV_ABI_F_OFF */
#define DRIVER_NO_SHADOW 0x4u           /* run it with a hook quota of 0: books, no double buffer */
#define DRIVER_STALE 0x8u               /* run it with a limit of one tick for dmv_set_stale */
#define DRIVER_SIMULATED 0x10u          /* it wants the simulator: only in a process */
#define DRIVER_DISK 0x20u               /* it wants the disk: only in the PC with floppy=yes */

struct driver {
	const char *name;               /* name of its file without .c */
	const char *what;               /* the mistake, or the pattern */
	const char *rule;               /* name in dmv_violation.def, "NONE" */
	uint32_t code;                  /* expected bugcheck code, 0: none */
	uint64_t p1;
	int64_t p2;                     /* expected sub-code; -1: P2 carries data */
	enum driver_end end;
	uint32_t pool;                  /* map registers of the host; 0: its default, >= 64 */
	uint32_t flags;                 /* DRIVER_* */
	void (*run)(struct test_device *dev);
};

/* From drivers.def, in its order; ends with a name of NULL. */
extern const struct driver drivers[];

const struct driver *driver_find(const char *name);     /* NULL: no such driver */

/* The entry point of each: drive_<name>. */
#define DRIVER(name, ...) void drive_##name(struct test_device *dev);
#include "drivers.def"
#undef DRIVER

/* ---- what a driver knows: the test compares it with what the dump says ---- */

/* Read by the test from the core file or the guest's memory through this symbol. */
struct driver_truth {
	uint64_t p[4];                  /* P1..P4 as the driver expects them */
	uint64_t adapter;               /* the DMA_ADAPTER that is to be blamed; 0: not known */
	uint64_t address;               /* of the byte that went wrong, as the driver sees it */
	uint32_t mask;                  /* DRIVER_KNOWN: bit n: p[n]; the two below likewise */
	uint32_t valid;                 /* 1 once all of it is written */
	char function[64];              /* driver's function that makes the bad call, or "" */
};

extern volatile struct driver_truth driver_truth;

#define DRIVER_KNOWN 0x1u               /* << n: p[n] is the value */
#define DRIVER_KNOWN_OFFSET 0x10u       /* << n: p[n] is right in its low 12 bits, of a shadow */
#define DRIVER_KNOWN_RECORD 0x100u      /* << n: it is the record of `adapter` in the region */
#define DRIVER_KNOWN_CODE 0x1000u       /* << n: it is inside the function that starts at p[n] */
/* << n: by the times of the violation and of what it clashes with: the ticks between the two; p[n]
 * and most that a counter of 1 GHz can have gone on by since, see dmv_counter(). */
#define DRIVER_KNOWN_AGE 0x10000u
#define DRIVER_KNOWN_LIMIT 0x100000u

/* parameter: 1..4 */
void driver_expect(unsigned int parameter, uint64_t value);
void driver_expect_offset(unsigned int parameter, uint64_t value);
void driver_expect_record(unsigned int parameter);
void driver_expect_code(unsigned int parameter, void (*function)(struct test_device *dev));
void driver_expect_age(unsigned int parameter);
void driver_expect_limit(unsigned int parameter, uint64_t value);
void driver_blame(const void *adapter, const char *function);
void driver_address(uint64_t address);

/* ---- what every driver needs ---- */

/* Describes a 32-bit PCI bus master. */
void driver_describe(PDEVICE_DESCRIPTION d, ULONG maximum_length, BOOLEAN scatter_gather);

/* MDL over nonpaged memory. Gives up when there is no memory. */
PMDL driver_mdl(struct test_device *dev, PVOID va, ULONG length);

/* Gives up unless `good`: a step that must work for the test to mean anything. */
void driver_need(struct test_device *dev, bool good, const char *what);

/* As above over any length, in transfers that the device can make. */
void device_fill(struct test_device *dev, uint64_t bus, uint8_t byte, uint32_t length);

void driver_set(void *va, uint8_t byte, uint32_t length);
bool driver_all(const void *va, uint8_t byte, uint32_t length);  /* every byte is `byte` */

/* AdapterControl and ListControl routines; context: where to store the base or the list. */
IO_ALLOCATION_ACTION NTAPI driver_keep_registers(PDEVICE_OBJECT device, PIRP irp, PVOID base,
						 PVOID context);
IO_ALLOCATION_ACTION NTAPI driver_keep_object(PDEVICE_OBJECT device, PIRP irp, PVOID base,
					      PVOID context);
VOID NTAPI driver_keep_list(PDEVICE_OBJECT device, PIRP irp, PSCATTER_GATHER_LIST list,
			    PVOID context);

/*
 * The calls that nearly every driver makes and few get wrong. They are inlined so that the verifier
 * sees them made by the driver's own function. All give up when they fail.
 */
#define DRIVER_INLINE static inline __attribute__((always_inline))

/* version: DEVICE_DESCRIPTION_VERSION...; ret: the map registers granted. PASSIVE_LEVEL. */
DRIVER_INLINE PDMA_ADAPTER driver_adapter_of(struct test_device *dev, ULONG version,
					     ULONG maximum_length, BOOLEAN scatter_gather,
					     ULONG *ret)
{
	DEVICE_DESCRIPTION description;
	PDMA_ADAPTER adapter;

	driver_describe(&description, maximum_length, scatter_gather);
	description.Version = version;
	description.DmaAddressWidth = 32;       /* version 3 asks for it, others do not look */
	adapter = IoGetDmaAdapter(dev->pdo, &description, ret);
	driver_need(dev, adapter != NULL, "no adapter");
	return adapter;
}

DRIVER_INLINE PDMA_ADAPTER driver_adapter(struct test_device *dev, ULONG maximum_length,
					  BOOLEAN scatter_gather, ULONG *ret)
{
	return driver_adapter_of(dev, DEVICE_DESCRIPTION_VERSION, maximum_length, scatter_gather,
				 ret);
}

/* A map register base of n registers, the channel freed. Any level up to DISPATCH_LEVEL. */
DRIVER_INLINE PVOID driver_registers(struct test_device *dev, PDMA_ADAPTER adapter, ULONG n)
{
	PVOID base = NULL;
	KIRQL irql;

	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	adapter->DmaOperations->AllocateAdapterChannel(adapter, dev->fdo[0], n,
						       driver_keep_registers, &base);
	KeLowerIrql(irql);
	driver_need(dev, base != NULL, "no map registers");
	return base;
}

DRIVER_INLINE void driver_registers_free(PDMA_ADAPTER adapter, PVOID base, ULONG n)
{
	KIRQL irql;

	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	adapter->DmaOperations->FreeMapRegisters(adapter, base, n);
	KeLowerIrql(irql);
}

/* The bus address of the first byte; all of `length` must have been mapped. */
DRIVER_INLINE uint64_t driver_map(struct test_device *dev, PDMA_ADAPTER adapter, PMDL mdl,
				  PVOID base, PVOID va, ULONG length, BOOLEAN to_device)
{
	ULONG mapped = length;
	PHYSICAL_ADDRESS bus = adapter->DmaOperations->MapTransfer(adapter, mdl, base, va, &mapped,
								   to_device);

	driver_need(dev, mapped == length, "not all of it was mapped");
	return (uint64_t)bus.QuadPart;
}

DRIVER_INLINE PSCATTER_GATHER_LIST driver_list(struct test_device *dev, PDMA_ADAPTER adapter,
					       PMDL mdl, PVOID va, ULONG length,
					       BOOLEAN to_device)
{
	PSCATTER_GATHER_LIST list = NULL;
	KIRQL irql;

	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	adapter->DmaOperations->GetScatterGatherList(adapter, dev->fdo[0], mdl, va, length,
						     driver_keep_list, &list, to_device);
	KeLowerIrql(irql);
	driver_need(dev, list != NULL, "no scatter/gather list");
	return list;
}

DRIVER_INLINE void driver_list_put(PDMA_ADAPTER adapter, PSCATTER_GATHER_LIST list,
				   BOOLEAN to_device)
{
	KIRQL irql;

	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	adapter->DmaOperations->PutScatterGatherList(adapter, list, to_device);
	KeLowerIrql(irql);
}

/* The bus address of byte `offset` of a list. */
uint64_t driver_list_bus(PSCATTER_GATHER_LIST list, uint32_t offset);

/* The device fills all elements; returns how many bytes they have. */
uint32_t driver_list_fill(struct test_device *dev, PSCATTER_GATHER_LIST list, uint8_t byte);

/*
 * Parts of a buffer, one MDL each, chained in their order. Gives up when there is no memory.
 * driver_chain_free frees the MDLs.
 */
struct driver_part {
	uint32_t offset, length;
};

PMDL driver_chain(struct test_device *dev, uint8_t *buffer, const struct driver_part *part,
		  uint32_t n);
void driver_chain_free(PMDL mdl);

#endif
