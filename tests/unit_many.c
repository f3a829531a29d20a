/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A hundred thousand live mappings, made by a driver through its DMA_OPERATIONS, and what the
 * driver is told where a table has no row left. dma-inspect looks at this process while it lives.
 */
#include <stdlib.h>
#include <unistd.h>
#include <sys/prctl.h>

#include "port/posix/posix.h"
#include "t.h"

enum {
	MANY = 100000,
	PIECE = 64,
	PIECES = PAGE_SIZE / PIECE,
	PAGES = (MANY + PIECES - 1) / PIECES
};

struct life {
	struct dmv_posix *p;
	DRIVER_OBJECT driver;
	DEVICE_OBJECT device;
	PDMA_ADAPTER adapter;
	char *memory;
	PMDL mdl;
	PVOID base;
	PSCATTER_GATHER_LIST *list, last;
	uint32_t called;
};

static IO_ALLOCATION_ACTION NTAPI keep_registers(PDEVICE_OBJECT device, PIRP irp, PVOID base,
						 PVOID context)
{
	struct life *l = context;

	(void)device, (void)irp;
	l->base = base;
	l->called++;
	return DeallocateObjectKeepRegisters;
}

static VOID NTAPI keep_list(PDEVICE_OBJECT device, PIRP irp, PSCATTER_GATHER_LIST list,
			    PVOID context)
{
	struct life *l = context;

	(void)device, (void)irp;
	l->last = list;
	l->called++;
}

static PDMA_ADAPTER adapter_get(struct life *l)
{
	DEVICE_DESCRIPTION d = {.Version = DEVICE_DESCRIPTION_VERSION,
				.Master = TRUE,
				.ScatterGather = TRUE,
				.Dma32BitAddresses = TRUE,
				.InterfaceType = PCIBus,
				.MaximumLength = (ULONG)MANY * PAGE_SIZE};
	ULONG granted;

	return IoGetDmaAdapter(&l->device, &d, &granted);
}

static bool start(struct life *l, const struct dmv_posix_config *c, size_t bytes)
{
	*l = (struct life){ .driver = { .DriverName = RTL_CONSTANT_STRING(u"\\Driver\\many") } };
	l->device.DriverObject = &l->driver;
	if (dmv_posix_start(c, &l->p))
		return false;
	wdm_driver_load(&l->driver, DMV_ABI_D_VERIFY | DMV_ABI_D_SHADOW, 0);
	l->memory = aligned_alloc(PAGE_SIZE, bytes);
	if (!l->memory)
		return false;
	memset(l->memory, 0, bytes);
	l->mdl = IoAllocateMdl(l->memory, (ULONG)bytes, FALSE, FALSE, NULL);
	MmBuildMdlForNonPagedPool(l->mdl);
	l->adapter = adapter_get(l);
	return l->adapter;
}

static void stop(struct life *l)
{
	if (l->adapter)
		l->adapter->DmaOperations->PutDmaAdapter(l->adapter);
	wdm_driver_unload(&l->driver);
	IoFreeMdl(l->mdl);
	free(l->memory);
	dmv_posix_stop(l->p);
}

static const struct dmv_abi_header *header(const struct life *l)
{
	return dmv_header(dmv_posix_verifier(l->p));
}

/* Lines of `leaks -a` about live things of this kind; *code: what dma-inspect returns. */
static long listed(const char *kind, int *code)
{
	const char *o = getenv("O");
	char command[512], line[512];
	long n = 0;
	FILE *f;

	snprintf(command, sizeof(command), "%s/dma-inspect -c 'leaks -a' pid:%d", o ? o : "build",
		 getpid());
	fflush(NULL);
	f = popen(command, "r");
	while (f && fgets(line, sizeof(line), f))
		n += !strncmp(line, kind, strlen(kind)) && strstr(line, " live ");
	*code = f ? pclose(f) : -1;
	return n;
}

/* ---- many ---- */

static KIRQL dispatch(void)
{
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	return old;
}

static void test_transfers(struct life *l)
{
	PDMA_OPERATIONS ops = l->adapter->DmaOperations;
	KIRQL old = dispatch();
	uint32_t good = 0;
	int code;

	ops->AllocateAdapterChannel(l->adapter, &l->device, MANY, keep_registers, l);
	if (!T_CHECK(l->base, "transfers: all map registers in one file")) {
		KeLowerIrql(old);
		return;
	}
	for (uint32_t i = 0; i < MANY; i++) {
		ULONG n = PIECE;

		ops->MapTransfer(l->adapter, l->mdl, l->base, l->memory + (size_t)i * PIECE, &n,
				 i & 1);
		good += n == PIECE;
	}
	T_EQ(good, MANY, "transfers: 100,000 are mapped");
	T_EQ(header(l)->live[DMV_ABI_K_REGISTER], MANY, "transfers: all are live");
	T_EQ(listed("mapping ", &code), MANY, "transfers: leaks -a lists each");
	T_EQ(code, 0, "transfers: none is a leak");
	good = 0;
	for (uint32_t i = 0; i < MANY; i++)
		good += ops->FlushAdapterBuffers(l->adapter, l->mdl, l->base,
						 l->memory + (size_t)i * PIECE, PIECE, i & 1);
	T_EQ(good, MANY, "transfers: all are flushed");
	T_EQ(header(l)->live[DMV_ABI_K_REGISTER], 0, "transfers: none is left");
	ops->FreeMapRegisters(l->adapter, l->base, MANY);
	KeLowerIrql(old);
	T_CHECK(listed("", &code) == 1 && code == 0, "transfers: leaks -a lists the adapter alone");
}

