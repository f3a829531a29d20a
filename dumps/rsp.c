/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A conversation in the GDB remote serial protocol: request, acknowledgements while they are on,
 * reply. Damaged replies are asked for again a few times; a request that ^C interrupted leaves its
 * reply on the way, which the next request throws away first.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rsp.h"

enum {
	TRIES = 3,                      /* of one request or reply before the line counts as bad */
	PACKET_DEFAULT = 400,           /* what gdb takes if the server does not say */
	PACKET_LEAST = 64,
	FILE_CHUNK = 4 << 10,
	PIECES = 1 << 10,               /* of one object: a server may give it by bytes */
};

struct dmv_rsp {
	struct dmv_link *link;
	bool no_ack, was_running;
	bool in_frame;                  /* stopped in the middle of a reply */
	bool owed, owed_output;         /* a reply, output of the monitor is still to come */
	unsigned seconds;
	size_t packet;
	char *features;
	char dead[200];
	size_t nsent;
	char sent[DMV_RSP_REQUEST + 4];
	uint8_t raw[DMV_RSP_FRAME], body[DMV_RSP_FRAME + 1];
};

bool dmv_reply_is(const struct dmv_reply *a, const char *text)
{
	return a->n == strlen(text) && !memcmp(a->p, text, a->n);
}

bool dmv_reply_is_error(const struct dmv_reply *a)
{
	if (a->n == 3 && a->p[0] == 'E')
		return dmv_rsp_digit(a->p[1]) >= 0 && dmv_rsp_digit(a->p[2]) >= 0;
	return a->n >= 2 && a->p[0] == 'E' && a->p[1] == '.';
}

const char *dmv_rsp_dead(const struct dmv_rsp *r)
{
	return r->dead[0] ? r->dead : NULL;
}

bool dmv_rsp_was_running(const struct dmv_rsp *r)
{
	return r->was_running;
}

size_t dmv_rsp_packet_size(const struct dmv_rsp *r)
{
	return r->packet;
}

/* Nothing more can be had from a server that said this, or said nothing. */
static enum dmv_code give_up(struct dmv_rsp *r, enum dmv_code code, struct dmv_err *e)
{
	if (code == DMV_E_SYSTEM)
		snprintf(r->dead, sizeof(r->dead), "%.190s", e->msg);
	return code;
}

/* ---- one reply ---- */

/* The value of `#cs`; false: no digits. */
static enum dmv_code read_sum(struct dmv_rsp *r, int *ret, struct dmv_err *e)
{
	uint8_t c[2] = { 0 };
	enum dmv_code code = dmv_link_byte(r->link, &c[0], e);

	if (!code)
		code = dmv_link_byte(r->link, &c[1], e);
	*ret = dmv_rsp_digit(c[0]) < 0 || dmv_rsp_digit(c[1]) < 0 ?
		       -1 : dmv_rsp_digit(c[0]) << 4 | dmv_rsp_digit(c[1]);
	return code;
}

/* How many bytes stand before the '#' that ends a packet or the '$' that begins another. */
static size_t up_to_mark(const uint8_t *p, size_t n)
{
	const uint8_t *end = memchr(p, '#', n), *again;

	n = end ? (size_t)(end - p) : n;
	again = memchr(p, '$', n);
	return again ? (size_t)(again - p) : n;
}

/* From behind the '$' to the checksum. *n: bytes in raw. */
static enum dmv_code read_body(struct dmv_rsp *r, size_t *n, int *sum, struct dmv_err *e)
{
	const uint8_t *p;
	size_t some, k;

	r->in_frame = true;
	for (*n = 0;; ) {
		enum dmv_code code = dmv_link_peek(r->link, &p, &some, e);

		if (code)
			return code;
		k = up_to_mark(p, some);
		if (k > sizeof(r->raw) - *n)
			return dmv_fail(e, DMV_E_SYSTEM,
					"the server sends a reply longer than %d bytes",
					DMV_RSP_FRAME);
		memcpy(r->raw + *n, p, k);
		*n += k;
		dmv_link_skip(r->link, k < some ? k + 1 : k);
		if (k == some)
			continue;
		if (p[k] == '#')
			return read_sum(r, sum, e);
		*n = 0;                 /* the one before was cut off */
	}
}

