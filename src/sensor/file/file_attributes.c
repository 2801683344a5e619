#include "sensor/file/file_attributes.h"

#define TOLD_ELSEWHERE UINT32_C(0x4d0) /* directory, device, normal, reparse point */

static const struct {
	uint32_t bit;
	char letter;
} letters[] = {
	{ 0x20, 'A' },     /* archive */
	{ 0x4, 'S' },      /* system */
	{ 0x2, 'H' },      /* hidden */
	{ 0x1, 'R' },      /* read-only */
	{ 0x1000, 'O' },   /* offline */
	{ 0x2000, 'I' },   /* not content indexed */
	{ 0x20000, 'X' },  /* no scrub data */
	{ 0x8000, 'V' },   /* integrity stream */
	{ 0x80000, 'P' },  /* pinned */
	{ 0x100000, 'U' }, /* unpinned */
};

static const struct {
	uint32_t bit;
	const char *name;
} names[] = {
	{ 0x100, "temporary" },
	{ 0x200, "sparse" },
	{ 0x800, "compressed" },
	{ 0x4000, "encrypted" },
	{ 0x10000, "virtual" },
	{ 0x40000,
		"recall-on-open" }, /* or that it has extended attributes, which is the same bit */
	{ 0x400000, "recall-on-data-access" },
};

static void part(struct buf *ret, bool *some)
{
	if (*some)
		buf_add_char(ret, ' ');
	*some = true;
}

void file_attributes_text(uint32_t bits, struct buf *ret)
{
	bool some = false;

	bits &= ~TOLD_ELSEWHERE;
	for (size_t i = 0; i < ARRAY_LEN(letters); i++) {
		if (!(bits & letters[i].bit))
			continue;
		buf_add_char(ret, letters[i].letter);
		bits &= ~letters[i].bit;
		some = true;
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!(bits & names[i].bit))
			continue;
		part(ret, &some);
		buf_add_text(ret, names[i].name);
		bits &= ~names[i].bit;
	}
	if (!bits)
		return;
	part(ret, &some);
	buf_addf(ret, "0x%x", (unsigned)bits);
}
