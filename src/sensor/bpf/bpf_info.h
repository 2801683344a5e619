/* What the kernel tells of a BPF link, and words for its numbers. Pure, fuzzed: newer kernels have
 * more to say than the headers this was built with, so it is read as bytes. */
#ifndef SENSOR_BPF_BPF_INFO_H
#define SENSOR_BPF_BPF_INFO_H

#include <stdint.h>

#include "core/arena.h"

#define LINK_INFO_BYTES 256
#define LINK_NAME_AT 16      /* where a pointer to a buffer for a name is handed in … */
#define LINK_PERF_NAME_AT 24 /* … and for a perf event */

enum bpf_link_kind { /* enum bpf_link_type */
	LINK_RAW_TRACEPOINT = 1,
	LINK_TRACING,
	LINK_CGROUP,
	LINK_ITER,
	LINK_NETNS,
	LINK_XDP,
	LINK_PERF_EVENT,
	LINK_KPROBE_MULTI,
	LINK_STRUCT_OPS,
	LINK_NETFILTER,
	LINK_TCX,
	LINK_UPROBE_MULTI,
	LINK_NETKIT,
	LINK_SOCKMAP,
};

struct bpf_link {
	uint32_t type, id, program;
	uint64_t cgroup;           /* LINK_CGROUP */
	uint32_t hook;             /* enum bpf_attach_type, or the netfilter hook */
	uint32_t object, function; /* LINK_TRACING: which BTF, which function in it */
	uint32_t interface;        /* LINK_XDP, LINK_TCX, LINK_NETKIT */
	uint32_t perf;             /* LINK_PERF_EVENT: enum bpf_perf_event_type */
	uint32_t count;            /* LINK_KPROBE_MULTI: how many functions */
};

/* False: cut off. */
bool bpf_link_from(struct span info, struct bpf_link *ret);
/* Where such a link wants a name to be written, as an offset into info; 0: it has none. */
unsigned bpf_link_name_at(const struct bpf_link *l);

/* "kprobe", "cgroup_skb"; "type-99" in a for what we do not know. */
const char *bpf_program_type(uint32_t type, struct arena *a);
const char *bpf_hook_name(uint32_t hook, struct arena *a);
/* "kprobe:do_unlinkat", "xdp:eth0": what is not asked for may be empty. */
struct span bpf_link_text(const struct bpf_link *l, struct span name, struct span place,
	struct arena *a);

/* The number behind "prog_id:" in /proc/PID/fdinfo/FD; 0: none. */
uint32_t bpf_id_from_fdinfo(struct span text);

#endif
