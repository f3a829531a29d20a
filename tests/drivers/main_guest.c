/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Runs one test driver in the bare-metal guest, on QEMU's edu device. The command line says which:
 * `driver=NAME`, and `mode=log` (record and go on; else the first error stops the machine) and
 * `verify=off`, and `freeze=N`: stop the machine after the device's Nth write, before the driver
 * can flush. `windows=yes` publishes what QEMU needs to write a Windows dump; `bugcheck=CODE,P1,P2,
 * P3,P4` does so too, lays that bugcheck down and ends. `fault=yes` makes the guest itself fail.
 * Ends with a STOP, a FAULT, or a line "guest: ...", and halts.
 */
#include "clock.h"
#include "driver.h"
#include "io.h"
#include "serial.h"
#include "verifier.h"
#include "windump.h"

#define REGISTERS 256u                  /* map registers, unless the driver wants another number */
#define SPLIT (DEVICE_TRANSFER_MAX < GUEST_EDU_MAX ? DEVICE_TRANSFER_MAX : GUEST_EDU_MAX)

void *memcpy(void *to, const void *from, size_t n);

struct run {
	struct guest *guest;
	struct guest_verifier verifier;
	const struct driver *driver;
	struct test_device device;
	DRIVER_OBJECT object;
	DEVICE_OBJECT pdo, fdo[2];
	WCHAR name[64];
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
	return guest_pages_take(&run.guest->pages, n, DEVICE_REACH);
}

void driver_pages_free(void *va, uint32_t n)
{
	guest_pages_give(&run.guest->pages, va, n);
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

/* "\Driver\name", as a kernel names it. */
static void name_object(struct run *r)
{
	const char *part[] = { "\\Driver\\", r->driver->name };
	size_t n = 0;

	for (size_t p = 0; p < 2; p++)
		for (const char *s = part[p]; *s && n < sizeof(r->name) / sizeof(*r->name); s++)
			r->name[n++] = (WCHAR)*s;
	r->object.DriverName.Length = (USHORT)(n * sizeof(WCHAR));
	r->object.DriverName.MaximumLength = r->object.DriverName.Length;
	r->object.DriverName.Buffer = r->name;
}

static void make_device(struct run *r)
{
	static const char *const name[] = { "edu0", "edu1" };

	r->pdo.DriverObject = &r->object;
	r->pdo.DmvName = "edu";
	for (size_t i = 0; i < 2; i++) {
		r->fdo[i].DriverObject = &r->object;
		r->fdo[i].DmvName = name[i];
		r->device.fdo[i] = &r->fdo[i];
	}
	r->object.DeviceObject = &r->fdo[0];
	r->device.pdo = &r->pdo;
	r->device.host = r;
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

static void start(struct run *r)
{
	enum dmv_abi_mode mode = option_is(r->guest, "mode", "log") ? DMV_ABI_MODE_LOG
								    : DMV_ABI_MODE_STOP;
	uint32_t wants = r->driver->flags, flags = 0, options = DMV_ABI_D_VERIFY;

	if (wants & DRIVER_STRICT)
		flags |= DMV_ABI_F_STRICT;
	if (wants & DRIVER_UNVERIFIED || option_is(r->guest, "verify", "off"))
		flags |= DMV_ABI_F_OFF;
	if (!(wants & DRIVER_NO_SHADOW))
		options |= DMV_ABI_D_SHADOW;
	if (guest_verifier_start(&r->verifier, r->guest, mode, flags,
				 r->driver->pool ? r->driver->pool : REGISTERS) != DMV_OK)
		end("no verifier", "");
	if (wdm_driver_load(&r->object, options, GUEST_HOOKED_MAX) != DMV_OK)
		end("no verifier: ", "the driver cannot be registered");
}

/* ---- what a Windows dump needs ---- */

#define UPTIME_NS (93784ull * 1000000000)       /* a day, two hours, three minutes, four seconds */

static uint64_t root(void)
{
	uint64_t v;

	__asm__ volatile("movq %%cr3, %0" : "=r"(v));
	return v;
}

static void publish_windows(const struct guest *g)
{
	const struct guest_windump w = {
		.root = root(), .direct = GUEST_DIRECT, .unix_ns = guest_clock_unix_ns(),
		.memory = g->pages.base + g->pages.count * GUEST_PAGE, .up_ns = UPTIME_NS,
		.comment = "the verifier's guest",
	};

	if (!guest_windump_publish(&w))
		end("no vmcoreinfo", "");
}

static const char *hex(const char *p, uint64_t *ret)
{
	*ret = 0;
	for (; *p && *p != ','; p++)
		*ret = *ret << 4 | (uint64_t)(*p <= '9' ? *p - '0' : (*p | 0x20) - 'a' + 10);
	return *p ? p + 1 : p;
}

/* CODE,P1,P2,P3,P4 in hex. */
static void given_bugcheck(const char *text)
{
	uint64_t code, p[4];

	text = hex(text, &code);
	for (size_t i = 0; i < 4; i++)
		text = hex(text, &p[i]);
	guest_windump_bugcheck((uint32_t)code, p);
	end("gave up: ", "by the bugcheck that was given");
}

/* Reads where nothing is mapped: what a fault looks like must be known before one happens. */
static void fault(void)
{
	(void)*(const volatile uint8_t *)(uintptr_t)(GUEST_DIRECT + ((uint64_t)1 << 40));
}

void guest_main(struct guest *g)
{
	struct run *r = &run;
	char name[64], bugcheck[96];
	bool given = guest_option(g, "bugcheck", bugcheck, sizeof(bugcheck));

	r->guest = g;
	if (option_is(g, "fault", "yes"))
		fault();
	if (given || option_is(g, "windows", "yes"))
		publish_windows(g);
	if (given)
		given_bugcheck(bugcheck);
	if (!g->edu_found)
		end("no device", "");
	if (!guest_option(g, "driver", name, sizeof(name)))
		end("no driver named", "");
	r->driver = driver_find(name);
	if (!r->driver)
		end("no such driver: ", name);
	r->bounce = guest_pages_take(&g->pages, 1, DEVICE_REACH);
	if (!r->bounce)
		end("no memory", "");
	r->freeze = option_number(g, "freeze");
	name_object(r);
	make_device(r);
	start(r);
	guest_say("guest: driver %s: %s\n", r->driver->name, r->driver->what);
	r->driver->run(&r->device);
	wdm_driver_unload(&r->object);
}
