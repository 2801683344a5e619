/* What the files of this room share: the sockets of the host while they are collected. */
#ifndef SENSOR_PORT_ROOM_H
#define SENSOR_PORT_ROOM_H

#include "core/err.h"
#include "host/host.h"
#include "host/process.h"
#include "sensor/port/sock.h"
#include "sensor/sensor.h"

#define SOCKS_MAX 1000000
#define SPACES_MAX 4096

/* A network namespace. */
struct space {
	uint64_t inode;
	uint32_t pid; /* of the oldest process in it; 0: a mount keeps it */
	int64_t started;
	struct span path, name;
	bool suspect; /* has sockets that nobody seems to own */
	bool named;   /* by ip netns(8) or by its container: nothing better will come */
};

struct owner {
	uint32_t pid, next;
};

struct socks {
	struct scan *scan;
	struct host *host;
	struct arena *arena;
	struct sock *list;
	size_t n, cap;
	struct space *space; /* the first is our own */
	size_t n_spaces;
	uint32_t *slot; /* inode to a chain of sockets */
	uint32_t mask;
	struct owner *owners;
	size_t n_owners, cap_owners;
	bool again;        /* listed a second time: what goes wrong was told the first time */
	uint32_t protos;   /* then: only these, as bits */
	bool blind;        /* the open files of some process could not be looked at */
	const char *means; /* of the owners: "bpf" or "proc" */
};

/* spaces_linux.c: fills in space. */
int socks_spaces(struct socks *all, struct err *e) MUST_CHECK;
/* dump_linux.c: all sockets of all namespaces; what cannot be listed is a gap. */
void socks_dump(struct socks *all);
/* owners_linux.c: who has which open. Sockets that were closed before that was known are dropped:
 * without its owner what waits for one answer would look like a hidden listener. */
int socks_owners(struct socks *all, struct err *e) MUST_CHECK;
void socks_done(struct socks *all);
struct emitter;
/* dbus_linux.c: the names on the system bus, as entities. */
void bus_names(struct emitter *out);

#endif
