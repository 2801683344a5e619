/* Programs that run on Windows. All processes of one executable, user and service are one entity.
 */
#include "entity/process.h"

#include <stdlib.h>

#include "core/attr.h"
#include "core/mem.h"
#include "entity/list.h"
#include "host/command.h"
#include "host/windows/command_line.h"
#include "host/windows/running.h"
#include "host/windows/service_name.h"
#include "host/windows/services.h"
#include "sensor/process/process_room.h"

#define ITEMS_MAX 64
#define COMMAND_MAX 512
#define COMMAND_BYTES ((size_t)256 << 10)

/* Texts without doubles; what is too much is left out and said. */
struct items {
	struct span item[ITEMS_MAX + 1];
	size_t n;
	bool more;
};

/* The processes of one key, put together. */
struct program {
	const struct running *first; /* in order of pids */
	struct span key, service;
	int64_t started;
	uint64_t count;
	struct items integrity, services, sessions, pids, commands, parents;
};

struct entry {
	struct span key, service;
	const struct running *process;
};

struct look {
	struct scan *s;
	struct host *h;
	struct arena *a;
	struct buf line, split;
};

static void add(struct items *l, struct span text)
{
	for (size_t i = 0; i < l->n; i++)
		if (span_same(l->item[i], text))
			return;
	if (l->n == ITEMS_MAX)
		l->more = true;
	else
		l->item[l->n++] = text;
}

static void put(struct record *r, unsigned field, struct arena *a, struct items *l)
{
	if (l->n == 0)
		return;
	if (l->more)
		l->item[l->n] = span_of("…");
	record_set_set(r, field, a, l->item, l->n + l->more);
}

static void set_text(struct record *r, unsigned field, struct span text)
{
	if (text.n)
		record_set_bytes(r, field, text);
}

/* ---- the key ---- */

/* Empty: it hosts none, or several. */
static struct span one_service(struct look *l, const struct running *p)
{
	size_t n;
	const struct scm_entry *const *all = host_services_of(l->h, p->pid, &n);

	return n == 1 ? service_stable(all[0]->type, all[0]->name) : SPAN_NONE;
}

/* What keeps us from looking has a name and nothing else. */
static struct span key_of(struct look *l, const struct running *p, struct span service)
{
	AUTO(buf) b = BUF_INIT(BUF_MAX_DEFAULT);

	if (!p->exe.n) {
		buf_add_char(&b, '[');
		buf_add_span(&b, p->name);
		buf_add_char(&b, ']');
	} else {
		buf_add_span(&b, p->exe);
		buf_add_char(&b, '@');
		buf_add_span(&b, p->user);
	}
	if (service.n) {
		buf_add_char(&b, '#');
		buf_add_span(&b, service);
	}
	return arena_copy(l->a, buf_span(&b));
}

/* ---- one program ---- */

static void add_command(struct look *l, struct program *g, const struct running *p)
{
	AUTO(buf) masked = BUF_INIT(COMMAND_MAX * 64);

	buf_clear(&l->line);
	buf_clear(&l->split);
	if (g->commands.n >= ITEMS_MAX || !host_running_command(p, &l->line))
		return;
	if (l->line.n > COMMAND_MAX * 16)
		l->line.n = COMMAND_MAX * 16;
	command_line_split(buf_span(&l->line), &l->split);
	command_masked(buf_span(&l->split), COMMAND_MAX, &masked);
	if (masked.n)
		add(&g->commands, arena_copy(l->a, buf_span(&masked)));
}

static void count_in(struct look *l, struct program *g, const struct running *p)
{
	const struct running *parent = host_running_parent(l->h, p);
	size_t n;
	const struct scm_entry *const *services = host_services_of(l->h, p->pid, &n);

	g->count++;
	if (p->start && (!g->started || p->start < g->started))
		g->started = p->start;
	add(&g->pids, span_of(arena_format(l->a, "%u", p->pid)));
	if (p->has_session)
		add(&g->sessions, span_of(arena_format(l->a, "%u", p->session)));
	if (p->integrity)
		add(&g->integrity, span_of(p->integrity));
	if (parent && parent->exe.n)
		add(&g->parents, parent->exe);
	for (size_t i = 0; i < n; i++)
		add(&g->services, service_stable(services[i]->type, services[i]->name));
	add_command(l, g, p);
}

/* Reading every program that runs costs more than all the rest: only what is still wanted when all
 * else is known. What cannot be read is unknown; what was moved away is `deleted`. */
