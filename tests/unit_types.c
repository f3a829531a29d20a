/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Types as compilers write them, BTF of a shared object by gcc and DWARF of this very program, both
 * held against offsetof and sizeof; and BTF that is damaged.
 */
#include <stdlib.h>
#include <unistd.h>

#include "t.h"
#include "btf.h"
#include "names.h"
#include "types_sample.h"

struct sample unit_types_sample;        /* for DWARF */
sample_unnamed_t unit_types_unnamed;

static struct dmv_names *open_file(const char *path)
{
	struct dmv_names *n = NULL;
	struct dmv_err e = { 0 };

	dmv_names_new(&n, NULL);
	T_CHECKF(!dmv_names_add_file(n, path, UINT64_MAX, false, &e), path, "%s", e.msg);
	return n;
}

static void member(struct dmv_names *n, const char *type, const char *path, uint64_t offset,
		   uint64_t size)
{
	struct dmv_member m = { 0 };
	struct dmv_err e = { 0 };
	enum dmv_code c = dmv_names_member(n, type, path, &m, &e);

	T_CHECKF(!c && m.offset == offset && m.size == size && !m.bits, path,
		 "%s: offset %llu, size %llu, %u bits; want %llu, %llu", e.msg,
		 (unsigned long long)m.offset, (unsigned long long)m.size, m.bits,
		 (unsigned long long)offset, (unsigned long long)size);
}

#define MEMBER(n, path) member(n, "sample", #path, offsetof(struct sample, path), \
			       sizeof(((struct sample *)0)->path))

/* All ones in a bit-field of an object that is else zero show where it is. */
static void bits(struct dmv_names *n, const char *path, const struct sample *s, unsigned width)
{
	struct dmv_member m = { 0 };
	struct dmv_err e = { 0 };
	uint64_t v = 0;
	enum dmv_code c = dmv_names_member(n, "sample", path, &m, &e);

	if (!c && m.size <= 8)
		memcpy(&v, (const char *)s + m.offset, m.size);
	T_CHECKF(!c && m.bits == width && v == ((1ull << width) - 1) << m.bit, path,
		 "%s: offset %llu, size %llu, bit %u, %u bits, value 0x%llx", e.msg,
		 (unsigned long long)m.offset, (unsigned long long)m.size, m.bit, m.bits,
		 (unsigned long long)v);
}

static void refuses(struct dmv_names *n, const char *type, const char *path)
{
	struct dmv_member m;
	struct dmv_err e = { 0 };

	T_CHECKF(dmv_names_member(n, type, path, &m, &e) == DMV_E_NOTFOUND && e.msg[0], path,
		 "%s.%s was found: %s", type, path, e.msg);
}

/* gcc 12 writes the dimensions of an array in the wrong order, and all enumerators as unsigned. */
static void ask(struct dmv_names *n, bool gcc_btf)
{
	static const char *const none[] = { "", "|", "nosuch", "piece.base", "piece[7].base",
					    "word.x", "piece[", "piece[1", "piece[x]", "piece[-1]", "flag.x",
					    ".name", "name.", "name..x", "next.next", "tail[0]x",
					    "colour.SAMPLE_RED", "name[56]" };
	struct sample a = { .flag = 1 }, b = { .wide = 0x7ff }, c = { .late = 0x1ff },
		      d = { .rest = 31 };
	uint64_t size = 0;
	int64_t v = 0;

	MEMBER(n, name);
	MEMBER(n, next);
	MEMBER(n, word);
	MEMBER(n, high);
	MEMBER(n, inside.size);
	MEMBER(n, piece);
	MEMBER(n, piece[0].base);
	MEMBER(n, piece[6].size);
	if (!gcc_btf)
		member(n, "sample", "grid[11]", offsetof(struct sample, grid[2][1]), 2);
	MEMBER(n, colour);
	MEMBER(n, call);
	MEMBER(n, real);
	member(n, "sample", "tail", offsetof(struct sample, tail), 0);
	member(n, "sample", "tail[3]", offsetof(struct sample, tail[3]), 8);
	member(n, "sample", "absent|mem[0].base|high|low", offsetof(struct sample, high), 2);
	member(n, "sample_again_t", "size", offsetof(struct sample_piece, size), 4);
	member(n, "sample_unnamed_t", "only_by_typedef", 0, 4);
	bits(n, "flag", &a, 1);
	bits(n, "wide", &b, 11);
	bits(n, "late", &c, 9);
	bits(n, "rest", &d, 5);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		refuses(n, "sample", none[i]);
	refuses(n, "nosuch", "name");
	T_CHECK(!dmv_names_size(n, "sample", &size, NULL) && size == sizeof(struct sample),
		"size of a struct");
	T_CHECK(!dmv_names_size(n, "sample_piece_t", &size, NULL) &&
		size == sizeof(struct sample_piece), "size of a typedef");
	T_CHECK(dmv_names_size(n, "sample_", &size, NULL) == DMV_E_NOTFOUND, "size of nothing");
	T_CHECK(!dmv_names_enumerator(n, "SAMPLE_BLUE", &v, NULL) && v == 1000, "an enumerator");
	T_CHECK(gcc_btf || (!dmv_names_enumerator(n, "SAMPLE_BELOW", &v, NULL) && v == -3),
		"a negative enumerator");
	T_CHECK(dmv_names_enumerator(n, "sample", &v, NULL) == DMV_E_NOTFOUND, "no enumerator");
}

