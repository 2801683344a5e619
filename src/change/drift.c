#include "change/drift.h"

#include "change/expect.h"
#include "change/explain.h"
#include "change/keys.h"
#include "change/pipeline.h"
#include "change/rename.h"
#include "entity/file.h"
#include "os/clock.h"

#define KEY_MAX ((size_t)1 << 20)

struct finder {
	const struct lens *lens;
	struct found *found;
	struct buf text;
};

static void finder_done(struct finder *f)
{
	buf_done(&f->text);
}

static int read_side(struct finder *f, const struct tree_entry *entry, struct record *ret,
	struct err *e)
{
	if (!entry)
		return 0;
	if (stored_key_text(entry->key, &ret->kind, &f->text, e) < 0)
		return e->code;
	ret->key = buf_span(&f->text);
	return record_decode(entry->shared, entry->local, ret, e);
}

static struct side side_of(const struct tree_entry *entry)
{
	if (!entry)
		return (struct side){ 0 };
	return (struct side){ true, entry->shared, entry->local };
}

/* One of several names of a file, that is no drift (nothing watched differs, or it is not watched)
 * and yet no longer that file's name: who puts moved files together must not take it for one that
 * stayed. */
static bool left_its_file(const struct record *before, const struct record *after)
{
	if (before->kind != &kind_file || !record_has(before, FILE_NLINK) ||
		before->v[FILE_NLINK].number < 2)
		return false;
	return !after->kind || before->v[FILE_INODE].number != after->v[FILE_INODE].number ||
	       before->v[FILE_DEVICE].number != after->v[FILE_DEVICE].number;
}

static int put_quiet(struct finder *f, struct finding *x, const struct record *before,
	const struct record *after, struct err *e)
{
	x->type = FOUND_QUIET;
	return before->kind && left_its_file(before, after) ? found_put(f->found, x, e) : 0;
}

static int each_difference(void *ctx, const struct tree_entry *was, const struct tree_entry *is,
	struct err *e)
{
	struct finder *f = ctx;
	struct record before = { 0 }, after = { 0 };
	struct finding x = { .key = is ? is->key : was->key };
	struct view view;

	if (read_side(f, was, &before, e) < 0 || read_side(f, is, &after, e) < 0)
		return e->code;
	lens_look(f->lens, is ? &after : &before, &view);
	x.was = side_of(was);
	x.is = side_of(is);
	if (!view.held)
		return put_quiet(f, &x, &before, &after, e);
	if (was && is) {
		x.type = FOUND_UPDATED;
		x.fields = expect_fields(&view, &before, &after);
		if (x.fields == 0)
			return put_quiet(f, &x, &before, &after, e);
	} else {
		x.type = is ? FOUND_CREATED : FOUND_DELETED;
		if (!expect_existence(&view))
			return put_quiet(f, &x, &before, &after, e);
	}
	return found_put(f->found, &x, e);
}

int drift_find(struct store *s, const struct lens *l, struct tree_root *ret_approved,
	struct found *ret, struct err *e)
{
	AUTO(finder) f = { .lens = l, .found = ret, .text = BUF_INIT(KEY_MAX) };
	struct tree_root approved, current;

	if (store_root_get(s, ROOT_APPROVED, &approved, e) < 0 ||
		store_root_get(s, ROOT_CURRENT, &current, e) < 0 ||
		tree_diff(s, &approved, &current, each_difference, &f, e) < 0 ||
		found_settle(ret, s, &approved, l, e) < 0)
		return e->code;
	*ret_approved = approved;
	return 0;
}

int drift_each(struct store *s, const struct policy *p,
	int (*each)(void *ctx, const struct ledger_record *r, struct err *e), void *ctx,
	struct err *e)
{
	AUTO_FREE(found) found = found_new(s);
	AUTO_FREE(arena) a = arena_new();
	struct lens lens = { .now = p };
	struct tree_root approved;
	struct ledger_record r;
	struct finding x;
	int rc;

	if (drift_find(s, &lens, &approved, found, e) < 0)
		return e->code;
	found_rewind(found);
	while ((rc = found_next(found, &x, e)) > 0) {
		arena_clear(a);
		rc = explain(a, &lens, NULL, &x, &r, e);
		if (rc > 0) {
			r.time = clock_now();
			rc = each(ctx, &r, e);
		}
		if (rc != 0)
			return rc;
	}
	return rc;
}
