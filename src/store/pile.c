#include "store/pile.h"

#include <stdlib.h>

#include "core/mem.h"
#include "os/file.h"

#define HEAP_BYTES ((size_t)2 << 20) /* more than that in memory goes to the file as a run */
#define READ_BYTES ((size_t)64 << 10)
#define RUNS_MAX 32 /* as many become one */

/* An item in memory and in the file: its head, the key, the value. */
struct head {
	uint32_t key, value;
};

struct run {
	int64_t at, end;
};

struct pile {
	const char *dir;
	struct buf heap;
	size_t *item; /* where each begins in the heap */
	size_t n, cap, last;
	bool unsorted; /* some item came before its predecessor */
	int fd;        /* -1: none yet */
	int64_t end;
	struct run run[RUNS_MAX];
	unsigned n_runs;
};

struct pile *pile_new(const struct store *s)
{
	struct pile *p = mem_new(sizeof *p);

	p->dir = store_dir(s);
	p->heap = BUF_INIT(PILE_ITEM_MAX + HEAP_BYTES);
	p->fd = -1;
	return p;
}

void pile_free(struct pile *p)
{
	if (!p)
		return;
	file_close(p->fd);
	buf_done(&p->heap);
	free(p->item);
	free(p);
}

void pile_freep(struct pile **p)
{
	pile_free(*p);
	*p = NULL;
}

static size_t read_item(const char *at, struct span *ret_key, struct span *ret_value)
{
	struct head h;

	memcpy(&h, at, sizeof h);
	*ret_key = span_from(at + sizeof h, h.key);
	*ret_value = span_from(at + sizeof h + h.key, h.value);
	return sizeof h + h.key + h.value;
}

static struct span key_at(const struct pile *p, size_t at)
{
	struct span key, value;

	read_item(p->heap.p + at, &key, &value);
	return key;
}

/* ---- runs in the file ---- */

static int open_file(const char *dir, struct err *e)
{
	int fd = file_temporary(dir);

	return fd < 0 ? err_sys(e, "cannot keep aside what was observed") : fd;
}

static int write_all(int fd, int64_t at, struct span s, struct err *e)
{
	if (file_write_at(fd, at, s) == 0)
		return 0;
	(void)err_sys(e, "cannot keep aside what was observed");
	e->code = ERR_WRITE;
	return e->code;
}

static int compare(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	struct span key_x, key_y, value;
	int c;

	read_item(x, &key_x, &value);
	read_item(y, &key_y, &value);
	c = span_compare(key_x, key_y);
	return c ? c : x < y ? -1 : 1;
}

/* Sorted as places in memory, where nothing moves meanwhile: qsort has no room for more. */
static void sort_items(struct pile *p)
{
	const char **at = mem_array(p->n, sizeof *at);

	for (size_t i = 0; i < p->n; i++)
		at[i] = p->heap.p + p->item[i];
	qsort(at, p->n, sizeof *at, compare);
	for (size_t i = 0; i < p->n; i++)
		p->item[i] = (size_t)(at[i] - p->heap.p);
	free(at);
}

/* In order, and of the same key only the last. */
static void sort(struct pile *p)
{
	size_t kept = 0;

	if (!p->unsorted)
		return;
	sort_items(p);
	for (size_t i = 0; i < p->n; i++) {
		if (i + 1 < p->n && span_same(key_at(p, p->item[i]), key_at(p, p->item[i + 1])))
			continue;
		p->item[kept++] = p->item[i];
	}
	p->n = kept;
	p->unsorted = false;
}

static void forget_heap(struct pile *p)
{
	buf_clear(&p->heap);
	p->n = 0;
	p->unsorted = false;
}

/* A file that runs are written to, one after the other. */
struct writer {
	int fd;
	int64_t at;
	struct buf out;
};

static int writer_flush(struct writer *w, struct err *e)
{
	int rc = write_all(w->fd, w->at, buf_span(&w->out), e);

	w->at += (int64_t)w->out.n;
	buf_clear(&w->out);
	return rc;
}

static int writer_put(void *ctx, struct span key, struct span value, struct err *e)
{
	struct writer *w = ctx;
	struct head h = { (uint32_t)key.n, (uint32_t)value.n };

	buf_add(&w->out, &h, sizeof h);
	buf_add_span(&w->out, key);
	buf_add_span(&w->out, value);
	return w->out.n >= READ_BYTES ? writer_flush(w, e) : 0;
}

/* ---- all of it, merged ---- */

/* Where one run, or the heap, is being read. */
struct source {
	bool over;
	struct span key, value;
	struct buf in; /* of a run */
	size_t used;
	struct run left;
	size_t next; /* of the heap */
};

static int fill(struct pile *p, struct source *s, size_t need, struct err *e)
{
	size_t want = need > READ_BYTES ? need : READ_BYTES;
	char *room;
	int64_t n;

	if (s->used) {
		memmove(s->in.p, s->in.p + s->used, s->in.n - s->used);
		s->in.n -= s->used;
		s->used = 0;
	}
	while (s->in.n < need) {
		if ((int64_t)want > s->left.end - s->left.at)
			want = (size_t)(s->left.end - s->left.at);
		room = buf_room(&s->in, want);
		n = room && want ? file_read_at(p->fd, s->left.at, room, want) : 0;
		if (n <= 0)
			return err_sys(e, "cannot read what was kept aside");
		s->in.n += (size_t)n;
		s->left.at += n;
	}
	return 0;
}

