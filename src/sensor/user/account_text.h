/* Accounts of Windows: what their numbers say. Pure. */
#ifndef SENSOR_USER_ACCOUNT_TEXT_H
#define SENSOR_USER_ACCOUNT_TEXT_H

#include <stdint.h>

#include "entity/record.h"

/* UF_… of lmaccess.h ([MS-SAMR] 2.2.1.13). */
enum account_bit {
	ACCOUNT_DISABLED = 0x2,
	ACCOUNT_LOCKOUT = 0x10,
	ACCOUNT_NO_PASSWORD = 0x20,
	ACCOUNT_CANNOT_CHANGE = 0x40,
	ACCOUNT_NEVER_EXPIRES = 0x10000,
	ACCOUNT_PASSWORD_EXPIRED = 0x800000,
};

#define ACCOUNT_HOURS 21 /* bytes: a bit for each hour of the week */

/* The fields that follow from the bits: flags as a set of names (lockout and an expired password
 * are fields alone), and a field each for those that matter most. */
void account_set_flags(struct record *r, struct arena *a, uint32_t flags);

/* The last part of a SID's text; false: it has none. */
bool account_rid(struct span sid, uint64_t *ret);
/* uid and class of a user; those below 1000 are made by Windows itself. */
void account_set_sid(struct record *r, struct span sid);

/* When a password was set, from what Windows gives: how many seconds ago. */
int64_t account_changed(int64_t now, uint64_t age);

/* Absent when every hour is allowed. */
void account_set_hours(struct record *r, struct arena *a, const uint8_t hours[ACCOUNT_HOURS]);

#endif
