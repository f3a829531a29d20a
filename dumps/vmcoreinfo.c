/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* VMCOREINFO's lines. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmcoreinfo.h"

/* Value of the line "what(name)=", or "name=" if what is NULL; ends at a newline or NUL. */
static const char *value(const char *text, const char *what, const char *name)
{
	size_t nwhat = what ? strlen(what) : 0, nname = strlen(name);

	for (const char *p = text; p; p = strchr(p, '\n'), p = p ? p + 1 : NULL) {
		const char *q = p;

		if (what && (strncmp(q, what, nwhat) || q[nwhat] != '('))
			continue;
		q += what ? nwhat + 1 : 0;
		if (strncmp(q, name, nname))
			continue;
		q += nname;
		if (what && *q++ != ')')
			continue;
		if (*q == '=')
			return q + 1;
	}
	return NULL;
}

static bool ends(const char *p)
{
	return !*p || *p == '\n' || *p == '\r';
}

/* strtoull alone takes blanks and signs. */
static bool unsigned_at(const char *p, int base, uint64_t *ret)
{
	bool digit;
	char *end;
	uint64_t v;

	if (!p)
		return false;
	digit = (*p >= '0' && *p <= '9') ||
		(base == 16 && ((*p >= 'a' && *p <= 'f') || (*p >= 'A' && *p <= 'F')));
	if (!digit)
		return false;
	errno = 0;
	v = strtoull(p, &end, base);
	if (errno || !ends(end))
		return false;
	*ret = v;
	return true;
}

bool dmv_vmci_symbol(const char *text, const char *name, uint64_t *ret)
{
	return unsigned_at(value(text, "SYMBOL", name), 16, ret);
}

bool dmv_vmci_number(const char *text, const char *name, int64_t *ret)
{
	const char *p = value(text, "NUMBER", name);
	bool negative = p && *p == '-';
	uint64_t v;

	if (!p || !unsigned_at(p + negative, strncmp(p, "0x", 2) ? 10 : 16, &v))
		return false;
	/* Addresses come as unsigned, too: the same 64 bits. */
	if (negative && v > (uint64_t)INT64_MAX + 1)
		return false;
	*ret = (int64_t)(negative ? -v : v);
	return true;
}

bool dmv_vmci_size(const char *text, const char *what, const char *name, uint64_t *ret)
{
	return unsigned_at(value(text, what, name), 10, ret);
}

bool dmv_vmci_decimal(const char *text, const char *key, uint64_t *ret)
{
	return unsigned_at(value(text, NULL, key), 10, ret);
}

bool dmv_vmci_hex(const char *text, const char *key, uint64_t *ret)
{
	return unsigned_at(value(text, NULL, key), 16, ret);
}

bool dmv_vmci_text(const char *text, const char *key, char *buf, size_t size)
{
	const char *p = value(text, NULL, key);
	size_t n;

	if (!p)
		return false;
	n = strcspn(p, "\r\n");
	if (n >= size)
		n = size - 1;
	memcpy(buf, p, n);
	buf[n] = 0;
	return true;
}
