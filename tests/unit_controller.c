/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * System DMA with a device that never rests: another thread has the controller move bytes all the
 * time, while the driver waits for the end, cancels, flushes early, or frees. Whatever comes first,
 * a transfer ends once, and the driver has the bytes that were moved and no others.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "port/posix/posix.h"
#include "t.h"

#define LINE 3u
#define BYTES 256u
#define ROUNDS 900u

struct bench {
	struct dmv_posix *p;
	atomic_bool quit;
	atomic_uint reports;
	pthread_t device;
	DRIVER_OBJECT driver;
	DEVICE_OBJECT pdo, fdo;
	PDMA_ADAPTER adapter;
	PDMA_OPERATIONS ops;
	uint8_t *buffer, *context;
	PMDL mdl;
	PVOID base;
	sem_t ended;
	atomic_uint ends;
	DMA_COMPLETION_STATUS how;
	unsigned int complete, cancelled, early;
	atomic_uint bad;
};

static void on_report(void *arg, const struct dmv_report *r)
{
	struct bench *b = arg;

	atomic_fetch_add(&b->reports, 1);
	printf("# rule %u raised: %llx %llx %llx\n", r->rule, (unsigned long long)r->p[1],
	       (unsigned long long)r->p[2], (unsigned long long)r->p[3]);
}

/* Bytes of one value; while the line is masked nobody takes them. */
static void *device(void *arg)
{
	struct bench *b = arg;
	uint8_t byte = 0xA5;

	while (!atomic_load(&b->quit))
		if (!dmv_posix_request(b->p, LINE, &byte, 1))
			sched_yield();
	return NULL;
}

static VOID NTAPI ended(PDMA_ADAPTER adapter, PDEVICE_OBJECT pdo, PVOID context,
			DMA_COMPLETION_STATUS how)
{
	struct bench *b = context;

	b->bad += adapter != b->adapter || pdo != &b->pdo || KeGetCurrentIrql() != DISPATCH_LEVEL;
	b->how = how;
	atomic_fetch_add(&b->ends, 1);
	sem_post(&b->ended);
}

static bool start(struct bench *b)
{
	static WCHAR name[] = u"\\Driver\\busy";
	DEVICE_DESCRIPTION d = { .Version = DEVICE_DESCRIPTION_VERSION3, .DmaRequestLine = LINE,
				 .MaximumLength = PAGE_SIZE };
	struct dmv_posix_config c;
	ULONG n;

	dmv_posix_defaults(&c);
	c.lines = LINE + 1;
	c.on_report = on_report;
	c.arg = b;
	if (dmv_posix_start(&c, &b->p) != DMV_OK)
		return false;
	b->driver.DriverName = (UNICODE_STRING)RTL_CONSTANT_STRING(name);
	b->driver.DriverName.Buffer = name;
	b->pdo.DriverObject = b->fdo.DriverObject = &b->driver;
	wdm_driver_load(&b->driver, DMV_ABI_D_VERIFY | DMV_ABI_D_SHADOW, 0);
	b->adapter = IoGetDmaAdapter(&b->pdo, &d, &n);
	b->buffer = dmv_posix_pages(b->p, 1);
	b->context = dmv_posix_pages(b->p, 1);
	if (!b->adapter || !b->buffer || !b->context)
		return false;
	b->ops = b->adapter->DmaOperations;
	b->mdl = IoAllocateMdl(b->buffer, BYTES, FALSE, FALSE, NULL);
	MmBuildMdlForNonPagedPool(b->mdl);
	sem_init(&b->ended, 0, 0);
	return !pthread_create(&b->device, NULL, device, b);
}

static void channel(struct bench *b)
{
	KIRQL old;

	b->ops->InitializeDmaTransferContext(b->adapter, b->context);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	b->ops->AllocateAdapterChannelEx(b->adapter, &b->fdo, b->context, 1,
					 DMA_SYNCHRONOUS_CALLBACK, NULL, NULL, &b->base);
	KeLowerIrql(old);
}

