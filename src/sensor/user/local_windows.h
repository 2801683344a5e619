/* The accounts and groups of this computer, as its security accounts manager lists them. A domain
 * is never asked: names of foreign members stay unknown. */
#ifndef SENSOR_USER_LOCAL_WINDOWS_H
#define SENSOR_USER_LOCAL_WINDOWS_H

#include "sensor/sensor.h"
#include "sensor/user/netapi_windows.h"

#define LOCAL_ACCOUNTS_MAX ((size_t)100000)
#define LOCAL_MEMBERS_MAX ((size_t)1000000) /* of all groups */

struct local_user {
	struct span name;
	const wchar_t *wide;
	struct span sid; /* text; empty: not known */
};

struct local_group {
	struct span name, comment, sid;
	struct span *member; /* SIDs as text */
	size_t n_members;
	bool whole; /* all members are known; else `why` */
	struct err why;
};

struct local {
	const struct netapi *api;
	struct arena *arena;
	struct local_user *user;
	size_t n_users;
	struct local_group *group;
	size_t n_groups;
	size_t n_members;
};

/* ERR_MISSING: this is a domain controller, whose accounts are the domain's. */
int local_open(struct local *ret, struct arena *a, struct err *e) MUST_CHECK;
int local_users(struct local *l, struct err *e) MUST_CHECK;
/* With their members. A group whose members cannot be listed is there, not `whole`. */
int local_groups(struct local *l, struct err *e) MUST_CHECK;

/* Text of a SID; of an account of this computer by its name; empty: not known. */
struct span local_sid(struct arena *a, PSID sid);
struct span local_sid_of(struct arena *a, const wchar_t *name);

/* One user by the richest level that is answered; the pointers live until `data` is freed. */
struct local_account {
	BYTE *data;
	const wchar_t *full_name, *comment, *home, *home_drive, *profile, *script, *workstations;
	const BYTE *hours; /* NULL: all */
	PSID sid;
	DWORD flags, privilege, age, expires, primary_group;
	bool has_rights; /* privilege, age and what hangs on them: not by level 23 */
	bool has_all;    /* expires, primary group: levels 3 and 4 */
	bool expired;    /* a new password is demanded */
};
/* ERR_MISSING: it is gone meanwhile. */
int local_account(const struct local *l, const wchar_t *name, struct local_account *ret,
	struct err *e) MUST_CHECK;

#endif
