/* The part of struct selector (entity/select.h) that walks folders. */
#ifndef POLICY_SCOPE_H
#define POLICY_SCOPE_H

#include "policy/model.h"

struct scope *scope_top(const void *policy, const struct kind *k);
struct scope *scope_enter(struct scope *d, struct span name, bool other_mount);
void scope_leave(struct scope *d);
bool scope_name(const struct scope *d, struct span name, struct selection *ret);
bool scope_uniform(const struct scope *d, struct selection *ret);

#endif
