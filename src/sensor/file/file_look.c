#include "sensor/file/file_look.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "os/clock.h"
#include "sensor/file/file_frame.h"
#include "sensor/file/file_job.h"

#define TRIES 16
#define RECORD_MAX ((size_t)8 << 20)
#define WINDOW_BYTES (2 << 20) /* asked for ahead of a file's turn when the cache is cold */

/* Kept whatever a rule asks for: what an entity is, and where it was seen. */
#define ALWAYS_KEPT \
	(field_bit(FILE_PACKAGE) | field_bit(FILE_TYPE) | field_bit(FILE_CONTENT) | \
		field_bit(FILE_EXTENTS) | field_bit(FILE_MTIME) | field_bit(FILE_CTIME) | \
		field_bit(FILE_BTIME) | field_bit(FILE_INODE) | field_bit(FILE_DEVICE) | \
		field_bit(FILE_NLINK))

struct reader *reader_new(struct look_common *c, struct station *station, size_t block, bool roomy)
{
	struct reader *r = mem_new(sizeof *r);

	r->c = c;
	r->station = station;
	r->block = block;
	r->roomy = roomy;
	r->shared = r->local = r->text = BUF_INIT(RECORD_MAX);
	sha256_set_init(&r->lanes);
	for (unsigned i = 0; i < SHA256_LANES; i++) {
		r->lane[i].arena = arena_new();
		r->lane[i].block = mem_grow(NULL, block, 1);
	}
	r->plain.arena = arena_new();
	return r;
}

void reader_free(struct reader *r)
{
	for (unsigned i = 0; i < SHA256_LANES; i++) {
		arena_free(r->lane[i].arena);
		free(r->lane[i].block);
		free(r->lane[i].large);
	}
	arena_free(r->plain.arena);
	buf_done(&r->shared);
	buf_done(&r->local);
	buf_done(&r->text);
	free(r);
}

/* ---- where we are, and how fast we may go ---- */

void reader_beat(struct reader *r)
{
	uint32_t n = atomic_load_explicit(&r->station->beat, memory_order_relaxed);

	atomic_store_explicit(&r->station->beat, n + 1, memory_order_relaxed);
}

void reader_at(struct reader *r, const struct folder *f, struct span name)
{
	struct station *s = r->station;

	if (r->at != f) {
		s->folder_n = (uint32_t)(f->path_n < STATION_PATH ? f->path_n : STATION_PATH);
		memcpy(s->folder, f->path, s->folder_n);
		r->at = f;
	}
	s->name_n = (uint32_t)(name.n < sizeof s->name ? name.n : sizeof s->name);
	if (s->name_n)
		memcpy(s->name, name.p, s->name_n);
	atomic_store_explicit(&s->busy, 1, memory_order_release);
	reader_beat(r);
}

void reader_rest(struct reader *r)
{
	r->at = NULL; /* the folder may be gone, and another one be at its address */
	atomic_store_explicit(&r->station->busy, 0, memory_order_release);
}

void reader_sleep(int64_t ns)
{
	struct timespec t = { ns / 1000000000, ns % 1000000000 };

	nanosleep(&t, NULL);
}

void reader_count(struct reader *r, size_t n)
{
	uint64_t rate = r->c->options->limit_rate;

	atomic_fetch_add_explicit(&r->c->tally->bytes, n, memory_order_relaxed);
	while (atomic_load_explicit(&r->c->hold, memory_order_relaxed)) {
		reader_beat(r);
		reader_sleep(5000000);
	}
	if (rate) {
		int64_t cost = (int64_t)((double)n * 1e9 / (double)rate), now = clock_monotonic();
		int64_t free_at = atomic_fetch_add(&r->c->rate_free, cost);

		if (free_at < now - 100000000) /* unused time is not saved up */
			atomic_store(&r->c->rate_free, now);
		for (int64_t left = free_at - now; left > 0; left -= 100000000) {
			reader_beat(r);
			reader_sleep(left < 100000000 ? left : 100000000);
		}
	}
}

/* ---- results ---- */

static void put_frame(struct batch *b, const struct frame_head *head, struct span name,
	struct span shared, struct span local)
{
	uint32_t n = (uint32_t)(sizeof *head + name.n + shared.n + local.n);

	buf_add(&b->frames, &n, sizeof n);
	buf_add(&b->frames, head, sizeof *head);
	buf_add_span(&b->frames, name);
	buf_add_span(&b->frames, shared);
	buf_add_span(&b->frames, local);
}

