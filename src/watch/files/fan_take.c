/* One event: who wants to hear of it, and under which paths. */
#include <string.h>
#include <sys/fanotify.h>

#include "watch/files/canary.h"
#include "watch/files/files.h"
#include "watch/files/passing.h"

#ifndef FAN_RENAME
#define FAN_RENAME 0x10000000
#endif

#define DIRENT (FAN_CREATE | FAN_DELETE | FAN_MOVED_FROM | FAN_MOVED_TO | FAN_RENAME)
#define MOVED (FAN_MOVED_FROM | FAN_MOVED_TO | FAN_RENAME)
/* Nothing follows that would have to be waited for. */
#define SETTLED (FAN_CLOSE_WRITE | FAN_DELETE | FAN_ATTRIB | MOVED)

/* An event has no time: it happened after the queue was empty, and at most a second before we woke.
 * What is closed by an exec is told a little after it. */
static int64_t may_be_since(const struct files *f)
{
	int64_t woken = f->busy_at - 1000 * MS, empty = f->empty_at - 50 * MS;

	return woken > empty ? woken : empty;
}

static void drop_who(struct files *f, size_t i)
{
	whodunit_drop(f->batch[i].who);
	f->batch[i].who = NULL;
	for (size_t k = 0; k < WHO_PARTS; k++) {
		whodunit_drop(f->batch[i].part[k]);
		f->batch[i].part[k] = NULL;
	}
}

/* Of the process at i, or a new one. Whoever it was before it ran something else is told as that:
 * so one answer holds for what was read in one piece, and is the same one when nothing changed. */
static struct whodunit *keep_who(struct files *f, size_t i, uint32_t pid, struct whodunit *who)
{
	if (i == f->n_batch && i == BATCH_WHO) {
		fan_who_forget(f);
		i = 0;
	}
	if (i == f->n_batch) {
		f->batch[f->n_batch].who = who;
		memset(f->batch[f->n_batch++].part, 0, sizeof f->batch->part);
	} else if (whodunit_same(f->batch[i].who, who)) {
		whodunit_drop(who);
	} else {
		drop_who(f, i);
		f->batch[i].who = who;
	}
	f->batch[i].pid = pid;
	f->batch[i].block = f->block_no;
	return f->batch[i].who;
}

struct whodunit *fan_who(struct files *f, uint32_t pid, int pidfd)
{
	AUTO(buf) who = BUF_INIT((size_t)64 << 10);
	struct who_asked x = { pid, pidfd, f->time, may_be_since(f), false };
	const char *why = "not known";
	size_t i = 0;

	if (pid == FAN_NO_PID)
		return f->nobody;
	while (i < f->n_batch && f->batch[i].pid != pid)
		i++;
	if (i < f->n_batch && f->batch[i].block == f->block_no)
		return f->batch[i].who;
	if (pid == 0)
		why = "a process outside of our namespace of processes";
	else if (processes_who(f->w, &x, &who, &why))
		why = NULL;
	return keep_who(f, i, pid, whodunit_new(why ? SPAN_NONE : buf_span(&who), why));
}

void fan_who_forget(struct files *f)
{
	while (f->n_batch > 0)
		drop_who(f, --f->n_batch);
}

static struct whodunit *in_part(struct files *f, struct whodunit *who, enum who_part part)
{
	size_t i = 0;

	while (i < f->n_batch && f->batch[i].who != who)
		i++;
	if (part == WHO_TOUCHED || who->n == 0 || i == f->n_batch)
		return who;
	if (!f->batch[i].part[part])
		f->batch[i].part[part] = whodunit_part(who, part);
	return f->batch[i].part[part] ? f->batch[i].part[part] : who;
}

/* Who writes, truncates or changes attributes is heard of by that. Who is heard of as it closes
 * alone was the last one to have it open: the writer through a mapping may be another one. */
static struct whodunit *who_of(struct files *f, const struct fan_event *x, bool by_name)
{
	bool closes = x->mask & FAN_CLOSE_WRITE, acts = x->mask & (FAN_MODIFY | FAN_ATTRIB);
	enum who_part part = WHO_TOUCHED;

	if (x->mask & DIRENT)
		part = by_name ? WHO_NAMED : WHO_TOUCHED;
	else if (closes && !acts)
		part = WHO_LET_GO;
	return in_part(f, fan_who(f, (uint32_t)x->pid, x->pidfd), part);
}