/* The first `moved` bytes are the device's, the others as they were. */
static bool is_right(const struct bench *b, uint32_t moved)
{
	for (uint32_t i = 0; i < BYTES; i++)
		if (b->buffer[i] != (i < moved ? 0xA5 : 0x11))
			return false;
	return true;
}

/* One transfer that the driver waits for, or cancels after a while. */
static void with_routine(struct bench *b, bool cancel, unsigned int patience)
{
	const unsigned int before = atomic_load(&b->ends);
	ULONG length = BYTES;
	NTSTATUS status;

	status = b->ops->MapTransferEx(b->adapter, b->mdl, b->base, 0, 0, &length, FALSE, NULL, 0,
				       ended, b);
	b->bad += status != STATUS_SUCCESS || length != BYTES;
	for (unsigned int i = 0; i < patience; i++)
		sched_yield();
	if (cancel)
		b->bad += b->ops->CancelMappedTransfer(b->adapter, b->context) != STATUS_SUCCESS;
	sem_wait(&b->ended);
	status = b->ops->FlushAdapterBuffersEx(b->adapter, b->mdl, b->base, 0, BYTES, FALSE);
	b->bad += status != STATUS_SUCCESS || atomic_load(&b->ends) != before + 1;
	b->bad += !is_right(b, BYTES - b->ops->ReadDmaCounter(b->adapter));
	b->complete += b->how == DmaComplete;
	b->cancelled += b->how == DmaCancelled;
}

/* The driver does not wait: its flush stops the controller. */
static void without(struct bench *b, unsigned int patience)
{
	ULONG length = BYTES;

	b->ops->MapTransfer(b->adapter, b->mdl, b->base, b->buffer, &length, FALSE);
	for (unsigned int i = 0; i < patience; i++)
		sched_yield();
	b->bad += !b->ops->FlushAdapterBuffers(b->adapter, b->mdl, b->base, b->buffer, BYTES,
					       FALSE);
	length = b->ops->ReadDmaCounter(b->adapter);
	b->early += length != 0;
	b->bad += !is_right(b, BYTES - length);
}

static void round_of(struct bench *b, unsigned int i)
{
	memset(b->buffer, 0x11, BYTES);
	channel(b);
	if (!b->base) {
		b->bad++;
		return;
	}
	switch (i % 3) {
	case 0:
		without(b, i / 3 % 17);
		break;
	case 1:
		with_routine(b, true, i / 3 % 23);
		break;
	default:
		with_routine(b, false, 0);
		break;
	}
	b->ops->FreeAdapterObject(b->adapter, DeallocateObject);
}

int main(void)
{
	static struct bench b;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!T_CHECK(start(&b), "controller: start"))
		return T_DONE();
	for (unsigned int i = 0; i < ROUNDS; i++)
		round_of(&b, i);
	atomic_store(&b.quit, true);
	pthread_join(b.device, NULL);
	T_EQ(atomic_load(&b.bad), 0,
	     "controller: each transfer ends once, with the bytes that were moved");
	T_CHECKF(b.complete >= ROUNDS / 3 && b.complete + b.cancelled == ROUNDS / 3 * 2,
		 "controller: those that are waited for are complete", "%u complete, %u cancelled",
		 b.complete, b.cancelled);
	printf("# %u complete, %u cancelled, %u flushed before their end\n", b.complete,
	       b.cancelled, b.early);
	IoFreeMdl(b.mdl);
	dmv_posix_pages_free(b.p, b.context, 1);
	dmv_posix_pages_free(b.p, b.buffer, 1);
	b.ops->PutDmaAdapter(b.adapter);
	wdm_driver_unload(&b.driver);
	T_EQ(atomic_load(&b.reports), 0, "controller: no rule is broken");
	dmv_posix_stop(b.p);
	sem_destroy(&b.ended);
	return T_DONE();
}
