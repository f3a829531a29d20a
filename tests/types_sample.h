/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Structures of each kind, for unit_types: the compiler describes them, and offsetof does, too. */
#ifndef TYPES_SAMPLE_H
#define TYPES_SAMPLE_H

#include <stdint.h>

enum sample_colour { SAMPLE_RED = 7, SAMPLE_BLUE = 1000 };
enum sample_signed { SAMPLE_BELOW = -3, SAMPLE_ABOVE = 3 };

struct sample_piece {
	void *base;
	unsigned size;
};

typedef struct sample_piece sample_piece_t;
typedef const volatile sample_piece_t sample_again_t;

struct sample {
	char name[56];
	struct sample *next;
	union {
		uint32_t word;
		struct {
			uint16_t low, high;
		};
		struct sample_piece inside;
	};
	unsigned flag:1, wide:11;
	unsigned :4;
	unsigned late:9;
	unsigned char small:3, rest:5;
	sample_again_t piece[7];
	uint16_t grid[3][5];
	enum sample_colour colour;
	enum sample_signed sign;
	int (*call)(int);
	double real;
	uint64_t tail[];
};

typedef struct {
	int only_by_typedef;
} sample_unnamed_t;

#endif
