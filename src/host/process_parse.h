/* Texts of /proc/PID, as values. Pure; what a process calls itself is hostile. */
#ifndef HOST_PROCESS_PARSE_H
#define HOST_PROCESS_PARSE_H

#include <stdint.h>

#include "core/err.h"
#include "core/span.h"

/* Of /proc/PID/stat, proc(5). */
struct process_stat {
	uint32_t pid, ppid;
	char state;
	struct span comm; /* into the text; may hold ')', spaces and newlines */
	uint64_t flags;   /* PF_… of the kernel */
	uint64_t threads;
	uint64_t start; /* clock ticks since boot */
};
#define PROCESS_KTHREAD UINT64_C(0x00200000) /* PF_KTHREAD: the same since 2.6 */

int process_stat_from(struct span text, struct process_stat *ret, struct err *e) MUST_CHECK;

/* The path that names unit and container best out of a whole /proc/PID/cgroup: that of v2 ("0::"),
 * or of systemd's own hierarchy, or of any v1 controller that is not at the root. Empty: none. */
struct span process_cgroup_path(struct span text);

/* Does it name a group of the v2 hierarchy that is not the topmost? */
bool process_cgroup_is_v2(struct span text);

/* "net:[4026531840]" as readlink gives it; 0: something else. */
uint64_t process_ns_number(struct span target);

#endif
