#include "sensor/certificate/cert_der.h"

#define LENGTH_BYTES_MAX 4

static uint8_t at(struct span s, size_t i)
{
	return (uint8_t)s.p[i];
}

bool der_next(struct span *rest, struct der *ret)
{
	size_t head = 2, n, more;

	if (rest->n < 2 || (at(*rest, 0) & 0x1f) == 0x1f)
		return false;
	n = at(*rest, 1);
	if (n & 0x80) {
		more = n & 0x7f;
		if (more == 0 || more > LENGTH_BYTES_MAX || rest->n < 2 + more)
			return false;
		n = 0;
		for (size_t i = 0; i < more; i++)
			n = n << 8 | at(*rest, 2 + i);
		head += more;
	}
	if (n > rest->n - head)
		return false;
	ret->tag = at(*rest, 0);
	ret->value = (struct span){ rest->p + head, n };
	ret->whole = (struct span){ rest->p, head + n };
	*rest = span_from_offset(*rest, head + n);
	return true;
}

bool der_take(struct span *rest, uint8_t tag, struct der *ret)
{
	return rest->n && at(*rest, 0) == tag && der_next(rest, ret);
}

void der_oid_text(struct span oid, struct buf *ret)
{
	uint64_t arc = 0;
	bool first = true;

	for (size_t i = 0; i < oid.n; i++) {
		if (arc >> 56) {
			buf_add_text(ret, ".…");
			return;
		}
		arc = arc << 7 | (at(oid, i) & 0x7f);
		if (at(oid, i) & 0x80)
			continue;
		if (first)
			buf_addf(ret, "%llu.%llu", (unsigned long long)(arc < 80 ? arc / 40 : 2),
				(unsigned long long)(arc < 80 ? arc % 40 : arc - 80));
		else
			buf_addf(ret, ".%llu", (unsigned long long)arc);
		first = false;
		arc = 0;
	}
}
