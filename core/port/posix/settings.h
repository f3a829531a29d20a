/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Settings as text, one a line, and as a request in a control block. For the port, which reads them
 * from a file at its start, and for dma-verifier, which writes that file and commands processes
 * that run. dma-verifier(8) says what the lines mean.
 */
#ifndef DMV_POSIX_SETTINGS_H
#define DMV_POSIX_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dmv_abi.h"

#define SETTINGS_ENV "DMA_VERIFIER_SETTINGS"    /* a file, or "" for none */
#define SETTINGS_FILE "/etc/dma-verifier.conf"  /* where it says nothing */
#define SETTINGS_MEMFD "dma-verifier-control"   /* name of the memory with the control block */
#define SETTINGS_ROWS 64u
#define SETTINGS_TEXT 65536u                    /* bytes that a file may have */
#define SETTINGS_VERIFY (DMV_ABI_D_VERIFY | DMV_ABI_D_SHADOW)   /* what `driver NAME` means */

struct settings {
	struct dmv_abi_control head;            /* its asked fields only */
	struct dmv_abi_control_driver row[SETTINGS_ROWS];
	bool scan;                              /* the two below were said */
	uint32_t scan_pages, scan_ms;
};

struct settings_error {
	unsigned line;                          /* from 1; 0: none */
	char text[200];
};

/* Nothing is asked for. */
void settings_init(struct settings *s);
/* All lines of a file, or one line as a command says it. false: what is wrong, and s is spoilt. */
bool settings_parse(struct settings *s, const char *text, struct settings_error *e);
/* The text that settings_parse makes the same of. Returns its length; more than size: cut. */
size_t settings_text(const struct settings *s, char *buf, size_t size);

/* The row of a driver, made if `make`. NULL: there is none, or no room. */
struct dmv_abi_control_driver *settings_driver(struct settings *s, const char *name, bool make);
void settings_driver_remove(struct settings *s, const char *name);
/* Words as in the file: "off", "log" ... of rule NAME. false: no such rule, or no such word. */
bool settings_rule(struct settings *s, const char *name, const char *word);
/* A rule's name by its id, or NULL. */
const char *settings_rule_name(uint32_t id);

/*
 * A control block that somebody else may write to at any time: how long its parts are is read once,
 * checked, and kept here.
 */
struct settings_block {
	struct dmv_abi_control *b;
	uint32_t asked_rows, state_offset, state_rows;
};

/* NULL, or why the memory is no control block that can be written to. */
const char *settings_block(struct settings_block *x, void *va, size_t bytes);
/*
 * Writes what is asked, as a whole request; nobody else commands meanwhile. false: there is no room
 * for so many drivers. *sequence: what `answered` will be.
 */
bool settings_ask(const struct settings_block *x, const struct settings *s, uint32_t *sequence);
/* What was asked last, whatever its `fields` say. */
void settings_asked(const struct settings_block *x, struct settings *s);
/* State row i, with a name that ends. */
struct dmv_abi_control_state settings_state(const struct settings_block *x, uint32_t i);

#endif
