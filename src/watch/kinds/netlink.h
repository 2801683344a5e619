/* A netlink socket that only hears: of the kernel alone, and says when it missed something. */
#ifndef WATCH_KINDS_NETLINK_H
#define WATCH_KINDS_NETLINK_H

#include <linux/filter.h>

#include "watch/kinds/kinds.h"

struct kinds_netlink_setup {
	enum watch_means of;        /* whose loss it is */
	int protocol;               /* NETLINK_… */
	unsigned groups[4];         /* ended by 0 */
	struct sock_filter *filter; /* what the kernel drops already; NULL: nothing */
	unsigned short n_filter;
	void (*heard)(struct watched_kinds *all, struct span datagram);
};

/* ERR_DENIED, ERR_SYSTEM. */
int kinds_netlink_open(struct kinds_netlink **ret, struct watched_kinds *all,
	const struct kinds_netlink_setup *setup, struct err *e) MUST_CHECK;
void kinds_netlink_close(struct kinds_netlink **n); /* accepts NULL in it */

#endif
