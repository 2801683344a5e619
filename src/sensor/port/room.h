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

/* Users who have more open files than their share. */
struct shares {
	uint32_t *uid; /* ascending, each once: an owner among them is perhaps not the only one */
	size_t n;
	size_t processes, left_out, looked; /* in all; not all of their files; files looked at */
	bool some;                          /* any: who has no known owner may have one */
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
	char *block;       /* for names of open files */
	size_t looked;     /* open files or sockets looked at */
	size_t n_orphans;  /* sockets with an inode and without an owner */
	bool too_many;     /* to look at all of them */
	struct shares cut; /* whose were not all looked at then */
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
/* The open files of one process by /proc, but for what is behind the first `max`; how many it has,
 * or more than max. */
size_t socks_of_process(struct socks *all, const struct process *p, size_t max);
/* owners_share.c: when there are too many open files to look at all: each user's up to a share, the
 * superuser's first; what a child has from its parent only for sockets that nobody else has. */
void socks_share(struct socks *all, const struct process *list, size_t n);
bool socks_is_cut(const struct socks *all, uint32_t uid);
void socks_done(struct socks *all);
struct emitter;
/* dbus_linux.c: the names on the system bus, as entities. */
void bus_names(struct emitter *out);

#endif
