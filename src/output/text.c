/* Ledger records for people. */
#include "core/escape.h"
#include "core/time.h"
#include "entity/key_typed.h"
#include "entity/list.h"
#include "output/output.h"

#define LOG_INDENT 4 /* of details, beyond their own */

static const struct {
	const char *sign;
	enum tone tone;
} looks[CHANGE_TYPE_N] = {
	[CHANGE_CREATED] = { "+", TONE_NEW },
	[CHANGE_UPDATED] = { "~", TONE_EDIT },
	[CHANGE_DELETED] = { "-", TONE_GONE },
	[CHANGE_RENAMED] = { ">", TONE_MOVED },
};

void text_versions(struct buf *ret, const struct proof *p)
{
	if (!p->from.n)
		buf_add_text(ret, "installed ");
	if (!p->to.n)
		buf_add_text(ret, "removed ");
	escape_text(ret, p->from.n ? p->from : p->to);
	if (p->from.n && p->to.n && !span_same(p->from, p->to)) {
		buf_add_text(ret, " → ");
		escape_text(ret, p->to);
	}
}

static void add_faint(struct buf *ret, const struct text_style *style, struct buf *text)
{
	text_tone(ret, style, TONE_FAINT, buf_text(text));
}

static void add_change_line(struct buf *ret, const struct change *c, const struct text_style *style)
{
	const struct record *one = c->is ? c->is : c->was;
	AUTO(buf) what = BUF_INIT(BUF_MAX_DEFAULT);

	text_tone(ret, style, looks[c->type].tone, looks[c->type].sign);
	buf_add_char(ret, ' ');
	if (c->type == CHANGE_RENAMED) {
		text_key(ret, c->kind, c->old_key);
		buf_add_text(ret, " → ");
		key_show(c->kind, c->key, ret);
	} else {
		text_key(ret, c->kind, c->key);
	}
	if (c->subtree) {
		buf_add_text(&what, " (and ");
		text_plural(&what, c->subtree, "entry");
		buf_add_text(&what, " below)");
	} else if (one && (c->type == CHANGE_CREATED || c->type == CHANGE_DELETED)) {
		buf_add_text(&what, c->type == CHANGE_DELETED ? "  was " : "  ");
		text_entity(&what, one, style);
	}
	add_faint(ret, style, &what);
}

/* "    explained by package dpkg:nginx:amd64 1.22 → 1.23 (md5:…, database)" */
static void add_proof(struct buf *ret, const struct proof *p, const struct text_style *style)
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);

	buf_add_text(ret, "    ");
	buf_add_text(&text, "explained by ");
	escape_text(&text, p->by);
	buf_add_char(&text, ' ');
	escape_text(&text, p->package);
	buf_add_char(&text, ' ');
	text_versions(&text, p);
	buf_add_text(&text, " (");
	if (p->digest.n && style->full) {
		escape_text(&text, p->digest);
		buf_add_text(&text, ", ");
	}
	escape_text(&text, p->strength);
	buf_add_char(&text, ')');
	add_faint(ret, style, &text);
	buf_add_char(ret, '\n');
}

/* "    | 2026-11-23 01:02:03 sshd[12]: …" */
static void add_evidence(struct buf *ret, const struct record *r, const struct text_style *style)
{
	uint64_t fields = r->has & kind_fields_with(r->kind, FIELD_EVIDENCE);

	for (unsigned i = 0; i < r->kind->n_fields; i++) {
		struct list l;
		struct span item;

		if (!(fields & field_bit(i)))
			continue;
		for (l = list_of(r->v[i].bytes); list_next(&l, &item);) {
			AUTO(buf) line = BUF_INIT(BUF_MAX_DEFAULT);

			buf_add_text(&line, "    | ");
			text_foreign(&line, item, style);
			add_faint(ret, style, &line);
			buf_add_char(ret, '\n');
		}
	}
}

/* Why it is not known is worth a line only where somebody listened. */
static void add_who(struct buf *ret, const struct change *c, const struct text_style *style)
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);

	if (!c->who && (style->who_never || !c->happened || !c->who_unknown.n))
		return;
	buf_add_text(ret, "    ");
	if (c->who) {
		text_who(&text, c->who, style);
	} else {
		buf_add_text(&text, "by whom is not known: ");
		escape_value(&text, c->who_unknown);
	}
	add_faint(ret, style, &text);
	buf_add_char(ret, '\n');
}

static void add_change_details(struct buf *ret, const struct change *c,
	const struct text_style *style)
{
	add_who(ret, c, style);
	if (c->verdict == VERDICT_EXPLAINED)
		add_proof(ret, &c->proof, style);
	if (c->type == CHANGE_UPDATED || c->type == CHANGE_RENAMED)
		text_difference(ret, c->was, c->is, c->fields, style);
	if (c->is)
		add_evidence(ret, c->is, style);
}

static void add_gap(struct buf *ret, const struct gap_note *g, const struct text_style *style)
{
	bool away = span_is(g->reason, "away");

	if (away)
		buf_add_char(ret, '.'); /* nothing went */
	else
		text_tone(ret, style, TONE_ALARM, "!");
	buf_add_char(ret, ' ');
	if (g->subtree)
		text_range(ret, g->kind, g->key);
	else if (g->key.n == 0) /* fields that could not be looked at, of any entity */
		buf_addf(ret, "some fields of kind %s", g->kind->name);
	else
		text_key(ret, g->kind, g->key);
	buf_add_text(ret, ": ");
	escape_text(ret, g->reason);
	if (g->text.n) {
		buf_add_text(ret, ", ");
		escape_value(ret, g->text);
	}
}

