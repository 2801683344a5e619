/* The map of a who: a row here is a key in it, ascending. */
#include "entity/who.h"

#include "core/attr.h"
#include "core/cbor.h"

enum who_form { FORM_NUMBER, FORM_ID, FORM_TIME, FORM_BYTES, FORM_ARGV, FORM_FLAG, FORM_ANCESTRY };

/* The place of a row is its key, stored: rows are only ever added at the end. */
static const struct who_row {
	enum who_form form;
	size_t at;
} rows[] = {
	{ FORM_NUMBER, offsetof(struct who, pid) },
	{ FORM_ID, offsetof(struct who, uid) },
	{ FORM_ID, offsetof(struct who, login_uid) },
	{ FORM_ID, offsetof(struct who, session) },
	{ FORM_TIME, offsetof(struct who, started) },
	{ FORM_BYTES, offsetof(struct who, exe) },
	{ FORM_BYTES, offsetof(struct who, sha256) },
	{ FORM_BYTES, offsetof(struct who, comm) },
	{ FORM_ARGV, 0 },
	{ FORM_FLAG, offsetof(struct who, argv_cut) },
	{ FORM_BYTES, offsetof(struct who, user) },
	{ FORM_BYTES, offsetof(struct who, login) },
	{ FORM_BYTES, offsetof(struct who, tty) },
	{ FORM_BYTES, offsetof(struct who, unit) },
	{ FORM_BYTES, offsetof(struct who, container) },
	{ FORM_ANCESTRY, 0 },
	{ FORM_NUMBER, offsetof(struct who, others) },
	{ FORM_BYTES, offsetof(struct who, means) },
};

static const struct who_row ancestor_rows[] = {
	{ FORM_NUMBER, offsetof(struct who_ancestor, pid) },
	{ FORM_ID, offsetof(struct who_ancestor, uid) },
	{ FORM_TIME, offsetof(struct who_ancestor, started) },
	{ FORM_BYTES, offsetof(struct who_ancestor, exe) },
};

static uint32_t number_at(const void *base, size_t at)
{
	uint32_t n;

	memcpy(&n, (const char *)base + at, sizeof n);
	return n;
}

static int64_t time_at(const void *base, size_t at)
{
	int64_t n;

	memcpy(&n, (const char *)base + at, sizeof n);
	return n;
}

static struct span bytes_at(const void *base, size_t at)
{
	struct span s;

	memcpy(&s, (const char *)base + at, sizeof s);
	return s;
}

/* ---- encode ---- */

/* base: a struct who, or a struct who_ancestor, whose rows are of the first four forms. */
static bool is_set(const struct who_row *r, const void *base)
{
	const struct who *w = base;

	switch (r->form) {
	case FORM_NUMBER:
		return number_at(base, r->at) != 0;
	case FORM_ID:
		return number_at(base, r->at) != WHO_NONE;
	case FORM_TIME:
		return time_at(base, r->at) != 0;
	case FORM_BYTES:
		return bytes_at(base, r->at).n > 0;
	case FORM_ARGV:
		return w->n_argv > 0;
	case FORM_FLAG:
		return w->argv_cut;
	case FORM_ANCESTRY:
		return w->n_ancestry > 0;
	}
	return false;
}

static void put_map(const struct who_row *list, size_t n, const void *base, struct buf *ret);

static void put_lists(const struct who_row *r, const struct who *w, struct buf *ret)
{
	if (r->form == FORM_ARGV) {
		cbor_put_array(ret, w->n_argv);
		for (size_t i = 0; i < w->n_argv; i++)
			cbor_put_bytes(ret, w->argv[i]);
		return;
	}
	cbor_put_array(ret, w->n_ancestry);
	for (size_t i = 0; i < w->n_ancestry; i++)
		put_map(ancestor_rows, ARRAY_LEN(ancestor_rows), &w->ancestry[i], ret);
}

static void put_map(const struct who_row *list, size_t n, const void *base, struct buf *ret)
{
	size_t set = 0;

	for (size_t i = 0; i < n; i++)
		set += is_set(&list[i], base);
	cbor_put_map(ret, set);
	for (size_t i = 0; i < n; i++) {
		const struct who_row *r = &list[i];

		if (!is_set(r, base))
			continue;
		cbor_put_uint(ret, i);
		if (r->form == FORM_NUMBER || r->form == FORM_ID)
			cbor_put_uint(ret, number_at(base, r->at));
		else if (r->form == FORM_TIME)
			cbor_put_int(ret, time_at(base, r->at));
		else if (r->form == FORM_BYTES)
			cbor_put_bytes(ret, bytes_at(base, r->at));
		else if (r->form == FORM_FLAG)
			cbor_put_bool(ret, true);
		else
			put_lists(r, base, ret);
	}
}

