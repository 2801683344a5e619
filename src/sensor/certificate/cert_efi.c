#include "sensor/certificate/cert_efi.h"

#include <stdint.h>

#define ATTRIBUTES 4
#define GUID 16
#define HEAD (GUID + 3 * 4)

static const char x509[GUID + 1] =
	"\xa1\x59\xc0\xa5\xe4\x94\xa7\x4a\x87\xb5\xab\x15\x5c\x2b\xf0\x72";

static uint32_t little(struct span s, size_t at)
{
	uint32_t n = 0;

	for (size_t i = 4; i--;)
		n = n << 8 | (uint8_t)s.p[at + i];
	return n;
}

struct efi_lists efi_lists_of(struct span variable)
{
	return (struct efi_lists){ .rest = span_from_offset(variable, ATTRIBUTES) };
}

/* Take a list off the front; its signatures stay empty when they are no certificates. */
static bool next_list(struct efi_lists *l)
{
	struct span s = l->rest;
	uint32_t whole, head, one;

	if (!s.n)
		return false;
	l->bad = true;
	if (s.n < HEAD)
		return false;
	whole = little(s, GUID);
	head = little(s, GUID + 4);
	one = little(s, GUID + 8);
	if (whole < HEAD || whole > s.n || head > whole - HEAD || one <= GUID)
		return false;
	l->bad = false;
	l->rest = span_from_offset(s, whole);
	l->size = one;
	l->signatures = SPAN_NONE;
	if (memcmp(s.p, x509, GUID) == 0)
		l->signatures = (struct span){ s.p + HEAD + head, whole - HEAD - head };
	return true;
}

bool efi_lists_next(struct efi_lists *l, struct span *ret)
{
	while (l->signatures.n < l->size || l->size == 0)
		if (!next_list(l))
			return false;
	/* whose certificate it is stands in front */
	*ret = (struct span){ l->signatures.p + GUID, l->size - GUID };
	l->signatures = span_from_offset(l->signatures, l->size);
	return true;
}
