/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 *	unit_threads [N]
 *
 * Four threads (or N of them), each a correct driver, use common buffers, channels, map registers
 * and lists for a while, on adapters of their own and on one that they share; meanwhile another
 * process decodes the region again and again. Nothing is violated, the counters add up, no decoding
 * fails, shows an object that is half one and half another, or a leak. All the time an IOMMU has
 * faults, from a thread that knows no lock.
 *
 * With N the reader is told where the region is: under ThreadSanitizer a process has terabytes.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "facts.h"
#include "finding.h"
#include "mem.h"
#include "port/posix/posix.h"
#include "t.h"

enum { WORKERS = 4, MOST_WORKERS = 64, DECODES = 100, SECONDS = 1, LENGTH = 3 * PAGE_SIZE };

struct count {
	uint64_t rounds, buffers, channels, registers, lists, failed;
};

struct worker {
	struct dmv_posix *p;
	DEVICE_OBJECT device;
	PDMA_ADAPTER own, shared;
	const atomic_bool *stop;
	char *memory;
	PMDL mdl;
	struct count n;
	/* of the request that waits: only one at a time */
	atomic_uintptr_t granted;
	IO_ALLOCATION_ACTION action;
};

/* ---- a correct driver ---- */

static KIRQL dispatch(void)
{
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	return old;
}

static IO_ALLOCATION_ACTION NTAPI on_channel(PDEVICE_OBJECT device, PIRP irp, PVOID base,
					     PVOID context)
{
	struct worker *w = context;
	const IO_ALLOCATION_ACTION action = w->action;

	(void)device, (void)irp;
	atomic_store(&w->granted, (uintptr_t)base);
	return action;
}

static VOID NTAPI on_list(PDEVICE_OBJECT device, PIRP irp, PSCATTER_GATHER_LIST list, PVOID context)
{
	(void)device, (void)irp;
	atomic_store(&((struct worker *)context)->granted, (uintptr_t)list);
}

/* What was asked for may come later, in whatever thread frees what it waits for. */
static void *granted(struct worker *w)
{
	void *got;

	while (!(got = (void *)atomic_load(&w->granted)))
		sched_yield();
	atomic_store(&w->granted, 0);
	return got;
}

static void *channel(struct worker *w, PDMA_ADAPTER a, ULONG n, IO_ALLOCATION_ACTION action)
{
	w->action = action;
	if (a->DmaOperations->AllocateAdapterChannel(a, &w->device, n, on_channel, w) !=
	    STATUS_SUCCESS) {
		w->n.failed++;
		return NULL;
	}
	w->n.channels++;
	w->n.registers += n;
	return granted(w);
}

/* Each time of another length, so that no two rows are alike. */
static void use_buffer(struct worker *w)
{
	const ULONG length = 8 * (ULONG)(1 + w->n.rounds % 2000);
	PHYSICAL_ADDRESS bus;
	char *va = w->own->DmaOperations->AllocateCommonBuffer(w->own, length, &bus, TRUE);

	if (!va) {
		w->n.failed++;
		return;
	}
	w->n.buffers++;
	va[0] = va[length - 1] = 1;
	w->own->DmaOperations->FreeCommonBuffer(w->own, length, bus, va, TRUE);
}

/* Maps, lets "the device" write, flushes; the bytes must arrive. */
static void use_registers(struct worker *w, PDMA_ADAPTER a, char seed)
{
	PDMA_OPERATIONS ops = a->DmaOperations;
	const KIRQL old = dispatch();
	PVOID base = channel(w, a, 4, DeallocateObjectKeepRegisters);
	ULONG done = 0;

	while (base && done < LENGTH) {
		ULONG n = LENGTH - done;
		PHYSICAL_ADDRESS bus =
			ops->MapTransfer(a, w->mdl, base, w->memory + done, &n, FALSE);
		char *to = dmv_posix_bus_to_va(w->p, (uint64_t)bus.QuadPart);

		if (!n || !to)
			break;
		memset(to, seed, n);
		done += n;
	}
	if (done == LENGTH)
		ops->FlushAdapterBuffers(a, w->mdl, base, w->memory, LENGTH, FALSE);
	if (base)
		ops->FreeMapRegisters(a, base, 4);
	KeLowerIrql(old);
	w->n.failed += done != LENGTH || w->memory[0] != seed || w->memory[LENGTH - 1] != seed;
}

static void use_channel(struct worker *w, PDMA_ADAPTER a)
{
	const KIRQL old = dispatch();

	if (channel(w, a, 1, KeepObject))
		a->DmaOperations->FreeAdapterChannel(a);
	KeLowerIrql(old);
}

