/* The packet filter, by the notifications of nf_tables. */
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "watch/kinds/netlink.h"
#include "watch/kinds/parse.h"

#define WHO_MAX ((size_t)1 << 18)

static void heard(struct watched_kinds *all, struct span datagram)
{
	AUTO(buf) who = BUF_INIT(WHO_MAX);
	struct kinds_act act = { .why = "the kernel does not say who" };
	struct nft_event x;

	(void)nft_event_parse(datagram, &x);
	if (!x.changed)
		return;
	if (x.pid && processes_who(all->w, &(struct who_asked){ x.pid, -1, 0, 0, false }, &who,
			     &act.why))
		act.who = buf_span(&who);
	kinds_heard_all(all, WATCH_NFTABLES, SPAN_NONE, &act);
}

/* Listening would make the kernel load nf_tables where nobody uses it. */
static bool is_loaded(void)
{
	char path[300], line[512];
	struct utsname u;
	bool found = false;
	FILE *f;

	if (access("/sys/module/nf_tables", F_OK) == 0 || access("/proc/modules", F_OK) < 0)
		return true;
	if (uname(&u) < 0)
		return false;
	snprintf(path, sizeof path, "/lib/modules/%s/modules.builtin", u.release);
	f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof line, f))
		found = strstr(line, "/nf_tables.ko") != NULL;
	if (f)
		fclose(f);
	return found;
}

static void begin(struct watched_kinds *all)
{
	static const struct kinds_netlink_setup setup = { .of = WATCH_NFTABLES,
		.protocol = NETLINK_NETFILTER,
		.groups = { NFNLGRP_NFTABLES },
		.heard = heard };
	struct err e;

	if (!all->nftables && !is_loaded())
		kinds_absent(all, WATCH_NFTABLES, "nf_tables is not loaded");
	else if (!all->nftables && kinds_netlink_open(&all->nftables, all, &setup, &e) < 0)
		kinds_state(all, WATCH_NFTABLES, false, e.text);
	else
		kinds_state(all, WATCH_NFTABLES, true, "");
}

static void end(struct watched_kinds *all)
{
	kinds_netlink_close(&all->nftables);
}

const struct kinds_means_room kinds_means_nftables = { WATCH_NFTABLES, begin, end };
