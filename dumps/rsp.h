/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Private to dumps/: a client of the GDB remote serial protocol, for mem_gdb*.c. Packets in rsp.c,
 * the socket below them in rsp_link.c, the packets' spelling in rsp_code.c.
 *
 * The server is believed nothing: every reply is bounded, checksummed and may be garbage. Every
 * request ends within DMV_RSP_SECONDS, or when *stop becomes true. A server that went silent or
 * closed the connection is asked no more: each later request fails at once and says why.
 */
#ifndef DMV_RSP_H
#define DMV_RSP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

enum {
	DMV_RSP_SECONDS = 10,           /* from a request to the end of its reply */
	DMV_RSP_FRAME = 256 << 10,      /* bytes of one reply, repeats written out */
	DMV_RSP_REQUEST = 1024,         /* bytes of one request */
};

/* ---- the socket ---- */

struct dmv_link;

/* "HOST:PORT", "[V6]:PORT", "unix:/path" or "/path". Looking up a HOST that is no address takes as
 * long as the resolver does. */
enum dmv_code dmv_link_open(const char *where, const bool *stop, struct dmv_link **ret,
			    struct dmv_err *e);
/* Takes over a connected socket, on success only. */
enum dmv_code dmv_link_take(int fd, const bool *stop, struct dmv_link **ret, struct dmv_err *e);
void dmv_link_close(struct dmv_link *l);        /* NULL allowed */
void dmv_link_no_stop(struct dmv_link *l);
/* Starts the clock for what follows. */
void dmv_link_deadline(struct dmv_link *l, unsigned seconds);
enum dmv_code dmv_link_send(struct dmv_link *l, const void *buf, size_t n, struct dmv_err *e);
/* The next byte. STOPPED: *stop; SYSTEM: silent, closed or broken. */
enum dmv_code dmv_link_byte(struct dmv_link *l, uint8_t *ret, struct dmv_err *e);
/* The next bytes, as many as are at hand and at least one; borrowed until the next call. They are
 * there again until they are skipped. */
enum dmv_code dmv_link_peek(struct dmv_link *l, const uint8_t **ret, size_t *n, struct dmv_err *e);
void dmv_link_skip(struct dmv_link *l, size_t n);

/* ---- the spelling ---- */

/* "$body#cs" into out, which has room for n + 4 bytes; the number of bytes. The body must not need
 * escapes: requests are text. */
size_t dmv_rsp_frame(const char *body, size_t n, char *out);
uint8_t dmv_rsp_sum(const uint8_t *p, size_t n);
/* Writes out runs ("0* " is 0000). False: a run of nothing, of too many, or more than max bytes. */
bool dmv_rsp_expand(const uint8_t *p, size_t n, uint8_t *out, size_t max, size_t *ret);
/* Takes "}" escapes out in place. False: one at the very end. */
bool dmv_rsp_unescape(uint8_t *p, size_t *n);
/* Pairs of hexadecimal digits to bytes; out may be p. False: odd, or no digits. */
bool dmv_rsp_unhex(const uint8_t *p, size_t n, uint8_t *out);
int dmv_rsp_digit(uint8_t c);                   /* -1: none */
void dmv_rsp_hex(const void *p, size_t n, char *out);   /* 2n characters and a NUL */
/* Hexadecimal number at p; false: none, or more than 64 bits. *used may be NULL. */
bool dmv_rsp_number(const uint8_t *p, size_t n, uint64_t *ret, size_t *used);

/* ---- the conversation ---- */

struct dmv_rsp;

/* A reply, borrowed until the next request; a NUL follows its bytes. */
struct dmv_reply {
	uint8_t *p;
	size_t n;
};

/* Greets the server and settles what both can do. */
enum dmv_code dmv_rsp_open(struct dmv_link *l, struct dmv_rsp **ret, struct dmv_err *e);
void dmv_rsp_close(struct dmv_rsp *r);          /* and the link; NULL allowed */
/* Did the server announce "name+", or "name" with a value? */
bool dmv_rsp_offers(const struct dmv_rsp *r, const char *feature);
size_t dmv_rsp_packet_size(const struct dmv_rsp *r);
/* The server reported a stop by itself when we came: what it serves had been running. */
bool dmv_rsp_was_running(const struct dmv_rsp *r);
/* From now on: no stop flag, and so many seconds a request. For closing. */
void dmv_rsp_last(struct dmv_rsp *r, unsigned seconds);
/* NULL, or why the server will be asked no more. */
const char *dmv_rsp_dead(const struct dmv_rsp *r);

/* Sends one request and waits for its reply, which may be an error or empty ("unknown request"). */
enum dmv_code dmv_rsp_ask(struct dmv_rsp *r, struct dmv_reply *ret, struct dmv_err *e,
			  const char *fmt, ...) __attribute__((format(printf, 4, 5)));
bool dmv_reply_is(const struct dmv_reply *a, const char *text);
bool dmv_reply_is_error(const struct dmv_reply *a);     /* "E01", "E.text" */

/* What a monitor command prints, from malloc, NUL-terminated, at most `max` bytes. NOTFOUND: the
 * server has no monitor, or it refused. */
enum dmv_code dmv_rsp_monitor(struct dmv_rsp *r, const char *command, size_t max, char **ret,
			      struct dmv_err *e);
/* A whole qXfer object, from malloc, NUL-terminated. NOTFOUND: not offered, or refused; CORRUPT:
 * longer than max, or never ending. */
enum dmv_code dmv_rsp_object(struct dmv_rsp *r, const char *object, const char *annex, size_t max,
			     char **ret, size_t *n, struct dmv_err *e);

/* A file on the server's side, by vFile (gdbserver). NOTFOUND: not offered, or cannot be opened. */
enum dmv_code dmv_rsp_file_open(struct dmv_rsp *r, const char *path, int *ret, struct dmv_err *e);
/* *n of at most `max` bytes at off; 0: end of the file. */
enum dmv_code dmv_rsp_file_read(struct dmv_rsp *r, int fd, uint64_t off, uint8_t *buf, size_t max,
				size_t *n, struct dmv_err *e);
void dmv_rsp_file_close(struct dmv_rsp *r, int fd);

#endif
