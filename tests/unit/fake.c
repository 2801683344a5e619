#include "fake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../folder.h"
#include "entity/file.h"
#include "entity/key.h"

struct fake fake;
static const struct policy *policy_now;

/* ---- the host ---- */

struct fake_file *fake_put(const char *path, uint64_t type)
{
	struct fake_file *f = NULL;

	for (size_t i = 0; i < fake.n; i++)
		if (strcmp(fake.file[i].path, path) == 0)
			f = &fake.file[i];
	if (!f) {
		assert_true(fake.n < FAKE_FILES);
		f = &fake.file[fake.n++];
	}
	*f = (struct fake_file){ .type = type,
		.mode = type == FILE_DIRECTORY ? 0755 : 0644,
		.size = 10,
		.content = ++fake.last_inode,
		.inode = fake.last_inode,
		.nlink = 1,
		.mtime = ++fake.now,
		.ctime = fake.now,
		.btime = fake.now };
	snprintf(f->path, sizeof f->path, "%s", path);
	return f;
}

struct fake_file *fake_find(const char *path)
{
	for (size_t i = 0; i < fake.n; i++)
		if (strcmp(fake.file[i].path, path) == 0)
			return &fake.file[i];
	fail_msg("no fake file %s", path);
	return NULL;
}

/* All names of an inode are one file. */
static void each_name(const struct fake_file *of, void (*act)(struct fake_file *f, uint64_t n),
	uint64_t n)
{
	uint64_t inode = of->inode;

	for (size_t i = 0; i < fake.n; i++)
		if (fake.file[i].inode == inode)
			act(&fake.file[i], n);
}

static void act_write(struct fake_file *f, uint64_t content)
{
	f->content = content;
	f->size = 10 + content % 3;
	f->mtime = f->ctime = fake.now;
}

static void act_chmod(struct fake_file *f, uint64_t mode)
{
	f->mode = mode;
	f->ctime = fake.now;
}

static void act_nlink(struct fake_file *f, uint64_t nlink)
{
	f->nlink = nlink;
	f->ctime = fake.now;
}

void fake_write(const char *path, uint64_t content)
{
	fake.now++;
	each_name(fake_find(path), act_write, content);
}

void fake_chmod(const char *path, uint64_t mode)
{
	fake.now++;
	each_name(fake_find(path), act_chmod, mode);
}

static bool is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strcmp(folder, "/") == 0 ||
	       (strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0'));
}

void fake_remove(const char *path)
{
	fake_find(path);
	fake.now++;
	for (size_t i = 0; i < fake.n;) {
		struct fake_file f = fake.file[i];

		if (!is_below(f.path, path)) {
			i++;
			continue;
		}
		fake.file[i] = fake.file[--fake.n];
		if (f.nlink > 1)
			each_name(&f, act_nlink, f.nlink - 1);
	}
}

void fake_move(const char *from, const char *to)
{
	char rest[sizeof fake.file[0].path];

	fake_find(from)->ctime = ++fake.now;
	for (size_t i = 0; i < fake.n; i++) {
		struct fake_file *f = &fake.file[i];

		if (!is_below(f->path, from))
			continue;
		snprintf(rest, sizeof rest, "%s", f->path + strlen(from));
		assert_true((size_t)snprintf(f->path, sizeof f->path, "%s%s", to, rest) <
			    sizeof f->path);
	}
}

void fake_link(const char *from, const char *to)
{
	struct fake_file *f;

	fake.now++;
	each_name(fake_find(from), act_nlink, fake_find(from)->nlink + 1);
	f = fake_put(to, FILE_REGULAR);
	*f = *fake_find(from);
	snprintf(f->path, sizeof f->path, "%s", to);
}

/* ---- the sensor ---- */

static void fill_stamp(const struct fake_file *f, struct record *r)
{
	*r = (struct record){ .kind = &kind_file, .key = span_of(f->path) };
	record_set_number(r, FILE_TYPE, f->type);
	record_set_number(r, FILE_MODE, f->mode);
	record_set_number(r, FILE_UID, f->uid);
	if (f->type == FILE_REGULAR)
		record_set_number(r, FILE_SIZE, f->size);
	record_set_time(r, FILE_MTIME, f->mtime);
	record_set_time(r, FILE_CTIME, f->ctime);
	record_set_time(r, FILE_BTIME, f->btime);
	record_set_number(r, FILE_INODE, f->inode);
	record_set_number(r, FILE_DEVICE, device_make(8, 1));
	record_set_number(r, FILE_NLINK, f->nlink);
}

