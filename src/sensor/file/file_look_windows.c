/* Looking at one entry: opened once, by its name in a folder held open, and asked for all. */
#include <stdlib.h>

#include "core/mem.h"
#include "os/windows/security.h"
#include "os/windows/wide.h"
#include "sensor/file/file_reader_windows.h"
#include "sensor/file/file_reparse.h"

#define RECORD_MAX ((size_t)8 << 20)
#define RECORD_SENT_MAX ((size_t)256 << 10)
#define LOCK_TRIES 4
#define LOCK_WAIT_MS 40

/* Kept whatever a rule asks for: what an entity is, and where it was seen. */
#define ALWAYS_KEPT \
	(field_bit(FILE_TYPE) | field_bit(FILE_CONTENT) | field_bit(FILE_EXTENTS) | \
		field_bit(FILE_MTIME) | field_bit(FILE_CTIME) | field_bit(FILE_BTIME) | \
		field_bit(FILE_INODE) | field_bit(FILE_DEVICE) | field_bit(FILE_NLINK))
/* Fields that tests can decide on by a stat alone. */
#define STAT_FIELDS (field_bit(FILE_TYPE) | field_bit(FILE_SIZE) | field_bit(FILE_ATTRIBUTES))

struct reader *reader_new(struct station *s)
{
	struct reader *r = mem_new(sizeof *r);

	r->station = s;
	r->arena = arena_new();
	r->block = mem_grow(NULL, READ_BLOCK, 1);
	r->shared = r->local = BUF_INIT(RECORD_MAX);
	r->text = r->path = r->bytes = BUF_INIT((size_t)2 << 20);
	rights_init(&r->rights);
	sha256_set_init(&r->lanes);
	return r;
}

void reader_free(struct reader *r)
{
	struct buf *bufs[] = { &r->shared, &r->local, &r->text, &r->path, &r->bytes };

	for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
		buf_done(bufs[i]);
	rights_done(&r->rights);
	arena_free(r->arena);
	free(r->block);
	free(r);
}

bool job_selected(struct job *j)
{
	const struct selector *sel = j->reader->station->pool->selector;

	return j->sel.tentative ? sel->settle(&j->sel, &j->record) : j->sel.n > 0;
}

/* ---- results ---- */

static void put_gap(struct job *j, bool subtree)
{
	struct buf *path = &j->reader->path;

	if (!j->finding.text[0])
		return;
	buf_clear(path);
	folder_path(j->folder, j->name, path);
	task_gap(j->task, buf_span(path), subtree, j->finding.reason, j->finding.text);
}

/* It is not there, not to be told of, or a gap stands for it. */
static void put_gone(struct job *j)
{
	if (j->task->mode == LOOK_LATE || j->task->mode == LOOK_POINT)
		task_add(j->task, RESULT_GONE, j->name);
}

static void put_record(struct job *j)
{
	struct reader *r = j->reader;
	struct result *out;

	/* with what tests looked at: the same rules must hold when it is read again */
	j->record.has &= j->sel.fields | j->sel.tested | ALWAYS_KEPT;
	buf_clear(&r->shared);
	buf_clear(&r->local);
	record_encode_shared(&j->record, &r->shared);
	record_encode_local(&j->record, &r->local);
	if (r->shared.n + r->local.n > RECORD_SENT_MAX) {
		j->finding = (struct finding){ GAP_LIMIT, "its attributes are too large" };
		put_gap(j, false);
		put_gone(j);
		return;
	}
	put_gap(j, false);
	out = task_add(j->task, RESULT_PUT, j->name);
	out->shared = arena_copy(j->task->arena, buf_span(&r->shared));
	out->local = arena_copy(j->task->arena, buf_span(&r->local));
	out->unknown = j->unknown;
}

/* ---- opening ---- */

#define WANT_LOOK (FILE_READ_ATTRIBUTES | READ_CONTROL)

static HANDLE open_as(struct job *j, ACCESS_MASK access, NTSTATUS *s)
{
	HANDLE h = reader_open(j->reader, j->folder, j->name, access, 0, s);

	station_beat(j->reader->station);
	return h;
}

/* What is in use now may be free in a moment. */
static HANDLE open_patiently(struct job *j, ACCESS_MASK access, NTSTATUS *s)
{
	HANDLE h = open_as(j, access, s);

	for (unsigned i = 1; !h && nt_is_locked(*s) && i < LOCK_TRIES; i++) {
		Sleep(LOCK_WAIT_MS);
		h = open_as(j, access, s);
	}
	return h;
}

