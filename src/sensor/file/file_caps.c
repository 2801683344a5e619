#include "sensor/file/file_caps.h"

#include <inttypes.h>

#include "core/attr.h"
#include "host/capability.h"

#define VERSION_SHIFT 24
#define VERSION_MASK 0xff000000u
#define FLAG_EFFECTIVE 0x000001u
#define CAPS 64 /* bits in a set */

/* Which of the three sets a capability is in. The values decide the order of the text. */
enum in_set { EFFECTIVE = 1, PERMITTED = 2, INHERITABLE = 4, COMBINATIONS = 8 };

static const struct {
	enum in_set set;
	char letter;
} letters[] = { { EFFECTIVE, 'e' }, { INHERITABLE, 'i' }, { PERMITTED, 'p' } };

struct caps {
	uint64_t permitted, inheritable;
	bool effective; /* one flag for both sets: linux/capability.h */
	bool has_rootid;
	uint32_t rootid;
};

/* Rows by version: 32-bit words in a set, and whether a rootid follows. */
static const struct {
	unsigned words;
	bool rootid;
} layouts[] = { { 0, false }, { 1, false }, { 2, false }, { 2, true } };

static uint32_t get_le32(const char *at)
{
	const unsigned char *p = (const unsigned char *)at;

	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static int parse(struct span xattr, struct caps *ret, struct err *e)
{
	struct caps caps = { 0 };
	uint32_t magic, version;
	size_t size;

	if (xattr.n < 4)
		return err_set(e, ERR_FORMAT, "capabilities have %zu bytes", xattr.n);
	magic = get_le32(xattr.p);
	version = magic >> VERSION_SHIFT;
	if (version == 0 || version >= ARRAY_LEN(layouts) ||
		magic & ~(VERSION_MASK | FLAG_EFFECTIVE))
		return err_set(e, ERR_FORMAT, "capabilities have version and flags %08" PRIx32,
			magic);
	size = 4 + 8 * layouts[version].words + (layouts[version].rootid ? 4 : 0);
	if (xattr.n != size)
		return err_set(e, ERR_FORMAT,
			"capabilities of version %" PRIu32 " have %zu bytes, not %zu", version,
			xattr.n, size);
	for (unsigned i = 0; i < layouts[version].words; i++) {
		caps.permitted |= (uint64_t)get_le32(xattr.p + 4 + 8 * i) << 32 * i;
		caps.inheritable |= (uint64_t)get_le32(xattr.p + 8 + 8 * i) << 32 * i;
	}
	caps.effective = magic & FLAG_EFFECTIVE;
	caps.has_rootid = layouts[version].rootid;
	if (caps.has_rootid)
		caps.rootid = get_le32(xattr.p + size - 4);
	*ret = caps;
	return 0;
}

static unsigned sets_of(const struct caps *caps, unsigned cap)
{
	unsigned p = caps->permitted >> cap & 1, i = caps->inheritable >> cap & 1;

	return (p ? PERMITTED : 0u) | (i ? INHERITABLE : 0u) |
	       (caps->effective && (p || i) ? EFFECTIVE : 0u);
}

/* The combination that most named capabilities share; of equals the one with the lower value. */
static unsigned prevailing(const struct caps *caps)
{
	unsigned count[COMBINATIONS] = { 0 }, best = 0;

	for (unsigned cap = 0; cap < CAPABILITIES; cap++)
		count[sets_of(caps, cap)]++;
	for (unsigned sets = 1; sets < COMBINATIONS; sets++)
		if (count[sets] > count[best])
			best = sets;
	return best;
}

static void add_letters(struct buf *ret, char sign, unsigned sets)
{
	if (sets)
		buf_add_char(ret, sign);
	for (size_t i = 0; i < ARRAY_LEN(letters); i++)
		if (sets & letters[i].set)
			buf_add_char(ret, letters[i].letter);
}

/* Capabilities from `first` to before `end` that are in exactly these sets, by comma. False: none.
 */
static bool add_list(struct buf *ret, const struct caps *caps, unsigned first, unsigned end,
	unsigned sets)
{
	bool any = false;

	for (unsigned cap = first; cap < end; cap++) {
		if (sets_of(caps, cap) != sets)
			continue;
		if (any)
			buf_add_char(ret, ',');
		else if (ret->n)
			buf_add_char(ret, ' ');
		if (cap < CAPABILITIES)
			buf_add_text(ret, capability_name(cap));
		else
			buf_addf(ret, "%u", cap);
		any = true;
	}
	return any;
}

/* libcap's cap_to_text: what prevails comes first as "=…"; the others follow as differences from
 * it; an empty "=" in front of an addition melts into it ("= cap_x+p" is "cap_x=p"). */
static void to_text(const struct caps *caps, struct buf *ret)
{
	unsigned most = prevailing(caps);
	bool melts = most == 0;

	if (most)
		add_letters(ret, '=', most);
	for (unsigned sets = COMBINATIONS; sets-- > 0;) {
		if (sets == most || !add_list(ret, caps, 0, CAPABILITIES, sets))
			continue;
		add_letters(ret, melts ? '=' : '+', sets & ~most);
		add_letters(ret, '-', most & ~sets);
		melts = false;
	}
	if (melts)
		buf_add_char(ret, '=');
	for (unsigned sets = COMBINATIONS; sets-- > 1;)
		if (add_list(ret, caps, CAPABILITIES, CAPS, sets))
			add_letters(ret, '+', sets);
}

int file_caps_text(struct span xattr, struct buf *ret, struct err *e)
{
	AUTO(buf) text = BUF_INIT(4096);
	struct caps caps;

	if (parse(xattr, &caps, e) < 0)
		return e->code;
	to_text(&caps, &text);
	if (caps.has_rootid)
		buf_addf(&text, " [rootid=%" PRIu32 "]", caps.rootid);
	buf_add_span(ret, buf_span(&text));
	return 0;
}
