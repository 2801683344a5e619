#include "policy/bind.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/mem.h"
#include "entity/file.h"

const char *const severity_names[] = { "info", "low", "medium", "high", "critical", NULL };
const char *const expect_names[] = { "static", "append-only", "rotates", "absent", "present",
	NULL };

static const char *const shorthands[] = { "standard", "content", "existence", "all", NULL };

int bind_refuse(struct binder *b, const char *code, struct place at, struct err *e, const char *fmt,
	...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	problem_add(b->problems, PROBLEM_ERROR, code, at, NULL, "%s", text);
	return err_set(e, ERR_POLICY, "%s:%u:%u: %.400s", at.file, at.line, at.column, text);
}

int bind_wrong_type(struct binder *b, const struct node *n, const char *expected, struct err *e)
{
	return bind_refuse(b, "wrong-type", n->at, e, "found %s, expected %s",
		node_found(b->arena, n), expected);
}

int bind_bool(struct binder *b, const struct node *n, bool *ret, struct err *e)
{
	bool yes = span_is(n->text, "true");

	if (n->type != NODE_SCALAR || !n->plain || (!yes && !span_is(n->text, "false")))
		return bind_wrong_type(b, n, "true or false", e);
	*ret = yes;
	return 0;
}

static const char *join(struct arena *a, const char *const *names)
{
	AUTO(buf) b = BUF_INIT(TEXT_MAX);

	for (size_t i = 0; names[i]; i++)
		buf_addf(&b, "%s%s", i ? ", " : "", names[i]);
	return arena_text(a, buf_span(&b));
}

/* Which of the names, ended by NULL, the scalar is. */
int bind_one_choice(struct binder *b, const struct node *n, const char *const *names,
	const char *code, unsigned *ret, struct err *e)
{
	if (n->type == NODE_SCALAR)
		for (unsigned i = 0; names[i]; i++)
			if (span_is(n->text, names[i])) {
				*ret = i;
				return 0;
			}
	return bind_refuse(b, code, n->at, e, "found %s, expected one of %s%s",
		node_found(b->arena, n), join(b->arena, names),
		n->type == NODE_SCALAR ? problem_guess(b->arena, n->text, names) : "");
}

int bind_one_text(struct binder *b, const struct node *n, const char **ret, struct err *e)
{
	if (n->type != NODE_SCALAR || (n->plain && n->text.n == 0))
		return bind_wrong_type(b, n, "a text", e);
	if (n->text.n > TEXT_MAX)
		return bind_refuse(b, "too-large", n->at, e, "the text has more than %d bytes",
			TEXT_MAX);
	*ret = n->text.p;
	return 0;
}

static int bind_title(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	return bind_one_text(b, n, &out->rule.title, e);
}

static int bind_playbook(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	return bind_one_text(b, n, &out->rule.playbook, e);
}

static int bind_kind(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	const char *names[64] = { NULL };
	unsigned at;

	for (size_t i = 0; kinds[i] && i + 1 < ARRAY_LEN(names); i++)
		names[i] = kinds[i]->name;
	if (bind_one_choice(b, n, names, "unknown-kind", &at, e) < 0)
		return e->code;
	out->rule.kind = kinds[at];
	return 0;
}

static int bind_severity(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	unsigned at;

	if (bind_one_choice(b, n, severity_names, "unknown-severity", &at, e) < 0)
		return e->code;
	out->rule.severity = (enum severity)at;
	out->severity_given = true;
	return 0;
}

static int bind_expect(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	unsigned at;

	if (bind_one_choice(b, n, expect_names, "unknown-expect", &at, e) < 0)
		return e->code;
	out->rule.expect = (enum expect)at;
	return 0;
}

static int bind_follow_links(struct binder *b, struct entry *out, const struct node *n,
	struct err *e)
{
	return bind_bool(b, n, &out->rule.follow_links, e);
}

static int bind_cross_mounts(struct binder *b, struct entry *out, const struct node *n,
	struct err *e)
{
	return bind_bool(b, n, &out->rule.cross_mounts, e);
}

static int bind_real_time(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	return bind_bool(b, n, &out->rule.real_time, e);
}

