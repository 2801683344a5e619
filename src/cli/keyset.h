/* A set of entities, 16 bytes each: which ones were reported already. */
#ifndef CLI_KEYSET_H
#define CLI_KEYSET_H

#include <stdbool.h>

#include "core/attr.h"
#include "core/span.h"
#include "entity/kind.h"

struct keyset;

struct keyset *keyset_new(void);
void keyset_freep(struct keyset **k);
void keyset_add(struct keyset *k, const struct kind *kind, struct span key);
bool keyset_has(const struct keyset *k, const struct kind *kind, struct span key);

#endif
