/* Files that another program held so that nobody could read them: looked at again when they are let
 * go, of which nothing tells. Whether one still is held is asked by opening it, so that no gap is
 * recorded each time; of fixed drives alone, since another one may not answer. */
#include <stdlib.h>

#include "agent/collector/state.h"
#include "agent/collector/windows/collector_windows.h"
#include "core/mem.h"
#include "entity/file.h"
#include "os/clock.h"
#include "os/windows/wide.h"

#define SECOND INT64_C(1000000000)
#define FIRST SECOND         /* then after twice as long, … */
#define MOST (64 * SECOND)   /* … up to this, … */
#define WHOLE (600 * SECOND) /* … for so long; then the next scan sees it */
#define FILES 256
#define WHY "it was in use by another program when it changed"

struct file {
	char *path;
	int64_t happened;          /* ns since epoch */
	int64_t began, next, wait; /* monotonic ns */
	bool looked;               /* looked at again, and no gap came of it so far */
};

struct held {
	struct collector *collector;
	struct timer *timer;
	struct file file[FILES];
	size_t n;
};

static void schedule(struct held *h)
{
	int64_t now = clock_monotonic(), next = 0;

	for (size_t i = 0; i < h->n; i++)
		if (!next || h->file[i].next < next)
			next = h->file[i].next;
	if (next)
		timer_start(h->timer, next > now ? next - now : 1);
}

static void drop(struct held *h, size_t i)
{
	free(h->file[i].path);
	h->file[i] = h->file[--h->n];
}

static bool is_held(const struct file *f)
{
	AUTO_FREE(arena) a = arena_new();
	HANDLE file = CreateFileW(wide_path(a, span_of(f->path)), GENERIC_READ,
		FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
		FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);

	if (file == INVALID_HANDLE_VALUE)
		return GetLastError() == ERROR_SHARING_VIOLATION;
	CloseHandle(file);
	return false;
}

static void look(struct held *h, const struct file *f)
{
	struct look_again l = { .kind = &kind_file,
		.key = span_of(f->path),
		.observed = OBSERVED_REALTIME,
		.who_unknown = span_of(WHY),
		.happened = f->happened };

	look_soon(h->collector, &l);
}

static void on_timer(void *ctx)
{
	struct held *h = ctx;
	int64_t now = clock_monotonic();

	for (size_t i = h->n; i-- > 0;) {
		struct file *f = &h->file[i];

		if (f->next > now)
			continue;
		if (f->looked || now - f->began > WHOLE) {
			drop(h, i);
			continue;
		}
		f->wait = f->wait < MOST ? f->wait * 2 : MOST;
		f->next = now + f->wait;
		f->looked = !is_held(f);
		if (f->looked)
			look(h, f);
	}
	schedule(h);
}

static struct held *held_new(struct collector *c)
{
	struct held *h = mem_new(sizeof *h);

	h->collector = c;
	h->timer = timer_new(c->loop, on_timer, h);
	return h;
}

static bool is_fixed(struct span path)
{
	wchar_t drive[] = L"?:\\";

	if (path.n < 3 || path.p[1] != ':')
		return false;
	drive[0] = (wchar_t)(unsigned char)path.p[0];
	return GetDriveTypeW(drive) == DRIVE_FIXED;
}

void held_gap(struct collector *c, const struct gap_note *g)
{
	struct held *h = c->windows->held;
	int64_t now = clock_monotonic();

	if (g->kind != &kind_file || g->subtree || !span_is(g->reason, "io") || !is_fixed(g->key))
		return;
	if (!h)
		h = c->windows->held = held_new(c);
	for (size_t i = 0; i < h->n; i++)
		if (span_is(g->key, h->file[i].path)) {
			h->file[i].looked = false;
			return;
		}
	if (h->n == FILES)
		return;
	h->file[h->n++] = (struct file){ .path = mem_copy(g->key.p, g->key.n),
		.happened = clock_now(),
		.began = now,
		.next = now + FIRST,
		.wait = FIRST };
	schedule(h);
}

void held_free(struct held *h)
{
	if (!h)
		return;
	timer_free(h->timer);
	while (h->n)
		drop(h, h->n - 1);
	free(h);
}
