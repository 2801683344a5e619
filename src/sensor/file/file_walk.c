#include "sensor/file/file_walk.h"

#include <dirent.h>
#include <stdlib.h>

#include "core/mem.h"
#include "entity/file.h"

/* How far work may run ahead of the first entry that is not finished. */
#define AHEAD_BYTES ((size_t)4 << 20)
#define AHEAD_ENTRIES 24576u
#define SPARES_MAX 64
#define SPARE_BYTES ((size_t)16 << 10)
#define AHEAD_NAMES ((size_t)6 << 20)

static struct node *node_new(enum node_type type, struct folder *f)
{
	struct node *n = mem_new(sizeof *n);

	n->type = type;
	n->folder = f;
	n->notice = BUF_INIT((size_t)1 << 20);
	f->refs++;
	return n;
}

void node_free(struct walk *w, struct node *n)
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
/* ---- taking work ---- */

static struct batch *batch_get(struct walk *w)
{
	struct batch *b = w->spare;

	if (b) {
		w->spare = b->next;
		w->spares--;
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

void batch_put(struct walk *w, struct batch *b)
{
	if (w->spares == SPARES_MAX) {
		buf_done(&b->frames);
		buf_done(&b->key);
		free(b);
		return;
	}
	if (b->frames.cap > SPARE_BYTES)
		buf_done(&b->frames); /* an odd large one: do not keep it */
	b->next = w->spare;
	w->spare = b;
	w->spares++;
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

/* What a CHILDREN node has left goes behind it; it becomes the LIST of one sub-folder. */
static void become_list(struct walk *w, struct node *n)
{
	uint32_t i = n->next_name;

	while (i < n->names->n && !(n->names->name[i].flags & NAME_FOLDER))
		i++;
	if (i < n->names->n) {
		struct node *rest = node_new(NODE_CHILDREN, n->folder);

		rest->names = n->names;
		rest->next_name = i;
		insert_behind(n, rest);
	} else { /* nothing: a deep chain of folders must not be held open all at once */
		if (n->names->refs == 1)
			w->name_bytes -= listing_bytes(n->names);
		listing_drop(n->names);
	}
	n->type = NODE_LIST;
	n->names = NULL;
	n->taken = n->descend = n->from = false; /* it may have been a LIST before */
	free(n->after);
	n->after = NULL;
}

/* Turn a CHILDREN node into the LIST of its next sub-folder, with the other ones behind it; false,
 * and the node has nothing left to hand out, when there is none. */
static bool next_child(struct walk *w, struct node *n)
{
	while (n->next_name < n->names->n) {
		uint32_t i = n->next_name++;
		struct span name = listing_name(n->names, i);
		struct folder *child, *f = n->folder;

		if (!(n->names->name[i].flags & NAME_FOLDER))
			continue;
		child = folder_new(f, name);
		child->refs = 1;
		child->followed = (unsigned char)(f->followed + (n->names->name[i].type == DT_LNK));
		child->scope = w->selector->enter(f->scope, name, false);
		if (!child->scope || !folder_place(w, child, name)) {
			folder_drop(w, child);
			continue;
		}
		become_list(w, n);
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
			if ((w->name_bytes >= AHEAD_NAMES || w->folders >= w->folders_max) &&
				n != w->head)
				return WORK_NONE;
			node_resume(w, n);
			n->taken = true;
			*ret_node = n;
			return WORK_LIST;
		}
	}
	return WORK_NONE;
}

bool walk_full(const struct walk *w)
{
	return w->ahead_bytes > AHEAD_BYTES || w->ahead_entries > AHEAD_ENTRIES;
}

bool node_handed_out(const struct node *n)
{
	return n->type == NODE_ENTRIES && n->next_name >= n->names->n;
}

enum work walk_claim(struct walk *w, struct node **ret_node, struct batch **ret_batch)
{
	enum work work;
	bool full;

	pthread_mutex_lock(&w->lock);
	while (w->open && node_handed_out(w->open))
		w->open = w->open->next;
	if (w->returned) {
		*ret_batch = w->returned;
		w->returned = w->returned->other;
		pthread_mutex_unlock(&w->lock);
		return WORK_ENTRIES;
	}
	/* What the first unfinished place waits for must go on, however much is waiting behind it.
	 */
	full = walk_full(w);
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
	bell_ring(w->crew); /* entries for one, sub-folders for another */
	walk_pass(w);
}

void walk_split(struct walk *w, struct batch *b, uint32_t from)
{
	struct batch *rest;

	pthread_mutex_lock(&w->lock);
	rest = batch_get(w);
	rest->node = b->node;
	rest->folder = b->folder;
	rest->first = b->first + from;
	rest->n = rest->pending = b->n - from;
	rest->next = b->next;
	b->next = rest;
	if (b->node->last == b)
		b->node->last = rest;
	b->n = from;
	b->pending -= rest->n;
	rest->other = w->returned;
	w->returned = rest;
	pthread_mutex_unlock(&w->lock);
	bell_ring(w->crew);
}

void walk_done(struct walk *w, struct batch *b)
{
	pthread_mutex_lock(&w->lock);
	b->done = true;
	b->cost = sizeof *b + b->frames.cap + b->key.cap;
	w->ahead_bytes += b->cost;
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
/* ---- the beginning ---- */

static int by_path(const void *a, const void *b)
{
	return span_compare(*(const struct span *)a, *(const struct span *)b);
}

static void sort_asked(struct walk *w)
{
	size_t n = w->options->n_below;

	w->below = mem_array(n + 1, sizeof *w->below);
	if (n)
		memcpy(w->below, w->options->below, n * sizeof *w->below);
	qsort(w->below, n, sizeof *w->below, by_path);
}

int walk_init(struct walk *w, struct err *e)
{
	struct folder *top = folder_new(NULL, SPAN_NONE);
	pthread_mutexattr_t spin;
	struct node *list;
	int rc = pthread_mutexattr_init(&spin);

	/* held for less time than falling asleep takes */
	pthread_mutexattr_settype(&spin, PTHREAD_MUTEX_ADAPTIVE_NP);
	rc = rc ? rc : pthread_mutex_init(&w->lock, &spin);
	pthread_mutexattr_destroy(&spin);
	if (rc)
		return err_set(e, ERR_SYSTEM, "cannot make a lock");
	sort_asked(w);
	top->refs = 1;
	top->scope = w->selector->top(w->selector->policy, &kind_file);
	top->part = w->options->n_below ? PART_ABOVE : PART_INSIDE;
	top->guarded = w->avoid.n > 0;
	top->on_resume = w->resume.n > 0;
	for (size_t i = 0; i < w->options->n_below; i++)
		if (span_is(w->options->below[i], "/"))
			top->part = PART_INSIDE;
	w->top = top;           /* keeps the reference: requests begin there */
	if (w->options->points) /* nothing but requests */
		return 0;
	list = node_new(NODE_LIST, top);
	list_open(w, list); /* now: its own entry may be looked at before it is listed */
	w->head = w->open = list;
	if (top->part == PART_INSIDE && !top->on_resume) {
		struct node *self = node_new(NODE_ENTRIES, top);

		self->names = listing_of_top(w);
		self->next = list;
		w->head = w->open = self;
	}
	return 0;
}
