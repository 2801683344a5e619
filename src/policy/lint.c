#include "policy/lint.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/fold.h"
#include "entity/file.h"

void lint_warn(struct problems *problems, const char *code, const struct entry *entry,
	struct place at, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	problem_add(problems, PROBLEM_WARNING, code, at, entry ? entry->rule.id : NULL, "%s", text);
}

static bool watches(const struct entry *entry, unsigned field)
{
	return (entry->rule.fields & field_bit(field)) != 0;
}

static void lint_hashes(const struct entry *entry, struct problems *problems)
{
	unsigned strong = watches(entry, FILE_SHA256) + watches(entry, FILE_SHA512);
	unsigned weak = watches(entry, FILE_SHA1) + watches(entry, FILE_MD5);

	if (strong + weak > 1)
		lint_warn(problems, "many-hashes", entry, lint_rule_place(entry),
			"%u digests of every file are computed; one, sha256, tells as much",
			strong + weak);
	if (weak && !strong)
		lint_warn(problems, "weak-hash", entry, lint_rule_place(entry),
			"sha1 and md5 can be forged; watch sha256, too");
}

static void lint_noisy(const struct entry *entry, struct problems *problems)
{
	static const struct {
		unsigned field;
		bool folders_only;
		const char *why;
	} noisy[] = {
		{ FILE_CTIME, false,
			"moves with every change of any attribute, a backup included" },
		{ FILE_INODE, false, "is a new one after each save that replaces the file" },
		{ FILE_BTIME, false, "is a new one after each save that replaces the file" },
		{ FILE_NLINK, true, "of a folder changes whenever a folder inside comes or goes" },
	};
	bool folders = !entry->rule.types || (entry->rule.types >> FILE_DIRECTORY & 1);

	for (size_t i = 0; i < ARRAY_LEN(noisy); i++)
		if (watches(entry, noisy[i].field) && (!noisy[i].folders_only || folders))
			lint_warn(problems, "noisy-field", entry, lint_rule_place(entry),
				"field '%s' %s", kind_file.fields[noisy[i].field].name,
				noisy[i].why);
}

static void lint_file(const struct entry *entry, struct problems *problems)
{
	bool digest = watches(entry, FILE_SHA256) || watches(entry, FILE_SHA512) ||
		      watches(entry, FILE_SHA1) || watches(entry, FILE_MD5);

	lint_hashes(entry, problems);
	lint_noisy(entry, problems);
	if (entry->rule.expect == EXPECT_APPEND_ONLY && (!digest || !watches(entry, FILE_SIZE)))
		lint_warn(problems, "expect-fields", entry, lint_rule_place(entry),
			"'expect: append-only' is proved with size and sha256, which the rule does "
			"not watch");
	if (entry->rule.keep_content && !digest)
		lint_warn(problems, "keep-content-fields", entry, lint_rule_place(entry),
			"'keep_content' keeps what 'sha256' notices, which the rule does not "
			"watch");
}

static bool tag_usual(const char *tag)
{
	const char *dot = strchr(tag, '.');

	return dot && dot > tag && dot[1] &&
	       strspn(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-") ==
		       strlen(tag);
}

static void lint_words(const struct entry *entry, struct problems *problems)
{
	const struct rule *r = &entry->rule;

	if (!entry->severity_given)
		lint_warn(problems, "missing-severity", entry, lint_rule_place(entry),
			"the rule has no 'severity'; it counts as medium");
	if (!r->title[0])
		lint_warn(problems, "missing-title", entry, lint_rule_place(entry),
			"the rule has no 'title' for people to read");
	for (size_t i = 0; r->tags[i]; i++)
		if (!tag_usual(r->tags[i]))
			lint_warn(problems, "tag-format", entry, lint_rule_place(entry),
				"tag '%s' is not written as CATALOGUE.ITEM (as in "
				"attack.T1505.003)",
				r->tags[i]);
	if (entry->user_variable)
		lint_warn(problems, "user-variable", entry, lint_rule_place(entry),
			"'${env.%s}' is another one for the service than for the person who runs "
			"a command; write the path",
			entry->user_variable);
}

static bool tests_same(const struct pattern *a, const struct pattern *b)
{
	if (a->n_tests != b->n_tests)
		return false;
	for (size_t i = 0; i < a->n_tests; i++)
		if (a->tests[i].field != b->tests[i].field || a->tests[i].how != b->tests[i].how ||
			!span_same(a->tests[i].glob, b->tests[i].glob))
			return false;
	return true;
}

static bool patterns_same(const struct patterns *a, const struct patterns *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!span_same(a->list[i].key, b->list[i].key) ||
			!tests_same(&a->list[i], &b->list[i]))
			return false;
	return true;
}

static bool asks_same(const struct rule_asks *a, const struct rule_asks *b)
{
	if (!a->query || !b->query)
		return a->query == b->query;
	return strcmp(a->query, b->query) == 0 && fold_same(span_of(a->space), span_of(b->space));
}

static bool entries_same(const struct entry *a, const struct entry *b)
{
	if (a->rule.kind != b->rule.kind || a->n_bases != b->n_bases ||
		a->rule.types != b->rule.types || a->rule.fields != b->rule.fields)
		return false;
	for (size_t i = 0; i < a->n_bases; i++)
		if (!span_same(a->bases[i].text, b->bases[i].text))
			return false;
	return a->depth == b->depth && asks_same(&a->asks, &b->asks) &&
	       patterns_same(&a->value_include, &b->value_include) &&
	       patterns_same(&a->value_exclude, &b->value_exclude) &&
	       patterns_same(&a->include, &b->include) && patterns_same(&a->exclude, &b->exclude);
}

static void lint_twins(const struct policy *p, size_t at, struct problems *problems)
{
	const struct entry *entry = p->entries[at];

	for (size_t i = 0; i < at; i++)
		if (entries_same(p->entries[i], entry)) {
			lint_warn(problems, "duplicate-rule", entry, lint_rule_place(entry),
				"the rule holds and watches the same as '%s' (%s:%u)",
				p->entries[i]->rule.id, p->entries[i]->rule.file,
				p->entries[i]->rule.line);
			return;
		}
}

void policy_lint(const struct policy *p, struct problems *problems)
{
	if (p->n == 0)
		problem_add(problems, PROBLEM_WARNING, "no-rules", (struct place){ "policy", 0, 0 },
			NULL, "the policy has no rule in force: nothing is watched");
	for (size_t i = 0; i < p->n; i++) {
		const struct entry *entry = p->entries[i];

		lint_words(entry, problems);
		lint_twins(p, i, problems);
		if (entry->rule.kind->hierarchical) {
			lint_bases(entry, problems);
			lint_patterns(entry, problems);
		}
		lint_windows(entry, problems);
		if (entry->rule.kind == &kind_file)
			lint_file(entry, problems);
	}
}
