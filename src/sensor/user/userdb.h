/* systemd's JSON records of users and groups (systemd.io/USER_RECORD, GROUP_RECORD). Pure: no input
 * or output. */
#ifndef SENSOR_USER_USERDB_H
#define SENSOR_USER_USERDB_H

#include <stdint.h>

#include "core/arena.h"
#include "core/attr.h"
#include "core/err.h"

#define USERDB_BYTES_MAX ((size_t)64 << 10) /* of one record */
#define USERDB_LIST_MAX 4096

/* What a record says; texts in the arena, empty when it does not. */
struct userdb_record {
	struct span name, gecos, home, shell, disposition;
	uint32_t uid, gid;
	bool has_uid, has_gid, locked, must_change;
	int64_t changed, expires; /* ns; 0: not said */
	struct span *groups, *members, *administrators;
	size_t n_groups, n_members, n_administrators;
	struct span hash; /* the first; empty: none */
	bool has_password;
};
/* Adds to *ret what this text says: a record comes in two files, NAME.user and
 * NAME.user-privileged. */
int userdb_record_from_json(struct arena *a, struct span text, struct userdb_record *ret,
	struct err *e) MUST_CHECK;

#endif
