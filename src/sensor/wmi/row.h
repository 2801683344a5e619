/* A row of a WMI query as it was delivered, without COM: what the pure part of this room works on.
 * Everything lives in an arena of the caller's. */
#ifndef SENSOR_WMI_ROW_H
#define SENSOR_WMI_ROW_H

#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/fold.h"

#define ROW_DEPTH_MAX 16       /* objects inside of objects that a row may have */
#define ROW_PROPERTIES_MAX 512 /* properties of one row */
#define ROW_ITEMS_MAX 65536    /* items of one array */

/* Types of CIM, by their numbers in WMI (CIMTYPE_ENUMERATION of wbemcli.h). */
enum row_type {
	ROW_SINT16 = 2,
	ROW_SINT32 = 3,
	ROW_REAL32 = 4,
	ROW_REAL64 = 5,
	ROW_STRING = 8,
	ROW_BOOLEAN = 11,
	ROW_OBJECT = 13,
	ROW_SINT8 = 16,
	ROW_UINT8 = 17,
	ROW_UINT16 = 18,
	ROW_UINT32 = 19,
	ROW_SINT64 = 20,
	ROW_UINT64 = 21,
	ROW_DATETIME = 101,
	ROW_REFERENCE = 102,
	ROW_CHAR16 = 103,
};

/* "uint32"; "unknown" for what is none. */
const char *row_type_name(unsigned type);

/* What a value came in. The type says what is meant: WMI carries a uint32 in a signed number and
 * 64 bits in a text. */
enum row_carrier { ROW_IS_NULL, ROW_IS_NUMBER, ROW_IS_REAL, ROW_IS_TEXT, ROW_IS_OBJECT };

struct row;

struct row_value {
	enum row_carrier carrier;
	union {
		int64_t number;
		double real;
		struct span text; /* WTF-8 */
		const struct row *object;
	};
};

struct row_property {
	struct span name;
	unsigned type; /* enum row_type, or what WMI says */
	bool array;
	bool null;                     /* there is none; an empty array is not that */
	const struct row_value *value; /* one, or the n items of the array */
	size_t n;
};

struct row {
	struct span class;   /* __CLASS */
	struct span relpath; /* __RELPATH; empty: not delivered */
	struct row_property *property;
	size_t n;
};

/* Names of classes and properties know no case. <0, 0, >0. */
static inline int row_name_compare(struct span a, struct span b)
{
	return fold_compare(a, b);
}
static inline bool row_name_same(struct span a, struct span b)
{
	return fold_same(a, b);
}

/* Bring the properties into the order of their names. Among equal ones the first stays first. */
void row_sort(struct row *r);
const struct row_property *row_find(const struct row *r, struct span name); /* NULL: none */

#endif
