#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/mem.h"
#include "host/package.h"
#include "os/clock.h"
#include "sensor/file/file_exec.h"
#include "sensor/file/file_job.h"

/* O_NONBLOCK: a FIFO that took the file's place does not hold us up, nor does a lease. One section
 * and O_NOFOLLOW in a folder held open: nothing can lead us elsewhere. */
#define OPEN_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
#define TRIES 3
#define LEASE_WAIT_NS 20000000
#define SIZE_CAP ((uint64_t)64 << 30)
/* A file that says it is empty (procfs, FUSE), or grows: how far it is followed. */
#define GROWTH ((uint64_t)16 << 20)
/* After a large file, entries are handed out singly for a while: more of its kind may follow. */
#define CAREFUL 64
#ifndef RWF_DONTCACHE
#define RWF_DONTCACHE 0x80 /* Linux 6.14: pages that this read brings in are dropped again */
#endif

/* File systems whose time stamps come from this machine's own clock. */
static const uint32_t local_magic[] = {
	EXT4_SUPER_MAGIC,
	XFS_SUPER_MAGIC,
	BTRFS_SUPER_MAGIC,
	TMPFS_MAGIC,
	F2FS_SUPER_MAGIC,
	OVERLAYFS_SUPER_MAGIC,
	RAMFS_MAGIC,
};

static bool is_local(const struct folder *f)
{
	for (size_t i = 0; i < ARRAY_LEN(local_magic); i++)
		if (local_magic[i] == f->magic)
			return true;
	return false;
}

static int64_t ns_of(struct statx_timestamp t)
{
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool same(const struct statx *a, const struct statx *b)
{
	return a->stx_size == b->stx_size && ns_of(a->stx_mtime) == ns_of(b->stx_mtime) &&
	       ns_of(a->stx_ctime) == ns_of(b->stx_ctime) && a->stx_ino == b->stx_ino;
}

int content_open(const struct folder *f, struct span name)
{
	int fd = openat(f->fd, name.p, OPEN_FLAGS | O_NOATIME);

	if (fd < 0 && errno == EPERM) /* O_NOATIME is for owners and root */
		fd = openat(f->fd, name.p, OPEN_FLAGS);
	return fd;
}

static unsigned lane_of(const struct reader *r, const struct job *j)
{
	return (unsigned)(j - r->lane);
}

/* ---- reading ---- */

static ssize_t read_some(struct job *j, char *p, size_t n)
{
	struct iovec v = { p, n };
	ssize_t got = -1;

	if (!j->cached) {
		got = preadv2(j->fd, &v, 1, -1, RWF_DONTCACHE);
		if (got >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL))
			return got;
		j->cached = true;
	}
	return read(j->fd, p, n);
}

