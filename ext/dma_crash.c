/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * dma.so, an extension of crash: the command `dma`, and `!dma`. It holds the library whole, so that
 * nothing of crash's 12,000 exported names can take the place of ours, and needs of crash what
 * dma-crash.need lists: functions, and of its tables only what has stood at the same place from
 * 8.0.2 to 9.0.2 (never OFFSET() or SIZE()), so one file serves all of them.
 */
#include <defs.h>

#include <elf.h>
#include <signal.h>
#include <unistd.h>

#include "dma-inspect.h"

enum {
	LINE_MOST = 4096,
	HELP_LINES = 100,
	MIN_PAGE = 4096,
};

/* crash hands its commands nothing, so what they share is here. */
static struct {
	struct dma_inspect *d;
	bool running;                   /* a command of ours, and its signal handlers */
	struct sigaction on_int, on_pipe;
	char *help[HELP_LINES + 1];
	char *text;                     /* of help[] */
	size_t ntext;
} self;

/* ---- callbacks ---- */

static bool get(uint64_t addr, int space, void *buf, size_t n)
{
	return readmem(addr, space == DMA_INSPECT_PHYSICAL ? PHYSADDR : KVADDR, buf, (long)n,
		       "dma", RETURN_ON_ERROR | QUIET);
}

/* readmem gives all or nothing: what there is of a block is found by the page. */
static size_t read_memory(void *ctx, int space, uint64_t addr, void *buf, size_t n)
{
	size_t done = 0;

	(void)ctx;
	if (get(addr, space, buf, n))
		return n;
	while (done < n) {
		size_t k = MIN_PAGE - (size_t)((addr + done) & (MIN_PAGE - 1));

		if (k > n - done)
			k = n - done;
		/* the only piece was just refused */
		if (k == n || !get(addr + done, space, (char *)buf + done, k))
			break;
		done += k;
	}
	return done;
}

static int ask_place(struct dma_inspect_question *q)
{
	struct load_module *lm = NULL;
	ulong offset = 0;
	struct syment *sp = value_search((ulong)q->addr, &offset);

	if (!sp || !sp->name)
		return 0;
	module_symbol((ulong)q->addr, NULL, &lm, NULL, 16);
	snprintf(q->module, sizeof(q->module), "%s", lm ? lm->mod_name : "vmlinux");
	snprintf(q->function, sizeof(q->function), "%s", sp->name);
	q->value = offset;
	return 1;
}

static int ask_symbol(struct dma_inspect_question *q)
{
	char name[128];
	struct syment *sp;

	if (strlen(q->name) >= sizeof(name))
		return 0;
	strcpy(name, q->name);          /* symbol_search wants one that it may write to */
	sp = symbol_search(name);
	if (!sp)
		return 0;
	q->value = sp->value;
	return 1;
}

static int ask(void *ctx, struct dma_inspect_question *q)
{
	(void)ctx;
	switch (q->what) {
	case DMA_INSPECT_PLACE:
		return ask_place(q);
	case DMA_INSPECT_SYMBOL:
		return ask_symbol(q);
	default:
		return 0;
	}
}

static int write_text(void *ctx, const char *text, size_t n)
{
	(void)ctx;
	return fwrite(text, 1, n, fp) != n;
}

/* ---- the handle ---- */

static uint16_t machine(void)
{
#if defined(X86_64)
	return EM_X86_64;
#elif defined(X86)
	return EM_386;
#elif defined(ARM64)
	return EM_AARCH64;
#elif defined(ARM)
	return EM_ARM;
#elif defined(PPC64)
	return EM_PPC64;
#elif defined(S390X)
	return EM_S390;
#elif defined(RISCV64)
	return EM_RISCV;
#else
	return 0;
#endif
}

