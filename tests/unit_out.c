/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Rows to text and JSON: widths, absence, escapes, forms, and a million rows. */
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "out.h"
#include "store.h"
#include "t.h"
#include "version.h"

static bool count(void *ctx, const char *buf, size_t n)
{
	(void)buf;
	((struct store *)ctx)->n += n;
	return true;
}

struct row {
	const char *name;
	uint64_t addr, size, age;
	uint32_t n, region;
	int64_t offset;
	bool yes;
	struct dmv_bytes bytes;
};

static const struct dmv_col cols[] = {
	DMV_COL(struct row, region, "REGION", DMV_S_REGION, ""),
	DMV_COL(struct row, name, "NAME", DMV_S_STR, ""),
	DMV_COL(struct row, addr, "ADDR", DMV_S_ADDR, ""),
	DMV_COL(struct row, size, "SIZE", DMV_S_SIZE, ""),
	DMV_COL(struct row, n, "N", DMV_S_U32, ""),
	DMV_COL(struct row, yes, "YES", DMV_S_BOOL, ""),
	DMV_COL(struct row, age, "AGE", DMV_S_AGE, ""),
	DMV_COL(struct row, offset, "OFFSET", DMV_S_OFFSET, ""),
	DMV_COL(struct row, bytes, "BYTES", DMV_S_BYTES, ""),
	DMV_COL_AS(struct row, bytes, "ascii", "TEXT", DMV_S_ASCII, ""),
	{ 0 }
};
static const struct dmv_table table = { "rows", cols, NULL };
static const struct dmv_table form = {
	"forms", cols, "{name|nobody} at {addr|nowhere}\n?yes|  yes {size:8}.\n!age|  no age\n"
};

static const uint8_t some[] = { 0x41, 0x00, 0xff };
static const struct row whole = { "edu", 0xffff888004a81000, 0x1000, 1500, 7, 1, -1, true,
				  { some, 3 } };
static const struct row bare = { NULL, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT32_MAX, UINT32_MAX,
				 INT64_MIN, false, { NULL, 0 } };

/* The answer with the rows, tables and notes that `say` gives. */
static char *answer(enum dmv_format format, void (*say)(struct dmv_out *))
{
	struct store s = { 0 };
	struct dmv_out *o = dmv_out_new(format, store_keep, &s);

	dmv_out_begin(o, "core", "test");
	dmv_out_provider(o, "region");
	say(o);
	dmv_out_end(o);
	dmv_out_free(o);
	return s.p;
}

static void check(enum dmv_format format, void (*say)(struct dmv_out *), const char *want,
		  const char *name)
{
	char *got = answer(format, say);

	T_STREQ(got, want, name);
	free(got);
}

#define HEAD "{\"schema\":1,\"tool\":\"dma-inspect\",\"version\":\"" DMV_INSPECT_VERSION "\"," \
	     "\"target\":\"core\",\"provider\":\"region\",\"command\":\"test\",\"tables\":{"

static void say_rows(struct dmv_out *o)
{
	dmv_out_row(o, &table, &whole);
	dmv_out_row(o, &table, &bare);
}

static void say_regions(struct dmv_out *o)
{
	dmv_out_width(o, 8, true);
	dmv_out_row(o, &table, &(struct row){ "a", 0x80, 1, 1, 1, 0, 1, false, { some, 1 } });
}

static void say_forms(struct dmv_out *o)
{
	dmv_out_row(o, &form, &whole);
	dmv_out_row(o, &form, &bare);
}

static void say_mixed(struct dmv_out *o)
{
	dmv_out_table(o, &form);
	dmv_out_row(o, &table, &bare);
	dmv_out_line(o, "a line");
	dmv_out_row(o, &form, &bare);
	dmv_out_note(o, "one");
	dmv_out_note(o, "two \"quoted\"\nlines");
	dmv_out_error(o, "why");
}

static void say_nothing(struct dmv_out *o)
{
	dmv_out_table(o, &table);
}

static void say_hostile(struct dmv_out *o)
{
	struct row r = bare;

	r.name = "\033[31m\"a\\\"\n\xc2\x9b" "ü\xff\xe2\x80\xae";
	dmv_out_row(o, &form, &r);
}