static void test_lists(struct life *l)
{
	PDMA_OPERATIONS ops = l->adapter->DmaOperations;
	KIRQL old = dispatch();
	uint32_t made = 0;
	int code;

	l->list = calloc(MANY, sizeof(*l->list));
	for (uint32_t i = 0; l->list && i < MANY; i++) {
		l->last = NULL;
		ops->GetScatterGatherList(l->adapter, &l->device, l->mdl,
					  l->memory + (size_t)i * PIECE, PIECE, keep_list, l,
					  i & 1);
		l->list[i] = l->last;
		made += l->last != NULL;
	}
	T_EQ(made, MANY, "lists: 100,000 are built");
	T_EQ(header(l)->live[DMV_ABI_K_LIST], MANY, "lists: all are live");
	T_EQ(listed("scatter/gather list ", &code), MANY, "lists: leaks -a lists each");
	T_EQ(code, 0, "lists: none is a leak");
	for (uint32_t i = 0; made == MANY && i < MANY; i++)
		ops->PutScatterGatherList(l->adapter, l->list[i], i & 1);
	KeLowerIrql(old);
	T_CHECK(!header(l)->live[DMV_ABI_K_LIST] && !header(l)->live[DMV_ABI_K_FILE] &&
		!header(l)->live[DMV_ABI_K_REGISTER], "lists: none is left");
	free(l->list);
}

static void test_many(void)
{
	struct dmv_posix_config c;
	struct life l;

	dmv_posix_defaults(&c);
	c.core.rows[DMV_ABI_K_FILE] = c.core.rows[DMV_ABI_K_LIST] = MANY;
	c.core.rows[DMV_ABI_K_REGISTER] = MANY;
	if (!T_CHECK(start(&l, &c, (size_t)PAGES * PAGE_SIZE), "many: start"))
		return;
	test_transfers(&l);
	test_lists(&l);
	T_EQ(header(&l)->violations, 0, "many: nothing was violated");
	for (int k = 1; k < DMV_ABI_K_COUNT; k++)
		if (header(&l)->not_booked[k])
			T_CHECKF(false, "many: everything was booked", "kind %d was not", k);
	stop(&l);
}

/* ---- none left: what the driver is told ---- */

static void test_refused(void)
{
	struct dmv_posix_config c;
	struct life l;
	PDMA_OPERATIONS ops;
	PHYSICAL_ADDRESS bus, second;
	PVOID buffer;
	PSCATTER_GATHER_LIST list;
	KIRQL old;

	dmv_posix_defaults(&c);
	c.core.rows[DMV_ABI_K_ADAPTER] = 2;             /* the master is one */
	c.core.rows[DMV_ABI_K_FILE] = c.core.rows[DMV_ABI_K_LIST] = c.core.rows[DMV_ABI_K_BUFFER] =
		1;
	c.core.rows[DMV_ABI_K_CHANNEL] = 0;
	if (!T_CHECK(start(&l, &c, PAGE_SIZE), "refused: start"))
		return;
	ops = l.adapter->DmaOperations;
	T_CHECK(!adapter_get(&l), "refused: a second adapter");
	buffer = ops->AllocateCommonBuffer(l.adapter, 64, &bus, TRUE);
	T_CHECK(buffer && !ops->AllocateCommonBuffer(l.adapter, 64, &second, TRUE),
		"refused: a second common buffer");
	ops->FreeCommonBuffer(l.adapter, 64, bus, buffer, TRUE);
	buffer = ops->AllocateCommonBuffer(l.adapter, 64, &bus, TRUE);
	T_CHECK(buffer, "refused: until the first is freed");
	ops->FreeCommonBuffer(l.adapter, 64, bus, buffer, TRUE);
	old = dispatch();
	T_CHECK(ops->AllocateAdapterChannel(l.adapter, &l.device, 1, keep_registers, &l) ==
				STATUS_INSUFFICIENT_RESOURCES &&
			!l.called,
		"refused: a channel; its routine is not called");
	T_EQ(ops->GetScatterGatherList(l.adapter, &l.device, l.mdl, l.memory, 64, keep_list, &l,
				       FALSE),
	     STATUS_SUCCESS, "refused: not the first list");
	list = l.last;
	l.called = 0;
	T_CHECK(ops->GetScatterGatherList(l.adapter, &l.device, l.mdl, l.memory + 64, 64, keep_list,
					  &l, FALSE) == STATUS_INSUFFICIENT_RESOURCES &&
			!l.called,
		"refused: a second list; its routine is not called");
	ops->PutScatterGatherList(l.adapter, list, FALSE);
	T_CHECK(ops->GetScatterGatherList(l.adapter, &l.device, l.mdl, l.memory + 64, 64, keep_list,
					  &l, FALSE) == STATUS_SUCCESS &&
			l.called == 1,
		"refused: until the first is put; its bytes were not mapped");
	ops->PutScatterGatherList(l.adapter, l.last, FALSE);
	KeLowerIrql(old);
	T_EQ(header(&l)->violations, 0, "refused: nothing is misjudged");
	T_EQ(header(&l)->not_booked[DMV_ABI_K_LIST] + header(&l)->not_booked[DMV_ABI_K_BUFFER] +
		     header(&l)->not_booked[DMV_ABI_K_CHANNEL] +
		     header(&l)->not_booked[DMV_ABI_K_ADAPTER],
	     4, "refused: each is counted once");
	stop(&l);
}

int main(void)
{
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	test_many();
	test_refused();
	return T_DONE();
}
