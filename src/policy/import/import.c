/* The policy that an import writes. Every rule is loaded by itself first: one that this program
 * would refuse stands as a comment, with the reason. */
#include "policy/import/import.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/escape.h"
#include "core/mem.h"
#include "policy/model.h"
#include "policy/print.h"

#define TEXT_BYTES_MAX ((size_t)4 << 20) /* of what is imported */
#define RULE_BYTES_MAX ((size_t)1 << 20)
#define NOTES_MAX 10000 /* in one policy; the same cap keeps a hostile file from filling memory */
#define ID_MAX 120      /* so that "-4096" fits behind it */

struct id {
	const char *text;
	unsigned next; /* what makes it another one */
};

struct import {
	struct arena *arena;
	const char *file;
	struct buf rules;   /* what follows "rules:" */
	struct buf pending; /* comments that stand before the next rule */
	struct problems *problems;
	struct id *ids; /* malloced */
	size_t n_ids, cap_ids, n_bases, loaded;
	size_t notes, cut; /* that were made; that did not fit */
};

struct arena *import_arena(struct import *x)
{
	return x->arena;
}

const char *import_file(const struct import *x)
{
	return x->file;
}

/* ---- notes ---- */

static void add_comment(struct buf *b, const char *text)
{
	buf_add_text(b, "  # ");
	if (escape_needed(span_of(text)))
		escape_value(b, span_of(text));
	else
		buf_add_text(b, text);
	buf_add_char(b, '\n');
}

void import_note(struct import *x, unsigned line, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	if (x->notes == NOTES_MAX) {
		x->cut++;
		return;
	}
	x->notes++;
	/* the last place in the list is for how many more there are */
	if (x->notes < PROBLEMS_MAX)
		problem_add(x->problems, PROBLEM_WARNING, "import",
			(struct place){ x->file, line, 0 }, NULL, "%s", text);
	if (line)
		add_comment(&x->pending, arena_format(x->arena, "line %u: %s", line, text));
	else
		add_comment(&x->pending, text);
}

static void sum_up_notes(struct import *x)
{
	if (x->notes >= PROBLEMS_MAX)
		problem_add(x->problems, PROBLEM_WARNING, "import", (struct place){ x->file, 0, 0 },
			NULL, "%zu more notes stand as comments in the policy",
			x->notes - PROBLEMS_MAX + 1);
	if (x->cut)
		add_comment(&x->pending,
			arena_format(x->arena, "%zu more notes did not fit here", x->cut));
}

/* ---- rules ---- */

static struct id *id_taken(struct import *x, const char *id)
{
	for (size_t i = 0; i < x->n_ids; i++)
		if (strcmp(x->ids[i].text, id) == 0)
			return &x->ids[i];
	return NULL;
}

/* "Web Server (IIS)" is "web-server-iis". */
static const char *id_slug(struct import *x, struct span id)
{
	char slug[ID_MAX + 1];
	size_t n = 0;

	for (size_t i = 0; i < id.n && n < ID_MAX; i++) {
		char c = id.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '.' && n))
			slug[n++] = c;
		else if (n && slug[n - 1] != '-')
			slug[n++] = '-';
	}
	while (n && (slug[n - 1] == '-' || slug[n - 1] == '.'))
		n--;
	return n ? arena_text(x->arena, (struct span){ slug, n }) : "imported";
}

static const char *id_unique(struct import *x, struct span id)
{
	const char *slug = id_slug(x, id), *made = slug;
	struct id *same = id_taken(x, slug);

	while (same && id_taken(x, made))
		made = arena_format(x->arena, "%s-%u", slug, same->next++);
	if (x->n_ids == x->cap_ids) {
		x->cap_ids = x->cap_ids ? x->cap_ids * 2 : 64;
		x->ids = mem_grow(x->ids, x->cap_ids, sizeof *x->ids);
	}
	x->ids[x->n_ids++] = (struct id){ made, 2 };
	return made;
}

