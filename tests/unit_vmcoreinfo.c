/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* VMCOREINFO: lines as kernels of three architectures write them, and lines that nobody should. */
#include "t.h"
#include "vmcoreinfo.h"

static const char text[] =
	"OSRELEASE=6.1.0-56-cloud-amd64\n"
	"BUILD-ID=3b43fad5034874490492495d552c0af6a5fab235\n"
	"PAGESIZE=4096\n"
	"SYMBOL(init_uts_ns)=ffffffff9aff9b60\n"
	"SYMBOL(init_uts_ns2)=1\n"
	"OFFSET(uts_namespace.name)=0\n"
	"OFFSET(list_head.prev)=8\n"
	"LENGTH(zone.free_area)=11\n"
	"NUMBER(phys_base)=-255852544\n"
	"NUMBER(VA_BITS)=48\n"
	"NUMBER(kimage_voffset)=0xffff7fffc8000000\n"
	"NUMBER(sme_mask)=0\n"
	"KERNELOFFSET=18400000\n"
	"CRASHTIME=1\n"
	"NUMBER(twice)=1\n"
	"NUMBER(twice)=2\n"
	"NUMBER(blank)= 5\n"
	"NUMBER(sign)=--5\n"
	"NUMBER(plus)=+5\n"
	"NUMBER(words)=12 monkeys\n"
	"NUMBER(huge)=99999999999999999999\n"
	"NUMBER(low)=-9223372036854775809\n"
	"NUMBER(least)=-9223372036854775808\n"
	"NUMBER(empty)=\n"
	"SYMBOL(no_hex)=xyz\n"
	"SYMBOL(long)=123456789abcdef01\n"
	"SYMBOL(open=1\n"
	"NUMBER(crlf)=7\r\n"
	"NUMBER(last)=3";

static void taken(void)
{
	uint64_t u = 0;
	int64_t n = 0;
	char buf[32];

	T_CHECK(dmv_vmci_symbol(text, "init_uts_ns", &u) && u == 0xffffffff9aff9b60, "a symbol");
	T_CHECK(dmv_vmci_size(text, "OFFSET", "list_head.prev", &u) && u == 8, "an offset");
	T_CHECK(dmv_vmci_size(text, "LENGTH", "zone.free_area", &u) && u == 11, "a length");
	T_CHECK(dmv_vmci_number(text, "phys_base", &n) && n == -255852544, "a negative number");
	T_CHECK(dmv_vmci_number(text, "kimage_voffset", &n) &&
		(uint64_t)n == 0xffff7fffc8000000, "a hexadecimal number");
	T_CHECK(dmv_vmci_number(text, "least", &n) && n == INT64_MIN, "the least number");
	T_CHECK(dmv_vmci_number(text, "twice", &n) && n == 1, "the first of two");
	T_CHECK(dmv_vmci_number(text, "crlf", &n) && n == 7, "a carriage return");
	T_CHECK(dmv_vmci_number(text, "last", &n) && n == 3, "no newline at the end");
	T_CHECK(dmv_vmci_decimal(text, "PAGESIZE", &u) && u == 4096, "a decimal key");
	T_CHECK(dmv_vmci_hex(text, "KERNELOFFSET", &u) && u == 0x18400000, "a plain key");
	T_CHECK(dmv_vmci_text(text, "OSRELEASE", buf, sizeof(buf)), "the release");
	T_STREQ(buf, "6.1.0-56-cloud-amd64", "and its text");
	T_CHECK(dmv_vmci_text(text, "BUILD-ID", buf, 9), "a short buffer");
	T_STREQ(buf, "3b43fad5", "is filled and ended");
}

static void refused(void)
{
	static const char *const bad[] = { "blank", "sign", "plus", "words", "huge", "low", "empty",
					   "phys", "phys_base2", "" };
	uint64_t u = 5;
	int64_t n = 5;
	char buf[4] = "abc", name[80];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(name, sizeof(name), "number \"%s\" is none", bad[i]);
		T_CHECK(!dmv_vmci_number(text, bad[i], &n) && n == 5, name);
	}
	T_CHECK(!dmv_vmci_symbol(text, "no_hex", &u) && !dmv_vmci_symbol(text, "long", &u) &&
		!dmv_vmci_symbol(text, "open", &u) && u == 5, "symbols that are none");
	T_CHECK(!dmv_vmci_hex(text, "OFFSET", &u) && !dmv_vmci_hex(NULL, "OSRELEASE", &u),
		"keys that are none");
	T_CHECK(!dmv_vmci_text("", "OSRELEASE", buf, sizeof(buf)) && !strcmp(buf, "abc"),
		"an empty text");
}

int main(void)
{
	taken();
	refused();
	return T_DONE();
}
