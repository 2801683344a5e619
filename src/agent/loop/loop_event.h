/* Where the loop is libevent's. */
#ifndef AGENT_LOOP_LOOP_EVENT_H
#define AGENT_LOOP_LOOP_EVENT_H

#include <event2/event.h>

#include "agent/loop/loop.h"

struct event_base *loop_base(const struct loop *l);

#endif
