/* What the files of the importer of AIDE share: aide.conf(5) of 0.16 to 0.19. */
#ifndef POLICY_IMPORT_AIDE_H
#define POLICY_IMPORT_AIDE_H

#include <stdint.h>

#include "policy/import/import.h"
#include "policy/import/paths.h"

enum aide_how { AIDE_REGULAR, AIDE_EQUALS, AIDE_NEGATIVE, AIDE_NEGATIVE_ALONE };

/* One selection line. */
struct aide_rule {
	enum aide_how how;
	struct span regex;
	struct paths paths;
	unsigned depth;      /* of the node of AIDE's tree it hangs at */
	bool exact;          /* paths match what the expression does, and the line surely holds */
	unsigned types;      /* bit per enum file_type; 0: any */
	uint64_t attributes; /* aide_attributes() */
	unsigned line;
};

struct aide_rules {
	struct aide_rule *list;
	size_t n, cap;
};

/* "p+u-g" in bits; groups, ended by a name that is NULL, are known beside AIDE's own. *ret_unknown:
 * the first name nobody knows, empty if there is none. */
struct aide_group {
	struct span name;
	uint64_t attributes;
};
uint64_t aide_attributes(struct span expression, const struct aide_group *groups, size_t n,
	struct span *ret_unknown);

/* Our fields, ended by NULL; *ret_growing: only growth is expected. */
const char *const *aide_fields(struct import *x, uint64_t attributes, bool *ret_growing);

/* Say once for each attribute that has no counterpart: *said holds those that were. */
void aide_note_attributes(struct import *x, uint64_t attributes, unsigned line, uint64_t *said);

/* Add the rules, each without what more special ones and negative ones take from it. */
void aide_emit(struct import *x, const struct aide_rules *rules);

#endif
