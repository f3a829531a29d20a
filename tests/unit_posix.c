/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The posix port: region, registry, software device, threads, what a violation does, MDLs. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "port/posix/posix_int.h"
#include "t.h"

extern struct dmv_abi_anchor dmv_region_anchor;

static struct dmv_posix *start(enum dmv_abi_mode mode)
{
	struct dmv_posix_config c;
	struct dmv_posix *p = NULL;

	dmv_posix_defaults(&c);
	c.core.mode = mode;
	T_EQ(dmv_posix_start(&c, &p), DMV_OK, "start");
	return p;
}

static void test_region(void)
{
	struct dmv_posix *p = start(DMV_ABI_MODE_LOG);
	const struct dmv_abi_header *h = dmv_header(dmv_posix_verifier(p));
	uint64_t region_id = h->region_id;
	uint8_t none[16] = { 0 };

	T_CHECK(!memcmp(h->magic, DMV_ABI_MAGIC, 8), "region: magic");
	T_CHECK(!memcmp(dmv_region_anchor.magic, DMV_ABI_ANCHOR_MAGIC, 8),
		"region: the anchor counts");
	T_EQ(dmv_region_anchor.virt, (uintptr_t)h, "region: the anchor points to the header");
	T_EQ(h->pid, getpid(), "region: pid");
	T_CHECK(h->build_id_n > 0, "region: build-id of the program");
	T_CHECK(memcmp(h->boot_id, none, 16) != 0, "region: boot identity");
	T_CHECK(region_id != 0, "region: identity");
	T_CHECK(h->live[DMV_ABI_K_IMAGE] >= 1, "region: images");
	dmv_posix_stop(p);
	T_CHECK(memcmp(dmv_region_anchor.magic, DMV_ABI_ANCHOR_MAGIC, 8) != 0,
		"region: after the stop the anchor does not count");
	p = start(DMV_ABI_MODE_LOG);
	T_CHECK(dmv_header(dmv_posix_verifier(p))->region_id != region_id,
		"region: another identity");
	dmv_posix_stop(p);
}

/* What the kernel tells of physical pages must be what the region says. */
static void test_physical(void)
{
	struct dmv_posix_config c;
	struct dmv_posix *p = NULL;
	uint64_t pfn;
	char *page;

	dmv_posix_defaults(&c);
	c.physical = true;
	c.core.mode = DMV_ABI_MODE_LOG;
	T_EQ(dmv_posix_start(&c, &p), DMV_OK, "physical: start");
	if (!dmv_posix_physical(p)) {
		T_SKIP("physical", "/proc/self/pagemap hides page frames from us");
		dmv_posix_stop(p);
		return;
	}
	page = dmv_posix_pages(p, 1);
	T_CHECK(page && dmv_posix_frame(p, page, &pfn) && pfn != (uintptr_t)page / PAGE_SIZE,
		"physical: a frame is not its virtual page");
	T_CHECK(page && dmv_posix_bus_to_va(p, pfn * PAGE_SIZE + 5) == page + 5,
		"physical: and back");
	T_CHECK(dmv_header(dmv_posix_verifier(p))->phys != DMV_ABI_UNKNOWN,
		"physical: of the region");
	dmv_posix_pages_free(p, page, 1);
	dmv_posix_stop(p);
}

/* The first run with two pages side by side, or NULL. */
static const struct dmv_memory *pair(const struct memory *m)
{
	for (uint32_t i = 0; i < m->runs; i++)
		if (m->run[i].bytes >= 2 * PAGE)
			return &m->run[i];
	return NULL;
}

