#include "policy/import/tripwire.h"

#include <ctype.h>

#include "core/attr.h"
#include "entity/file.h"
#include "policy/import/hive.h"
#include "policy/import/paths.h"

#define EXCLUDES_MAX 1000
#define LEVELS_MAX 16

/* twpolicy(4), property masks. */
static const struct {
	char letter;
	const char *fields[2];
	const char *note;
} properties[] = {
	{ 'p', { "mode" }, NULL },
	{ 'i', { "inode" }, NULL },
	{ 'n', { "nlink" }, NULL },
	{ 'u', { "uid", "owner" }, NULL },
	{ 'g', { "gid", "group" }, NULL },
	{ 't', { "type" }, NULL },
	{ 's', { "size" }, NULL },
	{ 'd', { "device" }, NULL },
	{ 'b', { NULL }, "the count of blocks is not watched; size and content are" },
	{ 'm', { "mtime" }, NULL },
	{ 'c', { "ctime" }, NULL },
	{ 'a', { NULL }, "the time of the last reading is not watched" },
	{ 'l', { "size" }, NULL },
	{ 'r', { "rdev" }, NULL },
	{ 'C', { "sha256" }, "SHA-256 is taken instead of CRC-32" },
	{ 'M', { "sha256" }, "SHA-256 is taken instead of MD5" },
	{ 'S', { "sha256" }, "SHA-256 is taken instead of SHA-1" },
	{ 'H', { "sha256" }, "SHA-256 is taken instead of Haval" },
};

/* Where severities begin: SIG_LOW, SIG_MED and SIG_HI of the policy that comes with it. */
static const struct {
	long from;
	const char *name;
} severities[] = { { 100, "high" }, { 66, "medium" }, { 33, "low" }, { 0, "info" } };

struct emitter {
	struct import *x;
	struct arena *a;
	const struct tripwire_rules *rules;
	uint32_t said; /* bit per property whose note was made */
};

static const char *severity(const struct tripwire_rule *r)
{
	for (size_t i = 0; i < ARRAY_LEN(severities); i++)
		if (r->attributes.severity >= severities[i].from)
			return severities[i].name;
	return NULL;
}

/* "+pinug-ac" in bits; *ret_unknown: a letter nobody knows, or 0. */
static uint32_t mask_bits(struct span mask, char *ret_unknown)
{
	uint32_t bits = 0;
	bool on = true;

	*ret_unknown = 0;
	for (size_t i = 0; i < mask.n; i++) {
		size_t k = 0;

		if (mask.p[i] == '+' || mask.p[i] == '-') {
			on = mask.p[i] == '+';
			continue;
		}
		while (k < ARRAY_LEN(properties) && properties[k].letter != mask.p[i])
			k++;
		if (k == ARRAY_LEN(properties))
			*ret_unknown = mask.p[i];
		else
			bits = on ? bits | 1u << k : bits & ~(1u << k);
	}
	return bits;
}

static const char *const *fields(struct emitter *m, const struct tripwire_rule *r,
	bool *ret_growing)
{
	const char **ret = arena_get(m->a, (2 * ARRAY_LEN(properties) + 1) * sizeof *ret);
	char unknown;
	uint32_t bits = mask_bits(r->mask, &unknown);
	size_t n = 0;

	*ret_growing = false;
	if (unknown)
		import_note(m->x, r->line, "property '%c' has no counterpart",
			unknown > ' ' && unknown < 127 ? unknown : '?');
	for (size_t i = 0; i < ARRAY_LEN(properties); i++) {
		if (!(bits >> i & 1))
			continue;
		*ret_growing |= properties[i].letter == 'l';
		if (properties[i].note && !(m->said >> i & 1))
			import_note(m->x, r->line, "%c: %s", properties[i].letter,
				properties[i].note);
		m->said |= 1u << i;
		for (size_t k = 0; k < 2 && properties[i].fields[k]; k++) {
			bool there = false;

			for (size_t j = 0; j < n; j++)
				there |= strcmp(ret[j], properties[i].fields[k]) == 0;
			if (!there)
				ret[n++] = properties[i].fields[k];
		}
	}
	if (n == 0)
		ret[n] = "existence";
	return ret;
}

