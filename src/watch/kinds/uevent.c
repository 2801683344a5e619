/* Modules, by what the kernel says of its own objects. */
#include <linux/netlink.h>
#include <string.h>

#include "watch/kinds/netlink.h"
#include "watch/kinds/parse.h"

static void heard(struct watched_kinds *all, struct span datagram)
{
	struct uevent u;

	if (!uevent_parse(datagram, &u) || !u.subsystem.n)
		return;
	++*watcher_counter(all->w, "kinds_uevents");
	kinds_heard_all(all, WATCH_UEVENT, u.subsystem,
		&(struct kinds_act){ .why = "the kernel does not say who" });
	/* Its notifications can be listened to from now on. */
	if (span_is(u.subsystem, "module") && all->means[WATCH_NFTABLES].begun &&
		!all->means[WATCH_NFTABLES].in_force)
		kinds_means_nftables.begin(all);
}

static void begin(struct watched_kinds *all)
{
	static const struct kinds_netlink_setup setup = { .of = WATCH_UEVENT,
		.protocol = NETLINK_KOBJECT_UEVENT,
		.groups = { 1 }, /* the kernel's own; 2 is udev's */
		.heard = heard };
	struct err e;

	if (!all->uevent && kinds_netlink_open(&all->uevent, all, &setup, &e) < 0)
		kinds_state(all, WATCH_UEVENT, false, e.text);
	else
		kinds_state(all, WATCH_UEVENT, true, "");
}

static void end(struct watched_kinds *all)
{
	kinds_netlink_close(&all->uevent);
}

const struct kinds_means_room kinds_means_uevent = { WATCH_UEVENT, begin, end };
