#include "entity/file.h"

#include "entity/key.h"
#include "sensor/file/file_collect.h"
#include "sensor/file/file_frame.h"

static void put_key(struct collector *c, struct span name)
{
	c->key.n = c->prefix_n;
	buf_add_span(&c->key, name);
	c->named = true;
}

void remember(struct collector *c)
{
	struct buf key = c->key;

	if (!c->named)
		return;
	c->key = c->last;
	c->last = key;
	c->named = false;
}

static void hear_folder(struct collector *c, struct span prefix)
{
	remember(c);
	buf_clear(&c->key);
	buf_add_char(&c->key, (char)kind_file.id);
	buf_add_span(&c->key, prefix);
	c->prefix_n = c->key.n;
}

static struct buf *ask_room(struct collector *c)
{
	struct buf *b = &c->awaited[(c->first + c->n_awaited) % AWAITED_MAX];

	buf_clear(b);
	return b;
}

static void ask(struct collector *c)
{
	buf_add_span(ask_room(c), buf_span(&c->key));
	c->n_awaited++;
}

void ask_points(struct collector *c)
{
	const struct scan_options *o = scan_options(c->scan);
	struct err e;

	for (; c->points < o->n_points && c->n_awaited < AWAITED_MAX; c->points++)
		/* Where we are not to look, nothing is; where nobody answers is a gap. */
		if (!avoided(c, o->points[c->points]) &&
			key_from_text(&kind_file, o->points[c->points], ask_room(c), &e) == 0)
			c->n_awaited++;
}

static void hear_stamp(struct collector *c, const struct frame_stamp *s)
{
	UNSET struct record r; /* `has` says which of its values are there */

	r.kind = &kind_file;
	r.has = 0;
	record_set_number(&r, FILE_TYPE, s->type);
	record_set_number(&r, FILE_MODE, s->mode);
	record_set_number(&r, FILE_UID, s->uid);
	record_set_number(&r, FILE_GID, s->gid);
	record_set_number(&r, FILE_NLINK, s->nlink);
	record_set_number(&r, FILE_INODE, s->inode);
	record_set_number(&r, FILE_DEVICE, s->device);
	record_set_time(&r, FILE_MTIME, s->mtime);
	record_set_time(&r, FILE_CTIME, s->ctime);
	if (s->has_btime)
		record_set_time(&r, FILE_BTIME, s->btime);
	if (s->type == FILE_REGULAR)
		record_set_number(&r, FILE_SIZE, s->size);
	if (s->type == FILE_BLOCK || s->type == FILE_CHAR)
		record_set_number(&r, FILE_RDEV, s->rdev);
	if (!scan_same(c->scan, buf_span(&c->key), &r))
		ask(c);
}

static void hear_gap(struct collector *c, const struct frame_head *h, struct span path,
	struct span text)
{
	AUTO(buf) why = BUF_INIT(4096);
	struct gap g = { .kind = &kind_file,
		.key = path,
		.subtree = h->subtree,
		.reason = h->reason < GAP_N ? h->reason : GAP_IO,
		.sys = (int)h->unknown };

	buf_add_span(&why, text);
	if (g.sys)
		buf_addf(&why, ": %s", strerror(g.sys));
	g.text = buf_text(&why);
	scan_gap(c->scan, &g);
}

/* Take an answered key off the list; answers come nearly in the order of asking. */
static bool answered(struct collector *c, struct span key)
{
	for (size_t i = 0; i < c->n_sent; i++) {
		size_t at = (c->first + i) % AWAITED_MAX;
		struct buf hit = c->awaited[at];

		if (!span_same(buf_span(&hit), key))
			continue;
		for (; i > 0; i--) { /* close the gap from the front */
			size_t to = (c->first + i) % AWAITED_MAX,
			       from = (c->first + i - 1) % AWAITED_MAX;

			c->awaited[to] = c->awaited[from];
		}
		c->awaited[c->first] = hit;
		c->first = (c->first + 1) % AWAITED_MAX;
		c->n_awaited--;
		c->n_sent--;
		return true;
	}
	return false;
}

/* What an answer says of what is below. */
static void hear_below(struct collector *c, const struct frame_head *h, struct span key)
{
	if (!scan_options(c->scan)->points)
		return;
	if (h->below == BELOW_NOTHING)
		scan_point(c->scan, key, POINT_HOLLOW);
	else if (h->below == BELOW_FOLLOWED)
		scan_point(c->scan, key, POINT_DEEP);
}

/* One frame; false: it is not what a crew writes. */
static bool hear(struct collector *c, struct span frame)
{
	struct observation o = { 0 };
	struct frame_stamp stamp;
	struct frame_head h;
	struct span name;

	if (frame.n < sizeof h)
		return false;
	memcpy(&h, frame.p, sizeof h);
	if ((uint64_t)h.name_n + h.shared_n + h.local_n != frame.n - sizeof h)
		return false;
	name = (struct span){ frame.p + sizeof h, h.name_n };
	o.shared = (struct span){ name.p + name.n, h.shared_n };
	o.local = (struct span){ o.shared.p + o.shared.n, h.local_n };
	o.unknown = h.unknown;
	switch ((enum frame_type)h.type) {
	case FRAME_FOLDER:
		hear_folder(c, name);
		return true;
	case FRAME_ENTRY:
		put_key(c, name);
		o.key = buf_span(&c->key);
		scan_put(c->scan, &o);
		return true;
	case FRAME_STAMP:
		if (o.shared.n != sizeof stamp)
			return false;
		memcpy(&stamp, o.shared.p, sizeof stamp);
		put_key(c, name);
		hear_stamp(c, &stamp);
		return true;
	case FRAME_GAP:
		hear_gap(c, &h, name, o.local);
		return true;
	case FRAME_LATE:
		o.key = name;
		if (!answered(c, name))
			return true;
		scan_put_late(c->scan, &o);
		hear_below(c, &h, name);
		return true;
	case FRAME_GONE:
		if (!answered(c, name))
			return true;
		scan_gone_late(c->scan, name);
		hear_below(c, &h, name);
		return true;
	case FRAME_END:
		c->ended = true;
		return true;
	}
	return false;
}

int hear_some(struct collector *c, struct ring *ring, int most)
{
	struct span frame;
	int n = 0;

	while (n < most && c->n_awaited < AWAITED_MAX && ring_get(ring, &frame)) {
		if (!hear(c, frame))
			return -1;
		ring_pop(ring);
		n++;
	}
	return n;
}

int hear_late(struct collector *c, int most)
{
	struct span frame;
	int n = 0;

	while (n < most && ring_get(c->crew.late, &frame)) {
		if (!hear(c, frame))
			return -1;
		ring_pop(c->crew.late);
		n++;
	}
	return n;
}

int send_requests(struct collector *c)
{
	int n = 0;

	while (c->n_sent < c->n_awaited) {
		struct buf *b = &c->awaited[(c->first + c->n_sent) % AWAITED_MAX];

		if (!ring_put(c->crew.requests, buf_span(b)))
			break;
		c->n_sent++;
		n++;
	}
	return n;
}