/* Offset, length and direction belong together: torn() looks whether they still do. */
static void use_list(struct worker *w, PDMA_ADAPTER a)
{
	PDMA_OPERATIONS ops = a->DmaOperations;
	const ULONG offset = (ULONG)(w->n.rounds % PAGE_SIZE);
	const BOOLEAN to_device = offset & 1;
	const KIRQL old = dispatch();
	PSCATTER_GATHER_LIST list;

	if (ops->GetScatterGatherList(a, &w->device, w->mdl, w->memory + offset,
				      LENGTH - 2 * offset, on_list, w, to_device)) {
		w->n.failed++;
	} else {
		list = granted(w);
		w->n.lists++;
		w->n.registers += ADDRESS_AND_SIZE_TO_SPAN_PAGES(offset, LENGTH - 2 * offset);
		ops->PutScatterGatherList(a, list, to_device);
	}
	KeLowerIrql(old);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	while (!atomic_load(w->stop)) {
		PDMA_ADAPTER a = w->n.rounds & 1 ? w->own : w->shared;

		use_buffer(w);
		use_registers(w, a, (char)w->n.rounds);
		use_channel(w, a);
		use_list(w, a);
		w->n.rounds++;
	}
	return NULL;
}

/* ---- the reader, in a process of its own ---- */

struct seen {
	uint32_t decoded, failed, notes, torn, leaks, live;
	char why[sizeof(((struct dmv_err *)0)->msg)];
};

static void say(struct seen *s, const char *why)
{
	if (!s->why[0])
		snprintf(s->why, sizeof(s->why), "%s", why);
}

static bool buffer_whole(const struct dmv_buffer_fact *b)
{
	const uint64_t room = b->block_bytes - b->bytes;

	return b->va - b->block_virt == room / 2 / 8 * 8 && room < 3 * PAGE_SIZE &&
	       b->phys == b->bus && b->time <= (b->life == DMV_GONE ? b->freed_time : UINT64_MAX);
}

static bool file_whole(const struct dmv_file_fact *x)
{
	const uint64_t shadow = x->hooked ? (uint64_t)3 * x->hooked * PAGE_SIZE : 0;

	return x->count >= 1 && x->count <= 4 && x->mapped <= x->count &&
	       x->shadow_bytes == shadow && x->bytes_mapped <= LENGTH &&
	       (x->shadow_virt != DMV_NO_ADDR) == (x->hooked != 0) &&
	       (x->handle & 63) == (x->gen & 63);
}

static bool list_whole(const struct dmv_list_fact *l)
{
	const uint64_t offset = l->va % PAGE_SIZE;

	return l->bytes == LENGTH - 2 * offset && l->to_device == (offset & 1);
}

static bool register_whole(const struct dmv_register_fact *r)
{
	return r->bytes && r->va % PAGE_SIZE + r->bytes <= PAGE_SIZE && r->index < 4 &&
	       r->va == r->original_virt && r->va == r->phys &&
	       (!r->hooked || r->shadow_virt % PAGE_SIZE == r->va % PAGE_SIZE);
}

/* Every row that is not called in transition, of live things and of gone ones. */
static const char *torn(const struct dmv_facts *f)
{
	for (size_t i = 0; i < f->nbuffer; i++)
		if (f->buffer[i].life != DMV_TRANSITION && !buffer_whole(&f->buffer[i]))
			return "a common buffer is torn";
	for (size_t i = 0; i < f->nfile; i++)
		if (f->file[i].life != DMV_TRANSITION && !file_whole(&f->file[i]))
			return "a file is torn";
	for (size_t i = 0; i < f->nlist; i++)
		if (f->list[i].life != DMV_TRANSITION && !list_whole(&f->list[i]))
			return "a list is torn";
	for (size_t i = 0; i < f->nreg; i++)
		if (f->reg[i].life == DMV_LIVE && !register_whole(&f->reg[i]))
			return "a register is torn";
	return NULL;
}

static bool count_leak(void *ctx, const struct dmv_finding *x)
{
	*(uint32_t *)ctx += x->confidence != DMV_IN_TRANSITION;
	return true;
}

static void look(struct dmv_mem *m, const struct dmv_facts_opts *where, struct seen *s)
{
	struct dmv_facts f = { 0 };
	struct dmv_err e = { 0 };
	struct dmv_judge *j;
	const char *wrong;
	uint32_t leaks = 0;

	if (dmv_facts_region(m, NULL, where->region ? where : NULL, &f, &e)) {
		s->failed++;
		say(s, e.msg);
		return;
	}
	s->decoded++;
	for (size_t i = 0; i < f.nnote; i++)
		if (f.note[i].topic) {
			s->notes++;
			say(s, f.note[i].text);
		}
	wrong = torn(&f);
	if (wrong) {
		s->torn++;
		say(s, wrong);
	}
	for (size_t i = 0; i < f.nfile; i++)
		s->live += f.file[i].life == DMV_LIVE;
	j = dmv_judge_new(&f);
	if (j)
		dmv_findings(j, DMV_FIND_LEAKS | DMV_FIND_VIOLATIONS, count_leak, &leaks);
	s->leaks += leaks;
	dmv_judge_free(j);
	dmv_facts_free(&f);
}

