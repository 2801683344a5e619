/* Lints of rules about Windows, and who is a user in its registry. */
#include "policy/lint.h"

#include "core/fold.h"
#include "policy/wql.h"

static bool is_sid(struct span name, const char *authority)
{
	struct span rest;

	if (!fold_starts(name, span_of(authority), &rest) || rest.n == 0)
		return false;
	for (size_t i = 0; i < rest.n; i++)
		if (rest.p[i] != '-' && (rest.p[i] < '0' || rest.p[i] > '9'))
			return false;
	return true;
}

bool sid_is_user(struct span name)
{
	return is_sid(name, "S-1-5-21-") || is_sid(name, "S-1-12-1-");
}

bool sid_is_user_classes(struct span name)
{
	static const char suffix[] = "_Classes";
	size_t n = sizeof suffix - 1;

	return name.n > n && fold_same(span_from_offset(name, name.n - n), span_of(suffix)) &&
	       sid_is_user((struct span){ name.p, name.n - n });
}

static void lint_query(const struct entry *entry, struct problems *problems)
{
	const struct wql_verdict *verdict;
	struct span name;
	struct wql q;
	struct err e;

	if (wql_parse(span_of(entry->asks.query), &q, &e) < 0)
		return;
	if (q.all && !entry->asks.only)
		lint_warn(problems, "select-all", entry, entry->query_at,
			"'SELECT *' compares every property, those that move by themselves, too; "
			"name the ones that matter");
	verdict = wql_judge(&q, &name);
	if (verdict && verdict->how == WQL_WARNED)
		lint_warn(problems, verdict->code, entry, entry->query_at, "%s", verdict->why);
}

void lint_windows(const struct entry *entry, struct problems *problems)
{
	if (entry->rule.kind->keys == KEYS_OF_RULE)
		lint_query(entry, problems);
	if (entry->view_at.line && !entry->view_adds)
		lint_warn(problems, "view-same", entry, entry->view_at,
			"both views show the same key here: 'view' adds nothing");
}
