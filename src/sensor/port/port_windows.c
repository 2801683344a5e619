/* Sockets that listen or are bound on Windows, each with the program, user and service behind it.
 * Sockets of one address are one entity. */
#include "entity/port.h"

#include <stdlib.h>

#include "core/mem.h"
#include "entity/list.h"
#include "host/windows/running.h"
#include "host/windows/service_name.h"
#include "host/windows/services.h"
#include "host/windows/sockets.h"
#include "sensor/port/port_room.h"

#define PIDS_MAX 32
#define EPHEMERAL_FROM 49152 /* as Windows comes; what netsh sets is not asked for */

/* What cannot be told without knowing the owner. */
#define OWNER_FIELDS \
	(field_bit(PORT_EXE) | field_bit(PORT_SHA256) | field_bit(PORT_UNIT) | \
		field_bit(PORT_USER) | field_bit(PORT_DELETED) | field_bit(PORT_PROCESS) | \
		field_bit(PORT_PIDS) | field_bit(PORT_STARTED))

struct entry {
	struct span key;
	const struct socket_row *row;
};

struct look {
	struct scan *s;
	struct host *h;
	struct arena *a;
};

static struct span key_of(struct look *l, const struct socket_row *r)
{
	AUTO(buf) b = BUF_INIT(256);

	buf_addf(&b, "%s/", socket_proto_names[r->proto]);
	socket_address(r, &b);
	buf_addf(&b, "/%u", r->port);
	return arena_copy(l->a, buf_span(&b));
}

static bool is_v6(const struct socket_row *r)
{
	return r->proto == SOCKET_TCP6 || r->proto == SOCKET_UDP6;
}

static bool is_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

static enum port_reach reach_of(const struct socket_row *r)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool v6 = is_v6(r);

	if (is_zero(r->address, v6 ? 16 : 4))
		return PORT_ANY;
	if (!v6)
		return r->address[0] == 127 ? PORT_LOOPBACK : PORT_ADDRESS;
	if (memcmp(r->address, mapped, sizeof mapped) == 0)
		return r->address[12] == 127 ? PORT_LOOPBACK : PORT_ADDRESS;
	return is_zero(r->address, 15) && r->address[15] == 1 ? PORT_LOOPBACK : PORT_ADDRESS;
}

/* ---- whose it is ---- */

enum owner_list { LIST_EXE, LIST_UNIT, LIST_USER, LIST_PROCESS, LIST_PIDS, LIST_N };

struct owners {
	struct span item[LIST_N][PIDS_MAX];
	size_t n[LIST_N];
	const struct running *first; /* of the smallest path */
	bool unknown;                /* some socket's owner is not known, or not to be looked at */
};

static void add(struct owners *o, enum owner_list which, struct span text)
{
	for (size_t i = 0; i < o->n[which]; i++)
		if (span_same(o->item[which][i], text))
			return;
	if (text.n && o->n[which] < PIDS_MAX)
		o->item[which][o->n[which]++] = text;
}

static void add_services(struct look *l, struct owners *o, uint32_t pid)
{
	size_t n;
	const struct scm_entry *const *all = host_services_of(l->h, pid, &n);

	for (size_t i = 0; i < n; i++)
		add(o, LIST_UNIT, service_stable(all[i]->type, all[i]->name));
}

static void add_owner(struct look *l, struct owners *o, uint32_t pid)
{
	const struct running *p = pid ? host_running_find(l->h, pid) : NULL;

	if (!p || (!p->kernel && !p->exe.n)) {
		o->unknown = true;
		return;
	}
	/* What the kernel serves (SMB, HTTP) has no file: its name is System. */
	add(o, LIST_EXE, p->kernel ? p->name : p->exe);
	add(o, LIST_USER, p->user);
	add(o, LIST_PROCESS, p->name);
	add(o, LIST_PIDS, span_of(arena_format(l->a, "%u", pid)));
	add_services(l, o, pid);
	if (!p->kernel && (!o->first || span_compare(p->exe, o->first->exe) < 0))
		o->first = p;
}

