/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * libdma-inspect: the commands of dma-inspect inside another program, a debugger above all. The
 * program gives bytes and names and takes characters, by three callbacks; it knows no command.
 *
 * The library reads only what the callbacks give it, opens no file but the one that `save` makes,
 * starts no thread and no process, keeps nothing outside its handles, handles no signal, and never
 * prints, exits, aborts or jumps. Its callbacks must return, too: an exception or a longjmp out of
 * one leaves the handle unusable and what the command had allocated lost.
 *
 * A handle belongs to one thread at a time, and a callback must not use the handle that calls it,
 * but for dma_inspect_stop. Different handles have nothing in common.
 *
 * Symbols are versioned. Structures begin with their size: fields are only ever added, at the end.
 */
#ifndef DMA_INSPECT_H
#define DMA_INSPECT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Exit codes of a command, as those of dma-inspect(1). */
enum {
	DMA_INSPECT_FINE = 0,
	DMA_INSPECT_FINDINGS = 1,       /* answered: leaks, violations and the like were found */
	DMA_INSPECT_USAGE = 2,          /* the line, or an argument of a function, is wrong */
	DMA_INSPECT_NOTHING = 3,        /* the memory holds nothing about DMA */
	DMA_INSPECT_INCOMPLETE = 4,     /* bytes needed were damaged or missing, it was stopped,
					 * or there was no memory */
};

/* Address spaces. */
enum {
	DMA_INSPECT_VIRTUAL = 0,
	DMA_INSPECT_PHYSICAL = 1,
};

/* What kind of host it is, by bits. */
enum {
	DMA_INSPECT_HAS_VIRTUAL = 1,    /* read() understands virtual addresses */
	DMA_INSPECT_HAS_PHYSICAL = 2,   /* ... and physical ones */
	DMA_INSPECT_LIVE = 4,           /* memory changes between commands: all is read anew */
	DMA_INSPECT_LINUX = 8,          /* it is a Linux kernel's: searched only with --scan */
	DMA_INSPECT_BIG_ENDIAN = 16,
	DMA_INSPECT_TRANSLATES = 32,    /* ask() knows DMA_INSPECT_PHYSICAL_OF */
	DMA_INSPECT_SLOW = 64,          /* reading all takes minutes: searched only with --scan */
	DMA_INSPECT_NAMES_LAST = 128,    /* ask() is asked last: what the target itself says of
					 * its symbols and types comes first */
};

/* What is asked of ask(). */
enum {
	DMA_INSPECT_SYMBOL = 1,         /* `name` -> value: its address */
	DMA_INSPECT_PLACE = 2,          /* `addr` -> module, function, value: the offset in it */
	DMA_INSPECT_LINE = 3,           /* `addr` -> line: "file.c:12" */
	DMA_INSPECT_MEMBER = 4,         /* struct `name`, its `member` ("a" or "a.b") -> value:
					 * offset in bytes, bytes: size; bit-fields are refused */
	DMA_INSPECT_SIZE = 5,           /* struct `name` -> bytes */
	DMA_INSPECT_PHYSICAL_OF = 6,    /* virtual `addr` -> value: where it is in physical memory
					 * now. Asked only with DMA_INSPECT_TRANSLATES. */
};

/* A question and its answer. The strings that ask are the library's, good during the call. */
struct dma_inspect_question {
	uint32_t size;                  /* of this structure, as the library has it */
	uint32_t what;
	const char *name, *member;
	uint64_t addr;
	uint64_t value, bytes;
	char module[64];                /* NUL-terminated; "vmlinux" for the kernel itself */
	char function[128];
	char line[256];
};

struct dma_inspect_host {
	uint32_t size;                  /* sizeof(struct dma_inspect_host), or as far as the
					 * caller's header knew it */
	uint32_t flags;                 /* DMA_INSPECT_HAS_VIRTUAL and so on */
	uint16_t machine;               /* ELF's e_machine; 0: unknown */
	uint16_t bits;                  /* of an address, 32 or 64; 0: unknown */
	uint32_t reserved;              /* 0 */
	const char *name;               /* "crash"; lines about the host have it */
	const char *target;             /* what the user opened: "vmcore" */
	void *ctx;                      /* handed to the callbacks */

	/*
	 * Fills buf from the n bytes at addr and returns how many there are from addr on, at most
	 * n; 0: not one. Never fewer than there are: what is missing is called missing. Whole
	 * blocks are asked for (64 KiB), and kept while a command runs, or longer if memory is not
	 * live.
	 * When the user interrupts, call dma_inspect_stop and read all the same.
	 */
	size_t (*read)(void *ctx, int space, uint64_t addr, void *buf, size_t n);