/* ---- what lies below what ---- */

static bool same(char a, char b, bool windows)
{
	if (!windows)
		return a == b;
	if ((a == '/' || a == '\\') && (b == '/' || b == '\\'))
		return true;
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static bool separates(char c, const struct tripwire_rule *r)
{
	return r->section == TRIPWIRE_FILES  ? c == '/'
	       : r->section == TRIPWIRE_NTFS ? c == '/' || c == '\\'
					     : c == '\\';
}

static struct span bare(const struct tripwire_rule *r)
{
	struct span s = r->object;

	while (s.n > 1 && separates(s.p[s.n - 1], r))
		s.n--;
	return s;
}

/* What `inner` is called below `outer`; false: it is not below, or the same. */
static bool below(const struct tripwire_rule *outer, const struct tripwire_rule *inner,
	struct span *ret)
{
	struct span o = bare(outer), i = bare(inner);
	size_t n = 0;

	if (outer->section != inner->section || i.n <= o.n)
		return false;
	while (n < o.n && same(o.p[n], i.p[n], outer->section != TRIPWIRE_FILES))
		n++;
	if (n < o.n || (!separates(i.p[n], outer) && !separates(o.p[o.n - 1], outer)))
		return false;
	while (n < i.n && separates(i.p[n], outer))
		n++;
	*ret = span_from_offset(i, n);
	return ret->n > 0;
}

static struct span as_pattern(struct emitter *m, const struct tripwire_rule *r, struct span text,
	bool *exact)
{
	AUTO(buf) b = BUF_INIT(16384);

	if (r->section == TRIPWIRE_REGISTRY)
		return hive_pattern(m->a, text, 0);
	for (size_t i = 0; i < text.n; i++) {
		if (r->section == TRIPWIRE_FILES)
			paths_literal(&b, text.p[i]);
		else
			buf_add_char(&b, text.p[i] == '$' ? '?' : text.p[i]);
		*exact &= r->section == TRIPWIRE_FILES || text.p[i] != '$';
	}
	return paths_printable(m->a, arena_copy(m->a, buf_span(&b)), exact);
}

/* Stop points and rules below take what they name from a rule. */
static size_t excludes(struct emitter *m, const struct tripwire_rule *r, struct import_pattern *ret)
{
	char separator = r->section == TRIPWIRE_REGISTRY ? '\\' : '/';
	size_t n = 0;

	for (size_t i = 0; i < m->rules->n; i++) {
		const struct tripwire_rule *by = &m->rules->list[i];
		struct span name, pattern;
		bool exact = true, all = by->stop || by->attributes.recurse < 0;

		if (by->unsure || !below(r, by, &name))
			continue;
		pattern = as_pattern(m, r, name, &exact);
		if (!exact)
			continue;
		if (n == EXCLUDES_MAX) {
			import_note(m->x, r->line,
				"more than %d lines take something from this one: it is imported "
				"whole",
				EXCLUDES_MAX);
			return 0;
		}
		ret[n++].key =
			all ? span_of(arena_format(m->a, "%.*s%c**", SPAN_ARG(pattern), separator))
			    : pattern;
	}
	return n;
}

/* ---- rules ---- */

/* The base, what lies in it, and so on: a rule that does not go down all the way. */
static size_t levels(struct emitter *m, int recurse, struct import_pattern *ret)
{
	const char *pattern = "*";

	ret[0].key = span_of("/");
	for (int i = 1; i <= recurse; i++) {
		ret[i].key = span_of(pattern);
		pattern = arena_format(m->a, "%s/*", pattern);
	}
	return (size_t)recurse + 1;
}

static const char *title(struct emitter *m, const struct tripwire_rule *r)
{
	bool exact;
	struct span s = r->attributes.name.n ? r->attributes.name : r->object;

	s.n = s.n > 400 ? 400 : s.n;
	return arena_format(m->a, "Tripwire: %s",
		arena_text(m->a, paths_printable(m->a, s, &exact)));
}

static bool is_absolute(const struct tripwire_rule *r)
{
	struct span o = r->object;

	if (memchr(o.p ? o.p : "", 0, o.n))
		return false;
	return r->section == TRIPWIRE_FILES
		       ? o.n && o.p[0] == '/'
		       : o.n > 2 && ((isalpha((unsigned char)o.p[0]) && o.p[1] == ':') ||
					    (o.p[0] == '\\' && o.p[1] == '\\'));
}

static void add_files(struct emitter *m, const struct tripwire_rule *r,
	struct import_pattern *exclude)
{
	struct import_pattern include[LEVELS_MAX + 2] = { 0 };
	const char *extra[3] = { "cross_mounts: false", NULL, NULL };
	bool growing = false, exact = true, unix_mask = r->section == TRIPWIRE_FILES;
	struct span base = bare(r), pattern = as_pattern(m, r, base, &exact);
	struct import_rule rule = { .id = r->attributes.name.n ? r->attributes.name : base,
		.title = span_of(title(m, r)),
		.severity = severity(r),
		.kind = &kind_file,
		.bases = &base,
		.n_bases = 1,
		.include = include,
		.exclude = exclude,
		.n_exclude = excludes(m, r, exclude),
		.fields = unix_mask ? fields(m, r, &growing) : NULL,
		.extra = extra,
		.line = r->line };

	if (unix_mask && (!exact || !span_same(pattern, base))) { /* no base may be so */
		base = paths_base(pattern);
		if (paths_below(pattern, base, &pattern)) {
			include[0].key = span_of(arena_format(m->a, "%.*s/**", SPAN_ARG(pattern)));
			rule.n_include = 1;
		}
		rule.n_exclude = 0;
	} else if (!exact) {
		import_note(m->x, r->line, "a path that no base can have: no rule is made");
		return;
	} else if (r->attributes.recurse > LEVELS_MAX) {
		import_note(m->x, r->line, "recurse: all levels are taken, not %d",
			r->attributes.recurse);
	} else if (r->attributes.recurse >= 0) {
		rule.n_include = levels(m, r->attributes.recurse, include);
	}
	if (growing)
		extra[1] = "expect: append-only";
	import_add(m->x, &rule);
}

static void add_registry(struct emitter *m, const struct tripwire_rule *r,
	struct import_pattern *exclude)
{
	struct hive_rule rule = { .id = arena_text(m->a,
					  r->attributes.name.n ? r->attributes.name : r->object),
		.title = title(m, r),
		.severity = severity(r),
		.key = hive_pattern(m->a, bare(r), 0),
		.levels = r->attributes.recurse,
		.exclude = exclude,
		.n_exclude = excludes(m, r, exclude),
		.line = r->line };

	hive_add(m->x, &rule);
}

void tripwire_emit(struct import *x, const struct tripwire_rules *rules)
{
	struct emitter m = { x, import_arena(x), rules, 0 };
	struct import_pattern *exclude = arena_get(m.a, EXCLUDES_MAX * sizeof *exclude);
	bool said = false;

	for (size_t i = 0; i < rules->n; i++) {
		const struct tripwire_rule *r = &rules->list[i];
		bool windows = r->section == TRIPWIRE_NTFS || r->section == TRIPWIRE_REGISTRY;

		if (r->stop) {
			if (r->unsure)
				import_note(x, r->line,
					"a stop point that depends on the host: nothing is left "
					"out");
			continue;
		}
		if (windows && !said)
			import_note(x, r->line,
				"properties of Windows are not read: the usual ones are watched");
		said |= windows;
		if (r->section == TRIPWIRE_OTHER)
			import_note(x, r->line, "%s: no rule is made", title(&m, r));
		else if (r->section == TRIPWIRE_REGISTRY)
			add_registry(&m, r, exclude);
		else if (!is_absolute(r))
			import_note(x, r->line, "%s: no absolute path", title(&m, r));
		else
			add_files(&m, r, exclude);
	}
}
