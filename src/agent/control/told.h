/* JSON that another process of ours wrote. */
#ifndef AGENT_CONTROL_TOLD_H
#define AGENT_CONTROL_TOLD_H

#include <stdint.h>

#include "core/err.h"
#include "core/span.h"

#define TOLD_MAX ((size_t)256 << 10)

/* The text of the array, written anew; NULL when it is no array, or longer than TOLD_MAX. free()
 * it. */
char *told_array(struct span text);

/* ---- reading it: what is not there, or of another type, reads as nothing ---- */

struct told;

int told_read(struct told **ret, struct span text, struct err *e) MUST_CHECK;
void told_free(struct told *t); /* accepts NULL; ends all that was got from it */
void told_freep(struct told **t);

/* All accept NULL. Texts are ended by NUL, and "" when there is none. */
struct told *told_in(const struct told *t, const char *name);
struct told *told_at(const struct told *list, size_t i); /* NULL behind the last */
const char *told_text(const struct told *t, const char *name);
uint64_t told_number(const struct told *t, const char *name);
bool told_bool(const struct told *t, const char *name);

#endif
