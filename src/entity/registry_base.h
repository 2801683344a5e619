/* Where the bases of rules of the registry lead: which links are followed, whose hives are loaded,
 * what is listened to. */
#ifndef ENTITY_REGISTRY_BASE_H
#define ENTITY_REGISTRY_BASE_H

#include "core/arena.h"
#include "core/glob.h"
#include "entity/select.h"

/* A SID of a person's account, "S-1-5-21-…" or "S-1-12-1-…"; not of a service, not "…_Classes". */
bool registry_is_user(struct span sid);

/* Does a section of a base hold this key? "{users}" is every person's. */
bool registry_section_holds(const struct glob_section *s, struct span name);

/* The bases of all rules of one kind, cut. */
struct registry_bases {
	struct registry_base {
		const struct glob_section *section;
		size_t n;
		bool offline, real_time;
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
