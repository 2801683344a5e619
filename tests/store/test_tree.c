/* Trees against a plain sorted array: whatever the order of events, the same set has the same
 * root. */
#include "scratch.h"
#include "store/node.h"

#define KEYS 3000

/* The naive set: key number i is there when version[i] is not 0. */
struct set {
	unsigned char version[KEYS];
	unsigned char local[KEYS];
};

static char names[KEYS][24];
static size_t name_n[KEYS];

static struct tree_entry entry_of(const struct set *t, int i)
{
	static char shared[256], local[64];
	int n = snprintf(shared, sizeof(shared), "%.*s-value-%d", t->version[i] % 7 * 9,
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		t->version[i]);
	int m = t->local[i] ? snprintf(local, sizeof(local), "local %d", t->local[i]) : 0;

	return (struct tree_entry){ { names[i], name_n[i] }, { shared, (size_t)n },
		{ local, (size_t)m } };
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* crafted: only names at which no leaf ends, so that the caps must act. */
static void make_names(bool crafted)
{
	int i = 0;

	for (unsigned n = 0; i < KEYS; n++) {
		int len = snprintf(names[i], sizeof(names[i]), "%c/%x-%u", (char)('a' + n % 3),
			n * 2654435761u, n % 10);

		if (!crafted || !node_ends((struct span){ names[i], (size_t)len }, 0))
			i++;
	}
	qsort(names, KEYS, sizeof(names[0]), by_name);
	for (i = 0; i < KEYS; i++)
		name_n[i] = strlen(names[i]);
}

static void build(struct store *s, const struct set *t, struct tree_root *ret)
{
	AUTO_FREE(tree_builder) b = tree_builder_new(s);

	for (int i = 0; i < KEYS; i++) {
		struct tree_entry entry = entry_of(t, i);

		if (t->version[i])
			OK(tree_builder_add(b, &entry, &e));
	}
	OK(tree_builder_finish(b, ret, &e));
}

static void check_same(const struct tree_root *a, const struct tree_root *b)
{
	assert_int_equal(a->count, b->count);
	assert_memory_equal(a->id, b->id, DIGEST_BYTES);
	assert_memory_equal(a->full, b->full, DIGEST_BYTES);
}

struct edits {
	const struct set *from, *to;
	int at;
};

static int next_edit(void *ctx, struct tree_entry *ret, bool *ret_delete, struct err *e)
{
	struct edits *d = ctx;

	(void)e;
	for (; d->at < KEYS; d->at++) {
		int i = d->at;

		if (d->from->version[i] == d->to->version[i] &&
			d->from->local[i] == d->to->local[i])
			continue;
		*ret = entry_of(d->to, i);
		*ret_delete = d->to->version[i] == 0;
		d->at++;
		return 1;
	}
	return 0;
}

/* Changes that come in every shape: single ones, runs, the ends, everything. */
static void shuffle(struct set *t)
{
	int how = (int)(scratch_random() % 8);
	int from = (int)(scratch_random() % KEYS);
	int n = how < 3 ? 1 : how < 6 ? 1 + (int)(scratch_random() % 60) : KEYS;
	int odds = how == 7 ? 1 : how < 6 ? 1 : 40;

	if (how == 5)
		from = scratch_random() % 2 ? 0 : KEYS - n;
	for (int i = from; i < KEYS && i < from + n; i++) {
		if (scratch_random() % (unsigned)odds)
			continue;
		switch (scratch_random() % 3) {
		case 0:
			t->version[i] = 0;
			t->local[i] = 0;
			break;
		case 1:
			t->version[i] = (unsigned char)(1 + scratch_random() % 250);
			break;
		default:
			if (t->version[i])
				t->local[i] = (unsigned char)scratch_random();
			break;
		}
	}
}

struct seen {
	const struct set *a, *b;
	int at, n;
};

static void check_side(const struct set *t, int i, const struct tree_entry *entry)
{
	struct tree_entry wanted;

	assert_true((entry != NULL) == (t->version[i] != 0));
	if (!entry)
		return;
	wanted = entry_of(t, i);
	assert_true(span_same(entry->key, wanted.key));
	assert_true(span_same(entry->shared, wanted.shared));
	assert_true(span_same(entry->local, wanted.local));
}

static int next_difference(const struct set *a, const struct set *b, int i)
{
	while (i < KEYS && a->version[i] == b->version[i] && a->local[i] == b->local[i])
		i++;
	return i;
}

static int on_difference(void *ctx, const struct tree_entry *was, const struct tree_entry *is,
	struct err *e)
{
	struct seen *d = ctx;

