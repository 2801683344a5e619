/* Keys of rules that only kinds of Windows have. */
#include "policy/bind.h"

#define TIMEOUT_S 60
#define SCHEDULE_S (15 * 60)
#define ROWS_MAX 10000
#define BYTES_MAX ((uint64_t)16 << 20)
#define NAMES_MAX 256
#define DAY_S 86400u

static const char *const view_names[] = { "64", "32", "both", NULL };

/* ---- which kinds have which keys ---- */

#define OF(keys) (1u << (keys))
#define REGISTRY (OF(KEYS_REGISTRY) | OF(KEYS_VALUE))
#define PATHS (OF(KEYS_PLAIN) | REGISTRY)

/* Keys that are not here are of every kind. */
static const unsigned kinds_with[RULE_KEY_N] = {
	[KEY_VIEW] = REGISTRY,
	[KEY_DEPTH] = REGISTRY,
	[KEY_OFFLINE] = REGISTRY,
	[KEY_INCLUDE] = PATHS,
	[KEY_EXCLUDE] = PATHS,
	[KEY_VALUES] = OF(KEYS_VALUE),
	[KEY_NAMESPACE] = OF(KEYS_OF_RULE),
	[KEY_QUERY] = OF(KEYS_OF_RULE),
	[KEY_KEY] = OF(KEYS_OF_RULE),
	[KEY_ONLY] = OF(KEYS_OF_RULE),
	[KEY_IGNORE] = OF(KEYS_OF_RULE),
	[KEY_UNORDERED] = OF(KEYS_OF_RULE),
	[KEY_SCHEDULE] = OF(KEYS_OF_RULE),
	[KEY_TIMEOUT] = OF(KEYS_OF_RULE),
	[KEY_MAX_ROWS] = OF(KEYS_OF_RULE),
	[KEY_MAX_BYTES] = OF(KEYS_OF_RULE),
	[KEY_EVENTS] = OF(KEYS_OF_RULE),
};

static const char *expected_instead(enum rule_key key)
{
	if (key == KEY_INCLUDE || key == KEY_EXCLUDE)
		return "the rows are chosen by WHERE in 'query'";
	if (key == KEY_VALUES)
		return "it is for kind registry-value";
	return kinds_with[key] == REGISTRY ? "it is for kinds registry-key and registry-value"
					   : "it is for kind wmi";
}

int bind_check_kind(struct binder *b, const struct draft *d, const struct kind *k, struct err *e)
{
	int rc = 0;

	for (unsigned i = 0; i < RULE_KEY_N; i++)
		if (d->value[i] && kinds_with[i] && !(kinds_with[i] & OF(k->keys)))
			rc = bind_refuse(b, "key-not-of-kind", d->value[i]->at, e,
				"found '%s' in a rule of kind %s, but %s", rule_keys[i], k->name,
				expected_instead((enum rule_key)i));
	return rc;
}

/* ---- the registry ---- */

int bind_view(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	unsigned at;

	(void)out;
	if (bind_one_choice(b, n, view_names, "unknown-view", &at, e) < 0)
		return e->code;
	b->view = (enum view)at;
	return 0;
}

static int bind_number(struct binder *b, const struct node *n, uint64_t most, const char *expected,
	uint64_t *ret, struct err *e)
{
	uint64_t value = 0;
	bool good = n->type == NODE_SCALAR && n->text.n > 0 && n->text.n < 10;

	for (size_t i = 0; good && i < n->text.n; i++) {
		good = n->text.p[i] >= '0' && n->text.p[i] <= '9';
		value = value * 10 + (uint64_t)(n->text.p[i] - '0');
	}
	if (!good || value > most)
		return bind_wrong_type(b, n, expected, e);
	*ret = value;
	return 0;
}

int bind_depth(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	uint64_t depth;

	if (bind_number(b, n, DEPTH_MAX, "how many levels below the base, 0 to 128", &depth, e) < 0)
		return e->code;
	out->depth = (unsigned)depth + 1;
	return 0;
}

int bind_offline(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	return bind_bool(b, n, &out->asks.offline, e);
}

/* "(default)" is the value without a name. */
static int bind_names(struct binder *b, struct entry *out, const struct node *n,
	struct patterns *ret, struct err *e)
{
	int rc = 0;

	if (n->type != NODE_LIST || n->n > PATTERNS_MAX)
		return bind_wrong_type(b, n, "a list of names of values, at most 4096", e);
	ret->list = arena_get(b->arena, (n->n + 1) * sizeof *ret->list);
	for (unsigned i = 0; i < n->n; i++) {
		const struct node *item = n->items[i];
		struct pattern p = { .file = item->at.file,
			.line = item->at.line,
			.column = item->at.column };

		if (item->type != NODE_SCALAR || item->text.n == 0) {
			rc = bind_wrong_type(b, item,
				"the name of a value or a pattern, '(default)' for the one without "
				"a name",
				e);
			continue;
		}
		if (variables_expand(b->variables, item, b->arena, &p.key, &out->user_variable,
			    true, b->problems, e) < 0) {
			rc = e->code;
			continue;
		}
		if (glob_text_check_as(p.key, &glob_name, e) < 0) {
			rc = bind_refuse(b, "bad-pattern", item->at, e,
				"found the pattern %s, but %s", node_found(b->arena, item),
				arena_text(b->arena, span_of(e->text)));
			continue;
		}
		if (span_is(p.key, DEFAULT_VALUE))
			p.key = span_of("");
		ret->list[ret->n++] = p;
	}
	return rc;
}

