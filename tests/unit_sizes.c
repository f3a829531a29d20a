/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The table in dmv.h that says what a live object costs, against what the verifier says itself. */
#include <stdlib.h>

#include "t.h"
#include "dmv.h"

static const struct {
	const char *name;
	enum dmv_abi_kind kind;
} object[] = {
	{ "adapter", DMV_ABI_K_ADAPTER }, { "file", DMV_ABI_K_FILE },
	{ "register", DMV_ABI_K_REGISTER }, { "list", DMV_ABI_K_LIST },
	{ "common buffer", DMV_ABI_K_BUFFER }, { "vector", DMV_ABI_K_VECTOR },
	{ "channel", DMV_ABI_K_CHANNEL },
};

enum { OBJECTS = sizeof(object) / sizeof(object[0]) };

/* A line ` *	NAME  ROW  BOOK`: which object it is about, or OBJECTS if it is none. */
static size_t row_of(const char *line, unsigned *row, unsigned *book)
{
	int end = 0;

	for (size_t i = 0; i < OBJECTS; i++) {
		const size_t n = strlen(object[i].name);

		if (!strncmp(line, " *\t", 3) && !strncmp(line + 3, object[i].name, n) &&
		    sscanf(line + 3 + n, " %u %u %n", row, book, &end) == 2 && !line[3 + n + end])
			return i;
	}
	return OBJECTS;
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "core/dmv.h";
	const struct dmv_config c = { .cpus = 1, .stack_depth = 1 };
	unsigned seen[OBJECTS] = { 0 }, row, book;
	FILE *f = fopen(path, "r");
	char line[256];

	if (!f) {
		perror(path);
		return 77;
	}
	while (fgets(line, sizeof(line), f)) {
		const size_t i = row_of(line, &row, &book);

		if (i == OBJECTS)
			continue;
		seen[i]++;
		if (sizeof(void *) != 8)
			continue;
		T_CHECKF(row == dmv_row_bytes(&c, object[i].kind), object[i].name,
			 "its row has %u bytes, dmv.h says %u",
			 dmv_row_bytes(&c, object[i].kind), row);
		T_CHECKF(book == dmv_book_bytes(object[i].kind), object[i].name,
			 "its book has %u bytes, dmv.h says %u",
			 dmv_book_bytes(object[i].kind), book);
	}
	fclose(f);
	for (size_t i = 0; i < OBJECTS; i++)
		T_CHECKF(seen[i] == 1, object[i].name, "dmv.h says its size %u times", seen[i]);
	return T_DONE();
}
