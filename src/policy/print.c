#include "policy/print.h"

#include "core/escape.h"
#include "core/utf8.h"
#include "entity/file.h"

/* What libyaml takes for a line break or refuses inside quotes, and what could mislead a reader. */
static bool needs_escape(struct span c, uint32_t point)
{
	return escape_needed(c) || point == 0xFEFF || point == 0xFFFE || point == 0xFFFF;
}

/* In double quotes. All texts came from YAML, so they are UTF-8. */
void print_text(struct buf *b, struct span text)
{
	buf_add_char(b, '"');
	while (text.n) {
		uint32_t point = 0xFFFD;
		size_t n = utf8_next(text, &point);
		struct span c = { text.p, n ? n : 1 };

		if (n == 1 && (point == '"' || point == '\\'))
			buf_addf(b, "\\%c", (int)point);
		else if (n == 0 || needs_escape(c, point))
			buf_addf(b, "\\U%08x", point);
		else
			buf_add_span(b, c);
		text = span_from_offset(text, c.n);
	}
	buf_add_char(b, '"');
}

void print_key(struct buf *b, const char *key, const char *text)
{
	buf_addf(b, "    %s: ", key);
	print_text(b, span_of(text));
	buf_add_char(b, '\n');
}

void print_bool(struct buf *b, const char *key, bool value)
{
	buf_addf(b, "    %s: %s\n", key, value ? "true" : "false");
}

static void print_test(struct buf *b, const struct kind *k, const struct test *t)
{
	buf_addf(b, ", %s: ", k->fields[t->field].name);
	if (t->how == TEST_GLOB)
		print_text(b, t->glob);
	else
		buf_add_text(b, t->how == TEST_PRESENT ? "true" : "false");
}

static void print_patterns(struct buf *b, const char *key, const struct kind *k,
	const struct patterns *patterns)
{
	if (patterns->n == 0)
		return;
	buf_addf(b, "    %s:\n", key);
	for (size_t i = 0; i < patterns->n; i++) {
		const struct pattern *p = &patterns->list[i];

		buf_add_text(b, "      - ");
		if (p->n_tests)
			buf_add_text(b, "{ key: ");
		print_text(b, p->key);
		for (size_t t = 0; t < p->n_tests; t++)
			print_test(b, k, &p->tests[t]);
		buf_add_text(b, p->n_tests ? " }\n" : "\n");
	}
}

static void print_fields(struct buf *b, const struct rule *r)
{
	uint64_t asked = r->fields & kind_fields_all(r->kind);
	const char *sep = "";

	buf_add_text(b, "    fields: [");
	for (unsigned i = 0; i < r->kind->n_fields; i++)
		if (asked & field_bit(i)) {
			buf_addf(b, "%s%s", sep, r->kind->fields[i].name);
			sep = ", ";
		}
	buf_add_text(b, asked ? "]\n" : "existence]\n");
}

static void print_types(struct buf *b, const struct rule *r)
{
	const char *sep = "";

	if (!r->types)
		return;
	buf_add_text(b, "    types: [");
	for (unsigned i = 0; i < FILE_TYPE_N; i++)
		if (r->types >> i & 1) {
			buf_addf(b, "%s%s", sep, kind_file.fields[FILE_TYPE].names[i]);
			sep = ", ";
		}
	buf_add_text(b, "]\n");
}

void print_list(struct buf *b, const char *key, const char *const *list)
{
	if (!list[0])
		return;
	buf_addf(b, "    %s:\n", key);
	for (; *list; list++) {
		buf_add_text(b, "      - ");
		print_text(b, span_of(*list));
		buf_add_char(b, '\n');
	}
}

static void print_rule(struct buf *b, const struct entry *entry)
{
	const struct rule *r = &entry->rule;

	buf_addf(b, "  - id: \"%s\"\n", r->id);
	if (r->title[0])
		print_key(b, "title", r->title);
	buf_addf(b, "    severity: %s\n    kind: %s\n", severity_names[r->severity], r->kind->name);
	print_list(b, "base", r->bases);
	print_patterns(b, "include", r->kind, &entry->include);
	print_patterns(b, "exclude", r->kind, &entry->exclude);
	print_fields(b, r);
	print_types(b, r);
	print_asks(b, entry);
	if (r->kind == &kind_file) {
		print_bool(b, "follow_links", r->follow_links);
		print_bool(b, "cross_mounts", r->cross_mounts);
	}
	print_bool(b, "real_time", r->real_time);
	buf_addf(b, "    expect: %s\n", expect_names[r->expect]);
	print_list(b, "tags", r->tags);
	if (r->playbook[0])
		print_key(b, "playbook", r->playbook);
	if (r->keep_content)
		buf_addf(b, "    keep_content: %llu\n", (unsigned long long)r->keep_content);
}

void policy_print(const struct policy *p, struct buf *ret)
{
	buf_add_text(ret, "version: 1\nrules:");
	buf_add_text(ret, p->n ? "\n" : " []\n");
	for (size_t i = 0; i < p->n; i++)
		print_rule(ret, p->entries[i]);
}