/* Two pages that lie side by side physically but not virtually become the region's beginning. */
static void test_head(void)
{
	const struct dmv_memory *two;
	struct dmv_memory first, second;
	struct memory m = { 0 };
	uint64_t phys;
	char *va;

	T_CHECK(memory_map(&m, 1 << 20, false, true, false), "head: map");
	two = pair(&m);
	if (!memory_phys(m.va, &phys) || !two) {
		T_SKIP("head", "physical addresses are hidden from us, or there are no neighbours");
		memory_unmap(&m);
		return;
	}
	va = two->va;
	va[0] = 1;
	va[PAGE] = 2;
	first = (struct dmv_memory){ .va = va, .phys = two->phys, .bytes = PAGE };
	second = (struct dmv_memory){ .va = va + PAGE, .phys = two->phys + PAGE, .bytes = PAGE };
	m.run[0] = second;
	m.run[1] = first;
	m.runs = 2;
	T_CHECK(memory_head(&m) && m.runs == 1, "head: of two pages");
	T_CHECK(m.run[0].phys == first.phys && m.run[0].bytes == 2 * PAGE, "head: is one run");
	T_CHECK(memory_phys((char *)m.run[0].va + PAGE, &phys) && phys == second.phys,
		"head: where it says");
	T_CHECK(((char *)m.run[0].va)[0] == 1 && ((char *)m.run[0].va)[PAGE] == 2,
		"head: keeps what was there");
	T_CHECK(va[0] == 0 && va[PAGE] == 0, "head: nobody gets the old place");
	memory_unmap(&m);
}

/* The kernel copies pinned pages for a child at once: the parent's stay where they are. */
static void test_pin(void)
{
	struct memory m = { 0 };
	uint64_t before, after;
	pid_t child;

	T_CHECK(memory_map(&m, PAGE, false, true, false), "pin: map");
	if (m.pin < 0 || !memory_phys(m.va, &before)) {
		T_SKIP("pin", "no io_uring, or physical addresses are hidden from us");
		memory_unmap(&m);
		return;
	}
	child = fork();
	if (!child) {
		pause();
		_exit(0);
	}
	*(volatile char *)m.va = 1;
	T_CHECK(memory_phys(m.va, &after) && after == before, "pin: stays through fork and write");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	memory_unmap(&m);
}

static void test_pages(void)
{
	struct dmv_posix *p = start(DMV_ABI_MODE_LOG);
	char *a = dmv_posix_pages(p, 3), *b = dmv_posix_pages(p, 2), *all;

	T_CHECK(a && b && !((uintptr_t)a % PAGE_SIZE), "pages: aligned");
	T_CHECK(b >= a + 3 * PAGE_SIZE || a >= b + 2 * PAGE_SIZE, "pages: apart");
	T_CHECK((uintptr_t)a < 0x10000000, "pages: below 256 MiB");
	T_CHECK(dmv_posix_bus_to_va(p, (uintptr_t)a + 0x2FFF) == a + 0x2FFF, "pages: registered");
	a[0] = 1;
	dmv_posix_pages_free(p, a, 3);
	T_CHECK(!dmv_posix_bus_to_va(p, (uintptr_t)a), "pages: forgotten");
	T_CHECK(dmv_posix_pages(p, 3) == a && a[0] == 0, "pages: taken again, zeroed");
	all = dmv_posix_pages(p, 1u << 20);
	T_CHECK(!all, "pages: none left");
	dmv_posix_stop(p);
}

