/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * QEMU's system emulation behind its GDB stub: physical mode (qqemu.PhyMemMode, QEMU 4.1), the map
 * of the machine and translations through its monitor (qRcmd: `info mtree -f`, `gva2gpa`), and
 * whether the guest ran before we came, because detaching starts it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem_gdb_int.h"
#include "mem_mtree.h"

enum {
	MTREE_MAX = 1 << 20,
	ANSWER_MAX = 4 << 10,
};

enum dmv_code dmv_gdb_qemu_mode(struct dmv_gdb *g, bool phys, struct dmv_err *e)
{
	struct dmv_reply a;
	enum dmv_code code;

	if (g->phys_now == phys)
		return DMV_E_OK;
	code = dmv_rsp_ask(g->rsp, &a, e, "Qqemu.PhyMemMode:%d", phys);
	if (code)
		return code;
	if (!dmv_reply_is(&a, "OK"))
		return dmv_fail(e, DMV_E_SYSTEM, "QEMU refuses %s mode",
				phys ? "physical" : "virtual");
	g->phys_now = phys;
	return DMV_E_OK;
}

/* ---- the map ---- */

static enum dmv_code learn_map(struct dmv_gdb *g, struct dmv_err *e)
{
	struct dmv_range *v;
	char *text = NULL;
	size_t n;
	enum dmv_code code = dmv_rsp_monitor(g->rsp, "info mtree -f", MTREE_MAX, &text, e);

	if (!code)
		code = dmv_mtree_parse(text, &v, &n, e);
	free(text);
	if (!code) {
		dmv_mem_set_ranges(&g->m, DMV_PHYS, v, n);
		return DMV_E_OK;
	}
	if (code != DMV_E_NOTFOUND && code != DMV_E_CORRUPT)
		return code;
	g->no_phys = "QEMU does not say where its RAM is (`info mtree -f`), and answers reads "
		     "beside it with zeros: nothing physical is read";
	dmv_mem_note(&g->m, "%s: %s", g->no_phys, e->msg);
	return DMV_E_OK;
}

/* ---- translation ---- */

static enum dmv_code ask_translation(struct dmv_gdb *g, struct dmv_gdb_page *p, struct dmv_err *e)
{
	char command[48], *text = NULL;
	const char *at;
	enum dmv_code code;

	snprintf(command, sizeof(command), "gva2gpa 0x%" PRIx64, p->virt);
	code = dmv_rsp_monitor(g->rsp, command, ANSWER_MAX, &text, e);
	if (code == DMV_E_NOTFOUND)
		return dmv_fail(e, DMV_E_ABSENT, "QEMU has no `gva2gpa`: no virtual addresses");
	if (code)
		return code;
	at = strstr(text, "gpa: ");
	at = at ? at + 5 : NULL;
	if (at && !strncmp(at, "0x", 2))
		at += 2;
	p->mapped = at && dmv_rsp_number((const uint8_t *)at, strlen(at), &p->phys, NULL);
	p->phys &= ~(uint64_t)(DMV_GDB_PAGE - 1);
	p->known = p->mapped || strstr(text, "nmapped");
	free(text);
	return p->known ? DMV_E_OK :
		dmv_fail(e, DMV_E_CORRUPT, "QEMU's answer to `%s` is not understood", command);
}

enum dmv_code dmv_gdb_qemu_translate(struct dmv_gdb *g, uint64_t virt, uint64_t *phys,
				     struct dmv_err *e)
{
	const uint64_t mask = DMV_GDB_PAGE - 1;
	struct dmv_gdb_page *p = &g->page[virt / DMV_GDB_PAGE % DMV_GDB_PAGES];
	enum dmv_code code = DMV_E_OK;

	if (!g->m.nrange[DMV_PHYS])
		return dmv_fail_at(e, DMV_E_ABSENT, virt, "%s", g->no_phys);
	if (!p->known || p->virt != (virt & ~mask)) {
		*p = (struct dmv_gdb_page){ .virt = virt & ~mask };
		code = ask_translation(g, p, e);
	}
	if (code)
		e->addr = virt;
	else if (!p->mapped)
		code = dmv_fail_at(e, DMV_E_ABSENT, virt,
				   "virtual address 0x%" PRIx64 " is not mapped by the page tables "
				   "of the guest's first CPU", virt);
	else
		*phys = p->phys | (virt & mask);
	return code;
}

/* ---- did it run? ---- */

/* "7.2.22 (Debian...)" -> 702; 0: not understood. */
static unsigned version(struct dmv_gdb *g)
{
	unsigned major = 0, minor = 0;
	char *text = NULL;

	if (dmv_rsp_monitor(g->rsp, "info version", ANSWER_MAX, &text, NULL))
		return 0;
	if (sscanf(text, "%3u.%3u", &major, &minor) != 2)
		major = minor = 0;
	free(text);
	return minor < 100 ? major * 100 + minor : 0;
}

/* Connecting stops the guest, so its state tells only if that is not the plain stop that a
 * connection makes: "VM status: paused (prelaunch)". */
static bool stands_for_a_reason(struct dmv_gdb *g)
{
	char *text = NULL;
	bool other;

	if (dmv_rsp_monitor(g->rsp, "info status", ANSWER_MAX, &text, NULL))
		return false;
	other = strstr(text, "paused (");
	free(text);
	return other;
}

static void learn_running(struct dmv_gdb *g)
{
	unsigned v;

	if (dmv_rsp_was_running(g->rsp))
		return;
	/* Until 8.1 QEMU reported the stop of a guest that ran; none came. */
	v = version(g);
	if ((v && v < 801) || stands_for_a_reason(g))
		g->resume = false;
	else
		dmv_mem_note(&g->m, "this QEMU does not tell whether the guest was paused before: "
			     "it will run when the target is closed, unless --hold is given");
}

static void learn_machine(struct dmv_gdb *g)
{
	char *xml;
	size_t n;

	if (dmv_rsp_object(g->rsp, "features", "target.xml", MTREE_MAX, &xml, &n, NULL))
		return;
	if (!dmv_gdb_parse_features(xml, &g->m))
		dmv_gdb_note_order(g);
	free(xml);
}

enum dmv_code dmv_gdb_qemu_learn(struct dmv_gdb *g, struct dmv_err *e)
{
	struct dmv_reply a;
	enum dmv_code code = dmv_rsp_ask(g->rsp, &a, e, "qqemu.PhyMemMode");

	if (code || a.n != 1 || (a.p[0] != '0' && a.p[0] != '1'))
		return code;
	g->qemu = true;
	g->m.live = false;              /* it stands still as long as we are connected */
	g->m.translates = true;
	g->phys_now = g->phys_before = a.p[0] == '1';
	learn_machine(g);
	learn_running(g);
	return learn_map(g, e);
}
