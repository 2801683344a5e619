#include "output/report.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/escape.h"
#include "core/mem.h"

#define GROUPS_MAX 4096 /* rules times severities; beyond it the last group takes all */

struct group {
	char *rule; /* of what is explained, the package; NULL: gaps, or notes */
	size_t rule_n;
	bool explained;
	bool away;      /* gaps that are as they should be */
	char *versions; /* explained: "1.22 → 1.23" */
	enum severity severity;
	enum record_type type;
	uint64_t n;
	struct buf text;
};

struct report {
	const struct policy *policy;
	struct text_style style;
	size_t shown;
	struct report_counts counts;
	struct group *groups;
	size_t n, cap, last;
};

struct report *report_new(const struct policy *policy, const struct text_style *style, size_t shown)
{
	struct report *p = mem_new(sizeof *p);

	p->policy = policy;
	p->style = *style;
	p->shown = shown ? shown : SIZE_MAX;
	return p;
}

void report_free(struct report *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++) {
		free(p->groups[i].rule);
		free(p->groups[i].versions);
		buf_done(&p->groups[i].text);
	}
	free(p->groups);
	free(p);
}

void report_freep(struct report **p)
{
	report_free(*p);
	*p = NULL;
}

static bool is_explained(const struct ledger_record *r)
{
	return r->type == RECORD_CHANGE && r->change.verdict == VERDICT_EXPLAINED;
}

static bool is_away(const struct ledger_record *r)
{
	return r->type == RECORD_GAP && span_is(r->gap.reason, "away");
}

static bool is_group(const struct group *g, const struct ledger_record *r)
{
	if (g->type != r->type || r->type != RECORD_CHANGE)
		return g->type == r->type && g->away == is_away(r);
	if (g->explained || is_explained(r))
		return g->explained && is_explained(r) &&
		       span_same(span_from(g->rule, g->rule_n), r->change.proof.package);
	return g->severity == r->change.severity &&
	       span_same(span_from(g->rule, g->rule_n), r->change.rule);
}

static struct group *group_of(struct report *p, const struct ledger_record *r)
{
	AUTO(buf) versions = BUF_INIT(BUF_MAX_DEFAULT);
	struct group *g;

	if (p->n && is_group(&p->groups[p->last], r))
		return &p->groups[p->last];
	for (size_t i = 0; i < p->n; i++) {
		if (!is_group(&p->groups[i], r))
			continue;
		p->last = i;
		return &p->groups[i];
	}
	if (p->n == GROUPS_MAX)
		return &p->groups[p->n - 1];
	if (p->n == p->cap) {
		p->cap = p->cap ? 2 * p->cap : 16;
		p->groups = mem_grow(p->groups, p->cap, sizeof *p->groups);
	}
	p->last = p->n++;
	g = &p->groups[p->last];
	*g = (struct group){ .type = r->type,
		.text = BUF_INIT((size_t)1 << 32),
		.away = is_away(r) };
	if (is_explained(r)) {
		g->explained = true;
		g->rule = mem_copy(r->change.proof.package.p, r->change.proof.package.n);
		g->rule_n = r->change.proof.package.n;
		text_versions(&versions, &r->change.proof);
		g->versions = mem_text(buf_text(&versions));
	} else if (r->type == RECORD_CHANGE) {
		g->rule = mem_copy(r->change.rule.p, r->change.rule.n);
		g->rule_n = r->change.rule.n;
		g->severity = r->change.severity;
	}
	return g;
}

static void count_change(struct report_counts *counts, const struct change *c)
{
	counts->changes++;
	counts->types[c->type]++;
	if (c->verdict == VERDICT_UNEXPLAINED)
		counts->severities[c->severity]++;
	else
		counts->explained++;
}

/* Under its heading the sentence says it all. */
static void add_missing(struct buf *ret, const struct note *n, const struct text_style *style)
{
	text_tone(ret, style, TONE_ALARM, "!");
	buf_add_char(ret, ' ');
	escape_value(ret, n->text);
	buf_add_char(ret, '\n');
}

void report_add(struct report *p, const struct ledger_record *r)
{
	struct group *g;

	if (r->type == RECORD_CHANGE)
		count_change(&p->counts, &r->change);
	else if (r->type == RECORD_GAP)
		p->counts.gaps += !is_away(r);
	else if (r->type != RECORD_NOTE || !span_is(r->note.what, NOTE_MISSING))
		return;
	g = group_of(p, r);
	if (g->n++ >= p->shown || (g->explained && p->shown != SIZE_MAX))
		return;
	if (r->type == RECORD_NOTE)
		add_missing(&g->text, &r->note, &p->style);
	else
		text_record(&g->text, r, &p->style);
}

