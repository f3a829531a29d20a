/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "options.h"

const struct argp_option dmv_cli_options[] = {
	{ "command", 'c', "COMMAND", 0, "run COMMAND and exit; may be repeated", 0 },
	{ "file", 'f', "FILE", 0, "run the commands in FILE and exit; - is standard input", 0 },
	{ "json", 'j', NULL, 0, "JSON Lines, one document a command", 0 },
	{ "symbols", 's', "FILE", 0,
	  "symbols: ELF, System.map, BTF, or a directory; may be repeated", 1 },
	{ "force", OPT_FORCE, NULL, 0, "use symbols whose build-id differs", 1 },
	{ "base", OPT_BASE, "ADDR", 0, "address of the first byte of a raw file", 1 },
	{ "zero-excluded", OPT_ZERO_EXCLUDED, NULL, 0,
	  "what the dump filter left out reads as zeros", 1 },
	{ "region", OPT_REGION, "ADDR", 0, "address of the verifier's region", 1 },
	{ "scan", OPT_SCAN, NULL, 0, "search a Linux kernel's memory for a region", 1 },
	{ "hold", OPT_HOLD, NULL, 0, "gdb: what is served stays stopped on exit", 1 },
	{ "bugcheck", OPT_BUGCHECK, "TEXT", 0, "decode a bugcheck, `E6 F 5 ...`; needs no target",
	  2 },
	{ "color", OPT_COLOR, "WHEN", 0, "auto, always or never", 3 },
	{ "no-sandbox", OPT_NO_SANDBOX, NULL, 0, "keep what reading a dump does not need", 3 },
	{ "no-hints", OPT_NO_HINTS, NULL, 0, "no line on what to type next at the prompt", 3 },
	{ "no-pager", OPT_NO_PAGER, NULL, 0, "never start a pager", 3 },
	{ 0 }
};

const char *const dmv_cli_colors[] = { "auto", "always", "never", NULL };