/* The entry is done; what its frames are begins at `from` in the batch. Clears the job. */
static void done(struct reader *r, struct job *j)
{
	struct batch *b = j->batch;

	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
	digests_free(j->digests);
	j->digests = NULL;
	j->stage = STAGE_FREE;
	j->batch = NULL;
	if (--b->pending == 0)
		walk_done(r->c->walk, b);
}

static void put_gap(struct reader *r, struct job *j, bool subtree, const struct finding *f)
{
	buf_clear(&r->text);
	folder_path(j->folder, j->name, &r->text);
	frame_gap(&j->batch->frames, buf_span(&r->text), subtree, f->reason, f->sys, f->text);
}

enum gap_reason reason_of(int sys)
{
	if (sys == EACCES || sys == EPERM)
		return GAP_DENIED;
	if (sys == EMFILE || sys == ENFILE || sys == ENOMEM)
		return GAP_LIMIT;
	return GAP_IO;
}

static void gone(struct job *j)
{
	struct batch *b = j->batch;
	struct frame_head head = { .type = FRAME_GONE,
		.below = b->below,
		.name_n = (uint32_t)b->key.n };

	if (b->node)
		return; /* it will not be in the listing of the next scan, or is not in this one */
	put_frame(b, &head, buf_span(&b->key), SPAN_NONE, SPAN_NONE);
}

/* Encode the record as the entry's frame. The frames of an entry are together in its piece, so they
 * are put only here and in the gap before, when nothing of another entry can come between. */
static void put_record(struct reader *r, struct job *j)
{
	struct frame_head head = { .type = FRAME_ENTRY,
		.unknown = j->unknown | (r->c->nameless & j->sel.fields) };
	struct span name = j->name;

	buf_clear(&r->shared);
	buf_clear(&r->local);
	j->record.has &= ~r->c->nameless;
	record_encode_shared(&j->record, &r->shared);
	record_encode_local(&j->record, &r->local);
	if (r->shared.n + r->local.n > FRAME_RECORD_MAX) {
		put_gap(r, j, false,
			&(struct finding){ GAP_LIMIT, 0, "its attributes are too large" });
		gone(j);
		return;
	}
	if (!j->batch->node) {
		head.type = FRAME_LATE;
		head.below = j->batch->below;
		name = buf_span(&j->batch->key);
	}
	head.name_n = (uint32_t)name.n;
	head.shared_n = (uint32_t)r->shared.n;
	head.local_n = (uint32_t)r->local.n;
	put_frame(j->batch, &head, name, buf_span(&r->shared), buf_span(&r->local));
}

/* Rules whose tests the record fails fall away; false when none is left. */
bool job_selected(struct reader *r, struct job *j)
{
	return j->sel.tentative ? r->c->selector->settle(&j->sel, &j->record) : j->sel.n > 0;
}

void job_finish(struct reader *r, struct job *j, const struct finding *f)
{
	struct piece *piece = &j->batch->piece[j->index];

	piece->at = (uint32_t)j->batch->frames.n;
	if (!job_selected(r, j)) {
		gone(j);
	} else {
		/* with what tests looked at: the same rules must hold when it is read again */
		j->record.has &= j->sel.fields | j->sel.tested | ALWAYS_KEPT;
		if (f && f->text)
			put_gap(r, j, false, f);
		put_record(r, j);
	}
	piece->n = (uint32_t)(j->batch->frames.n - piece->at);
	done(r, j);
}

void job_gap_only(struct reader *r, struct job *j, const struct finding *f)
{
	struct piece *piece = &j->batch->piece[j->index];

	piece->at = (uint32_t)j->batch->frames.n;
	if (f)
		put_gap(r, j, true, f); /* it may have been a folder */
	gone(j);
	piece->n = (uint32_t)(j->batch->frames.n - piece->at);
	done(r, j);
}

void job_vanish(struct reader *r, struct job *j)
{
	job_gap_only(r, j, NULL);
}

/* ---- looking ---- */

static void facts_by_name(struct reader *r, struct job *j, const struct statx *x, uint64_t *unknown,
	struct finding *f)
{
	struct facts_source from = { -1, j->folder->fd, j->name.p };
	uint64_t missed;
	int sys = 0;

