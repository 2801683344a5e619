/* The kernel's description of its own types (/sys/kernel/btf/vmlinux, BTF): where the members of
 * its structures are. Pure; what it reads is bytes like any other. */
#ifndef HOST_BTF_H
#define HOST_BTF_H

#include <stdint.h>

#include "core/err.h"
#include "core/span.h"

struct btf;

/* Views into bytes, which must outlive it. Numbers up to the byte order of this machine. */
int btf_from(struct btf **ret, struct span bytes, struct err *e) MUST_CHECK;
void btf_free(struct btf *b); /* accepts NULL */
void btf_freep(struct btf **b);

enum btf_what { BTF_STRUCT, BTF_FUNCTION, BTF_WHATS };

/* The ids of many names at once, in one pass; 0 for what there is not. */
struct btf_wanted {
	enum btf_what what;
	const char *name;
	uint32_t id;
};
void btf_find(const struct btf *b, struct btf_wanted *w, size_t n);

/* How to come from a structure to a number inside it or behind its pointers: load the pointer at
 * offset[0], from there the one at offset[1], …; the last offset is that of the value. */
#define BTF_STEPS 8
struct btf_path {
	uint32_t offset[BTF_STEPS];
	unsigned n;
	uint32_t size; /* of the value */
};
/* path: "mm.exe_file.f_inode"; pointers and structures alike are entered by a dot, members of
 * nameless ones count as the outer's own. The first element of an array stands for it all. */
int btf_path(const struct btf *b, uint32_t id, const char *path, struct btf_path *ret,
	struct err *e) MUST_CHECK;
/* Of whatever has this id; empty: there is none. */
const char *btf_name(const struct btf *b, uint32_t id);
/* The size of a structure; 0: there is none of this id. */
uint32_t btf_size(const struct btf *b, uint32_t id);

#endif
