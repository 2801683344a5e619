/* A fixed set of ledger records: every type, every kind of change, hostile names, with who and
 * without. What each format makes of them stands in tests/agent/golden. */
#ifndef TESTS_AGENT_FIXED_H
#define TESTS_AGENT_FIXED_H

#include "change/change.h"

/* The record number i, in a; false behind the last one. */
bool fixed_record(struct arena *a, size_t i, struct ledger_record *ret);

#endif
