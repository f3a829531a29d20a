/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Transfers that do not end, of a disk that QEMU holds back after its first MiB: the kernel has
 * bounced them, and keeps their slots. Says which memory they are of, what of it was changed behind
 * the device's back, and what the kernel counts.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include "init.h"

#define COUNTS "/sys/kernel/debug/swiotlb/"

enum { BIG = 64 << 10, TENTH = 100000, QUIET = 10, PATIENCE = 600,
       CHANGED_AT = 100, CHANGED = 3, WRITTEN_AT = 8 << 20 };

static const struct { size_t offset, bytes; bool write; } transfers[] = {
	{ 0, BIG, false },              /* repeated until it is held */
	{ 0, 512, false }, { 512, 1024, false }, { 1536, 2048, true }, { 2048, 2048, false },
	{ 0, 4096, true }, { 3584, 512, false }, { 1024, 3072, false }, { 0, 4096, false },
	{ 512, 12288, false }, { 2560, 5632, true },
};

static char *buffer(size_t bytes)
{
	char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		give_up("no memory for a transfer");
	memset(p, 0x5a, bytes);
	return p;
}

/* Page by page: which of them the kernel puts together is not ours to know. */
static void tell(const char *p, size_t bytes, bool write)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const char *word = write ? "write" : bytes == BIG ? "again" : "read";

	while (bytes) {
		size_t part = page - (size_t)((uintptr_t)p % page);

		part = part < bytes ? part : bytes;
		(void)*(const volatile char *)p;        /* it is shared, and may not be here yet */
		say("bounced %s 0x%llx %zu", word, (unsigned long long)
		    phys_of(getpid(), (uintptr_t)p), part);
		p += part;
		bytes -= part;
	}
}

static _Noreturn void transfer(const char *disk, char *p, size_t bytes, bool write)
{
	int fd = open(disk, O_RDWR | O_DIRECT | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		give_up("%s: %s", disk, strerror(errno));
	tell(p, bytes, write);
	do
		n = write ? pwrite(fd, p, bytes, WRITTEN_AT) : pread(fd, p, bytes, 0);
	while (n == (ssize_t)bytes && bytes == BIG);
	_exit(n != (ssize_t)bytes);
}

static long count(const char *name)
{
	char path[64];
	long n = -1;
	FILE *f;

	snprintf(path, sizeof(path), COUNTS "%s", name);
	f = fopen(path, "r");
	if (!f)
		return -1;
	if (fscanf(f, "%ld", &n) != 1)
		n = -1;
	fclose(f);
	return n;
}

/* Until the number of slots in use stays the same. */
static void settle(void)
{
	long last = -1, now;
	int same = 0;

	for (int i = 0; i < PATIENCE && same < QUIET; i++) {
		now = count("io_tlb_used");
		same = now == last ? same + 1 : 0;
		last = now;
		usleep(TENTH);
	}
	if (same < QUIET || last <= 0)
		give_up("%ld slots of the bounce pool are in use", last);
}

/* Returns its buffer. */
static char *start(const char *disk, size_t offset, size_t bytes, bool write)
{
	char *p = buffer(offset + bytes) + offset;

	fflush(NULL);
	if (!fork())
		transfer(disk, p, bytes, write);
	return p;
}

/* The driver's side of what is being written: the device has a copy. */
static void change(char *p)
{
	memset(p + CHANGED_AT, 0xa5, CHANGED);
	say("changed 0x%llx %d",
	    (unsigned long long)phys_of(getpid(), (uintptr_t)p) + CHANGED_AT, CHANGED);
}

/* Until no slot is left. One that found no room would stand in the way of those behind it, and NVMe
 * wants a buffer's place in its page kept: each takes even slots or odd ones, of which as many are
 * free. */
static void fill(const char *disk)
{
	const long each = 8, spare = 4;         /* slots of 2048 bytes */

	for (long n = (count("io_tlb_nslabs") - count("io_tlb_used")) / each - spare; n > 0; n--)
		start(disk, 0, 2048 * each, false);
	settle();
	for (long n = count("io_tlb_nslabs") - count("io_tlb_used"); n > 0; n--)
		start(disk, n % 2 * 2048, 512, false);
	settle();
}

void bounce_hold(const char *disk, bool full)
{
	static const char *const names[] = {
		"io_tlb_nslabs", "io_tlb_used", "io_tlb_used_hiwater",
	};
	char *p[sizeof(transfers) / sizeof(*transfers)];

	mount("none", "/sys/kernel/debug", "debugfs", 0, NULL);
	sync();
	for (size_t i = 0; i < sizeof(transfers) / sizeof(*transfers); i++) {
		p[i] = start(disk, transfers[i].offset, transfers[i].bytes, transfers[i].write);
		if (!i)
			settle();
	}
	settle();
	if (full)
		fill(disk);
	for (size_t i = 0; i < sizeof(transfers) / sizeof(*transfers); i++)
		if (transfers[i].write)
			change(p[i]);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (count(names[i]) >= 0)
			say("bounce %s %ld", names[i], count(names[i]));
}
