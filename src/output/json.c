#include "core/json.h"

#include "entity/list.h"
#include "output/map.h"
#include "output/output.h"

#define SCHEMA_VERSION 1

static void add_device(struct json *j, uint64_t device)
{
	AUTO(buf) text = BUF_INIT(64);

	buf_addf(&text, "%u:%u", (unsigned)(device >> 32), (unsigned)device);
	(void)json_text(j, buf_span(&text)); /* digits and a colon are exact */
}

static void add_mode(struct json *j, uint64_t mode)
{
	AUTO(buf) text = BUF_INIT(64);

	buf_addf(&text, "%04llo", (unsigned long long)mode);
	(void)json_text(j, buf_span(&text));
}

static void add_choice(struct json *j, const struct field *f, uint64_t n)
{
	for (uint64_t i = 0; f->names[i]; i++) {
		if (i == n) {
			(void)json_text(j, span_of(f->names[i]));
			return;
		}
	}
	json_number(j, n);
}

static void add_map(struct json *j, const struct field *f, struct span value)
{
	struct map_pairs m = map_pairs_of(value);
	struct span name, v;

	json_object(j);
	while (map_pairs_next(&m, &name, &v)) {
		AUTO(buf) hex = BUF_INIT(BUF_MAX_DEFAULT);

		json_foreign_name(j, name);
		if (f->flags & FIELD_TABLE)
			buf_add_span(&hex, v);
		else
			map_value_hex(&hex, v);
		(void)json_text(j, buf_span(&hex));
	}
	json_object_end(j);
}

/* As json_exact does it with one text: when an item is not exact, all follow in base64. */
static void add_list(struct json *j, const char *name, struct span value)
{
	struct list l = list_of(value);
	bool escaped = false;
	struct span item;

	json_name(j, name);
	json_array(j);
	while (list_next(&l, &item))
		escaped |= json_text(j, item);
	json_array_end(j);
	if (!escaped)
		return;
	json_name_b64(j, name);
	json_array(j);
	l = list_of(value);
	while (list_next(&l, &item))
		json_base64(j, item);
	json_array_end(j);
}

static void add_value(struct json *j, const struct field *f, union value v)
{
	switch (f->type) {
	case FIELD_TEXT:
		json_exact(j, f->name, v.bytes);
		return;
	case FIELD_NUMBER:
		json_number_member(j, f->name, v.number);
		return;
	case FIELD_TIME:
		json_time_member(j, f->name, v.time);
		return;
	case FIELD_DIGEST:
		json_hex_member(j, f->name, v.bytes);
		return;
	case FIELD_MODE:
		json_name(j, f->name);
		add_mode(j, v.number);
		return;
	case FIELD_DEVICE:
		json_name(j, f->name);
		add_device(j, v.number);
		return;
	case FIELD_CHOICE:
		json_name(j, f->name);
		add_choice(j, f, v.number);
		return;
	case FIELD_MAP:
		json_name(j, f->name);
		add_map(j, f, v.bytes);
		return;
	case FIELD_FLAG:
		json_name(j, f->name);
		json_bool(j, v.number != 0);
		return;
	case FIELD_LIST:
		add_list(j, f->name, v.bytes);
		return;
	}
}

void json_record_fields(struct json *j, const struct record *r)
{
	json_object(j);
	for (unsigned i = 0; i < r->kind->n_fields; i++)
		if (record_has(r, i))
			add_value(j, &r->kind->fields[i], r->v[i]);
	json_object_end(j);
}

void json_fields(struct buf *ret, const struct record *r)
{
	struct json j = JSON_INIT(ret);

	json_record_fields(&j, r);
}

static void add_span_member(struct json *j, const char *name, struct span s)
{
	json_name(j, name);
	(void)json_text(j, s); /* our own words or a quotation: shown, not compared */
}

static void add_proof_member(struct json *j, const char *name, struct span s)
{
	if (s.n)
		add_span_member(j, name, s);
}

static void add_verdict(struct json *j, const struct change *c)
{
	const struct proof *p = &c->proof;

	json_name(j, "verdict");
	json_object(j);
	json_text_member(j, "state", verdict_names[c->verdict]);
	if (p->by.n) {
		add_span_member(j, "by", p->by);
		json_name(j, "proof");
		json_object(j);
		add_proof_member(j, "package", p->package);
		add_proof_member(j, "from", p->from);
		add_proof_member(j, "to", p->to);
		add_proof_member(j, "digest", p->digest);
		add_proof_member(j, "strength", p->strength);
		json_object_end(j);
	}
	json_object_end(j);
}

