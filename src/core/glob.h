/* Patterns over paths and names, on bytes. '/' separates sections; '**' as a whole section stands
 * for any number of sections, zero too; '*' (any bytes, none too) and '?' (one byte) stay inside
 * one section; '\' takes the byte behind it as it is. Dialects for names of Windows differ: case is
 * ignored (core/fold.h), '?' is one character, there is no escape. */
#ifndef CORE_GLOB_H
#define CORE_GLOB_H

#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"

#define GLOB_SECTIONS_MAX 256 /* sections in one pattern; more are ERR_LIMIT */

struct glob_dialect {
	const char *separators; /* of sections */
	bool fold;              /* upper and lower case are the same; no escapes */
	bool sets;              /* "[abc]", "[0-9]": one of these characters, so "[*]" is a star */
};

extern const struct glob_dialect glob_posix;
extern const struct glob_dialect glob_windows;  /* paths: '/' and '\' both separate */
extern const struct glob_dialect glob_registry; /* '\' separates, sets */
extern const struct glob_dialect glob_name;     /* names of values, which are one section */

enum glob_how {
	GLOB_LITERAL, /* exactly text */
	GLOB_ANY,     /* '*': every name */
	GLOB_WILD,    /* text holds wildcards */
	GLOB_DEEP,    /* '**' */
	GLOB_TEST,    /* what test says */
	GLOB_END,     /* behind the last section */
};

struct glob_section {
	enum glob_how how;
	uint32_t hash;    /* GLOB_LITERAL: glob_hash(text), or fold_hash(text) when folded */
	struct span text; /* GLOB_LITERAL: escapes removed; GLOB_WILD: as written */
	const struct glob_dialect *dialect;
	bool (*test)(struct span name); /* GLOB_TEST */
};

uint32_t glob_hash(struct span name);

/* Cut a pattern into sections, ended by GLOB_END and living in a; a '/' in front is ignored, the
 * empty pattern has no section, "**" next to "**" is one. ERR_FORMAT on an empty section or a '\'
 * with nothing behind it. */
int glob_compile(struct arena *a, struct span pattern, struct glob_section **ret, size_t *ret_n,
	struct err *e) MUST_CHECK;

/* The same in another dialect; any separator in front is ignored. */
int glob_compile_as(struct arena *a, struct span pattern, const struct glob_dialect *d,
	struct glob_section **ret, size_t *ret_n, struct err *e) MUST_CHECK;
/* One section that matches exactly this text, case ignored where the dialect says so. text must
 * live as long as the section. */
struct glob_section glob_literal(struct span text, const struct glob_dialect *d);

/* Does one section (not GLOB_DEEP, GLOB_END) match a name whose glob_hash is hash? */
bool glob_section_is(const struct glob_section *s, struct span name, uint32_t hash);

/* Do sections up to GLOB_END match a path? A '/' in front of the path is ignored; "" has no
 * section. */
bool glob_path(const struct glob_section *s, struct span path);
/* The same, where sections of the path are joined by `separator` and none stands in front. p NULL:
 * no section. */
bool glob_joined(const struct glob_section *s, struct span path, char separator);

/* Flat keys: '*' and '?' match every byte, '/' too. */
bool glob_text(struct span pattern, struct span text);

/* The same in another dialect. */
bool glob_text_as(struct span pattern, struct span text, const struct glob_dialect *d);

/* ERR_FORMAT when a set does not end. */
int glob_text_check_as(struct span pattern, const struct glob_dialect *d, struct err *e) MUST_CHECK;

/* ERR_FORMAT when a '\' has nothing behind it. */
int glob_text_check(struct span pattern, struct err *e) MUST_CHECK;

/* Does pattern hold a '*' or '?' that is not escaped? */
bool glob_is_wild(struct span pattern);
/* The same in another dialect: sets are wild, too. */
bool glob_is_wild_as(struct span pattern, const struct glob_dialect *d);

#endif
