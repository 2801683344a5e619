/* `routes:` of agent.yaml: one row of a table for each key. */
#include "agent/config/route.h"

#include <stddef.h>

#include "agent/config/file.h"
#include "core/mem.h"
#include "policy/bind.h"

#define ARGS_MAX 64
#define NAME_MAX_BYTES 48

const char *const route_type_names[] = { "file", "syslog", "webhook", "mail", "command", NULL };
_Static_assert(ARRAY_LEN(route_type_names) == ROUTE_TYPE_N + 1, "every type of route has a name");

static const char *const from_names[] = { "end", "start", NULL };
static const char *const framing_names[] = { "octets", "lines", NULL };
static const char *const body_names[] = { "lines", "array", NULL };

#define SECOND UINT64_C(1000000000)
#define DAY (24 * 3600 * SECOND)
#define ALL ((1u << ROUTE_TYPE_N) - 1)
#define ON(type) (1u << ROUTE_##type)

struct key;
typedef int bind_value(struct binder *b, const struct key *k, const struct node *n,
	struct route *out, struct err *e);

struct key {
	const char *name;
	unsigned types; /* of routes that have it */
	bind_value *bind;
	size_t offset;
	const char *const *names; /* of choices */
	uint64_t low, high;       /* of numbers */
};

static void *member(struct route *r, const struct key *k)
{
	return (char *)r + k->offset;
}

static int wrong(struct binder *b, const struct key *k, const struct node *n, const char *expected,
	struct err *e)
{
	return bind_refuse(b, "wrong-type", n->at, e, "'%s': found %s, expected %s", k->name,
		node_found(b->arena, n), expected);
}

/* A scalar that a C string holds. */
static bool is_text(const struct node *n)
{
	return n->type == NODE_SCALAR && n->text.n > 0 && n->text.n <= 4096 &&
	       !memchr(n->text.p, 0, n->text.n) && !memchr(n->text.p, '\n', n->text.n);
}

static int bind_text(struct binder *b, const struct key *k, const struct node *n, struct route *out,
	struct err *e)
{
	if (!is_text(n))
		return wrong(b, k, n, "a text of one line", e);
	*(const char **)member(out, k) = arena_text(b->arena, n->text);
	return 0;
}

static int bind_path(struct binder *b, const struct key *k, const struct node *n, struct route *out,
	struct err *e)
{
	if (!is_text(n) || !config_file_absolute(n->text))
		return wrong(b, k, n, "an absolute path", e);
	return bind_text(b, k, n, out, e);
}

/* It becomes the name of a file. */
static int bind_name(struct binder *b, const struct key *k, const struct node *n, struct route *out,
	struct err *e)
{
	bool fine = is_text(n) && n->text.n <= NAME_MAX_BYTES;

	for (size_t i = 0; fine && i < n->text.n; i++) {
		char c = n->text.p[i];

		fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && i > 0);
	}
	if (!fine)
		return wrong(b, k, n, "a name of a-z, 0-9 and -", e);
	return bind_text(b, k, n, out, e);
}

static int which(struct binder *b, const struct key *k, const struct node *n,
	const char *const *names, unsigned *ret, struct err *e)
{
	AUTO(buf) all = BUF_INIT(4096);

	for (unsigned i = 0; names[i]; i++) {
		if (n->type == NODE_SCALAR && span_is(n->text, names[i])) {
			*ret = i;
			return 0;
		}
		buf_addf(&all, "%s%s", i ? ", " : "", names[i]);
	}
	return bind_refuse(b, "unknown-choice", n->at, e, "'%s': found %s, expected one of %s%s",
		k->name, node_found(b->arena, n), buf_text(&all),
		n->type == NODE_SCALAR ? problem_guess(b->arena, n->text, names) : "");
}

static int bind_choice(struct binder *b, const struct key *k, const struct node *n,
	struct route *out, struct err *e)
{
	return which(b, k, n, k->names, member(out, k), e);
}