/* Fill the room there is; less is the end of the file. */
static ssize_t fill(struct reader *r, struct job *j, char *to, size_t room)
{
	size_t n = 0;

	while (n < room) {
		ssize_t got = read_some(j, to + n, room - n);

		reader_beat(r);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	reader_count(r, n);
	return (ssize_t)n;
}

static void feed(struct reader *r, struct job *j, const char *p, size_t n, bool last)
{
	j->read += n;
	digests_add(j->digests, p, n);
	sha256_feed(&r->lanes, lane_of(r, j), p, n, last);
	j->stage = last ? STAGE_LAST : STAGE_READING;
}

/* ---- endings ---- */

static void end_without(struct reader *r, struct job *j, enum file_content state,
	const struct finding *f)
{
	j->unknown |= FACTS_INSIDE & (j->sel.fields | field_bit(FILE_CONTENT));
	record_set_number(&j->record, FILE_CONTENT, state);
	job_finish(r, j, f);
}

static void unreadable(struct reader *r, struct job *j, int sys)
{
	struct finding f = { reason_of(sys), sys, "cannot read it" };

	end_without(r, j, CONTENT_UNREADABLE, &f);
}

static void rest(void *ctx, size_t n)
{
	reader_beat(ctx);
	reader_count(ctx, n);
}

/* Not to be read whole: its state says so, with a digest of its layout instead. */
static void too_large(struct reader *r, struct job *j)
{
	uint64_t cap = r->c->options->size_cap ? r->c->options->size_cap : SIZE_CAP;
	struct finding f = { 0 };
	uint8_t md[32];

	record_set_number(&j->record, FILE_CONTENT, CONTENT_TOO_LARGE);
	if (digest_extents(j->fd, j->before.stx_size, cap, j->until, rest, r, md))
		record_set_bytes(&j->record, FILE_EXTENTS,
			arena_copy(j->arena, span_from(md, sizeof md)));
	else
		f = (struct finding){ GAP_LIMIT, 0, "takes too long to read" };
	job_finish(r, j, &f);
}

static void digest_known(struct reader *r, struct job *j)
{
	uint8_t md[SHA256_SIZE];

	sha256_digest(&r->lanes, lane_of(r, j), md);
	record_set_bytes(&j->record, FILE_SHA256, arena_copy(j->arena, span_from(md, sizeof md)));
	digests_finish(j->digests, &j->record, j->arena);
	record_set_number(&j->record, FILE_CONTENT, j->read ? CONTENT_HASHED : CONTENT_EMPTY);
	atomic_fetch_add_explicit(&r->c->tally->files_read, 1, memory_order_relaxed);
	job_finish(r, j, NULL);
}

static void start(struct reader *r, struct job *j)
{
	j->read = 0;
	sha256_start(&r->lanes, lane_of(r, j));
	digests_start(j->digests);
}

/* No more time for it: its own is over, or that of all large ones. */
static bool is_over(struct reader *r, struct job *j)
{
	int64_t now = clock_monotonic(), spent = now - j->since;

	j->since = now;
	if (!r->c->options->large_ms || j->before.stx_size <= LARGE_BYTES)
		return now > j->until;
	return atomic_fetch_sub(&r->c->tally->large_left, spent) <= spent;
}

static void next_part(struct reader *r, struct job *j)
{
	uint64_t most = j->before.stx_size + GROWTH;
	size_t room = r->block;
	char *to = j->block;
	bool end;
	ssize_t n;

	if (r->roomy && j->before.stx_size > LARGE) {
		if (!j->large)
			j->large = mem_grow(NULL, READ_LARGE, 1);
		to = j->large;
		room = READ_LARGE;
	}
	n = fill(r, j, to, room);
	end = n < (ssize_t)room;
	if (n < 0)
		unreadable(r, j, errno);
	else if (is_over(r, j))
		end_without(r, j, CONTENT_TOO_LARGE,
			&(struct finding){ GAP_LIMIT, 0, "takes too long to read" });
	else if (!end && j->read + (uint64_t)n > most && !is_local(j->folder))
		end_without(r, j, CONTENT_TOO_LARGE,
			&(struct finding){ GAP_LIMIT, 0, "goes on far beyond its size" });
	else
		feed(r, j, to, (size_t)n, end || j->read + (uint64_t)n > most);
}

void job_facts(struct reader *r, struct job *j, const struct statx *x, uint64_t fields)
{
	const struct package *owner;

	facts_from_statx(&j->record, x, fields, r->c->names);
	/* not without an owner: it cannot be told; taken out again before it is delivered */
	for (uint64_t set = r->c->nameless & fields; set; set &= set - 1)
		record_set_bytes(&j->record, (unsigned)__builtin_ctzll(set), span_of("?"));
	/* Some rule asked: then for all, as a transaction may be about any of them. */
	if (!r->c->host)
		return;
	buf_clear(&r->text);
	folder_path(j->folder, j->name, &r->text);
	owner = host_path_owner(r->c->host, buf_span(&r->text));
	if (owner)
		record_set_bytes(&j->record, FILE_PACKAGE, owner->key);
}

/* It changed while it was read: the digest would be of bytes that never stood together. */
static void again(struct reader *r, struct job *j, const struct statx *now)
{
	if (++j->tries == TRIES || lseek(j->fd, 0, SEEK_SET) < 0) {
		end_without(r, j, CONTENT_UNSTABLE,
			&(struct finding){ GAP_UNSTABLE, 0, "kept changing while it was read" });
		return;
	}
	job_facts(r, j, now, j->sel.fields);
	j->before = *now;
	start(r, j);
	next_part(r, j);
}

/* The last part is digested: was the file at rest all the time? */
static void conclude(struct reader *r, struct job *j)
{
	struct statx now;

	if (j->settled) {
		digest_known(r, j);
		return;
	}
	if (statx(j->fd, "", AT_EMPTY_PATH, FACTS_STATX, &now) < 0)
		unreadable(r, j, errno);
	else if (!same(&j->before, &now) ||
		 (j->read != now.stx_size && (now.stx_size || is_local(j->folder))))
		again(r, j, &now);
	else
		digest_known(r, j);
}

void content_turn(struct reader *r)
{
	unsigned idle = sha256_run(&r->lanes);

	for (unsigned i = 0; i < SHA256_LANES; i++) {
		struct job *j = &r->lane[i];

		if (!(idle & 1u << i))
			continue;
		reader_at(r, j->folder, j->name);
		if (j->stage == STAGE_LAST)
			conclude(r, j);
		else if (j->stage == STAGE_READING)
			next_part(r, j);
	}
}

/* ---- beginnings ---- */

static bool attributes(struct reader *r, struct job *j)
{
	struct facts_source from = { j->fd, -1, NULL };
	int sys = 0;

	j->unknown |= facts_xattrs(&j->record, &from, j->sel.fields, r->c->names, j->arena, &sys) |
		      facts_ioctls(&j->record, j->fd, j->sel.fields, j->arena, &sys);
	if (!j->unknown)
		return true;
	look_by_name(r, j, j->unknown | FACTS_INSIDE,
		&(struct finding){ reason_of(sys), sys, "cannot read attributes" });
	return false;
}

static void open_failed(struct reader *r, struct job *j)
{
	struct finding f = { reason_of(errno), errno, "cannot open it" };

	switch (errno) {
	case ENOENT:
		job_vanish(r, j);
		return;
	case ELOOP: /* no regular file any more */
	case EISDIR:
	case ENXIO:
	case ENODEV:
	case ENOTDIR:
		look_other(r, j);
		return;
	case EWOULDBLOCK:
		f = (struct finding){ GAP_UNSTABLE, EWOULDBLOCK, "a lease on it is held" };
		break;
	default:
		break;
	}
	look_by_name(r, j, FACTS_INSIDE | FACTS_IOCTL, &f);
}

static bool open_it(struct reader *r, struct job *j)
{
	for (unsigned i = 0; j->fd < 0 && i < TRIES; i++) {
		j->fd = content_open(j->folder, j->name);
		if (j->fd >= 0 || errno != EWOULDBLOCK)
			break;
		reader_sleep(LEASE_WAIT_NS);
	}
	if (j->fd < 0)
		open_failed(r, j);
	return j->fd >= 0;
}

/* With the first block in hand (n bytes of it), decide how to go on. began: before it was read. */
static void go_on(struct reader *r, struct job *j, size_t n, int64_t began)
{
	const struct statx *x = &j->before;
	uint64_t cap = r->c->options->size_cap ? r->c->options->size_cap : SIZE_CAP;

	j->since = clock_monotonic();
	j->until = j->since + walk_file_ns(r->c->walk);
	j->digests = digests_new(j->sel.fields);
	/* Read to its end at its full size, and not touched since before it was opened: at rest. */
	j->settled = n < r->block && n == x->stx_size && is_local(j->folder) &&
		     ns_of(x->stx_ctime) < began && ns_of(x->stx_mtime) < began;
	start(r, j);
	if (x->stx_size > cap) {
		too_large(r, j);
	} else if (j->settled) {
		close(j->fd);
		j->fd = -1;
		feed(r, j, j->block, n, true);
	} else if (n == r->block) {
		j->cached =
			x->stx_size <= LARGE; /* dropping pages again costs more than it saves */
		r->spread = !j->cached;
		if (r->spread)
			atomic_store_explicit(&r->c->walk->careful, CAREFUL, memory_order_relaxed);
		feed(r, j, j->block, n, false);
	} else if (lseek(j->fd, 0, SEEK_SET) < 0) {
		unreadable(r, j, errno);
	} else {
		next_part(r, j);
	}
}

void content_look(struct reader *r, struct job *j)
{
	int64_t began = clock_coarse();
	bool inside = (j->sel.fields & FACTS_INSIDE) != 0;
	ssize_t n = 0;
	int sys = 0;

	if (!open_it(r, j))
		return;
	j->cached = false;
	if (inside) {
		n = read(j->fd, j->block, r->block);
		sys = errno;
	}
	if (statx(j->fd, "", AT_EMPTY_PATH, FACTS_STATX, &j->before) < 0) {
		job_gap_only(r, j,
			&(struct finding){ reason_of(errno), errno, "cannot look at it" });
		return;
	}
	if (!S_ISREG(j->before.stx_mode)) { /* something else took its place */
		close(j->fd);
		j->fd = -1;
		look_other(r, j);
		return;
	}
	job_facts(r, j, &j->before, j->sel.fields);
	if (!attributes(r, j))
		return;
	if (n < 0) {
		unreadable(r, j, sys);
		return;
	}
	reader_count(r, (size_t)n);
	if (j->sel.fields & field_bit(FILE_EXECUTABLE)) {
		char kind[FILE_EXEC_HEAD + 16];
		struct buf text = { .p = kind, .cap = sizeof kind, .max = sizeof kind };

		file_exec_kind(span_from(j->block, (size_t)n), &text);
		if (text.n)
			record_set_bytes(&j->record, FILE_EXECUTABLE,
				arena_copy(j->arena, buf_span(&text)));
	}
	if (!(j->sel.fields & FACTS_CONTENT)) {
		record_set_number(&j->record, FILE_CONTENT, CONTENT_NOT_ASKED);
		job_finish(r, j, NULL);
	} else if (!job_selected(r, j)) {
		job_finish(r, j, NULL);
	} else {
		go_on(r, j, (size_t)n, began);
	}
}