static int advance_run(struct pile *p, struct source *s, struct err *e)
{
	struct head h;

	if (s->used == s->in.n && s->left.at == s->left.end) {
		s->over = true;
		return 0;
	}
	if (s->in.n - s->used < sizeof h && fill(p, s, sizeof h, e) < 0)
		return e->code;
	memcpy(&h, s->in.p + s->used, sizeof h);
	if (s->in.n - s->used < sizeof h + h.key + h.value &&
		fill(p, s, sizeof h + h.key + h.value, e) < 0)
		return e->code;
	s->used += read_item(s->in.p + s->used, &s->key, &s->value);
	return 0;
}

static int advance(struct pile *p, struct source *s, unsigned i, struct err *e)
{
	if (i < p->n_runs)
		return advance_run(p, s, e);
	s->over = s->next == p->n;
	if (!s->over)
		read_item(p->heap.p + p->item[s->next++], &s->key, &s->value);
	return 0;
}

/* The source whose key is the least; of equal ones the last, which is the newest. */
static struct source *least(struct source *s, unsigned n)
{
	struct source *best = NULL;

	for (unsigned i = 0; i < n; i++)
		if (!s[i].over && (!best || span_compare(s[i].key, best->key) <= 0))
			best = &s[i];
	return best;
}

/* The others that hold the same key are out of date. */
static int pass_over(struct pile *p, struct source *s, const struct source *best, struct err *e)
{
	for (unsigned i = 0; i <= p->n_runs; i++)
		if (&s[i] != best && !s[i].over && span_same(s[i].key, best->key) &&
			advance(p, &s[i], i, e) < 0)
			return e->code;
	return 0;
}

static int merge(struct pile *p,
	int (*each)(void *ctx, struct span key, struct span value, struct err *e), void *ctx,
	struct err *e)
{
	struct source s[RUNS_MAX + 1] = { 0 }, *best;
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i <= p->n_runs; i++) {
		s[i].in = BUF_INIT(PILE_ITEM_MAX + READ_BYTES);
		if (i < p->n_runs)
			s[i].left = p->run[i];
		rc = advance(p, &s[i], i, e);
	}
	while (rc == 0 && (best = least(s, p->n_runs + 1))) {
		rc = pass_over(p, s, best, e);
		if (rc == 0)
			rc = each(ctx, best->key, best->value, e);
		if (rc == 0)
			rc = advance(p, best, (unsigned)(best - s), e);
	}
	for (unsigned i = 0; i <= p->n_runs; i++)
		buf_done(&s[i].in);
	return rc;
}

/* What the sources hold becomes one run, behind the others or instead of them. */
static int write_run(struct pile *p, struct err *e)
{
	bool all = p->n_runs == RUNS_MAX - 1;
	struct writer w = { p->fd, p->end, BUF_INIT(PILE_ITEM_MAX + READ_BYTES) };
	unsigned runs = p->n_runs;
	int rc;

	if (all || w.fd < 0) {
		w.fd = open_file(p->dir, e);
		w.at = 0;
	}
	if (w.fd < 0)
		return w.fd;
	if (!all)
		p->n_runs = 0; /* of the heap alone */
	rc = merge(p, writer_put, &w, e);
	rc = rc == 0 ? writer_flush(&w, e) : rc;
	buf_done(&w.out);
	if (w.fd != p->fd)
		file_close(p->fd);
	p->n_runs = all ? 0 : runs;
	p->run[p->n_runs++] = (struct run){ all ? 0 : p->end, w.at };
	p->fd = w.fd;
	p->end = w.at;
	forget_heap(p);
	return rc;
}

/* ---- the door ---- */

int pile_put(struct pile *p, struct span key, struct span value, struct err *e)
{
	struct head h = { (uint32_t)key.n, (uint32_t)value.n };

	if (key.n > PILE_ITEM_MAX || value.n > PILE_ITEM_MAX - key.n - sizeof h)
		return err_set(e, ERR_LIMIT, "an entity of %zu bytes", key.n + value.n);
	if (p->n && p->heap.n + sizeof h + key.n + value.n > HEAP_BYTES) {
		sort(p);
		if (write_run(p, e) < 0)
			return e->code;
	}
	if (p->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 256;
		p->item = mem_grow(p->item, p->cap, sizeof *p->item);
	}
	if (p->n && span_compare(key, key_at(p, p->last)) <= 0)
		p->unsorted = true;
	p->last = p->item[p->n++] = p->heap.n;
	buf_add(&p->heap, &h, sizeof h);
	buf_add_span(&p->heap, key);
	buf_add_span(&p->heap, value);
	return 0;
}

int pile_each(struct pile *p,
	int (*each)(void *ctx, struct span key, struct span value, struct err *e), void *ctx,
	struct err *e)
{
	int rc;

	sort(p);
	rc = merge(p, each, ctx, e);
	forget_heap(p);
	p->n_runs = 0;
	p->end = 0;
	return rc;
}
