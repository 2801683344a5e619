#include "change/rename.h"

#include "change/expect.h"
#include "change/keys.h"
#include "core/cbor.h"
#include "entity/file.h"
#include "entity/key.h"
#include "store/stage.h"

#define KEY_MAX ((size_t)1 << 20)
#define INODE_BYTES 16                   /* device and inode, big-endian */
#define IDENTITY_BYTES (INODE_BYTES + 1) /* and the type */
#define NAME_GONE "gone"                 /* no name is known that stayed */
#define NAME_STAYED "stayed"             /* some name did */

struct identity {
	char bytes[IDENTITY_BYTES];
	bool born_known;
	int64_t born;
	bool linked; /* may have other names */
};

struct mover {
	struct found *found;
	struct store *store;
	const struct tree_root *base;
	const struct lens *lens;
	/* identity, last section, NUL, key → [birth time or null, linked] */
	struct stage *gone, *born;
	struct stage *taken; /* old keys that have a pair */
	struct stage *pairs; /* new key → [old key, device and inode, linked] */
	struct stage *names; /* device and inode → NAME_… */
	struct arena *arena; /* one pair */
	struct buf key, value, parent, old_parent, root;
	uint64_t folded;                /* into root, not yet written there */
	struct buf judged;              /* the folder we were asked about last … */
	const struct rule *judged_rule; /* … and what it is reported under */
};

static void mover_done(struct mover *m)
{
	stage_close(m->gone);
	stage_close(m->born);
	stage_close(m->taken);
	stage_close(m->pairs);
	stage_close(m->names);
	arena_free(m->arena);
	buf_done(&m->key);
	buf_done(&m->value);
	buf_done(&m->parent);
	buf_done(&m->old_parent);
	buf_done(&m->root);
	buf_done(&m->judged);
}

/* ---- who is it ---- */

static void put_be(char *p, uint64_t n)
{
	for (int i = 7; i >= 0; i--, n >>= 8)
		p[i] = (char)n;
}

/* 1: *ret is set; 0: nothing tells. */
static int identify(struct span key, const struct side *side, struct identity *ret, struct err *e)
{
	struct record r = { .kind = &kind_file };

	if (!side->known || key.n == 0 || (uint8_t)key.p[0] != kind_file.id)
		return 0;
	if (record_decode(side->shared, side->local, &r, e) < 0)
		return e->code;
	if (!record_has(&r, FILE_DEVICE) || !record_has(&r, FILE_INODE) ||
		!record_has(&r, FILE_TYPE))
		return 0;
	put_be(ret->bytes, r.v[FILE_DEVICE].number);
	put_be(ret->bytes + 8, r.v[FILE_INODE].number);
	ret->bytes[INODE_BYTES] = (char)r.v[FILE_TYPE].number;
	ret->born_known = record_has(&r, FILE_BTIME);
	ret->born = r.v[FILE_BTIME].time;
	ret->linked = r.v[FILE_TYPE].number != FILE_DIRECTORY &&
		      (!record_has(&r, FILE_NLINK) || r.v[FILE_NLINK].number > 1);
	return 1;
}

static int file_away(struct mover *m, struct stage **stage, struct span key,
	const struct side *side, struct err *e)
{
	struct identity id;
	int r = identify(key, side, &id, e);

	if (r <= 0)
		return r;
	if (!*stage && stage_open(stage, m->store, e) < 0)
		return e->code;
	buf_clear(&m->key);
	buf_add(&m->key, id.bytes, sizeof id.bytes);
	buf_add_span(&m->key, stored_key_name(key));
	buf_add_char(&m->key, '\0');
	buf_add_span(&m->key, key);
	buf_clear(&m->value);
	cbor_put_array(&m->value, 2);
	if (id.born_known)
		cbor_put_int(&m->value, id.born);
	else
		cbor_put_null(&m->value);
	cbor_put_bool(&m->value, id.linked);
	return stage_put(*stage, buf_span(&m->key), buf_span(&m->value), e);
}

static int sort_by_identity(struct mover *m, struct err *e)
{
	struct finding x;
	int r;

	found_rewind(m->found);
	while ((r = found_next(m->found, &x, e)) > 0) {
		if (x.type == FOUND_DELETED)
			r = file_away(m, &m->gone, x.key, &x.was, e);
		else if (x.type == FOUND_CREATED)
			r = file_away(m, &m->born, x.key, &x.is, e);
		if (r < 0)
			return r;
	}
	return r;
}

/* ---- pairs ---- */

struct candidate {
	struct span id, named, key; /* named: identity with last section */
	bool born_known, linked;
	int64_t born;
};