int bind_values(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	int rc = 0;

	if (n->type == NODE_LIST)
		return bind_names(b, out, n, &out->value_include, e);
	if (n->type != NODE_MAP)
		return bind_wrong_type(b, n, "a list of names, or a map of 'include' and 'exclude'",
			e);
	for (unsigned i = 0; i + 1 < n->n; i += 2) {
		const struct node *key = n->items[i];
		bool in = span_is(key->text, "include");

		if (!in && !span_is(key->text, "exclude"))
			rc = bind_refuse(b, "unknown-key", key->at, e,
				"found the key %s, expected 'include' or 'exclude'",
				node_found(b->arena, key));
		else if (bind_names(b, out, n->items[i + 1],
				 in ? &out->value_include : &out->value_exclude, e) < 0)
			rc = e->code;
	}
	return rc;
}

/* ---- queries ---- */

static bool is_property(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
			    (c >= '0' && c <= '9' && i > 0)))
			return false;
	}
	return s.n > 0 && s.n <= 256;
}

/* "-Name" takes back what is left out without being asked (entity/wmi.h). */
static bool is_taken_back(struct span s)
{
	return s.n > 1 && s.p[0] == '-' && is_property(span_from_offset(s, 1));
}

static int bind_properties(struct binder *b, const struct node *n, bool back,
	const char *const **ret, struct err *e)
{
	unsigned count = n->type == NODE_LIST ? n->n : 1;
	const char **names = arena_get(b->arena, ((size_t)count + 1) * sizeof(char *));

	if (n->type == NODE_MAP || count == 0 || count > NAMES_MAX)
		return bind_wrong_type(b, n, "names of properties, at most 256", e);
	for (unsigned i = 0; i < count; i++) {
		const struct node *item = n->type == NODE_LIST ? n->items[i] : n;

		if (item->type != NODE_SCALAR ||
			!(is_property(item->text) || (back && is_taken_back(item->text))))
			return bind_wrong_type(b, item, "the name of a property", e);
		names[i] = arena_text(b->arena, item->text);
	}
	*ret = names;
	return 0;
}

int bind_key_names(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	return bind_properties(b, n, false, &out->asks.key, e);
}

int bind_only(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	return bind_properties(b, n, false, &out->asks.only, e);
}

int bind_ignore(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	return bind_properties(b, n, true, &out->asks.ignore, e);
}

int bind_unordered(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	return bind_properties(b, n, false, &out->asks.unordered, e);
}

/* Seconds: "90", "90s", "15m", "6h". */
static int bind_seconds(struct binder *b, const struct node *n, unsigned least, unsigned most,
	unsigned *ret, struct err *e)
{
	static const struct {
		const char *name;
		unsigned s;
	} units[] = { { "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 } };
	uint64_t value = 0;
	size_t i = 0;

	while (n->type == NODE_SCALAR && i < n->text.n && i < 7 && n->text.p[i] >= '0' &&
		n->text.p[i] <= '9')
		value = value * 10 + (uint64_t)(n->text.p[i++] - '0');
	for (size_t u = 0; i > 0 && u < ARRAY_LEN(units); u++)
		if (span_is(span_from_offset(n->text, i), units[u].name) &&
			value * units[u].s >= least && value * units[u].s <= most) {
			*ret = (unsigned)value * units[u].s;
			return 0;
		}
	return bind_wrong_type(b, n,
		arena_format(b->arena, "a time such as 90s, 15m or 6h, from %us to %us", least,
			most),
		e);
}

int bind_schedule(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	return bind_seconds(b, n, 10, 7 * DAY_S, &out->asks.schedule, e);
}

int bind_timeout(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	return bind_seconds(b, n, 1, 3600, &out->asks.timeout, e);
}

/* WMI asks the provider itself every so often: more often than this costs more than polling. */
int bind_events(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	if (n->type == NODE_SCALAR && (span_is(n->text, "off") || span_is(n->text, "0"))) {
		out->asks.events = 0;
		return 0;
	}
	return bind_seconds(b, n, 5, 3600, &out->asks.events, e);
}

int bind_max_rows(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	if (bind_number(b, n, 1000000, "a number of rows, 1 to 1000000", &out->asks.max_rows, e) <
		0)
		return e->code;
	return out->asks.max_rows ? 0 : bind_wrong_type(b, n, "at least one row", e);
}

int bind_max_bytes(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	return bind_one_size(b, n, (uint64_t)256 << 20,
		"a size such as 64KiB or 16MiB, at most 256MiB", &out->asks.max_bytes, e);
}

void bind_asks_begin(struct entry *out)
{
	if (out->rule.kind->keys != KEYS_OF_RULE)
		return;
	out->asks = (struct rule_asks){ .space = "root\\cimv2",
		.timeout = TIMEOUT_S,
		.schedule = SCHEDULE_S,
		.max_rows = ROWS_MAX,
		.max_bytes = BYTES_MAX };
}

void bind_asks_end(struct entry *out)
{
	out->asks.rule = out->rule.id;
	out->asks.bases = out->rule.bases;
	out->asks.real_time = out->rule.real_time;
}
