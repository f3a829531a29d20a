/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A test driver's object and devices, and how it wants to be run. */
#include "host.h"

static void name_object(struct driver_host *h)
{
	const char *const part[] = { "\\Driver\\", h->driver->name };
	size_t n = 0;

	for (size_t p = 0; p < 2; p++)
		for (const char *s = part[p]; *s && n < sizeof(h->name) / sizeof(*h->name); s++)
			h->name[n++] = (WCHAR)*s;
	h->object.DriverName.Length = (USHORT)(n * sizeof(WCHAR));
	h->object.DriverName.MaximumLength = h->object.DriverName.Length;
	h->object.DriverName.Buffer = h->name;
}

void driver_host_init(struct driver_host *h, const struct driver *d, const char *const names[3],
		      void *host)
{
	h->driver = d;
	name_object(h);
	h->pdo.DriverObject = &h->object;
	h->pdo.DmvName = names[0];
	for (size_t i = 0; i < 2; i++) {
		h->fdo[i].DriverObject = &h->object;
		h->fdo[i].DmvName = names[1 + i];
		h->device.fdo[i] = &h->fdo[i];
	}
	h->object.DeviceObject = &h->fdo[0];
	h->device.pdo = &h->pdo;
	h->device.host = host;
}

uint32_t driver_host_flags(const struct driver *d, bool verify)
{
	uint32_t flags = 0;

	if (d->flags & DRIVER_STRICT)
		flags |= DMV_ABI_F_STRICT;
	if ((d->flags & DRIVER_UNVERIFIED) || !verify)
		flags |= DMV_ABI_F_OFF;
	return flags;
}

/* ---- the part of the seam that is the same in all hosts ---- */

static struct driver_host *host_of(struct test_device *dev)
{
	return (struct driver_host *)(void *)((char *)dev - offsetof(struct driver_host, device));
}

static void set(struct driver_host *h)
{
	dmv_driver_set(wdm_verifier(), h->object.DmvNumber - 1, &h->options, 0);
}

void driver_options(struct test_device *dev, uint32_t options)
{
	struct driver_host *h = host_of(dev);

	h->options.options = options;
	set(h);
}

void driver_faults(struct test_device *dev, uint32_t kinds, uint32_t every, uint32_t after,
		   uint32_t times)
{
	struct driver_host *h = host_of(dev);

	h->options.fault = (struct dmv_fault){ kinds, every, after, times };
	set(h);
}

bool driver_scan(uint32_t pages)
{
	return dmv_scan(wdm_verifier(), pages, (uintptr_t)__builtin_return_address(0));
}

/* ---- registering it ---- */

int driver_host_load(struct driver_host *h, uint32_t quota)
{
	h->options.options = DMV_ABI_D_VERIFY;
	h->options.hook_quota = quota;
	if (!(h->driver->flags & DRIVER_NO_SHADOW))
		h->options.options |= DMV_ABI_D_SHADOW;
	return wdm_driver_load(&h->object, h->options.options, quota);
}
