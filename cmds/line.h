/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A line of commands: its words, its command, and the arguments by the command's table. */
#ifndef DMV_LINE_H
#define DMV_LINE_H

#include "cmd.h"

enum { DMV_LINE = 4096, DMV_WORDS = DMV_LINE / 2 };     /* no line has more */

struct dmv_words {
	char text[DMV_LINE];                /* the words, each with its end */
	const char *word[DMV_WORDS];
	size_t at[DMV_WORDS];               /* where each begins in the line */
	unsigned n;
};

/* Blanks part words, double quotes hold them together, # starts a comment. What a command takes as
 * it is (DMV_ARG_REST) is one word. */
enum dmv_code dmv_line_split(const char *line, struct dmv_words *w, struct dmv_err *e);

/* The command of a line that has words, and the index of its first argument; NULL: none. */
const struct dmv_cmd *dmv_line_command(const struct dmv_words *w, unsigned *args);

/* The words from `from` on, as the table of the command wants them. */
enum dmv_code dmv_line_parse(const struct dmv_cmd *c, const char *line, const struct dmv_words *w,
			     unsigned from, struct dmv_argv *av, struct dmv_err *e);

#endif
