/* BPF programs in the kernel, and objects pinned in a BPF file system. Field names are those of the
 * JSON; numbers are stored: add at the end only. */
#ifndef ENTITY_BPF_H
#define ENTITY_BPF_H

#include "entity/kind.h"

enum bpf_field {
	BPF_FIELD_TYPE,
	BPF_FIELD_NAME,
	BPF_FIELD_TAG,
	BPF_FIELD_ATTACHED,
	BPF_FIELD_USER,
	BPF_FIELD_EXE,
	BPF_FIELD_UNIT,
	BPF_FIELD_PINNED,
	BPF_FIELD_SIZE,
	BPF_FIELD_GPL,
	BPF_FIELD_DETACHED,
	BPF_FIELD_PROCESS,
	BPF_FIELD_PIDS,
	BPF_FIELD_IDS,
	BPF_FIELD_PROGRAMS,
	BPF_FIELD_LOADED,
	BPF_FIELD_N
};

extern const struct kind kind_bpf;

#endif
