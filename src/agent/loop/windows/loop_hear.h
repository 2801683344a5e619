/* Where the loop waits for kernel objects. */
#ifndef AGENT_LOOP_WINDOWS_LOOP_HEAR_H
#define AGENT_LOOP_WINDOWS_LOOP_HEAR_H

#include <windows.h>

#include "agent/loop/loop.h"

#define LOOP_SOURCES_MAX 60 /* WaitForMultipleObjects takes 64 */

struct loop_source;

/* Call `heard` each time the object is signalled, until loop_unhear; the object is the caller's,
 * who resets it. NULL: there are LOOP_SOURCES_MAX already. */
struct loop_source *loop_hear(struct loop *l, HANDLE object, void (*heard)(void *ctx), void *ctx);
void loop_unhear(struct loop_source *s); /* also from within `heard`; accepts NULL */

#endif
