/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A second kernel that takes over when this one dies: how vmcores are made on real machines. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "init.h"

#define VMCORE "/proc/vmcore"

bool crash_kernel(void)
{
	return !access(VMCORE, F_OK);
}

static int open_file(const char *path, int how)
{
	int fd = open(path, how | O_CLOEXEC);

	if (fd < 0)
		give_up("%s: %s", path, strerror(errno));
	return fd;
}

void crash_load(void)
{
	static const char line[] = "console=ttyS0 quiet panic=-1 no_timer_check nr_cpus=1 "
				   "reset_devices";
	int kernel = open_file("/crash/vmlinuz", O_RDONLY), initrd;

	initrd = open_file("/crash/initrd", O_RDONLY);
	if (syscall(SYS_kexec_file_load, kernel, initrd, sizeof(line), line,
		    (unsigned long)KEXEC_FILE_ON_CRASH))
		give_up("kexec_file_load: %s", strerror(errno));
	close(kernel);
	close(initrd);
}

void crash_now(void)
{
	int fd = open_file("/proc/sysrq-trigger", O_WRONLY);

	if (write(fd, "c", 1) != 1)
		give_up("sysrq: %s", strerror(errno));
	for (;;)
		pause();
}

void crash_save(void)
{
	disk_add("vmcore", VMCORE);
}
