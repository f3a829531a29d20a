/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Types of the fake module, which its DWARF alone knows. */
struct fake_private {
	char first[24];
	struct {
		int unnamed_inside;
	};
	long last;
};

struct fake_private fake_private_object = { .last = 1 };
