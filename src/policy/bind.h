/* From the tree of a rule to the rule: one row of a table for each key. */
#ifndef POLICY_BIND_H
#define POLICY_BIND_H

#include "policy/model.h"
#include "policy/tree.h"
#include "policy/variable.h"

enum rule_key {
	KEY_ID,
	KEY_OVERRIDE,
	KEY_DISABLED,
	KEY_KIND, /* before those that need it */
	KEY_TITLE,
	KEY_SEVERITY,
	KEY_BASE,
	KEY_INCLUDE,
	KEY_EXCLUDE,
	KEY_FIELDS,
	KEY_TYPES,
	KEY_FOLLOW_LINKS,
	KEY_CROSS_MOUNTS,
	KEY_REAL_TIME,
	KEY_EXPECT,
	KEY_TAGS,
	KEY_PLAYBOOK,
	KEY_KEEP_CONTENT,
	RULE_KEY_N
};

/* A rule as written, after overrides. */
struct draft {
	const char *id;
	struct place at;
	const struct node *value[RULE_KEY_N]; /* NULL: not given */
};

struct binder {
	struct arena *arena;
	struct problems *problems;
	struct variables *variables;
};

/* The names of the keys, ended by NULL, in the order of enum rule_key. */
extern const char *const rule_keys[];

int bind_bool(struct binder *b, const struct node *n, bool *ret, struct err *e) MUST_CHECK;

/* Makes the rule. ERR_POLICY when problems were added. */
int bind_rule(struct binder *b, const struct draft *d, struct entry **ret,
	struct err *e) MUST_CHECK;

/* bind_pattern.c: the lines of `base`, `include` and `exclude`. */
int bind_bases(struct binder *b, struct entry *out, const struct node *n, struct err *e) MUST_CHECK;
int bind_patterns(struct binder *b, struct entry *out, const struct node *n, struct patterns *ret,
	struct err *e) MUST_CHECK;

/* Add a problem; returns ERR_POLICY. */
int bind_refuse(struct binder *b, const char *code, struct place at, struct err *e, const char *fmt,
	...) PRINTF(5, 6);

#endif
