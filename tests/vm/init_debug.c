/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What the guest's kernel says of its dma-debug; a driver that goes and leaves things mapped. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <unistd.h>

#include "init.h"

#define BOOKS "/sys/kernel/debug/dma-api/"
#define DRIVER "/sys/bus/pci/drivers/dma_leak/"

enum { LOG_ALL = 3, LOG_MAX = 1 << 20 };        /* SYSLOG_ACTION_READ_ALL */

/* Each line of the file, with a word in front of it. */
static void pass_on(const char *word, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		say("%s %s", word, line);
	}
	if (f)
		fclose(f);
}

void debug_say(void)
{
	static const char *const states[] = {
		"nr_total_entries", "num_free_entries", "min_free_entries", "error_count",
	};
	char word[64], path[96];

	mount("none", "/sys/kernel/debug", "debugfs", 0, NULL);
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		snprintf(word, sizeof(word), "dma-debug %s", states[i]);
		snprintf(path, sizeof(path), BOOKS "%s", states[i]);
		pass_on(word, path);
	}
	pass_on("dma-debug entry", BOOKS "dump");
}

/* The kernel's own words about it. */
static void say_logged(const char *about)
{
	char *text = calloc(1, LOG_MAX + 1), *save = NULL;
	int n = text ? klogctl(LOG_ALL, text, LOG_MAX) : -1;

	if (n < 0)
		give_up("no kernel log: %s", strerror(errno));
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (strstr(line, about))
			say("log: %s", line);
	free(text);
}

void debug_unbind(void)
{
	glob_t g;
	const char *name;
	int fd;

	if (glob(DRIVER "0000:*", 0, NULL, &g) || g.gl_pathc != 1)
		give_up("dma_leak has no device");
	name = strrchr(g.gl_pathv[0], '/') + 1;
	say("leaks %s", name);
	fd = open(DRIVER "unbind", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, name, strlen(name)) < 0)
		give_up("unbind: %s", strerror(errno));
	close(fd);
	globfree(&g);
	say_logged("DMA-API");
}