int bind_one_size(struct binder *b, const struct node *n, uint64_t most, const char *expected,
	uint64_t *ret, struct err *e)
{
	static const struct {
		const char *name;
		unsigned shift;
	} units[] = { { "", 0 }, { "B", 0 }, { "KiB", 10 }, { "MiB", 20 } };
	uint64_t value = 0;
	size_t i = 0;

	while (n->type == NODE_SCALAR && i < n->text.n && i < 9 && n->text.p[i] >= '0' &&
		n->text.p[i] <= '9')
		value = value * 10 + (uint64_t)(n->text.p[i++] - '0');
	for (size_t u = 0; i > 0 && u < ARRAY_LEN(units); u++)
		if (span_is(span_from_offset(n->text, i), units[u].name) &&
			value << units[u].shift <= most) {
			*ret = value << units[u].shift;
			return 0;
		}
	return bind_wrong_type(b, n, expected, e);
}

static int bind_keep_content(struct binder *b, struct entry *out, const struct node *n,
	struct err *e)
{
	return bind_one_size(b, n, KEEP_CONTENT_MAX,
		"a size such as 4096, 64KiB or 1MiB, at most 16MiB", &out->rule.keep_content, e);
}

static int bind_tags(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	const char **tags;

	if (n->type != NODE_LIST)
		return bind_wrong_type(b, n, "a list of tags", e);
	tags = arena_get(b->arena, (n->n + 1) * sizeof(char *));
	for (unsigned i = 0; i < n->n; i++) {
		if (bind_one_text(b, n->items[i], &tags[i], e) < 0)
			return e->code;
		for (const char *c = tags[i]; *c; c++)
			if ((unsigned char)*c <= ' ' || *c == 127 || *c == ',')
				return bind_refuse(b, "bad-tag", n->items[i]->at, e,
					"found %s, expected a tag without spaces and commas",
					node_found(b->arena, n->items[i]));
	}
	out->rule.tags = tags;
	return 0;
}

static const char **field_names(struct binder *b, const struct kind *k)
{
	const char **names =
		arena_get(b->arena, (ARRAY_LEN(shorthands) + k->n_fields) * sizeof(char *));
	size_t n = 0;

	for (size_t i = 0; shorthands[i]; i++)
		names[n++] = shorthands[i];
	for (size_t i = 0; i < k->n_fields; i++)
		if (!(k->fields[i].flags & FIELD_DERIVED))
			names[n++] = k->fields[i].name;
	names[n] = NULL;
	return names;
}

static uint64_t existence(const struct kind *k)
{
	int type = kind_field(k, span_of("type"));

	return type < 0 ? 0 : field_bit((unsigned)type);
}

/* The set a name in `fields` stands for; 0 and false when there is none. */
static bool fields_named(const struct kind *k, struct span name, uint64_t *ret)
{
	uint64_t sets[] = { kind_fields_with(k, FIELD_STANDARD), kind_fields_with(k, FIELD_CONTENT),
		existence(k), kind_fields_all(k) };
	int field;

	for (size_t i = 0; shorthands[i]; i++)
		if (span_is(name, shorthands[i])) {
			*ret = sets[i];
			return true;
		}
	field = kind_field(k, name);
	if (field < 0 || (k->fields[field].flags & FIELD_DERIVED))
		return false;
	*ret = field_bit((unsigned)field);
	return true;
}

static int bind_fields(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	const struct kind *k = out->rule.kind;
	uint64_t fields = 0, named;
	int rc = 0;

	if (n->type != NODE_LIST || n->n == 0)
		return bind_wrong_type(b, n, "a list of fields, or [existence]", e);
	for (unsigned i = 0; i < n->n; i++) {
		const struct node *item = n->items[i];
		bool remove = item->type == NODE_SCALAR && item->text.n && item->text.p[0] == '-';
		struct span name = remove ? span_from_offset(item->text, 1) : item->text;
		const char **names;

		if (i == 0 && remove)
			fields = kind_fields_with(k, FIELD_STANDARD);
		if (item->type == NODE_SCALAR && fields_named(k, name, &named)) {
			fields = remove ? fields & ~named : fields | named;
			continue;
		}
		names = field_names(b, k);
		rc = bind_refuse(b, "unknown-field", item->at, e,
			"found %s, expected a field of kind %s or one of %s%s",
			node_found(b->arena, item), k->name, join(b->arena, shorthands),
			item->type == NODE_SCALAR ? problem_guess(b->arena, name, names) : "");
	}
	out->rule.fields = fields;
	return rc;
}

