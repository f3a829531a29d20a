/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What a GDB stub says, taken apart: packets, the map of a machine as QEMU 7.2 prints it, memory
 * maps and target descriptions as gdbserver and firmware debuggers write them.
 */
#include <stdlib.h>

#include "mem_gdb_int.h"
#include "mem_mtree.h"
#include "t.h"

static void expands(const char *in, const char *want, const char *name)
{
	uint8_t out[256];
	size_t n = 0;
	bool ok = dmv_rsp_expand((const uint8_t *)in, strlen(in), out, sizeof(out) - 1, &n);

	out[ok ? n : 0] = 0;
	T_STREQ(ok ? (char *)out : "(refused)", want, name);
}

static void runs(void)
{
	expands("0* ", "0000", "run of three more");
	expands("x0*\"1", "x0000001", "run of five more");
	expands("0* 1* ", "00001111", "two runs");
	expands("*  ", "(refused)", "run of nothing");
	expands("0*", "(refused)", "run without a count");
	expands("0*\x1f", "(refused)", "run of two");
	expands("0*\x7f", "(refused)", "run beyond the tilde");
	expands("0*~", "00000000000000000000000000000000000000000000000000000000000000000000000000"
		"000000000000000000000000", "the longest run");
	expands("0*~0*~0*~", "(refused)", "more than there is room for");
}

static void escapes(void)
{
	uint8_t b[] = { 'a', '}', 0x03, '}', 0x5d, 'z' };
	uint8_t cut[] = { 'a', '}' };
	size_t n = sizeof(b), k = sizeof(cut);

	T_CHECK(dmv_rsp_unescape(b, &n) && n == 4 && !memcmp(b, "a#}z", 4), "escapes");
	T_CHECK(!dmv_rsp_unescape(cut, &k), "escape at the end");
}

static void numbers(void)
{
	uint8_t out[8];
	char frame[32];
	uint64_t v = 0;
	size_t used = 0;

	T_EQ(dmv_rsp_frame("qC", 2, frame), 6, "frame length");
	T_CHECK(!memcmp(frame, "$qC#b4", 6), "frame");
	T_CHECK(dmv_rsp_unhex((const uint8_t *)"00fFa5", 6, out) && out[1] == 0xff &&
		out[2] == 0xa5, "hexadecimal bytes");
	T_CHECK(!dmv_rsp_unhex((const uint8_t *)"0", 1, out), "half a byte");
	T_CHECK(!dmv_rsp_unhex((const uint8_t *)"0g", 2, out), "no digit");
	T_CHECK(dmv_rsp_number((const uint8_t *)"ffffffffffffffff;", 17, &v, &used) &&
		v == UINT64_MAX && used == 16, "largest number");
	T_CHECK(!dmv_rsp_number((const uint8_t *)"10000000000000000", 17, &v, NULL), "too large");
	T_CHECK(!dmv_rsp_number((const uint8_t *)";", 1, &v, NULL), "no number");
}

/* QEMU 7.2, -M pc -m 64 with a VGA, as its monitor prints it; only the CPUs' view counts. */
static const char mtree[] =
	"FlatView #0\r\n AS \"I/O\", root: io\r\n Root memory region: io\r\n"
	"  0000000000000000-0000000000000007 (prio 0, i/o): dma-chan\r\n\r\n"
	"FlatView #1\r\n AS \"memory\", root: system\r\n AS \"cpu-memory-0\", root: system\r\n"
	" Root memory region: system\r\n"
	"  0000000000000000-000000000009ffff (prio 0, ram): pc.ram\r\n"
	"  00000000000a0000-00000000000affff (prio 1, ram): vga.vram\r\n"
	"  00000000000b0000-00000000000bffff (prio 1, i/o): vga-lowmem\r\n"
	"  00000000000c0000-00000000000c0fff (prio 0, rom): pc.ram @00000000000c0000\r\n"
	"  0000000000100000-0000000003ffffff (prio 0, ram): pc.ram @0000000000100000\r\n"
	"  00000000fd000000-00000000fdffffff (prio 0, ramd): 0000:01:00.0 BAR 0 mmaps[0]\r\n"
	"  00000000fec00000-00000000fec00fff (prio 0, i/o): kvm-ioapic\r\n"
	"  00000000fffc0000-00000000ffffffff (prio 0, romd): pc.bios\r\n"
	"  0000000100000000-000000013fffffff (prio 0, nv-ram): nvdimm\r\n\r\n"
	"FlatView #2\r\n AS \"edu\", root: bus master container\r\n"
	"  0000000200000000-00000002ffffffff (prio 0, ram): other\r\n";