/* Not in the middle of a monitor's output: that would run the command again. */
static enum dmv_code resend(struct dmv_rsp *r, unsigned *tries, struct dmv_err *e)
{
	if (++*tries > TRIES || !r->nsent)
		return dmv_fail(e, DMV_E_SYSTEM, "the line is bad: %u damaged packets in a row",
				*tries);
	return dmv_link_send(r->link, r->sent, r->nsent, e);
}

/* Skips to the '$' of a reply. Notifications ("%...#cs") are not for us. */
static enum dmv_code find_start(struct dmv_rsp *r, unsigned *tries, struct dmv_err *e)
{
	size_t junk = 0;

	for (;;) {
		uint8_t c;
		enum dmv_code code = dmv_link_byte(r->link, &c, e);

		if (!code && c == '-' && !r->no_ack)
			code = resend(r, tries, e);
		if (code || c == '$')
			return code;
		if (++junk > DMV_RSP_FRAME)
			return dmv_fail(e, DMV_E_SYSTEM,
					"the server does not speak the GDB remote protocol: %zu "
					"bytes without a packet",
					junk);
	}
}

/* Bad checksum: with acknowledgements the server sends it again, without we ask again. */
static enum dmv_code damaged(struct dmv_rsp *r, unsigned *tries, struct dmv_err *e)
{
	if (r->no_ack)
		return resend(r, tries, e);
	if (++*tries > TRIES)
		return dmv_fail(e, DMV_E_SYSTEM, "the line is bad: %d replies in a row with a "
				"wrong checksum", TRIES);
	return dmv_link_send(r->link, "-", 1, e);
}

static enum dmv_code receive(struct dmv_rsp *r, struct dmv_reply *ret, struct dmv_err *e)
{
	enum dmv_code code;
	unsigned tries = 0;
	size_t n = 0;
	int sum = 0;

	for (;;) {
		code = find_start(r, &tries, e);
		if (!code)
			code = read_body(r, &n, &sum, e);
		if (code)
			return code;
		r->in_frame = false;
		if (sum == dmv_rsp_sum(r->raw, n))
			break;
		code = damaged(r, &tries, e);
		if (code)
			return code;
	}
	if (!r->no_ack)
		code = dmv_link_send(r->link, "+", 1, e);
	ret->p = r->body;
	if (!code && !dmv_rsp_expand(r->raw, n, r->body, DMV_RSP_FRAME, &ret->n))
		code = dmv_fail(e, DMV_E_SYSTEM,
				"the server's reply has a run of bytes that cannot be");
	if (!code)
		r->body[ret->n] = 0;
	return code;
}

static bool is_output(const struct dmv_reply *a)
{
	return a->n && a->p[0] == 'O' && !dmv_reply_is(a, "OK");
}

/* What an interrupted request left on the way. */
static enum dmv_code drain(struct dmv_rsp *r, struct dmv_err *e)
{
	struct dmv_reply a;

	while (r->owed) {
		enum dmv_code code = receive(r, &a, e);

		if (code)
			return code;
		r->owed = r->owed_output && is_output(&a);
	}
	r->owed_output = false;
	return DMV_E_OK;
}

/* After an error the reply may still come, unless its beginning was read: the rest is then skipped
 * as what is no packet. */
static enum dmv_code take(struct dmv_rsp *r, bool output, struct dmv_reply *ret, struct dmv_err *e)
{
	enum dmv_code code = receive(r, ret, e);

	r->owed = code && (output || !r->in_frame);
	r->owed_output = code && output;
	r->in_frame = false;
	return give_up(r, code, e);
}

void dmv_rsp_last(struct dmv_rsp *r, unsigned seconds)
{
	r->seconds = seconds;
	dmv_link_no_stop(r->link);
}