	/* Fills in the answer and returns 1; 0: not known, and the library looks in the memory
	 * itself (a kernel's kallsyms and BTF). NULL: nothing is known. */
	int (*ask)(void *ctx, struct dma_inspect_question *q);

	/* Takes n characters of an answer. Not 0: there is no use in more (the pager was left, the
	 * pipe closed), and the command ends early as if it had said all. */
	int (*write)(void *ctx, const char *text, size_t n);

	/* Told how far long work has come, often: `what` is "scan" or "check", done and total
	 * are bytes, or objects if bytes is 0. May be NULL; need not be there (size). */
	void (*progress)(void *ctx, const char *what, int bytes, uint64_t done, uint64_t total);
};

struct dma_inspect;

/* "0.1.0"; never freed. */
const char *dma_inspect_version(void);

/*
 * Makes a handle for what the host has open. `host` and its strings are copied; ctx is kept and
 * must be good until dma_inspect_close. Reads nothing and calls nothing. On FINE *ret is the
 * handle, for dma_inspect_close; else *ret is NULL: USAGE (a size, flag or callback that is no
 * good), INCOMPLETE (no memory).
 */
int dma_inspect_open(const struct dma_inspect_host *host, struct dma_inspect **ret);

/* Frees the handle and all it kept; NULL is allowed. Not from a callback. */
void dma_inspect_close(struct dma_inspect *d);

/*
 * Says where there is memory: [start, end) of a space. Only what was told is searched, so a host
 * that tells nothing has what symbols lead to and no --scan. Ranges must ascend. `surely` 0: some
 * of it may be missing, and is passed over in silence. USAGE: no such order, or a space that read()
 * does not understand; INCOMPLETE: no memory. What was found so far is dropped.
 */
int dma_inspect_range(struct dma_inspect *d, int space, uint64_t start, uint64_t end, int surely);

/*
 * The same for a guest of QEMU, by what `info mtree -f` of its monitor says: all of its RAM and ROM
 * becomes ranges of physical memory. QEMU answers reads beside them with zeros. USAGE: not
 * understood, or it names no memory, or ranges are out of order with those told before; INCOMPLETE:
 * no memory.
 */
int dma_inspect_qemu_map(struct dma_inspect *d, const char *mtree);

/*
 * Hands over the n characters of VMCOREINFO, as the note of a dump holds them: without them they
 * are looked for by the symbols vmcoreinfo_data and vmcoreinfo_size, then in all memory. Copied.
 * USAGE: no such text; INCOMPLETE: no memory. What was found so far is dropped.
 */
int dma_inspect_vmcoreinfo(struct dma_inspect *d, const char *text, size_t n);

/* For dma_inspect_run. */
enum {
	DMA_INSPECT_COLOR = 1,          /* text with colours, for a terminal */
	DMA_INSPECT_JSON = 2,           /* one JSON document, as with -j */
};

/*
 * Runs one line: a command as dma-inspect(1) has them, `leaks`, `dma leaks` or `!dma leaks`. In
 * front of the command, or behind `dma`, may stand
 *	-j              JSON
 *	--scan          search a Linux kernel's memory for the region, from now on
 *	--region ADDR   the region is there, from now on; 0 takes that back
 * Characters go to write(); what went wrong is dma_inspect_error's. Returns an exit code.
 */
int dma_inspect_run(struct dma_inspect *d, const char *line, unsigned flags);

/* Why the last line ended with 2, 3 or 4, one line for people; "" if there is nothing to say.
 * Good until the next call with the handle. */
const char *dma_inspect_error(const struct dma_inspect *d);

/*
 * Calls fn with each word that the word at line[at] may become; the word ends where the line does.
 * Commands, their options, --scan and so on; addresses of adapters once a command has found some.
 * Reads no memory. fn's string is good during the call.
 */
void dma_inspect_complete(struct dma_inspect *d, const char *line, size_t at,
			  void (*fn)(void *ctx, const char *word), void *ctx);

/* The command that runs ends soon, with INCOMPLETE; without one nothing happens. May be called from
 * a callback, another thread or a signal handler. */
void dma_inspect_stop(struct dma_inspect *d);

/* The memory is another than before (the process ran on): all that was read and found is dropped.
 * Not needed with DMA_INSPECT_LIVE. */
void dma_inspect_forget(struct dma_inspect *d);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
