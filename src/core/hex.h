/* Bytes as hexadecimal and base64 text. */
#ifndef CORE_HEX_H
#define CORE_HEX_H

#include <stdint.h>

#include "core/buf.h"

/* Append two lower-case digits for each byte. */
static inline void hex_add(struct buf *ret, struct span bytes)
{
	static const char digits[] = "0123456789abcdef";
	char *at = buf_room(ret, bytes.n * 2);

	if (!at)
		return;
	for (size_t i = 0; i < bytes.n; i++) {
		*at++ = digits[(unsigned char)bytes.p[i] >> 4];
		*at++ = digits[bytes.p[i] & 15];
	}
	ret->n += bytes.n * 2;
}

/* 0…15, or -1 for what is no digit. Either case. */
static inline int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Exactly n bytes from 2n digits; false, and ret as it was, on anything else. */
static inline bool hex_parse(struct span text, uint8_t *ret, size_t n)
{
	if (text.n != n * 2)
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (hex_digit(text.p[i]) < 0)
			return false;
	for (size_t i = 0; i < n; i++)
		ret[i] = (uint8_t)(hex_digit(text.p[2 * i]) << 4 | hex_digit(text.p[2 * i + 1]));
	return true;
}

/* Append the padded base64 of RFC 4648 §4. */
static inline void base64_add(struct buf *ret, struct span bytes)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)bytes.p;

	for (size_t i = 0; i < bytes.n; i += 3) {
		size_t left = bytes.n - i;
		uint32_t three = (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) |
				 (left > 2 ? p[i + 2] : 0);
		char four[4] = { digits[three >> 18], digits[three >> 12 & 63],
			left > 1 ? digits[three >> 6 & 63] : '=',
			left > 2 ? digits[three & 63] : '=' };

		buf_add(ret, four, sizeof four);
	}
}

#endif
