/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * dma-verifier: what the verifier checks, as verifier(8) of Windows sets it: in processes that run,
 * and, by a file, in those that start later.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dma_verifier.h"
#include "version.h"

static const struct {
	const char *windows, *gnu, *argument, *help;
} options[OPT_COUNT] = {
#define OPTION(id, windows, gnu, argument, help) [OPT_##id] = { windows, gnu, argument, help },
#include "dma_verifier.def"
#undef OPTION
};

bool complain(const char *fmt, ...)
{
	va_list ap;

	fputs("dma-verifier: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return false;
}

const char *printable(char *text)
{
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7F)
			*p = '?';
	return text;
}

/* ---- the command line ---- */

static void help(void)
{
	printf("Usage:\n dma-verifier [pid:PID] OPTION...\n\n"
	       "Sets what the DMA verifier checks: in a process that runs (pid:PID), or in those that\n"
	       "start later (without). An option may be written /OPTION as well.\n\nOptions:\n");
	for (int i = 0; i < OPT_COUNT; i++)
		printf(" --%-14s %-12s  %s\n", options[i].gnu, options[i].argument,
		       options[i].help);
	printf("\nFor more details see dma-verifier(8).\n");
}

/* The option that a word is, or OPT_COUNT. *value: what stands behind a '='. */
static enum option option_of(char *word, char **value)
{
	const bool gnu = !strncmp(word, "--", 2), windows = word[0] == '/';
	int i = 0;

	*value = gnu ? strchr(word, '=') : NULL;
	if (*value)
		*(*value)++ = 0;
	if (!strcmp(word, "-h") || !strcasecmp(word, "/help"))
		return OPT_HELP;
	if (!strcmp(word, "-V"))
		return OPT_VERSION;
	if (!gnu && !windows)
		return OPT_COUNT;
	word += gnu ? 2 : 1;
	while (i < OPT_COUNT && strcasecmp(word, options[i].gnu) != 0 &&
	       strcasecmp(word, options[i].windows) != 0)
		i++;
	return (enum option)i;
}

static bool is_option(const char *word)
{
	return word[0] == '/' || (word[0] == '-' && word[1]);
}

static bool number(const char *text, unsigned long most, unsigned long *ret)
{
	char *end;

	errno = 0;
	*ret = strtoul(text, &end, 0);
	return isdigit((unsigned char)text[0]) && !*end && !errno && *ret <= most;
}

static bool take_pid(struct command *c, const char *text)
{
	unsigned long pid;

	if (!number(text, INT32_MAX, &pid) || !pid)
		return complain("%s is no process number", text);
	if (c->pid && c->pid != (long)pid)
		return complain("one process at a time");
	c->pid = (long)pid;
	return true;
}

/* Arguments of option o from argv[*i] on; *i moves behind them. `value`: the one behind its '='. */
static bool take(struct command *c, enum option o, char *value, int *i, char **argv)
{
	const char *want = options[o].argument;

	if (!*want)
		return !value || complain("--%s takes no argument", options[o].gnu);
	if (value)
		argv[--*i] = value;             /* in the place of its option */
	if (argv[*i] && !strstr(want, "...")) {
		c->value[o] = argv[(*i)++];     /* a file begins like an option */
		return true;
	}
	if (!argv[*i] || (!value && is_option(argv[*i])))
		return complain("--%s needs %s", options[o].gnu, want);
	if (c->names[o])
		return complain("--%s stands there twice", options[o].gnu);
	c->name[o] = &argv[*i];
	do {
		c->names[o]++;
		(*i)++;
	} while (argv[*i] && !is_option(argv[*i]) && strncmp(argv[*i], "pid:", 4) != 0);
	return true;
}

static bool parse(struct command *c, char **argv)
{
	char *value;
	int i = 1;

	while (argv[i]) {
		enum option o;

		if (!strncmp(argv[i], "pid:", 4)) {
			if (!take_pid(c, argv[i++] + 4))
				return false;
			continue;
		}
		if (!is_option(argv[i]))
			return complain("unexpected argument '%s'", argv[i]);
		o = option_of(argv[i], &value);
		if (o == OPT_COUNT)
			return complain("unrecognized option '%s'", argv[i]);
		c->set[o] = true;
		i++;
		if (!take(c, o, value, &i, argv))
			return false;
	}
	return !c->set[OPT_PID] || take_pid(c, c->value[OPT_PID]);
}

/* ---- what it asks for ---- */

static bool take_number(const struct command *c, enum option o, uint32_t *ret)
{
	unsigned long v;

	if (!c->set[o])
		return true;
	if (!number(c->value[o], UINT32_MAX, &v))
		return complain("--%s: '%s' is no number", options[o].gnu, c->value[o]);
	*ret = (uint32_t)v;
	return true;
}

