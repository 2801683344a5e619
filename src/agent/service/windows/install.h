/* The service's registration with the service manager. All: ERR_DENIED without the rights of an
 * administrator, ERR_MISSING when it is not installed. */
#ifndef AGENT_SERVICE_WINDOWS_INSTALL_H
#define AGENT_SERVICE_WINDOWS_INSTALL_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

/* What it runs with; absolute. */
struct install_paths {
	const char *policy, *state, *config;
};

/* As it is written, made absolute; in a. */
const char *install_full_path(struct arena *a, const char *path);

/* Whoever may write to the program, or to its folder, decides what runs as SYSTEM: false, and why,
 * when others may than those who are trusted. */
bool install_program_is_safe(struct err *e);
/* Register it, or register it anew. ret_left_out: what this system knows nothing of. */
int install_service(const struct install_paths *paths, struct buf *ret_left_out,
	struct err *e) MUST_CHECK;
/* Where there is no policy yet: make the folder, which only administrators may use, and put what
 * was shipped into it, the files of "rules" beside the program. *ret_n: how many; 0: there is a
 * policy, or nothing was shipped. */
int install_policy(const char *program, const char *policy, unsigned *ret_n,
	struct err *e) MUST_CHECK;
/* Whoever may write to the policy decides what is not seen: ERR_DENIED when others may than those
 * who are trusted. ProgramData lets everybody make "Invar\policy.d" before us. */
int install_check_policy(const char *policy, struct err *e) MUST_CHECK;
/* The path of this program. */
void install_program(struct buf *ret);
/* What it is installed with, in a; what its command line does not name stays as it is. */
int installed_paths(struct arena *a, struct install_paths *ret, struct err *e) MUST_CHECK;
int uninstall_service(struct err *e) MUST_CHECK;
/* Return once it runs, or is stopped; ERR_TIMEOUT after half a minute. */
int start_service(struct err *e) MUST_CHECK;
int stop_service(struct err *e) MUST_CHECK;

#endif
