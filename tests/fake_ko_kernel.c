/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What a kernel's BTF says of its modules, as far as the reader asks: as Linux 6.1 has it, with NEW
 * as Linux 6.14 has it.
 */
struct list_head {
	struct list_head *next, *prev;
};

struct attribute {
	const char *name;
	unsigned short mode;
};

struct bin_attribute {
	struct attribute attr;
	unsigned long size;
	void *private;
	void *read;
};

struct attribute_group {
	const char *name;
	void *attrs;
	struct bin_attribute **bin_attrs;
};

#ifdef NEW
struct module_sect_attrs {
	struct attribute_group grp;
	struct bin_attribute attrs[];
};

struct module_memory {
	void *base;
	unsigned int size;
};
#else
struct module_sect_attr {
	struct bin_attribute battr;
	unsigned long address;
};

struct module_sect_attrs {
	struct attribute_group grp;
	unsigned int nsections;
	struct module_sect_attr attrs[];
};

struct module_layout {
	void *base;
	unsigned int size;
};
#endif

struct elf64_sym;

struct mod_kallsyms {
	struct elf64_sym *symtab;
	unsigned int num_symtab;
	char *strtab;
};

struct module {
	int state;
	struct list_head list;
	char name[56];
#ifdef NEW
	struct module_memory mem[7];
#else
	struct module_layout core_layout, init_layout;
#endif
	struct mod_kallsyms *kallsyms;
	struct module_sect_attrs *sect_attrs;
};

struct module fake_module;
struct module_sect_attrs fake_sect_attrs;
struct mod_kallsyms fake_mod_kallsyms;
