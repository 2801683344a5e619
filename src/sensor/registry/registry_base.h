/* Where the bases of rules lead: which links are followed, and whose hives are loaded. No Windows
 * here. */
#ifndef SENSOR_REGISTRY_REGISTRY_BASE_H
#define SENSOR_REGISTRY_REGISTRY_BASE_H

#include "core/arena.h"
#include "core/glob.h"
#include "entity/select.h"

/* The bases of all rules of one kind, cut. */
struct registry_bases {
	struct registry_base {
		const struct glob_section *section;
		size_t n;
		bool offline;
	} * list;
	size_t n;
};

void registry_bases_of(const struct selector *s, const struct kind *k, struct arena *a,
	struct registry_bases *ret);

enum registry_reach {
	REACH_NOT,    /* no such base leads through this key */
	REACH_ABOVE,  /* one does, further down */
	REACH_INSIDE, /* one is this key, or above it */
};
/* path: sections joined by NUL. least: only bases of at least so many sections count, which is how
 * one says "those that go through the link at this depth". */
enum registry_reach registry_reaches(const struct registry_bases *b, struct span path,
	size_t least);

/* Does a rule that asks for the hives of users who are logged off lead here, or below? */
bool registry_reaches_offline(const struct registry_bases *b, struct span path);

#endif
