/* The map of a who: a row here is a key in it, ascending. */
#include "entity/who.h"

#include "core/attr.h"
#include "core/cbor.h"

enum who_form {
	FORM_NUMBER,
	FORM_ID,
	FORM_TIME,
	FORM_BYTES,
	FORM_ARGV,
	FORM_FLAG,
	FORM_ANCESTRY,
	FORM_ALSO
};

/* The place of a row is its key, stored: rows are only ever added at the end. */
static const struct who_row {
	enum who_form form;
	size_t at;
	size_t at_n; /* of a list: where its length is */
} rows[] = {
	{ FORM_NUMBER, offsetof(struct who, pid), 0 },
	{ FORM_ID, offsetof(struct who, uid), 0 },
	{ FORM_ID, offsetof(struct who, login_uid), 0 },
	{ FORM_ID, offsetof(struct who, session), 0 },
	{ FORM_TIME, offsetof(struct who, started), 0 },
	{ FORM_BYTES, offsetof(struct who, exe), 0 },
	{ FORM_BYTES, offsetof(struct who, sha256), 0 },
	{ FORM_BYTES, offsetof(struct who, comm), 0 },
	{ FORM_ARGV, offsetof(struct who, argv), offsetof(struct who, n_argv) },
	{ FORM_FLAG, offsetof(struct who, argv_cut), 0 },
	{ FORM_BYTES, offsetof(struct who, user), 0 },
	{ FORM_BYTES, offsetof(struct who, login), 0 },
	{ FORM_BYTES, offsetof(struct who, tty), 0 },
	{ FORM_BYTES, offsetof(struct who, unit), 0 },
	{ FORM_BYTES, offsetof(struct who, container), 0 },
	{ FORM_ANCESTRY, offsetof(struct who, ancestry), offsetof(struct who, n_ancestry) },
	{ FORM_NUMBER, offsetof(struct who, others), 0 },
	{ FORM_BYTES, offsetof(struct who, means), 0 },
	{ FORM_ALSO, offsetof(struct who, also), offsetof(struct who, n_also) },
	{ FORM_FLAG, offsetof(struct who, also_cut), 0 },
	{ FORM_FLAG, offsetof(struct who, ancestry_cut), 0 },
	{ FORM_NUMBER, offsetof(struct who, part), 0 },
	{ FORM_NUMBER, offsetof(struct who, place), 0 },
	{ FORM_BYTES, offsetof(struct who, unread), 0 },
};

static const struct who_row ancestor_rows[] = {
	{ FORM_NUMBER, offsetof(struct who_ancestor, pid), 0 },
	{ FORM_ID, offsetof(struct who_ancestor, uid), 0 },
	{ FORM_TIME, offsetof(struct who_ancestor, started), 0 },
	{ FORM_BYTES, offsetof(struct who_ancestor, exe), 0 },
	{ FORM_NUMBER, offsetof(struct who_ancestor, place), 0 },
};

static const struct who_row also_rows[] = {
	{ FORM_NUMBER, offsetof(struct who_also, relation), 0 },
	{ FORM_NUMBER, offsetof(struct who_also, pid), 0 },
	{ FORM_ID, offsetof(struct who_also, uid), 0 },
	{ FORM_TIME, offsetof(struct who_also, started), 0 },
	{ FORM_TIME, offsetof(struct who_also, until), 0 },
	{ FORM_BYTES, offsetof(struct who_also, exe), 0 },
	{ FORM_BYTES, offsetof(struct who_also, sha256), 0 },
	{ FORM_ARGV, offsetof(struct who_also, argv), offsetof(struct who_also, n_argv) },
	{ FORM_FLAG, offsetof(struct who_also, argv_cut), 0 },
	{ FORM_BYTES, offsetof(struct who_also, user), 0 },
	{ FORM_NUMBER, offsetof(struct who_also, place), 0 },
};