static uint64_t set_digest(struct look *l, struct record *r, const struct running *p)
{
	uint64_t later = field_bit(PROCESS_SHA256) | field_bit(PROCESS_DELETED);
	uint64_t wanted = p->exe.n ? scan_asks_of(l->s, r, later) : 0;
	uint8_t sha256[SHA256_SIZE];
	struct err e;

	if (!(wanted & later))
		return 0;
	if (host_digest(l->h, arena_text(l->a, p->exe), sha256, &e) == 0) {
		record_set_number(r, PROCESS_DELETED, 0);
		record_set_bytes(r, PROCESS_SHA256,
			arena_copy(l->a, span_from(sha256, sizeof sha256)));
		return 0;
	}
	if (e.code == ERR_MISSING) {
		record_set_number(r, PROCESS_DELETED, 1);
		return field_bit(PROCESS_SHA256);
	}
	scan_gap_err(l->s, &kind_process, r->key, false, &e);
	return later;
}

static void emit(struct look *l, struct program *g)
{
	struct record *r = record_new(l->a, &kind_process);

	r->key = g->key;
	set_text(r, PROCESS_EXE, g->first->exe);
	set_text(r, PROCESS_USER, g->first->user);
	set_text(r, PROCESS_UNIT, g->service);
	put(r, PROCESS_INTEGRITY, l->a, &g->integrity);
	put(r, PROCESS_SERVICES, l->a, &g->services);
	put(r, PROCESS_SESSIONS, l->a, &g->sessions);
	put(r, PROCESS_PIDS, l->a, &g->pids);
	put(r, PROCESS_COMMANDS, l->a, &g->commands);
	put(r, PROCESS_PARENTS, l->a, &g->parents);
	record_set_number(r, PROCESS_COUNT, g->count);
	if (g->started)
		record_set_time(r, PROCESS_STARTED, g->started);
	scan_emit_part(l->s, r, set_digest(l, r, g->first));
}

/* ---- all of them ---- */

/* We and those we started look different each time, by who called us. */
static bool is_ours(const struct running *self, const struct running *p)
{
	if (!self || !span_same(self->exe, p->exe))
		return false;
	return p->pid == self->pid || p->pid == self->ppid || p->ppid == self->pid ||
	       p->ppid == self->ppid;
}

static int by_key(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	int r = span_compare(a->key, b->key);

	return r ? r : a->process->pid < b->process->pid ? -1 : 1;
}

/* Without the right to look at others we may have seen yesterday what we cannot see today: nothing
 * is said to be gone. With it, what is protected from everybody was never seen. */
static size_t list_programs(struct look *l, const struct running *all, size_t n, struct entry *ret)
{
	const struct running *self = host_running_self(l->h);
	bool may = host_running_all(l->h);
	size_t kept = 0, denied = 0;

	for (size_t i = 0; i < n; i++) {
		struct span service;

		if (all[i].kernel || is_ours(self, &all[i]))
			continue;
		denied += all[i].exe.n == 0;
		if (all[i].exe.n == 0 && !may)
			continue;
		service = one_service(l, &all[i]);
		ret[kept++] = (struct entry){ key_of(l, &all[i], service), service, &all[i] };
	}
	if (denied && !may)
		scan_gap(l->s, &(struct gap){ .kind = &kind_process,
				       .subtree = true,
				       .reason = GAP_DENIED,
				       .text = arena_format(l->a,
					       "what %zu processes run cannot be seen", denied) });
	if (kept)
		qsort(ret, kept, sizeof *ret, by_key);
	return kept;
}

static void look_program(struct look *l, const struct entry *e, size_t n)
{
	struct program *g;

	if (!scan_asks(l->s, &kind_process, e->key))
		return;
	g = mem_new(sizeof *g);
	g->first = e->process;
	g->key = e->key;
	g->service = e->service;
	for (size_t i = 0; i < n; i++)
		count_in(l, g, e[i].process);
	emit(l, g);
	free(g);
}

static int scan(struct scan *s, struct err *e)
{
	struct look l = { .s = s,
		.h = scan_host(s),
		.a = scan_arena(s),
		.line = BUF_INIT(COMMAND_BYTES),
		.split = BUF_INIT(COMMAND_BYTES) };
	const struct running *all;
	struct entry *list;
	size_t n, kept, next;

	if (host_running(l.h, &all, &n, e) < 0)
		return e->code;
	list = mem_array(n + 1, sizeof *list);
	kept = list_programs(&l, all, n, list);
	for (size_t i = 0; i < kept && !scan_stopped(s); i = next) {
		for (next = i + 1; next < kept && span_same(list[next].key, list[i].key); next++)
			;
		look_program(&l, &list[i], next - i);
	}
	free(list);
	buf_done(&l.line);
	buf_done(&l.split);
	return 0;
}

static const struct watch_source watches[] = {
	{ WATCH_EXEC, NULL, 0 },
	{ WATCH_EXIT, NULL, 0 },
	{ WATCH_POLL, NULL, 60 }, /* what changes while a process lives */
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_process = {
	.kind = &kind_process,
	.source = "toolhelp",
	.needs = NEED_LIVE,
	.scan = scan,
	.watches = watches,
};
