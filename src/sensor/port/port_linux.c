/* One pass: all sockets of all network namespaces, then all open files of all processes, joined by
 * a hash; sockets of one key (SO_REUSEPORT, workers) are one entity. */
#include "entity/port.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/mem.h"
#include "entity/list.h"
#include "os/names.h"
#include "sensor/port/emit.h"
#include "sensor/port/port_room.h"
#include "sensor/port/room.h"

static int by_key(const void *a, const void *b)
{
	const struct sock *x = a, *y = b;
	int r = span_compare(x->key, y->key);

	if (r)
		return r;
	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static void name_all(struct socks *all)
{
	for (size_t i = 0; i < all->n; i++) {
		struct sock *x = &all->list[i];

		x->key = sock_key(x, all->space[x->space].name, all->arena);
	}
	if (all->n)
		qsort(all->list, all->n, sizeof *all->list, by_key);
}

/* Owners that could not be looked at are unknown, not gone. */
static void tell_blind(struct socks *all)
{
	struct gap g = { .kind = &kind_port,
		.reason = GAP_DENIED,
		.text = "some sockets have no owner that could be found, and not every "
			"process could be looked at" };

	scan_gap(all->scan, &g);
}

/* No more than a share of one user's files is looked at: who has millions keeps only its own
 * sockets from being told whole. */
static void tell_cut(struct socks *all)
{
	const struct shares *c = &all->cut;
	struct gap g = { .kind = &kind_port,
		.reason = GAP_LIMIT,
		.text = arena_format(all->arena,
			"too many open files: %zu looked at, and not all of %zu of %zu processes, "
			"so that some sockets have owners that are not known",
			c->looked, c->left_out, c->processes) };

	scan_gap(all->scan, &g);
}

static bool has_unknown_owner(const struct socks *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->list[i].owner == NOBODY)
			return true;
	return false;
}

static void sockets(struct emitter *out)
{
	struct socks *all = out->all;

	name_all(all);
	if (all->blind && has_unknown_owner(all))
		tell_blind(all);
	if (all->cut.n || (all->cut.some && has_unknown_owner(all)))
		tell_cut(all);
	for (size_t from = 0, to; from < all->n; from = to) {
		for (to = from + 1; to < all->n; to++)
			if (!span_same(all->list[to].key, all->list[from].key))
				break;
		emit_group(out, &all->list[from], to - from);
	}
}

static int scan(struct scan *s, struct err *e)
{
	__attribute__((cleanup(socks_done))) struct socks all = {
		.scan = s,
		.host = scan_host(s),
		.arena = scan_arena(s),
	};
	struct emitter out = { .all = &all, .asks = scan_asks_kind(s, &kind_port) };
	AUTO_FREE(names) names = NULL;
	struct err why;

	if (out.asks == 0)
		return 0;
	if (socks_spaces(&all, e) < 0)
		return e->code;
	socks_dump(&all);
	if ((out.asks & PORT_OWNER_FIELDS) && socks_owners(&all, e) < 0)
		return e->code;
	if (names_load(&names, host_root(all.host), &why) < 0)
		names = NULL; /* numbers serve as well */
	out.names = names;
	emitter_init(&out);
	sockets(&out);
	bus_names(&out);
	emitter_done(&out);
	return 0;
}

static const struct watch_source watches[] = {
	{ WATCH_SOCKET, NULL, 0 },
	{ WATCH_BUS, NULL, 0 },
	{ WATCH_FILE, "/usr/share/dbus-1/system-services/*", 0 },
	{ WATCH_FILE, "/etc/dbus-1/system-services/*", 0 },
	{ WATCH_FILE, "/usr/local/share/dbus-1/system-services/*", 0 },
	{ WATCH_POLL, NULL, 10 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_port = {
	.kind = &kind_port,
	.source = "sock_diag",
	.needs = NEED_LIVE,
	.scan = scan,
	.watches = watches,
};
