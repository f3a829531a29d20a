/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What sysfs says of the devices: a line each, with what it has of masks, driver and identity; and
 * what the kernel logged of them. */
#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#include "init.h"

/* The first line of an attribute; "-": it has none. */
static const char *attribute(const char *dir, const char *name, char *buf, size_t size)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	if (!f || !fgets(buf, (int)size, f))
		snprintf(buf, size, "-");
	if (f)
		fclose(f);
	buf[strcspn(buf, "\n")] = 0;
	return buf;
}

/* What a link leads to: its last word, with '/' for the blanks in it, which no name has. */
static const char *link_name(const char *dir, const char *name, char *buf, size_t size)
{
	char path[PATH_MAX], to[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	n = readlink(path, to, sizeof(to) - 1);
	to[n < 0 ? 0 : n] = 0;
	snprintf(buf, size, "%s", n < 0 ? "-" : basename(to));
	for (char *p = buf; (p = strchr(p, ' ')); )
		*p = '/';
	return buf;
}

static void say_device(const char *bus, const char *name)
{
	char dir[PATH_MAX], real[PATH_MAX], driver[64], module[64];
	char dma[16], coherent[16], vendor[16], device[16], class[16];

	snprintf(dir, sizeof(dir), "/sys/bus/%s/devices/%s", bus, name);
	if (!realpath(dir, real))
		give_up("%s leads nowhere", dir);
	say("device %s %s path %s driver %s module %s dma %s coherent %s vendor %s device %s "
	    "class %s",
	    bus, name, real + strlen("/sys/devices/"),
	    link_name(dir, "driver", driver, sizeof(driver)),
	    link_name(dir, "driver/module", module, sizeof(module)),
	    attribute(dir, "dma_mask_bits", dma, sizeof(dma)),
	    attribute(dir, "consistent_dma_mask_bits", coherent, sizeof(coherent)),
	    attribute(dir, "vendor", vendor, sizeof(vendor)),
	    attribute(dir, "device", device, sizeof(device)),
	    attribute(dir, "class", class, sizeof(class)));
}

/* Of its DMA pools: names, blocks in use and there, sizes, pages. */
static void say_pools(const char *name)
{
	char path[PATH_MAX], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/pools", name);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		say("pools %s %s", name, line);
	}
	if (f)
		fclose(f);
}

void say_devices(const char *bus)
{
	char dir[64];
	struct dirent *e;
	DIR *d;

	snprintf(dir, sizeof(dir), "/sys/bus/%s/devices", bus);
	d = opendir(dir);
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.') {
			say_device(bus, e->d_name);
			say_pools(e->d_name);
		}
	if (d)
		closedir(d);
}

/* All that syslog(2) has, which is what dmesg shows. */
void say_log(const char *name)
{
	enum { READ_ALL = 3, SIZE = 10 };
	const int size = klogctl(SIZE, NULL, 0);
	char *text = malloc(size > 0 ? (size_t)size : 1);
	const int n = text ? klogctl(READ_ALL, text, size) : -1;
	FILE *f = fopen("/tmp/log", "w");

	if (n <= 0 || !f || fwrite(text, 1, (size_t)n, f) != (size_t)n || fclose(f))
		give_up("the log cannot be kept");
	free(text);
	disk_add(name, "/tmp/log");
	unlink("/tmp/log");
}
