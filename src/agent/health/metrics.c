#include "agent/health/metrics.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/health/metrics_data.h"
#include "agent/health/metrics_file.h"
#include "core/mem.h"
#include "core/time.h"
#include "os/clock.h"

#define EVERY_SECONDS 15
#define GATHER_MS 100 /* the watcher's numbers come within this, or next time */
#define METRICS_MAX ((size_t)4 << 20)

struct metrics {
	struct metrics_hooks hooks;
	struct metrics_data d;
	struct metrics_file *file; /* NULL: none */
	struct event *timer;
	bool due;          /* something changed, and the timer runs */
	bool gathering;    /* the next turn of the timer writes */
	char trouble[512]; /* why it could not be written last; "": it was */
	int64_t written;   /* monotonic; 0: never */
};

/* ---- when ---- */

static void schedule(struct metrics *m, int64_t ns)
{
	struct timeval t = { ns / TIME_SECOND, (ns % TIME_SECOND) / 1000 };

	evtimer_add(m->timer, &t);
}

static void touch(struct metrics *m)
{
	int64_t next = m->written + EVERY_SECONDS * TIME_SECOND, now = clock_monotonic();

	if (m->due || !m->timer)
		return;
	m->due = true;
	schedule(m, m->written && next > now ? next - now : 0);
}

static void on_written(void *ctx, const struct err *why)
{
	struct metrics *m = ctx;

	bool first = !m->trouble[0];

	(void)snprintf(m->trouble, sizeof m->trouble, "%s", why ? why->text : "");
	if (why && first && m->hooks.failed)
		m->hooks.failed(m->hooks.ctx, why);
}

static void write_now(struct metrics *m)
{
	AUTO(buf) text = BUF_INIT(METRICS_MAX + 1);

	m->written = clock_monotonic();
	metrics_print(m, &text);
	metrics_file_write(m->file, buf_span(&text));
}

static void on_writer(void *ctx, uint32_t pid)
{
	struct metrics *m = ctx;

	if (m->hooks.writer)
		m->hooks.writer(m->hooks.ctx, pid);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct metrics *m = ctx;

	(void)fd, (void)what;
	if (!m->gathering && m->hooks.gather) {
		m->gathering = true;
		metrics_file_prepare(m->file);
		m->hooks.gather(m->hooks.ctx, m);
		schedule(m, GATHER_MS * (TIME_SECOND / 1000));
		return;
	}
	m->gathering = m->due = false;
	write_now(m);
}

/* ---- what happens ---- */

static void observe(struct histogram *h, double s)
{
	size_t i = 0;

	while (i < METRICS_BUCKETS && s > metrics_buckets[i])
		i++;
	h->in[i]++;
	h->n++;
	h->sum += s;
}

static void count_change(struct metrics_data *d, const struct ledger_record *r)
{
	const struct change *c = &r->change;

	d->changes[c->kind->id][c->severity][c->verdict][c->observed]++;
	if (c->observed == OBSERVED_REALTIME && c->happened && r->time >= c->happened)
		observe(&d->latency[c->kind->id], (double)(r->time - c->happened) / 1e9);
}

void metrics_record(struct metrics *m, const struct ledger_record *r)
{
	switch (r->type) {
	case RECORD_CHANGE:
		count_change(&m->d, r);
		break;
	case RECORD_GAP:
		if (r->gap.kind)
			m->d.gaps[r->gap.kind->id]++;
		break;
	case RECORD_LOSS:
		m->d.losses++;
		m->d.lost += r->loss.count;
		break;
	case RECORD_REPAIR:
		m->d.repairs++;
		break;
	case RECORD_DECISION:
	case RECORD_COVERAGE:
	case RECORD_NOTE:
	case RECORD_TYPE_N:
		break;
	}
	touch(m);
}

void metrics_scanned(struct metrics *m, const struct metrics_scan *scan)
{
	struct metrics_data *d = &m->d;
	size_t i = 0;

	while (i < d->n_scans && strcmp(d->scans[i].name, scan->name) != 0)
		i++;
	if (i == METRICS_SCANS_MAX)
		return;
	if (i == d->n_scans)
		d->n_scans++;
	d->scans[i].name = scan->name;
	d->scans[i].runs++;
	d->scans[i].bytes += scan->bytes;
	d->scans[i].last = *scan;
	touch(m);
}

static struct canary_row *canary_row(struct metrics_data *d, const struct canary *c)
{
	char scope[sizeof d->canaries->scope];

