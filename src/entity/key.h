/* Stored keys: the byte order of stored keys is the order of everything (trees, scans, reports).
 *
 * stored key = kind id (one byte), then
 *   flat kinds          the key itself
 *   hierarchical kinds  the folder's sections joined by NUL, then NUL NUL, then the last section:
 *                       "/etc/ssh/sshd_config" is "etc" 00 "ssh" 00 00 "sshd_config"; "/etc" is
 *                       00 00 "etc"; "/" is 00 00.
 * A section holds neither '/' nor NUL, and is not empty, so this is unambiguous; it makes what lies
 * directly in one folder one range, and everything below a folder another one right behind it. */
#ifndef ENTITY_KEY_H
#define ENTITY_KEY_H

#include "core/buf.h"
#include "core/err.h"
#include "entity/kind.h"

/* Append the stored key. For hierarchical kinds text is an absolute path without "//", "." or "..";
 * ERR_FORMAT otherwise. */
int key_from_text(const struct kind *k, struct span text, struct buf *ret,
	struct err *e) MUST_CHECK;

/* Append the key as people know it; *ret_kind by the first byte. ERR_FORMAT on bytes no key has. */
int key_to_text(struct span stored, const struct kind **ret_kind, struct buf *ret,
	struct err *e) MUST_CHECK;

/* Append the range that holds everything below a folder (the folder itself is not in it): keys k
 * with *low <= k < *high. Two ranges in fact are one: direct entries first, deeper ones behind.
 * folder: a path as key_from_text takes it, or empty for the whole kind, "/" itself included.
 * Below a key of a flat kind is what begins with it, itself included. */
void key_range_below(const struct kind *k, struct span folder, struct buf *low, struct buf *high);

#endif