/* One word or a list of them, as bits. */
static int bind_set(struct binder *b, const struct key *k, const struct node *n, struct route *out,
	struct err *e)
{
	unsigned *set = member(out, k), at;

	if (n->type == NODE_MAP || (n->type == NODE_LIST && n->n == 0))
		return wrong(b, k, n, "a word or a list of words", e);
	if (n->type == NODE_SCALAR) {
		if (which(b, k, n, k->names, &at, e) < 0)
			return e->code;
		*set = 1u << at;
		return 0;
	}
	for (unsigned i = 0; i < n->n; i++) {
		if (which(b, k, n->items[i], k->names, &at, e) < 0)
			return e->code;
		*set |= 1u << at;
	}
	return 0;
}

static int bind_kinds(struct binder *b, const struct key *k, const struct node *n,
	struct route *out, struct err *e)
{
	const char *names[KIND_IDS + 1] = { NULL };
	unsigned at;

	for (size_t i = 0; kinds[i] && i < KIND_IDS; i++)
		names[i] = kinds[i]->name;
	if (n->type == NODE_MAP || (n->type == NODE_LIST && n->n == 0))
		return wrong(b, k, n, "a kind or a list of kinds", e);
	for (unsigned i = 0; i < (n->type == NODE_LIST ? n->n : 1); i++) {
		const struct node *one = n->type == NODE_LIST ? n->items[i] : n;

		if (which(b, k, one, names, &at, e) < 0)
			return e->code;
		out->kinds |= UINT64_C(1) << kinds[at]->id;
	}
	return 0;
}

static int bind_flag(struct binder *b, const struct key *k, const struct node *n, struct route *out,
	struct err *e)
{
	return bind_bool(b, n, member(out, k), e);
}

struct unit {
	const char *name;
	uint64_t factor;
};
static const struct unit counts[] = { { "", 1 }, { NULL, 0 } };
static const struct unit sizes[] = { { "", 1 }, { "K", 1 << 10 }, { "M", 1 << 20 },
	{ "G", 1 << 30 }, { "KiB", 1 << 10 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 }, { NULL, 0 } };
static const struct unit times[] = { { "ms", SECOND / 1000 }, { "s", SECOND }, { "m", 60 * SECOND },
	{ "h", 3600 * SECOND }, { "d", DAY }, { "w", 7 * DAY }, { NULL, 0 } };

/* A number with one of these units behind it. */
static bool parse_number(const struct node *n, const struct unit *units, uint64_t *ret)
{
	uint64_t value = 0;
	size_t i = 0;

	while (n->type == NODE_SCALAR && i < n->text.n && i < 15 && n->text.p[i] >= '0' &&
		n->text.p[i] <= '9')
		value = value * 10 + (uint64_t)(n->text.p[i++] - '0');
	for (; i > 0 && units->name; units++) {
		if (!span_is(span_from_offset(n->text, i), units->name))
			continue;
		return !__builtin_mul_overflow(value, units->factor, ret);
	}
	return false;
}

static int bind_number(struct binder *b, const struct key *k, const struct node *n,
	struct route *out, const struct unit *units, const char *what, struct err *e)
{
	uint64_t value;

	if (!parse_number(n, units, &value) || value < k->low || value > k->high)
		return wrong(b, k, n, what, e);
	*(uint64_t *)member(out, k) = value;
	return 0;
}

static int bind_count(struct binder *b, const struct key *k, const struct node *n,
	struct route *out, struct err *e)
{
	return bind_number(b, k, n, out, counts,
		arena_format(b->arena, "a number from %llu to %llu", (unsigned long long)k->low,
			(unsigned long long)k->high),
		e);
}

static int bind_size(struct binder *b, const struct key *k, const struct node *n, struct route *out,
	struct err *e)
{
	return bind_number(b, k, n, out, sizes, "a size from 4KiB to 1024GiB, such as 10MiB", e);
}

