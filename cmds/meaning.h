/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What a bugcheck and its parameters mean: the rules of core/dmv_violation.def, and the neighbours
 * of neighbour.def. What Microsoft never documented has no meaning here.
 */
#ifndef DMV_MEANING_H
#define DMV_MEANING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dmv_meaning {
	const char *rule;               /* name, NULL: no rule of ours */
	const char *title, *cause, *fix;
	const char *means[4];           /* of the parameters; NULL: unused */
	const char *calls;              /* which routine finds it; NULL: unknown */
	bool warning;
	bool dma;                       /* it is about DMA */
};

enum { DMV_ALL_PARAMETERS = 0xF };

/* Of the parameters in `known` (bit i: p[i]). false: no row says what this is, or the word that
 * would select one is not known. */
bool dmv_meaning_of(uint32_t code, const uint64_t p[4], unsigned known, struct dmv_meaning *ret);

/* "DRIVER_VERIFIER_DMA_VIOLATION" of a code, NULL if it is no neighbour either. */
const char *dmv_bugcheck_name(uint32_t code);
/* And back; n characters. */
bool dmv_bugcheck_named(const char *name, size_t n, uint32_t *code);
/* It is about DMA, though it may be a rule that nobody documented. */
bool dmv_bugcheck_is_dma(uint32_t code, const uint64_t p[4], unsigned known);
/* The parameter that is not known and would say which rule it is, 1 or 2; 0: there is none. */
unsigned dmv_meaning_lacks(uint32_t code, const uint64_t p[4], unsigned known);
/* A P1 of 0xE6 that exists and was never documented. */
bool dmv_bugcheck_undocumented(uint32_t code, uint64_t p1);

/* A value in words, where its meaning says that it has some: an IRQL, flags. NULL: it has none. */
const char *dmv_value_words(const char *means, uint64_t v, char *buf, size_t size);

/* Routines that find a rule's violation, NULL: none is known. */
const char *dmv_rule_calls(uint32_t id);

#endif