static void tell_kinds(struct files *f, const struct place *p, bool below, struct whodunit *who)
{
	struct heard h = { .path = buf_span(&f->path),
		.time = f->time,
		.who = span_from(who->bytes, who->n),
		.why = who->why };

	asker_tell(&f->asker, p, below, &h);
}

static void set_path(struct files *f, const struct place *p, struct span name)
{
	buf_clear(&f->path);
	buf_add_span(&f->path, p->path);
	if (p->only || p->coarse || name.n == 0)
		return;
	if (p->path.n > 1)
		buf_add_char(&f->path, '/');
	buf_add_span(&f->path, name);
}

/* A name that is gone, or was given up, waits for nothing. */
static enum pending_rest rest_of(const struct fan_event *x, struct span name)
{
	if (!(x->mask & (FAN_DELETE | MOVED | FAN_ONDIR)) && name_is_passing(name))
		return REST_PASSING;
	return x->mask & (SETTLED | FAN_ONDIR) ? REST_SETTLED : REST_OPEN;
}

/* A folder that is made is empty, and what is made in it then raises its own events: whoever made
 * the folder need not be who filled it. Only a snapshot of a subvolume comes with all it holds. */
static bool comes_empty(struct files *f, const struct fan_event *x, const struct place *p)
{
	static const char *const types[] = { "btrfs", "bcachefs" };
	const struct mount_row *row;

	if ((x->mask & DIRENT) != FAN_CREATE)
		return false;
	if (x->pid == (int32_t)FAN_NO_PID) /* inotify: hears of what is in it from now on only */
		return false;
	row = mount_map_find(f->map, p->path);
	for (size_t i = 0; row && i < ARRAY_LEN(types); i++)
		if (span_is(row->type, types[i]))
			return false;
	return true;
}

/* The entry `name` of a folder as seen at p. */
static void at_entry(struct files *f, const struct fan_event *x, const struct place *p,
	struct span name)
{
	bool below = (x->mask & FAN_ONDIR) && (x->mask & DIRENT);
	bool wanted = p->coarse || asker_wants(&f->asker, p, name);
	bool deep = below && (wanted || asker_below(&f->asker, p, name)) && !comes_empty(f, x, p);

	if (!wanted && !deep && !p->n_patterns && !(below && p->reaches))
		return;
	set_path(f, p, name);
	if (wanted && f->named.now && !p->coarse)
		(void)linked_add_as(&f->linked, x->target, buf_span(&f->path));
	if (wanted || deep)
		files_hint(f, buf_span(&f->path), deep || p->coarse, rest_of(x, name),
			who_of(f, x, true));
	if (p->n_patterns || (below && p->reaches))
		tell_kinds(f, p, below, who_of(f, x, false));
}

/* The folder itself, as seen at p. */
static void at_folder(struct files *f, const struct fan_event *x, const struct place *p,
	struct span name)
{
	enum pending_rest rest = rest_of(x, name);
	struct whodunit *who;

	if (p->only || (!p->self && !p->n_patterns))
		return;
	set_path(f, p, SPAN_NONE);
	who = who_of(f, x, false);
	if (p->self || p->coarse)
		files_hint(f, buf_span(&f->path), p->coarse,
			rest == REST_OPEN ? REST_SETTLED : rest, who);
	if (x->mask & ~(uint64_t)DIRENT)
		tell_kinds(f, p, false, who);
}

void fan_at(struct files *f, const struct fan_event *x, const struct place *p, struct span name)
{
	bool itself = name.n == 0 || span_is(name, ".");

	if (p->only && !span_is(name, p->only))
		return;
	if (!itself)
		at_entry(f, x, p, name);
	if (itself || (x->mask & DIRENT))
		at_folder(f, x, p, name);
}

/* One side of an event: a name in a folder. True: somebody is interested in that folder. */
static bool side(struct files *f, const struct fan_event *x, struct span handle, struct span name)
{
	const struct folder *d = resolve_folder(f, handle);

	if (!d || d->n_places == 0)
		return false;
	if (watcher_is_own(f->w, (uint32_t)x->pid)) {
		++*f->n_own;
		return true;
	}
	for (size_t i = 0; i < d->n_places; i++)
		fan_at(f, x, &d->places[i], name);
	return true;
}