static void add_test(struct buf *b, const struct import_test *t)
{
	buf_addf(b, "%s: ", t->field);
	if (strcmp(t->value, "true") == 0 || strcmp(t->value, "false") == 0)
		buf_add_text(b, t->value);
	else
		print_text(b, span_of(t->value));
}

static void add_patterns(struct buf *b, const char *key, const struct import_pattern *list,
	size_t n)
{
	if (n)
		buf_addf(b, "    %s:\n", key);
	for (size_t i = 0; i < n; i++) {
		const struct import_pattern *p = &list[i];

		buf_add_text(b, "      - ");
		if (p->n_tests == 0) {
			print_text(b, p->key);
		} else {
			buf_add_text(b, "{ ");
			if (p->key.n) {
				buf_add_text(b, "key: ");
				print_text(b, p->key);
			}
			for (size_t t = 0; t < p->n_tests; t++) {
				buf_add_text(b, t || p->key.n ? ", " : "");
				add_test(b, &p->tests[t]);
			}
			buf_add_text(b, " }");
		}
		buf_add_char(b, '\n');
	}
}

static void add_bases(struct buf *b, const struct import_rule *r)
{
	if (r->n_bases == 0)
		return;
	buf_add_text(b, "    base:");
	for (size_t i = 0; i < r->n_bases; i++) {
		buf_add_text(b, r->n_bases > 1 ? "\n      - " : " ");
		print_text(b, r->bases[i]);
	}
	buf_add_char(b, '\n');
}

static void add_fields(struct buf *b, const struct import_rule *r)
{
	if (!r->fields)
		return;
	buf_add_text(b, "    fields: [");
	for (size_t i = 0; r->fields[i]; i++)
		buf_addf(b, r->fields[i][0] == '-' ? "%s\"%s\"" : "%s%s", i ? ", " : "",
			r->fields[i]);
	buf_add_text(b, "]\n");
}

static void add_rule(struct import *x, struct buf *b, const struct import_rule *r)
{
	buf_addf(b, "  - id: \"%s\"\n", id_unique(x, r->id));
	if (r->title.n) {
		buf_add_text(b, "    title: ");
		print_text(b, r->title);
		buf_add_char(b, '\n');
	}
	buf_addf(b, "    severity: %s\n    kind: %s\n", r->severity ? r->severity : "medium",
		r->kind->name);
	add_bases(b, r);
	add_patterns(b, "include", r->include, r->n_include);
	add_patterns(b, "exclude", r->exclude, r->n_exclude);
	add_fields(b, r);
	for (size_t i = 0; r->extra && r->extra[i]; i++)
		buf_addf(b, "    %s\n", r->extra[i]);
}

/* Does it load? Else *ret_why says why not. */
static bool rule_loads(struct import *x, struct span rule, const char **ret_why)
{
	AUTO(problems) found = { 0 };
	AUTO(buf) yaml = BUF_INIT(RULE_BYTES_MAX);
	AUTO_FREE(policy) p = NULL;
	struct err e;

	buf_add_text(&yaml, "version: 1\nrules:\n");
	buf_add_span(&yaml, rule);
	if (yaml.full) {
		*ret_why = "it has more than 1 MiB";
		return false;
	}
	if (policy_load_text(&p, "rule", buf_span(&yaml), false, &found, &e) == 0)
		return true;
	*ret_why = arena_text(x->arena, span_of(found.n ? found.list[0].text : e.text));
	return false;
}

static void add_commented(struct buf *b, struct span rule)
{
	struct span line;

	while (span_cut(&rule, '\n', &line) && rule.p) {
		buf_add_text(b, "  #");
		buf_add_span(b, span_from_offset(line, line.n > 1 ? 2 : 0));
		buf_add_char(b, '\n');
	}
}

