/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A shared object that is there for its types (gcc -gbtf). */
#include "types_sample.h"

struct sample sample_object;
sample_unnamed_t sample_unnamed;
