/* Keys of Windows as people type them: c:/windows/, HKEY_LOCAL_MACHINE\Software, HKCR\.txt. */
#ifndef ENTITY_KEY_TYPED_H
#define ENTITY_KEY_TYPED_H

#include "core/arena.h"
#include "core/buf.h"
#include "entity/kind.h"

struct hive_name {
	const char *name; /* long or short */
	const char *is;   /* the key we call it; NULL: none, … */
	const char *why;  /* … for this reason: "expected …" */
};

/* NULL: no hive is called so; case is ignored. */
const struct hive_name *hive_named(struct span name);

/* The key that is meant, in a: short hives, '\' for '/' in paths, "." and ".." worked off, nothing
 * that separates at the end (but for values, where it names the default one). k NULL: of any kind.
 * False: this is not typed for Windows, or names a hive that has no keys; *ret is then unchanged.
 */
bool key_typed_windows(const struct kind *k, struct span text, struct arena *a, struct span *ret);

/* Append a key as people see it: escape_key, or escape_name where '\' separates or quotes, so that
 * "\x" with two digits behind it always is a byte. Keys hold no NUL: that of a name of Windows
 * (C0 80) is \x00, but in paths of files. k NULL: of any kind. */
void key_show(const struct kind *k, struct span key, struct buf *ret);
/* The key that key_show shows so, in a; false when it is no other than the text itself. */
bool key_shown(struct span text, struct arena *a, struct span *ret);

/* Is this a key of this kind, or the top of it: paths are not of the registry, nor keys of the
 * registry paths. */
bool key_fits(const struct kind *k, struct span key);

#endif