static void one_range(const struct dmv_range *v, size_t n, size_t i, uint64_t start, uint64_t end,
		      const char *name)
{
	if (!T_CHECKF(i < n, name, "only %zu ranges", n))
		return;
	T_EQ(v[i].start, start, name);
	T_EQ(v[i].end, end, name);
}

static void machine_map(void)
{
	struct dmv_range *v = NULL;
	struct dmv_err e;
	size_t n = 0;

	T_EQ(dmv_mtree_parse(mtree, &v, &n, &e), DMV_E_OK, "map of a machine");
	T_EQ(n, 6, "map: RAM and ROM");
	one_range(v, n, 1, 0xa0000, 0xb0000, "map: video RAM");
	one_range(v, n, 2, 0xc0000, 0xc1000, "map: a hole before ROM");
	one_range(v, n, 4, 0xfffc0000, 0x100000000, "map: BIOS");
	one_range(v, n, 5, 0x100000000, 0x140000000, "map: persistent memory");
	free(v);
	T_EQ(dmv_mtree_parse("unknown command: 'info mtree'\n", &v, &n, &e), DMV_E_CORRUPT,
	     "map: none");
	T_EQ(dmv_mtree_parse("FlatView #0\n AS \"memory\", root: system\n"
			     "  0000000000002000-0000000000002fff (prio 0, ram): a\n"
			     "  0000000000001000-0000000000001fff (prio 0, ram): b\n",
			     &v, &n, &e), DMV_E_CORRUPT, "map: out of order");
	T_EQ(dmv_mtree_parse("FlatView #0\n AS \"memory\", root: system\n"
			     "  0000000000002000-0000000000001fff (prio 0, ram): a\n",
			     &v, &n, &e), DMV_E_CORRUPT, "map: backwards");
	T_EQ(dmv_mtree_parse("FlatView #0\n AS \"memory\", root: system\n"
			     "  0000000000000000-ffffffffffffffff (prio 0, ram): a\n",
			     &v, &n, &e), DMV_E_CORRUPT, "map: everything");
}

static void memory_map(void)
{
	static const char xml[] =
		"<?xml version=\"1.0\"?><memory-map>\n"
		"<memory type=\"flash\" start=\"0x8000000\" length=\"0x10000\">"
		"<property name=\"blocksize\">0x400</property></memory>\n"
		"<memory length='65536' type='ram' start='0x20000000'/>"
		"<memory type=\"ram\" start=\"0x20008000\" length=\"0x10000\"/>"
		"<memory type=\"device\" start=\"0x40000000\" length=\"0x10000\"/>"
		"<memory type=\"ram\" start=\"0xffffffffffff0000\" length=\"0x20000\"/>"
		"<memory type=\"ram\" start=\"zero\" length=\"0x20000\"/>"
		"<memory type=\"ram\" start=\"0x";
	struct dmv_range *v = NULL;
	struct dmv_err e;
	size_t n = 0;

	T_EQ(dmv_gdb_parse_memory_map(xml, &v, &n, &e), DMV_E_OK, "memory map");
	/* they overlap; where one ends and the next begins is as good as one */
	one_range(v, n, 0, 0x8000000, 0x8010000, "memory map: flash");
	T_CHECK(n >= 2 && v[1].start == 0x20000000 && v[n - 1].end == 0x20018000,
		"memory map: RAM");
	free(v);
	T_EQ(dmv_gdb_parse_memory_map("<memory-map></memory-map>", &v, &n, &e), DMV_E_NOTFOUND,
	     "memory map: empty");
}

static void description(const char *arch, uint32_t machine, unsigned bits, bool big,
			const char *name)
{
	struct dmv_mem m = { 0 };
	char xml[200];

	snprintf(xml, sizeof(xml), "<target><architecture>%s</architecture></target>", arch);
	T_EQ(dmv_gdb_parse_features(xml, &m), machine != 40, name);
	T_CHECKF(m.machine == machine && m.bits == bits && m.big_endian == big, name,
		 "machine %u, %u bits, big %u", m.machine, m.bits, m.big_endian);
}

int main(void)
{
	runs();
	escapes();
	numbers();
	machine_map();
	memory_map();
	description("i386:x86-64", 62, 64, false, "x86-64");
	description("i386", 3, 32, false, "i386");
	description("s390:64-bit", 22, 64, true, "s390x");
	description("aarch64", 183, 64, false, "aarch64");
	description("arm", 40, 32, false, "arm, of either order");
	description("z80", 0, 0, false, "a machine unknown");
	return T_DONE();
}
