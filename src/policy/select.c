/* From patterns and tests to selections: what does not walk folders. */
#include "core/attr.h"
#include "core/hex.h"
#include "entity/file.h"
#include "entity/list.h"
#include "policy/scope.h"

#define VALUE_ROOM 512 /* any value but a text: the longest is a digest in hex */

/* Tests of modes are asked of every file of a host: four digits without printf. */
static void add_mode(struct buf *ret, uint64_t mode)
{
	if (mode > 07777) {
		buf_addf(ret, "%llo", (unsigned long long)mode);
		return;
	}
	for (int shift = 9; shift >= 0; shift -= 3)
		buf_add_char(ret, (char)('0' + (mode >> shift & 7)));
}

/* The value as people write it in a test; texts as they are, the others in ret. */
static struct span value_text(const struct record *r, unsigned field, struct buf *ret)
{
	const struct field *f = &r->kind->fields[field];
	const union value *v = &r->v[field];

	switch (f->type) {
	case FIELD_TEXT:
		return v->bytes;
	case FIELD_NUMBER:
		buf_addf(ret, "%llu", (unsigned long long)v->number);
		break;
	case FIELD_MODE:
		add_mode(ret, v->number);
		break;
	case FIELD_DIGEST:
		hex_add(ret, v->bytes);
		break;
	case FIELD_DEVICE:
		buf_addf(ret, "%u:%u", (unsigned)(v->number >> 32), (unsigned)v->number);
		break;
	case FIELD_CHOICE:
		for (uint64_t i = 0; f->names[i]; i++)
			if (i == v->number)
				buf_add_text(ret, f->names[i]);
		break;
	case FIELD_FLAG:
		buf_add_text(ret, v->number ? "true" : "false");
		break;
	case FIELD_LIST: /* item by item: list_passes */
	case FIELD_TIME:
	case FIELD_MAP:
		break; /* no test may name them */
	}
	return buf_span(ret);
}

/* A list passes when any of its items does. */
static bool list_passes(const struct test *t, struct span value)
{
	struct list l = list_of(value);
	struct span item;

	while (list_next(&l, &item))
		if (whole_matches(&t->whole, item))
			return true;
	return false;
}

/* A flag that is not set is none: `locked: true` must not hold of an account that is not locked. */
static bool has_one(const struct test *t, const struct record *r)
{
	return record_has(r, t->field) &&
	       (r->kind->fields[t->field].type != FIELD_FLAG || r->v[t->field].number != 0);
}

bool test_passes(const struct test *t, const struct record *r)
{
	UNSET char room[VALUE_ROOM];
	struct buf text = { .p = room, .cap = sizeof room, .max = sizeof room };

	if (t->how != TEST_GLOB)
		return has_one(t, r) == (t->how == TEST_PRESENT);
	if (!record_has(r, t->field))
		return false;
	if (r->kind->fields[t->field].type == FIELD_LIST)
		return list_passes(t, r->v[t->field].bytes);
	return whole_matches(&t->whole, value_text(r, t->field, &text));
}

bool pattern_passes(const struct pattern *p, const struct record *r)
{
	for (size_t i = 0; i < p->n_tests; i++)
		if (!test_passes(&p->tests[i], r))
			return false;
	return true;
}

/* A type that could not be observed fails no rule: better one entity too many. */
bool entry_type_fits(const struct entry *entry, const struct record *r)
{
	return !entry->rule.types || !record_has(r, FILE_TYPE) ||
	       r->v[FILE_TYPE].number >= FILE_TYPE_N ||
	       (entry->rule.types >> r->v[FILE_TYPE].number & 1);
}

bool route_passes(const struct policy *p, const struct pattern_route *r, struct key_path key)
{
	return glob_joined(&p->sections[r->first], key.sections, key.separator);
}

static bool track_holds(const struct policy *p, const struct track *t, struct key_path key,
	const struct record *r)
{
	bool in = false;

	for (uint32_t i = 0; i < t->n_routes; i++) {
		const struct pattern_route *route = &p->routes[t->first_route + i];

		if (in && !route->exclude)
			continue;
		if (!route_passes(p, route, key) ||
			(route->pattern && !pattern_passes(route->pattern, r)))
			continue;
		if (route->exclude)
			return false;
		in = true;
	}
	return in;
}

