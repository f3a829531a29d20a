/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Tells gdb where the command dma is, so that it is there in every program which embeds the
 * verifier: the name of a script in .debug_gdb_scripts (gdb's manual, "The .debug_gdb_scripts
 * section"; 1: a file with Python). gdb loads it only from where its `auto-load safe-path' allows.
 * The section takes no memory, and goes when the program is stripped.
 */
#ifndef DMV_GDB_SCRIPT_H
#define DMV_GDB_SCRIPT_H

#ifdef DMV_GDB_SCRIPT
__asm__(".pushsection \".debug_gdb_scripts\", \"MS\", %progbits, 1\n"
	".byte 1\n"
	".asciz \"" DMV_GDB_SCRIPT "\"\n"
	".popsection\n");
#endif

#endif