static _Noreturn void reader(pid_t target, int go, int out)
{
	struct seen s = { 0 };
	struct dmv_err e = { 0 };
	struct dmv_mem *m = NULL;
	struct dmv_facts_opts where = { 0 };
	time_t end;
	char name[32];

	snprintf(name, sizeof(name), "pid:%d", (int)target);
	if (read(go, &where.region, sizeof(where.region)) != sizeof(where.region) ||
	    dmv_mem_open(name, NULL, &m, &e))
		m = NULL;
	end = time(NULL) + SECONDS + 1;
	while (m && (s.decoded + s.failed < DECODES || time(NULL) < end))
		look(m, &where, &s);
	if (!m)
		say(&s, e.msg);
	dmv_mem_close(m);
	if (write(out, &s, sizeof(s)) != sizeof(s))
		_exit(1);
	_exit(0);
}

/* ---- the test ---- */

static PDMA_ADAPTER adapter(DEVICE_OBJECT *device)
{
	DEVICE_DESCRIPTION d = { .Version = DEVICE_DESCRIPTION_VERSION, .Master = TRUE,
				 .ScatterGather = TRUE, .Dma32BitAddresses = TRUE,
				 .InterfaceType = PCIBus, .MaximumLength = 64 * PAGE_SIZE };
	ULONG n;
	PDMA_ADAPTER a = IoGetDmaAdapter(device, &d, &n);

	if (!a)
		exit(1);
	return a;
}

static void prepare(struct worker *w, struct dmv_posix *p, PDRIVER_OBJECT driver,
		    const atomic_bool *stop)
{
	*w = (struct worker){ .p = p, .device = { .DriverObject = driver }, .stop = stop };
	w->own = adapter(&w->device);
	w->memory = dmv_posix_pages(p, LENGTH / PAGE_SIZE);
	w->mdl = IoAllocateMdl(w->memory, LENGTH, FALSE, FALSE, NULL);
	if (!w->memory || !w->mdl)
		exit(1);
	MmBuildMdlForNonPagedPool(w->mdl);
}

/* Over all adapters but the master, whose registers are the others'. */
static struct count booked(const struct dmv_facts *f, bool freed)
{
	struct count n = { 0 };

	for (size_t i = 0; i < f->nadapter; i++) {
		const struct dmv_adapter_fact *a = &f->adapter[i];

		if (a->master)
			continue;
		n.buffers += freed ? a->buffers_freed : a->buffers_allocated;
		n.channels += freed ? a->channels_freed : a->channels_allocated;
		n.registers += freed ? a->registers_freed : a->registers_allocated;
		n.lists += freed ? a->lists_freed : a->lists_allocated;
	}
	return n;
}

static void check_books(const struct count *did, const struct dmv_facts_opts *where)
{
	struct dmv_facts f = { 0 };
	struct dmv_err e = { 0 };
	struct dmv_mem *m = NULL;
	struct count n[2];
	char name[32];

	snprintf(name, sizeof(name), "pid:%d", (int)getpid());
	if (!T_CHECKF(!dmv_mem_open(name, NULL, &m, &e) &&
		      !dmv_facts_region(m, NULL, where->region ? where : NULL, &f, &e),
		      "threads: decoded at the end", "%s", e.msg))
		return;
	for (int i = 0; i < 2; i++) {
		const char *what = i ? "freed" : "allocated";
		char text[64];

		n[i] = booked(&f, i);
		snprintf(text, sizeof(text), "threads: what was %s adds up", what);
		T_CHECKF(n[i].buffers == did->buffers && n[i].channels == did->channels &&
				 n[i].registers == did->registers && n[i].lists == did->lists,
			 text,
			 "%llu of %llu buffers, %llu of %llu channels, %llu of %llu registers, "
			 "%llu of %llu lists",
			 (unsigned long long)n[i].buffers, (unsigned long long)did->buffers,
			 (unsigned long long)n[i].channels, (unsigned long long)did->channels,
			 (unsigned long long)n[i].registers, (unsigned long long)did->registers,
			 (unsigned long long)n[i].lists, (unsigned long long)did->lists);
	}
	T_CHECK(!f.region->live[DMV_K_FILE] && !f.region->live[DMV_K_REGISTER] &&
		!f.region->live[DMV_K_LIST] && !f.region->live[DMV_K_BUFFER] &&
		!f.region->live[DMV_K_CHANNEL], "threads: nothing is live");
	dmv_facts_free(&f);
	dmv_mem_close(m);
}