/* ---- damage ---- */

/* 24 bytes of header, struct x { int a; } and int, then the strings. */
static const uint8_t good[] = {
	0x9f, 0xeb, 1, 0, 24, 0, 0, 0, 0, 0, 0, 0, 40, 0, 0, 0, 40, 0, 0, 0, 9, 0, 0, 0,
	1, 0, 0, 0, 1, 0, 0, 4, 4, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0,
	5, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 32, 0, 0, 1,
	0, 'x', 0, 'a', 0, 'i', 'n', 't', 0,
};

static struct dmv_btf *load(const uint8_t *p, size_t n, struct dmv_err *e)
{
	uint8_t *copy = malloc(n ? n : 1);
	struct dmv_btf *b = NULL;

	memcpy(copy, p, n);
	memset(e, 0, sizeof(*e));
	return dmv_btf_new(copy, n, &b, e) ? NULL : b;
}

static void damage(void)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *why, *name;
	} v[] = {
		{ 0, 0, "magic", "BTF: no magic" },
		{ 2, 2, "version 2", "BTF: a newer version" },
		{ 4, 0xff, "do not fit", "BTF: a header beyond the end" },
		{ 4, 4, "do not fit", "BTF: a header that is too short" },
		{ 12, 0xff, "types", "BTF: types beyond the end" },
		{ 20, 0xff, "strings", "BTF: strings beyond the end" },
		{ 20, 0, "strings", "BTF: no strings" },
		{ sizeof(good) - 1, 'x', "no end", "BTF: a string without an end" },
		{ 31, 0x1f, "first type", "BTF: a type of an unknown kind" },
	};
	struct dmv_member m;
	struct dmv_err e;
	struct dmv_btf *b = load(good, sizeof(good), &e);
	bool cut = true;

	T_CHECKF(b && !dmv_types_member(dmv_btf_types(b), "x", "a", &m, &e) && m.size == 4 &&
		 dmv_btf_count(b, &cut) == 2 && !cut, "BTF: by hand", "%s", e.msg);
	dmv_btf_free(b);
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		uint8_t bad[sizeof(good)];

		memcpy(bad, good, sizeof(good));
		bad[v[i].at] = v[i].value;
		b = load(bad, sizeof(bad), &e);
		T_CHECKF(!b && strstr(e.msg, v[i].why), v[i].name, "%s", e.msg);
		dmv_btf_free(b);
	}
	for (size_t n = 0; n < sizeof(good); n++) {
		b = load(good, n, &e);
		if (b)
			T_CHECKF(false, "BTF: cut anywhere", "%zu bytes were accepted", n);
		dmv_btf_free(b);
	}
}

static void loops(void)
{
	uint8_t bad[sizeof(good)];
	struct dmv_member m;
	struct dmv_err e;
	struct dmv_btf *b;
	bool cut = false;

	/* The member has no name and is the struct itself. */
	memcpy(bad, good, sizeof(good));
	bad[36] = 0;
	bad[40] = 1;
	b = load(bad, sizeof(bad), &e);
	T_CHECK(b && dmv_types_member(dmv_btf_types(b), "x", "a", &m, &e) == DMV_E_NOTFOUND,
		"BTF: a struct in itself");
	dmv_btf_free(b);

	/* The second type is a typedef of itself. */
	memcpy(bad, good, sizeof(good));
	bad[55] = 8;
	bad[56] = 2;
	b = load(bad, sizeof(bad), &e);
	T_CHECK(b && dmv_btf_count(b, &cut) == 1 + 1 && cut &&
		!dmv_types_member(dmv_btf_types(b), "x", "a", &m, &e) && !m.size,
		"BTF: a typedef of itself");
	dmv_btf_free(b);
}