static void fill(const struct fake_file *f, uint64_t asked, char digest[32], struct record *r)
{
	fake.read++;
	fill_stamp(f, r);
	if (asked & field_bit(FILE_OWNER))
		record_set_bytes(r, FILE_OWNER, span_of(f->uid ? "alice" : "root"));
	if (f->type != FILE_REGULAR)
		return;
	if (f->unreadable) {
		record_set_number(r, FILE_CONTENT, f->unreadable);
	} else if (asked & field_bit(FILE_SHA256)) {
		snprintf(digest, 32, "digest of %llu", (unsigned long long)f->content);
		record_set_bytes(r, FILE_SHA256, (struct span){ digest, 32 });
		record_set_number(r, FILE_CONTENT, CONTENT_HASHED);
	} else {
		record_set_number(r, FILE_CONTENT, CONTENT_NOT_ASKED);
	}
	r->has &= ~f->unknown;
}

struct delivery {
	struct buf key, shared, local;
	struct observation o;
	const struct fake_file *file;
	struct record stamp;
};

static bool hidden(const char *path)
{
	for (size_t i = 0; i < fake.n_gaps; i++)
		if (fake.gap[i].hides &&
			(fake.gap[i].subtree ? is_below(path, fake.gap[i].path)
					     : strcmp(path, fake.gap[i].path) == 0))
			return true;
	return false;
}

static bool asked_for(const struct scan_options *o, const char *path)
{
	bool any = !o->below && !o->points;

	for (size_t i = 0; o->points && i < o->n_points; i++)
		any = any || span_is(o->points[i], path);

	for (size_t i = 0; o->below && i < o->n_below; i++) {
		char folder[200];

		snprintf(folder, sizeof folder, "%.*s", (int)o->below[i].n, o->below[i].p);
		any = any || is_below(path, folder);
	}
	return any && !hidden(path);
}

/* False: not selected. */
static bool prepare(const struct fake_file *f, struct delivery *d)
{
	char digest[32] = { 0 };
	struct selection sel;
	struct record r;
	struct err e;

	fill_stamp(f, &d->stamp);
	if (!policy_select(policy_now, &kind_file, span_of(f->path), &d->stamp, &sel))
		return false;
	fill(f, sel.fields, digest, &r);
	d->key = d->shared = d->local = BUF_INIT(1 << 16);
	assert_int_equal(key_from_text(&kind_file, span_of(f->path), &d->key, &e), 0);
	record_encode_shared(&r, &d->shared);
	record_encode_local(&r, &d->local);
	d->o = (struct observation){ buf_span(&d->key), buf_span(&d->shared), buf_span(&d->local),
		f->unknown };
	d->file = f;
	return true;
}

static int by_key(const void *x, const void *y)
{
	const struct delivery *a = x, *b = y;

	return span_compare(a->o.key, b->o.key);
}

/* Backwards, so that order is made behind the door. */
static void emit_all(struct scan *s, const struct delivery *d, size_t n)
{
	while (n-- > 0) {
		struct record r = d[n].stamp;
		struct err e;

		assert_int_equal(record_decode(d[n].o.shared, d[n].o.local, &r, &e), 0);
		scan_emit(s, &r);
	}
}

static void deliver_late(struct scan *s, const struct delivery *d)
{
	if (d->file->gone_late)
		scan_gone_late(s, d->o.key);
	else if (!d->file->never_late)
		scan_put_late(s, &d->o);
}

/* Points: in any order, and what is no folder has nothing below it. */
static void deliver_points(struct scan *s, const struct delivery *d, size_t n)
{
	const struct scan_options *o = scan_options(s);

	while (n-- > 0)
		scan_put_late(s, &d[n].o);
	for (size_t i = 0; i < o->n_points; i++) {
		AUTO(buf) key = BUF_INIT(1 << 16);
		const struct fake_file *f = NULL;
		struct err e;

		for (size_t k = 0; k < fake.n; k++)
			if (span_is(o->points[i], fake.file[k].path))
				f = &fake.file[k];
		assert_int_equal(key_from_text(&kind_file, o->points[i], &key, &e), 0);
		if (!f || f->type != FILE_DIRECTORY)
			scan_point(s, buf_span(&key), POINT_HOLLOW);
	}
}