	job_facts(r, j, x, j->sel.fields);
	missed = facts_xattrs(&j->record, &from, j->sel.fields, r->c->names, j->arena, &sys);
	if (missed && !f->text)
		*f = (struct finding){ reason_of(sys), sys, "cannot read extended attributes" };
	*unknown |= missed;
}

/* Gone, or not to be looked at: what it was is not lost by that. */
static void cannot_stat(struct reader *r, struct job *j, int sys)
{
	struct finding f = { reason_of(sys), sys, "cannot look at it" };

	if (sys == ENOENT || sys == ENOTDIR)
		job_vanish(r, j);
	else
		job_gap_only(r, j, &f);
}

void look_by_name(struct reader *r, struct job *j, uint64_t unknown, const struct finding *f)
{
	struct finding found = f ? *f : (struct finding){ 0 };
	struct statx x;

	if (statx(j->folder->fd, j->name.n ? j->name.p : ".", AT_SYMLINK_NOFOLLOW, FACTS_STATX,
		    &x) < 0) {
		cannot_stat(r, j, errno);
		return;
	}
	facts_by_name(r, j, &x, &unknown, &found);
	j->unknown = unknown & (j->sel.fields | field_bit(FILE_CONTENT));
	if (S_ISREG(x.stx_mode))
		record_set_number(&j->record, FILE_CONTENT,
			unknown & FACTS_CONTENT ? CONTENT_UNREADABLE : CONTENT_NOT_ASKED);
	job_finish(r, j, &found);
}

/* Between two of our looks something else took its place: look again, a few times. */
static void became_another(struct reader *r, struct job *j)
{
	static const struct finding f = { GAP_UNSTABLE, 0,
		"became something else while it was looked at" };

	if (++j->tries > TRIES) {
		job_gap_only(r, j, &f);
		return;
	}
	j->record.has = 0;
	j->unknown = 0;
	look_other(r, j);
}

static void look_folder(struct reader *r, struct job *j)
{
	const char *name = j->name.n ? j->name.p : ".";
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	struct finding f = { 0 };
	struct facts_source from;
	struct statx x;
	int sys = 0;

	j->fd = openat(j->folder->fd, name, flags | O_NOATIME);
	if (j->fd < 0 && errno == EPERM)
		j->fd = openat(j->folder->fd, name, flags);
	if (j->fd < 0 && (errno == ENOTDIR || errno == ELOOP)) {
		became_another(r, j);
		return;
	}
	if (j->fd < 0 || statx(j->fd, "", AT_EMPTY_PATH, FACTS_STATX, &x) < 0) {
		f = (struct finding){ reason_of(errno), errno, "cannot open the folder" };
		look_by_name(r, j, FACTS_IOCTL, errno == ENOENT ? NULL : &f);
		return;
	}
	from = (struct facts_source){ j->fd, -1, NULL };
	job_facts(r, j, &x, j->sel.fields);
	j->unknown = facts_xattrs(&j->record, &from, j->sel.fields, r->c->names, j->arena, &sys) |
		     facts_ioctls(&j->record, j->fd, j->sel.fields, j->arena, &sys);
	if (j->unknown)
		f = (struct finding){ reason_of(sys), sys, "cannot read attributes" };
	job_finish(r, j, &f);
}

static bool read_target(struct job *j)
{
	size_t cap = 4096;

	for (;; cap *= 4) { /* Linux ends targets at PATH_MAX; a hostile FUSE need not */
		char *target = arena_get(j->arena, cap);
		ssize_t n = readlinkat(j->folder->fd, j->name.p, target, cap);

		if (n < 0)
			return false;
		if ((size_t)n < cap || cap >= (size_t)1 << 20) {
			record_set_bytes(&j->record, FILE_TARGET, span_from(target, (size_t)n));
			return true;
		}
	}
}

void look_other(struct reader *r, struct job *j)
{
	struct finding f = { 0 };
	uint64_t unknown = 0;
	struct statx x;

	if (statx(j->folder->fd, j->name.n ? j->name.p : ".", AT_SYMLINK_NOFOLLOW, FACTS_STATX,
		    &x) < 0) {
		cannot_stat(r, j, errno);
		return;
	}
	if (S_ISDIR(x.stx_mode)) {
		look_folder(r, j);
		return;
	}
	facts_by_name(r, j, &x, &unknown, &f);
	if (S_ISREG(x.stx_mode)) { /* a folder or link a moment ago; the next look reads it */
		unknown |= FACTS_INSIDE | FACTS_IOCTL;
		f = (struct finding){ GAP_UNSTABLE, 0,
			"became a regular file while it was looked at" };
		record_set_number(&j->record, FILE_CONTENT, CONTENT_UNSTABLE);
	}
	if (S_ISLNK(x.stx_mode) && (j->sel.fields & field_bit(FILE_TARGET)) && !read_target(j)) {
		if (errno == EINVAL || errno == ENOENT) {
			became_another(r, j);
			return;
		}
		f = (struct finding){ reason_of(errno), errno, "cannot read the link" };
		unknown |= field_bit(FILE_TARGET);
	}
	j->unknown = unknown & (j->sel.fields | field_bit(FILE_CONTENT));
	job_finish(r, j, &f);
}