/* With as many rights as there are to be had. */
static HANDLE open_to_look(struct job *j, NTSTATUS *s)
{
	bool audit = (j->sel.fields & field_bit(FILE_SACL)) != 0 && !j->stream;
	bool rights = (j->sel.fields & FACTS_RIGHTS) != 0 && !j->stream;
	HANDLE h = NULL;

	/* One opening for all, where that goes. */
	if (j->plain && !audit && (j->sel.fields & FACTS_INSIDE) &&
		(h = open_as(j, WANT_LOOK | FILE_READ_DATA, s))) {
		j->readable = true;
		return h;
	}
	if (audit && (h = open_as(j, WANT_LOOK | ACCESS_SYSTEM_SECURITY, s)))
		j->audit = true;
	if (!h && rights && !(h = open_as(j, WANT_LOOK, s)))
		j->rights_denied = *s;
	return h ? h : open_as(j, FILE_READ_ATTRIBUTES, s);
}

static bool learn(struct job *j, NTSTATUS *s)
{
	*s = nt_facts(j->handle, &j->facts);
	if (*s)
		return false;
	j->tag = j->facts.attributes & FILE_ATTRIBUTE_REPARSE_POINT && !j->stream
			 ? nt_tag(j->handle)
			 : 0;
	j->type = j->facts.folder && !j->stream ? FILE_DIRECTORY : FILE_REGULAR;
	j->type = j->tag ? file_reparse_type(j->tag, j->type) : j->type;
	return true;
}

/* ---- looking ---- */

static void cannot(struct job *j, NTSTATUS s, const char *what)
{
	if (!nt_is_missing(s)) {
		finding_of(&j->finding, s, what);
		put_gap(j, true); /* it may have been a folder */
	}
	put_gone(j);
}

static void put_stamp(struct job *j)
{
	struct arena *a = j->task->arena;
	struct result *out;

	if (j->sel.tentative && !(j->sel.tested & ~STAT_FIELDS)) {
		facts_set(j, j->sel.tested);
		if (!job_selected(j))
			return;
	}
	facts_set(j, field_bit(FILE_SIZE));
	out = task_add(j->task, RESULT_STAMP, j->name);
	out->stamp = record_copy(a, &j->record);
}

/* Opened to be read, in place of the handle there is. */
static bool reopen(struct job *j)
{
	NTSTATUS s;
	HANDLE h = open_patiently(j, FILE_READ_DATA | FILE_READ_ATTRIBUTES, &s);

	if (!h) {
		finding_of(&j->finding, s, "unreadable now");
		j->unknown |= FACTS_INSIDE & (j->sel.fields | field_bit(FILE_CONTENT));
		return false;
	}
	CloseHandle(j->handle);
	j->handle = h;
	return learn(j, &s) && j->type == FILE_REGULAR;
}

/* False: it is not held after all. */
static bool look_inside(struct job *j)
{
	bool elsewhere = (j->facts.attributes & ATTRIBUTES_ELSEWHERE) != 0;

	if (j->type != FILE_REGULAR)
		return true;
	if (elsewhere) {
		/* Reading would fetch it: what was known of its content stays. */
		j->unknown |= FACTS_INSIDE & (j->sel.fields | field_bit(FILE_CONTENT));
		return true;
	}
	if (!((j->sel.fields | j->sel.tested) & FACTS_INSIDE)) {
		record_set_number(&j->record, FILE_CONTENT, CONTENT_NOT_ASKED);
		return true;
	}
	if (!j->readable && !reopen(j)) {
		record_set_number(&j->record, FILE_CONTENT, CONTENT_UNREADABLE);
		return true;
	}
	return content_set(j);
}

static void look_closer(struct job *j)
{
	facts_set(j, j->sel.fields | j->sel.tested);
	if (j->sel.tentative && !(j->sel.tested & ~STAT_FIELDS) && !job_selected(j)) {
		put_gone(j);
		return;
	}
	rights_set(j);
	target_set(j);
	if (!look_inside(j)) {
		put_gone(j);
		return;
	}
	if (j->sel.fields & field_bit(FILE_SIGNATURE))
		signature_set(j);
	if (job_selected(j))
		put_record(j);
	else
		put_gone(j);
}

