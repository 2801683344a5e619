/* A policy: rules loaded from YAML, checked, compiled for selecting. Immutable once loaded. */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "entity/select.h"

enum severity {
	SEVERITY_INFO,
	SEVERITY_LOW,
	SEVERITY_MEDIUM,
	SEVERITY_HIGH,
	SEVERITY_CRITICAL,
	SEVERITY_N
};
extern const char *const severity_names[]; /* ended by NULL */

enum expect { EXPECT_STATIC, EXPECT_APPEND_ONLY, EXPECT_ROTATES, EXPECT_ABSENT, EXPECT_PRESENT };
extern const char *const expect_names[]; /* ended by NULL */

/* One rule as it is in force: variables replaced, shorthands resolved. */
struct rule {
	const char *id;
	const char *title; /* "" when none */
	enum severity severity;
	const struct kind *kind;
	const char *const *bases; /* as written after variables; ended by NULL */
	uint64_t fields;
	unsigned types; /* kind file: bit per enum file_type; 0 = every type */
	bool follow_links, cross_mounts, real_time;
	enum expect expect;
	const char *const *tags; /* ended by NULL */
	const char *playbook;    /* "" when none */
	uint64_t keep_content;   /* bytes; 0 = none */
	const char *file;        /* where it was read from */
	unsigned line;
};

enum problem_level { PROBLEM_ERROR, PROBLEM_WARNING };

/* One finding of the loader or a lint. */
struct problem {
	enum problem_level level;
	const char *code; /* stable word for the class: "unknown-key", "broad-recursion", … */
	const char *file;
	unsigned line, column; /* from 1; 0 = the whole file */
	const char *rule;      /* id, or NULL */
	const char *text;      /* what was found and what was expected */
};

struct problems {
	struct arena *arena;
	struct problem *list;
	size_t n, cap, errors;
};
void problems_done(struct problems *p);
/* For who tells all problems beside the error that sums them up: its text without the first one. */
void problems_told(const struct problems *p, struct err *e);

struct policy;

/* Load a file or a folder (*.yaml in lexical order). All problems are collected, not only the
 * first; ERR_POLICY when any is an error (then *ret is untouched), ERR_MISSING when path is not
 * there. Lints (warnings) are added only when `lint`. */
int policy_load(struct policy **ret, const char *path, bool lint, struct problems *problems,
	struct err *e) MUST_CHECK;
/* The same from bytes, `name` standing for the file; used by tests, fuzzers and stored policies. */
int policy_load_text(struct policy **ret, const char *name, struct span yaml, bool lint,
	struct problems *problems, struct err *e) MUST_CHECK;
/* A number that no other policy loaded in this process ever has; not 0. */
uint64_t policy_serial(const struct policy *p);
void policy_free(struct policy *p);
void policy_freep(struct policy **p);

const struct rule *const *policy_rules(const struct policy *p); /* in policy order; ended by NULL */
const struct rule *policy_rule(const struct policy *p, struct span id); /* NULL: none */

/* The canonical text of the policy in force (all rules, variables replaced): YAML that loads to the
 * same policy whatever files it came from. Stored with the baseline; its SHA-256 names the policy.
 */
void policy_print(const struct policy *p, struct buf *ret);

struct selector policy_selector(const struct policy *p);

/* What holds an entity whose record is known (tests included), by key; walks the scopes itself.
 * False when nothing does. r may be NULL: then tentative rules stay. */
bool policy_select(const struct policy *p, const struct kind *k, struct span key,
	const struct record *r, struct selection *ret);

/* Of the rules that hold an entity, the one a change of `fields` is reported under: the most severe
 * one watching any of them, the first in policy order among equals. 0 fields (created, deleted):
 * most severe of all. */
const struct rule *selection_rule(const struct selection *s, uint64_t fields);

enum explain_verdict {
	EXPLAIN_OUTSIDE,
	EXPLAIN_NOT_INCLUDED,
	EXPLAIN_EXCLUDED,
	EXPLAIN_TEST,
	EXPLAIN_SELECTED
};

/* What one rule says about one key, and the policy line that says it. */
struct explain_row {
	const struct rule *rule;
	enum explain_verdict verdict;
	const char *file; /* of the include/exclude/base line that decided */
	unsigned line;
	const char *text; /* a sentence: "included by \"*.php\"" */
	bool open; /* selected by a line with tests, which without a record nobody can apply */
};

/* Every rule of the kind that could concern the key (base above or equal it), decided; rows live in
 * a. */
size_t policy_explain(const struct policy *p, const struct kind *k, struct span key,
	const struct record *r, struct arena *a, struct explain_row **ret);

#endif
