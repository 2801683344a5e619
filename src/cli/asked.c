#include "cli/asked.h"

#include "cli/look.h"
#include "cli/paths.h"
#include "core/escape.h"
#include "entity/file.h"
#include "entity/key.h"
#include "entity/key_typed.h"

#define KEY_BYTES_MAX ((size_t)1 << 21)

struct asked {
	struct session *session;
	struct arena *arena;
	const struct scan_options *scan;
	bool *known; /* one for each path */
};

/* The path itself, or anything below it. */
static int holds(struct tree_cursor *cursor, const struct kind *k, struct span path, bool *ret,
	struct err *e)
{
	AUTO(buf) key = BUF_INIT(KEY_BYTES_MAX);
	AUTO(buf) low = BUF_INIT(KEY_BYTES_MAX);
	AUTO(buf) high = BUF_INIT(KEY_BYTES_MAX);
	struct tree_entry entry;
	int found;

	if (key_from_text(k, path, &key, e) < 0)
		return e->code;
	key_range_below(k, path, &low, &high);
	found = tree_cursor_get(cursor, buf_span(&key), &entry, e);
	if (found == 0 && tree_cursor_seek(cursor, buf_span(&low), e) < 0)
		return e->code;
	if (found == 0) {
		found = tree_cursor_next(cursor, &entry, e);
		if (found == 1 && span_compare(entry.key, buf_span(&high)) >= 0)
			found = 0;
	}
	if (found < 0)
		return found;
	*ret = found;
	return 0;
}

static int known(struct session *s, enum store_root which, struct span path, bool *ret,
	struct err *e)
{
	AUTO_FREE(tree_cursor) cursor = NULL;
	struct tree_root root;
	bool found = false;

	if (session_root(s, which, &root, e) < 0 ||
		tree_cursor_open(&cursor, s->store, &root, e) < 0)
		return e->code;
	for (const struct kind *const *k = kinds; *k && !found; k++) {
		/* a hive is no value */
		if (!(*k)->hierarchical || !key_fits(*k, path) ||
			((*k)->keys == KEYS_VALUE && key_folder(*k, path).n == 0))
			continue;
		if (holds(cursor, *k, path, &found, e) < 0)
			return e->code;
	}
	*ret = found;
	return 0;
}

int asked_known(struct session *s, struct span path, bool *ret, struct err *e)
{
	bool found = false;

	if (known(s, ROOT_APPROVED, path, &found, e) < 0 ||
		(!found && known(s, ROOT_CURRENT, path, &found, e) < 0))
		return e->code;
	*ret = found;
	return 0;
}

/* A path copied from what we printed. */
static int put_right(struct asked *x, struct span *path, bool *known, struct err *e)
{
	struct span plain;
	struct look look;

	if (*known || !key_unescaped(x->arena, *path, &plain))
		return 0;
	look_at(x->session, x->arena, *path, &look);
	if (look.found != LOOK_GONE)
		return 0;
	if (asked_known(x->session, plain, known, e) < 0)
		return e->code;
	if (*known)
		*path = plain;
	return 0;
}

int asked_new(struct asked **ret, struct session *s, struct arena *a,
	const struct scan_options *scan, struct err *e)
{
	struct asked *x = arena_get(a, sizeof *x);

	*x = (struct asked){ .session = s, .arena = a, .scan = scan };
	x->known = arena_get(a, (scan->n_below + 1) * sizeof *x->known);
	for (size_t i = 0; i < scan->n_below; i++) {
		if (asked_known(s, scan->below[i], &x->known[i], e) < 0 ||
			put_right(x, &scan->below[i], &x->known[i], e) < 0)
			return e->code;
	}
	*ret = x;
	return 0;
}

/* Nothing there is what such a rule wants to hear. */
static bool may_be_absent(const struct session *s, struct span path)
{
	struct selection held;

	if (!policy_select(s->policy, &kind_file, path, NULL, &held))
		return false;
	for (size_t i = 0; i < held.n; i++)
		if (held.rule[i]->expect == EXPECT_ABSENT)
			return true;
	return false;
}

static int refuse_link(struct span path, const struct look *look, struct err *e)
{
	AUTO(buf) shown = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) link = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) real = BUF_INIT(BUF_MAX_DEFAULT);

	key_show(NULL, path, &shown);
	look_say_link(&link, look);
	text_shell(&real, look->real);
	return err_set(e, ERR_MISSING,
		look->real_gone ? "nothing is watched at '%.140s': %.140s, and %.140s does not "
				  "exist"
				: "nothing is watched at '%.140s': %.140s: name %.140s",
		buf_text(&shown), buf_text(&link), buf_text(&real));
}

static int refuse(const struct asked *x, struct span path, struct err *e)
{
	AUTO(buf) shown = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) words = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) line = BUF_INIT(BUF_MAX_DEFAULT);
	struct look look;

	look_at(x->session, x->arena, path, &look);
	if (look.found == LOOK_LINK)
		return refuse_link(path, &look, e);
	key_show(NULL, path, &shown);
	buf_add_text(&words, "explain ");
	text_shell(&words, path);
	session_command(x->session, &line, buf_text(&words));
	return err_set(e, ERR_MISSING, "nothing is watched at '%.140s'%s; see: %.280s",
		buf_text(&shown), look.found == LOOK_GONE ? ", which does not exist" : "",
		buf_text(&line));
}

int asked_found(const struct asked *x, const struct check_summary *sum, struct err *e)
{
	for (size_t i = 0; i < x->scan->n_below; i++) {
		struct span path = x->scan->below[i];
		bool seen = false;

		/* a gap, or what should be present and is not, has been told */
		if (x->known[i] || sum->gaps || sum->missing || may_be_absent(x->session, path))
			continue;
		if (known(x->session, ROOT_CURRENT, path, &seen, e) < 0)
			return e->code;
		if (!seen)
			return refuse(x, path, e);
	}
	return 0;
}
