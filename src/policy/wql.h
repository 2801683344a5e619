/* As much of a WMI query as tells what it asks: the verb, the class, and whether it chooses. */
#ifndef POLICY_WQL_H
#define POLICY_WQL_H

#include "core/err.h"
#include "core/span.h"

struct wql {
	bool select;         /* SELECT; else ASSOCIATORS OF or REFERENCES OF an object */
	bool all;            /* SELECT * */
	struct span name;    /* of the class; in the query */
	struct span columns; /* what stands between SELECT and FROM */
	struct span where;   /* what stands behind WHERE; empty: it chooses nothing */
};

enum wql_how { WQL_REFUSED, WQL_WARNED };

struct wql_verdict {
	enum wql_how how;
	const char *code, *why;
};

/* ERR_FORMAT, with what was found and expected, when it is none of the three. */
int wql_parse(struct span query, struct wql *ret, struct err *e) MUST_CHECK;

/* Will its rows have this property? What is not written in a SELECT with a list is not there. */
bool wql_selects(const struct wql *q, struct span property);

/* Take a word, a text in quotes or one other byte off the front. */
bool wql_word(struct span *rest, struct span *ret);

/* Does its WHERE choose rows by PROPERTY = VALUE (NULL: any), whichever side of an OR holds? What
 * is under NOT, or LIKE, does not count. */
bool wql_binds(const struct wql *q, const char *property, const char *value);

/* wql_classes.c: what is to be said against the query, and which class of it that is about; NULL:
 * nothing. */
const struct wql_verdict *wql_judge(const struct wql *q, struct span *ret_name);

#endif
