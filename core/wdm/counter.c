/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* KeQueryPerformanceCounter: the host's counter, judged on its way to the driver. */
#include "face.h"

LARGE_INTEGER NTAPI KeQueryPerformanceCounter(OUT PLARGE_INTEGER PerformanceFrequency OPTIONAL)
{
	struct dmv *v = wdm_verifier();
	LARGE_INTEGER ret;

	if (PerformanceFrequency)
		PerformanceFrequency->QuadPart = (LONGLONG)dmv_counter_hz(v);
	ret.QuadPart = (LONGLONG)dmv_counter(v, CALLER);
	return ret;
}
