/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The words that ask for what QEMU needs to write a Windows dump: `windows=yes` publishes it;
 * `bugcheck=CODE,P1,P2,P3,P4` does so too, lays that bugcheck down, and ends.
 */
#ifndef GUEST_WORDS_H
#define GUEST_WORDS_H

#include "guest.h"

void guest_windows_words(struct guest *g);

#endif
