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
	KEY_VIEW, /* before bases, which it doubles */
	KEY_BASE, /* before patterns, which are those of its platform */
	KEY_INCLUDE,
	KEY_EXCLUDE,
	KEY_VALUES,
	KEY_DEPTH,
	KEY_OFFLINE,
	KEY_NAMESPACE,
	KEY_QUERY,
	KEY_KEY,
	KEY_ONLY,
	KEY_IGNORE,
	KEY_UNORDERED,
	KEY_SCHEDULE,
	KEY_TIMEOUT,
	KEY_MAX_ROWS,
	KEY_MAX_BYTES,
	KEY_EVENTS,
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

enum view { VIEW_64, VIEW_32, VIEW_BOTH };

struct binder {
	enum view view; /* of the rule being bound */
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

typedef int bind_key(struct binder *b, struct entry *out, const struct node *n, struct err *e);

int bind_wrong_type(struct binder *b, const struct node *n, const char *expected,
	struct err *e) MUST_CHECK;
int bind_one_choice(struct binder *b, const struct node *n, const char *const *names,
	const char *code, unsigned *ret, struct err *e) MUST_CHECK;
int bind_one_text(struct binder *b, const struct node *n, const char **ret,
	struct err *e) MUST_CHECK;
/* A size in bytes, "64KiB", "1MiB", of at most `most`; what is expected is `expected`. */
int bind_one_size(struct binder *b, const struct node *n, uint64_t most, const char *expected,
	uint64_t *ret, struct err *e) MUST_CHECK;

/* bind_asks.c, bind_wmi.c: what only kinds of Windows have. */
bind_key bind_view, bind_values, bind_depth, bind_offline, bind_namespace, bind_query,
	bind_key_names, bind_only, bind_ignore, bind_unordered, bind_schedule, bind_timeout,
	bind_max_rows, bind_max_bytes, bind_events;
/* Is each key of the draft one that its kind has? */
int bind_check_kind(struct binder *b, const struct draft *d, const struct kind *k,
	struct err *e) MUST_CHECK;
/* Does the query of a rule read whole select the properties of its key? */
int bind_check_query(struct binder *b, const struct entry *out, struct place at,
	struct err *e) MUST_CHECK;
/* The defaults of a rule that asks. */
void bind_asks_begin(struct entry *out);
void bind_asks_end(struct entry *out);

/* bind_registry.c: the bases of a rule about the registry, one or two for each written. */
int bind_registry_base(struct binder *b, struct entry *out, const struct node *n, struct span text,
	struct err *e) MUST_CHECK;
/* The same key in the view of 32-bit programs, in a; SPAN_NONE when it is the same. */
struct span registry_view32(struct arena *a, struct span base);

/* bind_pattern.c: the lines of `base`, `include` and `exclude`. */
int bind_bases(struct binder *b, struct entry *out, const struct node *n, struct err *e) MUST_CHECK;
int bind_patterns(struct binder *b, struct entry *out, const struct node *n, struct patterns *ret,
	struct err *e) MUST_CHECK;

/* Add a problem; returns ERR_POLICY. */
int bind_refuse(struct binder *b, const char *code, struct place at, struct err *e, const char *fmt,
	...) PRINTF(5, 6);

#endif