static int fake_scan(struct scan *s, struct err *e)
{
	static struct delivery d[FAKE_FILES];
	static size_t late[FAKE_FILES];
	size_t n = 0, n_late = 0;

	for (size_t i = 0; i < fake.n_gaps; i++) {
		struct gap gap = { .kind = &kind_file,
			.key = span_of(fake.gap[i].path),
			.subtree = fake.gap[i].subtree,
			.reason = GAP_DENIED,
			.sys = EACCES,
			.text = "no" };

		scan_gap(s, &gap);
	}
	for (size_t i = 0; i < fake.n; i++)
		if (asked_for(scan_options(s), fake.file[i].path))
			n += prepare(&fake.file[i], &d[n]);
	qsort(d, n, sizeof *d, by_key);
	if (fake.emits)
		emit_all(s, d, n);
	else if (scan_options(s)->points)
		deliver_points(s, d, n);
	for (size_t i = 0; i < n && !fake.emits && !scan_options(s)->points; i++) {
		const struct delivery *x = &d[fake.disorder ? n - 1 - i : i];

		if (!scan_options(s)->trust_stamps)
			scan_put(s, &x->o);
		else if (!scan_same(s, x->o.key, &x->stamp))
			late[n_late++] = i;
		scan_progress(s, i, i);
	}
	fake.read = scan_options(s)->trust_stamps ? n_late : n;
	while (n_late-- > 0)
		deliver_late(s, &d[late[n_late]]);
	for (size_t i = 0; i < n; i++) {
		buf_done(&d[i].key);
		buf_done(&d[i].shared);
		buf_done(&d[i].local);
	}
	if (fake.during) {
		void (*during)(void *) = fake.during;

		fake.during = NULL;
		during(fake.during_ctx);
	}
	if (fake.scan_fails)
		return err_set(e, ERR_SYSTEM, "the disk is gone");
	return 0;
}

const struct sensor sensor_fake = {
	.kind = &kind_file,
	.source = "table",
	.scan = fake_scan,
	.sorted = true,
};

/* ---- the world ---- */

static const char policy_plain[] = "version: 1\n"
				   "rules:\n"
				   "  - id: all\n"
				   "    severity: low\n"
				   "    kind: file\n"
				   "    base: /\n"
				   "    exclude: [\"private/**\"]\n"
				   "    fields: [standard]\n"
				   "  - id: web\n"
				   "    severity: high\n"
				   "    kind: file\n"
				   "    base: /www\n"
				   "    fields: [mode]\n"
				   "    tags: [pci.11]\n";

int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	struct err e = { 0 };

	assert_non_null(w);
	memset(&fake, 0, sizeof fake);
	w->log = BUF_INIT(1 << 20);
	assert_int_equal(folder_make(NULL, w->dir, sizeof w->dir), 0);
	if (store_open(&w->store, w->dir, STORE_CREATE, &e) < 0)
		fail_msg("%s", e.text);
	world_policy(w, policy_plain);
	*state = w;
	return 0;
}

int world_teardown(void **state)
{
	struct world *w = *state;

	store_close(w->store);
	policy_free(w->policy);
	buf_done(&w->log);
	(void)!folder_remove(w->dir);
	free(w);
	return 0;
}

void world_policy(struct world *w, const char *yaml)
{
	AUTO(problems) problems = { 0 };
	struct policy *p = NULL;
	struct err e = { 0 };

	if (policy_load_text(&p, "test", span_of(yaml), false, &problems, &e) < 0)
		fail_msg("%s: %s", e.text, problems.n ? problems.list[0].text : "");
	policy_free(w->policy);
	w->policy = p;
	policy_now = p;
}

static void add_fields(struct buf *b, const struct kind *k, uint64_t fields)
{
	for (unsigned i = 0; i < k->n_fields; i++)
		if (fields & field_bit(i))
			buf_addf(b, " %s", k->fields[i].name);
}

