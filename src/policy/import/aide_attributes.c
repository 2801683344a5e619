#include "policy/import/aide.h"

#include "core/attr.h"

/* aide.conf(5), ATTRIBUTES. */
static const struct {
	const char *name;
	const char *fields[2];
	const char *note; /* what is lost or different */
} table[] = {
	{ "p", { "mode" }, NULL },
	{ "ftype", { "type" }, NULL },
	{ "i", { "inode" }, NULL },
	{ "l", { "target" }, NULL },
	{ "n", { "nlink" }, NULL },
	{ "u", { "uid", "owner" }, NULL },
	{ "g", { "gid", "group" }, NULL },
	{ "s", { "size" }, NULL },
	{ "m", { "mtime" }, NULL },
	{ "c", { "ctime" }, NULL },
	{ "acl", { "acl", "acl_default" }, NULL },
	{ "selinux", { "label" }, NULL },
	{ "xattrs", { "xattr" }, NULL },
	{ "e2fsattrs", { "flags" }, NULL },
	{ "caps", { "caps" }, NULL },
	{ "sha256", { "sha256" }, NULL },
	{ "sha512", { "sha512" }, NULL },
	{ "b", { NULL }, "the count of blocks is not watched; size and content are" },
	{ "a", { NULL }, "the time of the last reading is not watched" },
	{ "growing", { NULL }, NULL },
	{ "S", { "size" }, NULL },
	{ "I", { NULL },
		"that a file may move to another name is not an exception; see 'rotates' of "
		"'expect'" },
	{ "compressed", { NULL },
		"that a file may be compressed is not an exception; see 'rotates' of 'expect'" },
	{ "ANF", { NULL }, "files that are new are reported, too" },
	{ "ARF", { NULL }, "files that are removed are reported, too" },
	{ "fstype", { "device" }, "the device stands for the type of the file system" },
#define DIGEST(name) \
	{ \
		name, { "sha256" }, "SHA-256 is taken instead of " name \
	}
	DIGEST("md5"),
	DIGEST("sha1"),
	DIGEST("rmd160"),
	DIGEST("tiger"),
	DIGEST("haval"),
	DIGEST("crc32"),
	DIGEST("crc32b"),
	DIGEST("gost"),
	DIGEST("whirlpool"),
	DIGEST("stribog256"),
	DIGEST("stribog512"),
	DIGEST("sha512_256"),
	DIGEST("sha3_256"),
	DIGEST("sha3_512"),
#undef DIGEST
};
_Static_assert(ARRAY_LEN(table) <= 64, "a bit for each");

static const struct {
	const char *name, *expression;
} groups_of_aide[] = {
	{ "R", "p+ftype+i+l+n+u+g+s+m+c+md5+X" },
	{ "L", "p+ftype+i+l+n+u+g+X" },
	{ ">", "p+ftype+l+u+g+i+n+s+growing+X" },
	{ "H", "sha256+sha512" },
	{ "X", "acl+selinux+xattrs+e2fsattrs+caps" },
	{ "E", "" },
};

static bool by_name(struct span name, const struct aide_group *groups, size_t n, uint64_t *ret)
{
	struct span unknown;

	for (size_t i = n; i-- > 0;)
		if (span_same(groups[i].name, name)) {
			*ret = groups[i].attributes;
			return true;
		}
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (span_is(name, table[i].name)) {
			*ret = UINT64_C(1) << i;
			return true;
		}
	for (size_t i = 0; i < ARRAY_LEN(groups_of_aide); i++)
		if (span_is(name, groups_of_aide[i].name)) {
			*ret = aide_attributes(span_of(groups_of_aide[i].expression), NULL, 0,
				&unknown);
			return true;
		}
	return false;
}

uint64_t aide_attributes(struct span expression, const struct aide_group *groups, size_t n,
	struct span *ret_unknown)
{
	uint64_t ret = 0, bits;
	size_t i = 0;
	char sign = '+';

	*ret_unknown = SPAN_NONE;
	while (i < expression.n) {
		size_t start = i;
		struct span name;

		while (i < expression.n && !strchr("+- \t", expression.p[i]))
			i++;
		name = (struct span){ expression.p + start, i - start };
		if (name.n && by_name(name, groups, n, &bits))
			ret = sign == '+' ? ret | bits : ret & ~bits;
		else if (name.n && !ret_unknown->n)
			*ret_unknown = name;
		while (i < expression.n && strchr("+- \t", expression.p[i])) {
			if (expression.p[i] == '+' || expression.p[i] == '-')
				sign = expression.p[i];
			i++;
		}
	}
	return ret;
}

static bool has(const char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

const char *const *aide_fields(struct import *x, uint64_t attributes, bool *ret_growing)
{
	const char **ret = arena_get(import_arena(x), (2 * ARRAY_LEN(table) + 2) * sizeof *ret);
	size_t n = 0;

	*ret_growing = false;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (!(attributes >> i & 1))
			continue;
		*ret_growing |=
			strcmp(table[i].name, "growing") == 0 || strcmp(table[i].name, "S") == 0;
		for (size_t k = 0; k < ARRAY_LEN(table[i].fields) && table[i].fields[k]; k++)
			if (!has(ret, n, table[i].fields[k]))
				ret[n++] = table[i].fields[k];
	}
	if (n == 0)
		ret[n] = "existence";
	return ret;
}

void aide_note_attributes(struct import *x, uint64_t attributes, unsigned line, uint64_t *said)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if ((attributes & ~*said) >> i & 1 && table[i].note)
			import_note(x, line, "attribute %s: %s", table[i].name, table[i].note);
	*said |= attributes;
}