static void add_decision(struct buf *ret, const struct decision *d, const struct text_style *style)
{
	buf_add_text(ret, "= ");
	text_tone(ret, style, TONE_STRONG, "decision");
	buf_add_char(ret, ' ');
	escape_text(ret, d->what);
	if (d->selection.n) {
		buf_add_char(ret, ' ');
		key_show(NULL, d->selection, ret);
	}
	buf_add_text(ret, ", ");
	text_plural(ret, d->items, "entity");
	if (d->by.n) {
		buf_add_text(ret, ", by ");
		escape_value(ret, d->by);
	}
	if (d->reason.n) {
		buf_add_text(ret, ": ");
		escape_value(ret, d->reason);
	}
}

static void add_coverage(struct buf *ret, const struct coverage *c, const struct text_style *style)
{
	AUTO(buf) rest = BUF_INIT(4096);

	buf_add_text(ret, ". ");
	escape_text(ret, c->means);
	buf_add_text(ret, " of ");
	key_show(NULL, c->scope, ret);
	buf_add_text(&rest, ": ");
	text_plural(&rest, c->entities, "entity");
	buf_add_text(&rest, ", ");
	text_plural(&rest, c->changes, "change");
	buf_add_text(&rest, ", ");
	text_plural(&rest, c->gaps, "gap");
	buf_add_text(&rest, ", ");
	text_bytes(&rest, c->bytes);
	buf_add_text(&rest, " read in ");
	text_duration(&rest, c->to - c->from);
	add_faint(ret, style, &rest);
}

static void add_note(struct buf *ret, enum record_type type, const struct note *n,
	const struct text_style *style)
{
	buf_add_text(ret, "* ");
	text_tone(ret, style, TONE_STRONG, record_type_names[type]);
	buf_add_char(ret, ' ');
	escape_text(ret, n->what);
	if (n->text.n) {
		buf_add_text(ret, ": ");
		escape_value(ret, n->text);
	}
}

static void add_sentence(struct buf *ret, struct span text)
{
	if (!text.n)
		return;
	buf_add_text(ret, ": ");
	escape_value(ret, text);
}

static void add_loss(struct buf *ret, const struct loss_note *l, const struct text_style *style)
{
	AUTO(buf) rest = BUF_INIT(4096);

	buf_add_text(ret, "* ");
	text_tone(ret, style, TONE_ALARM, "loss");
	buf_add_char(ret, ' ');
	escape_text(ret, l->means);
	if (l->kind)
		buf_addf(ret, ", kind %s", l->kind->name);
	if (l->scope.n) {
		buf_add_char(ret, ' ');
		key_show(l->kind, l->scope, ret);
	}
	if (l->count) {
		buf_add_text(ret, ", ");
		text_plural(ret, l->count, "event");
	}
	add_sentence(ret, l->text);
	buf_add_text(&rest, " (for ");
	text_duration(&rest, l->to - l->from);
	buf_add_char(&rest, ')');
	add_faint(ret, style, &rest);
}

static void add_repair(struct buf *ret, const struct repair_note *p, const struct text_style *style)
{
	AUTO(buf) rest = BUF_INIT(4096);

	buf_add_text(ret, "* ");
	text_tone(ret, style, TONE_STRONG, "repair");
	buf_addf(ret, " of loss %llu, ", (unsigned long long)p->loss);
	text_plural(ret, p->entities, "entity");
	buf_add_text(ret, " looked at again, ");
	text_plural(ret, p->changes, "change");
	add_sentence(ret, p->text);
	buf_add_text(&rest, " (in ");
	text_duration(&rest, p->to - p->from);
	buf_add_char(&rest, ')');
	add_faint(ret, style, &rest);
}

static void add_line(struct buf *ret, const struct ledger_record *r, const struct text_style *style)
{
	switch (r->type) {
	case RECORD_CHANGE:
		add_change_line(ret, &r->change, style);
		return;
	case RECORD_GAP:
		add_gap(ret, &r->gap, style);
		return;
	case RECORD_DECISION:
		add_decision(ret, &r->decision, style);
		return;
	case RECORD_COVERAGE:
		add_coverage(ret, &r->coverage, style);
		return;
	case RECORD_LOSS:
		add_loss(ret, &r->loss, style);
		return;
	case RECORD_REPAIR:
		add_repair(ret, &r->repair, style);
		return;
	case RECORD_NOTE:
		add_note(ret, r->type, &r->note, style);
		return;
	case RECORD_TYPE_N:
		return;
	}
}

void text_record(struct buf *ret, const struct ledger_record *r, const struct text_style *style)
{
	add_line(ret, r, style);
	buf_add_char(ret, '\n');
	if (r->type == RECORD_CHANGE)
		add_change_details(ret, &r->change, style);
}

static void add_rule(struct buf *ret, const struct change *c, const struct text_style *style)
{
	buf_add_text(ret, "  [");
	text_tone(ret, style, text_severity_tone(c->severity), severity_names[c->severity]);
	buf_add_char(ret, ' ');
	escape_text(ret, c->rule);
	buf_add_char(ret, ']');
}

void text_log(struct buf *ret, const struct ledger_record *r, const struct text_style *style)
{
	AUTO(buf) front = BUF_INIT(256);
	AUTO(buf) details = BUF_INIT(BUF_MAX_DEFAULT);
	char time[TIME_TEXT];

	time_format_short(r->time, time);
	buf_addf(&front, "%6llu  %sZ  ", (unsigned long long)r->seq, time);
	add_faint(ret, style, &front);
	add_line(ret, r, style);
	if (r->type == RECORD_CHANGE) {
		add_rule(ret, &r->change, style);
		add_change_details(&details, &r->change, style);
	}
	buf_add_char(ret, '\n');
	text_indent(ret, buf_span(&details), LOG_INDENT);
}
