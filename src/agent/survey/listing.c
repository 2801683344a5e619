#include "agent/survey/listing.h"

#include "agent/survey/polled.h"
#include "entity/file.h"
#include "entity/key.h"
#include "store/tree.h"

#define DEPTH_MAX 128 /* what lies deeper is not polled */

struct listing {
	const struct listing_listener *to;
	struct arena *arena;
	unsigned linked, n_polled[SEVERITY_N];
	struct file_to_poll {
		struct file_to_poll *next;
		struct span path;
		int64_t ctime;
	} * polled[SEVERITY_N];
	/* The scopes of the folder we are in and of those above it; entries come folder by folder,
	 * and most folders share what is above them. */
	struct selector selector;
	struct scope *scope[DEPTH_MAX + 1];
	size_t end[DEPTH_MAX + 1]; /* of folder: where this one's path ends */
	unsigned depth;            /* scopes there are */
	struct buf folder;
	bool deep;
};

static void listing_done(struct listing *l)
{
	while (l->depth > 0)
		l->selector.leave(l->scope[--l->depth]);
	buf_done(&l->folder);
	arena_freep(&l->arena);
}

/* How many scopes are of folders that this path lies in, or is. */
static unsigned shared_with(const struct listing *l, struct span path)
{
	unsigned n = l->depth ? 1 : 0;

	while (n < l->depth) {
		size_t end = l->end[n];

		if (path.n < end || memcmp(path.p, l->folder.p, end) != 0 ||
			(path.n > end && path.p[end] != '/'))
			break;
		n++;
	}
	return n;
}

static void go_up(struct listing *l, unsigned depth)
{
	while (l->depth > depth)
		l->selector.leave(l->scope[--l->depth]);
}

/* path: "/etc/ssh", or empty for "/". */
static void go_to(struct listing *l, struct span path)
{
	unsigned shared = shared_with(l, path);
	struct span rest, name;
	size_t at;

	go_up(l, shared);
	l->deep = false;
	if (l->depth == 0) {
		l->scope[0] = l->selector.top(l->selector.policy, &kind_file);
		l->end[l->depth++] = 0;
	}
	at = l->end[l->depth - 1];
	buf_clear(&l->folder);
	buf_add_span(&l->folder, path);
	if (at == path.n)
		return;
	rest = span_from_offset(path, at + 1);
	while (span_cut(&rest, '/', &name)) {
		struct scope *above = l->scope[l->depth - 1];

		if (l->depth > DEPTH_MAX) {
			l->deep = true;
			return;
		}
		at += 1 + name.n;
		l->scope[l->depth] = above ? l->selector.enter(above, name, false) : NULL;
		l->end[l->depth++] = at;
	}
}

static bool is_held(struct listing *l, struct span path, struct selection *ret)
{
	const char *slash = memrchr(path.p, '/', path.n);
	struct span folder = { path.p, slash ? (size_t)(slash - path.p) : 0 };
	struct scope *scope;

	if (!slash || key_is_windows(&kind_file, path))
		return false;
	if (path.n == 1)
		return l->selector.root(l->selector.policy, &kind_file, ret);
	if (l->depth == 0 || !span_same(folder, buf_span(&l->folder)))
		go_to(l, folder);
	scope = l->deep ? NULL : l->scope[l->depth - 1];
	return scope && l->selector.name(scope, span_from_offset(path, folder.n + 1), ret);
}

/* Only what a severe rule watches the flags of. */
static void poll_it(struct listing *l, const struct record *r)
{
	const uint64_t silent = field_bit(FILE_FLAGS) | field_bit(FILE_PROJECT);
	struct selection sel = { 0 };
	const struct rule *rule;
	struct file_to_poll *f;

	if (!record_has(r, FILE_CTIME) || !is_held(l, r->key, &sel))
		return;
	rule = selection_rule(&sel, silent);
	if (!rule || rule->severity < SEVERITY_HIGH || !l->selector.settle(&sel, r))
		return;
	rule = selection_rule(&sel, silent);
	if (!rule || !rule->real_time || rule->severity < SEVERITY_HIGH ||
		l->n_polled[rule->severity] >= POLLED_MAX)
		return;
	f = arena_get(l->arena, sizeof *f);
	f->path = arena_copy(l->arena, r->key);
	f->ctime = r->v[FILE_CTIME].time;
	f->next = l->polled[rule->severity];
	l->polled[rule->severity] = f;
	l->n_polled[rule->severity]++;
}

static int list_entry(struct listing *l, const struct tree_entry *entry, struct buf *path,
	struct err *e)
{
	struct record r = { .kind = &kind_file };
	const struct kind *k;

	buf_clear(path);
	if (record_decode(entry->shared, entry->local, &r, e) < 0 ||
		key_to_text(entry->key, &k, path, e) < 0)
		return e->code;
	r.key = buf_span(path);
	poll_it(l, &r);
	if (!file_has_names(&r) || l->linked == LINKED_MAX)
		return 0;
	l->linked++;
	return l->to->linked(l->to->ctx, r.key, e);
}

static int tell_polled(struct listing *l, struct err *e)
{
	unsigned told = 0;

	for (unsigned s = SEVERITY_N; s-- > 0;)
		for (struct file_to_poll *f = l->polled[s]; f && told < POLLED_MAX; f = f->next) {
			if (l->to->polled(l->to->ctx, f->path, f->ctime, e) < 0)
				return e->code;
			told++;
		}
	return 0;
}

int listing_tell(struct store *s, const struct policy *p, const struct listing_listener *to,
	struct err *e)
{
	AUTO(listing)
	l = { .to = to,
		.arena = arena_new(),
		.selector = policy_selector(p),
		.folder = BUF_INIT(BUF_MAX_DEFAULT) };
	AUTO(buf) path = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO_FREE(tree_cursor) cursor = NULL;
	const char first = (char)kind_file.id;
	struct tree_entry entry;
	struct tree_root root;
	int rc;

	if (store_root_get(s, ROOT_CURRENT, &root, e) < 0 ||
		tree_cursor_open(&cursor, s, &root, e) < 0 ||
		tree_cursor_seek(cursor, span_from(&first, 1), e) < 0)
		return e->code;
	while ((rc = tree_cursor_next(cursor, &entry, e)) > 0) {
		if (entry.key.n == 0 || entry.key.p[0] != first)
			break;
		if (list_entry(&l, &entry, &path, e) < 0)
			return e->code;
	}
	return rc < 0 ? rc : tell_polled(&l, e);
}