static int bind_types(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	int rc = 0;

	if (out->rule.kind != &kind_file)
		return bind_refuse(b, "types-not-file", n->at, e,
			"found 'types' in a rule of kind %s, expected it with kind file only",
			out->rule.kind->name);
	if (n->type != NODE_LIST || n->n == 0)
		return bind_wrong_type(b, n, "a list of file types", e);
	for (unsigned i = 0; i < n->n; i++) {
		unsigned at;

		rc = bind_one_choice(b, n->items[i], kind_file.fields[FILE_TYPE].names,
			     "unknown-type", &at, e) < 0
			     ? e->code
			     : rc;
		if (rc == 0)
			out->rule.types |= 1u << at;
	}
	if (out->rule.types == (1u << FILE_TYPE_N) - 1)
		out->rule.types = 0;
	return rc;
}

static int bind_include(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	return bind_patterns(b, out, n, &out->include, e);
}

static int bind_exclude(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	return bind_patterns(b, out, n, &out->exclude, e);
}

static bind_key *const binders[RULE_KEY_N] = {
	[KEY_KIND] = bind_kind,
	[KEY_TITLE] = bind_title,
	[KEY_SEVERITY] = bind_severity,
	[KEY_VIEW] = bind_view,
	[KEY_BASE] = bind_bases,
	[KEY_INCLUDE] = bind_include,
	[KEY_EXCLUDE] = bind_exclude,
	[KEY_VALUES] = bind_values,
	[KEY_DEPTH] = bind_depth,
	[KEY_OFFLINE] = bind_offline,
	[KEY_NAMESPACE] = bind_namespace,
	[KEY_QUERY] = bind_query,
	[KEY_KEY] = bind_key_names,
	[KEY_ONLY] = bind_only,
	[KEY_IGNORE] = bind_ignore,
	[KEY_UNORDERED] = bind_unordered,
	[KEY_SCHEDULE] = bind_schedule,
	[KEY_TIMEOUT] = bind_timeout,
	[KEY_MAX_ROWS] = bind_max_rows,
	[KEY_MAX_BYTES] = bind_max_bytes,
	[KEY_EVENTS] = bind_events,
	[KEY_FIELDS] = bind_fields,
	[KEY_TYPES] = bind_types,
	[KEY_FOLLOW_LINKS] = bind_follow_links,
	[KEY_CROSS_MOUNTS] = bind_cross_mounts,
	[KEY_REAL_TIME] = bind_real_time,
	[KEY_EXPECT] = bind_expect,
	[KEY_TAGS] = bind_tags,
	[KEY_PLAYBOOK] = bind_playbook,
	[KEY_KEEP_CONTENT] = bind_keep_content,
};

const char *const rule_keys[] = {
	[KEY_ID] = "id",
	[KEY_OVERRIDE] = "override",
	[KEY_DISABLED] = "disabled",
	[KEY_KIND] = "kind",
	[KEY_TITLE] = "title",
	[KEY_SEVERITY] = "severity",
	[KEY_VIEW] = "view",
	[KEY_BASE] = "base",
	[KEY_INCLUDE] = "include",
	[KEY_EXCLUDE] = "exclude",
	[KEY_VALUES] = "values",
	[KEY_DEPTH] = "depth",
	[KEY_OFFLINE] = "offline",
	[KEY_NAMESPACE] = "namespace",
	[KEY_QUERY] = "query",
	[KEY_KEY] = "key",
	[KEY_ONLY] = "only",
	[KEY_IGNORE] = "ignore",
	[KEY_UNORDERED] = "unordered",
	[KEY_SCHEDULE] = "schedule",
	[KEY_TIMEOUT] = "timeout",
	[KEY_MAX_ROWS] = "max_rows",
	[KEY_MAX_BYTES] = "max_bytes",
	[KEY_EVENTS] = "events",
	[KEY_FIELDS] = "fields",
	[KEY_TYPES] = "types",
	[KEY_FOLLOW_LINKS] = "follow_links",
	[KEY_CROSS_MOUNTS] = "cross_mounts",
	[KEY_REAL_TIME] = "real_time",
	[KEY_EXPECT] = "expect",
	[KEY_TAGS] = "tags",
	[KEY_PLAYBOOK] = "playbook",
	[KEY_KEEP_CONTENT] = "keep_content",
	NULL,
};
_Static_assert(ARRAY_LEN(rule_keys) == RULE_KEY_N + 1, "every rule_key needs a name");