const struct report_counts *report_counts(const struct report *p)
{
	return &p->counts;
}

void report_types(struct buf *ret, const struct report_counts *c)
{
	const char *between = "";

	for (size_t i = 0; i < CHANGE_TYPE_N; i++) {
		if (!c->types[i])
			continue;
		buf_add_text(ret, between);
		text_count(ret, c->types[i]);
		buf_addf(ret, " %s", change_type_names[i]);
		between = ", ";
	}
}

static void upper(char *text)
{
	for (; *text; text++)
		if (*text >= 'a' && *text <= 'z')
			*text = (char)(*text - 'a' + 'A');
}

static void add_explained(struct buf *ret, const struct report *p, const struct group *g)
{
	AUTO(buf) package = BUF_INIT(BUF_MAX_DEFAULT);

	text_tone(ret, &p->style, TONE_GOOD, "EXPLAINED");
	buf_add_text(ret, "  ");
	escape_text(&package, span_from(g->rule, g->rule_n));
	text_tone(ret, &p->style, TONE_STRONG, buf_text(&package));
	buf_addf(ret, "  %s: ", g->versions);
	text_plural(ret, g->n, "change");
	buf_add_text(ret, ", all as delivered\n");
}

static void add_heading(struct buf *ret, const struct report *p, const struct group *g)
{
	const struct rule *rule;
	char severity[16] = { 0 };
	AUTO(buf) id = BUF_INIT(BUF_MAX_DEFAULT);

	if (g->type == RECORD_NOTE) {
		text_tone(ret, &p->style, TONE_ALARM, "MISSING");
		buf_add_text(ret, "  what the policy expects to be present\n");
		return;
	}
	if (g->away) {
		buf_add_text(ret, "AWAY  not here now; what is known there stays as it was (");
		buf_addf(ret, "%zu)\n", g->n);
		return;
	}
	if (g->type == RECORD_GAP) {
		text_tone(ret, &p->style, TONE_ALARM, "NOT SEEN");
		buf_add_text(ret, "  what is known there stays as it was (");
		text_plural(ret, g->n, "gap");
		buf_add_text(ret, ")\n");
		return;
	}
	if (g->explained) {
		add_explained(ret, p, g);
		return;
	}
	snprintf(severity, sizeof severity, "%s", severity_names[g->severity]);
	upper(severity);
	text_tone(ret, &p->style, text_severity_tone(g->severity), severity);
	buf_add_text(ret, "  ");
	if (g->rule_n)
		escape_text(&id, span_from(g->rule, g->rule_n));
	else
		buf_add_text(&id, "no rule");
	text_tone(ret, &p->style, TONE_STRONG, buf_text(&id));
	rule = p->policy ? policy_rule(p->policy, span_from(g->rule, g->rule_n)) : NULL;
	if (rule && rule->title[0]) {
		buf_add_text(ret, "  ");
		escape_value(ret, span_of(rule->title));
	}
	buf_add_text(ret, " (");
	text_plural(ret, g->n, "change");
	buf_add_text(ret, ")\n");
}

/* Changes first, gaps last; what needs nobody's attention behind all. */
static int weight(const struct group *g)
{
	if (g->explained || g->away)
		return 3;
	return g->type == RECORD_CHANGE ? 0 : g->type == RECORD_NOTE ? 1 : 2;
}

static int by_weight(const void *va, const void *vb)
{
	const struct group *a = *(const struct group *const *)va;
	const struct group *b = *(const struct group *const *)vb;

	if (weight(a) != weight(b))
		return weight(a) - weight(b);
	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	return span_compare(span_from(a->rule, a->rule_n), span_from(b->rule, b->rule_n));
}

void report_print(const struct report *p, struct buf *ret)
{
	const struct group **order = mem_array(p->n, sizeof(struct group *));

	for (size_t i = 0; i < p->n; i++)
		order[i] = &p->groups[i];
	qsort(order, p->n, sizeof(struct group *), by_weight);
	for (size_t i = 0; i < p->n; i++) {
		add_heading(ret, p, order[i]);
		text_indent(ret, buf_span(&order[i]->text), 2);
		if (order[i]->n > p->shown && !order[i]->explained) {
			buf_add_text(ret, "  … and ");
			text_count(ret, order[i]->n - p->shown);
			buf_add_text(ret, " more (--full shows all)\n");
		}
		if (!order[i]->explained || i + 1 == p->n)
			buf_add_char(ret, '\n');
	}
	free(order);
}
