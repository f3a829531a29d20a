/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The first process of a Linux guest (linux.sh): what its files give each other. It is no part of
 * what is tested: it starts the processes that are, and says what the kernel knows of them.
 */
#ifndef INIT_H
#define INIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- init.c ---- */

/* One line to the serial console, "init: " in front. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same, and then the machine is switched off. */
_Noreturn void give_up(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- init_disk.c: files for the host, as a tar archive on a disk ---- */

void disk_open(const char *path);
/* A file whose size is known, or one of /proc, which is read to its end first. */
void disk_add(const char *name, const char *path);
void disk_close(void);

/* ---- init_region.c: the region of a process, by /proc/PID/mem and /proc/PID/pagemap ---- */

struct region {
	pid_t pid;
	uint64_t virt, phys, id;
};

/* Gives up if there is none. The process must stand still. */
void region_find(pid_t pid, struct region *ret);
/* Its header page. */
void region_header(const struct region *r, void *page);
/* A byte-wise copy of the header page, in a page of this process. It stays. */
void region_copy(const struct region *r);
/* Physical address of a byte of a process; UINT64_MAX: not told. */
uint64_t phys_of(pid_t pid, uint64_t virt);

/* ---- init_forge.c: a region that is none ---- */

/* Claims the memory of a true one, in pages of this process. It stays. */
void region_forge(const struct region *r);

/* ---- init_devices.c ---- */

void say_devices(const char *bus);       /* "pci": of its devices, by sysfs */

void say_log(const char *name);          /* what the kernel logged so far goes to the disk */

/* ---- init_bounce.c: slots of the bounce pool in use ---- */

void bounce_hold(const char *disk, bool full);  /* full: no slot is left */

/* ---- init_debug.c: dma-debug, where the kernel has it ---- */

void debug_unbind(void);                /* dma_leak's device: the kernel says what it left mapped */
void debug_say(void);

/* ---- init_kexec.c: a second kernel takes over when this one dies ---- */

bool crash_kernel(void);                /* are we under that one? */
void crash_load(void);                  /* puts it in place */
_Noreturn void crash_now(void);
void crash_save(void);                  /* /proc/vmcore goes to the disk */

#endif
