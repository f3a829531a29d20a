/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Memory and names that a debugger gives: blocks and holes, VMCOREINFO by symbols, who is asked. */
#include <stdlib.h>

#include "mem_host.h"
#include "names.h"
#include "t.h"

#define T_OK(name, cond) T_CHECK(cond, name)

enum { PAGE = 4096, BASE = 0x100000 };

/* Pages of memory, each with its number in all of its bytes; some are missing. */
struct world {
	unsigned pages;
	uint64_t absent;                /* a bit a page */
	unsigned calls;
	size_t largest, short_by;       /* the last page lacks so many bytes */
	const char *text;               /* stands at the start instead */
	size_t ntext;
	bool stop;
};

static bool has_byte(const struct world *w, uint64_t addr)
{
	uint64_t page = (addr - BASE) / PAGE;

	return addr >= BASE && page < w->pages && !(w->absent >> page & 1) &&
	       addr < BASE + w->pages * PAGE - w->short_by;
}

static size_t give(void *ctx, enum dmv_space s, uint64_t addr, void *buf, size_t n)
{
	struct world *w = ctx;
	uint8_t *to = buf;
	size_t i;

	(void)s;
	w->calls++;
	if (n > w->largest)
		w->largest = n;
	for (i = 0; i < n && has_byte(w, addr + i); i++) {
		uint64_t off = addr + i - BASE;

		to[i] = off < w->ntext ? (uint8_t)w->text[off] : (uint8_t)(off / PAGE + 1);
	}
	return i;
}

static struct dmv_mem *open_world(struct world *w, struct dmv_host *h)
{
	struct dmv_mem *m = NULL;
	struct dmv_host host = { .name = "test", .ctx = w, .read = give, .has = { true, true },
				 .bits = 64, .stop = &w->stop };

	dmv_mem_host_open(h ? h : &host, &m, NULL);
	return m;
}

static void blocks(void)
{
	struct world w = { .pages = 40, .absent = 1 << 3, .short_by = 100 };
	struct dmv_mem *m = open_world(&w, NULL);
	struct dmv_err e = { 0 };
	uint8_t buf[2 * PAGE];

	T_OK("host: range", !dmv_mem_host_range(m, DMV_PHYS, BASE, BASE + 40 * PAGE, false, &e));
	T_OK("host: read", !dmv_mem_read(m, DMV_PHYS, BASE + PAGE - 1, buf, 2, &e) && buf[0] == 1 &&
			   buf[1] == 2 && w.calls == 1);
	T_OK("host: read-ahead", w.largest >= 64 << 10);
	T_OK("host: behind a hole", !dmv_mem_read(m, DMV_PHYS, BASE + 4 * PAGE, buf, PAGE, &e) &&
				    buf[0] == 5 && w.calls == 2);
	T_OK("host: hole", dmv_mem_read(m, DMV_PHYS, BASE + 2 * PAGE, buf, 2 * PAGE, &e) ==
				   DMV_E_ABSENT && e.addr == BASE + 3 * PAGE);
	T_OK("host: part of a page", !dmv_mem_read(m, DMV_PHYS, BASE + 39 * PAGE, buf, PAGE - 100,
						   &e) && buf[0] == 40);
	T_OK("host: behind the end", dmv_mem_read(m, DMV_PHYS, BASE + 40 * PAGE - 101, buf, 2, &e));
	T_OK("host: outside the range", dmv_mem_read(m, DMV_PHYS, BASE - 1, buf, 1, &e));
	T_OK("host: order", dmv_mem_host_range(m, DMV_PHYS, BASE, BASE + 1, false, &e) ==
				    DMV_E_USAGE);
	w.absent = w.calls = 0;
	T_OK("host: kept", !dmv_mem_read(m, DMV_PHYS, BASE + 5 * PAGE, buf, PAGE, &e) && !w.calls);
	dmv_mem_host_forget(m);
	T_OK("host: forgotten", !dmv_mem_read(m, DMV_PHYS, BASE + 3 * PAGE, buf, 1, &e) &&
				buf[0] == 4 && w.calls == 1);
	dmv_mem_close(m);
}

struct seen {
	uint64_t pages;                 /* a bit a page */
	unsigned twice;
	struct world *stop_at_4;
};

static enum dmv_code see(void *ctx, uint64_t addr, const uint8_t *head)
{
	struct seen *s = ctx;
	uint64_t page = (addr - BASE) / PAGE, bit = UINT64_C(1) << page;

	s->twice += s->pages & bit || *head != page + 1;
	s->pages |= bit;
	if (s->stop_at_4 && page == 4)
		s->stop_at_4->stop = true;
	return DMV_E_OK;
}

