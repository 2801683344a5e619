/* Inside the link only: the two ways of syslog. */
#ifndef AGENT_SINKS_SYSLOG_H
#define AGENT_SINKS_SYSLOG_H

#include "agent/link/link.h"

void stream_send(struct lane *l);
void stream_stop(struct lane *l);
void datagram_send(struct lane *l);
void datagram_stop(struct lane *l);

#endif
