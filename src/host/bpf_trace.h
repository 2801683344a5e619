/* What happens on this host, as the kernel itself tells it when it happens: processes that are
 * made, run another program and end, control groups that are made, and who binds and listens. As
 * host/bpf.h: short programs put together here for the running kernel; everything may be refused,
 * and the error says why. */
#ifndef HOST_BPF_TRACE_H
#define HOST_BPF_TRACE_H

#include <stdint.h>

#include "core/err.h"
#include "core/span.h"

enum bpf_trace_type {
	BPF_TRACE_FORK,
	BPF_TRACE_EXEC,
	BPF_TRACE_EXIT,
	BPF_TRACE_SOCKET,
	BPF_TRACE_GROUP /* only time, cgroup and path */
};

/* Of a thread group, with the numbers of the initial namespaces. As it comes from the kernel: 64
 * bits first. What the kernel does not have is 0, numbers of login and session UINT32_MAX. */
struct bpf_trace_head {
	uint64_t time;  /* ns since boot, sleep included: all times */
	uint64_t start; /* of the process */
	uint64_t parent_start;
	uint64_t cgroup, cgroup_set; /* as in struct bpf_task */
	uint64_t inode;              /* of the executable */
	uint64_t args_total;         /* bytes there were of them */
	char comm[16], tty[24];      /* NUL behind, hostile */
	uint32_t type, pid, parent;
	uint32_t uid, login_uid, session; /* uid: the effective one */
	uint32_t flags;                   /* PF_… */
	uint32_t nlink;                   /* of the executable */
	uint32_t mounts;                  /* inode number of its namespace of mounts */
	uint32_t device;                  /* of the executable: major << 20 | minor */
	uint32_t path_n, args_n;          /* bytes of what follows */
};

struct bpf_trace_record {
	struct bpf_trace_head head;
	struct span path; /* EXEC: names from the file up to the root, a NUL behind each; GROUP: its
			     path in the unified hierarchy, a NUL behind */
	struct span args; /* EXEC: the first of them, a NUL behind each; hostile */
};

struct bpf_trace;

/* Everything after this is told. sockets: of who binds and listens, too. */
int bpf_trace_open(struct bpf_trace **ret, bool sockets, struct err *e) MUST_CHECK;
void bpf_trace_free(struct bpf_trace *t); /* accepts NULL */
void bpf_trace_freep(struct bpf_trace **t);
/* Readable when there is something, to be polled by level. */
int bpf_trace_fd(const struct bpf_trace *t);
/* Does it tell of TCP's and UDP's listen(2) and bind(2)? */
bool bpf_trace_hears_sockets(const struct bpf_trace *t);
/* Each record there is by now; how many. */
size_t bpf_trace_read(struct bpf_trace *t,
	void (*each)(void *ctx, const struct bpf_trace_record *r), void *ctx);
/* How many were lost so far because there was no room for them. */
uint64_t bpf_trace_lost(const struct bpf_trace *t);

/* The topmost group of the unified hierarchy, also where it is mounted nowhere or something lies
 * over it; -1: there is none, or no right. The caller closes. */
int bpf_trace_groups(void);

/* Pure: the path of an executable out of its names, " (deleted)" not among them. False: no room. */
bool bpf_trace_path(struct span names, char *ret, size_t room, size_t *ret_n);
/* Pure: a record out of bytes. False: they are none. */
bool bpf_trace_record_from(struct span bytes, struct bpf_trace_record *ret);

/* Whether instructions with this tag are those of one of these programs. */
bool bpf_trace_is_own(const uint8_t tag[8]);

#endif
