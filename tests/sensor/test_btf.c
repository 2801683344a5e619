#include "../check.h"
#include "host/btf.h"

/* Writes a small BTF by hand: linux/btf.h has the layout. */
struct maker {
	uint32_t types[256];
	size_t n;
	char names[256];
	size_t names_n;
	char bytes[2048];
	size_t bytes_n;
};

enum { INT = 1, PTR, ARRAY, STRUCT, UNION, FWD = 7, TYPEDEF, CONST = 10, FUNC = 12 };

static uint32_t name(struct maker *m, const char *text)
{
	uint32_t at = (uint32_t)m->names_n;

	memcpy(m->names + at, text, strlen(text) + 1);
	m->names_n += strlen(text) + 1;
	return at;
}

static void put(struct maker *m, uint32_t x)
{
	m->types[m->n++] = x;
}

static void type(struct maker *m, const char *text, uint32_t kind, uint32_t count, uint32_t size)
{
	put(m, *text ? name(m, text) : 0);
	put(m, kind << 24 | count);
	put(m, size);
}

static void member(struct maker *m, const char *text, uint32_t of, uint32_t bits)
{
	put(m, *text ? name(m, text) : 0);
	put(m, of);
	put(m, bits);
}

static struct span finish(struct maker *m)
{
	uint32_t head[6] = { 0x0001eb9f, 24, 0, (uint32_t)m->n * 4, (uint32_t)m->n * 4,
		(uint32_t)m->names_n };

	memcpy(m->bytes, head, sizeof head);
	memcpy(m->bytes + 24, m->types, m->n * 4);
	memcpy(m->bytes + 24 + m->n * 4, m->names, m->names_n);
	m->bytes_n = 24 + m->n * 4 + m->names_n;
	return span_from(m->bytes, m->bytes_n);
}

static struct span small(struct maker *m)
{
	*m = (struct maker){ .names_n = 1 };
	type(m, "int", INT, 0, 4); /* 1 */
	put(m, 32);
	type(m, "inner", STRUCT, 2, 16); /* 2 */
	member(m, "a", 1, 0);
	member(m, "", 3, 64);
	type(m, "", UNION, 1, 8); /* 3 */
	member(m, "deep", 7, 0);
	type(m, "", PTR, 0, 2);          /* 4: -> inner */
	type(m, "", CONST, 0, 4);        /* 5 */
	type(m, "outer", STRUCT, 3, 40); /* 6 */
	member(m, "in", 2, 128);
	member(m, "to", 5, 64);
	member(m, "later", 8, 0);
	type(m, "number", TYPEDEF, 0, 1); /* 7 */
	type(m, "", PTR, 0, 9);           /* 8 */
	type(m, "inner", FWD, 0, 0);      /* 9 */
	type(m, "outer", FUNC, 0, 0);     /* 10 */
	type(m, "ring", STRUCT, 1, 8);    /* 11 */
	member(m, "", 11, 0);
	return finish(m);
}

static void paths_lead_through_structures_and_pointers(void **state)
{
	static const struct {
		const char *path;
		unsigned n;
		uint32_t offset[2], size;
	} cases[] = {
		{ "in.a", 1, { 16 }, 4 },
		{ "in.deep", 1, { 24 }, 4 },
		{ "to", 1, { 8 }, 8 },
		{ "to.a", 2, { 8, 0 }, 4 },
		{ "to.deep", 2, { 8, 8 }, 4 },
		{ "later.deep", 2, { 0, 8 }, 4 }, /* only declared where it stands */
		{ "in.none", 0, { 0 }, 0 },
		{ "in.a.b", 0, { 0 }, 0 },
		{ "", 0, { 0 }, 0 },
	};
	struct maker m;
	AUTO_FREE(btf) b = NULL;
	struct err e;

	(void)state;
	assert_int_equal(btf_from(&b, small(&m), &e), 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct btf_path p = { 0 };
		int rc = btf_path(b, 6, cases[i].path, &p, &e);

		assert_int_equal(rc, cases[i].n ? 0 : ERR_MISSING);
		assert_int_equal(p.n, cases[i].n);
		assert_int_equal(p.size, cases[i].size);
		for (unsigned k = 0; k < p.n; k++)
			assert_int_equal(p.offset[k], cases[i].offset[k]);
	}
	assert_int_equal(btf_size(b, 6), 40);
	assert_int_equal(btf_size(b, 1), 0);
	assert_int_equal(btf_size(b, 99), 0);
}

static void names_are_found_by_what_they_are(void **state)
{
	struct btf_wanted w[] = { { BTF_STRUCT, "outer", 0 }, { BTF_FUNCTION, "outer", 0 },
		{ BTF_STRUCT, "oute", 0 }, { BTF_FUNCTION, "inner", 0 } };
	struct maker m;
	AUTO_FREE(btf) b = NULL;
	struct err e;

	(void)state;
	assert_int_equal(btf_from(&b, small(&m), &e), 0);
	btf_find(b, w, ARRAY_LEN(w));
	assert_int_equal(w[0].id, 6);
	assert_int_equal(w[1].id, 10);
	assert_int_equal(w[2].id, 0);
	assert_int_equal(w[3].id, 0);
}

static void a_structure_within_itself_ends(void **state)
{
	struct maker m;
	AUTO_FREE(btf) b = NULL;
	struct btf_path p;
	struct err e;

	(void)state;
	assert_int_equal(btf_from(&b, small(&m), &e), 0);
	assert_int_equal(btf_path(b, 11, "x", &p, &e), ERR_MISSING);
}

static void what_is_cut_off_is_refused(void **state)
{
	struct maker m;
	struct span whole = small(&m);
	struct err e;

	(void)state;
	for (size_t n = 0; n < whole.n; n++) {
		AUTO_FREE(btf) b = NULL;

		assert_int_equal(btf_from(&b, span_from(whole.p, n), &e), ERR_FORMAT);
	}
	m.bytes[24 + 7] = 31; /* a kind there is not */
	AUTO_FREE(btf) b = NULL;
	assert_int_equal(btf_from(&b, whole, &e), ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_lead_through_structures_and_pointers),
		cmocka_unit_test(names_are_found_by_what_they_are),
		cmocka_unit_test(a_structure_within_itself_ends),
		cmocka_unit_test(what_is_cut_off_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
