/* Who did it: the process behind a change, and what it came from. Everything in it but the numbers
 * is hostile bytes. */
#ifndef ENTITY_WHO_H
#define ENTITY_WHO_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

#define WHO_ANCESTORS_MAX 32
#define WHO_ARGS_MAX 64
#define WHO_NONE UINT32_MAX /* of uid, login_uid and session: not known, or none */

struct who_ancestor {
	uint32_t pid;
	uint32_t uid;    /* WHO_NONE: not known */
	int64_t started; /* ns since epoch; 0: not known */
	struct span exe; /* empty: not known */
};

struct who {
	uint32_t pid, uid;
	uint32_t login_uid; /* who logged in, as the kernel's audit remembers it */
	uint32_t session;   /* that login's number */
	int64_t started;    /* ns since epoch; 0: not known */
	struct span exe;    /* path, " (deleted)" behind it when it was */
	struct span sha256; /* of it, 32 bytes; empty: not known */
	struct span comm;   /* what the kernel calls it, where there is no exe (a kernel thread) */
	const struct span *argv; /* secrets masked */
	size_t n_argv;
	bool argv_cut;     /* there are more, or the last one is longer */
	struct span user;  /* name of uid */
	struct span login; /* name of login_uid */
	struct span tty;   /* "pts/3" */
	struct span unit;  /* "ssh.service" */
	struct span container;
	/* The parent first, up to the login or the service that began it. */
	const struct who_ancestor *ancestry;
	size_t n_ancestry;
	uint32_t others;   /* further processes that touched it since it was looked at last */
	struct span means; /* what it is known by: "bpf", "connector", "proc" */
};

/* Append canonical CBOR: a map from small numbers; what is empty is left out. */
void who_encode(const struct who *w, struct buf *ret);
/* Lists live in a, texts point into `cbor`. Unknown map keys are skipped. ERR_FORMAT. */
int who_decode(struct span cbor, struct arena *a, struct who *ret, struct err *e) MUST_CHECK;

#endif
