#include "sensor/file/file_walk.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/mem.h"
#include "entity/file.h"
#include "sensor/file/file_frame.h"

/* How far work may run ahead of the first entry that is not finished. */
#define AHEAD_BYTES ((size_t)4 << 20)
#define AHEAD_ENTRIES 24576u
#define AHEAD_NAMES ((size_t)6 << 20)
#define BELL_BYTES ((size_t)128 << 10) /* waking the collector costs more than a few frames */

static struct node *node_new(enum node_type type, struct folder *f)
{
	struct node *n = mem_new(sizeof *n);

	n->type = type;
	n->folder = f;
	n->notice = BUF_INIT((size_t)1 << 20);
	f->refs++;
	return n;
}

static void node_free(struct walk *w, struct node *n)
{
	if (n->names && n->names->refs == 1)
		w->name_bytes -= listing_bytes(n->names);
	listing_drop(n->names);
	folder_drop(w, n->folder);
	buf_done(&n->notice);
	free(n->after);
	free(n);
}

static void insert_behind(struct node *at, struct node *n)
{
	n->next = at->next;
	at->next = n;
}

struct folder *folder_new(struct folder *parent, struct span name)
{
	size_t n = parent ? parent->path_n + 1 + name.n : 0;
	struct folder *f = mem_new(sizeof *f + n + 1);

	f->fd = -1;
	f->path_n = n;
	if (!parent)
		return f;
	f->parent = parent;
	parent->refs++;
	memcpy(f->path, parent->path, parent->path_n);
	f->path[parent->path_n] = '/';
	memcpy(f->path + parent->path_n + 1, name.p, name.n);
	f->mount = parent->mount;
	f->magic = parent->magic;
	f->followed = parent->followed;
	return f;
}

void folder_drop(struct walk *w, struct folder *f)
{
	while (f && --f->refs == 0) {
		struct folder *parent = f->parent;

		if (f->fd >= 0)
			close(f->fd);
		w->selector->leave(f->scope);
		free(f);
		f = parent;
	}
}

void folder_release(struct walk *w, struct folder *f)
{
	pthread_mutex_lock(&w->lock);
	folder_drop(w, f);
	pthread_mutex_unlock(&w->lock);
}

void folder_path(const struct folder *f, struct span name, struct buf *ret)
{
	buf_add(ret, f->path, f->path_n);
	buf_add_char(ret, '/');
	buf_add_span(ret, name);
}

/* ---- paths that limit the walk: asked for, to be left alone, to resume behind ---- */

static bool below(struct span path, struct span folder)
{
	return span_starts(path, folder) && path.n > folder.n && path.p[folder.n] == '/';
}

static bool lies_in(struct span path, struct span folder, struct span name)
{
	return path.n == folder.n + 1 + name.n && below(path, folder) &&
	       memcmp(path.p + folder.n + 1, name.p, name.n) == 0;
}

bool walk_avoids(const struct walk *w, const struct folder *f, struct span name)
{
	struct span folder = { f->path, f->path_n };

	if (!f->guarded)
		return false;
	for (size_t i = 0; i < w->avoid.n; i++)
		if (lies_in(w->avoid.path[i], folder, name))
			return true;
	return false;
}

bool walk_asks(const struct walk *w, const struct folder *f, struct span name,
	enum folder_part *ret)
{
	struct span folder = { f->path, f->path_n };
	bool wanted = false;

	*ret = PART_ABOVE;
	if (f->part == PART_INSIDE) {
		*ret = PART_INSIDE;
		return true;
	}
	for (size_t i = 0; i < w->options->n_below; i++) {
		struct span b = w->options->below[i];

		if (!below(b, folder))
			continue;
		b = span_from_offset(b, folder.n + 1);
		if (span_same(b, name)) {
			*ret = PART_INSIDE;
			return true;
		}
		wanted |= b.n > name.n && span_starts(b, name) && b.p[name.n] == '/';
	}
	return wanted;
}

/* The resume key behind f's own sections and the NUL that follows them: "ssh" NUL NUL "config" when
 * it lies deeper, NUL "config" (NUL NUL "etc" in the topmost folder) when it lies directly in f. */
static struct span resume_rest(const struct walk *w, const struct folder *f)
{
	struct span key = span_from_offset(w->resume, 1); /* behind the kind */

	return f->path_n == 0 ? key : span_from_offset(key, f->path_n);
}

/* Set what a sub-folder inherits; false: it is not to be gone into at all. */
static bool place(struct walk *w, struct folder *child, struct span name)
{
	struct folder *f = child->parent;
	struct span own = { child->path, child->path_n };

	if (!walk_asks(w, f, name, &child->part))
		return false;
	for (size_t i = 0; i < w->avoid.n; i++)
		child->guarded |= below(w->avoid.path[i], own);
	if (f->on_resume) {
		struct span rest = resume_rest(w, f), step;

		child->on_resume =
			span_cut(&rest, '\0', &step) && step.n == name.n && span_same(step, name);
	}
	return true;
}