static int bind_time(struct binder *b, const struct key *k, const struct node *n, struct route *out,
	struct err *e)
{
	return bind_number(b, k, n, out, times, "a time such as 500ms, 30s, 10m, 2h, 7d", e);
}

/* Records, or a time. */
static int bind_keep(struct binder *b, const struct key *k, const struct node *n, struct route *out,
	struct err *e)
{
	uint64_t value;

	out->keep_records = out->keep_ns = 0;
	if (parse_number(n, counts, &value) && value > 0)
		out->keep_records = value;
	else if (parse_number(n, times, &value) && value > 0 && value <= INT64_MAX)
		out->keep_ns = value;
	else if (!(n->type == NODE_SCALAR && span_is(n->text, "all")))
		return wrong(b, k, n, "a number of records, a time such as 7d, or all", e);
	return 0;
}

static int bind_texts(struct binder *b, const struct key *k, const struct node *n,
	struct route *out, struct err *e)
{
	const char **list;

	if (n->type != NODE_LIST || n->n == 0 || n->n > ARGS_MAX)
		return wrong(b, k, n, "a list of 1 to 64 texts", e);
	list = arena_get(b->arena, (n->n + 1) * sizeof(char *));
	for (unsigned i = 0; i < n->n; i++) {
		if (!is_text(n->items[i]))
			return wrong(b, k, n->items[i], "a text of one line", e);
		list[i] = arena_text(b->arena, n->items[i]->text);
	}
	*(const char *const **)member(out, k) = list;
	return 0;
}

/* Addresses go to sendmail as arguments and into a header: none may look like an option or another
 * header. */
static bool is_address(const char *text)
{
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 127 || strchr(",<>\"\\()", *c))
			return false;
	return text[0] && text[0] != '-';
}

static int bind_address_text(struct binder *b, const struct key *k, const struct node *n,
	struct route *out, struct err *e)
{
	if (bind_text(b, k, n, out, e) < 0)
		return e->code;
	return is_address(*(const char **)member(out, k))
		       ? 0
		       : wrong(b, k, n, "a mail address such as soc@example.com", e);
}

static int bind_recipients(struct binder *b, const struct key *k, const struct node *n,
	struct route *out, struct err *e)
{
	if (bind_texts(b, k, n, out, e) < 0)
		return e->code;
	for (unsigned i = 0; i < n->n; i++)
		if (!is_address(out->recipients[i]))
			return wrong(b, k, n->items[i], "a mail address such as soc@example.com",
				e);
	return 0;
}

static int bind_argv(struct binder *b, const struct key *k, const struct node *n, struct route *out,
	struct err *e)
{
	if (bind_texts(b, k, n, out, e) < 0)
		return e->code;
	return config_file_absolute(span_of(out->argv[0]))
		       ? 0
		       : wrong(b, k, n->items[0], "the absolute path of a program first", e);
}

static int bind_url(struct binder *b, const struct key *k, const struct node *n, struct route *out,
	struct err *e)
{
	static const char *const schemes[] = { "https://", "http://" };

	if (bind_text(b, k, n, out, e) < 0)
		return e->code;
	for (const char *c = out->url; *c; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 127)
			return wrong(b, k, n, "a URL without spaces", e);
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (span_starts(n->text, span_of(schemes[i])) && n->text.n > strlen(schemes[i]))
			return 0;
	return wrong(b, k, n, "a URL that begins with https:// or http://", e);
}

static bool parse_port(struct span s, unsigned *ret)
{
	unsigned value = 0;

	if (s.n == 0 || s.n > 5)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		value = value * 10 + (unsigned)(s.p[i] - '0');
	}
	*ret = value;
	return value > 0 && value <= UINT16_MAX;
}