static enum dmv_code ask(struct dmv_rsp *r, const char *request, int n, struct dmv_err *e)
{
	enum dmv_code code;

	if (r->dead[0])
		return dmv_fail(e, DMV_E_SYSTEM, "%s", r->dead);
	if (n < 0 || n >= DMV_RSP_REQUEST)
		return dmv_fail(e, DMV_E_USAGE, "a request of %d bytes is too long", n);
	dmv_link_deadline(r->link, r->seconds);
	code = drain(r, e);
	if (code)
		return give_up(r, code, e);
	r->nsent = dmv_rsp_frame(request, (size_t)n, r->sent);
	return give_up(r, dmv_link_send(r->link, r->sent, r->nsent, e), e);
}

enum dmv_code dmv_rsp_ask(struct dmv_rsp *r, struct dmv_reply *ret, struct dmv_err *e,
			  const char *fmt, ...)
{
	char request[DMV_RSP_REQUEST];
	struct dmv_err own;
	enum dmv_code code;
	va_list ap;
	int n;

	if (!e)
		e = &own;
	va_start(ap, fmt);
	n = vsnprintf(request, sizeof(request), fmt, ap);
	va_end(ap);
	code = ask(r, request, n, e);
	return code ? code : take(r, false, ret, e);
}

/* ---- start and end ---- */

bool dmv_rsp_offers(const struct dmv_rsp *r, const char *feature)
{
	size_t n = strlen(feature);

	for (const char *p = r->features; p && *p; p += *p == ';') {
		if (!strncmp(p, feature, n) && (p[n] == '+' || p[n] == '='))
			return true;
		p += strcspn(p, ";");
	}
	return false;
}

static void set_packet_size(struct dmv_rsp *r)
{
	const char *p = strstr(r->features, "PacketSize=");
	uint64_t v = 0;

	r->packet = PACKET_DEFAULT;
	if (!p || !dmv_rsp_number((const uint8_t *)p + 11, strlen(p + 11), &v, NULL))
		return;
	r->packet = v < PACKET_LEAST ? PACKET_LEAST : v > DMV_RSP_FRAME ? DMV_RSP_FRAME : (size_t)v;
}

/* "T05...", "S05": QEMU before 8.1 sends one by itself when a connection stops a running guest. */
static bool is_stop(const struct dmv_reply *a)
{
	return a->n >= 3 && (a->p[0] == 'T' || a->p[0] == 'S') && dmv_rsp_digit(a->p[1]) >= 0 &&
	       dmv_rsp_digit(a->p[2]) >= 0;
}

static enum dmv_code greet(struct dmv_rsp *r, struct dmv_err *e)
{
	struct dmv_reply a;
	enum dmv_code code = dmv_link_send(r->link, "+", 1, e);

	if (!code)
		code = dmv_rsp_ask(r, &a, e, "qSupported");
	if (!code && is_stop(&a)) {
		r->was_running = true;
		code = take(r, false, &a, e);
	}
	if (code)
		return code;
	r->features = strndup((char *)a.p, a.n);
	if (!r->features)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	set_packet_size(r);
	if (!dmv_rsp_offers(r, "QStartNoAckMode"))
		return DMV_E_OK;
	code = dmv_rsp_ask(r, &a, e, "QStartNoAckMode");
	r->no_ack = !code && dmv_reply_is(&a, "OK");
	return code;
}

enum dmv_code dmv_rsp_open(struct dmv_link *l, struct dmv_rsp **ret, struct dmv_err *e)
{
	struct dmv_rsp *r = calloc(1, sizeof(*r));
	enum dmv_code code;

	if (!r) {
		dmv_link_close(l);
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	}
	r->link = l;
	r->seconds = DMV_RSP_SECONDS;
	code = greet(r, e);
	if (code) {
		dmv_rsp_close(r);
		return code;
	}
	*ret = r;
	return DMV_E_OK;
}

