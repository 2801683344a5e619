/* Asks the kernel for its ruleset: nf_tables by netlink, the older iptables by getsockopt. Of the
 * network namespace of this process. */
#ifndef SENSOR_FIREWALL_FIREWALL_NETLINK_H
#define SENSOR_FIREWALL_FIREWALL_NETLINK_H

#include "sensor/firewall/firewall_nft.h"
#include "sensor/firewall/firewall_xt.h"

/* ERR_MISSING: this kernel has no nf_tables. ERR_CHANGED: it changed each time it was looked at. */
int netlink_ruleset(struct nft *ret, struct arena *a, struct err *e) MUST_CHECK;

/* One table ("filter") in a. ERR_MISSING: there is none. */
int netlink_xt_table(struct xt_table *ret, bool v6, struct span name, struct arena *a,
	struct err *e) MUST_CHECK;

#endif