/* The flags of Driver Verifier: of all that it can do DMA is what there is here. */
static bool base_options(const struct command *c, uint32_t *ret)
{
	uint32_t flags = 0x80;

	if (!take_number(c, OPT_FLAGS, &flags))
		return false;
	if (flags & ~0x80u)
		return complain("--flags 0x%x: only 0x80, DMA verification, is there", flags);
	*ret = flags ? SETTINGS_VERIFY : 0;
	if (c->set[OPT_NO_SHADOW])
		*ret &= ~DMV_ABI_D_SHADOW;
	if (c->set[OPT_NO_GUARDS])
		*ret |= DMV_ABI_D_NO_GUARDS;
	if (c->set[OPT_STRICT])
		*ret |= DMV_ABI_D_STRICT;
	return true;
}

/* Through the words of the file, so that both mean the same. */
static bool say(struct settings *s, const char *word, const char *value)
{
	struct settings_error e;
	char line[200];

	snprintf(line, sizeof(line), "%s %s", word, value);
	return settings_parse(s, line, &e) || complain("%s", e.text);
}

static bool driver_row(const struct command *c, uint32_t base, struct dmv_abi_control_driver *d)
{
	struct settings one;

	d->options = base;
	settings_init(&one);
	if (c->set[OPT_FAIL]) {
		char line[120];

		snprintf(line, sizeof(line), "x fail=%s", c->value[OPT_FAIL]);
		if (!say(&one, "driver", line))
			return false;
		d->fault_kinds = one.row[0].fault_kinds;
	}
	d->fault_every = d->fault_kinds ? 1 : 0;
	if (!take_number(c, OPT_QUOTA, &d->hook_quota) ||
	    !take_number(c, OPT_EVERY, &d->fault_every) ||
	    !take_number(c, OPT_AFTER, &d->fault_after) ||
	    !take_number(c, OPT_TIMES, &d->fault_times))
		return false;
	if (d->fault_kinds && !d->fault_every)
		return complain("--every 0: nothing would ever fail");
	return true;
}

/* Drivers have no file names here. */
static const char *driver_name(char *name)
{
	const size_t n = strlen(name);

	if (n > 4 && !strcasecmp(name + n - 4, ".sys"))
		name[n - 4] = 0;
	return name;
}

static bool name_drivers(const struct command *c, enum option o, uint32_t base, struct settings *s)
{
	for (unsigned i = 0; i < c->names[o]; i++) {
		const char *name = driver_name(c->name[o][i]);
		struct dmv_abi_control_driver *d;

		if (o == OPT_REMOVE && s->head.others == DMV_ABI_OTHERS_NONE) {
			settings_driver_remove(s, name);
			continue;
		}
		settings_driver_remove(s, name);
		d = settings_driver(s, name, true);
		if (!d)
			return complain("%s: too long a name, or more than %u drivers", name,
					SETTINGS_ROWS);
		if (o != OPT_REMOVE && !driver_row(c, base, d))
			return false;
	}
	return true;
}

static bool apply_drivers(const struct command *c, struct settings *s)
{
	uint32_t base = 0;

	if (!c->set[OPT_DRIVER] && !c->set[OPT_ALL] && !c->set[OPT_ADD] && !c->set[OPT_REMOVE])
		return true;
	if (!base_options(c, &base))
		return false;
	s->head.fields |= DMV_ABI_CONTROL_DRIVERS;
	if (c->set[OPT_DRIVER] || c->set[OPT_ALL]) {
		s->head.count = 0;
		s->head.others = c->set[OPT_ALL] ? DMV_ABI_OTHERS_ALL : DMV_ABI_OTHERS_NONE;
		s->head.others_options = c->set[OPT_ALL] ? base : 0;
	}
	return name_drivers(c, OPT_DRIVER, base, s) && name_drivers(c, OPT_ADD, base, s) &&
	       name_drivers(c, OPT_REMOVE, base, s);
}

static bool apply_rules(const struct command *c, struct settings *s)
{
	for (unsigned i = 0; i < c->names[OPT_RULE]; i++) {
		char name[64];
		const char *word = strchr(c->name[OPT_RULE][i], '=');

		if (word)
			snprintf(name, sizeof(name), "%.*s", (int)(word - c->name[OPT_RULE][i]),
				 c->name[OPT_RULE][i]);
		if (!word || !settings_rule(s, name, word + 1))
			return complain("--rule %s: there is no such rule, or its word is none of "
					"off, default, log, break, stop", c->name[OPT_RULE][i]);
	}
	return true;
}

static bool apply_scan(const struct command *c, struct settings *s)
{
	unsigned long pages = 0, ms = 0;
	char copy[64];
	char *slash;

	if (!c->set[OPT_SCAN])
		return true;
	snprintf(copy, sizeof(copy), "%s", c->value[OPT_SCAN]);
	slash = strchr(copy, '/');
	if (slash)
		*slash++ = 0;
	if (!slash || !number(copy, UINT32_MAX, &pages) || !number(slash, UINT32_MAX, &ms))
		return complain("--scan takes PAGES/MILLISECONDS, as 64/100");
	s->scan = true;
	s->scan_pages = (uint32_t)pages;
	s->scan_ms = (uint32_t)ms;
	return true;
}

