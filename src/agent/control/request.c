#include "agent/control/request.h"

#include <stddef.h>

#include "core/cbor.h"

#define PREV_BYTES 32
#define CODE_MAX 256

/* What a message may hold. */
enum item {
	ITEM_NONE,
	ITEM_UINT,
	ITEM_TIME,
	ITEM_CODE,
	ITEM_BOOL,
	ITEM_BYTES,
	ITEM_RECORDS,
	ITEM_PATHS
};

#define ITEMS_MAX 3
#define NOTHING \
	{ \
		{ \
			ITEM_NONE, 0 \
		} \
	}

static const struct row {
	const char *name;
	unsigned from, to; /* enum agent_party */
	bool fd;
	struct {
		enum item type;
		size_t at; /* in struct agent_message */
	} items[ITEMS_MAX];
} rows[AGENT_REQUEST_N] = {
	[AGENT_RECORDS_WANTED] = { "records-wanted", PARTY_LINK, PARTY_COLLECTOR, false,
		{ { ITEM_UINT, offsetof(struct agent_message, seq) },
			{ ITEM_UINT, offsetof(struct agent_message, n) } } },
	[AGENT_ROUTE_STATE] = { "route-state", PARTY_LINK, PARTY_COLLECTOR, false,
		{ { ITEM_BYTES, offsetof(struct agent_message, text) } } },
	[AGENT_HEAD] = { "head", PARTY_COLLECTOR, PARTY_LINK, false,
		{ { ITEM_UINT, offsetof(struct agent_message, seq) },
			{ ITEM_BYTES, offsetof(struct agent_message, text) },
			{ ITEM_BYTES, offsetof(struct agent_message, ledger) } } },
	[AGENT_RECORDS] = { "records", PARTY_COLLECTOR, PARTY_LINK | PARTY_ROOT | PARTY_MEMBER,
		false, { { ITEM_RECORDS, 0 } } },
	[AGENT_ALIVE] = { "alive", PARTY_COLLECTOR, PARTY_PARENT, false, NOTHING },
	[AGENT_STATUS_LINE] = { "status-line", PARTY_COLLECTOR, PARTY_PARENT, false,
		{ { ITEM_BYTES, offsetof(struct agent_message, text) } } },
	[AGENT_READY] = { "ready", PARTY_COLLECTOR, PARTY_PARENT, false, NOTHING },
	[AGENT_RELOAD] = { "reload", PARTY_PARENT, PARTY_COLLECTOR, false, NOTHING },
	[AGENT_STOP] = { "stop", PARTY_PARENT, PARTY_COLLECTOR, false, NOTHING },
	[AGENT_WATCHER_LOST] = { "watcher-lost", PARTY_PARENT, PARTY_COLLECTOR, true,
		{ { ITEM_TIME, offsetof(struct agent_message, from) },
			{ ITEM_TIME, offsetof(struct agent_message, to) } } },
	[AGENT_STATUS] = { "status", PARTY_ROOT | PARTY_MEMBER, PARTY_COLLECTOR, false, NOTHING },
	[AGENT_POLICY_APPLY] = { "policy-apply", PARTY_ROOT, PARTY_COLLECTOR, false, NOTHING },
	[AGENT_SCAN] = { "scan", PARTY_ROOT, PARTY_COLLECTOR, false,
		{ { ITEM_PATHS, 0 }, { ITEM_BOOL, offsetof(struct agent_message, full) } } },
	[AGENT_FOLLOW] = { "follow", PARTY_ROOT | PARTY_MEMBER, PARTY_COLLECTOR, false, NOTHING },
	[AGENT_CANARY] = { "canary", PARTY_ROOT, PARTY_COLLECTOR, false, NOTHING },
	[AGENT_ANSWER] = { "answer", PARTY_COLLECTOR, PARTY_ROOT | PARTY_MEMBER, false,
		{ { ITEM_CODE, offsetof(struct agent_message, code) },
			{ ITEM_BYTES, offsetof(struct agent_message, text) } } },
	[AGENT_LINK_NEW] = { "link-new", PARTY_PARENT, PARTY_COLLECTOR, true, NOTHING },
	[AGENT_PING] = { "ping", PARTY_PARENT, PARTY_COLLECTOR, false, NOTHING },
	[AGENT_WATCHER_STUCK] = { "watcher-stuck", PARTY_COLLECTOR, PARTY_PARENT, false, NOTHING },
	[AGENT_ROLES] = { "roles", PARTY_PARENT, PARTY_COLLECTOR, false,
		{ { ITEM_BYTES, offsetof(struct agent_message, text) } } },
};

const char *agent_request_name(enum agent_request type)
{
	return type < AGENT_REQUEST_N ? rows[type].name : "?";
}

bool agent_request_has_fd(enum agent_request type)
{
	return type < AGENT_REQUEST_N && rows[type].fd;
}

static size_t count_items(const struct row *r)
{
	size_t n = 0;

	while (n < ITEMS_MAX && r->items[n].type != ITEM_NONE)
		n++;
	return n;
}

static void put_records(const struct agent_message *m, struct buf *ret)
{
	cbor_put_array(ret, m->n_records);
	for (size_t i = 0; i < m->n_records; i++) {
		cbor_put_array(ret, 3);
		cbor_put_uint(ret, m->records[i].seq);
		cbor_put_bytes(ret, m->records[i].prev);
		cbor_put_bytes(ret, m->records[i].body);
	}
}