/* "host", "host:port", "[::1]:port" */
static bool parse_host(struct arena *a, struct span s, struct route *out)
{
	const char *close = s.n && s.p[0] == '[' ? memchr(s.p, ']', s.n) : NULL;
	struct span host = s, rest = SPAN_NONE;
	const char *colon;

	if (close) {
		host = span_from(s.p + 1, (size_t)(close - s.p) - 1);
		rest = span_from_offset(s, host.n + 2);
	} else if ((colon = memchr(s.p, ':', s.n))) {
		host = span_from(s.p, (size_t)(colon - s.p));
		rest = span_from_offset(s, host.n);
	}
	if (host.n == 0 || host.n > 253 || memchr(host.p, '/', host.n) ||
		(!close && memchr(rest.p ? rest.p + 1 : "", ':', rest.n ? rest.n - 1 : 0)))
		return false;
	if (rest.n && (rest.p[0] != ':' || !parse_port(span_from_offset(rest, 1), &out->port)))
		return false;
	out->host = arena_text(a, host);
	return true;
}

static int bind_syslog_address(struct binder *b, const struct key *k, const struct node *n,
	struct route *out, struct err *e)
{
	static const struct {
		const char *scheme;
		unsigned port;
	} transports[] = {
		[TRANSPORT_UDP] = { "udp://", 514 },
		[TRANSPORT_TCP] = { "tcp://", 514 },
		[TRANSPORT_TLS] = { "tls://", 6514 },
	};

	for (unsigned i = 0; is_text(n) && i < ARRAY_LEN(transports); i++) {
		struct span scheme = span_of(transports[i].scheme);

		if (!span_starts(n->text, scheme))
			continue;
		out->transport = i;
		out->port = transports[i].port;
		if (parse_host(b->arena, span_from_offset(n->text, scheme.n), out))
			return 0;
	}
	return wrong(b, k, n, "udp://HOST:PORT, tcp://HOST:PORT or tls://HOST:PORT", e);
}

#define KEY(name, types, how, member, ...) \
	{ \
		name, types, how, offsetof(struct route, member), __VA_ARGS__ \
	}

enum { AT_NAME, AT_TO };
static const struct key keys[] = {
	[AT_NAME] = KEY("name", ALL, bind_name, name, NULL, 0, 0),
	[AT_TO] = KEY("to", ALL, bind_choice, type, route_type_names, 0, 0),
	KEY("format", ALL, bind_choice, format, NULL, 0, 0), /* names: route_formats */
	KEY("severity", ALL, bind_choice, severity, severity_names, 0, 0),
	KEY("kinds", ALL, bind_kinds, kinds, NULL, 0, 0),
	KEY("records", ALL, bind_set, records, record_type_names, 0, 0),
	KEY("verdicts", ALL, bind_set, verdicts, verdict_names, 0, 0),
	KEY("from", ALL, bind_choice, from, from_names, 0, 0),
	KEY("keep", ALL, bind_keep, keep_records, NULL, 0, 0),
	KEY("retry", ALL, bind_time, retry_ns, NULL, SECOND / 10, DAY),
	KEY("batch", ALL & ~ON(MAIL), bind_count, batch, NULL, 1, 1000),
	KEY("timeout", ALL & ~ON(FILE), bind_time, timeout_ns, NULL, SECOND / 10, 3600 * SECOND),
	KEY("path", ON(FILE), bind_path, path, NULL, 0, 0),
	KEY("rotate_size", ON(FILE), bind_size, rotate_size, NULL, 4096, UINT64_C(1) << 40),
	KEY("rotate_count", ON(FILE), bind_count, rotate_count, NULL, 0, 999),
	KEY("address", ON(SYSLOG), bind_syslog_address, host, NULL, 0, 0),
	KEY("framing", ON(SYSLOG), bind_choice, framing, framing_names, 0, 0),
	KEY("facility", ON(SYSLOG), bind_choice, facility, syslog_facility_names, 0, 0),
	KEY("enterprise", ON(SYSLOG), bind_count, enterprise, NULL, 1, UINT32_MAX),
	KEY("ca", ON(SYSLOG) | ON(WEBHOOK), bind_path, ca, NULL, 0, 0),
	KEY("cert", ON(SYSLOG) | ON(WEBHOOK), bind_path, cert, NULL, 0, 0),
	KEY("key", ON(SYSLOG) | ON(WEBHOOK), bind_path, key, NULL, 0, 0),
	KEY("verify", ON(SYSLOG) | ON(WEBHOOK), bind_flag, verify, NULL, 0, 0),
	KEY("server_name", ON(SYSLOG), bind_text, server_name, NULL, 0, 0),
	KEY("url", ON(WEBHOOK), bind_url, url, NULL, 0, 0),
	KEY("headers", ON(WEBHOOK), bind_path, headers, NULL, 0, 0),
	KEY("body", ON(WEBHOOK), bind_choice, body, body_names, 0, 0),
	KEY("recipients", ON(MAIL), bind_recipients, recipients, NULL, 0, 0),
	KEY("sender", ON(MAIL), bind_address_text, sender, NULL, 0, 0),
	KEY("sendmail", ON(MAIL), bind_path, sendmail, NULL, 0, 0),
	KEY("interval", ON(MAIL), bind_time, interval_ns, NULL, SECOND, 7 * DAY),
	KEY("argv", ON(COMMAND), bind_argv, argv, NULL, 0, 0),
};

