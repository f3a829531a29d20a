/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The socket below the GDB remote protocol: never blocks longer than its deadline, looks at the
 * host's stop flag several times a second, and raises no SIGPIPE.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "rsp.h"

enum {
	SLICE_MS = 100,                 /* how late ^C may be noticed */
	BUFFER = 16 << 10,
	HOST_MAX = 256,
};

struct dmv_link {
	int fd;
	const bool *stop;
	int64_t deadline;               /* milliseconds of the monotonic clock */
	unsigned seconds;
	size_t at, n;                   /* unread part of buf */
	uint8_t buf[BUFFER];
};

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void dmv_link_deadline(struct dmv_link *l, unsigned seconds)
{
	l->seconds = seconds;
	l->deadline = now() + (int64_t)seconds * 1000;
}

void dmv_link_no_stop(struct dmv_link *l)
{
	l->stop = NULL;
}

static enum dmv_code wait_for(struct dmv_link *l, short events, struct dmv_err *e)
{
	for (;;) {
		struct pollfd p = { .fd = l->fd, .events = events };
		int64_t left = l->deadline - now();
		int k;

		if (l->stop && *(const volatile bool *)l->stop)
			return dmv_fail(e, DMV_E_STOPPED, "stopped");
		if (left <= 0)
			return dmv_fail(e, DMV_E_SYSTEM,
					"the server gave no whole answer in %u seconds",
					l->seconds);
		k = poll(&p, 1, left < SLICE_MS ? (int)left : SLICE_MS);
		if (k > 0)
			return DMV_E_OK;
		if (k < 0 && errno != EINTR)
			return dmv_fail(e, DMV_E_SYSTEM, "poll: %s", strerror(errno));
	}
}

enum dmv_code dmv_link_send(struct dmv_link *l, const void *buf, size_t n, struct dmv_err *e)
{
	const char *p = buf;

	while (n) {
		ssize_t k = send(l->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		enum dmv_code code = DMV_E_OK;

		if (k < 0 && (errno == EAGAIN || errno == EINTR))
			code = wait_for(l, POLLOUT, e);
		else if (k < 0)
			return dmv_fail(e, DMV_E_SYSTEM, "the server went away: %s",
					strerror(errno));
		if (code)
			return code;
		p += k > 0 ? k : 0;
		n -= k > 0 ? (size_t)k : 0;
	}
	return DMV_E_OK;
}

static enum dmv_code fill(struct dmv_link *l, struct dmv_err *e)
{
	for (;;) {
		/* Waits first: a server that never stops talking must not outrun the clock. */
		enum dmv_code code = wait_for(l, POLLIN, e);
		ssize_t k;

		if (code)
			return code;
		k = recv(l->fd, l->buf, sizeof(l->buf), MSG_DONTWAIT);
		if (k > 0) {
			l->at = 0;
			l->n = (size_t)k;
			return DMV_E_OK;
		}
		if (!k)
			return dmv_fail(e, DMV_E_SYSTEM, "the server closed the connection");
		if (errno != EAGAIN && errno != EINTR)
			return dmv_fail(e, DMV_E_SYSTEM, "the connection broke: %s",
					strerror(errno));
	}
}

enum dmv_code dmv_link_byte(struct dmv_link *l, uint8_t *ret, struct dmv_err *e)
{
	enum dmv_code code = l->at < l->n ? DMV_E_OK : fill(l, e);

	if (!code)
		*ret = l->buf[l->at++];
	return code;
}

enum dmv_code dmv_link_peek(struct dmv_link *l, const uint8_t **ret, size_t *n, struct dmv_err *e)
{
	enum dmv_code code = l->at < l->n ? DMV_E_OK : fill(l, e);

	if (!code) {
		*ret = l->buf + l->at;
		*n = l->n - l->at;
	}
	return code;
}

void dmv_link_skip(struct dmv_link *l, size_t n)
{
	l->at += n;
}

enum dmv_code dmv_link_take(int fd, const bool *stop, struct dmv_link **ret, struct dmv_err *e)
{
	struct dmv_link *l = calloc(1, sizeof(*l));

