/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Flattened files: a dump as a stream of records, for pipes that cannot seek (makedumpfile -F, the
 * kdump formats of QEMU). A record says where in the dump its bytes belong; a later one may
 * overwrite an earlier one. The index of all records makes a view of the dump, read in place.
 *
 *   0: "makedumpfile" padded to 16, type 1, version 1    4096: {offset, bytes} data ...    {-1, -1}
 *
 * All numbers are 64 bits, big-endian, whatever the machine is (makedumpfile.h).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem_int.h"

enum {
	HEADER_BYTES = 4096,
	RECORD_BYTES = 16,
	SMALL = 4096,                   /* behind records shorter than this the cache helps */
	/* Writers make records of 4 KiB and more. More of them than this in so small a file are not
	 * theirs, and the index must not outgrow the file. */
	FREE_RECORDS = 1 << 20,
	BYTES_A_RECORD = 512,
};

static const char magic[16] = "makedumpfile";

struct flat {
	struct dmv_file *f;
	struct dmv_piece *piece;        /* in the order of the file */
	size_t npiece;
	uint64_t at;                    /* of the next record */
	uint64_t last;                  /* bytes of the one before */
	char *note;
};

struct record {
	uint64_t off, bytes;
};

static void note(struct flat *x, const char *what)
{
	if (asprintf(&x->note, "flattened file: %s at file offset 0x%" PRIx64
		     ": what it does not hold of the dump is missing", what, x->at) < 0)
		x->note = NULL;
}

static bool read_record(struct flat *x, struct record *ret)
{
	uint8_t b[RECORD_BYTES];
	int errnum;
	size_t got = x->last < SMALL ? dmv_file_read(x->f, x->at, b, sizeof(b), &errnum) :
				       dmv_file_pread(x->f, x->at, b, sizeof(b), &errnum);

	if (got != sizeof(b))
		return false;
	ret->off = dmv_get(b, 8, true);
	ret->bytes = dmv_get(b + 8, 8, true);
	return true;
}

static bool add(struct flat *x, const struct record *r, uint64_t bytes)
{
	if (!dmv_grow(&x->piece, x->npiece, sizeof(*x->piece)))
		return false;
	x->piece[x->npiece++] =
		(struct dmv_piece){ r->off, r->off + bytes, x->at + RECORD_BYTES };
	return true;
}

/* All records up to the end mark, or to where the file stops making sense. */
static enum dmv_code index_records(struct flat *x, struct dmv_err *e)
{
	uint64_t size = dmv_file_size(x->f), most = FREE_RECORDS + size / BYTES_A_RECORD;
	struct record r;

	for (x->at = HEADER_BYTES; read_record(x, &r); x->at += RECORD_BYTES + r.bytes) {
		uint64_t room = size - x->at - RECORD_BYTES;

		if (r.off == UINT64_MAX)
			return DMV_E_OK;
		if (r.off > INT64_MAX || !r.bytes || r.bytes > INT64_MAX - r.off) {
			note(x, "damaged record");
			return DMV_E_OK;
		}
		if (x->npiece >= most) {
			note(x, "more records than such a file can have");
			return DMV_E_OK;
		}
		if (room && !add(x, &r, r.bytes < room ? r.bytes : room))
			return dmv_fail(e, DMV_E_MEMORY, "out of memory for %zu records",
					x->npiece);
		if (r.bytes > room) {
			note(x, "cut off in the record");
			return DMV_E_OK;
		}
		x->last = r.bytes;
	}
	note(x, "cut off before the end mark");
	return DMV_E_OK;
}

/* Of pieces that overlap the first wins: the last record must come first. */
static void reverse(struct dmv_piece *v, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct dmv_piece p = v[i];

		v[i] = v[n - 1 - i];
		v[n - 1 - i] = p;
	}
}

static enum dmv_code make_view(struct flat *x, struct dmv_file **ret, struct dmv_err *e)
{
	struct dmv_piece *v;
	struct dmv_file *view;
	enum dmv_code code;
	size_t n;

	if (!x->npiece)
		return dmv_fail(e, DMV_E_CORRUPT, "flattened file without a record: cut off%s%s",
				x->note ? "; " : "", x->note ? x->note : "");
	reverse(x->piece, x->npiece);
	code = dmv_pieces_resolve(x->piece, x->npiece, &v, &n, e);
	if (code)
		return code;
	view = dmv_file_view(x->f, v, n);
	if (!view) {
		free(v);
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	}
	dmv_file_set_note(view, x->note);
	x->note = NULL;
	*ret = view;
	return DMV_E_OK;
}

static enum dmv_code unflatten(struct dmv_file *f, struct dmv_file **ret, struct dmv_err *e)
{
	struct flat x = { .f = f };
	enum dmv_code code = index_records(&x, e);

	if (!code)
		code = make_view(&x, ret, e);
	free(x.piece);
	free(x.note);
	return code;
}

enum dmv_code dmv_dump_open(const char *path, struct dmv_file **ret, struct dmv_err *e)
{
	char head[sizeof(magic)];
	struct dmv_file *f;
	enum dmv_code code = dmv_file_open(path, &f, e);
	int errnum;

	if (code)
		return code;
	if (dmv_file_read(f, 0, head, sizeof(head), &errnum) == sizeof(head) &&
	    !memcmp(head, magic, sizeof(head)))
		code = unflatten(f, ret, e);
	else
		*ret = f;
	if (code)
		dmv_file_close(f);
	return code;
}
