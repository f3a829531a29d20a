/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* mkregion RECIPE OUT: writes the image; prints the address of its first byte, for --base. */
#include <stdio.h>

#include "mkregion.h"

int main(int argc, char **argv)
{
	struct mkregion m;
	char err[200];
	FILE *f;

	if (argc != 3) {
		fprintf(stderr, "usage: mkregion RECIPE OUT\n");
		return 2;
	}
	if (mkregion_load(argv[1], &m, err, sizeof(err))) {
		fprintf(stderr, "mkregion: %s: %s\n", argv[1], err);
		return 1;
	}
	f = fopen(argv[2], "wb");
	if (!f || fwrite(m.bytes, 1, m.n, f) != m.n || fclose(f)) {
		perror(argv[2]);
		return 1;
	}
	printf("0x%llx\n", (unsigned long long)m.virt);
	mkregion_free(&m);
	return 0;
}