	if (!l)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	l->fd = fd;
	l->stop = stop;
	dmv_link_deadline(l, DMV_RSP_SECONDS);
	*ret = l;
	return DMV_E_OK;
}

void dmv_link_close(struct dmv_link *l)
{
	if (!l)
		return;
	close(l->fd);
	free(l);
}

/* Connects within the deadline. *ret is open on success only. */
static enum dmv_code connect_to(int family, const struct sockaddr *sa, socklen_t n,
				const bool *stop, struct dmv_link **ret, struct dmv_err *e)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
	socklen_t len = sizeof(int);
	enum dmv_code code;
	int error = 0;

	if (fd < 0)
		return dmv_fail(e, DMV_E_SYSTEM, "socket: %s", strerror(errno));
	code = dmv_link_take(fd, stop, ret, e);
	if (code) {
		close(fd);
		return code;
	}
	if (connect(fd, sa, n))
		error = errno;
	if (error == EINPROGRESS) {
		code = wait_for(*ret, POLLOUT, e);
		if (!code && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len))
			error = errno;
	}
	if (!code && error)
		code = dmv_fail(e, DMV_E_SYSTEM, "cannot connect: %s%s", strerror(error),
				error == ECONNREFUSED ? " (nobody listens there)" : "");
	if (code)
		dmv_link_close(*ret);
	else if (family != AF_UNIX)     /* requests are small and wait for each other */
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return code;
}

static enum dmv_code open_unix(const char *path, const bool *stop, struct dmv_link **ret,
			       struct dmv_err *e)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(sa.sun_path))
		return dmv_fail(e, DMV_E_USAGE, "the path of a socket has %zu characters at most",
				sizeof(sa.sun_path) - 1);
	strcpy(sa.sun_path, path);
	return connect_to(AF_UNIX, (struct sockaddr *)&sa, sizeof(sa), stop, ret, e);
}

/* "HOST:PORT" or "[V6]:PORT" into host, which has HOST_MAX bytes; the port, or NULL. */
static const char *split(const char *where, char *host)
{
	const char *colon = strrchr(where, ':');
	size_t n = colon ? (size_t)(colon - where) : 0;

	if (!n || n >= HOST_MAX || !colon[1])
		return NULL;
	if (where[0] == '[' && where[n - 1] == ']') {
		where++;
		n -= 2;
	}
	memcpy(host, where, n);
	host[n] = 0;
	return colon + 1;
}

/* libc takes larger numbers, and connects to what is left of them modulo 65536. */
static bool is_port(const char *s)
{
	return s[strspn(s, "0123456789")] == 0 && strlen(s) <= 5 && atoi(s) >= 1 &&
	       atoi(s) <= UINT16_MAX;
}

enum dmv_code dmv_link_open(const char *where, const bool *stop, struct dmv_link **ret,
			    struct dmv_err *e)
{
	struct addrinfo hint = { .ai_socktype = SOCK_STREAM }, *list, *a;
	enum dmv_code code = DMV_E_SYSTEM;
	char host[HOST_MAX];
	const char *port;
	int k;

	if (!strncmp(where, "unix:", 5))
		return open_unix(where + 5, stop, ret, e);
	if (where[0] == '/')
		return open_unix(where, stop, ret, e);
	port = split(where, host);
	if (!port)
		return dmv_fail(e, DMV_E_USAGE, "expected gdb:HOST:PORT or gdb:unix:/PATH");
	if (!is_port(port))
		return dmv_fail(e, DMV_E_USAGE, "%s: a port is a decimal number of 1 to 65535",
				port);
	k = getaddrinfo(host, port, &hint, &list);
	if (k)
		return dmv_fail(e, DMV_E_SYSTEM, "%s: %s", where, gai_strerror(k));
	for (a = list; a && code && code != DMV_E_STOPPED; a = a->ai_next)
		code = connect_to(a->ai_family, a->ai_addr, a->ai_addrlen, stop, ret, e);
	freeaddrinfo(list);
	return code;
}
