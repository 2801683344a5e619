/* A program that runs: executable, user, unit or container; never a pid. All processes that are
 * alike in these are one entity: lists are unions over them, flags say that one of them is so.
 * Field names are those of the JSON; numbers are stored: add at the end only. */
#ifndef ENTITY_PROCESS_H
#define ENTITY_PROCESS_H

#include "entity/kind.h"

enum process_field {
	PROCESS_EXE,
	PROCESS_USER,
	PROCESS_UNIT,
	PROCESS_CONTAINER,
	PROCESS_SHA256,
	PROCESS_DELETED,
	PROCESS_REPLACED,
	PROCESS_MEMFD,
	PROCESS_PACKAGE,
	PROCESS_UNPACKAGED,
	PROCESS_WRITABLE,
	PROCESS_SCRIPTS,
	PROCESS_SCRIPT_DIGESTS,
	PROCESS_CAPABILITIES,
	PROCESS_AMBIENT,
	PROCESS_SECCOMP, /* enum process_seccomp */
	PROCESS_NO_NEW_PRIVS,
	PROCESS_NAMESPACES,
	PROCESS_ROOT,
	PROCESS_LIBRARIES,
	PROCESS_REPLACED_LIBRARIES,
	PROCESS_TRACED,
	PROCESS_TRACERS,
	PROCESS_LD_ENVIRONMENT,
	PROCESS_MASQUERADE,
	PROCESS_LABEL,
	PROCESS_REAL_USERS,
	PROCESS_PIDS,
	PROCESS_COUNT,
	PROCESS_STARTED,
	PROCESS_COMMANDS,
	PROCESS_PARENTS,
	PROCESS_CWD,
	PROCESS_N
};

enum process_seccomp { SECCOMP_NONE, SECCOMP_STRICT, SECCOMP_FILTER, SECCOMP_N };

extern const struct kind kind_process;

#endif
