/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The file below a dump. Large reads go straight to the caller's buffer; small ones through a few
 * aligned lines, so that walking tables costs a memcpy each and not a system call. A view shows the
 * bytes of another file at other offsets, for dumps that were written in pieces.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
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
	bool live;                      /* not to be remembered */
	uint64_t size;
	struct dmv_file *under;         /* a view: of this one, which is ours */
	struct dmv_piece *piece;        /* a view: where its bytes are */
	size_t npiece;
	uint64_t bytes;                 /* a view: that are there */
	char *note;
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

/* Bytes at off of a view and where they stand in the file under it; 0: nowhere. */
static size_t in_view(const struct dmv_file *f, uint64_t off, size_t n, uint64_t *ret)
{
	const struct dmv_piece *p = dmv_piece_find(f->piece, f->npiece, off);

	if (!p)
		return 0;
	*ret = p->off + (off - p->start);
	return n < p->end - off ? n : (size_t)(p->end - off);
}

size_t dmv_file_pread(const struct dmv_file *f, uint64_t off, void *buf, size_t n, int *errnum)
{
	size_t done = 0, k;
	uint64_t at;

	*errnum = 0;
	if (!f->under)
		return off < f->size ? pread_all(f->fd, off, buf, n, errnum) : 0;
	while (done < n && (k = in_view(f, off + done, n - done, &at))) {
		size_t got = dmv_file_pread(f->under, at, (char *)buf + done, k, errnum);

		done += got;
		if (got < k)
			break;
	}
	return done;
}

static size_t view_read(struct dmv_file *f, uint64_t off, void *buf, size_t n, int *errnum)
{
	size_t done = 0, k;
	uint64_t at;

	while (done < n && (k = in_view(f, off + done, n - done, &at))) {
		size_t got = dmv_file_read(f->under, at, (char *)buf + done, k, errnum);

		done += got;
		if (got < k)
			break;
	}
	return done;
}

size_t dmv_file_read(struct dmv_file *f, uint64_t off, void *buf, size_t n, int *errnum)
{
	size_t done = 0;

	*errnum = 0;
	if (off >= f->size)
		return 0;
	if (n > f->size - off)
		n = (size_t)(f->size - off);
	if (f->under)
		return view_read(f, off, buf, n, errnum);
	if (n >= DIRECT_BYTES || f->live)
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
	off_t data = f->under ? (off_t)off : lseek(f->fd, (off_t)off, SEEK_DATA);
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

/* Some files of /proc do not say how long they are; reading finds out. */
static bool is_proc(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && fs.f_type == PROC_SUPER_MAGIC;
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
	if (!end && is_proc(fd))
		end = INT64_MAX;
	if (!end)
		return dmv_fail(e, DMV_E_NOTFOUND, "%s is empty", path);
	*ret = (uint64_t)end;
	return DMV_E_OK;
}

static enum dmv_code cannot_open(const char *path, int errnum, struct dmv_err *e)
{
	if (errnum == ENOENT && !strcmp(path, "/proc/vmcore"))
		return dmv_fail(e, DMV_E_SYSTEM,
				"there is no /proc/vmcore: only the kernel that kexec starts after "
				"a crash has it; a dump that was saved may be in /var/crash");
	return dmv_fail(e, DMV_E_SYSTEM, "cannot open %s: %s", *path ? path : "\"\"",
			strerror(errnum));
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
		code = cannot_open(path, errno, e);
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

struct dmv_file *dmv_file_view(struct dmv_file *under, struct dmv_piece *v, size_t n)
{
	struct dmv_file *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->fd = -1;
	f->under = under;
	f->piece = v;
	f->npiece = n;
	f->size = n ? v[n - 1].end : 0;
	for (size_t i = 0; i < n; i++)
		f->bytes += v[i].end - v[i].start;
	return f;
}

void dmv_file_close(struct dmv_file *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < LINES; i++)
		free(f->line[i].buf);
	dmv_file_close(f->under);
	free(f->piece);
	free(f->note);
	if (f->fd >= 0)
		close(f->fd);
	free(f);
}

uint64_t dmv_file_size(const struct dmv_file *f)
{
	return f->size;
}

uint64_t dmv_file_bytes(const struct dmv_file *f)
{
	return f->under ? f->bytes : f->size;
}

int dmv_file_fd(const struct dmv_file *f)
{
	return f->under ? dmv_file_fd(f->under) : f->fd;
}

void dmv_file_set_live(struct dmv_file *f)
{
	f->live = true;
}

bool dmv_file_is_view(const struct dmv_file *f)
{
	return f->under != NULL;
}

void dmv_file_set_note(struct dmv_file *f, char *note)
{
	free(f->note);
	f->note = note;
}

const char *dmv_file_note(const struct dmv_file *f)
{
	return f->note;
}

const char *dmv_file_gap(const struct dmv_file *f, uint64_t off, char *buf, size_t n)
{
	if (off < f->size && f->under)
		snprintf(buf, n, "which no record of the flattened file holds");
	else
		snprintf(buf, n, "beyond the end of the file at 0x%" PRIx64, f->size);
	return buf;
}
