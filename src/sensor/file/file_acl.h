/* POSIX ACLs as the kernel hands them out in system.posix_acl_access and system.posix_acl_default.
 */
#ifndef SENSOR_FILE_FILE_ACL_H
#define SENSOR_FILE_FILE_ACL_H

#include "core/buf.h"
#include "core/err.h"
#include "core/span.h"
#include "os/names.h"

/* Append the short text form of acl(5), entries in the order they are stored:
 * "u::rw-,u:alice:r--,g::r--,g:50:r-x,m::r--,o::---". A number stands where names (may be NULL) has
 * no name, or one that would not read back: with a comma, blank or control character, or all
 * digits. ERR_FORMAT when the bytes do not follow include/uapi/linux/posix_acl_xattr.h, ERR_LIMIT
 * above 64 KiB; then nothing is appended. */
int file_acl_text(struct span xattr, const struct names *names, struct buf *ret,
	struct err *e) MUST_CHECK;

#endif