static int read_candidate(struct span key, struct span value, struct candidate *ret, struct err *e)
{
	struct span rest = span_from_offset(key, IDENTITY_BYTES), name;
	struct cbor c = cbor_of(value);
	uint64_t n;
	int type;

	if (!span_cut(&rest, '\0', &name) || !rest.p)
		return err_set(e, ERR_DAMAGED, "a moved file without a name");
	ret->id = (struct span){ key.p, IDENTITY_BYTES };
	ret->named = (struct span){ key.p, IDENTITY_BYTES + name.n + 1 };
	ret->key = rest;
	if (cbor_get_array(&c, &n, e) < 0 || (type = cbor_peek(&c, e)) < 0)
		return e->code;
	ret->born_known = type != CBOR_SIMPLE;
	if (ret->born_known ? cbor_get_int(&c, &ret->born, e) < 0 : cbor_get_null(&c, e) < 0)
		return e->code;
	return cbor_get_bool(&c, &ret->linked, e);
}

/* The next one whose key is not in `paired`, which may be NULL. */
static int next_candidate(struct stage *stage, struct stage *paired, struct candidate *ret,
	struct err *e)
{
	struct span key, value, unused;
	int r;

	while ((r = stage_next(stage, &key, &value, e)) > 0) {
		if (read_candidate(key, value, ret, e) < 0)
			return e->code;
		r = paired ? stage_get(paired, ret->key, &unused, e) : 0;
		if (r <= 0)
			return r < 0 ? r : 1;
	}
	return r;
}

static int add_pair(struct mover *m, const struct candidate *was, const struct candidate *is,
	struct err *e)
{
	struct span inode = { was->id.p, INODE_BYTES };

	if (!m->pairs &&
		(stage_open(&m->pairs, m->store, e) < 0 || stage_open(&m->taken, m->store, e) < 0))
		return e->code;
	buf_clear(&m->value);
	cbor_put_array(&m->value, 3);
	cbor_put_bytes(&m->value, was->key);
	cbor_put_bytes(&m->value, inode);
	cbor_put_bool(&m->value, was->linked);
	if (stage_put(m->pairs, is->key, buf_span(&m->value), e) < 0 ||
		stage_put(m->taken, was->key, span_of("y"), e) < 0)
		return e->code;
	if (!was->linked)
		return 0;
	if (!m->names && stage_open(&m->names, m->store, e) < 0)
		return e->code;
	return stage_put(m->names, inode, span_of(NAME_GONE), e);
}

/* An inode number that was given to another file has another time of birth. */
static bool same_birth(const struct candidate *was, const struct candidate *is)
{
	return !was->born_known || !is->born_known || was->born == is->born;
}

/* 1: they may be one file. What Windows calls the same, but for case, is: systems that have no time
 * of birth give that of the last change. */
static int may_be_same(struct mover *m, const struct candidate *was, const struct candidate *is,
	struct err *e)
{
	const struct kind *k;

	if (same_birth(was, is))
		return 1;
	if (stored_key_text(was->key, &k, &m->key, e) < 0 ||
		stored_key_text(is->key, &k, &m->value, e) < 0)
		return e->code;
	return key_same(k, buf_span(&m->key), buf_span(&m->value));
}

static int match(struct mover *m, bool by_name, struct err *e)
{
	struct candidate was, is;
	int a, b, order, r;

	stage_rewind(m->gone);
	stage_rewind(m->born);
	a = next_candidate(m->gone, m->taken, &was, e);
	b = next_candidate(m->born, m->pairs, &is, e);
	while (a > 0 && b > 0) {
		order = by_name ? span_compare(was.named, is.named) : span_compare(was.id, is.id);
		r = order == 0 ? may_be_same(m, &was, &is, e) : 0;
		if (r < 0 || (r > 0 && add_pair(m, &was, &is, e) < 0))
			return e->code;
		if (order <= 0)
			a = next_candidate(m->gone, m->taken, &was, e);
		if (order >= 0 && a >= 0)
			b = next_candidate(m->born, m->pairs, &is, e);
	}
	return a < 0 ? a : b < 0 ? b : 0;
}

/* ---- files with several names ---- */

/* Is this entry of the base a name that stayed? 1: yes, of *ret_inode. */
static int stayed(struct mover *m, const struct tree_entry *entry, struct identity *ret,
	struct err *e)
{
	struct side side = { true, entry->shared, entry->local };
	struct identity is;
	struct finding x;
	struct span unused;
	int r = identify(entry->key, &side, ret, e);