/* More pages than the table's first size, in and out again. */
static void test_registry(void)
{
	enum { PAGES = 5000 };
	struct dmv_posix *p = start(DMV_ABI_MODE_LOG);
	char *m = mmap(NULL, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int good = 0;
	uint64_t pfn;

	for (int i = 0; i < PAGES; i++)
		good += dmv_posix_frame(p, m + i * PAGE_SIZE + 7, &pfn) &&
			pfn == ((uintptr_t)m + (uintptr_t)i * PAGE_SIZE) / PAGE_SIZE;
	T_EQ(good, PAGES, "registry: frames");
	good = 0;
	for (int i = 0; i < PAGES; i++)
		good += dmv_posix_bus_to_va(p, (uintptr_t)m + (uintptr_t)i * PAGE_SIZE + 9) ==
			m + i * PAGE_SIZE + 9;
	T_EQ(good, PAGES, "registry: found again");
	T_CHECK(!dmv_posix_bus_to_va(p, (uintptr_t)m - 1), "registry: a neighbour is unknown");
	munmap(m, PAGES * PAGE_SIZE);
	T_CHECK(!dmv_posix_frame(p, m, &pfn), "registry: no frame where no memory is");
	dmv_posix_stop(p);
}

static void test_device(void)
{
	struct dmv_posix *p = start(DMV_ABI_MODE_LOG);
	struct dmv_device *d = dmv_device_new(p);
	uint8_t *page = dmv_posix_pages(p, 2), *past, sink[64];
	struct dmv_device_command c = { .bus = (uintptr_t)page + 4090, .length = 12,
					.to_memory = true, .seed = 0xA0 };
	struct dmv_device_command two[2];

	T_EQ(dmv_device_run(d, &c), DMV_DEVICE_DONE, "device: write over a page boundary");
	T_CHECK(page[4089] == 0 && page[4090] == 0xA0 && page[4101] == 0xAB && page[4102] == 0,
		"device: exactly those bytes");
	c = (struct dmv_device_command){ .bus = (uintptr_t)page + 4092, .length = 4, .sink = sink };
	T_EQ(dmv_device_run(d, &c), DMV_DEVICE_DONE, "device: read");
	T_CHECK(sink[0] == 0xA2 && sink[3] == 0xA5, "device: what was written");
	/* Told a length that is too long it goes on until nobody answers. */
	c = (struct dmv_device_command){ .bus = (uintptr_t)page + 4096, .length = 1u << 30,
					 .to_memory = true };
	T_EQ(dmv_device_run(d, &c), DMV_DEVICE_BAD_ADDRESS, "device: overrun into the unknown");
	T_CHECK(c.fault == (uintptr_t)page + 8192 && c.moved == 4096,
		"device: says where it ended");
	c = (struct dmv_device_command){ .bus = 0x12345000, .length = 4, .to_memory = true };
	T_EQ(dmv_device_run(d, &c), DMV_DEVICE_BAD_ADDRESS, "device: an address nobody registered");
	/* Registered once, unmapped since: no crash. */
	past = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	T_CHECK(dmv_posix_frame(p, past, &c.fault), "device: a page of somebody else");
	munmap(past, PAGE_SIZE);
	c = (struct dmv_device_command){ .bus = (uintptr_t)past, .length = 4, .to_memory = true };
	T_EQ(dmv_device_run(d, &c), DMV_DEVICE_BAD_ADDRESS, "device: a page that went away");
	for (int i = 0; i < 2; i++) {
		two[i] = (struct dmv_device_command){ .bus = (uintptr_t)page, .length = 1,
						      .to_memory = true, .seed = (uint8_t)(i + 1) };
		dmv_device_submit(d, &two[i]);
	}
	T_CHECK(dmv_device_wait(d, &two[1]) == DMV_DEVICE_DONE && dmv_device_done(d, &two[0]) &&
		page[0] == 2, "device: in order");
	dmv_device_stop(d);
	T_EQ(dmv_device_run(d, &two[0]), DMV_DEVICE_STOPPED, "device: refuses after the stop");
	dmv_device_free(d);
	dmv_posix_stop(p);
}

static void *other_thread(void *arg)
{
	*(KIRQL *)arg = KeGetCurrentIrql();
	return NULL;
}

static void test_irql(void)
{
	struct dmv_posix *p = start(DMV_ABI_MODE_LOG);
	KIRQL old, other = 99;
	pthread_t t;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	T_CHECK(old == PASSIVE_LEVEL && KeGetCurrentIrql() == DISPATCH_LEVEL, "irql: raised");
	T_CHECK(!pthread_create(&t, NULL, other_thread, &other) && !pthread_join(t, NULL) &&
		other == PASSIVE_LEVEL, "irql: of this thread only");
	KeLowerIrql(old);
	T_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL, "irql: lowered");
	dmv_posix_stop(p);
}

/* ---- several threads, each a driver of its own adapter with the device between them ---- */

struct worker {
	struct dmv_posix *p;
	struct dmv_device *d;
	DEVICE_OBJECT device;
	PSCATTER_GATHER_LIST list;
	int good;
};

enum { WORKERS = 4, ROUNDS = 200 };

static VOID NTAPI keep_list(PDEVICE_OBJECT device, PIRP irp, PSCATTER_GATHER_LIST list,
			    PVOID context)
{
	(void)device, (void)irp;
	((struct worker *)context)->list = list;
}

