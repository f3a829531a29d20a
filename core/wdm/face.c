/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Binding: which verifier and which host the routines mean; and drivers. */
#include "face.h"

/* WDM's routines name no machine, so this pair has to stand somewhere. */
static struct {
	struct dmv *verifier;
	const struct wdm_host *host;
} bound;

void wdm_bind(struct dmv *v, const struct wdm_host *h)
{
	bound.verifier = v;
	bound.host = h;
}

struct dmv *wdm_verifier(void)
{
	return bound.verifier;
}

const struct wdm_host *wdm_host(void)
{
	return bound.host;
}

/* ---- drivers ---- */

int wdm_driver_load(PDRIVER_OBJECT d, uint32_t options, uint32_t hook_quota)
{
	char name[64];
	uint32_t number;
	int err;

	wdm_name(&d->DriverName, name, sizeof(name));
	err = dmv_driver_load(bound.verifier, name, (uintptr_t)d->DriverStart, d->DriverSize,
			      options, hook_quota, &number);
	if (!err)
		d->DmvNumber = number + 1;
	return err;
}

void wdm_driver_unload(PDRIVER_OBJECT d)
{
	if (d->DmvNumber)
		dmv_driver_unload(bound.verifier, d->DmvNumber - 1, CALLER);
	wdm_run_waiting();
	d->DmvNumber = 0;
}
