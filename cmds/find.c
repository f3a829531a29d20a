/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Adapters by address or name, as they are typed. */
#include <string.h>
#include <strings.h>

#include "cmd.h"

static bool is_adapter(const struct dmv_adapter_fact *a, uint64_t addr)
{
	return addr != DMV_NO_ADDR && (a->handle == addr || a->record == addr);
}

static bool has_name(const struct dmv_adapter_fact *a, const char *name)
{
	return (a->name && !strcasecmp(a->name, name)) ||
	       (a->driver_name && !strcasecmp(a->driver_name, name));
}

/* The adapter with this address: a live one before a released one that had the same. */
static uint32_t by_addr(const struct dmv_facts *f, uint64_t addr)
{
	uint32_t gone = DMV_NO_INDEX;

	for (size_t i = 0; i < f->nadapter; i++) {
		if (!is_adapter(&f->adapter[i], addr))
			continue;
		if (f->adapter[i].life != DMV_GONE)
			return (uint32_t)i;
		gone = (uint32_t)i;
	}
	for (size_t i = 0; i < f->nadapter && gone == DMV_NO_INDEX; i++)
		if (addr && f->adapter[i].device == addr)
			gone = (uint32_t)i;
	return gone;
}

static uint32_t by_name(const struct dmv_facts *f, const char *name, uint32_t *several)
{
	uint32_t found = DMV_NO_INDEX;

	*several = DMV_NO_INDEX;
	for (int gone = 0; gone < 2 && found == DMV_NO_INDEX; gone++) {
		for (size_t i = 0; i < f->nadapter; i++) {
			if ((f->adapter[i].life == DMV_GONE) != gone ||
			    !has_name(&f->adapter[i], name))
				continue;
			if (found == DMV_NO_INDEX)
				found = (uint32_t)i;
			else if (*several == DMV_NO_INDEX)
				*several = (uint32_t)i;
		}
	}
	return found;
}

enum dmv_code dmv_find_adapter(struct dmv_ses *s, const struct dmv_value *v, uint32_t *ret)
{
	const struct dmv_facts *f = &s->facts;
	bool named = !strncasecmp(v->word, "name:", 5);
	const char *word = named ? v->word + 5 : v->word;
	uint64_t addr = 0;
	bool number = !named && dmv_number(word, &addr);
	bool prefixed = number && word[0] == '0' && word[1] && strchr("xXnN", word[1]);
	uint32_t several, name = prefixed ? DMV_NO_INDEX : by_name(f, word, &several);
	char safe[64];

	dmv_escape(word, safe, sizeof(safe));
	if (number && name != DMV_NO_INDEX)
		return dmv_fail(&s->err, DMV_E_USAGE,
				"%s is the number 0x%llx and a name: say 0x%llx or name:%s", safe,
				(unsigned long long)addr, (unsigned long long)addr, safe);
	if (number)
		name = by_addr(f, addr);
	else if (name != DMV_NO_INDEX && several != DMV_NO_INDEX)
		return dmv_fail(&s->err, DMV_E_USAGE,
				"%s has several adapters: say 0x%llx, 0x%llx or another of `dma`",
				safe,
				(unsigned long long)f->adapter[name].handle,
				(unsigned long long)f->adapter[several].handle);
	if (name == DMV_NO_INDEX && number)
		return dmv_fail(&s->err, DMV_E_USAGE,
				"no adapter %s; `dma` lists them, `who %llx` tells whose that is",
				safe, (unsigned long long)addr);
	if (name == DMV_NO_INDEX)
		return dmv_fail(&s->err, DMV_E_USAGE, "no adapter %s; `dma` lists them", safe);
	*ret = name;
	return DMV_E_OK;
}

enum dmv_code dmv_find_addr(struct dmv_ses *s, const struct dmv_value *v, uint64_t *addr,
			    uint32_t *adapter)
{
	uint32_t several;
	bool number = dmv_number(v->word, addr);
	bool prefixed = number && v->word[0] == '0' && v->word[1] && strchr("xXnN", v->word[1]);

	*adapter = DMV_NO_INDEX;
	if (number && (prefixed || by_name(&s->facts, v->word, &several) == DMV_NO_INDEX))
		return DMV_E_OK;
	return dmv_find_adapter(s, v, adapter);
}
