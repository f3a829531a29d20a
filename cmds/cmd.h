/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Commands as hosts see them: a session, a line in, characters out, an exit code back. A host
 * passes lines on and knows no command; cmds.c holds the one table of commands.
 */
#ifndef DMV_CMD_H
#define DMV_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "facts.h"
#include "finding.h"
#include "mem.h"
#include "names.h"
#include "out.h"

enum dmv_arg_type {
	DMV_ARG_NUMBER = 1,     /* hexadecimal; 0n10 is decimal */
	DMV_ARG_ADAPTER,        /* address or name of an adapter, device or driver; 0 is allowed */
	DMV_ARG_ADDR,           /* the same, or an address of anything else */
	DMV_ARG_COMMAND,        /* name of a command */
	DMV_ARG_FILE,           /* name of a file */
	DMV_ARG_REST,           /* the rest of the line as it is */
	DMV_ARG_FLAG,           /* an option without a value */
};

/* Name begins with '-': an option, else its place in the line counts. */
struct dmv_arg {
	const char *name;
	enum dmv_arg_type type;
	bool required;
	const char *help;
};

enum { DMV_ARGS = 8 };

struct dmv_value {
	bool set;
	uint64_t num;
	const char *word;       /* as typed; borrowed for the duration of the command */
};

struct dmv_argv {
	struct dmv_value v[DMV_ARGS];   /* in the order of the command's args */
};

/* Everything a command works with. There are no globals. */
struct dmv_ses {
	struct dmv_mem *mem;            /* NULL: no target, only what needs none works */
	struct dmv_names *names;
	struct dmv_facts_opts opts;
	struct dmv_facts facts;
	struct dmv_out *out;
	struct dmv_err err;             /* of the last line */
	const bool *stop;               /* set by the host on ^C; may be NULL */
	const char *target;             /* as the user gave it */
	const char *paste;              /* pasted text that is the target; NULL: it is none */
	size_t npaste;
	bool loaded;                    /* facts were looked for */
	struct dmv_err load_err;        /* code OK: and found */
	struct dmv_err region_err;      /* code OK: among them is a region */
	size_t load_notes;              /* notes that loading made; those behind are verify's */
	bool found;                     /* the line found something wrong: exit 1 */
	bool used_facts;                /* the line looked at facts: their notes are said */
	bool needs_verify;              /* the line asked for a comparison of bytes */
	uint32_t topics;                /* what the answer rests on; if lost: exit 4 */
	bool hints;                     /* the host wants a line on what to type next */
	struct {                        /* and this line's answer gives it: */
		uint64_t adapter, object;       /* DMV_NO_ADDR: none */
		bool wrong;                     /* something is, though that is no exit 1 */
	} about;
};

/* Names of callers, drivers and devices, as every table shows them. */
#define DMV_TOPICS_NAMES (DMV_TOPIC(DMV_K_SITE) | DMV_TOPIC(DMV_K_STRING) | \
			  DMV_TOPIC(DMV_K_IMAGE) | DMV_TOPIC(DMV_K_DRIVER) | \
			  DMV_TOPIC(DMV_K_ADAPTER))
/* Everything that can be live. */
#define DMV_TOPICS_OBJECTS (DMV_TOPICS_NAMES | DMV_TOPIC(DMV_K_FILE) | DMV_TOPIC(DMV_K_REGISTER) | \
			    DMV_TOPIC(DMV_K_LIST) | DMV_TOPIC(DMV_K_BUFFER) | \
			    DMV_TOPIC(DMV_K_VECTOR) | DMV_TOPIC(DMV_K_CHANNEL) | \
			    DMV_TOPIC(DMV_K_MAPPING))
/* What tells a finding from an operation in progress, or from a bugcheck's doing. */
#define DMV_TOPICS_JUDGE (DMV_TOPIC(DMV_K_VIOLATION) | DMV_TOPIC(DMV_K_CPU))

