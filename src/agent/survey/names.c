#include "agent/survey/names.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "entity/file.h"
#include "entity/key.h"
#include "entity/record.h"
#include "store/tree.h"

static int order(const void *a, const void *b)
{
	const struct file_identity *x = a, *y = b;

	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

/* 1: it is one of them. */
static int is_sought(const struct tree_entry *entry, const struct file_identity *of, size_t n,
	struct err *e)
{
	struct record r = { .kind = &kind_file };
	struct file_identity x;

	if (record_decode(entry->shared, entry->local, &r, e) < 0)
		return e->code;
	if (!record_has(&r, FILE_INODE) || !record_has(&r, FILE_DEVICE))
		return 0;
	x = (struct file_identity){ r.v[FILE_DEVICE].number, r.v[FILE_INODE].number };
	return bsearch(&x, of, n, sizeof x, order) != NULL;
}

static int go_through(struct store *s, const struct file_identity *of, size_t n,
	int (*found)(void *ctx, struct span path, struct err *e), void *ctx, struct err *e)
{
	AUTO_FREE(tree_cursor) cursor = NULL;
	AUTO(buf) path = BUF_INIT(BUF_MAX_DEFAULT);
	const char first = (char)kind_file.id;
	struct tree_entry entry;
	struct tree_root root;
	const struct kind *k;
	int rc;

	if (store_root_get(s, ROOT_CURRENT, &root, e) < 0 ||
		tree_cursor_open(&cursor, s, &root, e) < 0 ||
		tree_cursor_seek(cursor, span_from(&first, 1), e) < 0)
		return e->code;
	while ((rc = tree_cursor_next(cursor, &entry, e)) > 0) {
		if (entry.key.n == 0 || entry.key.p[0] != first)
			return 0;
		rc = is_sought(&entry, of, n, e);
		if (rc == 0)
			continue;
		buf_clear(&path);
		if (rc < 0 || key_to_text(entry.key, &k, &path, e) < 0 ||
			found(ctx, buf_span(&path), e) < 0)
			return e->code;
	}
	return rc;
}

int names_tell(struct store *s, struct span sought,
	int (*found)(void *ctx, struct span path, struct err *e), void *ctx, struct err *e)
{
	size_t n = sought.n / sizeof(struct file_identity);
	struct file_identity *of = mem_array(n, sizeof *of);
	int rc;

	memcpy(of, sought.p, n * sizeof *of);
	qsort(of, n, sizeof *of, order);
	rc = go_through(s, of, n, found, ctx, e);
	free(of);
	return rc;
}