void dmv_rsp_close(struct dmv_rsp *r)
{
	if (!r)
		return;
	dmv_link_close(r->link);
	free(r->features);
	free(r);
}

/* ---- longer answers ---- */

/* Adds n bytes to the text at *p and a NUL; max is checked by the caller. */
static bool append(char **p, size_t *have, const void *more, size_t n)
{
	char *q = realloc(*p, *have + n + 1);

	if (!q)
		return false;
	memcpy(q + *have, more, n);
	*have += n;
	q[*have] = 0;
	*p = q;
	return true;
}

/* One packet of a monitor's answer. *ret grows by it. */
static enum dmv_code take_output(struct dmv_rsp *r, struct dmv_reply *a, size_t max, char **ret,
				 size_t *have, struct dmv_err *e)
{
	size_t n = (a->n - 1) / 2;

	if (!dmv_rsp_unhex(a->p + 1, a->n - 1, a->p))
		return dmv_fail(e, DMV_E_CORRUPT, "the monitor's output is no hexadecimal text");
	r->owed = r->owed_output = true;        /* if it ends here */
	r->nsent = 0;
	if (n > max - *have)
		return dmv_fail(e, DMV_E_CORRUPT, "the monitor's output is longer than %zu bytes",
				max);
	if (!append(ret, have, a->p, n))
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	return DMV_E_OK;
}

static enum dmv_code gather_output(struct dmv_rsp *r, size_t max, char **ret, struct dmv_err *e)
{
	struct dmv_reply a;
	size_t have = 0;

	for (;;) {
		enum dmv_code code = take(r, true, &a, e);

		if (!code && is_output(&a))
			code = take_output(r, &a, max, ret, &have, e);
		else if (!code && !dmv_reply_is(&a, "OK"))
			code = dmv_fail(e, DMV_E_NOTFOUND, a.n ? "the monitor refused" :
					"the server has no monitor");
		else if (!code)
			return have || append(ret, &have, "", 0) ? DMV_E_OK :
				dmv_fail(e, DMV_E_MEMORY, "out of memory");
		if (code)
			return code;
	}
}

enum dmv_code dmv_rsp_monitor(struct dmv_rsp *r, const char *command, size_t max, char **ret,
			      struct dmv_err *e)
{
	char hex[DMV_RSP_REQUEST], request[DMV_RSP_REQUEST];
	struct dmv_err own;
	char *text = NULL;
	enum dmv_code code;

	if (!e)
		e = &own;
	if (2 * strlen(command) >= sizeof(hex))
		return dmv_fail(e, DMV_E_USAGE, "the command is too long");
	dmv_rsp_hex(command, strlen(command), hex);
	code = ask(r, request, snprintf(request, sizeof(request), "qRcmd,%s", hex), e);
	if (!code)
		code = gather_output(r, max, &text, e);
	if (code)
		free(text);
	else
		*ret = text;
	return code;
}

/* One piece of an object. *last: there is no more. */
static enum dmv_code take_piece(struct dmv_reply *a, size_t max, char **ret, size_t *have,
				bool *last, struct dmv_err *e)
{
	size_t n = a->n ? a->n - 1 : 0;

	if (!a->n || dmv_reply_is_error(a))
		return dmv_fail(e, DMV_E_NOTFOUND, "the server does not give it");
	*last = a->p[0] == 'l';
	if ((a->p[0] != 'm' && !*last) || !dmv_rsp_unescape(a->p + 1, &n) || (!n && !*last))
		return dmv_fail(e, DMV_E_CORRUPT, "the server's answer is malformed");
	if (n > max - *have)
		return dmv_fail(e, DMV_E_CORRUPT, "it is longer than %zu bytes", max);
	return append(ret, have, a->p + 1, n) ? DMV_E_OK :
						dmv_fail(e, DMV_E_MEMORY, "out of memory");
}

