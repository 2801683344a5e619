#include "sensor/file/file_streams.h"

#define HEAD 24 /* next, length of the name, size, allocated */

static uint64_t number(struct span s, size_t at, unsigned bytes)
{
	uint64_t n = 0;

	for (unsigned i = bytes; i > 0; i--)
		n = n << 8 | (unsigned char)s.p[at + i - 1];
	return n;
}

/* ":zone:$DATA"; false: another type of stream, or the file's own. */
static bool name_of(struct span text, struct span *ret)
{
	static const char type[] = ":\0$\0D\0A\0T\0A";
	size_t tail = sizeof type;

	if (text.n <= 2 + tail || text.p[0] != ':' || text.p[1] != 0 ||
		memcmp(text.p + text.n - tail, type, tail) != 0)
		return false;
	*ret = span_from(text.p + 2, text.n - 2 - tail);
	return true;
}

int file_stream_next(struct span bytes, size_t *at, struct file_stream *ret)
{
	while (*at < bytes.n) {
		struct span rest = span_from_offset(bytes, *at);
		size_t next, n;
		bool hit;

		if (rest.n < HEAD)
			return -1;
		next = (size_t)number(rest, 0, 4);
		n = (size_t)number(rest, 4, 4);
		if (n > rest.n - HEAD || (n & 1) || (next && next < HEAD + n))
			return -1;
		hit = name_of(span_from(rest.p + HEAD, n), &ret->name);
		ret->size = number(rest, 8, 8);
		*at = next && next < rest.n ? *at + next : bytes.n;
		if (hit)
			return 1;
	}
	return 0;
}
