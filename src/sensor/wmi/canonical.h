/* The canonical text of what a row holds: JSON, the same bytes for the same state, whatever order
 * or carrier the provider chose. */
#ifndef SENSOR_WMI_CANONICAL_H
#define SENSOR_WMI_CANONICAL_H

#include "sensor/wmi/row.h"

#define CANONICAL_DEPTH 8 /* objects inside of objects; deeper ones are "sha256:…" */

/* What the text depends on besides the row. */
struct canonical {
	struct span host; /* our name, which references leave out */
};

/* A value; `unordered`: the items of an array in the order of their texts.
 *   integers up to 32 bits, char16  decimal, read again as signed or unsigned by their type
 *   sint64, uint64                  a string of decimal digits, as delivered
 *   real32, real64                  the shortest text that reads back equal; "NaN", "Inf", "-Inf"
 *   boolean                         true, false
 *   string                          as it is
 *   datetime                        when complete, the same instant in UTC ("…+000"); else as it is
 *   reference                       the path without our host, keys in order
 *   object                          {"__CLASS":"C","A":…}, properties in the order of their names
 *   no value                        null */
void canonical_property(const struct canonical *c, const struct row_property *p, bool unordered,
	struct buf *ret);
/* The row as an object; its properties must be in order (row_sort). */
void canonical_row(const struct canonical *c, const struct row *r, struct buf *ret);
/* A string of JSON, of WTF-8: lone surrogates and what is no UTF-8 as \udXXX. */
void canonical_text(struct span text, struct buf *ret);

/* "yyyymmddHHMMSS.mmmmmm+UUU" with the offset in minutes, as the same instant at +000. False: an
 * interval (":000"), a wildcard ('*'), or nothing of the kind. ret gets 25 bytes. */
bool canonical_datetime(struct span text, char ret[26]);

#endif
