#include "os/windows/security.h"

#include <stdint.h>

#include "core/hex.h"

#define SID_HEAD 8 /* revision, count of sub-authorities, authority (6, big endian) */
#define SID_PARTS_MAX 15
#define DESCRIPTOR_HEAD 20
#define ACL_HEAD 8
#define ACE_HEAD 4
#define GUID_BYTES 16
#define OBJECT_TYPE 0x1 /* MS-DTYP 2.4.4.3: which of the two GUIDs are there */
#define OBJECT_INHERITED 0x2

enum {
	SE_DACL_PRESENT_BIT = 0x0004,
	SE_SACL_PRESENT_BIT = 0x0010,
	SE_SELF_RELATIVE_BIT = 0x8000,
};

static unsigned u8(struct span s, size_t at)
{
	return (unsigned char)s.p[at];
}

static unsigned u16(struct span s, size_t at)
{
	return u8(s, at) | u8(s, at + 1) << 8;
}

static uint32_t u32(struct span s, size_t at)
{
	return u16(s, at) | (uint32_t)u16(s, at + 2) << 16;
}

/* The bytes of the SID at the front; 0: none is there. */
static size_t sid_bytes(struct span s)
{
	size_t n;

	if (s.n < SID_HEAD || u8(s, 0) != 1 || u8(s, 1) > SID_PARTS_MAX)
		return 0;
	n = SID_HEAD + (size_t)u8(s, 1) * 4;
	return n <= s.n ? n : 0;
}

bool sid_to_text(struct span sid, struct buf *ret)
{
	size_t n = sid_bytes(sid);
	uint64_t authority = 0;

	if (n == 0 || n != sid.n)
		return false;
	for (size_t i = 2; i < SID_HEAD; i++)
		authority = authority << 8 | u8(sid, i);
	if (authority < (uint64_t)1 << 32) /* MS-DTYP 2.4.2.1 */
		buf_addf(ret, "S-1-%llu", (unsigned long long)authority);
	else
		buf_addf(ret, "S-1-0x%012llx", (unsigned long long)authority);
	for (size_t i = SID_HEAD; i < n; i += 4)
		buf_addf(ret, "-%lu", (unsigned long)u32(sid, i));
	return true;
}

/* The SID that starts at an offset of the descriptor; 0 is none. */
static bool part_sid(struct span all, uint32_t at, struct span *ret)
{
	struct span rest;
	size_t n;

	*ret = SPAN_NONE;
	if (at == 0)
		return true;
	if (at < DESCRIPTOR_HEAD || at > all.n)
		return false;
	rest = span_from_offset(all, at);
	n = sid_bytes(rest);
	*ret = span_from(rest.p, n);
	return n > 0;
}

static bool part_acl(struct span all, uint32_t at, struct span *ret)
{
	struct span rest;
	size_t n;

	*ret = SPAN_NONE;
	if (at == 0)
		return true;
	if (at < DESCRIPTOR_HEAD || at > all.n || all.n - at < ACL_HEAD)
		return false;
	rest = span_from_offset(all, at);
	n = u16(rest, 2);
	if (n < ACL_HEAD || n > rest.n)
		return false;
	*ret = span_from(rest.p, n);
	return true;
}

bool descriptor_parse(struct span bytes, struct descriptor *ret)
{
	struct descriptor d = { 0 };

	if (bytes.n < DESCRIPTOR_HEAD || u8(bytes, 0) != 1)
		return false;
	d.control = u16(bytes, 2);
	if (!(d.control & SE_SELF_RELATIVE_BIT))
		return false; /* pointers, not offsets */
	d.has_dacl = (d.control & SE_DACL_PRESENT_BIT) != 0;
	d.has_sacl = (d.control & SE_SACL_PRESENT_BIT) != 0;
	if (!part_sid(bytes, u32(bytes, 4), &d.owner) || !part_sid(bytes, u32(bytes, 8), &d.group))
		return false;
	if ((d.has_sacl && !part_acl(bytes, u32(bytes, 12), &d.sacl)) ||
		(d.has_dacl && !part_acl(bytes, u32(bytes, 16), &d.dacl)))
		return false;
	*ret = d;
	return true;
}

/* MS-DTYP 2.4.4.1. The form says what stands between the mask and the SID. */
static const struct {
	const char *name;
	bool object;
} ace_types[] = {
	[0x00] = { "allow", false },
	[0x01] = { "deny", false },
	[0x02] = { "audit", false },
	[0x03] = { "alarm", false },
	[0x05] = { "allow-object", true },
	[0x06] = { "deny-object", true },
	[0x07] = { "audit-object", true },
	[0x08] = { "alarm-object", true },
	[0x09] = { "allow-if", false },
	[0x0a] = { "deny-if", false },
	[0x0b] = { "allow-object-if", true },
	[0x0c] = { "deny-object-if", true },
	[0x0d] = { "audit-if", false },
	[0x0e] = { "alarm-if", false },
	[0x0f] = { "audit-object-if", true },
	[0x10] = { "alarm-object-if", true },
	[0x11] = { "label", false },
	[0x12] = { "attribute", false },
	[0x13] = { "policy", false },
	[0x14] = { "trust", false },
	[0x15] = { "filter", false },
};

