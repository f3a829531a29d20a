/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What `target` says of a kernel: each thing once, and what VMCOREINFO tells beside addresses. */
#include "t.h"
#include "fake_kernel.h"
#include "mem_int.h"
#include "names.h"
#include "words.h"
#include "world.h"

/* A kernel whose header has this line, and VMCOREINFO this one more; NULL: none. */
static void say(const char *header, const char *more, const char *want, const char *not_wanted,
		const char *name)
{
	const struct dmv_dump_line line = { "kernel", header };
	const struct dmv_dump_info info = { .line = &line, .nline = 1 };
	struct fake_kernel *k = fk_new();
	struct dmv_ses s = { .mem = &k->b.base, .target = "vmcore",
			     .opts = { .region = DMV_NO_ADDR } };
	struct answer a;

	if (more)
		fk_line(k, more, 0);
	dmv_mem_set_vmcoreinfo(&k->b.base, k->text, strlen(k->text));
	k->b.base.info = header ? &info : NULL;
	T_EQ(dmv_names_new(&s.names, NULL), DMV_E_OK, "names");
	dmv_names_set_target(s.names, &k->b.base, NULL);
	a = ask_in(&s, DMV_TEXT, "target");
	T_CHECKF(strstr(a.text, want) && (!not_wanted || !strstr(a.text, not_wanted)), name, "%s",
		 a.text);
	free(a.text);
	dmv_facts_free(&s.facts);
	dmv_names_free(s.names);
	bytes_mem_deinit(&k->b);
	free(k->b.base.vmcoreinfo);
	free(k);
}

static void sizes(void)
{
	static const struct {
		uint64_t n;
		const char *want;
	} v[] = {
		{ 0, "0.0 KiB" }, { 1023, "0.9 KiB" }, { 1024, "1.0 KiB" }, { 1025, "1.0 KiB" },
		{ 1536, "1.5 KiB" }, { 1048575, "1023.9 KiB" }, { 1048576, "1.0 MiB" },
		{ 34578432, "32.9 MiB" }, { 1ull << 40, "1024.0 GiB" },
		{ UINT64_MAX, "17179869183.9 GiB" },
	};
	char buf[32];

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		T_STREQ(dmv_size_text(v[i].n, buf, sizeof(buf)), v[i].want, "size in words");
	T_STREQ(dmv_date_text(1700000000, buf, sizeof(buf)), "2023-11-14 22:13:20 UTC", "date");
	T_CHECK(!dmv_date_text(0, buf, sizeof(buf)), "no date");
	T_STREQ(dmv_date_text(253402300799, buf, sizeof(buf)), "9999-12-31 23:59:59 UTC",
		"last date");
	T_CHECK(!dmv_date_text(253402300800, buf, sizeof(buf)) &&
		!dmv_date_text(UINT64_MAX, buf, sizeof(buf)), "later than all dates");
}

int main(void)
{
	say(NULL, NULL, "Release:  " FK_RELEASE "\nPaging:", "Crashed:", "the release");
	say(FK_RELEASE " #1 SMP", NULL, "Kernel:   " FK_RELEASE " #1 SMP\nPaging:", "Release:",
	    "the release once");
	say(FK_RELEASE, NULL, "Paging:", "Release:", "the release alone once");
	say(FK_RELEASE "x #1", NULL, "Release:  " FK_RELEASE "\n", NULL, "another release");
	say(NULL, "CRASHTIME=1700000000\n", "Crashed:  2023-11-14 22:13:20 UTC\n", NULL,
	    "when it panicked");
	say(NULL, "CRASHTIME=0\n", "Paging:", "Crashed:", "no time");
	say(NULL, "CRASHTIME=18446744073709551615\n", "Paging:", "Crashed:", "no such time");
	sizes();
	return t_done();
}
