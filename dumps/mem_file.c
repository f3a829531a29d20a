/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The file below a dump. Large reads go straight to the caller's buffer; small ones through a few
 * aligned lines, so that walking tables costs a memcpy each and not a system call.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem_int.h"

enum {
	LINE_BYTES = 32 << 10,
	LINES = 16,
	DIRECT_BYTES = 16 << 10,        /* reads of at least this much bypass the lines */
};

struct line {
	uint64_t off;
	size_t n;                       /* valid bytes; 0: empty */
	unsigned used;                  /* value of the clock when last hit */
	uint8_t *buf;
};

struct dmv_file {
	int fd;
	uint64_t size;
	unsigned clock;
	struct line *last;              /* most small reads follow the one before */
	struct line line[LINES];
};

static size_t pread_all(int fd, uint64_t off, void *buf, size_t n, int *errnum)
{
	size_t done = 0;

	*errnum = 0;
	while (done < n) {
		ssize_t got = pread(fd, (char *)buf + done, n - done, (off_t)(off + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			*errnum = errno;
		if (got <= 0)
			break;
		done += (size_t)got;
	}
	return done;
}

static struct line *oldest(struct dmv_file *f)
{
	struct line *old = &f->line[0];

	for (size_t i = 0; i < LINES; i++) {
		if (!f->line[i].n)
			return &f->line[i];
		if (f->clock - f->line[i].used > f->clock - old->used)
			old = &f->line[i];
	}
	return old;
}

/* The line that starts at off; NULL: nothing there, *errnum says why (0: end of file). */
static struct line *lookup(struct dmv_file *f, uint64_t off, int *errnum)
{
	struct line *l = f->last;

	*errnum = 0;
	if (l && l->n && l->off == off)
		return l;
	for (l = f->line; l < f->line + LINES; l++)
		if (l->n && l->off == off)
			goto hit;
	l = oldest(f);
	l->n = 0;
	if (!l->buf && !(l->buf = malloc(LINE_BYTES))) {
		*errnum = ENOMEM;
		return NULL;
	}
	l->off = off;
	l->n = pread_all(f->fd, off, l->buf, LINE_BYTES, errnum);
	if (!l->n)
		return NULL;
hit:
	l->used = ++f->clock;
	f->last = l;
	return l;
}

size_t dmv_file_read(struct dmv_file *f, uint64_t off, void *buf, size_t n, int *errnum)
{
	size_t done = 0;

	*errnum = 0;
	if (off >= f->size)
		return 0;
	if (n > f->size - off)
		n = (size_t)(f->size - off);
	if (n >= DIRECT_BYTES)
		return pread_all(f->fd, off, buf, n, errnum);
	while (done < n) {
		uint64_t at = off + done;
		struct line *l = lookup(f, at & ~(uint64_t)(LINE_BYTES - 1), errnum);
		size_t skip, k;

		if (!l)
			break;
		skip = (size_t)(at - l->off);
		if (skip >= l->n)
			break;
		k = l->n - skip < n - done ? l->n - skip : n - done;
		memcpy((char *)buf + done, l->buf + skip, k);
		done += k;
	}
	return done;
}

/* A file system that knows of no holes calls everything data. Behind the last data there is a hole
 * to the end of the file as it is now: if that has come nearer, reading says what is gone. */
uint64_t dmv_file_skip_hole(const struct dmv_file *f, uint64_t off, uint64_t end)
{
	off_t data = lseek(f->fd, (off_t)off, SEEK_DATA);
	struct stat st;

	if (data < 0) {
		if (errno != ENXIO || fstat(f->fd, &st))
			return off;
		data = st.st_size;
	}
	if ((uint64_t)data < off)
		return off;
	return (uint64_t)data < end ? (uint64_t)data : end;
}

static enum dmv_code measure(const char *path, int fd, uint64_t *ret, struct dmv_err *e)
{
	struct stat st;
	off_t end;

	if (fstat(fd, &st))
		return dmv_fail(e, DMV_E_SYSTEM, "cannot stat %s: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return dmv_fail(e, DMV_E_NOTFOUND, "%s is a directory, not a dump", path);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return dmv_fail(e, DMV_E_NOTFOUND, "%s is neither a file nor a disk", path);
	end = S_ISBLK(st.st_mode) ? lseek(fd, 0, SEEK_END) : st.st_size;
	if (end < 0)
		return dmv_fail(e, DMV_E_SYSTEM, "cannot measure %s: %s", path, strerror(errno));
	if (!end)
		return dmv_fail(e, DMV_E_NOTFOUND, "%s is empty", path);
	*ret = (uint64_t)end;
	return DMV_E_OK;
}

enum dmv_code dmv_file_open(const char *path, struct dmv_file **ret, struct dmv_err *e)
{
	struct dmv_file *f = calloc(1, sizeof(*f));
	enum dmv_code code;

	if (!f)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	/* NONBLOCK: a FIFO given by mistake must not hang us. */
	f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (f->fd < 0) {
		code = dmv_fail(e, DMV_E_SYSTEM, "cannot open %s: %s", path, strerror(errno));
		free(f);
		return code;
	}
	code = measure(path, f->fd, &f->size, e);
	if (code) {
		dmv_file_close(f);
		return code;
	}
	*ret = f;
	return DMV_E_OK;
}

void dmv_file_close(struct dmv_file *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < LINES; i++)
		free(f->line[i].buf);
	close(f->fd);
	free(f);
}

uint64_t dmv_file_size(const struct dmv_file *f)
{
	return f->size;
}

int dmv_file_fd(const struct dmv_file *f)
{
	return f->fd;
}
