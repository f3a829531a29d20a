/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A writer for many machines: plays the scene up to the step in which everything is live, then
 *	many_writer FILE [SECOND-ID]	writes its region and what belongs to it into FILE, and
 * aborts, so that there is a core as well. With SECOND-ID a second verifier of that id lives in the
 * same process. The first line of output is the address of the first byte in FILE.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"

static struct scene scene[2];

#if defined(__aarch64__)
#define MACHINE EM_AARCH64
#elif defined(__s390x__)
#define MACHINE EM_S390
#elif defined(__i386__)
#define MACHINE EM_386
#elif defined(__x86_64__)
#define MACHINE EM_X86_64
#else
#define MACHINE EM_NONE
#endif

static int play(struct scene *s, uint64_t id)
{
	s->region_id = id;
	s->machine = MACHINE;
	s->pid = 4711;
	for (const struct scene_step *step = scene_steps; step->name && !s->failed; step++) {
		step->run(s);
		if (step->name == scene_full)
			break;
	}
	if (s->failed)
		fprintf(stderr, "many_writer: %u steps failed, first: %s\n", s->failed, s->failure);
	return s->failed ? 1 : 0;
}

int main(int argc, char **argv)
{
	const int n = argc > 2 ? 2 : 1;
	FILE *out;

	if (argc < 2)
		return 2;
	for (int i = 0; i < n; i++)
		if (play(&scene[i], i ? strtoull(argv[2], NULL, 0) : 0x5CE7E))
			return 1;
	out = fopen(argv[1], "w");
	if (!out || fwrite(scene, sizeof(scene[0]), (size_t)n, out) != (size_t)n || fclose(out))
		return 1;
	printf("0x%llx\n", (unsigned long long)(uintptr_t)scene);
	fflush(stdout);
	abort();
}
