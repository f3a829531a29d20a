/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What a batch run needs of the file system, gathered before the sandbox closes: the files of the
 * command line, those a target leads to, and where its commands will write.
 */
#ifndef DMV_CONFINE_H
#define DMV_CONFINE_H

#include "mem.h"
#include "sandbox.h"

/* Zeroed before use. A path that memory is short for is left out: opening it will fail. */
struct dmv_confine {
	struct dmv_sandbox box;
	char **read, **write;
	size_t nread;
	unsigned depth;                 /* of files of lines that name others */
	bool closed;                    /* the first wall stands */
};

void dmv_confine_read(struct dmv_confine *c, const char *path);
/* A line that will be run, and a file of such lines (unless it is no plain file). */
void dmv_confine_line(struct dmv_confine *c, const char *line);
void dmv_confine_lines(struct dmv_confine *c, const char *path);
/* Programs and images that the target names; `target` is its path. */
void dmv_confine_target(struct dmv_confine *c, const struct dmv_mem *m, const char *target);
void dmv_confine_free(struct dmv_confine *c);

#endif