/* All but syslog, which is a transport here. */
static const char *const route_formats[] = { "json", "text", "cef", "leef", "ocsf", "ecs", NULL };
_Static_assert(ARRAY_LEN(route_formats) == FORMAT_SYSLOG + 1, "every format but the last one");

static const struct key *find_key(struct span name)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (span_is(name, keys[i].name))
			return &keys[i];
	return NULL;
}

static const struct node *value_of(const struct node *map, const char *name)
{
	for (unsigned i = 0; i + 1 < map->n; i += 2)
		if (span_is(map->items[i]->text, name))
			return map->items[i + 1];
	return NULL;
}

static int bind_one(struct binder *b, const struct node *name, const struct node *value,
	struct route *out, struct err *e)
{
	const struct key *k = find_key(name->text);
	const char *names[ARRAY_LEN(keys) + 1] = { NULL };
	struct key copy;

	for (size_t i = 0, n = 0; i < ARRAY_LEN(keys); i++)
		if (keys[i].types & 1u << out->type)
			names[n++] = keys[i].name;
	if (!k)
		return bind_refuse(b, "unknown-key", name->at, e,
			"found key '%s', which no route has%s", problem_quote(b->arena, name->text),
			problem_guess(b->arena, name->text, names));
	if (!(k->types & 1u << out->type))
		return bind_refuse(b, "unknown-key", name->at, e,
			"found key '%s', which a route to: %s has not", k->name,
			route_type_names[out->type]);
	if (k->offset != offsetof(struct route, format))
		return k->bind(b, k, value, out, e);
	copy = *k;
	copy.names = route_formats;
	return copy.bind(b, &copy, value, out, e);
}

/* What the type of a route cannot do without, and what does not go together. */
static int check_whole(struct binder *b, const struct node *map, const struct route *r,
	struct err *e)
{
	static const char *const needed[ROUTE_TYPE_N] = {
		[ROUTE_FILE] = "path",
		[ROUTE_SYSLOG] = "address",
		[ROUTE_WEBHOOK] = "url",
		[ROUTE_MAIL] = "recipients",
		[ROUTE_COMMAND] = "argv",
	};
	static const char *const of_tls[] = { "ca", "cert", "key", "server_name", "verify" };
	bool tls = r->type == ROUTE_SYSLOG ? r->transport == TRANSPORT_TLS
					   : r->url && strncmp(r->url, "https:", 6) == 0;
	const struct node *n;

