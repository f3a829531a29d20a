/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Where a process has its region, as the kernel knows it: the virtual address by looking through
 * /proc/PID/mem, the physical one by /proc/PID/pagemap. Nothing the region says of itself is taken.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dmv_abi.h"
#include "init.h"

static int open_proc(pid_t pid, const char *what)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, what);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		give_up("%s: %s", path, strerror(errno));
	return fd;
}

uint64_t phys_of(pid_t pid, uint64_t virt)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	int fd = open_proc(pid, "pagemap");
	uint64_t entry = 0;
	ssize_t n = pread(fd, &entry, sizeof(entry), (off_t)(virt / page * sizeof(entry)));

	close(fd);
	if (n != sizeof(entry) || !(entry >> 63) || !(entry & 0x7FFFFFFFFFFFFF))
		return UINT64_MAX;
	return (entry & 0x7FFFFFFFFFFFFF) * page + virt % page;
}

/* The header in [start, end), or 0. */
static uint64_t look(int mem, uint64_t start, uint64_t end)
{
	char magic[8];

	for (uint64_t at = start; at < end; at += DMV_ABI_PAGE)
		if (pread(mem, magic, 8, (off_t)at) == 8 && !memcmp(magic, DMV_ABI_MAGIC, 8))
			return at;
	return 0;
}

static uint64_t find(pid_t pid)
{
	int mem = open_proc(pid, "mem"), maps = open_proc(pid, "maps");
	unsigned long long start, end;
	FILE *f = fdopen(maps, "r");
	char line[512], may[5];
	uint64_t at = 0;

	while (!at && f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%llx-%llx %4s", &start, &end, may) == 3 &&
		    !strncmp(may, "rw", 2))
			at = look(mem, start, end);
	if (f)
		fclose(f);
	close(mem);
	return at;
}

void region_header(const struct region *r, void *page)
{
	int mem = open_proc(r->pid, "mem");

	if (pread(mem, page, DMV_ABI_PAGE, (off_t)r->virt) != DMV_ABI_PAGE)
		give_up("process %d: its header cannot be read", (int)r->pid);
	close(mem);
}

void region_find(pid_t pid, struct region *ret)
{
	static uint64_t page[DMV_ABI_PAGE / 8];
	struct dmv_abi_header *h = (void *)page;

	*ret = (struct region){ .pid = pid, .virt = find(pid) };
	if (!ret->virt)
		give_up("process %d: no region", (int)pid);
	ret->phys = phys_of(pid, ret->virt);
	region_header(ret, page);
	ret->id = h->region_id;
	memset(page, 0, sizeof(page));          /* this copy is not the planted one */
}

void region_copy(const struct region *r)
{
	void *page = mmap(NULL, DMV_ABI_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	if (page == MAP_FAILED || mlock(page, DMV_ABI_PAGE))
		give_up("no page for a copy");
	region_header(r, page);
	say("copy of 0x%016llx virt 0x%llx phys 0x%llx", (unsigned long long)r->id,
	    (unsigned long long)(uintptr_t)page,
	    (unsigned long long)phys_of(getpid(), (uintptr_t)page));
}
