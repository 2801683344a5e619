/* Kinds that both platforms have need not have all their fields on each. */
#ifndef ENTITY_ABSENT_H
#define ENTITY_ABSENT_H

#include "entity/kind.h"

struct absent_fields {
	const struct kind *kind;
	const unsigned char *fields;
	size_t n;
};

/* Of this platform (absent_linux.c, absent_windows.c); ended by a row without a kind. */
extern const struct absent_fields absent_fields[];

#endif
