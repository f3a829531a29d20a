/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A process that does what it is told, a word a line on its standard input, and answers each with a
 * line: what the verifier makes of it can be looked at from outside. For tests/verifier.py.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "port/posix/posix.h"

enum { CALLER = 0x401000 };

static struct state {
	struct dmv_posix *posix;
	struct dmv *v;
	uint32_t driver;
	struct dmv_adapter *a;
	void *buffer;
	uint64_t bus;
	char elements[64];
	char *page;                     /* what the list maps */
} s;

static bool adapter(void)
{
	const struct dmv_adapter_request r = {
		.driver = s.driver, .name = "nic0", .max_registers = 8, .version = 1,
		.flags = DMV_ABI_A_SCATTER_GATHER | DMV_ABI_A_BUS_MASTER,
		.max_address = UINT64_MAX };

	return dmv_adapter_new(s.v, &r, CALLER, &s.a) == DMV_OK;
}

static bool put(void)
{
	dmv_adapter_put(s.v, s.a, CALLER);
	return true;
}

static bool buffer(void)
{
	const struct dmv_buffer_request r = { .bytes = 100, .max_bus = UINT64_MAX,
					      .cached = true };

	s.buffer = dmv_buffer_alloc(s.v, s.a, &r, CALLER, &s.bus);
	return s.buffer;
}

static bool unbuffer(void)
{
	dmv_buffer_free(s.v, s.a, s.buffer, 100, s.bus, true, CALLER);
	return true;
}

static bool list(void)
{
	uint64_t frame;
	struct dmv_grant g;

	s.page = s.page ? s.page : dmv_posix_pages(s.posix, 1);
	if (!s.page || !dmv_posix_frame(s.posix, s.page, &frame))
		return false;
	const struct dmv_request r = {
		.routine = 2, .registers = 1, .list = true, .memory = s.elements,
		.transfer = { .span = { .va = (uintptr_t)s.page, .bytes = 64,
					.phys = frame << 12, .original = s.page } } };

	return dmv_request(s.v, s.a, &r, CALLER, &g) == DMV_OK;
}

/* The device writes n bytes into the list. */
static bool device(uint32_t n)
{
	struct dmv_part part;
	bool copied;
	char *at;

	if (dmv_list_parts(s.v, s.a, s.elements, &part, 1, &copied) != 1)
		return false;
	at = dmv_posix_bus_to_va(s.posix, part.bus);
	if (at)
		memset(at, 0x5A, n);
	return at;
}

static bool device_right(void)
{
	return device(64);
}

static bool overrun(void)
{
	return device(65);
}

static bool unlist(void)
{
	void *attached;

	dmv_list_put(s.v, s.a, s.elements, false, CALLER, &attached);
	return s.page[0] == 0x5A && s.page[63] == 0x5A;
}

static bool count(void)
{
	printf("%u ", dmv_header(s.v)->violations);
	return true;
}

static bool child(void)
{
	const pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	printf("%d ", (int)pid);
	return pid > 0;
}

static const struct {
	const char *word;
	bool (*run)(void);
} words[] = {
	{ "adapter", adapter }, { "put", put }, { "buffer", buffer }, { "unbuffer", unbuffer },
	{ "list", list }, { "device", device_right }, { "overrun", overrun }, { "unlist", unlist },
	{ "count", count }, { "child", child },
};

static bool obey(const char *word)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(words[i].word, word))
			return words[i].run();
	return false;
}

int main(void)
{
	struct dmv_posix_config c;
	char line[64];

	dmv_posix_defaults(&c);
	c.tick_ms = 10;
	if (dmv_posix_start(&c, &s.posix))
		return 1;
	s.v = dmv_posix_verifier(s.posix);
	if (dmv_driver_load(s.v, "nic", 0, 0, DMV_ABI_D_VERIFY | DMV_ABI_D_SHADOW, 0, &s.driver))
		return 1;
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = 0;
		puts(obey(line) ? "yes" : "no");
		fflush(stdout);
	}
	dmv_posix_stop(s.posix);
	return 0;
}
