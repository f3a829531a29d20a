/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Files for the host: a tar archive (POSIX ustar) written to a disk. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init.h"

#define BLOCK 512

static const char *device;
static int disk = -1;

/* Waits for the driver to have found it. */
void disk_open(const char *path)
{
	device = path;
	for (int i = 0; i < 100; i++) {
		disk = open(device, O_WRONLY | O_CLOEXEC);
		if (disk >= 0)
			return;
		usleep(100000);
	}
	give_up("%s: %s", device, strerror(errno));
}

static void put(const void *bytes, size_t n)
{
	while (n) {
		ssize_t done = write(disk, bytes, n);

		if (done <= 0)
			give_up("%s: %s", device, strerror(errno));
		bytes = (const char *)bytes + done;
		n -= (size_t)done;
	}
}

static void put_head(const char *name, unsigned long long size)
{
	char head[BLOCK] = "";
	unsigned int sum = 0;

	snprintf(head, 100, "%s", name);
	memcpy(head + 100, "0000644\0" "0000000\0" "0000000", 24);
	snprintf(head + 124, 12, "%011llo", size);
	memcpy(head + 136, "00000000000", 12);
	memset(head + 148, ' ', 8);
	head[156] = '0';
	memcpy(head + 257, "ustar\0" "00", 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += (unsigned char)head[i];
	snprintf(head + 148, 8, "%06o", sum);
	put(head, BLOCK);
}

/* To the end of the file, at most `left` bytes. Holes are left to the disk, which is empty. */
static unsigned long long copy(int from, unsigned long long left)
{
	static const char zero[1 << 16];
	static char buf[1 << 16];
	unsigned long long all = 0;

	while (left) {
		ssize_t n = read(from, buf, left < sizeof(buf) ? left : sizeof(buf));

		if (n < 0)
			give_up("read: %s", strerror(errno));
		if (!n)
			break;
		if ((size_t)n == sizeof(buf) && !memcmp(buf, zero, sizeof(buf))) {
			if (lseek(disk, n, SEEK_CUR) < 0)
				give_up("%s: %s", device, strerror(errno));
		} else {
			put(buf, (size_t)n);
		}
		all += (unsigned long long)n;
		left -= (unsigned long long)n;
	}
	return all;
}

static void pad(unsigned long long size)
{
	static const char zero[BLOCK];

	if (size % BLOCK)
		put(zero, BLOCK - size % BLOCK);
}

/* /proc does not tell the size of its files: the head is written again when it is known. */
void disk_add(const char *name, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t start = lseek(disk, 0, SEEK_CUR), end;
	unsigned long long size;

	if (fd < 0)
		give_up("%s: %s", path, strerror(errno));
	put_head(name, 0);
	size = copy(fd, ~0ull);
	pad(size);
	end = lseek(disk, 0, SEEK_CUR);
	if (lseek(disk, start, SEEK_SET) < 0)
		give_up("%s: %s", device, strerror(errno));
	put_head(name, size);
	if (lseek(disk, end, SEEK_SET) < 0)
		give_up("%s: %s", device, strerror(errno));
	close(fd);
	say("disk: %s %llu bytes", name, size);
}

void disk_close(void)
{
	static const char end[2 * BLOCK];

	put(end, sizeof(end));
	if (fsync(disk) || close(disk))
		give_up("%s: %s", device, strerror(errno));
}
