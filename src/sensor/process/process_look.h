/* What one look at processes gathers, shared by the files of this room. */
#ifndef SENSOR_PROCESS_PROCESS_LOOK_H
#define SENSOR_PROCESS_PROCESS_LOOK_H

#include <sys/stat.h>

#include "core/sha256.h"
#include "entity/process.h"
#include "host/process.h"
#include "os/names.h"
#include "sensor/process/process_text.h"
#include "sensor/sensor.h"

#define ITEMS_MAX 64

/* Texts without doubles, in the order they came; what is too much is left out and said. */
struct items {
	struct span item[ITEMS_MAX];
	size_t n;
	bool more;
};
void items_add(struct items *list, struct arena *a, struct span text);

/* Mapped files that were judged before. */
struct verdict;
struct verdicts {
	struct verdict *slot;
	size_t n, cap;
};

/* All of one scan. */
struct look {
	struct scan *scan;
	struct host *host;
	struct names *names;
	struct buf text; /* a file of /proc/PID */
	struct verdicts libraries;
	struct stat root;  /* of the host's tree */
	uint64_t all_caps; /* a set without a hole, on this kernel */
	bool labels;       /* a security module writes them */
	bool may_trace;    /* we have CAP_SYS_PTRACE */
};

/* The processes of one key, put together. */
struct program {
	const struct process *first; /* in order of pids */
	struct span key, user, unit;
	uint64_t asks; /* fields */

	const struct process *newest; /* whose file the next ones are about */
	struct stat file;

	bool deleted, replaced, unpackaged, can_say_packaged, writable, traced, masquerade;
	bool no_new_privs, image;
	unsigned seccomp;
	uint64_t capabilities, ambient;
	const char *package, *copy_of;
	int64_t started;
	uint64_t count;
	struct items scripts, script_digests, unpackaged_scripts, namespaces, roots, libraries,
		replaced_libraries, tracers, ld_environment, labels, real_users, pids, commands,
		parents, cwd;
};

enum looked {
	LOOKED,
	LOOKED_GONE,  /* ended, or another program since it was listed: nothing was added */
	LOOKED_MIXED, /* became another program meanwhile: what was added is of both */
};
/* Add one process, whose folder is fd. */
enum looked look_process(struct look *l, struct program *g, const struct process *p, int fd);
/* Its executable, for the program as a whole. own: it sees the host's tree at "/". */
void look_file(struct look *l, struct program *g, const struct process *p, int fd, bool own);
/* ERR_CHANGED: it no longer runs. */
int look_digest(struct look *l, const struct program *g, uint8_t ret[SHA256_SIZE],
	struct err *e) MUST_CHECK;
void look_libraries(struct look *l, struct program *g, const struct process *p, int fd, bool own);
void look_script(struct look *l, struct program *g, const struct process *p, int fd,
	struct span cmdline, bool own);
/* The file of a package that what it runs is a copy of; NULL: of none. */
const char *look_copy_of(struct look *l, const struct program *g);
/* Below the root of the process, links kept inside; -1 and errno. */
int look_open(int fd, const char *path, uint64_t flags);
void verdicts_free(struct verdicts *v);

/* Read a file below fd into l->text; false: it cannot be. At most what l->text may hold. */
bool look_text(struct look *l, int fd, const char *name, struct span *ret);
bool look_link(int fd, const char *name, char *block, size_t n, struct span *ret);

#endif
