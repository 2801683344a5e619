/* A table of the older iptables, as getsockopt(2) gives it (linux/netfilter_ipv4/ip_tables.h).
 * Bytes in, chains out. */
#ifndef SENSOR_FIREWALL_FIREWALL_XT_H
#define SENSOR_FIREWALL_FIREWALL_XT_H

#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/sha256.h"
#include "core/span.h"

#define XT_HOOKS 5

struct xt_table {
	bool v6;
	uint32_t valid_hooks;
	uint32_t hook_entry[XT_HOOKS], underflow[XT_HOOKS];
	struct span entries;
};

struct xt_chain {
	struct span name;
	int hook;           /* -1: none, one that others jump to */
	struct span policy; /* "accept", "drop"; empty: none */
	uint64_t rules;
	uint8_t digest[SHA256_SIZE]; /* of the rules, when there are any */
	struct span *comments;
	size_t n_comments;
};

/* The chains in the order of the table, in a. ERR_FORMAT. */
int xt_parse(const struct xt_table *t, struct arena *a, struct xt_chain **ret, size_t *ret_n,
	struct err *e) MUST_CHECK;

#endif
