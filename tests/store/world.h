/* A small state that tests change and damage: a tree of numbered entries, a ledger, values. */
#ifndef TESTS_STORE_WORLD_H
#define TESTS_STORE_WORLD_H

#include "core/cbor.h"
#include "scratch.h"

enum { WORLD_ENTRIES = 300 };

struct world_edits {
	unsigned version;
	int at, step;
};

static inline int world_next(void *ctx, struct tree_entry *ret, bool *ret_delete, struct err *e)
{
	static char key[32], shared[64];
	struct world_edits *w = ctx;
	int n, m;

	(void)e;
	if (w->at >= WORLD_ENTRIES)
		return 0;
	n = snprintf(key, sizeof(key), "entry %05d", w->at);
	m = snprintf(shared, sizeof(shared), "value %u of entry %d", w->version, w->at);
	*ret = (struct tree_entry){ { key, (size_t)n }, { shared, (size_t)m }, { key, (size_t)n } };
	*ret_delete = false;
	w->at += w->step;
	return 1;
}

/* The current root that version n of the world has, all its history included. */
static inline void world_root(unsigned version, struct tree_root *ret)
{
	AUTO_FREE(tree_builder) b = tree_builder_new(NULL);

	for (int i = 0; i < WORLD_ENTRIES; i++) {
		struct world_edits w = { .version = 0, .at = i, .step = 1 };
		struct tree_entry entry;
		bool gone;
		struct err why;

		for (unsigned v = version; v > 0; v--) {
			if (i % (int)(v + 6) == 0) {
				w.version = v;
				break;
			}
		}
		assert_int_equal(world_next(&w, &entry, &gone, &why), 1);
		OK(tree_builder_add(b, &entry, &e));
	}
	OK(tree_builder_finish(b, ret, &e));
}

/* One transaction: to version n from the one before (or from nothing). */
static inline int world_step(struct store *s, unsigned version, struct err *e)
{
	struct world_edits w = { .version = version, .step = version ? (int)version + 6 : 1 };
	AUTO(buf) body = BUF_INIT(64);
	char text[32];
	struct tree_root root;
	int rc = store_begin(s, e);

	if (rc < 0)
		return rc;
	snprintf(text, sizeof(text), "%u", version);
	if (version) {
		rc = store_root_get(s, ROOT_CURRENT, &root, e);
	} else {
		AUTO_FREE(tree_builder) b = tree_builder_new(s);

		rc = tree_builder_finish(b, &root, e);
	}
	if (rc == 0)
		rc = tree_update(s, &root, world_next, &w, &root, e);
	cbor_put_uint(&body, version);
	for (int i = 0; i < 3 && rc == 0; i++)
		rc = ledger_append(s, buf_span(&body), NULL, e);
	if (rc == 0)
		rc = store_root_set(s, ROOT_CURRENT, &root, e);
	if (rc == 0 && version == 0)
		rc = store_root_set(s, ROOT_APPROVED, &root, e);
	if (rc == 0)
		rc = store_value_set(s, "version", span_of(text), e);
	if (rc == 0)
		return store_commit(s, e);
	store_rollback(s);
	return rc;
}

/* Prove the store, and that all of it is of one version; returns which. */
static inline unsigned world_check(struct store *s)
{
	AUTO(buf) text = BUF_INIT(64);
	uint8_t head[DIGEST_BYTES];
	struct tree_root root, wanted;
	uint64_t seq = 0;
	unsigned version;

	OK(store_verify(s, &e));
	OK(store_value_get(s, "version", &text, &e));
	version = (unsigned)strtoul(buf_text(&text), NULL, 10);
	OK(ledger_last(s, &seq, head, &e));
	assert_int_equal(seq, 3 * (version + 1));
	OK(store_root_get(s, ROOT_CURRENT, &root, &e));
	world_root(version, &wanted);
	assert_memory_equal(root.full, wanted.full, DIGEST_BYTES);
	return version;
}

static inline void world_make(void)
{
	AUTO_FREE(store) s = NULL;

	scratch_empty();
	OK(store_open(&s, scratch, STORE_CREATE, &e));
	OK(world_step(s, 0, &e));
}

#endif
