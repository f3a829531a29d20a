/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The version that dma-inspect prints and writes into each JSON document. */
#ifndef DMV_VERSION_H
#define DMV_VERSION_H

#define DMV_INSPECT_VERSION "0.1.0"

#endif