/* Where to begin in a folder that an earlier crew was cut off in or below. */
static void resume_at(struct walk *w, struct node *n)
{
	struct span rest, step;

	if (!n->folder->on_resume || n->after)
		return;
	rest = resume_rest(w, n->folder);
	if (rest.n && rest.p[0] != '\0' && span_cut(&rest, '\0', &step)) {
		n->descend = n->from = true; /* the entries here are through */
		n->after = mem_copy(step.p, step.n);
	} else if (!n->descend) {
		rest = span_from_offset(rest, n->folder->path_n ? 1 : 2);
		n->after = mem_copy(rest.p, rest.n);
	}
}

/* ---- taking work ---- */

static struct batch *batch_get(struct walk *w)
{
	struct batch *b = w->spare;

	if (b) {
		w->spare = b->next;
		b->next = NULL;
		b->passed = 0;
		b->done = false;
		buf_clear(&b->frames);
		return b;
	}
	b = mem_new(sizeof *b);
	b->frames = BUF_INIT((size_t)256 << 20);
	return b;
}

static void batch_put(struct walk *w, struct batch *b)
{
	if (b->frames.cap > ((size_t)64 << 10))
		buf_done(&b->frames); /* an odd large one: do not keep it */
	b->next = w->spare;
	w->spare = b;
}

struct batch *walk_batch(struct walk *w)
{
	struct batch *b;

	pthread_mutex_lock(&w->lock);
	b = batch_get(w);
	pthread_mutex_unlock(&w->lock);
	b->node = NULL;
	b->first = 0;
	b->n = b->pending = 1;
	return b;
}

/* A few entries at a time, so that taking costs little; where files are large, so few that they
 * spread over the threads. */
static uint32_t portion(struct walk *w, uint32_t left)
{
	uint32_t least = atomic_load_explicit(&w->careful, memory_order_relaxed) ? 1 : 8;
	uint32_t most = w->wide ? 32 : 16;
	uint32_t take = left / (2 * w->threads);

	if (least == 1)
		atomic_fetch_sub_explicit(&w->careful, 1, memory_order_relaxed);
	take = take < least ? least : take > most ? most : take;
	return take < left ? take : left;
}

static struct batch *hand_out(struct walk *w, struct node *n)
{
	struct batch *b = batch_get(w);
	uint32_t take = portion(w, n->names->n - n->next_name);

	b->node = n;
	b->folder = n->folder;
	b->first = n->next_name;
	b->n = b->pending = take;
	n->next_name += take;
	if (n->last)
		n->last->next = b;
	else
		n->first = b;
	n->last = b;
	w->ahead_entries += take;
	return b;
}

/* Turn a CHILDREN node into the LIST of its next sub-folder, with the other ones behind it; false,
 * and the node has nothing left to hand out, when there is none. */
static bool next_child(struct walk *w, struct node *n)
{
	while (n->next_name < n->names->n) {
		uint32_t i = n->next_name++;
		struct span name = listing_name(n->names, i);
		struct folder *child, *f = n->folder;
		struct node *rest;

		if (!(n->names->name[i].flags & NAME_FOLDER))
			continue;
		child = folder_new(f, name);
		child->refs = 1;
		child->followed = (unsigned char)(f->followed + (n->names->name[i].type == DT_LNK));
		child->scope = w->selector->enter(f->scope, name, false);
		if (!child->scope || !place(w, child, name)) {
			folder_drop(w, child);
			continue;
		}
		rest = node_new(NODE_CHILDREN, f);
		rest->names = n->names;
		rest->next_name = n->next_name;
		insert_behind(n, rest);
		n->type = NODE_LIST;
		n->names = NULL;
		n->folder = child; /* takes over the reference */
		folder_drop(w, f);
		return true;
	}
	n->type = NODE_ENTRIES; /* all handed out: passed over, then dropped */
	return false;
}

/* Hand out what comes first in order. Earliest first keeps results from piling up behind a gap. */
static enum work hand_out_from(struct walk *w, struct node *n, bool head_only,
	struct node **ret_node, struct batch **ret_batch)
{
	for (; n; n = head_only ? NULL : n->next) {
		if (n->type == NODE_CHILDREN && !next_child(w, n))
			continue;
		if (n->type == NODE_ENTRIES && n->next_name < n->names->n) {
			*ret_batch = hand_out(w, n);
			return WORK_ENTRIES;
		}
		if (n->type == NODE_LIST && !n->taken) {
			if (w->name_bytes >= AHEAD_NAMES && n != w->head)
				return WORK_NONE;
			resume_at(w, n);
			n->taken = true;
			*ret_node = n;
			return WORK_LIST;
		}
	}
	return WORK_NONE;
}

