#include "sensor/file/file_acl.h"

#include <inttypes.h>

#define ACL_VERSION 2
#define HEADER_BYTES 4
#define ENTRY_BYTES 8
#define XATTR_BYTES_MAX ((size_t)64 << 10) /* XATTR_SIZE_MAX of Linux */
#define PERM_MASK 7u

/* Tag bits, linux/posix_acl.h; the bit's number is the index. */
static const struct {
	char letter;
	bool named;
	struct span (*name)(const struct names *n, uint32_t id);
} tags[] = {
	{ 'u', false, NULL },
	{ 'u', true, names_user },
	{ 'g', false, NULL },
	{ 'g', true, names_group },
	{ 'm', false, NULL },
	{ 'o', false, NULL },
};

static uint32_t get_le(const char *at, unsigned bytes)
{
	uint32_t v = 0;

	while (bytes--)
		v = v << 8 | (unsigned char)at[bytes];
	return v;
}

/* Index into tags, or -1. */
static int tag_index(uint32_t tag)
{
	for (unsigned i = 0; i < ARRAY_LEN(tags); i++)
		if (tag == 1u << i)
			return (int)i;
	return -1;
}

/* A name that can be told from a number and from the text around it. */
static bool reads_back(struct span name)
{
	bool digits = true;

	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (c <= ' ' || c == 0x7f || c == ',' || c == ':')
			return false;
		digits = digits && c >= '0' && c <= '9';
	}
	return !digits; /* also false when empty */
}

static void add_entry(const char *at, const struct names *names, struct buf *ret)
{
	int tag = tag_index(get_le(at, 2));
	uint32_t perm = get_le(at + 2, 2), id = get_le(at + 4, 4);

	buf_addf(ret, "%c:", tags[tag].letter);
	if (tags[tag].named) {
		struct span name = tags[tag].name(names, id);

		if (reads_back(name))
			buf_add_span(ret, name);
		else
			buf_addf(ret, "%" PRIu32, id);
	}
	buf_addf(ret, ":%c%c%c", perm & 4 ? 'r' : '-', perm & 2 ? 'w' : '-', perm & 1 ? 'x' : '-');
}

static int check(struct span xattr, struct err *e)
{
	if (xattr.n > XATTR_BYTES_MAX)
		return err_set(e, ERR_LIMIT, "acl has %zu bytes", xattr.n);
	if (xattr.n < HEADER_BYTES || (xattr.n - HEADER_BYTES) % ENTRY_BYTES != 0)
		return err_set(e, ERR_FORMAT, "acl has %zu bytes", xattr.n);
	if (get_le(xattr.p, 4) != ACL_VERSION)
		return err_set(e, ERR_FORMAT, "acl has version %" PRIu32 ", not 2",
			get_le(xattr.p, 4));
	for (size_t at = HEADER_BYTES; at < xattr.n; at += ENTRY_BYTES) {
		uint32_t tag = get_le(xattr.p + at, 2), perm = get_le(xattr.p + at + 2, 2);

		if (tag_index(tag) < 0 || perm & ~PERM_MASK)
			return err_set(e, ERR_FORMAT,
				"acl entry at byte %zu has tag %" PRIu32 ", permissions %" PRIu32,
				at, tag, perm);
	}
	return 0;
}

int file_acl_text(struct span xattr, const struct names *names, struct buf *ret, struct err *e)
{
	if (check(xattr, e) < 0)
		return e->code;
	for (size_t at = HEADER_BYTES; at < xattr.n; at += ENTRY_BYTES) {
		if (at > HEADER_BYTES)
			buf_add_char(ret, ',');
		add_entry(xattr.p + at, names, ret);
	}
	return 0;
}