	if (!value_of(map, needed[r->type]))
		return bind_refuse(b, "missing-key", map->at, e, "a route to: %s needs '%s'",
			route_type_names[r->type], needed[r->type]);
	for (size_t i = 0; i < ARRAY_LEN(of_tls) && !tls; i++)
		if ((n = value_of(map, of_tls[i])))
			return bind_refuse(b, "not-tls", n->at, e,
				"found '%s', but this address does not use TLS", of_tls[i]);
	if (!r->cert != !r->key)
		return bind_refuse(b, "missing-key", map->at, e, "'cert' and 'key' go together");
	if (!r->verify && (n = value_of(map, "verify")))
		problem_add(b->problems, PROBLEM_WARNING, "not-verified", n->at, NULL,
			"the other side is not verified: anybody between may read and alter what "
			"is sent");
	return 0;
}

static void set_defaults(struct route *r)
{
	static const struct {
		uint64_t batch, timeout, retry;
	} by_type[ROUTE_TYPE_N] = {
		[ROUTE_FILE] = { 500, 60, 60 },
		[ROUTE_SYSLOG] = { 500, 30, 60 },
		[ROUTE_WEBHOOK] = { 100, 30, 60 },
		[ROUTE_MAIL] = { 1000, 60, 600 },
		[ROUTE_COMMAND] = { 100, 60, 60 },
	};

	r->batch = by_type[r->type].batch;
	r->timeout_ns = by_type[r->type].timeout * SECOND;
	r->retry_ns = by_type[r->type].retry * SECOND;
	r->format = r->type == ROUTE_MAIL ? FORMAT_TEXT : FORMAT_JSON;
	r->keep_records = 1000000;
	r->rotate_size = (uint64_t)100 << 20;
	r->rotate_count = 5;
	r->facility = SYSLOG_FACILITY_AUDIT;
	r->enterprise = SYSLOG_ENTERPRISE;
	r->verify = true;
	r->sendmail = "/usr/sbin/sendmail";
	r->interval_ns = 300 * SECOND;
}

/* Told where it stands, before anything else of that route is. */
static int check_here(struct binder *b, const struct node *map, const struct route *r,
	struct err *e)
{
	const struct route_lack *lack = route_lacks(r);

	return lack ? bind_refuse(b, "not-here", value_of(map, lack->key)->at, e, "found '%s': %s",
			      lack->key, lack->text)
		    : 0;
}

static int bind_route(struct binder *b, const struct node *map, struct route *out, struct err *e)
{
	const struct node *type;
	int rc = 0;

	if (map->type != NODE_MAP)
		return bind_refuse(b, "wrong-type", map->at, e,
			"found %s, expected a route: a map with name, to, …",
			node_found(b->arena, map));
	type = value_of(map, "to");
	if (!type || !value_of(map, "name"))
		return bind_refuse(b, "missing-key", map->at, e, "a route needs '%s'",
			type ? "name" : "to");
	if (keys[AT_TO].bind(b, &keys[AT_TO], type, out, e) < 0)
		return e->code;
	set_defaults(out);
	if (check_here(b, map, out, e) < 0)
		return e->code;
	for (unsigned i = 0; i + 1 < map->n; i += 2)
		if (bind_one(b, map->items[i], map->items[i + 1], out, e) < 0)
			rc = e->code;
	if (rc == 0 && out->path) {
		const char *slash = strrchr(out->path, '/');

		out->folder = !slash ? NULL /* of Windows: needed by nobody */
			      : slash == out->path
				      ? "/"
				      : arena_text(b->arena,
						span_from(out->path, (size_t)(slash - out->path)));
	}
	if (rc == 0)
		rc = check_here(b, map, out, e);
	return rc < 0 ? rc : check_whole(b, map, out, e);
}

int route_bind(struct binder *b, const struct node *n, unsigned at, const struct route **list,
	struct err *e)
{
	struct route *r = arena_get(b->arena, sizeof *r);

	if (bind_route(b, n, r, e) < 0)
		return e->code;
	for (unsigned i = 0; i < at; i++)
		if (list[i] && strcmp(list[i]->name, r->name) == 0)
			return bind_refuse(b, "duplicate-name", n->at, e,
				"a second route is called '%s'", r->name);
	list[at] = r;
	return 0;
}
