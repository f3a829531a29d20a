/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What may stand behind a command at the prompt: `| PROGRAM`, `> FILE`, `>> FILE`. */
#ifndef DMV_TAIL_H
#define DMV_TAIL_H

#include "line.h"

enum dmv_tail_kind { DMV_TAIL_NONE, DMV_TAIL_PIPE, DMV_TAIL_FILE, DMV_TAIL_APPEND };

struct dmv_tail {
	enum dmv_tail_kind kind;
	size_t head;            /* characters of the line that are the command's */
	const char *rest;       /* in the line, behind the sign and its blanks; NULL: NONE */
};

/* Where the command ends. A sign in double quotes, behind # or in pasted text is none. */
void dmv_tail_find(const char *line, struct dmv_tail *ret);

/* The one word that names a file: double quotes hold it together, ~/ is the home. `sign` is what
 * stands before it, for the message. */
enum dmv_code dmv_tail_file(const char *rest, const char *sign, char *path, size_t size,
			    struct dmv_err *e);

#endif
