#include "sensor/file/file_reparse.h"

#define TAG_SURROGATE UINT32_C(0x20000000)
#define TAG_MICROSOFT UINT32_C(0x80000000)
#define TAG_MOUNT_POINT UINT32_C(0xa0000003)
#define TAG_SYMLINK UINT32_C(0xa000000c)
#define TAG_LX_SYMLINK UINT32_C(0xa000001d)
#define TAG_APP_EXEC UINT32_C(0x8000001b)
#define TAG_CLOUD_MASK UINT32_C(0x0000f000) /* the low half of a cloud tag counts variants */

#define HEAD 8       /* tag, length of the data, reserved */
#define GUID 16      /* behind the head where the tag is not Microsoft's */
#define APP_STRING 2 /* package, entry point, program: the third */

static const struct {
	uint32_t tag;
	const char *name;
	signed char type; /* enum file_type; -1: what it would be without the tag */
} tags[] = {
	{ TAG_MOUNT_POINT, "mount-point", FILE_SYMLINK },
	{ TAG_SYMLINK, "symlink", FILE_SYMLINK },
	{ TAG_LX_SYMLINK, "lx-symlink", FILE_SYMLINK },
	{ TAG_APP_EXEC, "app-exec-link", -1 },
	{ 0x80000023, "af-unix", FILE_SOCKET },
	{ 0x80000024, "lx-fifo", FILE_FIFO },
	{ 0x80000025, "lx-char", FILE_CHAR },
	{ 0x80000026, "lx-block", FILE_BLOCK },
	{ 0x80000005, "drive-extender", -1 },
	{ 0x80000006, "hsm2", -1 },
	{ 0x80000007, "single-instance", -1 },
	{ 0x80000008, "wim", -1 },
	{ 0x80000009, "cluster-volume", -1 },
	{ 0x8000000a, "dfs", -1 },
	{ 0x80000012, "dfsr", -1 },
	{ 0x80000013, "dedup", -1 },
	{ 0x80000014, "nfs", -1 },
	{ 0x80000015, "file-placeholder", -1 },
	{ 0x80000017, "wof", -1 },
	{ 0x80000018, "wci", -1 },
	{ 0x8000001e, "storage-sync", -1 },
	{ 0x80000021, "onedrive", -1 },
	{ 0x9000001a, "cloud", -1 },
	{ 0x9000001c, "projfs", -1 },
	{ 0xa0000019, "global-reparse", FILE_SYMLINK },
	{ 0xa000001f, "wci-tombstone", FILE_SYMLINK },
	{ 0xa0000022, "projfs-tombstone", FILE_SYMLINK },
	{ 0xc0000004, "hsm", -1 },
};

static int find(uint32_t tag)
{
	uint32_t plain = tag & ~TAG_CLOUD_MASK;

	for (size_t i = 0; i < ARRAY_LEN(tags); i++)
		if (tags[i].tag == tag || (plain == 0x9000001a && tags[i].tag == plain))
			return (int)i;
	return -1;
}

enum file_type file_reparse_type(uint32_t tag, enum file_type otherwise)
{
	int i = find(tag);

	if (i >= 0 && tags[i].type >= 0)
		return (enum file_type)tags[i].type;
	return i < 0 && tag & TAG_SURROGATE ? FILE_SYMLINK : otherwise;
}

void file_reparse_name(uint32_t tag, struct buf *ret)
{
	int i = find(tag);

	if (i >= 0)
		buf_add_text(ret, tags[i].name);
	else
		buf_addf(ret, "0x%08x", (unsigned)tag);
}

/* ---- targets ---- */

static unsigned half(struct span s, size_t at)
{
	return (unsigned char)s.p[at] | (unsigned)(unsigned char)s.p[at + 1] << 8;
}

static uint32_t word(struct span s, size_t at)
{
	return half(s, at) | (uint32_t)half(s, at + 2) << 16;
}

