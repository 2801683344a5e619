/* Names on the system bus: who owns them, and which are started when somebody asks for them. */
#include <stdlib.h>

#include "entity/port.h"
#include "host/bus.h"
#include "sensor/port/dbus_service.h"
#include "sensor/port/emit.h"

#define BUS "org.freedesktop.DBus"
#define NAMES_MAX 65536
#define SERVICE_MAX ((size_t)64 << 10)
#define PREFIX "dbus/system/"

/* The first that has the file wins. */
static const char *const folders[] = { "etc/dbus-1", "run/dbus-1", "usr/local/share/dbus-1",
	"usr/share/dbus-1", "lib/dbus-1" };

struct name {
	const char *text;
	bool owned, activatable;
	uint32_t pid; /* 0: unknown */
};

struct bus_list {
	struct name *name;
	size_t n;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

/* Unique names (":1.5") are numbers of connections. */
static int list(struct bus *bus, const char *member, bool owned, struct arena *a,
	struct bus_list *all, struct err *e)
{
	struct bus_call call = { .name = BUS,
		.path = "/org/freedesktop/DBus",
		.interface = BUS,
		.member = member };
	struct span s;

	if (bus_call(bus, &call, e) < 0)
		return e->code;
	if (bus_enter(call.reply, 'a', "s"))
		while (all->n < NAMES_MAX && bus_text(call.reply, &s))
			if (s.n && *s.p != ':')
				all->name[all->n++] = (struct name){ .text = arena_text(a, s),
					.owned = owned,
					.activatable = !owned };
	bus_reply_free(call.reply);
	return 0;
}

/* Names of both lists become one. */
static void merge(struct bus_list *all)
{
	size_t k = 0;

	qsort(all->name, all->n, sizeof *all->name, by_text);
	for (size_t i = 0; i < all->n; i++) {
		if (k && strcmp(all->name[k - 1].text, all->name[i].text) == 0) {
			all->name[k - 1].owned |= all->name[i].owned;
			all->name[k - 1].activatable |= all->name[i].activatable;
		} else {
			all->name[k++] = all->name[i];
		}
	}
	all->n = k;
}

static int ask_owners(struct bus *bus, struct bus_list *all, struct arena *a, struct err *e)
{
	struct bus_call *calls = arena_get(a, (all->n + 1) * sizeof *calls);
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < all->n; i++)
		if (all->name[i].owned)
			calls[n++] = (struct bus_call){ .name = BUS,
				.path = "/org/freedesktop/DBus",
				.interface = BUS,
				.member = "GetConnectionUnixProcessID",
				.args = { all->name[i].text },
				.ctx = &all->name[i] };
	rc = bus_calls(bus, calls, n, e);
	for (size_t i = 0; i < n; i++) {
		struct name *x = calls[i].ctx;
		uint64_t pid;

		if (calls[i].reply && bus_number(calls[i].reply, &pid) && pid <= UINT32_MAX)
			x->pid = (uint32_t)pid;
		bus_reply_free(calls[i].reply);
	}
	return rc;
}

static void put_activation(struct emitter *out, const char *name)
{
	struct arena *a = out->all->arena;
	struct dbus_service service;
	struct span text;
	struct err why;

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		const char *path =
			arena_format(a, "%s/system-services/%s.service", folders[i], name);

		if (host_read(out->all->host, path, SERVICE_MAX, a, &text, &why) < 0)
			continue;
		service = dbus_service_from(text);
		record_set_bytes(out->r, PORT_ACTIVATION, dbus_activation(&service, a));
		return;
	}
}

static void emit_name(struct emitter *out, const struct name *x)
{
	struct arena *a = out->all->arena;
	struct record *r = out->r;

	*r = (struct record){ .kind = &kind_port,
		.key = span_of(arena_format(a, PREFIX "%s", x->text)) };
	record_set_number(r, PORT_STATE, x->activatable ? PORT_ACTIVATABLE : PORT_OWNED);
	if (x->activatable) {
		record_set_number(r, PORT_RUNNING, x->owned);
		put_activation(out, x->text);
	}
	if (x->pid)
		put_owners(out, &x->pid, 1);
	scan_emit(out->all->scan, r);
}

static int look(struct emitter *out, struct err *e)
{
	struct arena *a = out->all->arena;
	struct bus_list all = { .name = arena_get(a, NAMES_MAX * sizeof *all.name) };
	struct bus *bus;

	if (host_bus(out->all->host, BUS_SYSTEM, &bus, e) < 0 ||
		list(bus, "ListNames", true, a, &all, e) < 0 ||
		list(bus, "ListActivatableNames", false, a, &all, e) < 0)
		return e->code;
	merge(&all);
	if ((out->asks & PORT_OWNER_FIELDS) && ask_owners(bus, &all, a, e) < 0)
		return e->code;
	for (size_t i = 0; i < all.n; i++)
		emit_name(out, &all.name[i]);
	return 0;
}

void bus_names(struct emitter *out)
{
	struct err why;
	int rc = look(out, &why);

	if (rc < 0 && rc != ERR_MISSING)
		scan_gap_err(out->all->scan, &kind_port, span_of(PREFIX), true, &why);
}
