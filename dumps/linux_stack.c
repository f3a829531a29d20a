/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "linux_stack.h"

#include <inttypes.h>
#include <stdlib.h>

#include "mem_int.h"

enum { FRAMES_MAX = 64 };               /* 5 in all kernels so far */

/*
 * Functions between a driver and dma-debug, which a driver's own may not be taken for: '*' ends
 * what it begins with. What the compiler cut off a function (".part.0") is that function.
 */
static const char *const helpers[] = {
	"debug_dma_*", "dma_map_page_attrs", "dma_map_single_attrs", "dma_map_phys",
	"dma_map_sg_attrs", "__dma_map_sg_attrs", "dma_map_sgtable", "dma_map_resource",
	"dma_alloc_attrs", "dma_alloc_coherent", "dma_alloc_pages", "__dma_alloc_pages",
	"dma_alloc_noncontiguous", "dma_pool_alloc", "dmam_alloc_attrs", "dmam_alloc_coherent",
	"dmam_pool_*", "page_pool_*", "__page_pool_*", "virtqueue_*", "vring_*",
	"vp_setup_vq", "setup_vq", "vp_modern_*", "vp_find_vqs*",
};

void dmv_linux_stacks_init(struct dmv_linux_stacks *s, struct dmv_linux *l)
{
	struct dmv_member m;

	*s = (struct dmv_linux_stacks){ .l = l, .word = l->m->bits == 32 ? 4 : 8 };
	if (!dmv_linux_field(l, DMV_L_ENTRY_STACK, &m))
		return;
	s->from = m.offset;
	s->capacity = (size_t)m.size / s->word < FRAMES_MAX ? (size_t)m.size / s->word : FRAMES_MAX;
}

void dmv_linux_stacks_deinit(struct dmv_linux_stacks *s)
{
	free(s->row);
	s->row = NULL;
}

static uint64_t frame(const struct dmv_linux_stacks *s, const uint8_t *p)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s->word; i++)
		v = v << 8 | p[s->l->m->big_endian ? i : s->word - 1 - i];
	return v;
}

/* How many frames are good; an entry that says more than it can have is noted once. */
static uint64_t depth(struct dmv_linux_stacks *s, const uint8_t *entry, size_t n)
{
	struct dmv_facts *f = s->l->f;
	uint64_t depth;

	if (!dmv_linux_pick(s->l, entry, n, DMV_L_ENTRY_DEPTH, &depth))
		return s->capacity;
	if (depth <= s->capacity)
		return depth;
	if (!s->deep)
		dmv_note_add(f, DMV_TOPIC(DMV_K_SITE), f->mapping[f->nmapping - 1].entry,
			     "dma-debug: the entry at 0x%" PRIx64 " is said to have %" PRIu64
			     " frames, there is room for %zu", f->mapping[f->nmapping - 1].entry,
			     depth, s->capacity);
	s->deep = true;
	return s->capacity;
}

bool dmv_linux_stack_add(struct dmv_linux_stacks *s, const uint8_t *entry, size_t n)
{
	uint64_t *row, d;

	if (!s->capacity || s->from + s->capacity * s->word > n)
		return true;
	row = dmv_push(&s->row, &s->rows, (s->capacity + 1) * sizeof(*row));
	if (!row)
		return false;
	d = depth(s, entry, n);
	/* an older kernel marks the end with all ones */
	while (row[0] < d) {
		const uint64_t v = frame(s, entry + s->from + row[0] * s->word);

		if (!v || v == (s->word == 4 ? UINT32_MAX : UINT64_MAX))
			break;
		row[++row[0]] = v;
	}
	return true;
}

/* ---- each once ---- */

struct key {
	const uint64_t *row;
	uint32_t mapping;
};

static int by_frames(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	const int order = memcmp(x->row, y->row, (size_t)(x->row[0] + 1) * sizeof(*x->row));

	if (order)                      /* the depth is the first word: no row is read beyond */
		return order;
	return x->mapping < y->mapping ? -1 : 1;
}

static bool is_helper(const char *name)
{
	for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++) {
		const char *h = helpers[i];
		const size_t n = strcspn(h, "*");

		if (!strncmp(name, h, n) && (h[n] || !name[n] || name[n] == '.'))
			return true;
	}
	return false;
}

/* Who maps: the first that is no helper, else the outermost; and through what. */
static void look_through(struct dmv_linux_stacks *s, struct dmv_stack *k)
{
	bool found = false;

	for (uint32_t i = 0; i < k->depth && !found; i++) {
		struct dmv_place p;

		if (!dmv_names_place(s->l->n, k->frame[i] - 1, &p))
			p.function[0] = 0;
		k->page_pool |= !strncmp(p.function, "page_pool_", 10) ||
				!strncmp(p.function, "__page_pool_", 12);
		found = !is_helper(p.function);
		k->first = i;
	}
}

static bool site(struct dmv_linux_stacks *s, const uint64_t *row)
{
	struct dmv_facts *f = s->l->f;
	uint64_t *copy = dmv_arena(f, (size_t)row[0] * sizeof(*copy));
	struct dmv_stack *k = copy ? DMV_PUSH(f->stack, f->nstack) : NULL;

	if (!k)
		return false;
	memcpy(copy, row + 1, (size_t)row[0] * sizeof(*copy));
	k->frame = copy;
	k->depth = (uint32_t)row[0];
	look_through(s, k);
	dmv_stack_name(f, s->l->n, k);
	return true;
}

bool dmv_linux_stacks_name(struct dmv_linux_stacks *s)
{
	struct dmv_facts *f = s->l->f;
	const size_t first = f->nmapping - s->rows;
	struct key *key;
	bool good = true;

	if (!s->rows)
		return true;
	key = calloc(s->rows, sizeof(*key));
	if (!key)
		return false;
	for (size_t i = 0; i < s->rows; i++)
		key[i] = (struct key){ s->row + i * (s->capacity + 1), (uint32_t)(first + i) };
	qsort(key, s->rows, sizeof(*key), by_frames);
	for (size_t i = 0; good && i < s->rows; i++) {
		const uint64_t *row = key[i].row;

		if (!row[0])
			continue;
		if (!i || memcmp(row, key[i - 1].row, (size_t)(row[0] + 1) * sizeof(*row)))
			good = site(s, row);
		f->mapping[key[i].mapping].owner = (uint32_t)(f->nstack - 1);
	}
	free(key);
	return good;
}
