/* Stored keys: the byte order of stored keys is the order of everything (trees, scans, reports).
 *
 * stored key = kind id (one byte), then
 *   flat kinds          the key itself
 *   hierarchical kinds  the folder's sections joined by NUL, then NUL NUL, then the last section:
 *                       "/etc/ssh/sshd_config" is "etc" 00 "ssh" 00 00 "sshd_config"; "/etc" is
 *                       00 00 "etc"; "/" is 00 00.
 * A section holds neither '/' nor NUL, and is not empty, so this is unambiguous; it makes what lies
 * directly in one folder one range, and everything below a folder another one right behind it.
 *
 * Paths of Windows, of the same kind, begin with a section that begins with '/', as none of Linux
 * can: "C:\Windows\x" is "/C:" 00 "Windows" 00 00 "x"; "C:\" is 00 00 "/C:"; "\\server\share\x" is
 * "//server" 00 "share" 00 00 "x". Any host can so display the records of any other.
 *
 * Keys of the registry are sections without more: "HKLM\A\B" is "HKLM" 00 "A" 00 00 "B"; a section
 * may hold '/'. The last section of a value is its name as it is, empty for the default value:
 * "HKLM\A\x\\y" is the value "x\y" of HKLM\A, "HKLM" 00 "A" 00 00 "x\y". A NUL in a name is C0 80
 * in both forms. */
#ifndef ENTITY_KEY_H
#define ENTITY_KEY_H

#include "core/buf.h"
#include "core/err.h"
#include "core/glob.h"
#include "entity/kind.h"

/* Append the stored key. For hierarchical kinds text is an absolute path without "//", "." or "..",
 * or a key or value of the registry; ERR_FORMAT otherwise. "/" is the top of every such kind, all
 * of which is below it. */
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

/* The parts of keys as people know them, so that nobody need know what separates them. Spans of
 * text; what is no key gives any part of it. */

/* Is this a path of Windows, or a key or value of the registry? Then '\' separates, and upper and
 * lower case are the same wherever names are compared; keys keep the case they have. */
bool key_is_windows(const struct kind *k, struct span text);
/* Is this a path of Windows, or its beginning: "C:\x", "c:/x", "\\server"? */
bool path_is_windows(struct span text);
char key_separator(const struct kind *k, struct span text);

/* What it lies in ("/etc" in "/", "C:\x" in "C:\", a value in its key), empty: in nothing. */
struct span key_folder(const struct kind *k, struct span text);
/* The last section as written, "" for "/". */
struct span key_name(const struct kind *k, struct span text);
/* Does it lie below the folder, which is not below itself? */
bool key_is_below(const struct kind *k, struct span text, struct span folder);
/* Are these the same, case aside where it means nothing? */
bool key_same(const struct kind *k, struct span a, struct span b);

/* The sections of a key, joined by a byte that is in none of them; the first of a path of Windows
 * is "/C:" or "//server", the last of a value its name as it is. sections.p is NULL for "/" and
 * what is no key. May lie in room, which is cleared first, or in text. */
struct key_path {
	struct span sections;
	char separator;
};
struct key_path key_path(const struct kind *k, struct span text, struct buf *room);

/* Compile a pattern of whole keys of a hierarchical kind, as glob_compile does. Patterns of Windows
 * begin as its keys do ("C:/…", too), have no escape and ignore case. */
int key_pattern(const struct kind *k, struct span pattern, struct arena *a,
	struct glob_section **ret, size_t *ret_n, struct err *e) MUST_CHECK;
bool key_matches(const struct kind *k, const struct glob_section *pattern, struct span text);

#endif