static bool any_passes(const struct patterns *patterns, const struct record *r)
{
	for (size_t i = 0; i < patterns->n; i++)
		if (whole_matches(&patterns->list[i].whole, r->key) &&
			pattern_passes(&patterns->list[i], r))
			return true;
	return false;
}

/* Most of what a rule with nothing but tests looks at fails all of them, whatever its path. */
static bool none_can(const struct entry *entry, const struct record *r)
{
	for (size_t i = 0; i < entry->include.n; i++)
		if (pattern_passes(&entry->include.list[i], r))
			return false;
	return entry->include.n > 0;
}

bool entry_asked(const struct entry *entry, struct span key)
{
	struct span rest = key, rule;

	if (entry->rule.kind->keys != KEYS_OF_RULE)
		return true;
	return span_cut(&rest, ':', &rule) && rest.p && span_is(rule, entry->rule.id);
}

bool entry_holds(const struct policy *p, const struct entry *entry, const struct record *r)
{
	AUTO(buf) room = BUF_INIT(BUF_MAX_DEFAULT);
	struct key_path key;

	if (!entry_type_fits(entry, r))
		return false;
	if (!entry->rule.kind->hierarchical)
		return entry_asked(entry, r->key) &&
		       (entry->include.n == 0 || any_passes(&entry->include, r)) &&
		       !any_passes(&entry->exclude, r);
	if (none_can(entry, r))
		return false;
	key = key_path(entry->rule.kind, r->key, &room);
	for (uint32_t i = 0; i < entry->n_tracks; i++)
		if (track_holds(p, &p->tracks[entry->first_track + i], key, r))
			return true;
	return false;
}

void selection_add(struct selection *s, const struct entry *entry, bool definite)
{
	bool again = s->n && s->rule[s->n - 1] == &entry->rule;

	if (!again && s->n == SELECTION_RULES_MAX)
		return;
	if (!again)
		s->rule[s->n++] = &entry->rule;
	s->fields |= entry->rule.fields;
	s->follow_links = s->follow_links || entry->rule.follow_links;
	if (definite && !entry->rule.types) {
		s->tentative &= ~(UINT64_C(1) << (s->n - 1));
	} else if (!again || entry->rule.types) {
		s->tentative |= UINT64_C(1) << (s->n - 1);
		s->fields |= entry->test_fields;
		s->tested |= entry->test_fields;
	}
}

static bool still_holds(const struct entry *entry, const struct record *r)
{
	if (!entry->has_tests) /* only its types were open */
		return entry_type_fits(entry, r);
	return entry_holds(entry->policy, entry, r);
}

static bool settle(struct selection *s, const struct record *r)
{
	struct selection kept = { .tested = s->tested };

	if (!s->tentative)
		return s->n > 0;
	for (unsigned i = 0; i < s->n; i++) {
		const struct rule *rule = s->rule[i];

		if ((s->tentative >> i & 1) && !still_holds(entry_of(rule), r))
			continue;
		kept.rule[kept.n++] = rule;
		kept.fields |= rule->fields;
		kept.follow_links = kept.follow_links || rule->follow_links;
	}
	*s = kept;
	return s->n > 0;
}

/* What one set of matches says, gathered as in scope_name. */
static void add_by_gain(struct selection *ret, const struct entry *entry, uint8_t gain)
{
	if ((gain & (GAIN_IN | GAIN_IN_TESTED)) && !(gain & GAIN_OUT))
		selection_add(ret, entry, (gain & GAIN_IN) && !(gain & GAIN_OUT_TESTED));
}