/* What was known of the folders at and below a folder that moved does not hold any more. */
static void forget_moved(struct files *f, struct span handle, struct span name)
{
	const struct folder *d = resolve_folder(f, handle);
	struct span path[16];
	size_t n = 0;

	if (!d)
		return;
	arena_clear(f->w->scratch);
	for (size_t i = 0; i < d->n_places && n < ARRAY_LEN(path); i++) {
		set_path(f, &d->places[i], name);
		path[n++] = arena_copy(f->w->scratch, buf_span(&f->path));
	}
	for (size_t i = 0; i < n; i++)
		folder_cache_moved(&f->cache, path[i]);
	arena_clear(f->w->scratch);
}

/* Everywhere the name is seen. */
static size_t paths_of(struct files *f, struct span folder, struct span name, struct span ret[16])
{
	const struct folder *d = resolve_folder(f, folder);
	size_t n = 0;

	for (size_t i = 0; d && i < d->n_places && n < 16; i++) {
		const struct place *p = &d->places[i];

		if (p->coarse || (p->only && !span_is(name, p->only)))
			continue;
		set_path(f, p, name);
		ret[n++] = arena_copy(f->w->scratch, buf_span(&f->path));
	}
	return n;
}

/* A file with several names, or a folder with such files below it, has another path now, or one
 * less. */
static void linked_away(struct files *f, const struct fan_event *x)
{
	struct span handle = x->mask & FAN_ONDIR ? SPAN_NONE : x->target, from[16], to[16];
	size_t n, n_to;

	if (!(x->mask & FAN_ONDIR) && !x->target.n)
		return;
	/* it uses the arena, when it is not known yet */
	(void)resolve_folder(f, x->folder);
	if (x->new_folder.n)
		(void)resolve_folder(f, x->new_folder);
	arena_clear(f->w->scratch);
	n = paths_of(f, x->folder, x->name, from);
	n_to = x->new_folder.n ? paths_of(f, x->new_folder, x->new_name, to) : 0;
	for (size_t i = 0; i < n_to; i++)
		for (size_t k = 0; k < n; k++)
			linked_moved(&f->linked, handle, from[k], to[i]);
	for (size_t k = 0; k < n; k++)
		linked_left(&f->linked, handle, from[k]);
	arena_clear(f->w->scratch);
}

/* A watched file with several names, whichever was used. */
static void by_other_name(struct files *f, const struct fan_event *x)
{
	uint32_t at = 0;
	struct span path;

	if (watcher_is_own(f->w, (uint32_t)x->pid))
		return;
	while (linked_find(&f->linked, x->target, &at, &path))
		if (asker_path(&f->asker, path))
			files_hint(f, path, false, x->mask & SETTLED ? REST_SETTLED : REST_OPEN,
				who_of(f, x, false));
}

/* The kernel does not know by which name it was written to: by handle. */
static void without_name(struct files *f, const struct fan_event *x)
{
	AUTO(buf) path = BUF_INIT((size_t)16 << 10);

	if (!(x->mask & (FAN_MODIFY | FAN_CLOSE_WRITE)) || !x->target.n ||
		watcher_is_own(f->w, (uint32_t)x->pid) || !resolve_file(f, x->target, &path) ||
		!asker_path(&f->asker, buf_span(&path)))
		return;
	files_hint(f, buf_span(&path), false, x->mask & SETTLED ? REST_SETTLED : REST_OPEN,
		who_of(f, x, false));
}

void fan_take(struct files *f, const struct fan_event *x)
{
	bool heard = false;

	if (f->canaries)
		canary_heard(f, x);
	if (f->linked.n && x->target.n)
		by_other_name(f, x);
	f->named.now = another_name(f, x);
	if (x->folder.n == 0) {
		++*f->n_filtered;
		without_name(f, x);
		return;
	}
	heard = side(f, x, x->folder, x->name);
	if (x->new_folder.n)
		heard = side(f, x, x->new_folder, x->new_name) || heard;
	if (!heard) {
		++*f->n_filtered;
		return;
	}
	if (f->linked.n && (x->new_folder.n || (x->mask & (FAN_DELETE | FAN_ONDIR)) == FAN_DELETE))
		linked_away(f, x);
	if ((x->mask & FAN_ONDIR) && (x->mask & MOVED)) {
		forget_moved(f, x->folder, x->name);
		if (x->new_folder.n)
			forget_moved(f, x->new_folder, x->new_name);
	}
}
