/* Absolute patterns in our language, made from what other products write, and how they are cut into
 * the base of a rule and what stands below it. Paths of POSIX: '/' separates, '\' escapes. */
#ifndef POLICY_IMPORT_PATHS_H
#define POLICY_IMPORT_PATHS_H

#include "core/arena.h"
#include "core/buf.h"

struct paths {
	struct span *list; /* in an arena */
	size_t n, cap;
};

/* One that is there already is not added again. */
void paths_add(struct arena *a, struct paths *p, struct span path);

/* Append a byte that stands for itself. */
void paths_literal(struct buf *b, char c);

/* The pattern, with a '?' for each byte that no policy can hold (a control, not UTF-8): it then
 * matches more, and *ret_exact becomes false. */
struct span paths_printable(struct arena *a, struct span pattern, bool *ret_exact);

/* The longest folder above the pattern's last section that is written out, without wildcards and
 * escapes: "/" when there is none. A view into pattern. */
struct span paths_base(struct span pattern);
/* The longest that all of them have. p->n > 0. */
struct span paths_common_base(const struct paths *p);

/* What the pattern says below the base; false: it matches nothing there. It may say less than the
 * pattern ("**" that ends above the base), never more. A view into pattern, or "/". */
bool paths_below(struct span pattern, struct span base, struct span *ret);

/* Can both match the same path? May say yes where it could say no. */
bool paths_may_meet(struct span a, struct span b);

#endif
