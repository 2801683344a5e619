/* Names compared as NTFS, the registry and WMI compare them: without regard to case, by simple
 * upper-casing of each UTF-16 unit, whatever the language. Text is WTF-8: UTF-8 that may also hold
 * unpaired surrogates, and NUL as C0 80. Bytes that are none of it stand for themselves. */
#ifndef CORE_FOLD_H
#define CORE_FOLD_H

#include <stdint.h>

#include "core/span.h"

/* Takes one character off the front of *s (not empty) and gives it in upper case. */
uint32_t fold_next(struct span *s);

bool fold_same(struct span a, struct span b);
/* Does s begin with prefix? *ret_rest, which may be NULL, is what stands behind it then. */
bool fold_starts(struct span s, struct span prefix, struct span *ret_rest);
/* <0, 0, >0 in the order of the folded characters. */
int fold_compare(struct span a, struct span b);
/* Equal for what is fold_same; looks at the ASCII characters only, as no other folds to one. */
uint32_t fold_hash(struct span s);

#endif
