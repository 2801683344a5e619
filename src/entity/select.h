/* What is to be observed, as a sensor sees it. The policy implements this; sensors only ask.
 * All functions are pure and may be called from several threads; a scope is immutable. */
#ifndef ENTITY_SELECT_H
#define ENTITY_SELECT_H

#include "entity/record.h"

#define SELECTION_RULES_MAX \
	16 /* rules that may hold one entity at a time; more are ERR_POLICY at load */

struct rule; /* policy/policy.h */

/* The rules that hold one entity. */
struct selection {
	uint64_t fields;    /* what to observe: the union over its rules */
	uint64_t tentative; /* bit i: rule[i] has tests (types, executable, …) that need the record
			     */
	uint64_t tested;    /* the fields those tests look at */
	unsigned char n;    /* 0: not selected */
	bool follow_links;  /* some rule wants symbolic links followed */
	const struct rule *rule[SELECTION_RULES_MAX]; /* in policy order */
};

/* What one rule asks for beyond fields, for sensors that cannot find it by walking. Strings and
 * lists live as long as the policy; lists are ended by NULL, NULL where nothing was written. */
struct rule_asks {
	const char *rule;         /* its id */
	const char *const *bases; /* as compiled: short hives, wildcards as they are */
	bool real_time;
	bool offline; /* registry: load the hives of users who are logged off */
	/* kind wmi */
	const char *space, *query; /* namespace and WQL */
	const char *const *key, *const *only, *const *ignore, *const *unordered; /* properties */
	unsigned timeout, schedule, events; /* seconds; events 0: none */
	uint64_t max_rows, max_bytes;
};

/* What the policy says about one folder's entries. Reference counted. */
struct scope;

struct selector {
	/* Names are the sections of entity/key.h: "/C:" or "//server" first for a path of Windows,
	 * the name of a value as it is (not doubled) last. Rules of kind registry-value are walked
	 * by keys with enter(), and asked about their values with name(). */
	/* The scope of the topmost folder ("/"), or NULL when nothing of this kind is selected. */
	struct scope *(*top)(const void *policy, const struct kind *k);
	/* The scope inside the folder `name` of d; NULL when nothing below it can be selected.
	 * other_mount: the folder is the root of another mount (rules with cross_mounts: false
	 * end). */
	struct scope *(*enter)(struct scope *d, struct span name, bool other_mount);
	void (*leave)(struct scope *d); /* drop a reference; accepts NULL */
	/* What holds the entry `name` of d. Returns false when nothing does. */
	bool (*name)(const struct scope *d, struct span name, struct selection *ret);
	/* True when every name here, and everything below, is held alike: *ret then holds for all.
	 */
	bool (*uniform)(const struct scope *d, struct selection *ret);
	/* For "/" itself, the one entity that is in no folder. */
	bool (*root)(const void *policy, const struct kind *k, struct selection *ret);
	/* Drop the rules whose tests the observed record fails; false when none is left. Recomputes
	 * fields. */
	bool (*settle)(struct selection *sel, const struct record *r);
	/* Flat kinds: what holds the entity with this key. */
	bool (*flat)(const void *policy, const struct kind *k, struct span key,
		struct selection *ret);
	/* The fields that some rule of this kind asks for; 0: none does. */
	uint64_t (*fields)(const void *policy, const struct kind *k);
	/* The i-th rule of this kind, in policy order; false: there are no more. */
	bool (*asks)(const void *policy, const struct kind *k, size_t i, struct rule_asks *ret);
	const void *policy;
};

#endif
