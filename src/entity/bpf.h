/* BPF programs and links in the kernel. Field names are those of the JSON; numbers are stored: add
 * at the end only. */
#ifndef ENTITY_BPF_H
#define ENTITY_BPF_H

#include "entity/kind.h"

enum bpf_field { BPF_NAME, BPF_N };

extern const struct kind kind_bpf;

#endif
