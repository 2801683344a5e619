/* Many findings as one report: grouped by severity and rule, the gaps last. */
#ifndef OUTPUT_REPORT_H
#define OUTPUT_REPORT_H

#include "output/output.h"

#define REPORT_SHOWN 200 /* entries of one group before the rest is only counted */

struct report_counts {
	uint64_t types[CHANGE_TYPE_N];
	uint64_t severities[SEVERITY_N];
	uint64_t changes, explained, gaps;
};

struct report;

/* policy gives the rules' titles and may be NULL. shown: entries of a group before the rest is only
 * counted, 0 for all; it bounds the memory. */
struct report *report_new(const struct policy *policy, const struct text_style *style,
	size_t shown);
void report_free(struct report *p); /* accepts NULL */
void report_freep(struct report **p);

/* Changes, gaps and notes of what is missing are taken in, other records passed over. */
void report_add(struct report *p, const struct ledger_record *r);
const struct report_counts *report_counts(const struct report *p);
/* "2 created, 3 updated"; nothing when there is none. */
void report_types(struct buf *ret, const struct report_counts *c);
/* Append all groups, most severe first, an empty line behind each. */
void report_print(const struct report *p, struct buf *ret);

#endif
