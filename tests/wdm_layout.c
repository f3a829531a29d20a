/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Compiled once for each of the two wdm.h and each width, as assembly that is read and never run:
 * each line `.ascii "->VALUE NAME"` is a fact of the header as the compiler saw it.
 */
#include <stddef.h>
#include <wdm.h>

#define W_FACT(name, value) __asm__ volatile("\n.ascii \"->%c0 " name "\"" : : "i"((int)(value)));
#define W_TYPE(t) W_FACT("sizeof(" #t ")", sizeof(t)) W_FACT("alignof(" #t ")", _Alignof(t))
#define W_MEMBER(t, m) W_FACT(#t "." #m, offsetof(t, m)) W_WIDTH(t, m)
#define W_WIDTH(t, m) W_FACT("sizeof(" #t "." #m ")", sizeof(((t *)0)->m))
#define W_VALUE(e) W_FACT(#e, e)

void facts(void);

void facts(void)
{
#include "wdm_layout.def"
}
