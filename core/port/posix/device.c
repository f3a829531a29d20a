/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A device with a DMA engine, in software. It is as dumb as a real one: told an address and a
 * length, it moves that many bytes through the registry, past the end of any buffer if the length
 * says so. Memory is reached by copy.c, so that a registered page that was unmapped or
 * write-protected since is a device error and not a signal.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "posix_int.h"

struct dmv_device {
	struct dmv_posix *p;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t bell, done;
	struct dmv_device_command *head, **tail;
	int copy;
	bool running, stopped, quit;
};

/* The n bytes at `c->moved`, all in one page of the bus. */
static bool move(const struct dmv_device *d, const struct dmv_device_command *c, char *va, size_t n)
{
	uint8_t page[PAGE_SIZE];

	if (!c->to_memory) {
		if (!copy_from(d->copy, va, page, n))
			return false;
		if (c->sink)
			memcpy((char *)c->sink + c->moved, page, n);
		return true;
	}
	for (size_t i = 0; i < n; i++)
		page[i] = c->source ? ((const uint8_t *)c->source)[c->moved + i]
				    : (uint8_t)(c->seed + c->moved + i);
	return copy_to(d->copy, va, page, n);
}

static enum dmv_device_status transfer(struct dmv_device *d, struct dmv_device_command *c)
{
	while (c->moved < c->length) {
		uint64_t bus = c->bus + c->moved;
		size_t n = PAGE - bus % PAGE;
		char *va = dmv_posix_bus_to_va(d->p, bus);

		if (n > c->length - c->moved)
			n = c->length - c->moved;
		if (!va || !move(d, c, va, n)) {
			c->fault = bus;
			return DMV_DEVICE_BAD_ADDRESS;
		}
		c->moved += (uint32_t)n;
	}
	return DMV_DEVICE_DONE;
}

/* Called locked. */
static void finish(struct dmv_device *d, struct dmv_device_command *c,
		   enum dmv_device_status status)
{
	c->status = status;
	pthread_cond_broadcast(&d->done);
}

/* Called locked. */
static struct dmv_device_command *take(struct dmv_device *d)
{
	struct dmv_device_command *c = d->head;

	d->head = c->next;
	if (!d->head)
		d->tail = &d->head;
	return c;
}

static void *engine(void *arg)
{
	struct dmv_device *d = arg;

	pthread_mutex_lock(&d->lock);
	for (;;) {
		struct dmv_device_command *c;
		enum dmv_device_status status;

		while (!d->head && !d->quit)
			pthread_cond_wait(&d->bell, &d->lock);
		if (!d->head)
			break;
		c = take(d);
		d->running = true;
		pthread_mutex_unlock(&d->lock);
		status = transfer(d, c);
		pthread_mutex_lock(&d->lock);
		d->running = false;
		finish(d, c, status);
	}
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

static void release(struct dmv_device *d)
{
	pthread_cond_destroy(&d->done);
	pthread_cond_destroy(&d->bell);
	pthread_mutex_destroy(&d->lock);
	close(d->copy);
	free(d);
}

struct dmv_device *dmv_device_new(struct dmv_posix *p)
{
	struct dmv_device *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->p = p;
	d->tail = &d->head;
	d->copy = copy_open();
	if (d->copy < 0) {
		free(d);
		return NULL;
	}
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->bell, NULL);
	pthread_cond_init(&d->done, NULL);
	if (!pthread_create(&d->thread, NULL, engine, d))
		return d;
	release(d);
	return NULL;
}

void dmv_device_free(struct dmv_device *d)
{
	if (!d)
		return;
	dmv_device_stop(d);
	pthread_mutex_lock(&d->lock);
	d->quit = true;
	pthread_cond_signal(&d->bell);
	pthread_mutex_unlock(&d->lock);
	pthread_join(d->thread, NULL);
	release(d);
}

void dmv_device_submit(struct dmv_device *d, struct dmv_device_command *c)
{
	pthread_mutex_lock(&d->lock);
	c->moved = 0;
	c->fault = 0;
	c->next = NULL;
	if (d->stopped) {
		finish(d, c, DMV_DEVICE_STOPPED);
	} else {
		c->status = DMV_DEVICE_BUSY;
		*d->tail = c;
		d->tail = &c->next;
		pthread_cond_signal(&d->bell);
	}
	pthread_mutex_unlock(&d->lock);
}

bool dmv_device_done(struct dmv_device *d, const struct dmv_device_command *c)
{
	bool done;

	pthread_mutex_lock(&d->lock);
	done = c->status > DMV_DEVICE_BUSY;
	pthread_mutex_unlock(&d->lock);
	return done;
}

enum dmv_device_status dmv_device_wait(struct dmv_device *d, struct dmv_device_command *c)
{
	enum dmv_device_status status;

	pthread_mutex_lock(&d->lock);
	while (c->status == DMV_DEVICE_BUSY)
		pthread_cond_wait(&d->done, &d->lock);
	status = c->status;
	pthread_mutex_unlock(&d->lock);
	return status;
}

enum dmv_device_status dmv_device_run(struct dmv_device *d, struct dmv_device_command *c)
{
	dmv_device_submit(d, c);
	return dmv_device_wait(d, c);
}

void dmv_device_stop(struct dmv_device *d)
{
	pthread_mutex_lock(&d->lock);
	d->stopped = true;
	while (d->head)
		finish(d, take(d), DMV_DEVICE_STOPPED);
	while (d->running)
		pthread_cond_wait(&d->done, &d->lock);
	pthread_mutex_unlock(&d->lock);
}
