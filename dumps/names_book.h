/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What is known about names, for names.c, which keeps it, and names_ask.c, which answers from it.
 */
#ifndef DMV_NAMES_BOOK_H
#define DMV_NAMES_BOOK_H

#include "lines.h"
#include "names_kernel.h"
#include "types_file.h"

#define DMV_NO_IMAGE SIZE_MAX

struct dmv_names_image {
	char module[64];
	uint64_t base, bytes;
	struct dmv_build_id id;
	char *path;             /* a file that it may be from; NULL: none is known */
	bool asked;             /* its files were looked for */
};

/* Where to look for files, given by the user. */
struct dmv_names_dir {
	char *path;
	bool force, used;
};

struct dmv_names_found;         /* names_search.c's: files of modules in the directories */

enum dmv_file_state {
	DMV_FILE_WAITING,
	DMV_FILE_BOUND,
	DMV_FILE_REFUSED,
	DMV_FILE_TYPES,             /* has no symbols */
};

/* Addresses [low, high) of a file, and where low is in the target. */
struct dmv_span {
	uint64_t low, high, at;
};

struct dmv_names_file {
	struct dmv_symfile sym;
	char module[64];
	uint64_t base;          /* given by the user; UINT64_MAX: none */
	bool force;
	enum dmv_file_state state;
	struct dmv_span whole;  /* bound: all of a file that is no object */
	struct dmv_span *part;  /* bound: the sections of an object, owned */
	size_t npart;
	size_t image;           /* DMV_NO_IMAGE: none known, stands for itself */
	bool kernel;            /* the target's own kernel, vmlinux or System.map */
	char why[640];          /* refused, or what it waits for: for notes */
	bool asked_types;
	struct dmv_file_types types;
	bool asked_lines;
	struct dmv_lines *lines;        /* NULL: not asked for, or there are none */
};

/* How files are read. It takes libelf and libdw, so names.c itself does not know it: what is loaded
 * into a debugger has neither. */
struct dmv_names_reader {
	/* sym, types or state TYPES. NOTFOUND: it is nothing that has names or types. */
	enum dmv_code (*load)(const char *path, struct dmv_names_file *f, struct dmv_err *e);
	/* An ELF file of that build alone. */
	enum dmv_code (*load_build)(const char *path, const struct dmv_build_id *id,
				    struct dmv_names_file *f, struct dmv_err *e);
	/* Looked at when they are first asked for: vmlinux's DWARF is large. NULL: none. base: the
	 * kernel's, for a module's; may be NULL. */
	const struct dmv_types *(*types)(struct dmv_names_file *f, const struct dmv_btf *base);
	/* Of an address as in the file. */
	bool (*line)(struct dmv_names_file *f, uint64_t addr, char *buf, size_t size);
	void (*close)(struct dmv_names_file *f);        /* all but sym */
};

struct dmv_names {
	const struct dmv_names_reader *reader;          /* NULL: no files */
	struct dmv_names_host host;
	struct dmv_names_image *image;
	size_t nimage;
	struct dmv_names_file *file;
	size_t nfile;
	bool stale;             /* images or files came since the last binding */
	bool kernel_known;      /* it was at the last binding */
	struct dmv_knames *kernel;      /* NULL: no target was given */
	struct dmv_names_dir *dir;
	size_t ndir;
	struct dmv_names_found *found;  /* NULL: not looked for yet */
	char **note;
	size_t nnote;
	char **late;            /* what was found out at look-ups, for notes */
	size_t nlate;
};

/* A file that nobody named for that image: taken only if its build-id is the image's. USAGE: it is
 * not. */
enum dmv_code dmv_names_take_file(struct dmv_names *n, const char *path, size_t image,
				  struct dmv_err *e);
/* A line for the notes; lost where memory is short, or there are many. */
void dmv_names_remark(struct dmv_names *n, const char *text);

/* names_search.c: a directory as it is given, the kernel once it is known, what covers an address
 * when it is first asked about. */
enum dmv_code dmv_names_add_dir(struct dmv_names *n, const char *path, bool force,
				struct dmv_err *e);
void dmv_names_search_kernel(struct dmv_names *n);
void dmv_names_search(struct dmv_names *n, uint64_t addr);
void dmv_names_search_free(struct dmv_names *n);

/* Binds one file, if that is possible by now. */
void dmv_names_bind_file(struct dmv_names *n, struct dmv_names_file *f);
/* Where an address of the target is in a file that is bound, and the reverse. False: nowhere. */
bool dmv_file_address(const struct dmv_names_file *f, uint64_t addr, uint64_t *ret);
bool dmv_target_address(const struct dmv_names_file *f, uint64_t addr, uint64_t *ret);
/* Binds what images and files since the last time make possible; before every look-up. */
void dmv_names_bind(struct dmv_names *n);
/* Of the i-th file; NULL: it has none. */
const struct dmv_types *dmv_names_file_types(struct dmv_names *n, size_t i);

#endif