/* Tests need their fields observed, and what follows from a digest comes with it. */
static void complete_fields(struct entry *out)
{
	const struct kind *k = out->rule.kind;
	bool digest = false;

	for (unsigned i = 0; i < k->n_fields; i++)
		if (k->fields[i].type == FIELD_DIGEST && !(k->fields[i].flags & FIELD_DERIVED) &&
			(out->rule.fields & field_bit(i)))
			digest = true;
	if (digest)
		out->rule.fields |= kind_fields_with(k, FIELD_DERIVED);
	if (out->rule.types)
		out->test_fields |= field_bit(FILE_TYPE);
}

static int check_whole(struct binder *b, const struct draft *d, const struct entry *out,
	struct err *e)
{
	const struct kind *k = out->rule.kind;

	if (k->hierarchical && !d->value[KEY_BASE])
		return bind_refuse(b, "missing-key", d->at, e,
			"rule '%s' has no 'base', expected the folder or file it is about", d->id);
	if (!k->hierarchical && d->value[KEY_BASE])
		return bind_refuse(b, "base-not-path", d->value[KEY_BASE]->at, e,
			"found 'base' in a rule of kind %s, whose keys are no paths; expected %s",
			k->name, k->keys == KEYS_OF_RULE ? "'namespace' and 'query'" : "'include'");
	if (k->keys == KEYS_OF_RULE && !d->value[KEY_QUERY])
		return bind_refuse(b, "missing-key", d->at, e,
			"rule '%s' has no 'query', expected one such as "
			"'query: SELECT Name, Path FROM Win32_Share'",
			d->id);
	return d->value[KEY_KEY] ? bind_check_query(b, out, d->value[KEY_KEY]->at, e) : 0;
}

int bind_rule(struct binder *b, const struct draft *d, struct entry **ret, struct err *e)
{
	static const char *const none[] = { NULL };
	struct entry *out = arena_get(b->arena, sizeof *out);
	const struct node *kind = d->value[KEY_KIND];
	size_t before = b->problems->errors;

	out->rule = (struct rule){ .id = d->id,
		.title = "",
		.playbook = "",
		.bases = none,
		.tags = none,
		.severity = SEVERITY_MEDIUM,
		.cross_mounts = true,
		.real_time = true,
		.file = d->at.file,
		.line = d->at.line };
	out->column = d->at.column;
	if (!kind)
		return bind_refuse(b, "missing-key", d->at, e,
			"rule '%s' has no 'kind', expected one such as 'kind: file'", d->id);
	if (bind_kind(b, out, kind, e) < 0)
		return e->code;
	out->rule.fields = kind_fields_with(out->rule.kind, FIELD_STANDARD);
	out->dialect = out->rule.kind->keys == KEYS_PLAIN ? &glob_posix : &glob_registry;
	bind_asks_begin(out);
	b->view = VIEW_64;
	if (bind_check_kind(b, d, out->rule.kind, e) < 0)
		return e->code;
	for (unsigned i = KEY_KIND + 1; i < RULE_KEY_N; i++)
		if (d->value[i] && (i != KEY_BASE || out->rule.kind->hierarchical) &&
			binders[i](b, out, d->value[i], e) < 0)
			continue; /* go on to find the other problems; counted below */
	if (check_whole(b, d, out, e) < 0 || b->problems->errors > before)
		return e->code;
	complete_fields(out);
	bind_asks_end(out);
	*ret = out;
	return 0;
}
