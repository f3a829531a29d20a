/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A system DMA controller, in software. A line is programmed with a list, a direction and a width;
 * its device asks for units to be moved (DREQ), and they are, between the device and the memory
 * behind the list's bus addresses. The counter goes down with each; at its end the line is masked
 * and the controller's interrupt comes, or it begins again.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "posix_int.h"

struct line {
	struct wdm_system_transfer t;
	SCATTER_GATHER_ELEMENT *element;        /* its own copy; NULL: never programmed */
	uint32_t elements, at, offset;          /* at: element, and bytes of it moved */
	uint32_t total, left;
	bool unmasked, swap;
};

struct controller {
	struct dmv_posix *p;
	pthread_mutex_t lock;
	int copy;
	uint32_t lines, scatter_gather;         /* how many; bit n: line n takes lists */
	struct line line[DMV_POSIX_LINES];
};

/* ---- moving ---- */

static uint32_t unit(const struct line *l)
{
	return UINT32_C(1) << l->t.width;
}

/* The bytes of a unit in the other order. */
static void swap(uint8_t *bytes, uint32_t n)
{
	for (uint32_t i = 0; i < n / 2; i++) {
		const uint8_t b = bytes[i];

		bytes[i] = bytes[n - 1 - i];
		bytes[n - 1 - i] = b;
	}
}

/* One unit; it does not cross a page, since elements begin and end at units. */
static bool move(struct controller *c, const struct line *l, uint8_t *device)
{
	const SCATTER_GATHER_ELEMENT *e = &l->element[l->at];
	const uint32_t n = unit(l);
	void *va = dmv_posix_bus_to_va(c->p, (uint64_t)e->Address.QuadPart + l->offset);
	uint8_t bytes[8];

	if (!va)
		return false;
	if (l->t.to_device) {
		if (!copy_from(c->copy, va, bytes, n))
			return false;
		if (l->swap)
			swap(bytes, n);
		memcpy(device, bytes, n);
		return true;
	}
	memcpy(bytes, device, n);
	if (l->swap)
		swap(bytes, n);
	return copy_to(c->copy, va, bytes, n);
}

static void rewind_line(struct line *l)
{
	l->at = 0;
	l->offset = 0;
	l->left = l->total;
}

static void advance(struct line *l)
{
	l->offset += unit(l);
	l->left -= unit(l);
	if (l->offset == l->element[l->at].Length) {
		l->offset = 0;
		l->at++;
	}
	if (l->left == 0 && l->t.auto_initialize)
		rewind_line(l);
	else if (l->left == 0)
		l->unmasked = false;
}

/* What the units came to: how many bytes, and whether the controller's interrupt is due. */
struct moved {
	uint32_t bytes, serial;
	bool over;
	DMA_COMPLETION_STATUS status;
};

static struct moved move_units(struct controller *c, struct line *l, uint8_t *device, uint32_t n)
{
	struct moved m = { .serial = l->t.serial, .status = DmaComplete };

	while (l->unmasked && n - m.bytes >= unit(l) && !m.over) {
		if (!move(c, l, device + m.bytes)) {
			l->unmasked = false;
			m.status = DmaError;
			m.over = true;
			break;
		}
		m.bytes += unit(l);
		advance(l);
		m.over = !l->unmasked;
		if (!l->t.demand)
			break;
	}
	return m;
}

uint32_t dmv_posix_request(struct dmv_posix *p, uint32_t number, void *bytes, uint32_t n)
{
	struct controller *c = posix_controller(p);
	struct moved m;

	if (!c || number >= c->lines)
		return 0;
	pthread_mutex_lock(&c->lock);
	m = move_units(c, &c->line[number], bytes, n);
	pthread_mutex_unlock(&c->lock);
	if (m.over)
		wdm_transfer_done(m.serial, m.status);
	return m.bytes;
}

/* ---- struct wdm_controller ---- */