static bool root(const void *policy, const struct kind *k, struct selection *ret)
{
	const struct policy *p = policy;

	*ret = (struct selection){ 0 };
	for (size_t i = 0; i < p->n_tracks; i++) {
		const struct track *t = &p->tracks[i];
		uint8_t gain = 0;

		if (t->entry->rule.kind != k || t->base_n > 0)
			continue;
		for (uint32_t j = 0; j < t->n_routes; j++) {
			const struct pattern_route *r = &p->routes[t->first_route + j];

			if (route_passes(p, r, (struct key_path){ SPAN_NONE, '/' }))
				gain |= route_gain(r);
		}
		add_by_gain(ret, t->entry, gain);
	}
	return ret->n > 0;
}

static uint8_t flat_gain(const struct patterns *patterns, struct span key, uint8_t sure,
	uint8_t tested)
{
	uint8_t gain = 0;

	for (size_t i = 0; i < patterns->n; i++)
		if (whole_matches(&patterns->list[i].whole, key))
			gain |= patterns->list[i].n_tests ? tested : sure;
	return gain;
}

static bool flat(const void *policy, const struct kind *k, struct span key, struct selection *ret)
{
	const struct policy *p = policy;

	*ret = (struct selection){ 0 };
	for (size_t i = 0; i < p->n; i++) {
		const struct entry *entry = p->entries[i];
		uint8_t gain = GAIN_IN;

		if (entry->rule.kind != k || !entry_asked(entry, key))
			continue;
		if (entry->include.n)
			gain = flat_gain(&entry->include, key, GAIN_IN, GAIN_IN_TESTED);
		gain |= flat_gain(&entry->exclude, key, GAIN_OUT, GAIN_OUT_TESTED);
		add_by_gain(ret, entry, gain);
	}
	return ret->n > 0;
}

static uint64_t fields(const void *policy, const struct kind *k)
{
	const struct policy *p = policy;
	uint64_t all = 0;

	for (size_t i = 0; i < p->n; i++)
		if (p->entries[i]->rule.kind == k)
			all |= p->entries[i]->rule.fields | p->entries[i]->test_fields |
			       FIELDS_EXISTENCE;
	return all;
}

static bool asks(const void *policy, const struct kind *k, size_t i, struct rule_asks *ret)
{
	const struct policy *p = policy;

	for (size_t at = 0; at < p->n; at++) {
		if (p->entries[at]->rule.kind != k || i-- > 0)
			continue;
		*ret = p->entries[at]->asks;
		return true;
	}
	return false;
}

struct selector policy_selector(const struct policy *p)
{
	return (struct selector){
		.top = scope_top,
		.enter = scope_enter,
		.leave = scope_leave,
		.name = scope_name,
		.uniform = scope_uniform,
		.root = root,
		.settle = settle,
		.flat = flat,
		.fields = fields,
		.asks = asks,
		.policy = p,
	};
}

static bool select_path(const struct policy *p, const struct kind *k, struct key_path path,
	struct selection *ret)
{
	struct scope *d = scope_top(p, k);
	struct span rest = path.sections, name;
	bool held = false;

	while (d && span_cut(&rest, path.separator, &name)) {
		struct scope *below;

		if (!rest.p) {
			held = scope_name(d, name, ret);
			break;
		}
		below = scope_enter(d, name, false);
		scope_leave(d);
		d = below;
	}
	scope_leave(d);
	return held;
}

bool policy_select(const struct policy *p, const struct kind *k, struct span key,
	const struct record *r, struct selection *ret)
{
	AUTO(buf) room = BUF_INIT(BUF_MAX_DEFAULT);
	struct selection s = { 0 };
	bool held;

	if (!k->hierarchical)
		held = flat(p, k, key, &s);
	else if (span_is(key, "/"))
		held = root(p, k, &s);
	else if (!key_is_windows(k, key) && (key.n == 0 || key.p[0] != '/'))
		held = false;
	else
		held = select_path(p, k, key_path(k, key, &room), &s);
	if (held && r)
		held = settle(&s, r);
	if (held)
		*ret = s;
	return held;
}

const struct rule *selection_rule(const struct selection *s, uint64_t fields)
{
	const struct rule *best = NULL;

	for (unsigned i = 0; i < s->n; i++)
		if ((!fields || (s->rule[i]->fields & fields)) &&
			(!best || s->rule[i]->severity > best->severity))
			best = s->rule[i];
	return best;
}
