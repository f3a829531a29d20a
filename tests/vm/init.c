/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The first process of a Linux guest:
 *
 *	init ... : [kexec] [virtual] [pieces] [swiotlb] [full] [leak] DRIVER...
 *
 * (the kernel puts words it does not know itself in front of the colon)
 * Starts `drivers DRIVER --mode log --hold` for each, says where their regions are, plants a copy
 * of the first one's header and a false region, and waits. After "cores" on the console it kills
 * them, gives their core files to the host and switches off. kexec: it crashes the kernel instead,
 * and under the second kernel gives /proc/vmcore to the host. virtual: bus addresses are virtual
 * ones. pieces: hardly three free pages lie side by side when the processes start. swiotlb:
 * transfers of the other disk hang when it is ready, full: so many that the bounce pool is full.
 * leak: the driver dma_leak goes, and leaves things mapped.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init.h"

#define PROCESSES 8

struct options {
	bool kexec, physical, pieces, swiotlb, full, leak;
	const char *driver[PROCESSES];
	int drivers;
};

static void vsay(const char *fmt, va_list ap)
{
	fputs("init: ", stdout);
	vprintf(fmt, ap);
	putchar('\n');
}

void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsay(fmt, ap);
	va_end(ap);
}

static _Noreturn void switch_off(void)
{
	fflush(NULL);
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

void give_up(const char *fmt, ...)
{
	va_list ap;

	fputs("init: gave up: ", stdout);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	switch_off();
}

/* ---- the machine ---- */

static void file_systems(void)
{
	static const struct { const char *type, *at; } fs[] = {
		{ "proc", "/proc" }, { "sysfs", "/sys" },
		{ "devtmpfs", "/dev" }, { "tmpfs", "/tmp" },
	};

	for (size_t i = 0; i < sizeof(fs) / sizeof(*fs); i++) {
		mkdir(fs[i].at, 0755);
		mount("none", fs[i].at, fs[i].type, 0, NULL);
	}
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	if (open("/dev/console", O_RDWR) != 0 || dup(0) != 1 || dup(0) != 2)
		switch_off();
	setvbuf(stdout, NULL, _IOLBF, 0);
}

/* A module for a device that this machine lacks says ENODEV: fine. */
static void load(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/modules/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		give_up("%s: %s", path, strerror(errno));
	if (syscall(SYS_finit_module, fd, "", 0) && errno != ENODEV)
		give_up("module %s: %s", name, strerror(errno));
	close(fd);
}

static void load_modules(void)
{
	FILE *f = fopen("/modules/order", "r");
	char name[100];

	if (!f)
		give_up("no /modules/order");
	while (fscanf(f, "%99s", name) == 1)
		load(name);
	fclose(f);
}

/* ---- what it says of the kernel ---- */

static void show(const char *path, const char *const *only)
{
	FILE *f = fopen(path, "r");
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		const char *const *word = only;

		line[strcspn(line, "\n")] = 0;
		while (word && *word && !strstr(line, *word))
			word++;
		if (!word || *word)
			say("%s: %s", path, line);
	}
	if (f)
		fclose(f);
}

static void show_kernel(void)
{
	static const char *const symbols[] = {
		" T _stext", " T _text", " D init_task", " D init_top_pgt", " D linux_banner",
		" R __start_BTF", NULL,
	};

	/* The processor's flags lack it where the kernel does not use it. */
	show("/proc/cpuinfo", (const char *const[]){ " la57", NULL });
	show("/proc/version", NULL);
	show("/proc/cmdline", NULL);
	show("/proc/iomem", NULL);
	show("/proc/modules", NULL);
	show("/proc/kallsyms", symbols);
}

/*
 * Takes nearly all free memory and gives back two pages of three: the kernel has pages enough then,
 * but hardly three that lie side by side.
 */
static void memory_to_pieces(void)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct sysinfo i;
	size_t n, given = 0;
	char *p;

	sysinfo(&i);
	n = i.freeram * i.mem_unit / 10 * 8 / page;
	p = mmap(NULL, n * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || mlock(p, n * page) || munlock(p, n * page))
		give_up("no memory to cut to pieces");
	for (size_t k = 0; k < n; k++) {
		if (k % 3 == 2)
			continue;
		if (madvise(p + k * page, page, MADV_DONTNEED))
			give_up("a page is not given back: %s", strerror(errno));
		given++;
	}
	say("pieces: %zu of %zu pages are free", given, n);
}

/* ---- the processes ---- */

static pid_t start(const char *driver, bool physical, int out)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	dup2(out, 1);
	dup2(out, 2);
	execl("/drivers", "drivers", driver, "--mode", "log", "--hold",
	      physical ? "--physical" : (char *)NULL, (char *)NULL);
	_exit(127);
}

