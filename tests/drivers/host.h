/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What the hosts of the test drivers share (main_posix.c, main_guest.c): the driver's object, its
 * devices, and how the driver wants to be run.
 */
#ifndef DRIVER_HOST_H
#define DRIVER_HOST_H

#include "driver.h"
#include "wdm_host.h"

struct driver_host {
	const struct driver *driver;
	struct test_device device;      /* for the driver's run() */
	DRIVER_OBJECT object;
	DEVICE_OBJECT pdo, fdo[2];
	WCHAR name[80];
	struct dmv_driver_options options;      /* as they were set last */
};

/*
 * Makes the object "\Driver\NAME", as a kernel names it, and its devices, called names[0], and
 * names[1] and [2] for the functions. `host` is what the host's routines find in the device.
 * Nothing may move afterwards: the parts point to each other.
 */
void driver_host_init(struct driver_host *h, const struct driver *d, const char *const names[3],
		      void *host);

/* DMV_ABI_F_* for the verifier that this driver is to be run under. */
uint32_t driver_host_flags(const struct driver *d, bool verify);

/* Registers it with the verifier. quota: 0 is the configured one. As dmv_driver_load. */
int driver_host_load(struct driver_host *h, uint32_t quota);

#endif
