/* Names of users and groups by number, from the files of the tree that is observed. No NSS: it
 * could block, load foreign code, and would answer for this host where another root is observed. */
#ifndef OS_NAMES_H
#define OS_NAMES_H

#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "core/span.h"

#define NAMES_BYTES_MAX ((size_t)16 << 20) /* of each file */

/* Never changes once made: any number of threads may read it. */
struct names;

/* From the texts of a passwd and a group file, which are copied; either may be empty. The first
 * line of a number wins, as in getpwuid; lines without a name or a number are passed over. */
struct names *names_from(struct span passwd, struct span group);

/* From etc/passwd and etc/group below rootfd (AT_FDCWD: below the working folder); no symlink leads
 * out of it. A missing file means no names. ERR_FORMAT when one is not a regular file, ERR_LIMIT
 * when it is larger than NAMES_BYTES_MAX. */
int names_load(struct names **ret, int rootfd, struct err *e) MUST_CHECK;

void names_free(struct names *n); /* accepts NULL */
void names_freep(struct names **n);

/* Empty when unknown, also for n == NULL; else valid as long as n. Hostile bytes, but never a NUL,
 * ':' or newline. */
struct span names_user(const struct names *n, uint32_t uid);
struct span names_group(const struct names *n, uint32_t gid);

/* False: there is not one name, also for n == NULL; then nobody can say that a number has none. */
bool names_has_users(const struct names *n);
bool names_has_groups(const struct names *n);

#endif
