/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Runs one test driver in the bare-metal guest, on QEMU's edu device. The command line says which:
 * `driver=NAME`, and `mode=log` (record and go on; else the first error stops the machine) and
 * `verify=off`, and `freeze=N`: stop the machine after the device's Nth write, before the driver
 * can flush. `iommu=yes` puts an IOMMU before the device. `fault=yes` makes the guest itself fail.
 * Ends with a STOP, a FAULT, or a line "guest: ...", and halts.
 */
#include "cpu.h"
#include "host.h"
#include "serial.h"
#include "verifier.h"

#define REGISTERS 256u                  /* map registers, unless the driver wants another number */
#define SPLIT (DEVICE_TRANSFER_MAX < GUEST_EDU_MAX ? DEVICE_TRANSFER_MAX : GUEST_EDU_MAX)

void *memcpy(void *to, const void *from, size_t n);

struct run {
	struct guest *guest;
	struct guest_verifier verifier;
	struct driver_host host;
	uint8_t *bounce;                /* the device's data on their way from and to the driver */
	bool stopped;
	uint32_t writes, freeze;
};

static struct run run;                  /* the seam's driver_pages() names no machine */

static _Noreturn void end(const char *what, const char *why)
{
	guest_say("guest: %s%s\n", what, why);
	guest_halt();
}

static void transferred(int result)
{
	if (result != GUEST_EDU_OK)
		end("no transfer: ",
		    result == GUEST_EDU_STUCK ? "the device hangs" : "out of its reach");
}

/* What the handler of its interrupt would do. */
static void refused(struct run *r)
{
	struct guest *g = r->guest;
	uint64_t address;
	uint32_t reason;

	while (g->iommu_fault && g->iommu_fault(g, &address, &reason)) {
		dmv_iommu_fault(r->verifier.dmv, &(struct dmv_iommu_fault){
			.device = (uintptr_t)r->host.device.pdo, .address = address,
			.reason = reason });
		dmv_iommu_report(r->verifier.dmv);
	}
}

/* Into the device first, then from there to where it is told: the second half goes wrong. */
void device_write(struct test_device *dev, uint64_t bus, const void *bytes, uint32_t length)
{
	struct run *r = dev->host;

	if (r->stopped)
		return;
	if (length > SPLIT)
		end("no transfer: ", "longer than the device can");
	memcpy(r->bounce, bytes, length);
	transferred(guest_edu_fetch(&r->guest->edu, guest_phys(r->bounce), length));
	transferred(guest_edu_store(&r->guest->edu, bus, length));
	refused(r);
	if (++r->writes == r->freeze)
		end("gave up: ", "frozen after a transfer");
}

void device_read(struct test_device *dev, uint64_t bus, void *bytes, uint32_t length)
{
	struct run *r = dev->host;

	if (r->stopped)
		return;
	if (length > SPLIT)
		end("no transfer: ", "longer than the device can");
	transferred(guest_edu_fetch(&r->guest->edu, bus, length));
	refused(r);
	transferred(guest_edu_store(&r->guest->edu, guest_phys(r->bounce), length));
	memcpy(bytes, r->bounce, length);
}

/* Transfers end before the calls above return, so none is under way. */
void device_stop(struct test_device *dev)
{
	((struct run *)dev->host)->stopped = true;
}

void *driver_pages(uint32_t n)
{
	return guest_pages_take(&run.guest->pages, n, GUEST_PAGES_LIMIT);
}

void driver_pages_free(void *va, uint32_t n)
{
	guest_pages_give(&run.guest->pages, va, n);
}

void driver_watchdog(struct test_device *dev)
{
	const struct run *r = dev->host;

	dmv_check_all(r->verifier.dmv, (uintptr_t)__builtin_return_address(0));
}

void driver_log(const char *line)
{
	guest_say("driver: %s\n", line);
}

/* What a watchdog does: look at every guard once more, then let the machine be dumped as it is. */
void driver_give_up(struct test_device *dev, const char *why)
{
	struct run *r = dev->host;

	dmv_check_all(r->verifier.dmv, (uintptr_t)__builtin_return_address(0));
	end("gave up: ", why);
}

static bool option_is(const struct guest *g, const char *key, const char *want)
{
	char value[16];
	size_t i = 0;

	if (!guest_option(g, key, value, sizeof(value)))
		return false;
	while (want[i] && value[i] == want[i])
		i++;
	return value[i] == want[i];
}

static uint32_t option_number(const struct guest *g, const char *key)
{
	char value[10];
	uint32_t n = 0;

	if (!guest_option(g, key, value, sizeof(value)))
		return 0;
	for (const char *p = value; *p >= '0' && *p <= '9'; p++)
		n = n * 10 + (uint32_t)(*p - '0');
	return n;
}

static void set_reach(struct test_device *dev, uint64_t bus, bool mapped)
{
	struct guest *g = ((struct run *)dev->host)->guest;

	g->iommu_reach(g, bus, mapped);
}

static const struct test_simulator hardware = { .reach = set_reach };

static void give_disk(struct run *r)
{
	static struct test_disk disk;
	const struct guest_disk *d = r->guest->disk;

	if (!d)
		return;
	disk = (struct test_disk){ d->line, d->sector, d->transfer };
	r->host.device.disk = &disk;
}

static void start(struct run *r)
{
	const struct driver *d = r->host.driver;
	enum dmv_abi_mode mode = option_is(r->guest, "mode", "log") ? DMV_ABI_MODE_LOG
								    : DMV_ABI_MODE_STOP;
	uint32_t flags = driver_host_flags(d, !option_is(r->guest, "verify", "off"));

	if (guest_verifier_start(&r->verifier, r->guest, mode, flags,
				 d->pool ? d->pool : REGISTERS) != DMV_OK)
		end("no verifier", "");
	if (r->guest->iommu_reach)
		r->host.device.simulator = &hardware;
	if (d->flags & DRIVER_STALE)
		dmv_set_stale(r->verifier.dmv, 1);
	if (driver_host_load(&r->host, GUEST_HOOKED_MAX) != DMV_OK)
		end("no verifier: ", "the driver cannot be registered");
}

/* Reads where nothing is mapped: what a fault looks like must be known before one happens. */
static void fault(void)
{
	(void)*(const volatile uint8_t *)(uintptr_t)(GUEST_DIRECT + ((uint64_t)1 << 40));
}

void guest_main(struct guest *g)
{
	static const char *const names[] = { "edu", "edu0", "edu1" };
	struct run *r = &run;
	const struct driver *d;
	char name[64];

	r->guest = g;
	if (option_is(g, "fault", "yes"))
		fault();
	if (!g->edu_found)
		end("no device", "");
	if (!guest_option(g, "driver", name, sizeof(name)))
		end("no driver named", "");
	d = driver_find(name);
	if (!d)
		end("no such driver: ", name);
	r->bounce = guest_pages_take(&g->pages, 1, GUEST_PAGES_LIMIT);
	if (!r->bounce)
		end("no memory", "");
	r->freeze = option_number(g, "freeze");
	driver_host_init(&r->host, d, names, r);
	give_disk(r);
	start(r);
	guest_say("guest: driver %s: %s\n", d->name, d->what);
	d->run(&r->host.device);
	wdm_driver_unload(&r->host.object);
}
