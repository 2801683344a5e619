/* Is every packaged file what its package delivered, and which files under system paths belong to
 * no package? Compares the host with the package databases, not with a baseline, and records
 * nothing.
 */
#ifndef CHANGE_PACKAGED_H
#define CHANGE_PACKAGED_H

#include "change/pipeline.h"

/* The rules such findings are told under. */
int packaged_policy(struct policy **ret, const struct scan_options *o, struct err *e) MUST_CHECK;

/* Tells the listener a change for each file that is not as delivered (was: what the package says,
 * is: what there is), is missing (deleted) or is nobody's (created; of a folder that is nobody's
 * only the folder, with what is below it counted), and each gap; in that order. p: of
 * packaged_policy. o: its below and root count; kind and trust_stamps do not. The store gives room
 * for scratch. */
int packaged_check(struct store *s, const struct policy *p, const struct scan_options *o,
	const struct check_listener *l, struct check_summary *ret, struct err *e) MUST_CHECK;

#endif
