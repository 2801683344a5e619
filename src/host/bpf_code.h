/* The two programs of host/bpf.h as instructions for the running kernel. Pure. */
#ifndef HOST_BPF_CODE_H
#define HOST_BPF_CODE_H

#include <linux/bpf.h>

#include "host/btf.h"

#define BPF_CODE_MAX 768

enum bpf_iterator { BPF_ITER_TASKS, BPF_ITER_SOCKETS, BPF_ITERATORS };

struct bpf_code {
	struct bpf_insn insn[BPF_CODE_MAX];
	uint32_t n;
	uint32_t attach; /* id of the function that stands for the iterator */
};

/* ERR_MISSING: this kernel lacks an iterator, or a member that a program cannot do without. */
int bpf_code(const struct btf *b, struct bpf_code ret[BPF_ITERATORS], struct err *e) MUST_CHECK;

#endif