static void formats(void)
{
	check(DMV_TEXT, say_rows,
	      "NAME  ADDR                SIZE  N  YES    AGE  OFFSET  BYTES     TEXT\n"
	      "edu   ffff888004a81000  0x1000  7  yes  1.5us    -0x1  41 00 ff  A..\n"
	      "-     -                      -  -  no       -       -  -         -\n",
	      "table as text");
	check(DMV_JSON, say_rows,
	      HEAD "\"rows\":[{\"region\":1,\"name\":\"edu\",\"addr\":\"0xffff888004a81000\","
	      "\"size\":4096,\"n\":7,\"yes\":true,\"age\":1500,\"offset\":-1,\"bytes\":\"4100ff\"},"
	      "{\"region\":null,\"name\":null,\"addr\":null,\"size\":null,\"n\":null,\"yes\":false,"
	      "\"age\":null,\"offset\":null,\"bytes\":null}]},\"notes\":[]}\n",
	      "table as JSON");
	check(DMV_TEXT, say_regions,
	      "REGION  NAME  ADDR      SIZE  N  YES  AGE  OFFSET  BYTES  TEXT\n"
	      "0       a     00000080   0x1  1  no   1ns    +0x1  41     A\n",
	      "region column only where there are several, addresses of 32 bits");
	check(DMV_TEXT, say_forms,
	      "edu at ffff888004a81000\n  yes 0x1000  .\nnobody at nowhere\n  no age\n",
	      "form as text");
	check(DMV_TEXT, say_mixed,
	      "NAME  ADDR  SIZE  N  YES  AGE  OFFSET  BYTES  TEXT\n"
	      "-     -        -  -  no     -       -  -      -\n"
	      "a line\nnobody at nowhere\n  no age\nnote: one\nnote: two \"quoted\"\nlines\n",
	      "lines, forms and notes in order");
	check(DMV_JSON, say_mixed,
	      HEAD
	      "\"forms\":[{\"region\":null,\"name\":null,\"addr\":null,\"size\":null,\"n\":null,"
	      "\"yes\":false,\"age\":null,\"offset\":null,\"bytes\":null}],\"rows\":[{\"region\":null,"
	      "\"name\":null,\"addr\":null,\"size\":null,\"n\":null,\"yes\":false,\"age\":null,"
	      "\"offset\":null,\"bytes\":null}]},\"notes\":[\"one\",\"two \\\"quoted\\\" lines\"],"
	      "\"error\":\"why\"}\n",
	      "tables one after the other in JSON");
	check(DMV_JSON, say_nothing, HEAD "\"rows\":[]},\"notes\":[]}\n", "empty table in JSON");
	check(DMV_TEXT, say_hostile,
	      "\\x1b[31m\"a\\\"\\x0a\\xc2\\x9bü\\xff\\xe2\\x80\\xae at nowhere\n  no age\n",
	      "control characters do not reach a terminal");
	check(DMV_JSON, say_hostile,
	      HEAD
	      "\"forms\":[{\"region\":null,\"name\":\"\\\\x1b[31m\\\"a\\\\\\\"\\\\x0a\\\\xc2\\\\x9bü"
	      "\\\\xff\\\\xe2\\\\x80\\\\xae\",\"addr\":null,\"size\":null,\"n\":null,\"yes\":false,"
	      "\"age\":null,\"offset\":null,\"bytes\":null}]},\"notes\":[]}\n",
	      "nor a JSON parser");
}

static void ages(void)
{
	static const struct {
		uint64_t ns;
		const char *want;
	} cases[] = {
		{ 0, "0ns" }, { 999, "999ns" }, { 1000, "1.0us" }, { 99949, "99.9us" },
		{ 100000, "100us" }, { 1500000, "1.5ms" }, { 61000000000, "1.0min" },
		{ 7200000000000, "2.0h" }, { UINT64_MAX - 1, "213503d" },
	};
	char t[32];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		T_STREQ(dmv_age_text(cases[i].ns, t, sizeof(t)), cases[i].want, cases[i].want);
}

static void sink_that_stops(void)
{
	struct store s = { .most = 100000 };
	struct dmv_out *o = dmv_out_new(DMV_TEXT, store_keep, &s);
	size_t rows = 0;

	dmv_out_begin(o, "core", "test");
	while (rows < 100000 && dmv_out_row(o, &table, &whole))
		rows++;
	T_CHECKF(rows > 1000 && rows < 5000, "a full sink stops the rows", "%zu rows", rows);
	T_EQ(dmv_out_end(o), DMV_E_STOPPED, "and the command is told");
	dmv_out_free(o);
	free(s.p);
}

static void user_who_stops(void)
{
	struct store s = { 0 };
	struct dmv_out *o = dmv_out_new(DMV_JSON, store_keep, &s);
	bool stop = false;
	size_t rows = 0;

	dmv_out_stop(o, &stop);
	dmv_out_begin(o, "core", "test");
	while (rows < 100000 && dmv_out_row(o, &table, &whole))
		if (++rows == 5000)
			stop = true;
	T_CHECKF(rows < 5100, "^C stops the rows", "%zu rows", rows);
	T_EQ(dmv_out_end(o), DMV_E_STOPPED, "and the command is told of it");
	T_CHECK(s.n > 4 && !strcmp(s.p + s.n - 4, "[]}\n"), "what was said is still a document");
	dmv_out_free(o);
	free(s.p);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Generous: a machine under load must not fail this, a quadratic walk must. */
static void million(enum dmv_format format, const char *name)
{
	struct store s = { 0 };
	struct dmv_out *o = dmv_out_new(format, count, &s);
	struct row r = whole;
	double from = seconds(), took;
	struct rusage u;

	dmv_out_begin(o, "core", "test");
	for (size_t i = 0; i < 1000000; i++) {
		r.addr += 0x1000;
		dmv_out_row(o, &table, &r);
	}
	dmv_out_end(o);
	dmv_out_free(o);
	took = seconds() - from;
	getrusage(RUSAGE_SELF, &u);
	T_CHECKF(took < 20 && s.n > 50000000, name, "%.2f s, %zu bytes", took, s.n);
	T_CHECKF(u.ru_maxrss < 400 * 1024, "and its memory does not grow with them", "%ld KiB",
		 u.ru_maxrss);
}

int main(void)
{
	formats();
	ages();
	sink_that_stops();
	user_who_stops();
	million(DMV_TEXT, "a million rows as text");
	million(DMV_JSON, "a million rows as JSON");
	return T_DONE();
}