static bool is_full(const struct walk *w)
{
	return w->ahead_bytes > AHEAD_BYTES || w->ahead_entries > AHEAD_ENTRIES;
}

static bool all_handed_out(const struct node *n)
{
	return n->type == NODE_ENTRIES && n->next_name >= n->names->n;
}

enum work walk_claim(struct walk *w, struct node **ret_node, struct batch **ret_batch)
{
	enum work work;
	bool full;

	pthread_mutex_lock(&w->lock);
	while (w->open && all_handed_out(w->open))
		w->open = w->open->next;
	/* What the first unfinished place waits for must go on, however much is waiting behind it.
	 */
	full = is_full(w);
	work = hand_out_from(w, full ? w->head : w->open, full, ret_node, ret_batch);
	if (work == WORK_NONE && w->ended)
		work = WORK_END;
	pthread_mutex_unlock(&w->lock);
	return work;
}

/* ---- giving work back ---- */

/* Put what follows from a listing behind its node: the rest of a huge folder, then its sub-folders.
 */
static void follow_up(struct walk *w, struct node *n, struct listing *l)
{
	struct node *more = NULL, *down = NULL;

	if (l->bound) {
		n->folder->huge = true;
		more = node_new(NODE_LIST, n->folder);
		more->descend = n->descend;
		more->after = mem_text(l->bound);
	} else if (n->folder->huge && !n->descend) {
		down = node_new(NODE_LIST, n->folder); /* the names are gone: list again */
		down->descend = true;
	}
	if (!n->folder->huge && !n->descend && l->folders) {
		down = node_new(NODE_CHILDREN, n->folder);
		down->names = l;
		l->refs++;
	}
	if (down)
		insert_behind(n, down);
	if (more)
		insert_behind(n, more);
	w->name_bytes += listing_bytes(l);
}

void walk_listed(struct walk *w, struct node *n, struct listing *l)
{
	pthread_mutex_lock(&w->lock);
	if (!l) {
		l = mem_new(sizeof *l);
		l->refs = 1;
	}
	follow_up(w, n, l);
	n->names = l;
	n->type = n->descend ? NODE_CHILDREN : NODE_ENTRIES;
	n->next_name = 0;
	pthread_mutex_unlock(&w->lock);
	bell_ring(w->crew, 2); /* entries for one, sub-folders for another */
	walk_pass(w);
}

void walk_done(struct walk *w, struct batch *b)
{
	pthread_mutex_lock(&w->lock);
	b->done = true;
	w->ahead_bytes += b->frames.n;
	if (!b->node) {
		if (w->late_last)
			w->late_last->next = b;
		else
			w->late_first = b;
		w->late_last = b;
	}
	pthread_mutex_unlock(&w->lock);
	walk_pass(w);
}

/* ---- passing on, in order ---- */

/* Frames of b as far as they fit; true when all are through. One thread at a time, without the
 * lock. */
static bool pass_batch(struct ring *to, struct batch *b)
{
	for (; b->passed < b->n; b->passed++) {
		const struct piece *p = &b->piece[b->passed];
		size_t at = p->at, end = (size_t)p->at + p->n;

		while (at <
			end) { /* an entry may have several frames: each has its length in front */
			uint32_t n;

			memcpy(&n, b->frames.p + at, sizeof n);
			if (!ring_put(to, span_from(b->frames.p + at + sizeof n, n))) {
				b->piece[b->passed] =
					(struct piece){ (uint32_t)at, (uint32_t)(end - at) };
				return false;
			}
			at += sizeof n + n;
		}
	}
	return true;
}

static bool pass_notice(struct walk *w, struct buf *notice)
{
	struct batch one = { .n = 1, .frames = *notice };
	bool through;

	one.piece[0] = (struct piece){ 0, (uint32_t)notice->n };
	through = pass_batch(w->ring, &one);
	if (!through) { /* keep what did not fit */
		memmove(notice->p, notice->p + one.piece[0].at, one.piece[0].n);
		notice->n = one.piece[0].n;
		return false;
	}
	notice->n = 0;
	return true;
}

/* The folder frame in front of a node's first entry. */
static bool pass_folder(struct walk *w, struct node *n)
{
	AUTO(buf) frame = BUF_INIT((size_t)4 << 20);
	struct frame_head head = { .type = FRAME_FOLDER };
	const struct folder *f = n->folder;
	char *at;

	head.name_n = (uint32_t)(f->path_n ? f->path_n + 1 : 2);
	buf_add(&frame, &head, sizeof head);
	at = buf_room(&frame, head.name_n);
	if (!at)
		return true;
	memset(at, 0, head.name_n);
	for (size_t i = 1; i < f->path_n; i++)
		at[i - 1] = f->path[i] == '/' ? '\0' : f->path[i];
	frame.n += head.name_n;
	return ring_put(w->ring, buf_span(&frame));
}

