/* Warnings: what loads, but is likely not what was meant, or costs more than it gives. */
#ifndef POLICY_LINT_H
#define POLICY_LINT_H

#include "policy/model.h"
#include "policy/problem.h"

void lint_warn(struct problems *problems, const char *code, const struct entry *entry,
	struct place at, const char *fmt, ...) PRINTF(5, 6);

/* lint_windows.c */
void lint_windows(const struct entry *entry, struct problems *problems);

/* lint_pattern.c: base, include, exclude. */
void lint_patterns(const struct entry *entry, struct problems *problems);
void lint_bases(const struct entry *entry, struct problems *problems);

static inline struct place lint_rule_place(const struct entry *entry)
{
	return (struct place){ entry->rule.file, entry->rule.line, entry->column };
}

#endif