struct dmv_cmd {
	const char *name;
	const char *summary;            /* one line */
	const char *help;               /* description, in lines of at most 76 characters */
	const char *examples;           /* one a line: command, two blanks, what it does */
	const struct dmv_arg *args;     /* ends with a NULL name; NULL: none */
	/* What to type next, ", " between them; NULL: nothing. ? in front: if something is wrong;
	 * {a}, {o}: adapter, object the answer is about (dmv_about). */
	const char *next;
	bool needs_facts;
	bool needs_books;               /* of them, a region or what a kernel keeps of mappings */
	bool needs_region;              /* of them, those of a region: the verifier's books */
	uint32_t topics;                /* DMV_TOPIC...: tables that every answer of it rests on */
	enum dmv_code (*run)(struct dmv_ses *s, const struct dmv_argv *av);
};

/* Commands in the order of `help`; ends with NULL. */
extern const struct dmv_cmd *const dmv_cmds[];

/* Runs one line and returns the exit code: 0 fine, 1 findings, 2 usage, 3 nothing about DMA,
 * 4 bytes that were needed are damaged or missing. s->err says why for 2, 3 and 4. */
int dmv_run(struct dmv_ses *s, const char *line);

/* Of two exit codes the one that tells more: 2, 3, 4, then 1, then 0. */
int dmv_worse(int a, int b);

/* Calls fn for each completion of `prefix`, the word that starts at line[at]. */
void dmv_complete(struct dmv_ses *s, const char *line, size_t at, const char *prefix,
		  void (*fn)(void *ctx, const char *word), void *ctx);
/* Whether the word that follows this beginning of a line names a file, which dmv_complete leaves to
 * the host. */
bool dmv_wants_file(const char *head);

/* ---- for commands ---- */

/* Hexadecimal with or without 0x and back-quotes, 0n10 decimal. */
bool dmv_number(const char *word, uint64_t *ret);

/* Finds the facts of the target, once. Commands with needs_facts need not call it. */
enum dmv_code dmv_need_facts(struct dmv_ses *s);
/* The same for what a region or a kernel's own books tell. */
enum dmv_code dmv_need_books(struct dmv_ses *s);
/* The same for what only a region tells. */
enum dmv_code dmv_need_region(struct dmv_ses *s);

/* Index of the adapter that `v` names; a word that is number and name is refused. */
enum dmv_code dmv_find_adapter(struct dmv_ses *s, const struct dmv_value *v, uint32_t *ret);

/* A word that is an address of anything (*adapter is DMV_NO_INDEX) or the name of an adapter. */
enum dmv_code dmv_find_addr(struct dmv_ses *s, const struct dmv_value *v, uint64_t *addr,
			    uint32_t *adapter);

/* Compares the bytes of the dump once; the result is in the facts. */
enum dmv_code dmv_verify(struct dmv_ses *s);
/* Compares, judges, and says each finding of the classes in `what`. STOPPED: fn returned false. */
enum dmv_code dmv_verify_findings(struct dmv_ses *s, unsigned what, dmv_finding_fn *fn, void *ctx);

/* What the answer is about, addresses or DMV_NO_ADDR; the first call of a line counts. */
void dmv_about(struct dmv_ses *s, uint64_t adapter, uint64_t object);
/* Says what may be typed behind an answer to `line`. */
void dmv_hint_say(struct dmv_ses *s, const struct dmv_cmd *c, const char *line);

/* Where there are several regions: the line that begins what is said of one. */
void dmv_region_head(struct dmv_ses *s, uint32_t region);
/* MEMORY, and s->err says so. */
enum dmv_code dmv_no_memory(struct dmv_ses *s);

bool dmv_stopped(const struct dmv_ses *s);

/* Synopsis of a command: "leaks [-a] [ADDR]"; returns buf. */
const char *dmv_synopsis(const struct dmv_cmd *c, char *buf, size_t size);
const struct dmv_cmd *dmv_cmd_find(const char *name, size_t n);
/* USAGE: there is no such command (as typed, with ! or .), and which one may have been meant. */
enum dmv_code dmv_no_command(const char *name, struct dmv_err *e);

extern const struct dmv_cmd dmv_cmd_dma, dmv_cmd_leaks, dmv_cmd_violations, dmv_cmd_events,
	dmv_cmd_log, dmv_cmd_bugcheck, dmv_cmd_analyze, dmv_cmd_check, dmv_cmd_stale, dmv_cmd_who,
	dmv_cmd_bounce, dmv_cmd_summary, dmv_cmd_region, dmv_cmd_target, dmv_cmd_save,
	dmv_cmd_help;

#endif