static uint32_t flags(void)
{
	uint32_t f = DMA_INSPECT_HAS_VIRTUAL | DMA_INSPECT_HAS_PHYSICAL | DMA_INSPECT_LINUX;

	if (ACTIVE())
		f |= DMA_INSPECT_LIVE;
	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
		f |= DMA_INSPECT_BIG_ENDIAN;
	return f;
}

static bool variable(char *name, ulong *ret)
{
	struct syment *sp = symbol_search(name);

	return sp && get(sp->value, DMA_INSPECT_VIRTUAL, ret, sizeof(*ret));
}

/* crash has no list of the memory there is. These two (mm/memblock.c) are its ends; where they are
 * not known there is no --scan, and its error says so. */
static void tell_range(struct dma_inspect *d)
{
	const uint64_t page = memory_page_size();
	ulong low = 0, high = 0;

	if (!variable("max_pfn", &high) || !high)
		return;
	variable("min_low_pfn", &low);
	dma_inspect_range(d, DMA_INSPECT_PHYSICAL, low < high ? low * page : 0, high * page, 0);
}

static bool have_handle(void)
{
	const struct dma_inspect_host host = {
		.size = sizeof(host),
		.flags = flags(),
		.machine = machine(),
		.bits = 8 * sizeof(ulong),
		.name = "crash",
		.target = pc->dumpfile ? pc->dumpfile : "live system",
		.read = read_memory,
		.ask = ask,
		.write = write_text,
	};

	if (!self.d && !dma_inspect_open(&host, &self.d))
		tell_range(self.d);
	return self.d;
}

/* ---- a command ---- */

static void on_interrupt(int sig)
{
	(void)sig;
	if (self.d)
		dma_inspect_stop(self.d);
}

static void leave(void)
{
	self.running = false;
	pc->cmd_cleanup = NULL;
	sigaction(SIGPIPE, &self.on_pipe, NULL);
	sigaction(SIGINT, &self.on_int, NULL);
}

/*
 * crash calls this before its next command, if something deep in it gave up ours: readmem walks
 * page tables that may be missing, and some of that ends in a longjmp whatever it was told. The
 * handle was in the middle of something: it is not touched again.
 */
static void abandon(void *arg)
{
	(void)arg;
	if (!self.running)
		return;
	self.d = NULL;
	leave();
}

/* With crash's own handler ^C would jump out of the library. */
static void enter(void)
{
	const struct sigaction stop = { .sa_handler = on_interrupt, .sa_flags = SA_RESTART };
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGINT, &stop, &self.on_int);
	sigaction(SIGPIPE, &ignore, &self.on_pipe);
	pc->cmd_cleanup = abandon;
	pc->cmd_cleanup_arg = NULL;
	self.running = true;
}

/* The words that crash made of the line, as a line again: it took off the double quotes, and left
 * parentheses. False: it is too long. */
static bool join(char *buf, size_t size)
{
	size_t at = 0;

	for (int i = 0; i < argcnt && args[i]; i++) {
		const char *quote = *args[i] != '(' && strpbrk(args[i], " \t") ? "\"" : "";
		int n = snprintf(buf + at, size - at, "%s%s%s%s", i ? " " : "", quote, args[i],
				 quote);

		if (n < 0 || (size_t)n >= size - at)
			return false;
		at += (size_t)n;
	}
	return true;
}

/* With scrolling fp is a pipe to a less that shows no colours. */
static unsigned colors(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (!isatty(fileno(fp)) || (no && *no) || (term && !strcmp(term, "dumb")))
		return 0;
	return DMA_INSPECT_COLOR;
}

/* error() says it to the user and, where the output goes to a file or a command, there too: a
 * document would be none any more. */
static void complain(const char *why)
{
	if (pc->redirect & (REDIRECT_TO_FILE | REDIRECT_TO_PIPE)) {
		printf("dma: %s\n", why);
		fflush(stdout);
	} else {
		error(INFO, "%s\n", why);
	}
}