static int64_t ns_of(struct statx_timestamp t)
{
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Fields that tests can decide on by a stat alone. */
#define STAT_FIELDS \
	(field_bit(FILE_TYPE) | field_bit(FILE_MODE) | field_bit(FILE_UID) | field_bit(FILE_GID) | \
		field_bit(FILE_OWNER) | field_bit(FILE_GROUP) | field_bit(FILE_SIZE))

/* Where nothing but tests decides, attributes are worth a look as well: what fails is in no tree,
 * so the collector would ask for it every time. */
static bool fails_tests(struct reader *r, struct job *j, const struct statx *x)
{
	bool all_open = j->sel.tentative == (UINT64_C(1) << j->sel.n) - 1;
	uint64_t decidable = STAT_FIELDS | (all_open ? FACTS_XATTR : 0);
	int sys;

	if (!j->sel.tentative || (j->sel.tested & ~decidable))
		return false;
	job_facts(r, j, x, j->sel.tested);
	if (j->sel.tested & FACTS_XATTR) {
		struct facts_source from = { -1, j->folder->fd, j->name.n ? j->name.p : "." };

		if (facts_xattrs(&j->record, &from, j->sel.tested, r->c->names, j->arena, &sys))
			return false; /* the closer look says why */
	}
	if (!job_selected(r, j))
		return true;
	j->record.has = 0; /* whoever looks closer begins anew */
	return false;
}

/* Nothing but tests that a stat or the attributes decide, and it fails them: never opened. */
static bool falls_away(struct reader *r, struct job *j)
{
	struct statx x;

	return j->sel.tentative == (UINT64_C(1) << j->sel.n) - 1 &&
	       !(j->sel.tested & ~(STAT_FIELDS | FACTS_XATTR)) &&
	       statx(j->folder->fd, j->name.p, AT_SYMLINK_NOFOLLOW, FACTS_STATX, &x) == 0 &&
	       fails_tests(r, j, &x);
}

/* Only what one statx tells: the collector knows whether that is news. */
static void look_stamp(struct reader *r, struct job *j)
{
	struct frame_head head = { .type = FRAME_STAMP, .name_n = (uint32_t)j->name.n };
	struct piece *piece = &j->batch->piece[j->index];
	struct frame_stamp s = { 0 };
	struct statx x;

	if (statx(j->folder->fd, j->name.n ? j->name.p : ".", AT_SYMLINK_NOFOLLOW, FACTS_STATX,
		    &x) < 0) {
		look_other(r, j); /* it knows what that means */
		return;
	}
	if (fails_tests(r, j, &x)) {
		job_vanish(r, j);
		return;
	}
	s.size = x.stx_size;
	s.inode = x.stx_ino;
	s.device = device_make(x.stx_dev_major, x.stx_dev_minor);
	s.rdev = device_make(x.stx_rdev_major, x.stx_rdev_minor);
	s.mtime = ns_of(x.stx_mtime);
	s.ctime = ns_of(x.stx_ctime);
	s.btime = ns_of(x.stx_btime);
	s.has_btime = (x.stx_mask & STATX_BTIME) != 0;
	s.mode = x.stx_mode & 07777u;
	s.uid = x.stx_uid;
	s.gid = x.stx_gid;
	s.nlink = x.stx_nlink;
	s.type = (uint8_t)facts_type(x.stx_mode);
	head.shared_n = sizeof s;
	piece->at = (uint32_t)j->batch->frames.n;
	put_frame(j->batch, &head, j->name, span_from(&s, sizeof s), SPAN_NONE);
	piece->n = (uint32_t)(j->batch->frames.n - piece->at);
	done(r, j);
}

static struct job *free_lane(struct reader *r)
{
	for (;;) {
		for (unsigned i = 0; i < SHA256_LANES; i++)
			if (r->lane[i].stage == STAGE_FREE)
				return &r->lane[i];
		content_turn(r);
	}
}

/* One entry: `fd` is open already when it was opened ahead, else -1. */
static void look(struct reader *r, struct batch *b, uint32_t i, struct span name,
	const struct name *n, int fd)
{
	bool stamp = r->c->options->trust_stamps && b->node;
	unsigned char type = n->type, flags = n->flags;
	struct selection sel;
	struct job *j;

	if (!(flags & NAME_SELECTED))
		sel = (struct selection){ 0 }; /* only on the way to something below it */
	else if (b->folder->uniform)
		sel = b->folder->sel;
	else if (!(name.n ? r->c->selector->name(b->folder->scope, name, &sel)
			  : r->c->selector->root(r->c->selector->policy, &kind_file, &sel)))
		sel = (struct selection){ 0 };
	j = !stamp && type == DT_REG && (sel.fields & FACTS_INSIDE) ? free_lane(r) : &r->plain;
	arena_clear(j->arena);
	j->batch = b;
	j->index = i;
	j->folder = b->folder;
	j->name = name;
	j->sel = sel;
	j->record.kind = &kind_file;
	j->record.has = 0;
	j->record.key = SPAN_NONE;
	if (sel.tentative) { /* tests match the path again */
		buf_clear(&r->text);
		folder_path(b->folder, name, &r->text);
		j->record.key = arena_copy(j->arena, buf_span(&r->text));
	}
	j->unknown = 0;
	j->fd = fd;
	j->tries = 0;
	reader_at(r, b->folder, name);
	if (sel.n == 0 || (!stamp && type == DT_REG && falls_away(r, j)))
		job_vanish(r, j);
	else if (stamp)
		look_stamp(r, j);
	else if (type == DT_REG)
		content_look(r, j);
	else
		look_other(r, j);
}

static int by_inode(const void *a, const void *b, void *names)
{
	const struct name *n = names;
	uint64_t x = n[*(const uint32_t *)a].inode, y = n[*(const uint32_t *)b].inode;

	return x < y ? -1 : x > y;
}

/* Cold cache: ask the disk for the whole batch, in the order it likes, before waiting for any of
 * it. */
static void look_wide(struct reader *r, struct batch *b)
{
	const struct listing *l = b->node->names;
	uint32_t order[BATCH_MAX], n = b->n, first = b->first;
	int fd[BATCH_MAX];

	for (uint32_t i = 0; i < n; i++)
		order[i] = first + i;
	qsort_r(order, n, sizeof *order, by_inode, l->name);
	for (uint32_t i = 0; i < n; i++) {
		fd[i] = -1;
		if (l->name[order[i]].type != DT_REG || r->c->options->trust_stamps ||
			!(l->name[order[i]].flags & NAME_SELECTED))
			continue;
		reader_at(r, b->folder, listing_name(l, order[i]));
		fd[i] = content_open(b->folder, listing_name(l, order[i]));
		if (fd[i] >= 0)
			posix_fadvise(fd[i], 0, WINDOW_BYTES, POSIX_FADV_WILLNEED);
	}
	for (uint32_t i = 0; i < n; i++)
		look(r, b, order[i] - first, listing_name(l, order[i]), &l->name[order[i]], fd[i]);
}

void reader_batch(struct reader *r, struct batch *b)
{
	const struct listing *l;
	uint32_t n = b->n, first = b->first;

	r->at = NULL;
	if (!b->node) {
		look(r, b, 0, b->name, &(struct name){ .type = b->type, .flags = NAME_SELECTED },
			-1);
		return;
	}
	l = b->node->names;
	if (r->c->walk->wide) {
		look_wide(r, b);
		return;
	}
	r->spread = false;
	for (uint32_t i = 0; i < n; i++) {
		if (r->spread && r->c->walk->threads > 1) {
			walk_split(r->c->walk, b, i);
			if (b->pending == 0) /* what was begun is over already */
				walk_done(r->c->walk, b);
			return;
		}
		look(r, b, i, listing_name(l, first + i), &l->name[first + i], -1);
	}
}

bool reader_idle(const struct reader *r)
{
	for (unsigned i = 0; i < SHA256_LANES; i++)
		if (r->lane[i].stage != STAGE_FREE)
			return false;
	return true;
}

void reader_settle(struct reader *r)
{
	while (!reader_idle(r))
		content_turn(r);
}