bool apply(const struct command *c, struct settings *s)
{
	if (c->set[OPT_MODE] && !say(s, "mode", c->value[OPT_MODE]))
		return false;
	return apply_drivers(c, s) && apply_rules(c, s) && apply_scan(c, s);
}

/* ---- whether it makes sense ---- */

static bool one(const struct command *c, const enum option *of, size_t n, enum option *ret)
{
	*ret = OPT_COUNT;
	for (size_t i = 0; i < n; i++) {
		if (!c->set[of[i]])
			continue;
		if (*ret != OPT_COUNT)
			return complain("--%s and --%s do not go together", options[*ret].gnu,
					options[of[i]].gnu);
		*ret = of[i];
	}
	return true;
}

static bool changes(const struct command *c)
{
	static const enum option of[] = { OPT_DRIVER, OPT_ALL, OPT_ADD, OPT_REMOVE, OPT_MODE,
					  OPT_RULE, OPT_SCAN };

	for (size_t i = 0; i < sizeof(of) / sizeof(*of); i++)
		if (c->set[of[i]])
			return true;
	return false;
}

static bool sensible(const struct command *c, enum option verb)
{
	static const enum option of_drivers[] = { OPT_FLAGS, OPT_STANDARD, OPT_NO_SHADOW,
						  OPT_NO_GUARDS, OPT_STRICT, OPT_QUOTA, OPT_FAIL };
	static const enum option of_faults[] = { OPT_EVERY, OPT_AFTER, OPT_TIMES };
	const bool names = c->set[OPT_DRIVER] || c->set[OPT_ADD];

	if (c->set[OPT_DRIVER] && c->set[OPT_ALL])
		return complain("--driver and --all do not go together");
	for (size_t i = 0; i < sizeof(of_drivers) / sizeof(*of_drivers); i++)
		if (c->set[of_drivers[i]] && !names && !c->set[OPT_ALL])
			return complain("--%s: of which drivers? --driver NAME..., --add-driver "
					"NAME..., --all", options[of_drivers[i]].gnu);
	if ((c->set[OPT_QUOTA] || c->set[OPT_FAIL]) && !names)
		return complain("--quota and --fail need drivers by name");
	for (size_t i = 0; i < sizeof(of_faults) / sizeof(*of_faults); i++)
		if (c->set[of_faults[i]] && !c->set[OPT_FAIL])
			return complain("--%s needs --fail", options[of_faults[i]].gnu);
	if (verb == OPT_COUNT ? !changes(c) : changes(c))
		return complain(verb == OPT_COUNT ? "nothing to do" :
				"--%s stands alone", verb == OPT_COUNT ? "" : options[verb].gnu);
	if (c->set[OPT_SCAN] && c->pid)
		return complain("--scan is for the settings file: a process scans as it started");
	if ((c->set[OPT_VOLATILE] || verb == OPT_QUERY) && !c->pid)
		return complain("which process? pid:PID, or --pid PID; --list shows those there "
				"are");
	return true;
}

static bool run(const struct command *c)
{
	static const enum option verbs[] = { OPT_QUERY, OPT_QUERY_SETTINGS, OPT_RESET, OPT_LIST };
	enum option verb;

	if (!one(c, verbs, sizeof(verbs) / sizeof(*verbs), &verb) || !sensible(c, verb)) {
		fputs("Try 'dma-verifier --help' for more information.\n", stderr);
		return false;
	}
	if (verb == OPT_LIST)
		return process_list();
	if (verb == OPT_QUERY)
		return process_show(c);
	if (verb == OPT_QUERY_SETTINGS)
		return file_show(c);
	return c->pid ? process_change(c) : file_change(c);
}

int main(int argc, char **argv)
{
	struct command c = { .timeout = 3 };
	bool ok;

	if (argc < 2) {
		help();
		return EXIT_FAILURE;
	}
	ok = parse(&c, argv);
	if (ok && c.set[OPT_HELP]) {
		help();
	} else if (ok && c.set[OPT_VERSION]) {
		printf("dma-verifier %s\n", DMV_INSPECT_VERSION);
	} else if (ok) {
		char *end;

		if (c.set[OPT_TIMEOUT])
			c.timeout = strtod(c.value[OPT_TIMEOUT], &end);
		ok = !c.set[OPT_TIMEOUT] || (!*end && c.timeout >= 0 && c.timeout < 1e6);
		ok = ok ? run(&c) : complain("--timeout: '%s' is no time", c.value[OPT_TIMEOUT]);
	} else {
		fputs("Try 'dma-verifier --help' for more information.\n", stderr);
	}
	if (fflush(stdout) || ferror(stdout))
		ok = complain("write error: %s", strerror(errno));
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