/* As in SDDL, joined: "OICIID". */
static const struct {
	unsigned bit;
	const char *name;
} ace_flags[] = { { 0x01, "OI" }, { 0x02, "CI" }, { 0x04, "NP" }, { 0x08, "IO" }, { 0x10, "ID" },
	{ 0x20, "CR" }, { 0x40, "SA" }, { 0x80, "FA" } };

/* As Windows writes it: the first three parts are little-endian numbers. */
static void guid_to_text(struct span g, struct buf *ret)
{
	buf_addf(ret, "%08lx-%04x-%04x-", (unsigned long)u32(g, 0), u16(g, 4), u16(g, 6));
	hex_add(ret, span_from(g.p + 8, 2));
	buf_add_char(ret, '-');
	hex_add(ret, span_from(g.p + 10, 6));
}

/* ";GUID;GUID" of an object entry, an empty text for the one that is not there. Takes them off the
 * front of *rest; false: it is too short. */
static bool object_to_text(struct span *rest, struct buf *ret)
{
	uint32_t which;

	if (rest->n < 4)
		return false;
	which = u32(*rest, 0);
	*rest = span_from_offset(*rest, 4);
	for (uint32_t bit = OBJECT_TYPE; bit <= OBJECT_INHERITED; bit <<= 1) {
		buf_add_char(ret, ';');
		if (!(which & bit))
			continue;
		if (rest->n < GUID_BYTES)
			return false;
		guid_to_text(*rest, ret);
		*rest = span_from_offset(*rest, GUID_BYTES);
	}
	return true;
}

/* False: not of a form known here; what was appended so far is to be taken back. */
static bool ace_known(struct span ace, struct buf *ret)
{
	unsigned type = u8(ace, 0), flags = u8(ace, 1);
	struct span rest = span_from_offset(ace, ACE_HEAD + 4);
	size_t n;

	if (type >= ARRAY_LEN(ace_types) || !ace_types[type].name || ace.n < ACE_HEAD + 4)
		return false;
	buf_addf(ret, "%s;", ace_types[type].name);
	for (size_t i = 0; i < ARRAY_LEN(ace_flags); i++)
		if (flags & ace_flags[i].bit)
			buf_add_text(ret, ace_flags[i].name);
	buf_addf(ret, ";0x%lx", (unsigned long)u32(ace, ACE_HEAD));
	if (ace_types[type].object && !object_to_text(&rest, ret))
		return false;
	n = sid_bytes(rest);
	if (n == 0)
		return false;
	buf_add_char(ret, ';');
	(void)sid_to_text(span_from(rest.p, n), ret);
	rest = span_from_offset(rest, n);
	if (rest.n > 0) { /* the condition of an -if, the value of an attribute */
		buf_add_char(ret, ';');
		hex_add(ret, rest);
	}
	return true;
}

static void ace_to_text(struct span ace, struct buf *ret)
{
	size_t from = ret->n;

	if (ace_known(ace, ret))
		return;
	if (ret->n > from)
		ret->n = from;
	buf_addf(ret, "%u;0x%x;", u8(ace, 0), u8(ace, 1));
	hex_add(ret, span_from_offset(ace, ACE_HEAD));
}

static void entries_to_text(struct span acl, struct buf *ret, const char *blank)
{
	unsigned count = u16(acl, 4);
	struct span rest = span_from_offset(acl, ACL_HEAD);

	for (unsigned i = 0; i < count; i++, blank = " ") {
		size_t n = rest.n >= ACE_HEAD ? u16(rest, 2) : 0;

		buf_add_text(ret, blank);
		if (n < ACE_HEAD || n > rest.n) { /* it says more entries than it has */
			buf_add_text(ret, "damaged;");
			hex_add(ret, rest);
			return;
		}
		ace_to_text(span_from(rest.p, n), ret);
		rest = span_from_offset(rest, n);
	}
}

void acl_to_text(const struct descriptor *d, char which, struct buf *ret)
{
	static const struct {
		unsigned dacl, sacl;
		const char *name;
	} bits[] = { { 0x1000, 0x2000, "P" }, { 0x0400, 0x0800, "AI" }, { 0x0100, 0x0200, "AR" } };
	bool dacl = which == 'd';
	struct span acl = dacl ? d->dacl : d->sacl;
	const char *blank = "";

	if (!(dacl ? d->has_dacl : d->has_sacl)) {
		buf_add_text(ret, "none");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(bits); i++) {
		if (!(d->control & (dacl ? bits[i].dacl : bits[i].sacl)))
			continue;
		buf_addf(ret, "%s%s", blank, bits[i].name);
		blank = " ";
	}
	if (acl.n == 0)
		buf_addf(ret, "%snull", blank);
	else
		entries_to_text(acl, ret, blank);
}
