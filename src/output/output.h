/* Findings as people and programs read them. */
#ifndef OUTPUT_OUTPUT_H
#define OUTPUT_OUTPUT_H

#include "change/change.h"

/* One record as one JSON object (no newline), exactly CONTRACTS 3. host: this host's name. */
void json_record(struct buf *ret, const struct ledger_record *r, struct span host);
/* Fields of an entity as a JSON object; entity/kind tables decide the spelling. */
void json_fields(struct buf *ret, const struct record *r);

struct text_style {
	bool colour;    /* ANSI colours and bold */
	unsigned width; /* columns, 0: do not wrap or cut */
	int64_t now;    /* for "3 minutes ago"; 0: print times in full */
};
/* One record for people, one or several lines, each ended by a newline: what changed before →
 * after, hostile bytes escaped. */
void text_record(struct buf *ret, const struct ledger_record *r, const struct text_style *style);
/* A value alone. */
void text_value(struct buf *ret, const struct field *f, union value v);
/* A field set as "sha256, size". */
void text_fields(struct buf *ret, const struct kind *k, uint64_t fields);

#endif
