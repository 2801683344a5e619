/* Lines of the account files, read as glibc reads them: what it takes for an account, we must not
 * pass over (it needs no more than "toor::0:0"). Pure: views into the line, no input or output. */
#ifndef SENSOR_USER_ACCOUNTS_H
#define SENSOR_USER_ACCOUNTS_H

#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "core/span.h"
#include "entity/user.h"

/* glibc takes an empty name for one. No other name begins with a '#'. */
#define ACCOUNT_UNNAMED "#unnamed"

/* ---- files of lines ---- */

/* What could not be read of one file: the first bad line by name, the others by number. */
struct bad_lines {
	size_t n, first;
	struct err why; /* of the first */
};

struct lines {
	struct span rest;
	size_t number; /* of the line returned last; from 1 */
};

static inline struct lines lines_of(struct span text)
{
	return (struct lines){ text, 0 };
}

/* The next line that says something: blanks in front are gone, empty lines and comments are passed
 * over. */
bool lines_next(struct lines *l, struct span *ret);
size_t lines_count(struct span text); /* no fewer than lines_next returns */
void bad_line(struct bad_lines *b, size_t number, const struct err *why);

/* As glibc does it: strtoul(3), clamped to 32 bits: "-1" is 4294967295, and so is all that is
 * larger. ERR_FORMAT otherwise. */
int id_from_text(struct span text, uint32_t *ret) MUST_CHECK;

/* ---- passwd(5), shadow(5), group(5), gshadow(5), subuid(5) ---- */

struct passwd_line {
	struct span name, password, gecos, home, shell;
	uint32_t uid, gid;
	bool nis; /* "+", "-", "+name", "+@netgroup": NIS is asked; uid and gid may be missing */
	bool has_ids;
};
int passwd_from_line(struct span line, struct passwd_line *ret, struct err *e) MUST_CHECK;

#define SHADOW_NONE (-1) /* an empty field, or a negative one: both switch it off */
struct shadow_line {
	struct span name, password;
	int64_t changed, min, max, warn, inactive, expire; /* days */
};
int shadow_from_line(struct span line, struct shadow_line *ret, struct err *e) MUST_CHECK;

struct group_line {
	struct span name, password, members; /* members: separated by commas */
	uint32_t gid;
	bool nis, has_ids;
};
int group_from_line(struct span line, struct group_line *ret, struct err *e) MUST_CHECK;

struct gshadow_line {
	struct span name, password, administrators, members;
};
int gshadow_from_line(struct span line, struct gshadow_line *ret, struct err *e) MUST_CHECK;

/* range: "first:count". */
int subid_from_line(struct span line, struct span *ret_name, struct span *ret_range,
	struct err *e) MUST_CHECK;

/* The value of a setting in login.defs(5), or fallback. */
uint32_t login_defs_number(struct span text, const char *name, uint32_t fallback);

/* ---- what they mean ---- */

/* The password field of shadow, or of passwd when it is no "x". hash: without the '!' in front;
 * empty when there is none. */
enum password_state password_state_of(struct span field, struct span *ret_hash);
const char *password_scheme_of(struct span hash);
/* The password stands in shadow, not here. */
bool password_is_shadowed(struct span field);
/* The shell refuses everybody: nologin, false, … */
bool shell_refuses(struct span shell);

#endif
