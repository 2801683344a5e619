/* The watcher: a process that hears at once of what changes on this host, filters it by the policy,
 * finds out who did it, and tells the collector where to look again. It reads nothing but names and
 * handles, and writes nothing. It may be lost at any time: the collector starts another one, and
 * scans what may have changed between. */
#ifndef WATCH_WATCH_H
#define WATCH_WATCH_H

#include "policy/policy.h"
#include "sensor/sensor.h"

struct watch_setup {
	const struct policy *policy; /* the caller's; replaced by REQUEST_POLICY */
	const char *spare;           /* a folder never to hear of (the state folder), or NULL */
	int fd;                      /* channel to the collector, watch/notice.h */
	/* as if the kernel refused it: for tests */
	bool no_bpf, no_connector, no_fanotify;
	unsigned queue; /* how many hints may wait; 0: the default */
};

/* Be the watcher, until the channel is closed: 0 then. An error when it cannot go on at all. */
int watch_run(const struct watch_setup *setup, struct err *e) MUST_CHECK;

#endif
