#include <stdlib.h>

#include "sensor/file/file_frame.h"
#include "sensor/file/file_walk.h"

#define BELL_BYTES ((size_t)128 << 10) /* waking the collector costs more than a few frames */

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
		size_t bytes = b->cost;
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
	return !n->first && node_handed_out(n);
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
		w->ahead_bytes -= b->cost;
		folder_drop(w, b->folder);
		batch_put(w, b);
	}
}

static void pass_end(struct walk *w)
{
	struct frame_head head = { .type = FRAME_END };

	w->ended = ring_put(w->ring, span_from(&head, sizeof head));
	if (w->ended) {
		bell_ring(w->collector);
		bell_ring(w->crew);
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
	was_full = walk_full(w);
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
		bell_ring(w->collector);
	if (freed && was_full)
		bell_ring(w->crew);
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