	metrics_name(scope, sizeof scope, c->scope);
	for (size_t i = 0; i < d->n_canaries; i++)
		if (d->canaries[i].kind == c->kind && strcmp(d->canaries[i].scope, scope) == 0)
			return &d->canaries[i];
	if (d->n_canaries == CANARY_PLACES_MAX)
		return NULL;
	d->canaries[d->n_canaries].kind = c->kind;
	memcpy(d->canaries[d->n_canaries].scope, scope, sizeof scope);
	return &d->canaries[d->n_canaries++];
}

void metrics_canary(struct metrics *m, const struct canary *answer)
{
	struct canary_row *row;

	if (!answer->seen && !answer->fault)
		return;
	row = canary_row(&m->d, answer);
	if (!row)
		return;
	if (answer->seen) {
		row->seen++;
		row->latency = (double)answer->latency / 1e9;
		row->heard = clock_now();
	} else {
		row->missed++;
	}
	touch(m);
}

/* ---- what stands ---- */

void metrics_counts(struct metrics *m, const struct count *counts, size_t n)
{
	struct metrics_data *d = &m->d;

	for (size_t i = 0; i < n; i++) {
		char name[METRICS_NAME_MAX];
		size_t at = 0;

		metrics_name(name, sizeof name, counts[i].name);
		while (at < d->n_counts && strcmp(d->counts[at].name, name) != 0)
			at++;
		if (at == METRICS_COUNTS_MAX)
			continue;
		if (at == d->n_counts)
			memcpy(d->counts[d->n_counts++].name, name, sizeof name);
		d->counts[at].value = counts[i].value;
	}
}

void metrics_gauge(struct metrics *m, enum metrics_gauge what, uint64_t value)
{
	m->d.gauges[what] = value;
	m->d.gauges_known |= 1U << what;
}

void metrics_memory(struct metrics *m, const char *role, uint32_t pid)
{
	struct metrics_data *d = &m->d;
	char path[64], text[128];
	uint64_t pages;
	size_t at = 0;
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof path, "/proc/%" PRIu32 "/statm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return;
	text[n] = 0;
	if (sscanf(text, "%*u %" SCNu64, &pages) != 1)
		return;
	while (at < d->n_roles && strcmp(d->roles[at].name, role) != 0)
		at++;
	if (at == METRICS_ROLES_MAX)
		return;
	if (at == d->n_roles)
		metrics_name(d->roles[d->n_roles++].name, METRICS_NAME_MAX, span_of(role));
	d->roles[at].bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void add_role(void *ctx, const char *role, uint32_t pid)
{
	metrics_memory(ctx, role, pid);
}

void metrics_roles(struct metrics *m, struct span json)
{
	metrics_each_role(json, add_role, m);
}

void metrics_routes(struct metrics *m, struct span json)
{
	metrics_read_routes(&m->d, json);
}

const char *metrics_trouble(const struct metrics *m)
{
	return m->trouble[0] ? m->trouble : NULL;
}

void metrics_print(const struct metrics *m, struct buf *ret)
{
	metrics_text(&m->d, ret);
}

/* ---- life ---- */

int metrics_new(struct metrics **ret, struct event_base *base, const char *path,
	const struct metrics_hooks *hooks, struct err *e)
{
	struct metrics *m = mem_new(sizeof *m);

	m->hooks = *hooks;
	m->d.started = clock_now();
	m->d.canaries = mem_array(CANARY_PLACES_MAX, sizeof *m->d.canaries);
	if (path) {
		struct metrics_file_hooks file_hooks = { m, hooks->patience_ms, on_written,
			on_writer };

		m->timer = evtimer_new(base, on_timer, m);
		if (!m->timer)
			(void)err_set(e, ERR_SYSTEM, "cannot make a timer for metrics");
		if (!m->timer ||
			metrics_file_new(&m->file, base, path, METRICS_MAX, &file_hooks, e) < 0) {
			metrics_free(m);
			return e->code;
		}
		touch(m);
	}
	*ret = m;
	return 0;
}

void metrics_free(struct metrics *m)
{
	if (!m)
		return;
	if (m->timer) {
		m->hooks.failed = NULL;
		if (m->due && !metrics_file_busy(m->file))
			write_now(m);
		event_free(m->timer);
	}
	metrics_file_free(m->file);
	free(m->d.canaries);
	free(m);
}

void metrics_freep(struct metrics **m)
{
	metrics_free(*m);
}
