/* What stands in the files of /proc/PID, as values. Pure: all of it was written by the process that
 * is looked at, or by who started it. */
#ifndef SENSOR_PROCESS_PROCESS_TEXT_H
#define SENSOR_PROCESS_PROCESS_TEXT_H

#include "core/arena.h"
#include "core/buf.h"

/* Of /proc/PID/status; what is not in it stays 0. */
struct process_status {
	uint32_t uid; /* real */
	uint32_t tracer;
	uint64_t effective, ambient; /* capabilities, bit i is number i */
	unsigned seccomp;            /* enum process_seccomp and its numbers */
	bool no_new_privs;
};
void process_status_from(struct span text, struct process_status *ret);

/* cap_chown and so on; NULL: newer than our list (the last is cap_checkpoint_restore). */

/* One executable mapping of a file. */
struct mapping {
	uint64_t from, to;
	uint64_t inode;
	uint32_t major, minor;
	struct span path; /* octal escapes resolved, without " (deleted)"; in the arena */
	bool deleted;
};
/* The next line of a maps text that maps a file as code; false: none is left. Lines that do not
 * follow the format are passed over. */
bool mapping_next(struct span *rest, struct arena *a, struct mapping *ret);

/* A variable that decides what code is loaded: "LD_PRELOAD=…". One of an environment's entries. */
bool is_loader_variable(struct span entry);

/* What an interpreter runs. exe: path of the program; cmdline: NUL behind each argument. */
enum script_form {
	SCRIPT_NONE,   /* no interpreter that we know */
	SCRIPT_FILE,   /* *ret is the path as given, perhaps relative */
	SCRIPT_MODULE, /* python -m NAME, a class of Java */
	SCRIPT_INLINE, /* -c, -e: the program stands in the command line */
	SCRIPT_STDIN,  /* an interpreter that was given nothing reads what it runs */
};
enum script_form script_of(struct span exe, struct span cmdline, struct span *ret);

/* Is a name one that only kernel threads have: in brackets, or kworker/…? argv0 as in cmdline. */
bool is_kernel_name(struct span comm, struct span cmdline);

#endif