static void check_reader(pid_t child, int out)
{
	struct seen s = { 0 };
	int status;

	if (!T_CHECK(read(out, &s, sizeof(s)) == sizeof(s), "reader: looked"))
		return;
	waitpid(child, &status, 0);
	T_CHECKF(!s.failed && s.decoded >= DECODES, "reader: every decoding succeeds",
		 "%u did, %u did not: %s", s.decoded, s.failed, s.why);
	T_CHECKF(!s.notes, "reader: nothing is damaged", "%u notes: %s", s.notes, s.why);
	T_CHECKF(!s.torn, "reader: no row is torn", "in %u of %u: %s", s.torn, s.decoded,
		 s.why);
	printf("# decoded %u times\n", s.decoded);
	T_CHECKF(!s.leaks, "reader: no leak is seen", "%u", s.leaks);
	T_CHECK(s.live, "reader: something was live, it did look while they worked");
}

/* Nobody is told: the rule is off. */
static void *interrupts(void *arg)
{
	struct worker *w = arg;
	struct dmv *v = dmv_posix_verifier(w->p);
	struct dmv_iommu_fault f = { .device = (uintptr_t)&w->device };

	for (; !atomic_load(w->stop); w->n.rounds++) {
		f.address++;
		dmv_iommu_fault(v, &f);
		if (w->n.rounds % 8 == 0)
			dmv_iommu_report(v);
		sched_yield();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const int workers = argc > 1 ? atoi(argv[1]) : WORKERS;
	DRIVER_OBJECT driver = { .DriverName = RTL_CONSTANT_STRING(u"\\Driver\\threads") };
	DEVICE_OBJECT device = { .DriverObject = &driver };
	struct worker w[MOST_WORKERS], iommu;
	pthread_t t[MOST_WORKERS + 1];
	struct dmv_facts_opts where = { 0 };
	struct count did = { 0 };
	struct dmv_posix_config c;
	struct dmv_posix *p;
	PDMA_ADAPTER shared;
	atomic_bool stop = false;
	int go[2], out[2];
	pid_t child, self = getpid();

	if (workers < 1 || workers > MOST_WORKERS)
		return 2;
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	if (pipe(go) || pipe(out))
		return 1;
	child = fork();
	if (!child)
		reader(self, go[0], out[1]);
	close(out[1]);
	dmv_posix_defaults(&c);
	c.core.cpus = 2;                /* fewer than threads: a thread's doings stay its own */
	if (!T_EQ(dmv_posix_start(&c, &p), DMV_OK, "threads: start"))
		return 1;
	wdm_driver_load(&driver, DMV_ABI_D_VERIFY | DMV_ABI_D_SHADOW, 0);
	dmv_rule_set(dmv_posix_verifier(p), DMV_V_IOMMU_FAULT, false);
	shared = adapter(&device);
	for (int i = 0; i < workers; i++)
		prepare(&w[i], p, &driver, &stop);
	prepare(&iommu, p, &driver, &stop);
	for (int i = 0; i < workers; i++) {
		w[i].shared = shared;
		if (pthread_create(&t[i], NULL, work, &w[i]))
			return 1;
	}
	if (pthread_create(&t[workers], NULL, interrupts, &iommu))
		return 1;
	if (argc > 1)
		where.region = (uintptr_t)dmv_header(dmv_posix_verifier(p));
	if (write(go[1], &where.region, sizeof(where.region)) != sizeof(where.region))
		return 1;
	check_reader(child, out[0]);
	atomic_store(&stop, true);
	pthread_join(t[workers], NULL);
	T_CHECK(iommu.n.rounds > 10, "threads: there were faults");
	for (int i = 0; i < workers; i++) {
		pthread_join(t[i], NULL);
		did.buffers += w[i].n.buffers;
		did.channels += w[i].n.channels;
		did.registers += w[i].n.registers;
		did.lists += w[i].n.lists;
		did.failed += w[i].n.failed;
		T_CHECK(w[i].n.rounds > 10, "threads: each made its rounds");
	}
	printf("# %llu lists, %llu channels\n", (unsigned long long)did.lists,
	       (unsigned long long)did.channels);
	T_EQ(did.failed, 0, "threads: each call did what it should");
	check_books(&did, &where);
	iommu.own->DmaOperations->PutDmaAdapter(iommu.own);
	for (int i = 0; i < workers; i++)
		w[i].own->DmaOperations->PutDmaAdapter(w[i].own);
	shared->DmaOperations->PutDmaAdapter(shared);
	wdm_driver_unload(&driver);
	T_EQ(dmv_header(dmv_posix_verifier(p))->violations, 0, "threads: nothing was violated");
	for (int i = 0; i < workers; i++)
		IoFreeMdl(w[i].mdl);
	IoFreeMdl(iommu.mdl);
	dmv_posix_stop(p);
	return T_DONE();
}
