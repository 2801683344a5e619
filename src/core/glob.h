/* Patterns over paths and names, on bytes. '/' separates sections; '**' as a whole section stands
 * for any number of sections, zero too; '*' (any bytes, none too) and '?' (one byte) stay inside
 * one section; '\' takes the byte behind it as it is. */
#ifndef CORE_GLOB_H
#define CORE_GLOB_H

#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"

#define GLOB_SECTIONS_MAX 256 /* sections in one pattern; more are ERR_LIMIT */

enum glob_how {
	GLOB_LITERAL, /* exactly text */
	GLOB_ANY,     /* '*': every name */
	GLOB_WILD,    /* text holds wildcards */
	GLOB_DEEP,    /* '**' */
	GLOB_END,     /* behind the last section */
};

struct glob_section {
	enum glob_how how;
	uint32_t hash;    /* GLOB_LITERAL: glob_hash(text) */
	struct span text; /* GLOB_LITERAL: escapes removed; GLOB_WILD: as written */
};

uint32_t glob_hash(struct span name);

/* Cut a pattern into sections, ended by GLOB_END and living in a; a '/' in front is ignored, the
 * empty pattern has no section, "**" next to "**" is one. ERR_FORMAT on an empty section or a '\'
 * with nothing behind it. */
int glob_compile(struct arena *a, struct span pattern, struct glob_section **ret, size_t *ret_n,
	struct err *e) MUST_CHECK;

/* Does one section (not GLOB_DEEP, GLOB_END) match a name whose glob_hash is hash? */
bool glob_section_is(const struct glob_section *s, struct span name, uint32_t hash);

/* Do sections up to GLOB_END match a path? A '/' in front of the path is ignored; "" has no
 * section. */
bool glob_path(const struct glob_section *s, struct span path);

/* Flat keys: '*' and '?' match every byte, '/' too. */
bool glob_text(struct span pattern, struct span text);

/* ERR_FORMAT when a '\' has nothing behind it. */
int glob_text_check(struct span pattern, struct err *e) MUST_CHECK;

/* Does pattern hold a '*' or '?' that is not escaped? */
bool glob_is_wild(struct span pattern);

#endif
