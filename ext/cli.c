/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The command line of dma-inspect. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect.h"
#include "options.h"
#include "version.h"

static uint64_t number_or_die(struct argp_state *state, const char *option, const char *arg)
{
	uint64_t v = 0;

	if (!dmv_number(arg, &v))
		argp_error(state, "%s: \"%s\" is not a hexadecimal number", option, arg);
	return v;
}

static enum dmv_color color_or_die(struct argp_state *state, const char *arg)
{
	for (size_t i = 0; dmv_cli_colors[i]; i++)
		if (!strcmp(arg, dmv_cli_colors[i]))
			return (enum dmv_color)i;
	argp_error(state, "--color: \"%s\" is none of auto, always, never", arg);
	return DMV_COLOR_AUTO;
}

static bool reads_input(const struct dmv_cli *c)
{
	for (size_t i = 0; i < c->nitem; i++)
		if (c->item[i].file && !strcmp(c->item[i].text, "-"))
			return true;
	return false;
}

/* The arrays are as long as the command line may make them. */
static error_t parse_opt(int key, char *arg, struct argp_state *state)
{
	struct dmv_cli *c = state->input;

	switch (key) {
	case 'c':
		c->item[c->nitem++] = (struct dmv_cli_item){ false, arg };
		break;
	case 'f':
		c->item[c->nitem++] = (struct dmv_cli_item){ true, arg };
		break;
	case 'j':
		c->json = true;
		break;
	case 's':
		c->symbols[c->nsymbols++] = arg;
		break;
	case OPT_BASE:
		c->base = number_or_die(state, "--base", arg);
		c->have_base = true;
		break;
	case OPT_REGION:
		c->region = number_or_die(state, "--region", arg);
		break;
	case OPT_SCAN:
		c->scan = true;
		break;
	case OPT_FORCE:
		c->force = true;
		break;
	case OPT_BUGCHECK:
		c->bugcheck = arg;
		break;
	case OPT_COLOR:
		c->color = color_or_die(state, arg);
		break;
	case OPT_ZERO_EXCLUDED:
		c->zero_excluded = true;
		break;
	case OPT_HOLD:
		c->hold = true;
		break;
	case OPT_NO_SANDBOX:
		c->no_sandbox = true;
		break;
	case OPT_NO_HINTS:
		c->no_hints = true;
		break;
	case OPT_NO_PAGER:
		c->no_pager = true;
		break;
	case ARGP_KEY_ARG:
		if (c->target)
			c->more[c->nmore++] = arg;
		else
			c->target = arg;
		break;
	case ARGP_KEY_END:
		/* `help` and typed bugchecks need none; what does says so */
		if (!c->target && !c->bugcheck && !c->nitem)
			argp_error(state, "no target");
		if (c->target && !strcmp(c->target, "-") && (reads_input(c) || c->nmore))
			argp_error(state, "standard input is the target, and the only one: %s",
				   c->nmore ? c->more[0] : "-f - cannot read it");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static void print_version(FILE *f, struct argp_state *state)
{
	(void)state;
	fprintf(f, "dma-inspect %s\n", DMV_INSPECT_VERSION);
}

static const struct argp parser = {
	.options = dmv_cli_options,
	.parser = parse_opt,
	.args_doc = "TARGET...",
	.doc = "What a dump or a process holds about DMA: adapters, mappings, leaks, and what "
	       "stopped it."
	       "\vTARGET is a process core, a vmcore, a Windows dump, a raw file (with --base), "
	       "pid:N, kcore, gdb:HOST:PORT, or -, a text with bugchecks on standard input; several are the "
	       "parts of one split kdump. "
	       "Without -c and -f: a prompt, or a summary where there is no terminal.\n\n"
	       "Exit code: 0 fine, 1 findings, 2 usage, 3 target cannot be opened or holds nothing "
	       "about DMA, 4 bytes that were needed are damaged or missing, or it was stopped.",
};

int dmv_cli_parse(struct dmv_cli *c, int argc, char **argv)
{
	size_t most = (size_t)argc + 1;

	*c = (struct dmv_cli){ .region = DMV_NO_ADDR };
	c->item = calloc(most, sizeof(*c->item));
	c->symbols = calloc(most, sizeof(*c->symbols));
	c->more = calloc(most, sizeof(*c->more));
	if (!c->item || !c->symbols || !c->more) {
		dmv_complain("not enough memory for the command line");
		return 4;
	}
	argp_program_version_hook = print_version;
	argp_err_exit_status = 2;
	return argp_parse(&parser, argc, argv, 0, NULL, c) ? 2 : 0;
}

void dmv_cli_free(struct dmv_cli *c)
{
	free(c->item);
	free(c->symbols);
	free(c->more);
}
