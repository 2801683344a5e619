/* Lines of the files in /proc/net, for kernels without the module that would answer sock_diag.
 * Pure, fuzzed.
 */
#ifndef SENSOR_PORT_PROC_NET_H
#define SENSOR_PORT_PROC_NET_H

#include "sensor/port/sock.h"

/* 1: *ret is a socket of interest; 0: it is not one (the heading, connected, without a name); -1:
 * the line does not follow its format. Texts are views into line. proto says which file it is: tcp,
 * tcp6, udp, …, packet, unix, sctp/eps. */
int sock_from_proc(enum sock_proto proto, struct span line, struct sock *ret);

/* An SCTP endpoint has several addresses: the others stand in x->name. Takes the next one; false
 * when there is none left. */
bool sock_next_address(struct sock *x);

#endif
