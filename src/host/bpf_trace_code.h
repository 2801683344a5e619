/* The programs of host/bpf_trace.h as instructions for the running kernel. Pure. */
#ifndef HOST_BPF_TRACE_CODE_H
#define HOST_BPF_TRACE_CODE_H

#include "host/bpf_code.h"

enum bpf_trace_program {
	TRACE_FORK,
	TRACE_EXEC,
	TRACE_EXIT,
	TRACE_LISTEN,
	TRACE_BIND,
	TRACE_BIND6,
	TRACE_GROUP,
	TRACE_PROGRAMS
};

/* Numbers of maps as they stand in the instructions. */
enum bpf_trace_map { TRACE_RING, TRACE_SCRATCH, TRACE_LOST, TRACE_MAPS };

/* Of the room in TRACE_SCRATCH, one for each program: a head, names, arguments. Where the names end
 * is checked before each, so one name more fits behind the mark. */
#define TRACE_NAME_MAX 256
#define TRACE_NAMES_MARK 2048
#define TRACE_ARGS_MAX 4096
#define TRACE_NAMES_MAX 48
#define TRACE_GROUP_MAX 4096 /* of the path of a control group: PATH_MAX */
#define TRACE_SCRATCH_SIZE \
	(sizeof(struct bpf_trace_head) + TRACE_NAMES_MARK + TRACE_NAME_MAX + TRACE_ARGS_MAX)

/* ERR_MISSING: this kernel lacks what they cannot do without. */
int bpf_trace_code(const struct btf *b, struct bpf_code ret[TRACE_PROGRAMS],
	struct err *e) MUST_CHECK;

#endif