	(void)e;
	d->at = next_difference(d->a, d->b, d->at);
	assert_true(d->at < KEYS);
	check_side(d->a, d->at, was);
	check_side(d->b, d->at, is);
	d->at++;
	return 0;
}

static void check_diff(struct store *s, const struct set *a, const struct tree_root *ra,
	const struct set *b, const struct tree_root *rb)
{
	struct seen d = { .a = a, .b = b };

	OK(tree_diff(s, ra, rb, on_difference, &d, &e));
	assert_int_equal(next_difference(a, b, d.at), KEYS);
}

static void check_cursor(struct store *s, const struct set *t, const struct tree_root *root)
{
	AUTO_FREE(tree_cursor) c = NULL;
	struct tree_entry entry;
	struct err why;
	int from = (int)(scratch_random() % KEYS);

	OK(tree_cursor_open(&c, s, root, &e));
	for (int i = 0; i < KEYS; i++) {
		if (!t->version[i])
			continue;
		assert_int_equal(tree_cursor_next(c, &entry, &why), 1);
		check_side(t, i, &entry);
	}
	assert_int_equal(tree_cursor_next(c, &entry, &why), 0);
	assert_int_equal(tree_cursor_next(c, &entry, &why), 0);

	OK(tree_cursor_seek(c, (struct span){ names[from], name_n[from] }, &e));
	for (int i = from; i < KEYS; i++) {
		if (!t->version[i])
			continue;
		assert_int_equal(tree_cursor_next(c, &entry, &why), 1);
		check_side(t, i, &entry);
	}
	assert_int_equal(tree_cursor_next(c, &entry, &why), 0);
	for (int i = 0; i < 50; i++) {
		int k = (int)(scratch_random() % KEYS);
		int rc = tree_cursor_get(c, (struct span){ names[k], name_n[k] }, &entry, &why);

		assert_int_equal(rc, t->version[k] ? 1 : 0);
		if (rc == 1)
			check_side(t, k, &entry);
	}
}

/* Nodes of the tree of 3,000 names must stay within the cap. */
static void check_caps(struct store *s, const struct tree_root *root)
{
	struct store_sizes z;

	OK(store_sizes(s, &z, &e));
	assert_true(z.nodes >= root->count / NODE_ENTRIES_MAX);
}

static void random_edits(bool crafted)
{
	AUTO_FREE(store) s = NULL;
	struct set now = { 0 };
	struct tree_root root;

	make_names(crafted);
	scratch_empty();
	OK(store_open(&s, scratch, STORE_CREATE, &e));
	OK(store_begin(s, &e));
	build(s, &now, &root);
	assert_int_equal(root.count, 0);
	for (int round = 0; round < 250; round++) {
		struct set was = now;
		struct tree_root before = root, built;
		struct edits d = { .from = &was, .to = &now };

		shuffle(&now);
		OK(tree_update(s, &before, next_edit, &d, &root, &e));
		build(NULL, &now, &built);
		check_same(&root, &built);
		check_diff(s, &was, &before, &now, &root);
		if (round % 10 == 0)
			check_cursor(s, &now, &root);
	}
	check_caps(s, &root);
	OK(store_root_set(s, ROOT_CURRENT, &root, &e));
	OK(store_commit(s, &e));
	OK(store_verify(s, &e));
	OK(store_collect(s, NULL, &e));
	OK(store_verify(s, &e));
	check_cursor(s, &now, &root);
}

static void tree_update__gives_what_build_gives(void **state)
{
	(void)state;
	random_edits(false);
}

static void tree_update__gives_what_build_gives_at_the_cap(void **state)
{
	(void)state;
	random_edits(true);
}

static void tree_root__id_leaves_out_local_values(void **state)
{
	static struct set a, b;
	struct tree_root x, y;

	(void)state;
	make_names(false);
	for (int i = 0; i < KEYS; i++)
		a.version[i] = b.version[i] = 1;
	b.local[77] = 5;
	build(NULL, &a, &x);
	build(NULL, &b, &y);
	assert_memory_equal(x.id, y.id, DIGEST_BYTES);
	assert_memory_not_equal(x.full, y.full, DIGEST_BYTES);
	b.version[77] = 2;
	build(NULL, &b, &y);
	assert_memory_not_equal(x.id, y.id, DIGEST_BYTES);
}

/* The format is fixed: this root may never change. */
static void tree_root__is_the_one_of_the_format(void **state)
{
	static struct set a;
	struct tree_root x;
	char hex[2 * DIGEST_BYTES + 1];

	(void)state;
	make_names(false);
	for (int i = 0; i < KEYS; i++) {
		a.version[i] = (unsigned char)(1 + i % 250);
		a.local[i] = (unsigned char)(i % 3);
	}
	build(NULL, &a, &x);
	for (int i = 0; i < DIGEST_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", x.full[i]);
	assert_string_equal(hex,
		"fb63ad8ef32107d54aa3c9701809ab9b6cfe9c3c51b167c1c97a09bc728ab670");
}

static void tree_builder_add__refuses_disorder_and_giants(void **state)
{
	AUTO_FREE(tree_builder) b = tree_builder_new(NULL);
	struct tree_entry first = { .key = span_of("b") }, same = { .key = span_of("b") };
	struct tree_entry less = { .key = span_of("a") }, large = { .key = span_of("c") };

	(void)state;
	OK(tree_builder_add(b, &first, &e));
	FAILS(tree_builder_add(b, &same, &e), ERR_FORMAT);
	FAILS(tree_builder_add(b, &less, &e), ERR_FORMAT);
	large.shared = (struct span){ "", TREE_SHARED_MAX + 1 };
	FAILS(tree_builder_add(b, &large, &e), ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tree_update__gives_what_build_gives),
		cmocka_unit_test(tree_update__gives_what_build_gives_at_the_cap),
		cmocka_unit_test(tree_root__id_leaves_out_local_values),
		cmocka_unit_test(tree_root__is_the_one_of_the_format),
		cmocka_unit_test(tree_builder_add__refuses_disorder_and_giants),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
