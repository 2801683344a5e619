/* Who did it: the process behind a change, and what it came from. Everything in it but the numbers
 * is hostile bytes. */
#ifndef ENTITY_WHO_H
#define ENTITY_WHO_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

#define WHO_ANCESTORS_MAX 32
#define WHO_ARGS_MAX 64
#define WHO_ALSO_MAX 4
#define WHO_ALSO_ARGS 8     /* arguments of one of these … */
#define WHO_ALSO_BYTES 128  /* … and bytes of each */
#define WHO_NONE UINT32_MAX /* of uid, login_uid and session: not known, or none */

/* Bits: where a program was found. */
#define WHO_APART 1    /* in another namespace of mounts than the host's */
#define WHO_REPLACED 2 /* and in the host's another file has its path */

struct who_ancestor {
	uint32_t pid;
	uint32_t uid;    /* WHO_NONE: not known */
	int64_t started; /* ns since epoch; 0: not known */
	struct span exe; /* empty: not known */
	uint32_t place;  /* WHO_APART … */
};

/* Who may have done it as well as the one named. */
enum who_relation {
	WHO_BEFORE =
		1, /* the same process, in another program, which it ran until a moment before */
	WHO_TOO,   /* another process touched the same since it was looked at last */
	WHO_RELATIONS
};
extern const char *const who_relation_names[WHO_RELATIONS];

/* What it did to a file, as far as that tells who is named of several. */
enum who_part {
	WHO_TOUCHED,
	WHO_LET_GO, /* it was the last to close what was open for writing, no more is known: who
		       wrote through a mapping, or gave it away, may be another one */
	WHO_NAMED,  /* it made, removed or moved the name. In hints only */
	WHO_PARTS
};

struct who_also {
	uint32_t relation; /* enum who_relation; of another process's earlier programs BEFORE */
	uint32_t pid, uid;
	int64_t started;
	int64_t until; /* ns since epoch: when it began to run another program; 0: not known */
	struct span exe, sha256;
	const struct span *argv; /* the first of them */
	size_t n_argv;
	bool argv_cut;
	struct span user; /* name of uid */
	uint32_t place;   /* WHO_APART … */
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
	bool ancestry_cut; /* it is not kept, as of who was one of `also` */
	uint32_t others;   /* further processes that touched it since it was looked at last */
	struct span means; /* what it is known by: "bpf", "connector", "proc" */
	/* The newest first. Those of `others` as far as there is room, and earlier programs. */
	const struct who_also *also;
	size_t n_also;
	bool also_cut;      /* not all of them */
	uint32_t part;      /* enum who_part */
	uint32_t place;     /* WHO_APART … */
	struct span unread; /* why it has no sha256; empty: it has, or has no exe */
};

/* Append canonical CBOR: a map from small numbers; what is empty is left out. */
void who_encode(const struct who *w, struct buf *ret);
/* Lists live in a, texts point into `cbor`. Unknown map keys are skipped. ERR_FORMAT. */
int who_decode(struct span cbor, struct arena *a, struct who *ret, struct err *e) MUST_CHECK;

/* The arguments of x: these, as many and as much of them as it may have. */
void who_shorten(struct who_also *x, const struct span *argv, size_t n, bool cut, struct arena *a);

/* Is it what the one named ran before? */
bool who_is_own(const struct who *w, const struct who_also *x);
/* Those of `others` that are not in the list. */
uint32_t who_unnamed(const struct who *w);
/* Of two that touched the same thing the one with the stronger part is named. */
bool who_is_stronger(uint32_t part, uint32_t other);
/* `last` and `earlier` touched the same thing: last, with earlier among its `also` and counted in
 * its `others`; the other way round where earlier has the stronger part. When there is no room,
 * what stays is the first one and earlier programs. Lists live in a, texts where they were. */
void who_merge(const struct who *last, const struct who *earlier, struct arena *a, struct who *ret);
/* The same of canonical ones; an empty one is somebody who is not known. False: one of them cannot
 * be read, and nothing was appended. */
bool who_join(struct span last, struct span earlier, struct buf *ret) MUST_CHECK;

/* Reasons why nobody is named that speak of an end: they are none for what came. */
#define WHO_PROGRAM_ENDED "what ends a program is not told"
#define WHO_ENDED_WITH "it ended with the program that had it"
#define WHO_CLOSED "the kernel does not say who closed a socket"
bool who_tells_end(struct span why);

#endif