	if (r <= 0 || !ret->linked)
		return r < 0 ? r : 0;
	r = stage_get(m->names, (struct span){ ret->bytes, INODE_BYTES }, &unused, e);
	if (r <= 0)
		return r;
	r = found_get(m->found, entry->key, &x, e);
	if (r <= 0)
		return r < 0 ? r : 1;
	r = identify(entry->key, &x.is, &is, e);
	return r <= 0 ? r : memcmp(is.bytes, ret->bytes, INODE_BYTES) == 0;
}

/* One pass over all that was known, made only when something with several names moved. */
static int find_names_that_stayed(struct mover *m, struct err *e)
{
	AUTO_FREE(tree_cursor) cursor = NULL;
	const char id = (char)kind_file.id;
	struct tree_entry entry;
	struct identity who;
	int r;

	if (!m->names)
		return 0;
	if (tree_cursor_open(&cursor, m->store, m->base, e) < 0 ||
		tree_cursor_seek(cursor, (struct span){ &id, 1 }, e) < 0)
		return e->code;
	while ((r = tree_cursor_next(cursor, &entry, e)) > 0) {
		if ((uint8_t)entry.key.p[0] != kind_file.id)
			return 0;
		r = stayed(m, &entry, &who, e);
		if (r > 0)
			r = stage_put(m->names, (struct span){ who.bytes, INODE_BYTES },
				span_of(NAME_STAYED), e);
		if (r < 0)
			return r;
	}
	return r;
}

/* ---- folders with what is below them ---- */

static int write_folded(struct mover *m, struct err *e)
{
	struct finding x;
	int r;

	if (m->folded == 0)
		return 0;
	r = found_get(m->found, buf_span(&m->root), &x, e);
	if (r <= 0)
		return r;
	x.subtree += m->folded;
	m->folded = 0;
	return found_put(m->found, &x, e);
}

static int count_folded(struct mover *m, struct span root, struct err *e)
{
	if (!span_same(root, buf_span(&m->root))) {
		if (write_folded(m, e) < 0)
			return e->code;
		buf_clear(&m->root);
		buf_add_span(&m->root, root);
	}
	m->folded++;
	return 0;
}

/* Did x move only because its folder did? Then *ret_root, in the arena, is the topmost folder. */
static int moved_along(struct mover *m, const struct finding *x, struct span *ret_root,
	struct err *e)
{
	struct finding folder;
	int r;

	if (x->fields || !span_same(stored_key_name(x->key), stored_key_name(x->old_key)) ||
		!stored_key_parent(x->key, &m->parent) ||
		!stored_key_parent(x->old_key, &m->old_parent))
		return 0;
	r = found_get(m->found, buf_span(&m->parent), &folder, e);
	if (r <= 0)
		return r;
	if ((folder.type != FOUND_RENAMED && folder.type != FOUND_FOLDED) ||
		!span_same(folder.old_key, buf_span(&m->old_parent)))
		return 0;
	*ret_root = arena_copy(m->arena,
		folder.type == FOUND_FOLDED ? folder.root : buf_span(&m->parent));
	return 1;
}

/* What one moved entity is to the policy. */
struct meaning {
	const struct rule *was, *is; /* what its loss and its coming are reported under */
	bool absent;                 /* it should not be where it is */
};

/* Also sets the fields that differ, of those watched under both keys. */
static int find_meaning(struct mover *m, struct finding *x, struct meaning *ret, struct err *e)
{
	struct record was = { 0 }, is = { 0 };
	struct view view;
	uint64_t watched;

	if (stored_key_text(x->old_key, &was.kind, &m->key, e) < 0 ||
		stored_key_text(x->key, &is.kind, &m->value, e) < 0)
		return e->code;
	was.key = buf_span(&m->key);
	is.key = buf_span(&m->value);
	if (record_decode(x->was.shared, x->was.local, &was, e) < 0 ||
		record_decode(x->is.shared, x->is.local, &is, e) < 0)
		return e->code;
	lens_look(m->lens, &was, &view);
	ret->was = expect_rule(&view, &was, NULL, 0);
	watched = view.watched;
	lens_look(m->lens, &is, &view);
	ret->is = expect_rule(&view, NULL, &is, 0);
	view.watched &= watched;
	x->fields = expect_fields(&view, &was, &is);
	ret->absent = view.held && expect_absent(&view.selection);
	return 0;
}

