#include "change/expect.h"

#include "entity/file.h"

/* What follows from the content: every digest, and how it was come by. */
static uint64_t content_fields(const struct kind *k)
{
	uint64_t set = kind_fields_with(k, FIELD_DERIVED);

	for (unsigned i = 0; i < k->n_fields; i++)
		if (k->fields[i].type == FIELD_DIGEST)
			set |= field_bit(i);
	return set;
}

static bool same_number(const struct record *was, const struct record *is, unsigned field)
{
	return record_has(was, field) && record_has(is, field) &&
	       was->v[field].number == is->v[field].number;
}

/* Writing at the end moves the times and makes the file longer (only a regular file has a size).
 * Where it has become no longer, two digests that differ are of other bytes in the same place. */
static uint64_t appended(const struct record *was, const struct record *is)
{
	uint64_t times = field_bit(FILE_MTIME) | field_bit(FILE_CTIME);
	uint64_t content = content_fields(is->kind);

	if (is->kind != &kind_file || !same_number(was, is, FILE_TYPE) ||
		!same_number(was, is, FILE_INODE) || !same_number(was, is, FILE_DEVICE) ||
		!record_has(was, FILE_SIZE) || !record_has(is, FILE_SIZE) ||
		is->v[FILE_SIZE].number < was->v[FILE_SIZE].number)
		return 0;
	if (is->v[FILE_SIZE].number > was->v[FILE_SIZE].number)
		return times | content | field_bit(FILE_SIZE);
	return times | (content & ~(was->has & is->has));
}

/* Another file may be in its place: what it is and who may use it stays. */
static uint64_t rotated(const struct kind *k)
{
	uint64_t set = content_fields(k);

	if (k == &kind_file)
		set |= field_bit(FILE_SIZE) | field_bit(FILE_MTIME) | field_bit(FILE_CTIME) |
		       field_bit(FILE_BTIME) | field_bit(FILE_INODE);
	return set;
}

static uint64_t expected(const struct rule *rule, const struct record *was, const struct record *is)
{
	switch (rule->expect) {
	case EXPECT_APPEND_ONLY:
		return appended(was, is);
	case EXPECT_ROTATES:
		return rotated(is->kind);
	case EXPECT_STATIC:
	case EXPECT_ABSENT:
	case EXPECT_PRESENT:
		break;
	}
	return 0;
}

static bool expects_change(const struct rule *rule)
{
	return rule->expect == EXPECT_APPEND_ONLY || rule->expect == EXPECT_ROTATES;
}

uint64_t expect_fields(const struct view *v, const struct record *was, const struct record *is)
{
	uint64_t lenient = 0, strict = 0, count;

	for (unsigned i = 0; v->held && i < v->selection.n; i++)
		*(expects_change(v->selection.rule[i]) ? &lenient : &strict) |=
			v->selection.rule[i]->fields;
	if (!lenient)
		return record_changes(was, is, v->watched);
	count = record_changes(was, is, v->watched & strict);
	for (unsigned i = 0; i < v->selection.n; i++) {
		const struct rule *rule = v->selection.rule[i];

		if (expects_change(rule))
			count |= record_changes(was, is, v->watched & rule->fields) &
				 ~expected(rule, was, is);
	}
	return count;
}

/* A rule about effects alone (entity/kind.h) asks what changed without a cause; that something came
 * or went is a cause. */
static bool minds_existence(const struct rule *rule)
{
	uint64_t effects = kind_fields_with(rule->kind, FIELD_EFFECT);

	return rule->expect != EXPECT_ROTATES && (!rule->fields || (rule->fields & ~effects));
}

bool expect_existence(const struct view *v)
{
	for (unsigned i = 0; v->held && i < v->selection.n; i++)
		if (minds_existence(v->selection.rule[i]))
			return true;
	return !v->held;
}

const struct rule *expect_rule(const struct view *v, const struct record *was,
	const struct record *is, uint64_t fields)
{
	struct selection rest = { 0 };
	const struct rule *best;

	if (!v->held)
		return NULL;
	for (unsigned i = 0; i < v->selection.n; i++) {
		const struct rule *rule = v->selection.rule[i];
		bool counts =
			fields ? (fields & ~expected(rule, was, is)) != 0 : minds_existence(rule);

		if (counts)
			rest.rule[rest.n++] = rule;
	}
	best = selection_rule(&rest, fields);
	return best ? best : selection_rule(&v->selection, fields);
}

bool expect_absent(const struct selection *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->rule[i]->expect == EXPECT_ABSENT)
			return true;
	return false;
}