static void add_point(struct buf *ret, uint32_t c)
{
	if (c < 0x80) {
		buf_add_char(ret, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_add_char(ret, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_add_char(ret, (char)(0xe0 | c >> 12));
		} else {
			buf_add_char(ret, (char)(0xf0 | c >> 18));
			buf_add_char(ret, (char)(0x80 | (c >> 12 & 63)));
		}
		buf_add_char(ret, (char)(0x80 | (c >> 6 & 63)));
	}
	buf_add_char(ret, (char)(0x80 | (c & 63)));
}

/* UTF-16, little-endian, as WTF-8 (os/windows/wide.h), on any platform. */
static void add_wide(struct buf *ret, struct span units)
{
	for (size_t at = 0; at + 1 < units.n; at += 2) {
		uint32_t c = half(units, at), low;

		if (c == 0) { /* of a name that holds one; a text of ours does not */
			buf_add(ret, "\xc0\x80", 2);
			continue;
		}
		if (c >= 0xd800 && c < 0xdc00 && at + 3 < units.n) {
			low = half(units, at + 2);
			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
				at += 2;
			}
		}
		add_point(ret, c);
	}
}

/* The namespace of the object manager is no part of a path as people know it. */
static void add_target(struct buf *ret, struct span units)
{
	static const char unc[] = "\\\0?\0?\0\\\0U\0N\0C\0\\";
	static const char plain[] = "\\\0?\0?\0\\";
	struct span s = units;

	if (span_starts(s, span_from(unc, sizeof unc))) {
		buf_add_text(ret, "\\\\");
		s = span_from_offset(s, sizeof unc);
	} else if (span_starts(s, span_from(plain, sizeof plain))) {
		s = span_from_offset(s, sizeof plain);
		if (s.n < 4 || half(s, 2) != ':') /* no drive: a volume, a device */
			buf_add_text(ret, "\\\\?\\");
	}
	add_wide(ret, s);
}

/* Offset and length of the substitute name, of the display name; paths begin at `at`. */
static bool link_target(struct span data, size_t at, struct buf *ret)
{
	size_t from, n;

	if (data.n < at)
		return false;
	from = half(data, 0);
	n = half(data, 2);
	if ((n & 1) || from > data.n - at || n > data.n - at - from)
		return false;
	add_target(ret, span_from(data.p + at + from, n));
	return true;
}

static bool lx_target(struct span data, struct buf *ret)
{
	if (data.n < 4 || word(data, 0) != 2)
		return false;
	buf_add(ret, data.p + 4, data.n - 4);
	return true;
}

/* A version, then strings that each end in a NUL. */
static bool app_target(struct span data, struct buf *ret)
{
	unsigned strings = 0;
	size_t from = 4;

	if (data.n < 4)
		return false;
	for (size_t at = 4; at + 1 < data.n; at += 2) {
		if (half(data, at) != 0)
			continue;
		if (strings++ == APP_STRING) {
			add_wide(ret, span_from(data.p + from, at - from));
			return true;
		}
		from = at + 2;
	}
	return false;
}

bool file_reparse_target(struct span bytes, struct buf *ret)
{
	struct span data;
	size_t head = HEAD;
	uint32_t tag;

	if (bytes.n < HEAD)
		return false;
	tag = word(bytes, 0);
	if (!(tag & TAG_MICROSOFT))
		head += GUID;
	if (bytes.n < head || half(bytes, 4) > bytes.n - head)
		return false;
	data = span_from(bytes.p + head, half(bytes, 4));
	switch (tag) {
	case TAG_SYMLINK:
		return link_target(data, 12, ret);
	case TAG_MOUNT_POINT:
		return link_target(data, 8, ret);
	case TAG_LX_SYMLINK:
		return lx_target(data, ret);
	case TAG_APP_EXEC:
		return app_target(data, ret);
	default:
		return true;
	}
}