static void cmd_dma(void)
{
	char line[LINE_MOST];

	if (!join(line, sizeof(line))) {
		complain("the line is too long");
		return;
	}
	enter();
	if (have_handle())
		dma_inspect_run(self.d, line, colors());
	leave();
	fflush(fp);
	if (!self.d)
		complain("not enough memory");
	else if (*dma_inspect_error(self.d))
		complain(dma_inspect_error(self.d));
}

/* ---- help, as crash shows it ---- */

static int no_bytes_write(void *ctx, const char *text, size_t n)
{
	char *p = realloc(self.text, self.ntext + n + 1);

	(void)ctx;
	if (!p)
		return 1;
	memcpy(p + self.ntext, text, n);
	self.text = p;
	self.ntext += n;
	p[self.ntext] = 0;
	return 0;
}

static size_t no_bytes(void *ctx, int space, uint64_t addr, void *buf, size_t n)
{
	(void)ctx, (void)space, (void)addr, (void)buf, (void)n;
	return 0;
}

/* What the library's own `help` says, so that no second list of commands can fall behind. */
static void ask_help(void)
{
	const struct dma_inspect_host host = { .size = sizeof(host),
					       .flags = DMA_INSPECT_HAS_PHYSICAL, .name = "crash",
					       .target = "", .read = no_bytes,
					       .write = no_bytes_write };
	struct dma_inspect *d;

	if (dma_inspect_open(&host, &d))
		return;
	dma_inspect_run(d, "help", 0);
	dma_inspect_close(d);
}

/* Name, what it does, arguments, and the text a line each: crash prints them as formats. */
static void make_help(void)
{
	static char *const head[] = {
		"dma",
		"what is known about DMA: adapters, mappings, leaks, violations",
		"[-j] [--scan] [--region ADDR] [COMMAND [ARGUMENT ...]]",
		"  Shows what a DMA verifier left in memory, like WinDbg's !dma; `!dma' is the",
		"  same. Without a command: the adapters. `dma help COMMAND' tells of one.",
		"",
		"    -j             JSON, one document",
		"    --scan         search all physical memory for the verifier's region, where no",
		"                   symbol and no line of VMCOREINFO leads to it; from now on",
		"    --region ADDR  it is there; 0 takes that back",
		"",
		"  A line with something in double quotes loses its `> FILE' or `| COMMAND' if it",
		"  begins with !dma: begin it with dma.",
		"",
	};
	size_t n = 0;

	for (; n < sizeof(head) / sizeof(head[0]); n++)
		self.help[n] = head[n];
	ask_help();
	for (char *p = self.text; p && *p && n < HELP_LINES;) {
		char *end = strchr(p, '\n');

		self.help[n++] = strchr(p, '%') ? "" : p;
		if (!end)
			break;
		*end = 0;
		p = end + 1;
	}
}

/* ---- loading ---- */

static struct command_table_entry table[] = {
	{ "dma", cmd_dma, self.help, MINIMAL },
	{ .name = NULL },
};

/*
 * crash resolves aliases before it takes a line with ! for the shell's. An alias needs a command
 * that is there, and ours is only once our constructor has returned: so it is for a moment. What
 * `extend` goes through is in the globals that alias_init uses.
 */
static void make_alias(void)
{
	char line[] = "alias !dma dma", *saved[MAXARGS];
	const int n = argcnt, at = optind;
	struct extension_table *first = extension_table;

	memcpy(saved, args, sizeof(saved));
	pc->curext->next = first;
	extension_table = pc->curext;
	alias_init(line);
	extension_table = first;
	pc->curext->next = NULL;
	memcpy(args, saved, sizeof(saved));
	argcnt = n;
	optind = at;
}

static void __attribute__((constructor)) load(void)
{
	make_help();
	register_extension(table);
	if (pc->curext->flags & REGISTERED)
		make_alias();
}

static void __attribute__((destructor)) unload(void)
{
	if (is_alias("!dma"))
		deallocate_alias("!dma");
	if (!self.running)
		dma_inspect_close(self.d);
	free(self.text);
}