void who_encode(const struct who *w, struct buf *ret)
{
	put_map(rows, ARRAY_LEN(rows), w, ret);
}

/* ---- decode ---- */

static int get_number(struct cbor *c, void *base, size_t at, struct err *e)
{
	uint64_t n;
	uint32_t small;

	if (cbor_get_uint(c, &n, e) < 0)
		return e->code;
	if (n > UINT32_MAX)
		return err_set(e, ERR_FORMAT, "a number of a who is too large");
	small = (uint32_t)n;
	memcpy((char *)base + at, &small, sizeof small);
	return 0;
}

static int get_time(struct cbor *c, void *base, size_t at, struct err *e)
{
	int64_t n;

	if (cbor_get_int(c, &n, e) < 0)
		return e->code;
	memcpy((char *)base + at, &n, sizeof n);
	return 0;
}

static int get_bytes(struct cbor *c, void *base, size_t at, struct err *e)
{
	struct span s;

	if (cbor_get_bytes(c, &s, e) < 0)
		return e->code;
	memcpy((char *)base + at, &s, sizeof s);
	return 0;
}

static int get_map(const struct who_row *list, size_t n, struct cbor *c, struct arena *a,
	void *base, struct err *e);

static int get_argv(struct cbor *c, struct arena *a, struct who *w, struct err *e)
{
	struct span *argv;
	uint64_t n;

	if (cbor_get_array(c, &n, e) < 0)
		return e->code;
	if (n > WHO_ARGS_MAX)
		return err_set(e, ERR_FORMAT, "a who has more than %d arguments", WHO_ARGS_MAX);
	argv = arena_get(a, (size_t)n * sizeof *argv);
	for (uint64_t i = 0; i < n; i++)
		if (cbor_get_bytes(c, &argv[i], e) < 0)
			return e->code;
	w->argv = argv;
	w->n_argv = (size_t)n;
	return 0;
}

static int get_ancestry(struct cbor *c, struct arena *a, struct who *w, struct err *e)
{
	struct who_ancestor *list;
	uint64_t n;

	if (cbor_get_array(c, &n, e) < 0)
		return e->code;
	if (n > WHO_ANCESTORS_MAX)
		return err_set(e, ERR_FORMAT, "a who has more than %d ancestors",
			WHO_ANCESTORS_MAX);
	list = arena_get(a, (size_t)n * sizeof *list);
	for (uint64_t i = 0; i < n; i++) {
		list[i].uid = WHO_NONE;
		if (get_map(ancestor_rows, ARRAY_LEN(ancestor_rows), c, a, &list[i], e) < 0)
			return e->code;
	}
	w->ancestry = list;
	w->n_ancestry = (size_t)n;
	return 0;
}

static int get_row(const struct who_row *r, struct cbor *c, struct arena *a, void *base,
	struct err *e)
{
	struct who *w = base;

	switch (r->form) {
	case FORM_NUMBER:
	case FORM_ID:
		return get_number(c, base, r->at, e);
	case FORM_TIME:
		return get_time(c, base, r->at, e);
	case FORM_BYTES:
		return get_bytes(c, base, r->at, e);
	case FORM_ARGV:
		return get_argv(c, a, w, e);
	case FORM_FLAG:
		return cbor_get_bool(c, &w->argv_cut, e);
	case FORM_ANCESTRY:
		return get_ancestry(c, a, w, e);
	}
	return 0;
}

static int get_map(const struct who_row *list, size_t n, struct cbor *c, struct arena *a,
	void *base, struct err *e)
{
	struct cbor_map m;
	int rc;

	if (cbor_get_map(c, &m, e) < 0)
		return e->code;
	while ((rc = cbor_next_key(c, &m, e)) == 1) {
		uint64_t key;

		if (cbor_get_uint(c, &key, e) < 0)
			return e->code;
		rc = key < n ? get_row(&list[key], c, a, base, e) : cbor_skip(c, NULL, e);
		if (rc < 0)
			return rc;
	}
	return rc;
}

int who_decode(struct span cbor, struct arena *a, struct who *ret, struct err *e)
{
	struct who w = { .uid = WHO_NONE, .login_uid = WHO_NONE, .session = WHO_NONE };
	struct cbor c = cbor_of(cbor);

	if (get_map(rows, ARRAY_LEN(rows), &c, a, &w, e) < 0 || cbor_finish(&c, e) < 0)
		return e->code;
	if (w.sha256.n && w.sha256.n != 32)
		return err_set(e, ERR_FORMAT, "a who has a digest of %zu bytes", w.sha256.n);
	*ret = w;
	return 0;
}
