/* Attributes of netlink messages: type, length, bytes; checked. */
#ifndef SENSOR_FIREWALL_FIREWALL_ATTR_H
#define SENSOR_FIREWALL_FIREWALL_ATTR_H

#include <stdint.h>

#include "core/span.h"

/* The next attribute off the front of *rest; false at the end, and where the bytes follow no
 * format: then rest->n is not 0. */
static inline bool attr_next(struct span *rest, unsigned *ret_type, struct span *ret)
{
	uint16_t head[2]; /* length with this head, type with two flags */
	size_t whole;

	if (rest->n < sizeof head)
		return false;
	memcpy(head, rest->p, sizeof head);
	if (head[0] < sizeof head || head[0] > rest->n)
		return false;
	*ret_type = head[1] & 0x3fff;
	*ret = span_from(rest->p + sizeof head, head[0] - sizeof head);
	whole = (head[0] + 3u) & ~3u;
	*rest = whole >= rest->n ? span_from(rest->p + rest->n, 0) : span_from_offset(*rest, whole);
	return true;
}

/* The first of this type; .p NULL: there is none. */
static inline struct span attr_find(struct span attrs, unsigned type)
{
	struct span value;
	unsigned t;

	while (attr_next(&attrs, &t, &value))
		if (t == type)
			return value;
	return SPAN_NONE;
}

/* Texts end at a NUL or with the attribute. */
static inline struct span attr_text(struct span value)
{
	const char *end = value.n ? memchr(value.p, '\0', value.n) : NULL;

	if (end)
		value.n = (size_t)(end - value.p);
	return value;
}

/* Big-endian; false: not four bytes. */
static inline bool attr_u32(struct span value, uint32_t *ret)
{
	const unsigned char *b = (const unsigned char *)value.p;

	if (value.n != 4)
		return false;
	*ret = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
	return true;
}

#endif