static void walks(void)
{
	struct world w = { .pages = 40, .absent = 1 << 3 | UINT64_C(0xff) << 20, .short_by = 100 };
	uint64_t all = ((UINT64_C(1) << 40) - 1) & ~w.absent, missed;

	for (int guess = 0; guess < 2; guess++) {
		struct dmv_mem *m = open_world(&w, NULL);
		struct seen s = { 0 };

		missed = 0;
		dmv_mem_host_range(m, DMV_PHYS, BASE, BASE + 40 * PAGE, guess, NULL);
		T_OK(guess ? "host: walk a guess" : "host: walk",
		     !dmv_mem_walk_heads(m, DMV_PHYS, PAGE, 8, see, &s, &missed, NULL) &&
			     s.pages == all && !s.twice &&
			     missed == (guess ? 0 : 9 * PAGE + 100));
		s = (struct seen){ .stop_at_4 = &w };
		T_OK("host: stop", dmv_mem_walk_heads(m, DMV_PHYS, PAGE, 8, see, &s, &missed,
						      NULL) == DMV_E_STOPPED && !(s.pages >> 16));
		w.stop = false;
		dmv_mem_close(m);
	}
}

/* The kernel's two variables, then the text. */
static void vmcoreinfo(unsigned bits, bool big, uint64_t n, bool want)
{
	static const char text[] = "OSRELEASE=6.1\nX=1\n";
	char page[64 + sizeof(text)] = "";
	struct world w = { .pages = 1, .text = page, .ntext = sizeof(page) };
	struct dmv_host h = { .name = "test", .ctx = &w, .read = give, .has = { true, false },
			      .bits = (uint8_t)bits, .big_endian = big };
	struct dmv_mem *m = open_world(&w, &h);
	uint64_t v[2] = { BASE + 64, n };
	char name[64];

	for (unsigned k = 0; k < 2; k++)
		for (unsigned i = 0; i < bits / 8; i++)
			page[k * 8 + i] = (char)(v[k] >> 8 * (big ? bits / 8 - 1 - i : i));
	memcpy(page + 64, text, sizeof(text));
	snprintf(name, sizeof(name), "host: vmcoreinfo %u %s 0x%llx", bits, big ? "big" : "little",
		 (unsigned long long)n);
	T_OK(name, dmv_mem_host_vmcoreinfo(m, BASE, BASE + 8) == want &&
		   (!want || (!strcmp(m->vmcoreinfo, text) && m->linux_kernel)));
	dmv_mem_close(m);
}

static bool place(void *ctx, uint64_t addr, struct dmv_place *ret)
{
	(void)ctx;
	if (addr != 0x1234)
		return false;
	*ret = (struct dmv_place){ .module = "vmlinux", .function = "f", .offset = 4 };
	return true;
}

static bool symbol(void *ctx, const char *name, uint64_t *ret)
{
	(void)ctx;
	*ret = 0x77;
	return !strcmp(name, "known");
}

static bool member(void *ctx, const char *type, const char *path, struct dmv_member *ret)
{
	(void)ctx;
	*ret = (struct dmv_member){ .offset = path ? 8 : 0, .size = path ? 4 : 16 };
	return !strcmp(type, "t") && (!path || !strcmp(path, "new.b"));
}

static void names(void)
{
	const struct dmv_names_host h = { .place = place, .symbol = symbol, .member = member };
	struct dmv_names *n;
	struct dmv_member m = { 0 };
	struct dmv_err e = { 0 };
	uint64_t v = 0;
	char buf[100];

	dmv_names_new_bare(&n, NULL);
	dmv_names_set_host(n, &h);
	T_OK("host: place", !strcmp(dmv_names_text(n, 0x1234, buf, sizeof(buf)), "vmlinux!f+0x4"));
	T_OK("host: no place", !strcmp(dmv_names_text(n, 1, buf, sizeof(buf)),
				       "0x0000000000000001"));
	T_OK("host: symbol", dmv_names_symbol(n, "known", &v) && v == 0x77);
	T_OK("host: no symbol", !dmv_names_symbol(n, "unknown", &v));
	T_OK("host: no line", !dmv_names_line(n, 0x1234, buf, sizeof(buf)));
	T_OK("host: member", !dmv_names_member(n, "t", "old.b|new.b", &m, &e) && m.offset == 8);
	T_OK("host: no member", dmv_names_member(n, "t", "old|older", &m, &e) == DMV_E_NOTFOUND);
	T_OK("host: size", !dmv_names_size(n, "t", &v, &e) && v == 16);
	T_OK("host: no files", dmv_names_add_file(n, "/bin/true", UINT64_MAX, false, &e) ==
				       DMV_E_USAGE);
	dmv_names_free(n);
}

int main(void)
{
	blocks();
	walks();
	vmcoreinfo(64, false, 19, true);
	vmcoreinfo(32, false, 19, true);
	vmcoreinfo(64, true, 19, true);
	vmcoreinfo(32, true, 19, true);
	vmcoreinfo(64, false, 0, false);
	vmcoreinfo(64, false, UINT64_C(1) << 40, false);
	vmcoreinfo(64, false, 2 * PAGE, false);
	names();
	return T_DONE();
}