void import_add(struct import *x, const struct import_rule *r)
{
	AUTO(buf) rule = BUF_INIT(RULE_BYTES_MAX);
	const char *why = NULL;
	bool fits = x->loaded < RULES_MAX && x->n_bases + r->n_bases <= TRACKS_MAX;

	if (x->rules.full)
		return; /* said at the end */
	add_rule(x, &rule, r);
	if (!fits)
		why = "a policy has at most 4096 rules and 4096 bases";
	else if (rule.full)
		why = "it has more than 1 MiB";
	else
		(void)!rule_loads(x, buf_span(&rule), &why);
	if (why)
		import_note(x, r->line, "the rule that follows is left out: %s", why);
	buf_add_span(&x->rules, buf_span(&x->pending));
	buf_clear(&x->pending);
	if (why) {
		add_commented(&x->rules, buf_span(&rule));
		return;
	}
	x->loaded++;
	x->n_bases += r->n_bases;
	buf_add_span(&x->rules, buf_span(&rule));
}

/* ---- the whole ---- */

static const struct importer *find(const char *from, struct span text)
{
	for (size_t i = 0; importers[i]; i++)
		if (from ? strcmp(importers[i]->name, from) == 0 : importers[i]->knows(text))
			return importers[i];
	return NULL;
}

static int unknown(const char *from, struct err *e)
{
	AUTO(buf) names = BUF_INIT(1024);

	for (size_t i = 0; importers[i]; i++)
		buf_addf(&names, "%s%s", i ? ", " : "", importers[i]->name);
	if (from)
		return err_set(e, ERR_USAGE,
			"no product '%.64s' to import from, expected one of %s", from,
			buf_text(&names));
	return err_set(e, ERR_USAGE, "the file looks like no product's; say whose it is: --from %s",
		buf_text(&names));
}

/* Every rule loaded by itself; together they still can be too much for one file. */
static int check_whole(struct span yaml, struct err *e)
{
	AUTO(problems) found = { 0 };
	AUTO_FREE(policy) p = NULL;

	if (policy_load_text(&p, "imported", yaml, false, &found, e) == 0)
		return 0;
	return err_set(e, ERR_LIMIT,
		"the policy would be refused (%.300s); import the file in parts",
		found.n ? found.list[0].text : e->text);
}

static int write_out(struct import *x, const struct importer *from, struct buf *ret, struct err *e)
{
	AUTO(buf) b = BUF_INIT(RULE_BYTES_MAX);

	sum_up_notes(x);
	buf_addf(&b, "# Made by 'invar policy import' from a policy of %s: ", from->name);
	escape_value(&b, span_of(x->file));
	buf_add_text(&b, x->loaded ? "\nversion: 1\nrules:\n" : "\nversion: 1\nrules: []\n");
	buf_add_span(&b, buf_span(&x->rules));
	buf_add_span(&b, buf_span(&x->pending));
	if (x->rules.full || x->pending.full || b.full)
		return err_set(e, ERR_LIMIT,
			"the policy would have more than 1 MiB; import the file in parts");
	if (check_whole(buf_span(&b), e) < 0)
		return e->code;
	buf_add_span(ret, buf_span(&b));
	return 0;
}

static void import_done(struct import *x)
{
	buf_done(&x->rules);
	buf_done(&x->pending);
	free(x->ids);
	arena_free(x->arena);
}

int policy_import(const char *from, const char *file, struct span text, struct buf *ret,
	struct problems *problems, struct err *e)
{
	const struct importer *importer = find(from, text);
	__attribute__((cleanup(import_done))) struct import x = { .arena = arena_new(),
		.file = file,
		.rules = BUF_INIT(RULE_BYTES_MAX),
		.pending = BUF_INIT(RULE_BYTES_MAX),
		.problems = problems };

	if (!importer)
		return unknown(from, e);
	if (text.n > TEXT_BYTES_MAX)
		return err_set(e, ERR_LIMIT, "the file has more than 4 MiB");
	if (importer->run(&x, text, e) < 0)
		return e->code;
	return write_out(&x, importer, ret, e);
}
