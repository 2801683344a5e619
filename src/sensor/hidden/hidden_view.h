/* Views of one thing that must agree, and how they are compared. Pure. */
#ifndef SENSOR_HIDDEN_HIDDEN_VIEW_H
#define SENSOR_HIDDEN_HIDDEN_VIEW_H

#include <stdint.h>

#include "core/buf.h"

/* ---- processes ---- */

/* Numbers of processes. Ascending and without doubles after pids_sort. */
struct pids {
	struct buf list; /* uint32_t each */
};
#define PIDS_MAX ((size_t)4 << 20)
#define PIDS_INIT \
	{ \
		BUF_INIT(PIDS_MAX * sizeof(uint32_t)) \
	}
void pids_done(struct pids *p);
void pids_add(struct pids *p, uint32_t pid);
void pids_sort(struct pids *p);
size_t pids_n(const struct pids *p);
uint32_t pids_at(const struct pids *p, size_t i);
bool pids_has(const struct pids *p, uint32_t pid); /* sorted */
/* Those of seen that are not in listed; both sorted. */
void pids_missing(const struct pids *seen, const struct pids *listed, struct pids *ret);
/* The numbers in a cgroup.procs text; 0 (of another namespace) left out. */
void pids_from_text(struct span text, struct pids *ret);

/* Which numbers to ask the kernel for, this time: all up to a bit beyond the highest known where
 * those are few; else those given out lately, and a window that moves with the time. */
struct sweep {
	uint32_t from[3], to[3]; /* to: not included; empty where equal */
};
#define SWEEP_SPAN 8192U
struct sweep sweep_of(uint32_t highest, uint32_t last, uint32_t pid_max, uint64_t turn);
/* Of many that follow each other within seconds, a sixth of the work: what was given out since the
 * last one (`before`: the number given out then; 0: not known), and windows in turn. */
struct sweep sweep_often(uint32_t highest, uint32_t last, uint32_t before, uint32_t pid_max,
	uint64_t turn);

/* ---- ports ---- */

enum port_proto { PORT_TCP, PORT_TCP6, PORT_UDP, PORT_UDP6, PORT_PROTOS };
extern const char *const port_proto_names[];

struct ports {
	uint64_t open[PORT_PROTOS][1024];  /* listening, or a bound datagram socket */
	uint64_t known[PORT_PROTOS][1024]; /* any socket that has this local port */
};
void ports_add(struct ports *p, enum port_proto proto, uint16_t port, bool open);
bool ports_open(const struct ports *p, enum port_proto proto, uint16_t port);
/* In any family. */
bool ports_known(const struct ports *p, bool udp, uint16_t port);
/* The next port at or behind *at that is open in a and unknown in b; false: none. */
bool ports_missing(const struct ports *a, const struct ports *b, enum port_proto proto,
	uint32_t *at);
/* The text of /proc/net/tcp and its like. */
void ports_from_proc(struct span text, enum port_proto proto, struct ports *ret);
/* One block of a reply of sock_diag(7); false: it was the last, or not one. */
bool ports_from_diag(struct span block, enum port_proto proto, struct ports *ret);

/* ---- folders and mounts ---- */

/* Each folder holds a link to its parent, on file systems that count so. magic: f_type. *ret: how
 * many folders it says it holds. */
bool folder_count(uint64_t magic, uint64_t links, uint64_t *ret);

enum mount_place {
	MOUNT_ELSEWHERE,
	MOUNT_PROCESS, /* over /proc/PID or a list in /proc: always a disguise */
	MOUNT_SYSTEM,  /* over something that people look at: a disguise when something is below */
};
enum mount_place mount_place(struct span path);

#endif