/* Is the name on disk, in any case, the one we were asked for? folder: a handle of its own, for a
 * listing keeps to the name it was begun with. */
static bool list_spelt(struct job *j, HANDLE folder, struct span name)
{
	struct reader *r = j->reader;
	struct nt_listing l = { .folder = folder, .buffer = r->block, .size = READ_BLOCK };
	struct nt_entry x;
	NTSTATUS s;

	l.only = wide_from_text(r->arena, name, NULL);
	while (nt_next(&l, &x, &s)) {
		buf_clear(&r->text);
		wide_to_text(x.name, x.n, &r->text);
		if (span_same(buf_span(&r->text), name))
			return true;
	}
	return false;
}

/* A name in another case is another name of ours; the one on disk is told of under its own. */
static bool is_spelt(struct job *j)
{
	const char *colon = j->stream ? memchr(j->name.p, ':', j->name.n) : NULL;
	struct span name = { j->name.p, colon ? (size_t)(colon - j->name.p) : j->name.n };
	HANDLE folder;
	NTSTATUS s;
	bool spelt;

	if (name.n == 0)
		return true; /* a drive */
	for (size_t i = 0; i < name.n; i++)
		if (strchr("*?<>\"", name.p[i])) /* a pattern to the kernel, and no name */
			return false;
	folder = nt_open(j->folder->handle, L"", 0, FILE_LIST_DIRECTORY, FILE_DIRECTORY_FILE, &s);
	if (!folder)
		return true; /* the look at it says more */
	spelt = list_spelt(j, folder, name);
	CloseHandle(folder);
	return spelt;
}

/* What a rule with tests is asked about is the path as well. */
static void key_set(struct job *j)
{
	struct buf *path = &j->reader->path;

	if (!j->sel.tentative)
		return;
	buf_clear(path);
	folder_path(j->folder, j->name, path);
	j->record.key = arena_copy(j->reader->arena, buf_span(path));
}

static void look(struct job *j)
{
	bool point = j->task->mode == LOOK_POINT;
	NTSTATUS s = 0;

	if (j->name.n == 0 && j->folder->drive->held)
		j->sel = j->folder->drive->sel;
	else if (!folder_holds(j->reader->station->pool, j->folder, j->name, &j->sel))
		j->sel.n = 0;
	key_set(j);
	if (point && !is_spelt(j)) {
		put_gone(j);
		task_add(j->task, RESULT_HOLLOW, j->name);
		return;
	}
	j->handle = j->task->mode == LOOK_STAMP ? open_as(j, FILE_READ_ATTRIBUTES, &s)
						: open_to_look(j, &s);
	if (!j->handle || !learn(j, &s)) {
		cannot(j, s, "cannot look at it");
		if (point && nt_is_missing(s))
			task_add(j->task, RESULT_HOLLOW, j->name);
		return;
	}
	if (j->sel.n == 0)
		put_gone(j);
	else if (j->task->mode == LOOK_STAMP)
		put_stamp(j);
	else
		look_closer(j);
	if (point && j->type != FILE_DIRECTORY)
		task_add(j->task, RESULT_HOLLOW, j->name);
}

static void look_at(struct reader *r, struct task *t, uint32_t i)
{
	struct job j = { .reader = r,
		.task = t,
		.folder = t->folder,
		.name = t->name[i],
		.plain = t->plain[i],
		.record = { .kind = &kind_file } };

	arena_clear(r->arena);
	j.stream = t->folder->streams && j.name.n && memchr(j.name.p, ':', j.name.n);
	look(&j);
	if (j.handle)
		CloseHandle(j.handle);
	station_beat(r->station);
}

void reader_run(struct reader *r, struct task *t)
{
	struct pool *p = r->station->pool;
	struct drive *d = t->folder->drive;

	if (atomic_load(&d->hung) || pool_stopped(p))
		return;
	if (t->type == TASK_LIST) {
		list_folder(r, t);
		return;
	}
	if (t->mode == LOOK_POINT && !t->folder->handle && !list_open(r, t)) {
		for (uint32_t i = 0; i < t->n; i++) {
			task_add(t, RESULT_GONE, t->name[i]);
			if (!t->first || t->first->type != RESULT_GAP)
				task_add(t, RESULT_HOLLOW, t->name[i]);
		}
		return;
	}
	for (uint32_t i = 0; i < t->n; i++)
		if (!atomic_load(&d->hung) && !pool_stopped(p))
			look_at(r, t, i);
}
