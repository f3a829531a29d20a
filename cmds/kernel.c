/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What is known of the target's kernel, and how. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kernel.h"
#include "mem_kernel.h"
#include "pagewalk.h"
#include "vmcoreinfo.h"
#include "words.h"

struct kernel {
	const char *release, *translation, *how, *symbols_from, *types_from;
	const char *no_symbols, *no_types;
	uint64_t kaslr_offset;
	int64_t phys_base;
	uint64_t symbols, modules, types;
	char walk[120], has[120], no_symbols_text[640], no_types_text[640], crashed_text[40];
	const char *known, *crashed, *release_said;
};

static const struct dmv_col cols[] = {
	DMV_COL(struct kernel, release, "", DMV_S_STR, "release of the kernel"),
	DMV_COL(struct kernel, crashed, "", DMV_S_STR, "when it panicked, by its own clock"),
	DMV_COL(struct kernel, translation, "", DMV_S_STR, "what translates virtual addresses"),
	DMV_COL(struct kernel, how, "", DMV_S_STR, "how that was found"),
	DMV_COL(struct kernel, kaslr_offset, "", DMV_S_SIZE, "added to the addresses of vmlinux"),
	DMV_COL(struct kernel, phys_base, "", DMV_S_OFFSET, "x86: where its image lies"),
	DMV_COL(struct kernel, symbols, "", DMV_S_U64, "of the kernel itself"),
	DMV_COL(struct kernel, modules, "", DMV_S_U64, "loaded modules whose symbols are known"),
	DMV_COL(struct kernel, symbols_from, "", DMV_S_STR, "where the symbols are from"),
	DMV_COL(struct kernel, no_symbols, "", DMV_S_STR, "why there are none"),
	DMV_COL(struct kernel, types, "", DMV_S_U64, "types of structures and others"),
	DMV_COL(struct kernel, types_from, "", DMV_S_STR, "where the types are from"),
	DMV_COL(struct kernel, no_types, "", DMV_S_STR, "why there are none"),
	DMV_COL(struct kernel, known, NULL, DMV_S_LABEL, ""),
	DMV_COL(struct kernel, release_said, NULL, DMV_S_LABEL, ""),
	{ 0 }
};

static const struct dmv_table table = {
	"kernel", cols,
	"?release_said|Release:  {release_said}\n"
	"?crashed|Crashed:  {crashed}\n"
	"Paging:   {translation}, by {how}\n"
	"?kaslr_offset|KASLR:    {kaslr_offset}, phys_base {phys_base|unknown}\n"
	"?known|Symbols:  {known}, from {symbols_from}\n"
	"?no_symbols|Symbols:  none: {no_symbols}\n"
	"?types_from|Types:    {types|some}, from {types_from}\n"
	"?no_types|Types:    none: {no_types}\n"
};

/* What the dump itself cannot tell may be in files. */
static void take_names(struct dmv_ses *s, struct kernel *k)
{
	struct dmv_names_kernel n;

	k->symbols = k->modules = k->types = UINT64_MAX;
	if (!dmv_names_kernel(s->names, &n))
		return;
	if (n.symbols) {
		k->symbols = n.symbols;
		k->modules = n.modules;
		k->symbols_from = "kallsyms in the dump";
		snprintf(k->has, sizeof(k->has), "%zu, and those of %zu module%s", n.symbols,
			 n.modules, n.modules == 1 ? "" : "s");
	} else if (n.symbols_file) {
		k->symbols = n.file_symbols;
		k->symbols_from = n.symbols_file;
		snprintf(k->has, sizeof(k->has), "%zu", n.file_symbols);
	} else {
		snprintf(k->no_symbols_text, sizeof(k->no_symbols_text), "%s", n.symbols_why.msg);
		k->no_symbols = k->no_symbols_text;
	}
	k->known = k->has;
	if (n.types) {
		k->types = n.types;
		k->types_from = "BTF in the dump";
	} else if (n.types_file) {
		k->types_from = n.types_file;
	} else {
		snprintf(k->no_types_text, sizeof(k->no_types_text), "%s", n.types_why.msg);
		k->no_types = k->no_types_text;
	}
	if (n.lost)
		dmv_out_note(s->out, "%zu symbols of the kernel are lost: their names are not in "
			     "the dump", n.lost);
	if (n.types_cut)
		dmv_out_note(s->out, "types behind number %zu are lost: BTF is damaged", n.types);
	if (n.types && n.symbols && n.modules_why.code)
		dmv_out_note(s->out, "not all modules are known: %s", n.modules_why.msg);
}

/* The header of some formats has the release in front of the version: once is enough. */
static bool header_says(const struct dmv_ses *s, const char *release)
{
	const struct dmv_dump_info *x = s->mem->info;
	size_t n = strlen(release);

	for (size_t i = 0; x && i < x->nline; i++)
		if (!strcmp(x->line[i].key, "kernel") && !strncmp(x->line[i].value, release, n) &&
		    strchr(" ", x->line[i].value[n]))
			return true;
	return false;
}

bool dmv_kernel_say(struct dmv_ses *s)
{
	const struct dmv_kernel *found;
	struct kernel k = { 0 };
	struct dmv_err why;
	uint64_t seconds;

	if (dmv_mem_kernel_search(s->mem, s->stop, &found, &why)) {
		if (s->mem->linux_kernel)
			dmv_out_note(s->out, "virtual addresses are not translated: %s", why.msg);
		return why.code != DMV_E_STOPPED;
	}
	k.release = found->release;
	k.release_said = k.release && header_says(s, k.release) ? NULL : k.release;
	if (dmv_vmci_decimal(s->mem->vmcoreinfo, "CRASHTIME", &seconds))
		k.crashed = dmv_date_text(seconds, k.crashed_text, sizeof(k.crashed_text));
	k.how = found->how;
	k.translation = dmv_pagewalk_text(s->mem->walk, k.walk, sizeof(k.walk));
	k.kaslr_offset = found->have_offset ? found->offset : UINT64_MAX;
	k.phys_base = found->have_phys_base ? found->phys_base : INT64_MIN;
	take_names(s, &k);
	return dmv_out_row(s->out, &table, &k);
}
