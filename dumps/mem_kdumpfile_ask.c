/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Our side of the child that runs libkdumpfile: started when it is needed, asked, given up on when
 * it is silent for too long or has died too often.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mem_kdumpfile_int.h"

enum {
	GRACE_SECONDS = 5,              /* we wait so much longer than the child's own alarm */
	MAX_DEATHS = 4096,
	MAX_STARTS = 4,
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* True when the socket has something to say; signals of the host only make us look again. */
static bool wait_readable(int sock, unsigned seconds)
{
	uint64_t end = now_ms() + seconds * 1000ULL;
	struct pollfd fd = { .fd = sock, .events = POLLIN };

	for (;;) {
		uint64_t now = now_ms();
		int n = poll(&fd, 1, now < end ? (int)(end - now) : 0);

		if (n > 0)
			return true;
		if (n == 0 || errno != EINTR)
			return false;
	}
}

/* Ends the child; `gently` lets the worker leave first, so that nobody is orphaned. Returns the
 * keeper's signal, 0 if it left by itself. */
static int stop(struct dmv_kd *k, bool gently)
{
	struct dmv_kd_answer a;
	int status = 0;

	if (k->sock < 0)
		return 0;
	shutdown(k->sock, SHUT_WR);
	if (!gently || !wait_readable(k->sock, 1) || recv(k->sock, &a, sizeof(a), MSG_DONTWAIT) > 0)
		kill(-k->keeper, SIGKILL);
	close(k->sock);
	k->sock = -1;
	while (waitpid(k->keeper, &status, 0) < 0)
		if (errno != EINTR)
			return 0;       /* the host reaps children itself */
	return dmv_kd_signal_of(status);
}

static void death(int sig, int seconds, char *to, size_t n)
{
	if (sig == SIGALRM)
		snprintf(to, n, "hung for %d s", seconds);
	else if (sig)
		snprintf(to, n, "died by signal %d (%s)", sig, strsignal(sig));
	else
		snprintf(to, n, "ended without an answer");
}

static enum dmv_code died(struct dmv_kd *k, int sig, uint64_t addr, struct dmv_err *e)
{
	char how[64];

	k->deaths++;
	k->last_signal = sig;
	death(sig, DMV_KD_ASK_SECONDS, how, sizeof(how));
	return dmv_fail_at(e, DMV_E_CORRUPT, addr, "libkdumpfile %s while reading 0x%" PRIx64, how,
			   addr);
}

static enum dmv_code spawn(struct dmv_kd *k, struct dmv_err *e)
{
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv))
		return dmv_fail(e, DMV_E_SYSTEM, "cannot make a socket pair: %s", strerror(errno));
	k->starts++;
	k->keeper = fork();
	if (!k->keeper) {
		struct dmv_kd_child c = { .sock = sv[1], .dump = k->dump, .sh = k->sh,
					.arch = k->arch };

		dmv_kd_child_main(&c);
	}
	close(sv[1]);
	if (k->keeper < 0) {
		close(sv[0]);
		return dmv_fail(e, DMV_E_SYSTEM, "cannot fork: %s", strerror(errno));
	}
	setpgid(k->keeper, k->keeper);  /* here too: whoever comes first */
	k->sock = sv[0];
	return DMV_E_OK;
}

void dmv_kd_clean(char *s, size_t n)
{
	s[n - 1] = 0;
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
}

/* Whatever the answer to our question is; false: no child is left, *sig says how it ended (0: it
 * was silent and we ended it, or nobody knows). */
static bool hear(struct dmv_kd *k, unsigned seconds, struct dmv_kd_answer *a, int *sig)
{
	bool silent = !wait_readable(k->sock, seconds + GRACE_SECONDS);

	if (!silent && recv(k->sock, a, sizeof(*a), MSG_DONTWAIT) == sizeof(*a)) {
		dmv_kd_clean(a->text, sizeof(a->text));
		return true;
	}
	*sig = stop(k, !silent);
	if (silent)
		*sig = SIGALRM;
	return false;
}

enum dmv_code dmv_kd_start(struct dmv_kd *k, struct dmv_err *e)
{
	/* A file nobody knows by its first bytes was only a try. */
	enum dmv_code bad = k->known ? DMV_E_CORRUPT : DMV_E_NOTFOUND;
	enum dmv_code code = spawn(k, e);
	struct dmv_kd_answer a;
	char how[64];
	int sig = 0;

	if (code)
		return code;
	if (!hear(k, DMV_KD_OPEN_SECONDS, &a, &sig)) {
		death(sig, DMV_KD_OPEN_SECONDS, how, sizeof(how));
		return dmv_fail(e, bad, "libkdumpfile %s while opening it", how);
	}
	if (a.outcome == DMV_KD_DONE)
		return DMV_E_OK;
	stop(k, true);
	return dmv_fail(e, bad, "libkdumpfile: %s", a.text);
}

uint64_t dmv_kd_first_bad(const struct dmv_kd *k, uint64_t addr, size_t n)
{
	uint64_t done = k->sh->done;

	return addr + (done < n ? done : 0);
}

enum dmv_code dmv_kd_question(struct dmv_kd *k, const struct dmv_kd_ask *q, uint64_t addr,
			      struct dmv_kd_answer *a, struct dmv_err *e)
{
	enum dmv_code code = DMV_E_OK;
	int sig = 0;

	if (k->deaths >= MAX_DEATHS || (k->sock < 0 && k->starts >= MAX_STARTS))
		return dmv_fail_at(e, DMV_E_CORRUPT, addr,
				   "libkdumpfile died %u times (last by signal %d) and is not "
				   "asked again for 0x%" PRIx64, k->deaths, k->last_signal, addr);
	if (k->sock < 0)
		code = dmv_kd_start(k, e);
	if (code)
		return code;
	k->sh->done = 0;
	if (send(k->sock, q, sizeof(*q), MSG_NOSIGNAL) != sizeof(*q))
		return died(k, stop(k, true), addr, e);
	if (!hear(k, DMV_KD_ASK_SECONDS, a, &sig))
		return died(k, sig, dmv_kd_first_bad(k, addr, q->n), e);
	if (a->outcome == DMV_KD_DIED)
		return died(k, a->sig, dmv_kd_first_bad(k, addr, q->n), e);
	return DMV_E_OK;
}

void dmv_kd_stop(struct dmv_kd *k)
{
	stop(k, true);
}