static bool round_trip(struct worker *w, PDMA_ADAPTER a, PMDL mdl, uint8_t *page, uint8_t seed)
{
	struct dmv_device_command c = { .length = 256, .to_memory = true, .seed = seed };
	KIRQL irql;

	w->list = NULL;
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	a->DmaOperations->GetScatterGatherList(a, &w->device, mdl, page, 256, keep_list, w, FALSE);
	KeLowerIrql(irql);
	if (!w->list)
		return false;
	c.bus = (uint64_t)w->list->Elements[0].Address.QuadPart;
	if (dmv_device_run(w->d, &c) != DMV_DEVICE_DONE)
		return false;
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	a->DmaOperations->PutScatterGatherList(a, w->list, FALSE);
	KeLowerIrql(irql);
	return page[0] == seed && page[255] == (uint8_t)(seed + 255);
}

static void *worker(void *arg)
{
	struct worker *w = arg;
	DEVICE_DESCRIPTION dd = { .Master = TRUE, .ScatterGather = TRUE, .Dma32BitAddresses = TRUE,
				  .InterfaceType = PCIBus, .MaximumLength = 4 * PAGE_SIZE };
	uint8_t *page = dmv_posix_pages(w->p, 1);
	PMDL mdl = IoAllocateMdl(page, PAGE_SIZE, FALSE, FALSE, NULL);
	PDMA_ADAPTER a;
	ULONG n;

	MmBuildMdlForNonPagedPool(mdl);
	a = IoGetDmaAdapter(&w->device, &dd, &n);
	for (int i = 0; a && i < ROUNDS; i++)
		w->good += round_trip(w, a, mdl, page, (uint8_t)(i + 1));
	if (a)
		a->DmaOperations->PutDmaAdapter(a);
	IoFreeMdl(mdl);
	dmv_posix_pages_free(w->p, page, 1);
	return NULL;
}

static void test_threads(void)
{
	struct dmv_posix *p = start(DMV_ABI_MODE_LOG);
	struct dmv_device *d = dmv_device_new(p);
	DRIVER_OBJECT driver = { .DriverName = RTL_CONSTANT_STRING(u"\\Driver\\workers") };
	struct worker w[WORKERS];
	pthread_t t[WORKERS];
	int good = 0;

	T_EQ(wdm_driver_load(&driver, DMV_ABI_D_VERIFY | DMV_ABI_D_SHADOW, 0), DMV_OK,
	     "threads: load");
	for (int i = 0; i < WORKERS; i++) {
		w[i] = (struct worker){ .p = p, .d = d, .device = { .DriverObject = &driver } };
		if (pthread_create(&t[i], NULL, worker, &w[i]))
			exit(1);
	}
	for (int i = 0; i < WORKERS; i++) {
		pthread_join(t[i], NULL);
		good += w[i].good;
	}
	T_EQ(good, WORKERS * ROUNDS, "threads: each got its own data each time");
	wdm_driver_unload(&driver);
	T_EQ(dmv_header(dmv_posix_verifier(p))->violations, 0, "threads: nothing was violated");
	dmv_device_free(d);
	dmv_posix_stop(p);
}