enum dmv_code dmv_rsp_object(struct dmv_rsp *r, const char *object, const char *annex, size_t max,
			     char **ret, size_t *n, struct dmv_err *e)
{
	size_t chunk = r->packet > FILE_CHUNK ? FILE_CHUNK : r->packet - 4, have = 0;
	enum dmv_code code = DMV_E_OK;
	bool last = false;
	char *text = NULL;
	char feature[64];

	snprintf(feature, sizeof(feature), "qXfer:%s:read", object);
	if (!dmv_rsp_offers(r, feature))
		return dmv_fail(e, DMV_E_NOTFOUND, "the server does not offer it");
	for (unsigned i = 0; !last && !code; i++) {
		struct dmv_reply a;

		code = i < PIECES ? dmv_rsp_ask(r, &a, e, "%s:%s:%zx,%zx", feature, annex, have,
						   chunk) :
			dmv_fail(e, DMV_E_CORRUPT, "%s does not end", feature);
		if (!code)
			code = take_piece(&a, max, &text, &have, &last, e);
	}
	if (code) {
		free(text);
		return code;
	}
	*ret = text;
	*n = have;
	return DMV_E_OK;
}

/* ---- files on the server's side ---- */

/* "F<result>[,errno][;data]"; *data points behind the ';' or is NULL. False: malformed. */
static bool parse_file_reply(struct dmv_reply *a, int64_t *result, uint8_t **data, size_t *n)
{
	bool minus = a->n > 1 && a->p[1] == '-';
	size_t used = 0, at = 1 + minus;
	uint64_t v;

	if (a->n <= at || a->p[0] != 'F' || !dmv_rsp_number(a->p + at, a->n - at, &v, &used) ||
	    v > INT32_MAX)
		return false;
	*result = minus ? -(int64_t)v : (int64_t)v;
	at += used;
	*data = at < a->n && a->p[at] == ';' ? a->p + at + 1 : NULL;
	*n = *data ? a->n - at - 1 : 0;
	return true;
}

enum dmv_code dmv_rsp_file_open(struct dmv_rsp *r, const char *path, int *ret, struct dmv_err *e)
{
	char hex[DMV_RSP_REQUEST];
	struct dmv_reply a;
	enum dmv_code code;
	int64_t fd;
	uint8_t *data;
	size_t n;

	if (2 * strlen(path) >= sizeof(hex) - 32)
		return dmv_fail(e, DMV_E_USAGE, "the path is too long");
	dmv_rsp_hex(path, strlen(path), hex);
	code = dmv_rsp_ask(r, &a, e, "vFile:open:%s,0,0", hex);
	if (code)
		return code;
	if (!parse_file_reply(&a, &fd, &data, &n) || fd < 0)
		return dmv_fail(e, DMV_E_NOTFOUND, "the server does not open %.100s", path);
	*ret = (int)fd;
	return DMV_E_OK;
}

enum dmv_code dmv_rsp_file_read(struct dmv_rsp *r, int fd, uint64_t off, uint8_t *buf, size_t max,
				size_t *n, struct dmv_err *e)
{
	size_t chunk = r->packet > FILE_CHUNK + 64 ? FILE_CHUNK : r->packet / 2;
	struct dmv_reply a;
	enum dmv_code code;
	int64_t result;
	uint8_t *data;

	if (chunk > max)
		chunk = max;
	code = dmv_rsp_ask(r, &a, e, "vFile:pread:%x,%zx,%" PRIx64, (unsigned)fd, chunk, off);
	if (code)
		return code;
	if (!parse_file_reply(&a, &result, &data, n) || result < 0 || !data ||
	    !dmv_rsp_unescape(data, n) || *n > max || *n != (size_t)result)
		return dmv_fail(e, DMV_E_CORRUPT, "the server's answer to a read of a file is "
				"malformed");
	memcpy(buf, data, *n);
	return DMV_E_OK;
}

void dmv_rsp_file_close(struct dmv_rsp *r, int fd)
{
	struct dmv_reply a;

	dmv_rsp_ask(r, &a, NULL, "vFile:close:%x", (unsigned)fd);
}