static void put_paths(const struct agent_message *m, struct buf *ret)
{
	cbor_put_array(ret, m->n_paths);
	for (size_t i = 0; i < m->n_paths; i++)
		cbor_put_bytes(ret, m->paths[i]);
}

static void put_item(const struct agent_message *m, enum item type, const void *at, struct buf *ret)
{
	switch (type) {
	case ITEM_UINT:
		cbor_put_uint(ret, *(const uint64_t *)at);
		break;
	case ITEM_TIME:
		cbor_put_int(ret, *(const int64_t *)at);
		break;
	case ITEM_CODE:
		cbor_put_int(ret, *(const int *)at);
		break;
	case ITEM_BOOL:
		cbor_put_bool(ret, *(const bool *)at);
		break;
	case ITEM_BYTES:
		cbor_put_bytes(ret, *(const struct span *)at);
		break;
	case ITEM_RECORDS:
		put_records(m, ret);
		break;
	case ITEM_PATHS:
		put_paths(m, ret);
		break;
	case ITEM_NONE:
		break;
	}
}

void agent_encode(const struct agent_message *m, struct buf *ret)
{
	const struct row *r = &rows[m->type];
	size_t n = count_items(r);

	cbor_put_array(ret, n + 1);
	cbor_put_uint(ret, m->type);
	for (size_t i = 0; i < n; i++)
		put_item(m, r->items[i].type, (const char *)m + r->items[i].at, ret);
}

static int get_records(struct cbor *c, struct arena *a, struct agent_message *ret, struct err *e)
{
	struct agent_record *list;
	uint64_t n, items;

	if (cbor_get_array(c, &n, e) < 0)
		return e->code;
	if (n > AGENT_RECORDS_MAX)
		return err_set(e, ERR_FORMAT, "more than %d records", AGENT_RECORDS_MAX);
	list = arena_get(a, (size_t)(n + 1) * sizeof *list);
	for (uint64_t i = 0; i < n; i++) {
		struct agent_record *r = &list[i];

		if (cbor_get_array(c, &items, e) < 0 || cbor_get_uint(c, &r->seq, e) < 0 ||
			cbor_get_bytes(c, &r->prev, e) < 0 || cbor_get_bytes(c, &r->body, e) < 0)
			return e->code;
		if (items != 3 || r->prev.n != PREV_BYTES)
			return err_set(e, ERR_FORMAT, "a record that is none");
	}
	ret->records = list;
	ret->n_records = (size_t)n;
	return 0;
}

static int get_paths(struct cbor *c, struct arena *a, struct agent_message *ret, struct err *e)
{
	struct span *list;
	uint64_t n;

	if (cbor_get_array(c, &n, e) < 0)
		return e->code;
	if (n > AGENT_PATHS_MAX)
		return err_set(e, ERR_FORMAT, "more than %d paths", AGENT_PATHS_MAX);
	list = arena_get(a, (size_t)(n + 1) * sizeof *list);
	for (uint64_t i = 0; i < n; i++)
		if (cbor_get_bytes(c, &list[i], e) < 0)
			return e->code;
	ret->paths = list;
	ret->n_paths = (size_t)n;
	return 0;
}

static int get_code(struct cbor *c, int *ret, struct err *e)
{
	int64_t code;

	if (cbor_get_int(c, &code, e) < 0)
		return e->code;
	if (code > 0 || code < -CODE_MAX)
		return err_set(e, ERR_FORMAT, "an answer with a code that is none");
	*ret = (int)code;
	return 0;
}

static int get_item(struct cbor *c, struct arena *a, enum item type, void *at,
	struct agent_message *ret, struct err *e)
{
	switch (type) {
	case ITEM_UINT:
		return cbor_get_uint(c, at, e);
	case ITEM_TIME:
		return cbor_get_int(c, at, e);
	case ITEM_CODE:
		return get_code(c, at, e);
	case ITEM_BOOL:
		return cbor_get_bool(c, at, e);
	case ITEM_BYTES:
		return cbor_get_bytes(c, at, e);
	case ITEM_RECORDS:
		return get_records(c, a, ret, e);
	case ITEM_PATHS:
		return get_paths(c, a, ret, e);
	case ITEM_NONE:
		break;
	}
	return 0;
}

int agent_decode(struct span frame, enum agent_party from, enum agent_party to, struct arena *a,
	struct agent_message *ret, struct err *e)
{
	struct agent_message m = { 0 };
	struct cbor c = cbor_of(frame);
	const struct row *r;
	uint64_t items, type;

	if (cbor_get_array(&c, &items, e) < 0 || cbor_get_uint(&c, &type, e) < 0)
		return e->code;
	r = type < AGENT_REQUEST_N ? &rows[type] : NULL;
	if (!r)
		return err_set(e, ERR_DENIED, "no request has the number %llu",
			(unsigned long long)type);
	if (!(r->from & from) || !(r->to & to))
		return err_set(e, ERR_DENIED, "the request '%s' may not be sent by whom it was",
			r->name);
	if (items != count_items(r) + 1)
		return err_set(e, ERR_FORMAT, "a request '%s' of %llu items", r->name,
			(unsigned long long)items);
	m.type = (enum agent_request)type;
	for (size_t i = 0; i + 1 < items; i++)
		if (get_item(&c, a, r->items[i].type, (char *)&m + r->items[i].at, &m, e) < 0)
			return e->code;
	if (cbor_finish(&c, e) < 0)
		return e->code;
	*ret = m;
	return 0;
}
