/* The processes that run on Windows, looked at once a scan. */
#ifndef HOST_WINDOWS_RUNNING_H
#define HOST_WINDOWS_RUNNING_H

#include <stdint.h>

#include "core/buf.h"
#include "host/host.h"

#define RUNNING_MAX 65536 /* more processes are ERR_LIMIT */

/* Texts live as long as the host; empty when unknown. */
struct running {
	uint32_t pid, ppid;
	uint32_t session;
	bool has_session;
	int64_t start;         /* ns since 1970-01-01 UTC; 0: unknown */
	struct span name;      /* of its file, as the kernel lists it */
	struct span exe;       /* its whole path */
	struct span user;      /* by name where it has one, else its SID */
	const char *integrity; /* "medium", …; NULL: unknown */
	bool kernel;           /* System and its like: no program */
	bool denied;           /* we may not look at it: it is protected, or we lack the right */
};

/* All processes, ascending by pid. What ended while we looked is left out. */
int host_running(struct host *h, const struct running **ret, size_t *ret_n,
	struct err *e) MUST_CHECK;
/* NULL: none with this pid. Asks host_running. */
const struct running *host_running_find(struct host *h, uint32_t pid);
/* Ourselves. */
const struct running *host_running_self(struct host *h);
/* Who started p, unless that process ended and its number was given to another. */
const struct running *host_running_parent(struct host *h, const struct running *p);
/* We hold the right to look at processes of others (SeDebugPrivilege). */
bool host_running_all(struct host *h);

/* Its command line as the process has it now, appended: at most 32 KiB. False: it cannot be had.
 * The process can write over it. */
bool host_running_command(const struct running *p, struct buf *ret);

/* The word for an integrity level: the last number of S-1-16-N; NULL: below untrusted. */
const char *integrity_word(uint32_t rid);

#endif