static void test_mdl(void)
{
	struct dmv_posix *p = start(DMV_ABI_MODE_LOG);
	char *page = dmv_posix_pages(p, 2);
	IRP irp = { 0 };
	PMDL mdl = IoAllocateMdl(page + 0x10, 0x1000, FALSE, FALSE, &irp), part;
	PMDL second = IoAllocateMdl(page, 1, TRUE, FALSE, &irp);

	T_CHECK(irp.MdlAddress == mdl && mdl->Next == second && !second->Next,
		"mdl: chain of the IRP");
	T_CHECK(MmGetMdlVirtualAddress(mdl) == page + 0x10 && MmGetMdlByteCount(mdl) == 0x1000 &&
		MmGetMdlByteOffset(mdl) == 0x10, "mdl: describes the buffer");
	T_EQ(mdl->Size, sizeof(MDL) + 2 * sizeof(PFN_NUMBER), "mdl: size");
	T_CHECK(!MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority),
		"mdl: no address while unlocked");
	MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
	T_EQ(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_WRITE_OPERATION | MDL_MAPPED_TO_SYSTEM_VA),
	     MDL_PAGES_LOCKED | MDL_WRITE_OPERATION, "mdl: locked");
	T_EQ(MmGetMdlPfnArray(mdl)[1], ((uintptr_t)page >> PAGE_SHIFT) + 1, "mdl: frame numbers");
	T_CHECK(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority) == page + 0x10 &&
		mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA, "mdl: mapped");
	part = IoAllocateMdl(page + 0x1000, 8, FALSE, FALSE, NULL);
	IoBuildPartialMdl(mdl, part, page + 0x1000, 8);
	T_CHECK(part->MdlFlags & MDL_PARTIAL && MmGetMdlVirtualAddress(part) == page + 0x1000 &&
		part->ByteCount == 8 && MmGetMdlPfnArray(part)[0] == MmGetMdlPfnArray(mdl)[1] &&
		part->MappedSystemVa == page + 0x1000, "mdl: a part");
	IoFreeMdl(part);
	MmUnlockPages(mdl);
	T_EQ(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA), 0,
	     "mdl: unlocked, unmapped");
	IoFreeMdl(second);
	IoFreeMdl(mdl);
	mdl = IoAllocateMdl(page, 64u << 20, FALSE, FALSE, NULL);
	T_CHECK(mdl && mdl->Size == 0x7FF8, "mdl: 64 MiB");
	MmBuildMdlForNonPagedPool(mdl);
	T_CHECK(!(mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL), "mdl: not all of it is memory");
	IoFreeMdl(mdl);
	dmv_posix_stop(p);
}

static void test_name(void)
{
	UNICODE_STRING s = RTL_CONSTANT_STRING(u"\\Driver\\na\u00EFve\U0001F600"), bad;
	WCHAR half[] = { 'a', 0xD800, 'b', 0xDC00 };
	char out[32];

	T_CHECK(wdm_name(&s, out, sizeof(out)) == 10 && !strcmp(out, "na\u00EFve\U0001F600"),
		"name: UTF-8 of the last part");
	T_CHECK(wdm_name(&s, out, 4) == 2 && !strcmp(out, "na"), "name: no half characters");
	T_CHECK(wdm_name(&s, out, 1) == 0 && !*out, "name: no room");
	bad = (UNICODE_STRING){ sizeof(half), sizeof(half), half };
	T_CHECK(wdm_name(&bad, out, sizeof(out)) == 4 && !strcmp(out, "a?b?"), "name: no UTF-16");
}

/* A child that frees a common buffer it never had; returns its wait status and what it said. */
static int violate(enum dmv_abi_mode mode, char *said, size_t size)
{
	int out[2], status;
	size_t n = 0;
	ssize_t got;
	pid_t child;

	fflush(stdout);
	if (pipe(out))
		return -1;
	child = fork();
	if (!child) {
		struct dmv_posix_config c;
		struct dmv_posix *p;
		DMA_ADAPTER *none = NULL;

		dup2(out[1], 2);
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });      /* nobody reads this core */
		dmv_posix_defaults(&c);
		c.core.mode = mode;
		if (dmv_posix_start(&c, &p))
			_exit(9);
		DmvReferenceAdapter(none);
		_exit(dmv_header(dmv_posix_verifier(p))->violations == 1 ? 7 : 8);
	}
	close(out[1]);
	while ((got = read(out[0], said + n, size - 1 - n)) > 0)
		n += (size_t)got;
	said[n] = 0;
	close(out[0]);
	return waitpid(child, &status, 0) == child ? status : -1;
}

static void test_modes(void)
{
	char said[512];
	int status = violate(DMV_ABI_MODE_LOG, said, sizeof(said));

	T_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7 && !*said,
		"mode log: recorded, goes on");
	status = violate(DMV_ABI_MODE_BREAK, said, sizeof(said));
	T_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTRAP, "mode break: a breakpoint");
	status = violate(DMV_ABI_MODE_STOP, said, sizeof(said));
	T_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "mode stop: aborts");
	T_CHECKF(!strncmp(said, "*** STOP: 0x000000E6 (0x", 24) && strstr(said, "19,0x"),
		 "mode stop: says the quadruple", "said %s", said);
}

int main(void)
{
	test_region();
	test_physical();
	test_head();
	test_pin();
	test_pages();
	test_registry();
	test_device();
	test_irql();
	test_threads();
	test_mdl();
	test_name();
	test_modes();
	return T_DONE();
}
