/* Data of registry values as people read it, and which of it nobody is to read. No Windows here. */
#ifndef SENSOR_REGISTRY_REGISTRY_TEXT_H
#define SENSOR_REGISTRY_REGISTRY_TEXT_H

#include <stdint.h>

#include "core/buf.h"
#include "core/span.h"

#define REGISTRY_TEXT_BYTES ((size_t)1024) /* of readable data; what is cut ends in "…" */
#define REGISTRY_HEX_BYTES ((size_t)64)    /* binary data of at most so many bytes is shown */

/* winnt.h, and [MS-RRP] 3.1.1.5: stored with a value, never checked against its data. */
enum registry_type {
	REGISTRY_NONE,
	REGISTRY_SZ,
	REGISTRY_EXPAND_SZ,
	REGISTRY_BINARY,
	REGISTRY_DWORD,
	REGISTRY_DWORD_BIG,
	REGISTRY_LINK,
	REGISTRY_MULTI_SZ,
	REGISTRY_RESOURCE_LIST,
	REGISTRY_RESOURCE_DESCRIPTOR,
	REGISTRY_RESOURCE_REQUIREMENTS,
	REGISTRY_QWORD,
	REGISTRY_TYPE_N
};

/* "REG_SZ"; a number that no name is known for is "REG_0x12345678". */
void registry_type_text(uint32_t type, struct buf *ret);

/* Append the data as text (without the NUL that ends it), number, list ("a, b") or hex; never more
 * than REGISTRY_TEXT_BYTES and the three of the mark. False: it cannot be read; nothing is added.
 */
bool registry_data_text(uint32_t type, struct span data, struct buf *ret);

/* Is what this value holds (a password, a key of a cipher) nobody's to read? key: as people know
 * it, "HKLM\SAM\…". */
bool registry_is_secret(struct span key, struct span value);
/* The class of these keys is the machine's boot key ([MS-SAMR], "syskey"). */
bool registry_is_secret_class(struct span key);

/* A name that holds NUL (C0 80 in WTF-8), which no ordinary function can say. */
bool registry_name_is_hidden(struct span name);

/* Append the name of a value as keys have it, each backslash doubled. */
void registry_name_double(struct span name, struct buf *ret);

#endif