static uint64_t put_program(struct look *l, const struct owners *o, struct record *r, uint64_t asks)
{
	uint8_t sha256[SHA256_SIZE];
	struct err e;

	if (!o->first)
		return 0;
	if (o->first->start)
		record_set_time(r, PORT_STARTED, o->first->start);
	if (!(asks & (field_bit(PORT_SHA256) | field_bit(PORT_DELETED))))
		return 0;
	if (host_digest(l->h, arena_text(l->a, o->first->exe), sha256, &e) < 0) {
		if (e.code == ERR_MISSING)
			record_set_number(r, PORT_DELETED, 1);
		return field_bit(PORT_SHA256) |
		       (e.code == ERR_MISSING ? 0 : field_bit(PORT_DELETED));
	}
	record_set_number(r, PORT_DELETED, 0);
	record_set_bytes(r, PORT_SHA256, arena_copy(l->a, span_from(sha256, sizeof sha256)));
	return 0;
}

/* An owner that nobody tells is unknown, and what was known of it stays. */
static uint64_t put_owners(struct look *l, const struct entry *x, size_t n, struct record *r,
	uint64_t asks)
{
	static const uint8_t field[LIST_N] = { PORT_EXE, PORT_UNIT, PORT_USER, PORT_PROCESS,
		PORT_PIDS };
	struct owners *o = mem_new(sizeof *o);
	uint64_t unknown = 0;

	for (size_t i = 0; i < n; i++)
		add_owner(l, o, x[i].row->pid);
	if (o->unknown) {
		unknown = OWNER_FIELDS;
	} else {
		for (unsigned i = 0; i < LIST_N; i++)
			if (o->n[i])
				record_set_set(r, field[i], l->a, o->item[i], o->n[i]);
		unknown = put_program(l, o, r, asks);
	}
	free(o);
	return unknown;
}

/* ---- the entity ---- */

static void emit(struct look *l, const struct entry *x, size_t n)
{
	const struct socket_row *row = x->row;
	uint64_t asks = scan_asks(l->s, &kind_port, x->key), unknown = 0;
	struct record *r;

	if (!asks)
		return;
	r = record_new(l->a, &kind_port);
	r->key = x->key;
	record_set_number(r, PORT_STATE,
		row->proto == SOCKET_TCP || row->proto == SOCKET_TCP6 ? PORT_LISTENING
								      : PORT_BOUND);
	record_set_number(r, PORT_REACH, reach_of(row));
	record_set_number(r, PORT_EPHEMERAL, row->port >= EPHEMERAL_FROM);
	record_set_number(r, PORT_SOCKETS, n);
	if (asks & OWNER_FIELDS)
		unknown = put_owners(l, x, n, r, asks);
	scan_emit_part(l->s, r, unknown);
}

static int by_key(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	int r = span_compare(a->key, b->key);

	return r ? r : a->row->pid < b->row->pid ? -1 : a->row->pid > b->row->pid;
}

static int scan(struct scan *s, struct err *e)
{
	struct look l = { .s = s, .h = scan_host(s), .a = scan_arena(s) };
	const struct socket_row *rows;
	struct entry *list;
	size_t n, next;

	if (!scan_asks_kind(s, &kind_port))
		return 0;
	if (sockets_list(l.a, &rows, &n, e) < 0)
		return e->code;
	list = mem_array(n + 1, sizeof *list);
	for (size_t i = 0; i < n; i++)
		list[i] = (struct entry){ key_of(&l, &rows[i]), &rows[i] };
	if (n)
		qsort(list, n, sizeof *list, by_key);
	for (size_t i = 0; i < n && !scan_stopped(s); i = next) {
		for (next = i + 1; next < n && span_same(list[next].key, list[i].key); next++)
			;
		emit(&l, &list[i], next - i);
	}
	free(list);
	return 0;
}

static const struct watch_source watches[] = {
	{ WATCH_SOCKET, NULL, 0 },
	{ WATCH_POLL, NULL, 60 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_port = {
	.kind = &kind_port,
	.source = "iphlpapi",
	.needs = NEED_LIVE,
	.scan = scan,
	.watches = watches,
};
