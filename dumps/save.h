/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A small file of a large target: the bytes that the answers about DMA rest on, as an ELF core that
 * opens like any other. What those bytes are nobody has to list: the facts are read once more, and
 * what the source is asked for meanwhile is what goes into the file.
 */
#ifndef DMV_SAVE_H
#define DMV_SAVE_H

#include "facts.h"

struct dmv_save_opts {
	/* Leaves out the memory of buffers and shadows, and blanks what the region itself keeps of
	 * their bytes. Names, addresses and call stacks stay. */
	bool redact;
	const bool *stop;               /* set by a signal handler; may be NULL */
};

struct dmv_saved {
	uint64_t bytes;                 /* of the file */
	uint64_t memory;                /* of the target, in it */
	uint64_t lost;                  /* pages that were needed and cannot be read */
	size_t regions;
};

/*
 * Writes the regions of f, which were found in m, to a new file; n are the target's names. SYSTEM:
 * the file exists, or cannot be written; nothing is left of it then. m is read only.
 */
enum dmv_code dmv_save(struct dmv_mem *m, struct dmv_names *n, const struct dmv_facts *f,
		       const char *path, const struct dmv_save_opts *o, struct dmv_saved *ret,
		       struct dmv_err *e);

#endif