/* Passes on what it says until it holds still. */
static pid_t start_and_wait(const char *driver, bool physical)
{
	char line[512];
	int fd[2];
	pid_t pid;
	FILE *f;

	if (pipe(fd))
		give_up("no pipe");
	pid = start(driver, physical, fd[1]);
	close(fd[1]);
	f = fdopen(fd[0], "r");
	if (pid < 0 || !f)
		give_up("no process");
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		say("process %d: %s", (int)pid, line);
		if (!strcmp(line, "posix: held"))
			return pid;     /* f stays open: nothing must stop the process */
	}
	give_up("%s did not hold", driver);
}

/* The processes stand still, all memory but theirs is free, and the kernel puts it in order. */
static void compact(void)
{
	int fd = open("/proc/sys/vm/compact_memory", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "1", 1) != 1)
		give_up("compact_memory: %s", strerror(errno));
	close(fd);
}

static void start_all(const struct options *o, struct region *r)
{
	pid_t pid[PROCESSES];

	for (int i = 0; i < o->drivers; i++)
		pid[i] = start_and_wait(o->driver[i], o->physical);
	if (o->pieces)
		compact();
	for (int i = 0; i < o->drivers; i++) {
		region_find(pid[i], &r[i]);
		say("region %d %s id 0x%016llx virt 0x%llx phys 0x%llx", (int)r[i].pid,
		    o->driver[i], (unsigned long long)r[i].id, (unsigned long long)r[i].virt,
		    (unsigned long long)r[i].phys);
	}
}

/* They stand for core files of their own: the same state, in the format of one process. */
static void save_cores(const struct options *o, const struct region *r)
{
	char path[64], name[64];

	for (int i = 0; i < o->drivers; i++) {
		kill(r[i].pid, SIGABRT);
		while (waitpid(r[i].pid, NULL, 0) < 0 && errno == EINTR)
			;
		snprintf(path, sizeof(path), "/tmp/core.%d", (int)r[i].pid);
		snprintf(name, sizeof(name), "core.%s", o->driver[i]);
		disk_add(name, path);
		unlink(path);
	}
}

/* Children inherit it. */
static void want_cores(void)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	static const char pattern[] = "/tmp/core.%p";
	int fd = open("/proc/sys/kernel/core_pattern", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, pattern, sizeof(pattern) - 1) < 0)
		give_up("core_pattern: %s", strerror(errno));
	close(fd);
	setrlimit(RLIMIT_CORE, &all);
	setrlimit(RLIMIT_MEMLOCK, &all);
}

static void await(const char *word)
{
	char line[64];

	do {
		if (!fgets(line, sizeof(line), stdin))
			give_up("the console has ended");
		line[strcspn(line, "\r\n")] = 0;
	} while (strcmp(line, word));
}

static void parse(int argc, char **argv, struct options *o)
{
	int i = 1;

	*o = (struct options){ .physical = true };
	while (i < argc && strcmp(argv[i], ":"))
		i++;
	for (i++; i < argc; i++)
		if (!strcmp(argv[i], "kexec"))
			o->kexec = true;
		else if (!strcmp(argv[i], "virtual"))
			o->physical = false;
		else if (!strcmp(argv[i], "pieces"))
			o->pieces = true;
		else if (!strcmp(argv[i], "swiotlb"))
			o->swiotlb = true;
		else if (!strcmp(argv[i], "leak"))
			o->leak = true;
		else if (!strcmp(argv[i], "full"))
			o->full = true;
		else if (o->drivers < PROCESSES)
			o->driver[o->drivers++] = argv[i];
}

int main(int argc, char **argv)
{
	struct region r[PROCESSES];
	struct options o;

	parse(argc, argv, &o);
	file_systems();
	load_modules();
	disk_open(crash_kernel() ? "/dev/vdb" : "/dev/vda");    /* the first one's is not lost */
	if (crash_kernel()) {
		crash_save();
		disk_close();
		say("done");
		switch_off();
	}
	if (o.leak)
		debug_unbind();
	show_kernel();
	say_devices("pci");
	say_devices("platform");
	disk_add("kallsyms", "/proc/kallsyms");
	disk_add("btf", "/sys/kernel/btf/vmlinux");
	say_log("dmesg");
	if (o.kexec)
		crash_load();
	want_cores();
	if (o.pieces)
		memory_to_pieces();
	start_all(&o, r);
	if (o.drivers) {
		region_copy(&r[0]);
		region_forge(&r[0]);
	}
	if (o.swiotlb)
		bounce_hold("/dev/nvme0n1", o.full);
	debug_say();
	say("ready");
	if (o.kexec) {
		disk_close();
		crash_now();
	}
	await("cores");
	save_cores(&o, r);
	disk_close();
	say("done");
	switch_off();
}
