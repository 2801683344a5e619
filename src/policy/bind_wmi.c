/* The namespace and query of a rule of kind wmi, and what must not be asked. */
#include "policy/bind.h"

#include "core/fold.h"
#include "policy/wql.h"

int bind_namespace(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	struct span text, rest, part;

	if (n->type != NODE_SCALAR || n->text.n == 0)
		return bind_wrong_type(b, n, "a namespace such as root\\cimv2", e);
	if (variables_expand(b->variables, n, b->arena, &text, &out->user_variable, true,
		    b->problems, e) < 0)
		return e->code;
	if (span_starts(text, span_of("\\\\.\\")))
		text = span_from_offset(text, 4);
	if (text.n && (text.p[0] == '\\' || text.p[0] == '/'))
		return bind_refuse(b, "bad-namespace", n->at, e,
			"found the namespace %s, expected one of this host (root\\…): no other "
			"host "
			"is asked",
			node_found(b->arena, n));
	for (rest = text; span_cut(&rest, '\\', &part);)
		if (part.n == 0 || memchr(part.p, '\0', part.n) ||
			(part.p == text.p && !fold_same(part, span_of("root")) &&
				!fold_starts(part, span_of("root/"), NULL)))
			return bind_refuse(b, "bad-namespace", n->at, e,
				"found the namespace %s, expected one such as root\\cimv2",
				node_found(b->arena, n));
	out->asks.space = arena_text(b->arena, text);
	return 0;
}

int bind_check_query(struct binder *b, const struct entry *out, struct place at, struct err *e)
{
	struct wql q;

	if (!out->asks.query || !out->asks.key || wql_parse(span_of(out->asks.query), &q, e) < 0)
		return 0;
	for (const char *const *name = out->asks.key; *name; name++)
		if (!wql_selects(&q, span_of(*name)))
			return bind_refuse(b, "key-not-selected", at, e,
				"found '%s' in 'key', expected a property that the query selects",
				*name);
	return 0;
}

int bind_query(struct binder *b, struct entry *out, const struct node *n, struct err *e)
{
	const struct wql_verdict *verdict;
	struct span text, name;
	struct wql q;

	if (n->type != NODE_SCALAR || n->text.n == 0)
		return bind_wrong_type(b, n, "a query such as SELECT Name, Path FROM Win32_Share",
			e);
	if (variables_expand(b->variables, n, b->arena, &text, &out->user_variable, true,
		    b->problems, e) < 0)
		return e->code;
	if (memchr(text.p, '\0', text.n))
		return bind_wrong_type(b, n, "a query without zero bytes", e);
	if (wql_parse(text, &q, e) < 0)
		return bind_refuse(b, "bad-query", n->at, e, "found the query %s, %s",
			node_found(b->arena, n), arena_text(b->arena, span_of(e->text)));
	verdict = wql_judge(&q, &name);
	if (verdict && verdict->how == WQL_REFUSED)
		return bind_refuse(b, verdict->code, n->at, e, "found a query of %s, but %s",
			problem_quote(b->arena, name), verdict->why);
	out->asks.query = arena_text(b->arena, text);
	out->query_at = n->at;
	return 0;
}
