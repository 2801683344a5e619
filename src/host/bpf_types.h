/* The running kernel's description of its types, opened. */
#ifndef HOST_BPF_TYPES_H
#define HOST_BPF_TYPES_H

#include "core/attr.h"
#include "host/btf.h"

struct bpf_types {
	void *p;
	size_t n;
	bool mapped;
	struct btf *btf;
};

/* ret: zeroed. */
int bpf_types_open(struct bpf_types *ret, struct err *e) MUST_CHECK;
void bpf_types_done(struct bpf_types *t);

/* Are we where the kernel's numbers of processes and users are ours? ERR_DENIED: in a namespace of
 * its own. */
int bpf_numbers_mean(struct err *e) MUST_CHECK;

#endif
