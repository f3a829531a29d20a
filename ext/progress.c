/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A line on the terminal about long work: how far, how fast, how long still. It shows itself after
 * half a second, ten times a second at most, and is gone before anything else is written.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "inspect.h"

#define FIRST 0.5                       /* seconds: shorter work needs no words */
#define AGAIN 0.1

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* "1.25 GiB" or "1048576" objects. */
static const char *amount(double n, bool bytes, char *buf, size_t size)
{
	static const char *const unit[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	size_t i = 0;

	for (; bytes && n >= 1024 && i + 1 < sizeof(unit) / sizeof(unit[0]); i++)
		n /= 1024;
	snprintf(buf, size, "%.*f%s%s", i && n < 10 ? 2 : 0, n, bytes ? " " : "",
		 bytes ? unit[i] : "");
	return buf;
}

static const char *duration(double seconds, char *buf, size_t size)
{
	uint64_t s = seconds < 1e6 ? (uint64_t)(seconds + 0.5) : 1000000;

	if (s >= 3600)
		snprintf(buf, size, "%" PRIu64 " h %02" PRIu64 " min", s / 3600, s / 60 % 60);
	else if (s >= 60)
		snprintf(buf, size, "%" PRIu64 " min %02" PRIu64 " s", s / 60, s % 60);
	else
		snprintf(buf, size, "%" PRIu64 " s", s);
	return buf;
}

/* What the terminal has room for, but for its last column, which would begin a new line. */
static size_t columns(void)
{
	struct winsize w;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) || w.ws_col < 2 ? 79 : w.ws_col - 1u;
}

/* Over the line before; shorter ones are filled up with blanks. */
static void draw(struct dmv_bar *b, const char *text)
{
	size_t n = strlen(text), room = columns();

	if (n > room)
		n = room;
	fprintf(stderr, "\r%.*s%*s", (int)n, text, b->shown > n ? (int)(b->shown - n) : 0, "");
	if (b->shown > n)
		fprintf(stderr, "\r%.*s", (int)n, text);
	fflush(stderr);
	b->shown = n;
}

void dmv_bar_step(void *ctx, const struct dmv_step *s)
{
	struct dmv_bar *b = ctx;
	char text[160], done[32], total[32], rate[32], left[32];
	double t = now(), speed;

	if (b->what != s->what || s->done < b->done) {
		b->what = s->what;
		b->start = t;
		b->next = t + FIRST;
	}
	b->done = s->done;
	if (b->off || t < b->next || !s->done || s->done >= s->total)
		return;
	b->next = t + AGAIN;
	speed = (double)s->done / (t - b->start);
	snprintf(text, sizeof(text), "%s: %s of %s%s, %s/s, %s left", s->what,
		 amount((double)s->done, s->bytes, done, sizeof(done)),
		 amount((double)s->total, s->bytes, total, sizeof(total)),
		 s->bytes ? "" : " objects", amount(speed, s->bytes, rate, sizeof(rate)),
		 duration((double)(s->total - s->done) / speed, left, sizeof(left)));
	draw(b, text);
}

void dmv_bar_end(struct dmv_bar *b)
{
	if (b->shown) {
		b->shown += 2;          /* the terminal may have said ^C behind it */
		if (b->shown > columns())
			b->shown = columns();
		draw(b, "");
	}
	b->what = NULL;
}
