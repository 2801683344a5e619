#include "os/names.h"

#include <stdlib.h>

#include "core/mem.h"

struct name {
	uint32_t id;
	uint32_t at, n; /* in the text of its table */
};

/* Sorted rather than hashed: who writes the file cannot make a look-up slow. */
struct table {
	char *text;
	struct name *names;
	size_t n;
};

struct names {
	struct table users, groups;
};

/* Decimal digits only, as getpwuid takes them. */
static bool parse_id(struct span s, uint32_t *ret)
{
	uint64_t id = 0;

	if (s.n == 0 || s.n > 10)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		id = id * 10 + (uint64_t)(s.p[i] - '0');
	}
	if (id > UINT32_MAX)
		return false;
	*ret = (uint32_t)id;
	return true;
}

/* name:password:id:…, in passwd as in group. */
static bool parse_line(struct span line, struct span *ret_name, uint32_t *ret_id)
{
	struct span rest = line, name, password, id;

	if (!span_cut(&rest, ':', &name) || !span_cut(&rest, ':', &password) ||
		!span_cut(&rest, ':', &id))
		return false;
	if (name.n == 0 || memchr(name.p, '\0', name.n) || !parse_id(id, ret_id))
		return false;
	*ret_name = name;
	return true;
}

/* By number; lines of the same number as they stand in the file. */
static int compare(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static void table_fill(struct table *t, struct span text)
{
	struct span rest, line, name;
	size_t cap = 0;
	uint32_t id;

	if (text.n == 0)
		return;
	t->text = mem_copy(text.p, text.n);
	rest = span_from(t->text, text.n);
	while (span_cut(&rest, '\n', &line)) {
		if (!parse_line(line, &name, &id))
			continue;
		if (t->n == cap) {
			cap = cap ? cap * 2 : 64;
			t->names = mem_grow(t->names, cap, sizeof *t->names);
		}
		t->names[t->n++] =
			(struct name){ id, (uint32_t)(name.p - t->text), (uint32_t)name.n };
	}
	if (t->n)
		qsort(t->names, t->n, sizeof *t->names, compare);
}

struct names *names_from(struct span passwd, struct span group)
{
	struct names *n = mem_new(sizeof *n);

	table_fill(&n->users, passwd);
	table_fill(&n->groups, group);
	return n;
}

void names_free(struct names *n)
{
	if (!n)
		return;
	free(n->users.names);
	free(n->users.text);
	free(n->groups.names);
	free(n->groups.text);
	free(n);
}

void names_freep(struct names **n)
{
	names_free(*n);
	*n = NULL;
}

/* The first line of that number. */
static struct span find(const struct table *t, uint32_t id)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->names[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == t->n || t->names[low].id != id)
		return SPAN_NONE;
	return span_from(t->text + t->names[low].at, t->names[low].n);
}

struct span names_user(const struct names *n, uint32_t uid)
{
	return n ? find(&n->users, uid) : SPAN_NONE;
}

struct span names_group(const struct names *n, uint32_t gid)
{
	return n ? find(&n->groups, gid) : SPAN_NONE;
}

bool names_has_users(const struct names *n)
{
	return n && n->users.n > 0;
}

bool names_has_groups(const struct names *n)
{
	return n && n->groups.n > 0;
}
