/* Answers of sock_diag(7): one netlink message each. Pure, fuzzed. */
#ifndef SENSOR_PORT_DIAG_H
#define SENSOR_PORT_DIAG_H

#include "sensor/port/sock.h"

enum diag_family { DIAG_INET, DIAG_UNIX, DIAG_PACKET, DIAG_VSOCK };

/* body: what stands behind the netlink header. proto: of DIAG_INET, as if for IPv4; the answer says
 * which it is. False: not a socket of interest (connected, or without a name), or cut off. Texts
 * are views into body. */
bool sock_from_diag(enum diag_family f, enum sock_proto proto, struct span body, struct sock *ret);

#endif
