/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Where the characters of an answer go: standard output, a pager once they are more than a screen,
 * a program of the shell, a file. Programs are started, and files emptied, when the first
 * characters come: what is refused leaves both alone.
 */
#ifndef DMV_WAY_H
#define DMV_WAY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "err.h"

enum dmv_way_kind { DMV_WAY_OUT, DMV_WAY_PAGER, DMV_WAY_PIPE, DMV_WAY_FILE };

/* Names of files. */
struct dmv_named {
	const char *const *name;        /* NULL among them count as no name */
	size_t n;
	const struct dmv_named *next;   /* and more of them */
};

struct dmv_way {
	enum dmv_way_kind kind;
	const char *to;         /* the program, the file; borrowed */
	int fd, out;            /* `out`: of the program */
	pid_t pid;
	bool begun;             /* characters went there */
	bool append, color;
	int lost;               /* errno that kept characters from it; EPIPE: it wants no more */
	char *held;             /* pager: the answer, while it may fit on the screen */
	size_t nheld, room, at; /* `at`: how many of them are counted */
	unsigned lines, column, rows, columns;
};

void dmv_way_out(struct dmv_way *w);
/* `color`: the answer has some. */
void dmv_way_pager(struct dmv_way *w, const char *program, bool color);
/* `out`: where the program writes; -1: that is lost. */
void dmv_way_pipe(struct dmv_way *w, const char *program, int out);
/* Opens the file, which must be none that this process reads: those it has open, and those that are
 * named and may be closed by now. */
enum dmv_code dmv_way_file(struct dmv_way *w, const char *path, bool append,
			   const struct dmv_named *named, struct dmv_err *e);

/* false: there is no use in more. */
bool dmv_way_write(struct dmv_way *w, const char *buf, size_t n);
/* Begins it, for a program whose output it takes; its descriptor, or -1. */
int dmv_way_fd(struct dmv_way *w);
/* Ends it and waits for the program; `answered`: there was an answer, though it may be empty.
 * Returns how the program ended, as waitpid has it; 0: well, or there was none. */
int dmv_way_end(struct dmv_way *w, bool answered);

/* A command of the shell (NULL: a shell to type to) with that standard output; how it ended, as
 * waitpid has it, or -1 and errno. */
int dmv_way_shell(const char *command, int out);

#endif