/* Pass on what the head node has ready. True: it is through and may be dropped. Lock held; released
 * while frames are copied, which is safe since only one thread passes on at a time. */
static bool pass_node(struct walk *w, struct node *n, bool *ret_room)
{
	if (n->type == NODE_LIST)
		return false;
	if (n->notice.n && !pass_notice(w, &n->notice))
		return *ret_room = false;
	if (n->type == NODE_CHILDREN)
		return false;
	while (n->first && n->first->done) {
		struct batch *b = n->first;
		size_t bytes = b->frames.n;
		bool through;

		pthread_mutex_unlock(&w->lock);
		if (!n->begun)
			n->begun = pass_folder(w, n);
		through = n->begun && pass_batch(w->ring, b);
		pthread_mutex_lock(&w->lock);
		if (!through)
			return *ret_room = false;
		n->first = b->next;
		if (!n->first)
			n->last = NULL;
		w->ahead_bytes -= bytes;
		w->ahead_entries -= b->n;
		batch_put(w, b);
	}
	return !n->first && all_handed_out(n);
}

static void pass_late(struct walk *w)
{
	while (w->late_first) {
		struct batch *b = w->late_first;

		if (!pass_batch(w->late, b))
			return;
		w->late_first = b->next;
		if (!w->late_first)
			w->late_last = NULL;
		w->ahead_bytes -= b->frames.n;
		folder_drop(w, b->folder);
		batch_put(w, b);
	}
}

static void pass_end(struct walk *w)
{
	struct frame_head head = { .type = FRAME_END };

	w->ended = ring_put(w->ring, span_from(&head, sizeof head));
	if (w->ended) {
		bell_ring(w->collector, 1);
		bell_ring(w->crew, CREW_MAX);
	}
}

void walk_pass(struct walk *w)
{
	bool room = true, freed = false, was_full;

	pthread_mutex_lock(&w->lock);
	if (w->passing) {
		w->again = true; /* the one at it looks once more before it leaves */
		pthread_mutex_unlock(&w->lock);
		return;
	}
	w->passing = true;
	was_full = is_full(w);
	do {
		w->again = false;
		pass_late(w);
		while (room && w->head && pass_node(w, w->head, &room)) {
			struct node *n = w->head;

			w->head = n->next;
			if (w->open == n)
				w->open = n->next;
			node_free(w, n);
			freed = true;
		}
	} while (w->again && room);
	if (!w->head && !w->ended)
		pass_end(w);
	w->passing = false;
	pthread_mutex_unlock(&w->lock);
	if (!room || ring_used(w->ring) > BELL_BYTES || ring_used(w->late) > BELL_BYTES / 8)
		bell_ring(w->collector, 1);
	if (freed && was_full)
		bell_ring(w->crew, CREW_MAX);
}

/* ---- the beginning ---- */

int walk_init(struct walk *w, struct err *e)
{
	struct folder *top = folder_new(NULL, SPAN_NONE);
	struct node *list;

	if (pthread_mutex_init(&w->lock, NULL) != 0)
		return err_set(e, ERR_SYSTEM, "cannot make a lock");
	top->refs = 1;
	top->scope = w->selector->top(w->selector->policy, &kind_file);
	top->part = w->options->n_below ? PART_ABOVE : PART_INSIDE;
	top->guarded = w->avoid.n > 0;
	top->on_resume = w->resume.n > 0;
	for (size_t i = 0; i < w->options->n_below; i++)
		if (span_is(w->options->below[i], "/"))
			top->part = PART_INSIDE;
	list = node_new(NODE_LIST, top);
	list_open(w, list); /* now: its own entry may be looked at before it is listed */
	w->head = w->open = list;
	if (top->part == PART_INSIDE && !top->on_resume) {
		struct node *self = node_new(NODE_ENTRIES, top);

		self->names = listing_of_top(w);
		self->next = list;
		w->head = w->open = self;
	}
	w->top = top; /* keeps the reference: requests begin there */
	return 0;
}

void frame_gap(struct buf *ret, struct span path, bool subtree, enum gap_reason reason, int sys,
	const char *text)
{
	struct frame_head head = { .type = FRAME_GAP,
		.reason = (uint8_t)reason,
		.subtree = subtree,
		.name_n = (uint32_t)path.n,
		.local_n = (uint32_t)strlen(text),
		.unknown = (uint64_t)sys };
	uint32_t n = (uint32_t)(sizeof head + head.name_n + head.local_n);

	buf_add(ret, &n, sizeof n);
	buf_add(ret, &head, sizeof head);
	buf_add_span(ret, path);
	buf_add_text(ret, text);
}
