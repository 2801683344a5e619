/* What the kernel and the bus send, read: pure, and not to be trusted. */
#ifndef WATCH_KINDS_PARSE_H
#define WATCH_KINDS_PARSE_H

#include <stdint.h>

#include "core/buf.h"

/* A kernel's uevent: "add@/module/dummy", then NAME=VALUE, each ended by a NUL. */
struct uevent {
	struct span action, path, subsystem;
};
/* False: it is none. Spans point into the datagram. */
bool uevent_parse(struct span datagram, struct uevent *ret);

/* A datagram of nf_tables' notifications. */
struct nft_event {
	bool changed; /* it says that something of the ruleset is another */
	uint32_t pid; /* who committed it, of the initial pid namespace; 0: it does not say */
};
/* False: it is not whole; what was read until then counts. */
bool nft_event_parse(struct span datagram, struct nft_event *ret);

/* The name of a unit, of its object path. False: it is no unit's. */
bool unit_of_path(struct span path, struct buf *ret);
/* Does kind service know units of this type? Sessions and devices come and go. */
bool unit_is_watched(struct span name);

#endif
