/* One host as it is observed in one scan: its tree ("/" or an offline image), and what several
 * rooms ask about: running processes, who owns a path, digests of programs. Each answer is made
 * when it is first asked for and shared until the scan ends. Not for several threads. Everything
 * read here is hostile. */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <sys/stat.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/sha256.h"

struct host;

struct host_options {
	const char *root;      /* observe this folder as "/"; NULL: the running host */
	const uint8_t *secret; /* 32 bytes only this installation knows, for host_keyed; NULL:
				  zeroes */
	bool no_bpf;           /* read /proc even where an iterator can be had */
};

int host_open(struct host **ret, const struct host_options *o, struct err *e) MUST_CHECK;
void host_free(struct host *h); /* accepts NULL */
void host_freep(struct host **h);
/* Another scan begins: all answers are forgotten, and all that was handed out, but for what is
 * known to be still so, because what it was read from has the same stamps. */
void host_renew(struct host *h);

/* True: this is the running system, so that /proc, /sys, sockets and buses speak of it. */
bool host_is_live(const struct host *h);
/* The tree; for openat and its like. Prefer what follows. */
int host_root(const struct host *h);
/* Of the running system, are these folders ("proc", "sys/module"; ended by NULL) the kernel's, so
 * that what is not found there is not there? ERR_SYSTEM: something is mounted over one, or nothing
 * where it should be. 0 for an offline tree. */
int host_is_kernels(const struct host *h, const char *const *folders, struct err *e) MUST_CHECK;
/* The same of one open folder, which path names for people. */
int host_fd_is_kernels(const struct host *h, int fd, const char *path, struct err *e) MUST_CHECK;
/* A file system of the kernel's ("proc", "cgroup2") of our own, attached nowhere: nothing is
 * mounted over it or below. Not to be listed itself, but openat "." of it is. -1: no right. The
 * caller closes. */
int host_open_fs(const char *type);
/* Lives as long as the host. */
struct arena *host_arena(struct host *h);

/* ---- files: paths are relative to the root ("etc/passwd"); symbolic links are followed as if the
 * root were "/", so none leads out of it; nothing but a regular file is opened for reading (a FIFO
 * or device cannot hang or do something); the access time is left alone. ---- */

/* The whole content, NUL behind it, in a. ERR_MISSING, ERR_DENIED, ERR_FORMAT (not a regular file),
 * ERR_LIMIT (more than max bytes). */
int host_read(struct host *h, const char *path, size_t max, struct arena *a, struct span *ret,
	struct err *e) MUST_CHECK;
/* The same below an open folder (AT_FDCWD is not allowed): links are kept inside that folder's
 * tree. For /proc/PID. */
int host_read_at(int dirfd, const char *path, size_t max, struct arena *a, struct span *ret,
	struct err *e) MUST_CHECK;
/* Like stat(2); link: of a symbolic link itself. */
int host_stat(struct host *h, const char *path, bool link, struct stat *ret,
	struct err *e) MUST_CHECK;
/* Where a symbolic link points, as text. */
int host_readlink(struct host *h, const char *path, struct arena *a, struct span *ret,
	struct err *e) MUST_CHECK;
/* Open for reading as host_read does it, for what is too large to be read whole; O_DIRECTORY among
 * flags opens a folder. The caller closes. */
int host_open_file(struct host *h, const char *path, int flags, int *ret, struct err *e) MUST_CHECK;

/* The names in a folder but "." and "..", in bytewise order. ERR_MISSING when there is none,
 * ERR_LIMIT when more than max. type: DT_… of readdir(3), DT_UNKNOWN where it does not say. */
struct host_entry {
	struct span name;
	unsigned char type;
};
int host_list(struct host *h, const char *path, size_t max, struct arena *a,
	struct host_entry **ret, size_t *ret_n, struct err *e) MUST_CHECK;

/* ---- digests ---- */

/* SHA-256 of a regular file, read once however often it is asked for (by device and inode, size and
 * times). At most 512 MiB: ERR_LIMIT. */
int host_digest(struct host *h, const char *path, uint8_t ret[SHA256_SIZE],
	struct err *e) MUST_CHECK;
/* The same for a descriptor: /proc/PID/exe of a program that was deleted. */
int host_digest_fd(struct host *h, int fd, uint8_t ret[SHA256_SIZE], struct err *e) MUST_CHECK;
/* HMAC-SHA256 with the secret of this installation: tells that a secret changed without telling
 * what it is. */
void host_keyed(const struct host *h, struct span what, uint8_t ret[SHA256_SIZE]);

#endif