/* What a moved folder is reported under; kept, for it is asked once for each entry below. */
static int judge_root(struct mover *m, struct span root, struct err *e)
{
	struct record is = { 0 };
	struct finding x;
	struct view view;
	int r;

	if (span_same(root, buf_span(&m->judged)))
		return 0;
	r = found_get(m->found, root, &x, e);
	if (r <= 0)
		return r < 0 ? r : err_set(e, ERR_DAMAGED, "a moved folder is missing");
	if (stored_key_text(root, &is.kind, &m->value, e) < 0)
		return e->code;
	is.key = buf_span(&m->value);
	if (record_decode(x.is.shared, x.is.local, &is, e) < 0)
		return e->code;
	lens_look(m->lens, &is, &view);
	m->judged_rule = expect_rule(&view, NULL, &is, 0);
	buf_clear(&m->judged);
	buf_add_span(&m->judged, root);
	return 0;
}

/* 1: it goes with the folder that x->root becomes; 0: it is a change of its own. What should not be
 * there is a finding of its own, not part of its folder's, and so is what matters more. */
static int folds(struct mover *m, struct finding *x, const struct meaning *meaning, struct err *e)
{
	int r = meaning->absent ? 0 : moved_along(m, x, &x->root, e);

	if (r <= 0)
		return r;
	if (judge_root(m, x->root, e) < 0)
		return e->code;
	if (!meaning->is || meaning->is == m->judged_rule)
		return 1;
	if (m->judged_rule && meaning->is->severity < m->judged_rule->severity)
		return 1;
	x->root = SPAN_NONE;
	return 0;
}

static int fetch_side(struct mover *m, struct span key, struct side *ret, struct err *e)
{
	struct finding x;
	const struct side *side;
	int r = found_get(m->found, key, &x, e);

	if (r <= 0)
		return r < 0 ? r : err_set(e, ERR_DAMAGED, "half of a pair is missing");
	side = x.type == FOUND_DELETED ? &x.was : &x.is;
	ret->known = true;
	ret->shared = arena_copy(m->arena, side->shared);
	ret->local = arena_copy(m->arena, side->local);
	return 0;
}

static int settle_pair(struct mover *m, struct span new_key, struct span old_key, struct err *e)
{
	struct finding left, x = { .type = FOUND_RENAMED };
	struct meaning meaning = { 0 };
	int r;

	x.key = arena_copy(m->arena, new_key);
	x.old_key = arena_copy(m->arena, old_key);
	if (fetch_side(m, x.old_key, &x.was, e) < 0 || fetch_side(m, x.key, &x.is, e) < 0 ||
		find_meaning(m, &x, &meaning, e) < 0)
		return e->code;
	if (meaning.was != meaning.is)
		return 0;
	r = folds(m, &x, &meaning, e);
	if (r > 0) {
		x.type = FOUND_FOLDED;
		r = count_folded(m, x.root, e);
	}
	if (r < 0 || found_put(m->found, &x, e) < 0)
		return e->code;
	left = (struct finding){ .type = FOUND_LEFT, .key = x.old_key, .was = x.was };
	return found_put(m->found, &left, e);
}

/* In the order of new keys a folder comes before what is below it. */
static int each_pair(void *ctx, struct span new_key, struct span value, struct err *e)
{
	struct mover *m = ctx;
	struct cbor c = cbor_of(value);
	struct span old_key, inode, kept;
	uint64_t n;
	bool linked;
	int r = 0;

	if (cbor_get_array(&c, &n, e) < 0 || cbor_get_bytes(&c, &old_key, e) < 0 ||
		cbor_get_bytes(&c, &inode, e) < 0 || cbor_get_bool(&c, &linked, e) < 0)
		return e->code;
	if (linked)
		r = stage_get(m->names, inode, &kept, e);
	if (r < 0)
		return r;
	if (r > 0 && span_is(kept, NAME_STAYED))
		return 0;
	arena_clear(m->arena);
	return settle_pair(m, new_key, old_key, e);
}

static int settle(struct mover *m, struct err *e)
{
	if (sort_by_identity(m, e) < 0)
		return e->code;
	if (!m->gone || !m->born)
		return 0;
	/* Of several names of one file, those that kept their last section belong together. */
	if (match(m, true, e) < 0 || match(m, false, e) < 0)
		return e->code;
	if (!m->pairs)
		return 0;
	if (find_names_that_stayed(m, e) < 0 || stage_each(m->pairs, each_pair, m, e) < 0)
		return e->code;
	return write_folded(m, e);
}

int found_settle(struct found *f, struct store *s, const struct tree_root *base,
	const struct lens *l, struct err *e)
{
	AUTO(mover) m = { .found = f, .store = s, .base = base, .lens = l };

	m.arena = arena_new();
	m.key = m.value = m.parent = m.old_parent = m.root = m.judged = BUF_INIT(KEY_MAX);
	return settle(&m, e);
}
