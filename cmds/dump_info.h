/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What a dump's header says of itself, beside the facts or instead of them: its own bugcheck, its
 * own list of images. */
#ifndef DMV_DUMP_INFO_H
#define DMV_DUMP_INFO_H

#include "cmd.h"

/* Does the dump have a bugcheck that no region has told already? */
bool dmv_dump_bugcheck(const struct dmv_ses *s);
/* Says it, after what the regions have to say; false: stop. */
bool dmv_dump_bugcheck_say(struct dmv_ses *s);
/* In one line, for who asks about more than the bugcheck; nothing if a region told it. */
bool dmv_dump_bugcheck_brief(struct dmv_ses *s);
/* Has it one that is about DMA? */
bool dmv_dump_about_dma(const struct dmv_ses *s);

/* Where there are no facts (dmv_need_facts failed): says the dump's own bugcheck, if it has one. OK
 * if that is about DMA and nothing is damaged: then it is an answer; else the error in s->err. */
enum dmv_code dmv_dump_instead(struct dmv_ses *s);

/* "mydrv.sys+0x12" if an image of the dump's own list covers the address, else NULL; returns
 * buf. */
const char *dmv_dump_place(const struct dmv_ses *s, uint64_t addr, char *buf, size_t size);

/* What on the stack of the thread that died points into a driver; false: stop. */
bool dmv_dump_stack_say(struct dmv_ses *s);

/* What the target is, where no region tells more: format, header, kernel; false: stop. */
bool dmv_target_say(struct dmv_ses *s);
/* The header line by line; false: stop. */
bool dmv_dump_lines_say(struct dmv_ses *s);
/* The images of its list; false: stop. */
bool dmv_dump_images_say(struct dmv_ses *s);

#endif