static void describe_change(struct buf *b, const struct change *c)
{
	buf_addf(b, "%s ", change_type_names[c->type]);
	if (c->old_key.n)
		buf_addf(b, "%.*s > ", SPAN_ARG(c->old_key));
	buf_addf(b, "%.*s", SPAN_ARG(c->key));
	if (c->subtree)
		buf_addf(b, " +%llu", (unsigned long long)c->subtree);
	add_fields(b, c->kind, c->fields);
}

static void describe(struct buf *b, const struct ledger_record *r)
{
	switch (r->type) {
	case RECORD_CHANGE:
		describe_change(b, &r->change);
		break;
	case RECORD_GAP:
		buf_addf(b, "gap %.*s%s", SPAN_ARG(r->gap.key), r->gap.subtree ? " **" : "");
		break;
	case RECORD_DECISION:
		buf_addf(b, "decision %.*s %llu", SPAN_ARG(r->decision.what),
			(unsigned long long)r->decision.items);
		break;
	case RECORD_COVERAGE:
		buf_addf(b, "coverage %.*s, %.*s, %llu", SPAN_ARG(r->coverage.means),
			SPAN_ARG(r->coverage.scope), (unsigned long long)r->coverage.entities);
		break;
	default:
		buf_addf(b, "note %.*s", SPAN_ARG(r->note.what));
	}
	buf_add_char(b, '\n');
}

static int hear(void *ctx, const struct ledger_record *r, struct err *e)
{
	struct world *w = ctx;

	(void)e;
	if (r->type != RECORD_COVERAGE)
		describe(&w->log, r);
	return 0;
}

static bool stop(void *ctx)
{
	struct world *w = ctx;

	return w->stop_after && --w->stop_after == 0;
}

static struct check_listener listener(struct world *w)
{
	return (struct check_listener){ .ctx = w, .record = hear, .stop = stop };
}

int world_init(struct world *w, bool replace, struct err *e)
{
	struct check_listener l = listener(w);

	buf_clear(&w->log);
	return pipeline_init(w->store, w->policy, &w->options, replace, &l, &w->summary, e);
}

int world_check(struct world *w, struct err *e)
{
	struct check_listener l = listener(w);

	buf_clear(&w->log);
	return pipeline_check(w->store, w->policy, &w->options, &l, &w->summary, e);
}

void world_expect(struct world *w, const char *lines)
{
	struct err e = { 0 };

	if (world_check(w, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(buf_text(&w->log), lines);
}

int world_hear(void *buf, const struct ledger_record *r, struct err *e)
{
	(void)e;
	describe(buf, r);
	return 0;
}

void world_expect_drift(struct world *w, const char *lines)
{
	struct err e = { 0 };

	buf_clear(&w->log);
	if (drift_each(w->store, w->policy, world_hear, &w->log, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(buf_text(&w->log), lines);
}

uint64_t world_approve(struct world *w, const char *selection)
{
	AUTO_FREE(arena) a = arena_new();
	struct decision d = { .what = span_of("approve"), .reason = span_of("test") };
	struct change_selection sel;
	struct err e = { 0 };
	uint64_t items = 0;

	if (change_selection_parse(a, &selection, 1, "/", &sel, &e) < 0 ||
		approve(w->store, w->policy, &sel, &d, &items, &e) < 0)
		fail_msg("%s", e.text);
	return items;
}

struct reading {
	struct world *world;
	enum record_type type;
};

static int read_one(const struct ledger_entry *entry, void *ctx, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	struct reading *reading = ctx;
	struct ledger_record r;

	if (ledger_record_decode(entry->body, a, &r, e) < 0)
		return e->code;
	if (r.type == reading->type)
		describe(&reading->world->log, &r);
	return 0;
}

const char *world_ledger(struct world *w, enum record_type type)
{
	struct reading reading = { w, type };
	struct err e = { 0 };

	buf_clear(&w->log);
	if (ledger_read(w->store, 1, INT64_MAX, false, read_one, &reading, &e) < 0)
		fail_msg("%s", e.text);
	return buf_text(&w->log);
}

void world_roots(struct world *w, struct tree_root *approved, struct tree_root *current)
{
	struct err e = { 0 };

	assert_int_equal(store_root_get(w->store, ROOT_APPROVED, approved, &e), 0);
	assert_int_equal(store_root_get(w->store, ROOT_CURRENT, current, &e), 0);
}