/* DDI wdm/ns-wdm-_device_description.md: version 3 names the line, those before it the channel. */
static bool find(void *host, const DEVICE_DESCRIPTION *d, struct wdm_line *ret)
{
	const struct controller *c = posix_controller(host);
	const bool v3 = d->Version == DEVICE_DESCRIPTION_VERSION3;
	const uint32_t line = v3 ? d->DmaRequestLine : d->DmaChannel;

	if (line >= c->lines)
		return false;
	*ret = (struct wdm_line){
		.line = line, .base = (uintptr_t)c, .reach = UINT64_MAX, .max_bytes = UINT32_MAX,
		.scatter_gather = c->scatter_gather >> line & 1, .counts = true,
	};
	return true;
}

/* Elements begin and end at units; several only where the line takes lists. */
static bool can(const struct controller *c, const struct wdm_system_transfer *t)
{
	const ULONG mask = (1u << t->width) - 1;
	const SCATTER_GATHER_LIST *l = t->list;

	if (l->NumberOfElements > 1 && !(c->scatter_gather >> t->line & 1))
		return false;
	for (ULONG i = 0; i < l->NumberOfElements; i++)
		if (((ULONG)l->Elements[i].Address.QuadPart | l->Elements[i].Length) & mask)
			return false;
	return l->NumberOfElements;
}

static bool program(void *host, const struct wdm_system_transfer *t)
{
	struct controller *c = posix_controller(host);
	const size_t bytes = t->list->NumberOfElements * sizeof(SCATTER_GATHER_ELEMENT);
	struct line *l = &c->line[t->line];
	SCATTER_GATHER_ELEMENT *e = can(c, t) ? malloc(bytes) : NULL;

	if (!e)
		return false;
	memcpy(e, t->list->Elements, bytes);
	pthread_mutex_lock(&c->lock);
	free(l->element);
	l->element = e;
	l->elements = t->list->NumberOfElements;
	l->t = *t;
	l->t.list = NULL;
	l->total = 0;
	for (uint32_t i = 0; i < l->elements; i++)
		l->total += e[i].Length;
	rewind_line(l);
	l->unmasked = true;
	pthread_mutex_unlock(&c->lock);
	return true;
}

static void stop(void *host, uint32_t controller, uint32_t line)
{
	struct controller *c = posix_controller(host);

	(void)controller;
	pthread_mutex_lock(&c->lock);
	c->line[line].unmasked = false;
	pthread_mutex_unlock(&c->lock);
}

static uint32_t left(void *host, uint32_t controller, uint32_t line)
{
	struct controller *c = posix_controller(host);
	uint32_t n;

	(void)controller;
	pthread_mutex_lock(&c->lock);
	n = c->line[line].left;
	pthread_mutex_unlock(&c->lock);
	return n;
}

/* Custom functions are whatever controller and driver agree on. */
static NTSTATUS configure(void *host, uint32_t controller, uint32_t line, ULONG function,
			  PVOID context)
{
	struct controller *c = posix_controller(host);

	(void)controller;
	if (function != DMV_POSIX_SWAP)
		return STATUS_NOT_IMPLEMENTED;
	if (!context)
		return STATUS_INVALID_PARAMETER;
	pthread_mutex_lock(&c->lock);
	c->line[line].swap = *(BOOLEAN *)context;
	pthread_mutex_unlock(&c->lock);
	return STATUS_SUCCESS;
}

const struct wdm_controller posix_controller_ops = {
	.find = find, .program = program, .stop = stop, .left = left, .configure = configure,
};

/* ---- its life ---- */

struct controller *controller_new(struct dmv_posix *p, uint32_t lines, uint32_t scatter_gather)
{
	struct controller *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->p = p;
	c->copy = copy_open();
	c->lines = lines < DMV_POSIX_LINES ? lines : DMV_POSIX_LINES;
	c->scatter_gather = scatter_gather;
	pthread_mutex_init(&c->lock, NULL);
	if (c->copy >= 0)
		return c;
	controller_free(c);
	return NULL;
}

void controller_free(struct controller *c)
{
	if (!c)
		return;
	for (uint32_t i = 0; i < DMV_POSIX_LINES; i++)
		free(c->line[i].element);
	pthread_mutex_destroy(&c->lock);
	if (c->copy >= 0)
		close(c->copy);
	free(c);
}
