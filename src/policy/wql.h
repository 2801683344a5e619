/* As much of a WMI query as tells what it asks: the verb, the class, and whether it chooses. */
#ifndef POLICY_WQL_H
#define POLICY_WQL_H

#include "core/err.h"
#include "core/span.h"

struct wql {
	bool select;         /* SELECT; else ASSOCIATORS OF or REFERENCES OF an object */
	bool all;            /* SELECT * */
	bool where;          /* it has a WHERE */
	bool local;          /* it names LocalAccount */
	struct span name;    /* of the class; in the query */
	struct span columns; /* what stands between SELECT and FROM */
};

/* ERR_FORMAT, with what was found and expected, when it is none of the three. */
int wql_parse(struct span query, struct wql *ret, struct err *e) MUST_CHECK;

/* Will its rows have this property? What is not written in a SELECT with a list is not there. */
bool wql_selects(const struct wql *q, struct span property);

#endif
