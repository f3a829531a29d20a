/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Private to dma-verifier: what its command line asks for, and where that is carried out. */
#ifndef DMA_VERIFIER_H
#define DMA_VERIFIER_H

#include <stdbool.h>
#include <stdint.h>

#include "settings.h"

enum option {
#define OPTION(id, ...) OPT_##id,
#include "dma_verifier.def"
#undef OPTION
	OPT_COUNT
};

struct command {
	bool set[OPT_COUNT];
	const char *value[OPT_COUNT];   /* of options with one argument */
	char **name[OPT_COUNT];         /* of those with several */
	unsigned names[OPT_COUNT];
	long pid;                       /* 0: none was named */
	double timeout;                 /* seconds */
};

/* dma_verifier.c */
/* "dma-verifier: ..." on stderr; false. */
bool complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* What the command changes in settings: those of a file, or those a process was asked for. */
bool apply(const struct command *c, struct settings *s);
/* Text of a stranger for a terminal: what is no printable character becomes '?'. */
const char *printable(char *text);

/* dma_verifier_file.c */
bool file_change(const struct command *c);
bool file_show(const struct command *c);

/* dma_verifier_process.c */
bool process_change(const struct command *c);
bool process_show(const struct command *c);
bool process_list(void);

#endif
