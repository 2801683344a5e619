/* Sockets, by the room of processes (bound, listening); that one was closed the kernel says itself,
 * for inet sockets of our network namespace. */
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <stddef.h>

#include "entity/who.h"
#include "watch/kinds/netlink.h"

/* struct inet_diag_msg behind the header of netlink: the port of the other end. */
#define OTHER_PORT (NLMSG_HDRLEN + 4 + 2)

static void heard(struct watched_kinds *all, struct span datagram)
{
	(void)datagram;
	kinds_heard_all(all, WATCH_SOCKET, SPAN_NONE, &(struct kinds_act){ .why = WHO_CLOSED });
}

/* A port is not connected to anything: connections that end are dropped in the kernel, so that a
 * busy server does not wake us for each. Those of TCP we are told of by processes, else by polls:
 * the kernel would go to lengths for each connection of all. */
static void begin(struct watched_kinds *all)
{
	static struct sock_filter only_unconnected[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, OTHER_PORT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	static const struct kinds_netlink_setup setup = { .of = WATCH_SOCKET,
		.protocol = NETLINK_SOCK_DIAG,
		.groups = { SKNLGRP_INET_UDP_DESTROY, SKNLGRP_INET6_UDP_DESTROY },
		.filter = only_unconnected,
		.n_filter = ARRAY_LEN(only_unconnected),
		.heard = heard };
	struct err e;

	if (!processes_hear(all->w, PROCESS_SOCKET)) {
		kinds_state(all, WATCH_SOCKET, false, "there is no BPF that tells of sockets");
		return;
	}
	/* Without it the poll finds what was closed. */
	if (!all->destroyed && kinds_netlink_open(&all->destroyed, all, &setup, &e) < 0)
		all->destroyed = NULL;
	kinds_state(all, WATCH_SOCKET, true, "");
}

static void end(struct watched_kinds *all)
{
	kinds_netlink_close(&all->destroyed);
}

const struct kinds_means_room kinds_means_socket = { WATCH_SOCKET, begin, end };