const char *const who_relation_names[WHO_RELATIONS] = {
	[0] = "",
	[WHO_BEFORE] = "before",
	[WHO_TOO] = "too",
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

static bool flag_at(const void *base, size_t at)
{
	bool set;

	memcpy(&set, (const char *)base + at, sizeof set);
	return set;
}

static size_t length_at(const void *base, size_t at)
{
	size_t n;

	memcpy(&n, (const char *)base + at, sizeof n);
	return n;
}

static const void *list_at(const void *base, size_t at)
{
	const void *p;

	memcpy(&p, (const char *)base + at, sizeof p);
	return p;
}

/* ---- encode ---- */

/* base: a struct who, who_ancestor or who_also. */
static bool is_set(const struct who_row *r, const void *base)
{
	switch (r->form) {
	case FORM_NUMBER:
		return number_at(base, r->at) != 0;
	case FORM_ID:
		return number_at(base, r->at) != WHO_NONE;
	case FORM_TIME:
		return time_at(base, r->at) != 0;
	case FORM_BYTES:
		return bytes_at(base, r->at).n > 0;
	case FORM_FLAG:
		return flag_at(base, r->at);
	case FORM_ARGV:
	case FORM_ANCESTRY:
	case FORM_ALSO:
		return length_at(base, r->at_n) > 0;
	}
	return false;
}

static void put_map(const struct who_row *list, size_t n, const void *base, struct buf *ret);

static void put_list(const struct who_row *r, const void *base, struct buf *ret)
{
	size_t n = length_at(base, r->at_n);
	const void *list = list_at(base, r->at);

	cbor_put_array(ret, n);
	for (size_t i = 0; i < n; i++)
		if (r->form == FORM_ARGV)
			cbor_put_bytes(ret, ((const struct span *)list)[i]);
		else if (r->form == FORM_ANCESTRY)
			put_map(ancestor_rows, ARRAY_LEN(ancestor_rows),
				(const struct who_ancestor *)list + i, ret);
		else
			put_map(also_rows, ARRAY_LEN(also_rows), (const struct who_also *)list + i,
				ret);
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
			put_list(r, base, ret);
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

static void set_list(const struct who_row *r, void *base, const void *list, uint64_t n)
{
	size_t length = (size_t)n;

	memcpy((char *)base + r->at, &list, sizeof list);
	memcpy((char *)base + r->at_n, &length, sizeof length);
}

static int get_argv(const struct who_row *r, struct cbor *c, struct arena *a, void *base,
	struct err *e)
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
	set_list(r, base, argv, n);
	return 0;
}

static int get_also(const struct who_row *r, struct cbor *c, struct arena *a, void *base,
	struct err *e)
{
	struct who_also *list;
	uint64_t n;

	if (cbor_get_array(c, &n, e) < 0)
		return e->code;
	if (n > WHO_ALSO_MAX)
		return err_set(e, ERR_FORMAT, "a who names more than %d others", WHO_ALSO_MAX);
	list = arena_get(a, (size_t)n * sizeof *list);
	for (uint64_t i = 0; i < n; i++) {
		list[i].uid = WHO_NONE;
		if (get_map(also_rows, ARRAY_LEN(also_rows), c, a, &list[i], e) < 0)
			return e->code;
		if (list[i].relation == 0 || list[i].relation >= WHO_RELATIONS)
			return err_set(e, ERR_FORMAT, "a who is related in an unknown way");
		if (list[i].sha256.n && list[i].sha256.n != 32)
			return err_set(e, ERR_FORMAT, "a who has a digest of %zu bytes",
				list[i].sha256.n);
	}
	set_list(r, base, list, n);
	return 0;
}

static int get_flag(struct cbor *c, void *base, size_t at, struct err *e)
{
	bool set;

	if (cbor_get_bool(c, &set, e) < 0)
		return e->code;
	memcpy((char *)base + at, &set, sizeof set);
	return 0;
}

static int get_ancestry(const struct who_row *r, struct cbor *c, struct arena *a, void *base,
	struct err *e)
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
	set_list(r, base, list, n);
	return 0;
}

static int get_row(const struct who_row *r, struct cbor *c, struct arena *a, void *base,
	struct err *e)
{
	switch (r->form) {
	case FORM_NUMBER:
	case FORM_ID:
		return get_number(c, base, r->at, e);
	case FORM_TIME:
		return get_time(c, base, r->at, e);
	case FORM_BYTES:
		return get_bytes(c, base, r->at, e);
	case FORM_ARGV:
		return get_argv(r, c, a, base, e);
	case FORM_FLAG:
		return get_flag(c, base, r->at, e);
	case FORM_ANCESTRY:
		return get_ancestry(r, c, a, base, e);
	case FORM_ALSO:
		return get_also(r, c, a, base, e);
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
	if (w.part >= WHO_PARTS)
		return err_set(e, ERR_FORMAT, "a who has an unknown part");
	*ret = w;
	return 0;
}

bool who_tells_end(struct span why)
{
	static const char *const ends[] = { WHO_PROGRAM_ENDED, WHO_ENDED_WITH, WHO_CLOSED };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (span_is(why, ends[i]))
			return true;
	return false;
}
