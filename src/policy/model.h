/* A policy inside: what its files say, kept with their lines, and the compiled form the scopes
 * walk. Private to this folder. */
#ifndef POLICY_MODEL_H
#define POLICY_MODEL_H

#include "core/glob.h"
#include "entity/key.h"
#include "policy/policy.h"
#include "policy/problem.h"

#define USERS_WORD "{users}"      /* of a base: every real account */
#define DEFAULT_VALUE "(default)" /* the value of a registry key that has no name */
#define RULES_MAX 4096            /* rules in one policy */
#define BASES_MAX 64              /* bases of one rule */
#define TRACKS_MAX 4096           /* bases of all rules together */
#define STATES_MAX (1u << 20)     /* sections of all compiled patterns together */
#define PATTERNS_MAX 4096         /* includes or excludes of one rule */
#define DEPTH_MAX 128             /* levels of `depth` */
#define TEXT_MAX 4096             /* bytes of one value */
#define KEEP_CONTENT_MAX ((uint64_t)16 << 20)

enum test_how { TEST_GLOB, TEST_PRESENT, TEST_ABSENT };

/* A pattern over a whole text: a key of a flat kind, a value. What is written as a path of Windows
 * ("C:\Users\*", "*\Temp\*") ignores case, and its '\' may be doubled or not. */
struct whole {
	struct span glob; /* as it is matched */
	const struct glob_dialect *dialect;
};

/* One condition of an include or exclude besides its key. */
struct test {
	unsigned field;
	enum test_how how;
	struct span glob; /* as written */
	struct whole whole;
};

/* One line of include or exclude. */
struct pattern {
	struct span key;    /* variables replaced */
	struct whole whole; /* the same, of kinds whose keys are no paths */
	struct test *tests;
	size_t n_tests;
	const char *file;
	unsigned line, column;
};

struct base {
	struct span text; /* absolute, as a key: nothing that separates at the end but for "/",
			     "C:\\" */
	const char *file;
	unsigned line, column;
};

struct patterns {
	struct pattern *list;
	size_t n;
};

/* A rule with what the public part does not show. */
struct entry {
	struct rule rule; /* first: a struct rule of ours is the entry around it */
	struct base *bases;
	size_t n_bases;
	struct patterns include, exclude;
	struct patterns value_include, value_exclude; /* registry-value: names of values */
	const struct glob_dialect *dialect;           /* of the patterns */
	unsigned depth;                               /* levels below a base, + 1; 0: all */
	struct rule_asks asks;
	bool view_adds;       /* a view other than 64 shows another key somewhere */
	struct place view_at; /* of a base with such a view; line 0: none has */
	struct place query_at;
	uint64_t test_fields; /* what types and tests need to see */
	bool has_tests;       /* some include or exclude has tests */
	unsigned column;
	const struct policy *policy; /* the one it belongs to */
	uint32_t first_track, n_tracks;
	/* what lints want to know */
	bool severity_given;
	const char *user_variable; /* a variable that depends on who runs us, or NULL */
};

/* One include or exclude below one base, as sections from "/" on, ended by GLOB_END. */
struct pattern_route {
	uint32_t track;
	uint32_t first, end; /* in policy.sections; end is that of GLOB_END */
	const struct pattern
		*pattern; /* NULL: everything below the base, as no include was given */
	bool exclude;
};

/* One base of one rule. */
struct track {
	const struct entry *entry;
	const struct base *base;
	uint32_t base_n; /* sections of the base */
	uint32_t first_route, n_routes;
};

/* What a matched pattern says about an entity; a tested one only may. */
enum gain { GAIN_IN = 1, GAIN_IN_TESTED = 2, GAIN_OUT = 4, GAIN_OUT_TESTED = 8 };

static inline uint8_t route_gain(const struct pattern_route *r)
{
	bool tested = r->pattern && r->pattern->n_tests > 0;

	if (r->exclude)
		return tested ? GAIN_OUT_TESTED : GAIN_OUT;
	return tested ? GAIN_IN_TESTED : GAIN_IN;
}

/* Beside each section. */
struct state {
	uint32_t route;
	uint8_t gain; /* of a name consumed here: enum gain when nothing more is needed, else 0 */
};

struct policy {
	uint64_t serial;
	struct arena *arena;
	struct entry **entries;
	const struct rule **rules;
	size_t n;
	struct track *tracks;
	size_t n_tracks;
	struct pattern_route *routes;
	size_t n_routes;
	struct glob_section *sections;
	struct state *states;
	size_t n_states;
};

static inline const struct entry *entry_of(const struct rule *r)
{
	return (const struct entry *)(const void *)r;
}

/* Build tracks, routes and sections from the entries. */
int policy_compile(struct policy *p, struct problems *problems, struct err *e) MUST_CHECK;

/* Append the warnings of a policy that loaded. */
void policy_lint(const struct policy *p, struct problems *problems);

/* Does the rule hold the entity, tests included? path as key. */
bool entry_holds(const struct policy *p, const struct entry *entry, const struct record *r);
bool entry_type_fits(const struct entry *entry, const struct record *r);
static inline bool whole_matches(const struct whole *w, struct span text)
{
	return glob_text_as(w->glob, text, w->dialect);
}

bool test_passes(const struct test *t, const struct record *r);
bool pattern_passes(const struct pattern *p, const struct record *r);
/* Do the patterns of a route match a key, tests aside? */
bool route_passes(const struct policy *p, const struct pattern_route *r, struct key_path key);
/* Kinds whose keys are no paths: is the entity one the entry asks about at all? */
bool entry_asked(const struct entry *entry, struct span key);

/* Is this a real account's name in HKU: S-1-5-21-…, S-1-12-1-…; with "_Classes" behind it? */
bool sid_is_user(struct span name);
bool sid_is_user_classes(struct span name);

/* Add a rule to a selection; the rules of one selection come in policy order. */
void selection_add(struct selection *s, const struct entry *entry, bool definite);

#endif