static void add_change(struct json *j, const struct change *c)
{
	json_text_member(j, "observed", observed_names[c->observed]);
	if (c->happened)
		json_time_member(j, "happened", c->happened);
	json_text_member(j, "change", change_type_names[c->type]);
	json_text_member(j, "kind", c->kind->name);
	json_exact(j, "key", c->key);
	if (c->type == CHANGE_RENAMED)
		json_exact(j, "old_key", c->old_key);
	if (c->subtree)
		json_number_member(j, "subtree", c->subtree);
	add_span_member(j, "rule", c->rule);
	json_text_member(j, "severity", severity_names[c->severity]);
	json_name(j, "tags");
	json_array(j);
	for (size_t i = 0; i < c->n_tags; i++)
		(void)json_text(j, c->tags[i]);
	json_array_end(j);
	json_name(j, "fields");
	json_array(j);
	for (unsigned i = 0; i < c->kind->n_fields; i++)
		if (c->fields & field_bit(i))
			(void)json_text(j, span_of(c->kind->fields[i].name));
	json_array_end(j);
	if (c->was) {
		json_name(j, "was");
		json_record_fields(j, c->was);
	}
	if (c->is) {
		json_name(j, "is");
		json_record_fields(j, c->is);
	}
	if (c->who) {
		json_name(j, "who");
		json_who(j, c->who);
	} else if (c->who_unknown.n)
		add_span_member(j, "who_unknown", c->who_unknown);
	add_verdict(j, c);
	if (c->card.n)
		add_span_member(j, "card", c->card);
}

static void add_gap(struct json *j, const struct gap_note *g)
{
	json_text_member(j, "kind", g->kind->name);
	json_exact(j, "key", g->key);
	json_bool_member(j, "subtree", g->subtree);
	add_span_member(j, "reason", g->reason);
	add_span_member(j, "text", g->text);
}

/* Zeroes: there is none. */
static void add_root_member(struct json *j, const char *name, const uint8_t root[32])
{
	static const uint8_t none[32];

	if (memcmp(root, none, sizeof none) != 0)
		json_hex_member(j, name, span_from(root, sizeof none));
}

static void add_decision(struct json *j, const struct decision *d)
{
	add_span_member(j, "what", d->what);
	add_span_member(j, "reason", d->reason);
	add_span_member(j, "by", d->by);
	add_span_member(j, "selection", d->selection);
	json_number_member(j, "items", d->items);
	add_root_member(j, "from_root", d->from_root);
	add_root_member(j, "to_root", d->to_root);
}

static void add_coverage(struct json *j, const struct coverage *c)
{
	add_span_member(j, "means", c->means);
	add_span_member(j, "scope", c->scope);
	json_time_member(j, "from", c->from);
	json_time_member(j, "to", c->to);
	json_number_member(j, "entities", c->entities);
	json_number_member(j, "bytes", c->bytes);
	json_number_member(j, "gaps", c->gaps);
	json_number_member(j, "changes", c->changes);
	json_hex_member(j, "policy", span_from(c->policy, sizeof c->policy));
	json_hex_member(j, "root", span_from(c->root, sizeof c->root));
}

static void add_note(struct json *j, const struct note *n)
{
	add_span_member(j, "what", n->what);
	add_span_member(j, "text", n->text);
}

static void add_loss(struct json *j, const struct loss_note *l)
{
	add_span_member(j, "means", l->means);
	if (l->kind)
		json_text_member(j, "kind", l->kind->name);
	if (l->scope.n)
		json_exact(j, "scope", l->scope);
	json_time_member(j, "from", l->from);
	json_time_member(j, "to", l->to);
	if (l->count)
		json_number_member(j, "count", l->count);
	add_span_member(j, "text", l->text);
}

static void add_repair(struct json *j, const struct repair_note *p)
{
	json_number_member(j, "loss", p->loss);
	json_time_member(j, "from", p->from);
	json_time_member(j, "to", p->to);
	json_number_member(j, "entities", p->entities);
	json_number_member(j, "changes", p->changes);
	add_span_member(j, "text", p->text);
}

static void add_body(struct json *j, const struct ledger_record *r)
{
	switch (r->type) {
	case RECORD_CHANGE:
		add_change(j, &r->change);
		return;
	case RECORD_GAP:
		add_gap(j, &r->gap);
		return;
	case RECORD_DECISION:
		add_decision(j, &r->decision);
		return;
	case RECORD_COVERAGE:
		add_coverage(j, &r->coverage);
		return;
	case RECORD_LOSS:
		add_loss(j, &r->loss);
		return;
	case RECORD_REPAIR:
		add_repair(j, &r->repair);
		return;
	case RECORD_NOTE:
		add_note(j, &r->note);
		return;
	case RECORD_TYPE_N:
		return;
	}
}

void json_envelope(struct json *j, struct span host, const char *record)
{
	json_object(j);
	json_number_member(j, "v", SCHEMA_VERSION);
	add_span_member(j, "host", host);
	json_text_member(j, "record", record);
}

static void add_record(struct buf *ret, const struct ledger_record *r, struct span host,
	bool standing)
{
	struct json j = JSON_INIT(ret);

	json_envelope(&j, host, record_type_names[r->type]);
	if (r->chained)
		json_number_member(&j, "seq", r->seq);
	json_time_member(&j, "time", r->time);
	if (standing)
		json_bool_member(&j, "standing", true);
	add_body(&j, r);
	if (r->chained)
		json_hex_member(&j, "prev", span_from(r->prev, sizeof r->prev));
	json_object_end(&j);
}

void json_record(struct buf *ret, const struct ledger_record *r, struct span host)
{
	add_record(ret, r, host, false);
}

void json_standing(struct buf *ret, const struct ledger_record *r, struct span host)
{
	add_record(ret, r, host, true);
}
