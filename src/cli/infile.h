/* An exported baseline to read. */
#ifndef CLI_INFILE_H
#define CLI_INFILE_H

#include "core/err.h"

struct infile {
	int fd;
};
void infile_done(struct infile *f);
/* "-" is standard input. */
int infile_open(struct infile *f, const char *path, struct err *e) MUST_CHECK;

#endif