/* ---- a module's types ---- */

/* struct y { struct x a; int b; }: x, int and "a" are those of `good`. */
static const uint8_t split[] = {
	0x9f, 0xeb, 1, 0, 24, 0, 0, 0, 0, 0, 0, 0, 36, 0, 0, 0, 36, 0, 0, 0, 4, 0, 0, 0,
	9, 0, 0, 0, 2, 0, 0, 4, 8, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
	11, 0, 0, 0, 2, 0, 0, 0, 32, 0, 0, 0,
	'y', 0, 'b', 0,
};

static struct dmv_btf *load_split(const uint8_t *p, const struct dmv_btf *base, struct dmv_err *e)
{
	uint8_t *copy = malloc(sizeof(split));
	struct dmv_btf *b = NULL;

	memcpy(copy, p, sizeof(split));
	memset(e, 0, sizeof(*e));
	return dmv_btf_new_split(copy, sizeof(split), base, &b, e) ? NULL : b;
}

static void of_module(void)
{
	struct dmv_member m = { 0 };
	struct dmv_err e;
	struct dmv_btf *base = load(good, sizeof(good), &e), *b = load_split(split, base, &e);
	uint8_t bad[sizeof(split)];

	T_CHECKF(b && !dmv_types_member(dmv_btf_types(b), "y", "a.a", &m, &e) && m.offset == 0 &&
		 m.size == 4 && !dmv_types_member(dmv_btf_types(b), "y", "b", &m, &e) &&
		 m.offset == 4, "a module's types go on from the kernel's", "%s", e.msg);
	dmv_btf_free(b);
	T_CHECK(!load_split(split, NULL, &e) && e.code == DMV_E_NOTFOUND, "not without them");
	for (size_t i = 0; i < sizeof(split); i++) {
		memcpy(bad, split, sizeof(split));
		bad[i] ^= 0xff;
		b = load_split(bad, base, &e);
		if (b)
			dmv_types_member(dmv_btf_types(b), "y", "b|a.a", &m, &e);
		dmv_btf_free(b);
	}
	memcpy(bad, split, sizeof(split));
	bad[24] = 14;
	T_CHECKF(!load_split(bad, base, &e) && strstr(e.msg, "another kernel"),
		 "names beyond the strings: another kernel's", "%s", e.msg);
	dmv_btf_free(base);
}

static void put(char *path, const void *p, size_t n)
{
	int fd = mkstemp(path);

	T_CHECK(fd >= 0 && write(fd, p, n) == (ssize_t)n, "a file of types");
	close(fd);
}

static void module_files(void)
{
	char of[2][40] = { "/tmp/dmv-unit-types-XXXXXX", "/tmp/dmv-unit-types-XXXXXX" };
	struct dmv_member m = { 0 };

	put(of[0], good, sizeof(good));
	put(of[1], split, sizeof(split));
	for (int first = 0; first < 2; first++) {
		struct dmv_names *n = open_file(of[first]);

		if (first)
			refuses(n, "y", "b");
		T_CHECK(!dmv_names_add_file(n, of[!first], UINT64_MAX, false, NULL) &&
			!dmv_names_member(n, "y", "b", &m, NULL) && m.offset == 4 &&
			!dmv_names_member(n, "x", "a", &m, NULL),
			first ? "the kernel's file last" : "the kernel's file first");
		dmv_names_free(n);
	}
	unlink(of[0]);
	unlink(of[1]);
}

int main(int argc, char **argv)
{
	char path[4096];
	const char *slash = strrchr(argv[0], '/');
	struct dmv_names *n;

	(void)argc;
	snprintf(path, sizeof(path), "%.*s/types_sample.so",
		 slash ? (int)(slash - argv[0]) : 1, slash ? argv[0] : ".");
	n = open_file(path);
	ask(n, true);
	dmv_names_free(n);
	n = open_file("/proc/self/exe");
	ask(n, false);
	dmv_names_free(n);
	damage();
	loops();
	of_module();
	module_files();
	return T_DONE();
}
