/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The physical pieces of mapped memory. The kernel gives a process any pages it likes, and moves
 * even locked ones (compaction, huge pages, NUMA): a region whose header says where it stands must
 * have them pinned. Buffers registered with io_uring are (FOLL_LONGTERM), which needs no device.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/io_uring.h>

#include "posix_int.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

#define PIN_MAX ((size_t)1 << 30)               /* of one buffer; the kernel's limit */

static bool pagemap_phys(int fd, const void *va, uint64_t *phys)
{
	uintptr_t step = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)va;
	uint64_t entry;

	if (pread(fd, &entry, sizeof(entry), (off_t)(at / step * sizeof(entry))) != sizeof(entry))
		return false;
	if (!(entry >> 63) || !(entry & 0x7FFFFFFFFFFFFF))      /* not present, or hidden from us */
		return false;
	*phys = (entry & 0x7FFFFFFFFFFFFF) * step + at % step;
	return true;
}

bool memory_phys(const void *va, uint64_t *phys)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && pagemap_phys(fd, va, phys);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* ---- pin ---- */

static bool register_buffers(int ring, const struct memory *m)
{
	size_t n = (m->bytes + PIN_MAX - 1) / PIN_MAX;
	struct iovec *v = calloc(n, sizeof(*v));
	bool ok;

	if (!v)
		return false;
	for (size_t i = 0; i < n; i++)
		v[i] = (struct iovec){
			.iov_base = (char *)m->va + i * PIN_MAX,
			.iov_len = m->bytes - i * PIN_MAX < PIN_MAX ? m->bytes - i * PIN_MAX :
								      PIN_MAX,
		};
	ok = !syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, v, (unsigned int)n);
	free(v);
	return ok;
}

void memory_pin(struct memory *m)
{
	struct io_uring_params params = { 0 };
	uint64_t phys;
	int ring;

	m->pin = -1;
	if (!memory_phys(m->va, &phys))         /* nobody will look for it by physical address */
		return;
	ring = (int)syscall(SYS_io_uring_setup, 1u, &params);
	if (ring >= 0 && !register_buffers(ring, m)) {
		close(ring);
		return;
	}
	m->pin = ring;
}

/* ---- runs ---- */

bool memory_split(struct memory *m)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	struct dmv_memory *last = NULL;
	size_t at = 0;

	if (fd < 0)
		return false;
	for (; at < m->bytes; at += PAGE) {
		char *va = (char *)m->va + at;
		uint64_t phys;

		if (!pagemap_phys(fd, va, &phys))
			break;
		if (last && last->phys + last->bytes == phys) {
			last->bytes += PAGE;
			continue;
		}
		last = &m->run[m->runs++];
		*last = (struct dmv_memory){ .va = va, .phys = phys, .bytes = PAGE };
	}
	close(fd);
	return at == m->bytes;
}

static int by_phys(const void *a, const void *b)
{
	const struct dmv_memory *x = a, *y = b;

	return x->phys < y->phys ? -1 : x->phys > y->phys;
}

/* The page goes to `to`; its old place stays taken and reads as zeros. Linux 5.7. */
static bool move_page(void *from, void *to)
{
	return mremap(from, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, to) ==
	       to;
}

/* Runs i and i + 1, of a page each, one behind the other, become run i. */
static bool join(struct memory *m, uint32_t i)
{
	char *head = mmap(NULL, 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t first, second;

	if (head == MAP_FAILED)
		return false;
	m->head = head;
	if (!move_page(m->run[i].va, head) || !move_page(m->run[i + 1].va, head + PAGE) ||
	    !memory_phys(head, &first) || !memory_phys(head + PAGE, &second) ||
	    first != m->run[i].phys || second != first + PAGE)
		return false;
	m->run[i] = (struct dmv_memory){ .va = head, .phys = first, .bytes = 2 * PAGE };
	m->run[i + 1] = m->run[--m->runs];
	return true;
}

bool memory_head(struct memory *m)
{
	struct dmv_memory longest;
	uint32_t at = 0;

	for (uint32_t i = 1; i < m->runs; i++)
		if (m->run[i].bytes > m->run[at].bytes)
			at = i;
	if (m->run[at].bytes < 2 * PAGE) {
		qsort(m->run, m->runs, sizeof(*m->run), by_phys);
		for (at = 0; at + 1 < m->runs; at++)
			if (m->run[at].phys + PAGE == m->run[at + 1].phys)
				break;
		if (at + 1 >= m->runs || !join(m, at))
			return false;
	}
	longest = m->run[at];
	m->run[at] = m->run[0];
	m->run[0] = longest;
	return true;
}
