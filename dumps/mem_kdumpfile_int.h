/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What we and the child that runs libkdumpfile say to each other. mem_kdumpfile.c is the child and
 * all that calls the library, mem_kdumpfile_ask.c asks it, mem_kdumpfile_src.c makes a source of
 * it.
 *
 *   we <-- socket: ask, answer; shared memory: bytes --> worker, forked from --> keeper
 *
 * The keeper opens the dump once and forks a worker, which answers. When the worker dies, the
 * keeper says by which signal and forks the next one from its own untouched state: a bad page costs
 * one fork. Both end when our end of the socket closes; alarm() ends a worker that hangs even when
 * we are gone. What comes back is checked like any other input.
 */
#ifndef DMV_MEM_KDUMPFILE_INT_H
#define DMV_MEM_KDUMPFILE_INT_H

#include <sys/types.h>

#include "mem_int.h"

enum {
	DMV_KD_DATA_BYTES = 256 << 10,
	DMV_KD_OPEN_SECONDS = 30,
	DMV_KD_ASK_SECONDS = 20,
};

enum dmv_kd_op { DMV_KD_READ = 1, DMV_KD_RANGES, DMV_KD_VMCOREINFO };
enum dmv_kd_outcome { DMV_KD_DONE, DMV_KD_ABSENT, DMV_KD_DAMAGED, DMV_KD_DIED };

struct dmv_kd_ask {
	uint32_t op, n;
	uint64_t at;                    /* address, or first page of the ranges */
};

struct dmv_kd_answer {
	uint32_t outcome;
	int32_t sig;                    /* DMV_KD_DIED: by this */
	uint32_t n;                     /* ranges, bytes of text */
	uint32_t more;
	uint64_t next;                  /* DMV_KD_RANGES: where to go on */
	char text[160];
};

/* What the keeper found when it opened the dump. */
struct dmv_kd_info {
	uint64_t page;
	uint64_t ptr_bytes;
	uint32_t order_known, big_endian;
	char arch[16], format[64];
};

struct dmv_kd_shared {
	volatile uint64_t done;         /* good bytes so far: still true after a death */
	struct dmv_kd_info info;
	_Alignas(4096) uint8_t data[DMV_KD_DATA_BYTES];
};

/* ---- mem_kdumpfile.c ---- */

struct dmv_kd_child {
	int sock, dump;
	struct dmv_kd_shared *sh;
	const char *arch; /* from the header, for dumps whose uts name is incomplete */
	void *ctx;                      /* the library's */
};

/* The child from its first instruction on. */
_Noreturn void dmv_kd_child_main(struct dmv_kd_child *c);

/* A status of wait(): the signal that the process died by, 0: by none. */
int dmv_kd_signal_of(int status);

/* ---- mem_kdumpfile_ask.c ---- */

/* Our side of the child. */
struct dmv_kd {
	struct dmv_kd_shared *sh;
	int dump;                       /* file descriptor, borrowed */
	bool known; /* by its first bytes: what the library refuses is damaged */
	char arch[16];
	int sock;                       /* -1: no child */
	pid_t keeper;
	unsigned deaths, starts;
	int last_signal;
};

enum dmv_code dmv_kd_start(struct dmv_kd *k, struct dmv_err *e);
void dmv_kd_stop(struct dmv_kd *k);

/* One question and its answer, in a child that is there or is started; addr is for messages. */
enum dmv_code dmv_kd_question(struct dmv_kd *k, const struct dmv_kd_ask *q, uint64_t addr,
			      struct dmv_kd_answer *a, struct dmv_err *e);

/* First byte of a read of n at addr that did not come; the child's word for it is held in
 * bounds. */
uint64_t dmv_kd_first_bad(const struct dmv_kd *k, uint64_t addr, size_t n);

/* Text of the child, made harmless in its place. */
void dmv_kd_clean(char *s, size_t n);

#endif
