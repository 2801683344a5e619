/* The names a file has in the current tree, by what it is on its file system. */
#ifndef AGENT_SURVEY_NAMES_H
#define AGENT_SURVEY_NAMES_H

#include "store/store.h"

struct file_identity {
	uint64_t device, inode; /* as in records of kind file */
};

/* sought: an array of struct file_identity. Goes through the whole tree. */
int names_tell(struct store *s, struct span sought,
	int (*found)(void *ctx, struct span path, struct err *e), void *ctx,
	struct err *e) MUST_CHECK;

#endif
