/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "clock.h"
#include "cpu.h"
#include "serial.h"
#include "windump.h"
#include "words.h"

#define UPTIME_NS (93784ull * 1000000000)       /* a day, two hours, three minutes, four seconds */

static uint64_t root(void)
{
	uint64_t v;

	__asm__ volatile("movq %%cr3, %0" : "=r"(v));
	return v;
}

static void publish(struct guest *g)
{
	const struct guest_windump w = {
		.root = root(), .direct = GUEST_DIRECT, .unix_ns = guest_clock_unix_ns(),
		.memory = g->pages.base + g->pages.count * GUEST_PAGE, .up_ns = UPTIME_NS,
		.comment = "the verifier's guest",
	};

	if (!guest_windump_publish(&w)) {
		guest_say("guest: no vmcoreinfo\n");
		guest_halt();
	}
	g->dying = guest_windump_bugcheck;
}

static _Noreturn void die_of(const char *text)
{
	uint64_t p[4];
	uint32_t code;

	guest_windump_parse(text, &code, p);
	guest_windump_bugcheck(code, p);
	guest_say("guest: gave up: by the bugcheck that was given\n");
	guest_halt();
}

void guest_windows_words(struct guest *g)
{
	char word[96];

	if (guest_option(g, "bugcheck", word, sizeof(word))) {
		publish(g);
		die_of(word);
	}
	if (guest_option(g, "windows", word, sizeof(word)) && word[0] == 'y')
		publish(g);
}
