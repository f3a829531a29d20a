/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Lines about DMA that Linux logs: faults of an IOMMU (DMAR of Intel, AMD-Vi), what dma-debug
 * (DMA-API) says of a driver, maps that fail for want of room or reach.
 */
#ifndef DMV_PASTE_LINUX_H
#define DMV_PASTE_LINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DMV_LINUX_SEEN = 200 };  /* different ones; what is the same is counted */

struct dmv_linux_line {
	const char *source;             /* key: "vt-d", "amd-vi", "dma-debug", ... */
	uint32_t line, count;           /* line of the first, how many are the same but for addr */
	char device[32], driver[32];    /* "0000:03:00.0"; empty: the line does not say */
	const char *access;             /* "read", "write", "interrupt"; NULL: not known */
	uint64_t low, high;             /* least and greatest address; UINT64_MAX: none */
	uint64_t code;                  /* fault reason or event; UINT64_MAX: none, or unknown */
	const char *name;               /* of an event; NULL */
	const char *title, *cause, *fix; /* NULL: a code or message that is not known */
};

struct dmv_linux_lines {
	struct dmv_linux_line *line;    /* in the order of the text */
	size_t n, left_off;
};

/* Finds the lines in a plain text. false: no memory. */
bool dmv_linux_find(const char *text, struct dmv_linux_lines *ret);

#endif
