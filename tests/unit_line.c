/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What a person types: numbers, words, mistakes, help, Tab; and who goes before the answer ends. */
#include "words.h"
#include "world.h"

static void numbers(void)
{
	static const struct {
		const char *word;
		bool ok;
		uint64_t v;
	} cases[] = {
		{ "10", true, 0x10 }, { "0x10", true, 0x10 }, { "0X1f", true, 0x1f },
		{ "0n10", true, 10 }, { "0N255", true, 255 },
		{ "ffffd08b`b1435060", true, 0xffffd08bb1435060 },
		{ "0000000000000001ff", true, 0x1ff }, { "ffffffffffffffff", true, UINT64_MAX },
		{ "0n18446744073709551615", true, UINT64_MAX },
		{ "0n18446744073709551616", false, 0 }, { "10000000000000000", false, 0 },
		{ "", false, 0 }, { "0x", false, 0 }, { "0n", false, 0 }, { "0n1f", false, 0 },
		{ "xyz", false, 0 }, { "-1", false, 0 }, { "`1", false, 0 },
		{ "e1000", true, 0xe1000 }, { "1 ", false, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t v = 0;
		bool ok = dmv_number(cases[i].word, &v);

		T_CHECKF(ok == cases[i].ok && (!ok || v == cases[i].v), cases[i].word,
			 "got %d, 0x%llx", ok, (unsigned long long)v);
	}
}

static void words(struct world *w, struct dmv_facts *f)
{
	static const char *const same[] = { "dma leaks", "!dma leaks", "leaks", "!leaks", ".leaks",
					    "  leaks  # why", "\"leaks\"" };

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		is(f, same[i], 0, "0 leaked, 8 live: leaks -a\n", same[i]);
	is(f, "", 0, "", "empty line");
	is(f, " # only a remark", 0, "", "remark");
	refused(f, "nonsense", "no command \"nonsense\"; `help` lists them", "unknown command");
	refused(f, "leakz", "no command \"leakz\"; did you mean `leaks`?",
		"a letter that is wrong");
	refused(f, "!anaylze -v", "no command \"anaylze\"; did you mean `analyze`?",
		"letters swapped");
	refused(f, "!irp", "no command \"!irp\"; there are !dma !leaks !violations",
		"command of another debugger");
	refused(f, "viol", "did you mean `violations`?", "start of a command");
	refused(f, "help evnets", "did you mean `events`?", "help on a word like a command");
	refused(f, "xy", "`help` lists them", "word like nothing");
	refused(f, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "`help` lists them",
		"word that is very long");
	refused(f, "leaks -z", "\"-z\" is not understood (usage: leaks [ADAPTER] [-a])",
		"unknown option");
	refused(f, "events -n", "-n needs a value", "option without its value");
	refused(f, "events -n xyz", "not a hexadecimal number", "value that is no number");
	refused(f, "who", "ADDR is missing", "argument that is missing");
	refused(f, "leaks \"ndis", "quote is not closed", "open quote");
	refused(f, "help nonsense", "no command", "help on nothing");
	has(DMV_TEXT, f, "?", 0, "leaks        what is live", "? is help");
	has(DMV_TEXT, f, "!dma ? leaks", 0, "leaks [ADAPTER] [-a]", "? is help of one");
	refused(f, "leaks \033[31m", "no adapter \\x1b[31m", "hostile word comes back harmless");
	refused(NULL, "leaks", "needs a target", "no target");
	has(DMV_TEXT, f, "dma name:ndis", 0, "Adapter: 82f06cd0", "adapter by name");
	has(DMV_TEXT, f, "dma NDIS", 0, "Adapter: 82f06cd0", "adapter by name in capitals");
	has(DMV_TEXT, f, "dma 80001000", 0, "Adapter: 82f06cd0", "adapter by record");
	has(DMV_TEXT, f, "dma 82f98690", 0, "Adapter: 82f06cd0", "adapter by device object");
	has(DMV_TEXT, f, "dma 0", 0, "Adapter: 80076800", "0 is all");
	f->nadapter = 3;
	refused(f, "dma e1000", "e1000 is the number 0xe1000 and a name: say 0xe1000 or name:e1000",
		"number and name");
	refused(f, "who e1000", "e1000 is the number 0xe1000", "number and name in who");
	has(DMV_TEXT, f, "dma name:e1000", 0, "Adapter: 82f88930", "name decides");
	refused(f, "dma 0xe1000", "no adapter 0xe1000", "0x decides");
	refused(f, "dma ndis", "ndis has several adapters", "name of several");
	world_make(w, f);
}

/* What `help` tells people to type works, in a target that has the adapter it speaks of. */
static void examples(struct world *w, struct dmv_facts *f)
{
	w->adapter[0].handle = 0x7f3a1c002010;
	w->adapter[0].name = "edu";
	for (size_t i = 0; dmv_cmds[i]; i++) {
		const char *next;

		for (const char *p = dmv_cmds[i]->examples; *p; p = next) {
			const char *end = strstr(p, "  ");
			char line[96];
			struct answer a;

			next = p + strcspn(p, "\n");
			next += *next == '\n';
			snprintf(line, sizeof(line), "%.*s", end ? (int)(end - p) : 0, p);
			if (!world_answers(dmv_cmds[i]))
				continue;
			a = ask(DMV_TEXT, f, line);
			T_CHECKF(*line && a.code == 0 && *a.text, line, "exit code %d: %s", a.code,
				 a.err.msg);
			free(a.text);
		}
	}
	world_make(w, f);
}

static void help(struct world *w, struct dmv_facts *f)
{
	for (size_t i = 0; dmv_cmds[i]; i++) {
		const struct dmv_cmd *c = dmv_cmds[i];
		char line[64], synopsis[160];

		snprintf(line, sizeof(line), "help %s", c->name);
		has(DMV_TEXT, NULL, line, 0, dmv_synopsis(c, synopsis, sizeof(synopsis)), line);
		for (const char *p = c->help; *p; p += *p == '\n') {
			size_t n = strcspn(p, "\n");

			T_CHECKF(n <= 80, line, "a line of %zu characters", n);
			p += n;
		}
		T_CHECK(strlen(c->summary) < 60 && strstr(c->examples, "  "), line);
	}
	examples(w, f);
	has(DMV_JSON, NULL, "help leaks", 0,
	    "{\"command\":\"leaks\",\"name\":\"-a\",\"help\":\"everything that is live\"}",
	    "help as JSON");
}

static bool refuse(void *ctx, const char *buf, size_t n)
{
	(void)buf;
	(void)n;
	++*(int *)ctx;
	return false;
}

/* `leaks -a | head` is no error; ^C is one. */
static void ends_early(const struct dmv_facts *f)
{
	enum { MANY = 20000 };
	struct dmv_facts big = *f;
	bool stop = false;
	int calls = 0;
	struct dmv_ses s = { .loaded = true, .load_err = { .addr = DMV_NO_ADDR }, .stop = &stop };
	int code;

	big.buffer = malloc(MANY * sizeof(*big.buffer));
	big.nbuffer = MANY;
	for (size_t i = 0; i < MANY; i++)
		big.buffer[i] = f->buffer[0];
	s.facts = big;
	s.out = dmv_out_new(DMV_TEXT, refuse, &calls);
	code = dmv_run(&s, "leaks -a");
	T_CHECKF(code == 0 && !s.err.code && calls == 1, "reader who goes away",
		 "exit code %d: %s, %d calls", code, s.err.msg, calls);
	stop = true;
	code = dmv_run(&s, "leaks -a");
	T_CHECKF(code == 4 && s.err.code == DMV_E_STOPPED, "^C", "exit code %d: %s", code,
		 s.err.msg);
	dmv_out_free(s.out);
	free(big.buffer);
}

struct found {
	char text[1024];
};
static void collect(void *ctx, const char *word)
{
	struct found *f = ctx;

	snprintf(f->text + strlen(f->text), sizeof(f->text) - strlen(f->text), "%s ", word);
}

static void completed(const struct dmv_facts *f, const char *line, const char *want)
{
	struct dmv_ses s = { .facts = *f, .loaded = true };
	struct found got = { "" };
	size_t at = strlen(line);

	while (at && line[at - 1] != ' ')
		at--;
	dmv_complete(&s, line, at, line + at, collect, &got);
	T_STREQ(got.text, want, line);
}

static void completion(const struct dmv_facts *f)
{
	completed(f, "le", "leaks ");
	completed(f, "!an", "!analyze ");
	completed(f, "dma l", "leaks log ");
	completed(f, "leaks -", "-a ");
	completed(f, "events 80", "80076800 ");
	completed(f, "events -n ", "");
	completed(f, "events -n 10 -", "");
	completed(f, "events 80076800 8", "");
	completed(f, "leaks 82", "82f06cd0 ");
	completed(f, "who 82f06", "82f06cd0 82f06c58 82f06228 ");
	completed(f, "who 0x0000000082f06C", "0x0000000082f06Cd0 0x0000000082f06C58 ");
	completed(f, "who 82f0`6c", "82f0`6cd0 82f0`6c58 ");
	completed(f, "who 0", "");
	completed(f, "dma n", "ndis ");
	completed(f, "save ", "--redact ");
	T_CHECK(dmv_wants_file("save ") && dmv_wants_file("!dma save --redact ") &&
		!dmv_wants_file("save x ") && !dmv_wants_file("leaks ") && !dmv_wants_file(""),
		"a file is left to the host");
	completed(f, "dma 82", "82f06cd0 ");
	completed(f, "dma 0x82", "0x82f06cd0 ");
	completed(f, "help st", "stale ");
	completed(f, "nonsense ", "");
}

int main(void)
{
	static struct world w;
	struct dmv_facts f;

	world_make(&w, &f);
	numbers();
	words(&w, &f);
	help(&w, &f);
	ends_early(&f);
	completion(&f);
	return T_DONE();
}
