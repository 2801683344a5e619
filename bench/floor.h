/* The floor program: how fast this machine lets anybody walk, stat, read and hash a tree. It makes
 * the system calls the product makes and nothing else: no rules, no comparison, no store. What goes
 * wrong with one entry is counted, not reported. */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/sha256.h"

#define FLOOR_THREADS_MAX 256
#define FLOOR_WINDOW_MAX 256
#define FLOOR_RECORDS 1024 /* kept a thread before they are written or forgotten */

struct statx;

struct floor_options {
	unsigned threads;
	bool content;     /* open, read and hash regular files; else metadata only */
	bool xattrs;      /* list extended attributes, ACLs among them */
	bool flags;       /* FS_IOC_GETFLAGS of what is opened anyway */
	bool inode_order; /* within each batch of a directory */
	bool uncached;    /* RWF_DONTCACHE for files larger than one buffer */
	unsigned window;  /* files opened ahead and asked for by WILLNEED; 0: none */
	size_t buffer;    /* bytes a read asks for, a multiple of SHA256_BLOCK */
	int out;          /* records are written here, or -1 */
};

/* What a baseline must keep of an entry. */
struct floor_record {
	uint64_t parent, inode, size, mtime, ctime, btime, rdev;
	uint32_t mode, uid, gid, nlink;
	uint32_t xattr_bytes, target_bytes, flags, spare;
	uint8_t sha256[SHA256_SIZE];
};

/* A file whose digest is being made. */
struct floor_job {
	struct floor_record r;
	uint8_t *buffer;
	int fd;        /* -1: all of it is read */
	uint64_t read; /* bytes so far */
	bool used;
};

struct floor_count {
	uint64_t entries, files, bytes, errors;
};

/* What one thread owns. */
struct floor_thread {
	pthread_t id;
	const struct floor_options *o;
	struct floor_count count;
	struct sha256_set sha;
	struct floor_job job[SHA256_LANES];
	char *names; /* what getdents64 gave */
	struct floor_record *records;
	size_t n_records;
};

/* floor.c: write or forget, once many have come together. */
void floor_keep(struct floor_thread *t, const struct floor_record *r);
void floor_flush(struct floor_thread *t);
NORETURN void die(const char *what);

/* floor_read.c: attributes of an open file, and its content. */
int floor_open(int folder, const char *name);
int floor_stat(struct floor_thread *t, int fd, struct floor_record *r);
/* Takes the descriptor; the record is kept when its digest is known. */
void floor_hash(struct floor_thread *t, const struct floor_record *r, int fd);
bool floor_hash_some(struct floor_thread *t); /* false: nothing is being hashed */
void floor_record_stat(struct floor_record *r, const struct statx *x);

/* floor_walk.c: everything at and below the folder. Returns when it is done. */
void floor_walk(struct floor_thread *threads, unsigned n, int folder);

#endif
