/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Copies through a file in memory: the kernel moves the bytes, and an address that is not mapped,
 * or write-protected, makes it say EFAULT. (process_vm_writev would do in one call what takes two
 * here, but sandboxes forbid it and emulators lack it.)
 */
#include <sys/mman.h>
#include <unistd.h>

#include "posix_int.h"

#define PROBE_AT ((off_t)PAGE_SIZE)     /* apart from the copies, which stand at 0 */

int copy_open(void)
{
	return memfd_create("dmv-copy", MFD_CLOEXEC);
}

bool copy_to(int fd, void *va, const void *bytes, size_t n)
{
	return pwrite(fd, bytes, n, 0) == (ssize_t)n && pread(fd, va, n, 0) == (ssize_t)n;
}

bool copy_from(int fd, const void *va, void *bytes, size_t n)
{
	return pwrite(fd, va, n, 0) == (ssize_t)n && pread(fd, bytes, n, 0) == (ssize_t)n;
}

bool copy_readable(int fd, const void *va)
{
	return pwrite(fd, va, 1, PROBE_AT) == 1;
}
