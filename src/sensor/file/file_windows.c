/* The door of the room on Windows. */
#include "sensor/file/file_windows.h"

#include <stdlib.h>

#include "core/mem.h"
#include "os/windows/security.h"
#include "sensor/file/file_room.h"
#include "sensor/file/file_walk_windows.h"

static int by_bytes(const void *a, const void *b)
{
	return span_compare(*(const struct span *)a, *(const struct span *)b);
}

/* "C:\" lies at "C:", as every folder does without what would follow its separator. */
static void take_below(struct pool *p, const struct scan_options *o)
{
	if (!o->below)
		return;
	p->below = mem_array(o->n_below ? o->n_below : 1, sizeof *p->below);
	p->n_below = o->n_below;
	for (size_t i = 0; i < o->n_below; i++) {
		struct span path = o->below[i];

		while (path.n > 0 && path.p[path.n - 1] == '\\')
			path.n--;
		p->below[i] = path;
	}
	qsort(p->below, p->n_below, sizeof *p->below, by_bytes);
}

/* Known by its number, whatever name leads to it. */
static void find_spare(struct pool *p, const struct scan_options *o)
{
	struct nt_facts x;
	NTSTATUS s;
	HANDLE h;

	if (!o->spare)
		return;
	h = nt_open_folder(span_of(o->spare), true, &s);
	if (h && nt_facts(h, &x) == 0) {
		p->spare.id = x.id;
		p->spare.device = device_make(0, nt_serial(h));
	}
	if (h)
		CloseHandle(h);
}

static void drop_tasks(struct walk *w)
{
	struct task *lists[] = { w->head, w->late, w->more };

	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		while (lists[i]) {
			struct task *t = lists[i];

			lists[i] = t->next;
			task_free(w->pool, t);
		}
	for (size_t i = 0; i < w->n_drives; i++)
		task_free(w->pool, w->drive[i]->list);
	while (w->stack) {
		struct frame *f = w->stack;

		w->stack = f->below;
		for (; f->n_ahead; f->n_ahead--, f->first = (f->first + 1) % AHEAD)
			task_free(w->pool, f->ahead[f->first]);
		folder_drop(w->pool, f->folder);
		listing_free(f->listing);
		free(f);
	}
}

/* Where a thread did not come back, what it may yet touch stays: it is in a call that hangs. */
static void end(struct walk *w)
{
	bool whole = pool_end(w->pool);

	buf_done(&w->key);
	buf_done(&w->path);
	if (!whole)
		return;
	drop_tasks(w);
	drives_drop(w);
	free(w->pool->below);
	free(w->pool);
}

static int scan_files(struct scan *s, struct err *e)
{
	const struct scan_options *o = scan_options(s);
	struct walk w = { .scan = s,
		.quick = o->trust_stamps,
		.key = BUF_INIT(PATH_BYTES_MAX),
		.path = BUF_INIT(PATH_BYTES_MAX) };
	int rc;

	if (!scan_asks_kind(s, &kind_file))
		return 0;
	if (o->root)
		return err_set(e, ERR_USAGE, "an offline tree cannot be looked at on Windows");
	/* to look past lists that would refuse us; without them there will be gaps */
	(void)privilege_take(L"SeBackupPrivilege");
	(void)privilege_take(L"SeSecurityPrivilege");
	w.tail = &w.head;
	w.pool = mem_new(sizeof *w.pool);
	w.pool->options = o;
	w.pool->selector = scan_selector(s);
	take_below(w.pool, o);
	find_spare(w.pool, o);
	rc = pool_start(w.pool, e);
	if (rc == 0) {
		drives_find(&w);
		(void)(o->points ? walk_points(&w) : walk_run(&w));
	}
	end(&w);
	return rc;
}

const struct sensor sensor_file = {
	.kind = &kind_file,
	.source = "filesystem",
	.scan = scan_files,
	.sorted = true,
};
