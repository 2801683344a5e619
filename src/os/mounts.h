/* What is mounted where, from /proc/self/mountinfo (proc(5)); nothing that is mounted is touched.
 */
#ifndef OS_MOUNTS_H
#define OS_MOUNTS_H

#include "core/err.h"
#include "core/span.h"

struct mounts;

struct mount_point {
	struct span path; /* as bytes, octal escapes resolved; valid as long as the mounts */
	struct span type; /* "ext4", "fuse.sshfs" */
};

int mounts_load(struct mounts **ret, struct err *e) MUST_CHECK;
/* From the text of a mountinfo file, which is copied. Lines that do not follow the format are
 * passed over. */
struct mounts *mounts_from(struct span text);
void mounts_free(struct mounts *m); /* accepts NULL */
void mounts_freep(struct mounts **m);

/* All of them, in the order they were mounted. */
const struct mount_point *mounts_list(const struct mounts *m, size_t *ret_n);

/* The mount an absolute path lies on: of the deepest ones the one mounted last. NULL: none is
 * known. */
const struct mount_point *mounts_find(const struct mounts *m, struct span path);
/* Served by a program or over a network: one that may never answer. */
bool mount_is_remote(const struct mount_point *p);

#endif
