#include "sensor/file/file_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/fsverity.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/sha256.h"
#include "sensor/file/file_acl.h"
#include "sensor/file/file_caps.h"
#include "sensor/file/file_flags.h"
#include "sensor/file/file_verity.h"
#include "sensor/file/file_xattr.h"

#define SYS_LISTXATTRAT 465         /* newer than this system's headers; same number everywhere */
#define LIST_MAX ((size_t)1 << 20)  /* names of attributes; Linux allows 64 KiB */
#define VALUE_MAX ((size_t)1 << 17) /* one value; Linux allows 64 KiB */
#define ATTRIBUTES_MAX 4096
#define TEXT_MAX ((size_t)1 << 20)
/* Set by ext4 itself as a file or folder grows, never by chattr: a hashed folder index, a huge
 * file, data inside the inode. Nobody's change, so not shown. */
#define KERNEL_FLAGS (0x00001000u | 0x00040000u | 0x10000000u)

enum file_type facts_type(unsigned mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return FILE_DIRECTORY;
	case S_IFLNK:
		return FILE_SYMLINK;
	case S_IFIFO:
		return FILE_FIFO;
	case S_IFSOCK:
		return FILE_SOCKET;
	case S_IFBLK:
		return FILE_BLOCK;
	case S_IFCHR:
		return FILE_CHAR;
	default:
		return FILE_REGULAR;
	}
}

static int64_t ns_of(struct statx_timestamp t)
{
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

static void set_name(struct record *r, unsigned field, struct span name)
{
	if (name.n)
		record_set_bytes(r, field, name);
}

void facts_from_statx(struct record *r, const struct statx *x, uint64_t fields,
	const struct names *names)
{
	enum file_type type = facts_type(x->stx_mode);

	record_set_number(r, FILE_TYPE, type);
	record_set_time(r, FILE_MTIME, ns_of(x->stx_mtime));
	record_set_time(r, FILE_CTIME, ns_of(x->stx_ctime));
	if (x->stx_mask & STATX_BTIME)
		record_set_time(r, FILE_BTIME, ns_of(x->stx_btime));
	record_set_number(r, FILE_INODE, x->stx_ino);
	record_set_number(r, FILE_DEVICE, device_make(x->stx_dev_major, x->stx_dev_minor));
	record_set_number(r, FILE_NLINK, x->stx_nlink);
	if (fields & field_bit(FILE_MODE))
		record_set_number(r, FILE_MODE, x->stx_mode & 07777u);
	if (fields & field_bit(FILE_UID))
		record_set_number(r, FILE_UID, x->stx_uid);
	if (fields & field_bit(FILE_GID))
		record_set_number(r, FILE_GID, x->stx_gid);
	if (fields & field_bit(FILE_OWNER))
		set_name(r, FILE_OWNER, names_user(names, x->stx_uid));
	if (fields & field_bit(FILE_GROUP))
		set_name(r, FILE_GROUP, names_group(names, x->stx_gid));
	if (type == FILE_REGULAR && (fields & field_bit(FILE_SIZE)))
		record_set_number(r, FILE_SIZE, x->stx_size);
	if ((type == FILE_BLOCK || type == FILE_CHAR) && (fields & field_bit(FILE_RDEV)))
		record_set_number(r, FILE_RDEV, device_make(x->stx_rdev_major, x->stx_rdev_minor));
}

/* ---- extended attributes ---- */

/* The path under which an entry's own attributes are read without a descriptor open for reading. */
static void self_path(char ret[64], int fd)
{
	snprintf(ret, 64, "/proc/self/fd/%d", fd);
}

/* By descriptor, or through an O_PATH one: that never opens what a link, device or FIFO stands for.
 */
static ssize_t list_names(const struct facts_source *from, int handle, char *p, size_t n)
{
	char path[64];

	if (from->fd >= 0)
		return flistxattr(from->fd, p, n);
	self_path(path, handle);
	return listxattr(path, p, n);
}

static ssize_t get_value(const struct facts_source *from, int handle, const char *name, char *p,
	size_t n)
{
	char path[64];

	if (from->fd >= 0)
		return fgetxattr(from->fd, name, p, n);
	self_path(path, handle);
	return getxattr(path, name, p, n);
}

struct attribute_row {
	const char *name;
	unsigned field;
	int (*decode)(struct span value, const struct names *names, struct buf *ret, struct err *e);
};

static int caps(struct span value, const struct names *names, struct buf *ret, struct err *e)
{
	(void)names;
	return file_caps_text(value, ret, e);
}

/* Labels are text with a NUL behind it. */
static int label(struct span value, const struct names *names, struct buf *ret, struct err *e)
{
	(void)names;
	(void)e;
	while (value.n && value.p[value.n - 1] == '\0')
		value.n--;
	buf_add_span(ret, value);
	return 0;
}

static const struct attribute_row rows[] = {
	{ "system.posix_acl_access", FILE_ACL, file_acl_text },
	{ "system.posix_acl_default", FILE_ACL_DEFAULT, file_acl_text },
	{ "security.capability", FILE_CAPS, caps },
	{ "security.selinux", FILE_LABEL, label },
	{ "security.SMACK64", FILE_LABEL, label },
};

/* One value, decoded into its field; bytes that do not follow their format are shown as they are,
 * in hex, so that a change of them is still a change. */
static void decode(struct record *r, struct span name, struct span value, uint64_t fields,
	const struct names *names, struct arena *a)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) text = BUF_INIT(TEXT_MAX);
		struct err e = { 0 };

		if (!span_is(name, rows[i].name) || !(fields & field_bit(rows[i].field)))
			continue;
		if (rows[i].decode(value, names, &text, &e) < 0) {
			buf_clear(&text);
			buf_add_text(&text, "undecodable:");
			for (size_t k = 0; k < value.n; k++)
				buf_addf(&text, "%02x", (unsigned char)value.p[k]);
		}
		record_set_bytes(r, rows[i].field, arena_copy(a, buf_span(&text)));
	}
}

/* Long values are kept as their digest, marked; so is a short one that looks like that mark, or it
 * could pass for a long one. */
static struct span kept_value(struct span value, struct arena *a)
{
	char marked[7 + SHA256_SIZE] = "sha256:";
	bool posing = value.n == sizeof marked && span_starts(value, span_from(marked, 7));

	if (value.n <= 256 && !posing)
		return arena_copy(a, value);
	sha256_once(value.p, value.n, (uint8_t *)marked + 7);
	return arena_copy(a, span_from(marked, sizeof marked));
}

static bool decodable(struct span name, uint64_t fields)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (span_is(name, rows[i].name) && (fields & field_bit(rows[i].field)))
			return true;
	return false;
}

/* Read the values of the names in list. */
static uint64_t values(struct record *r, const struct facts_source *from, int handle,
	struct span list, uint64_t fields, const struct names *names, struct arena *a, int *ret_sys)
{
	bool all = (fields & field_bit(FILE_XATTR)) != 0;
	struct file_xattr *map = NULL;
	char *value = mem_grow(NULL, VALUE_MAX, 1);
	struct span rest = list, name;
	uint64_t unknown = 0;
	size_t n = 0;

	if (all)
		map = mem_array(ATTRIBUTES_MAX, sizeof *map);
	while (span_cut(&rest, '\0', &name) && name.n) {
		ssize_t got;

		if (!all && !decodable(name, fields))
			continue;
		got = get_value(from, handle, name.p, value, VALUE_MAX);
		if (got < 0 && errno == ENODATA)
			continue; /* removed meanwhile, or not for our eyes */
		if (got < 0) {
			*ret_sys = errno;
			unknown |= fields & FACTS_XATTR;
			continue;
		}
		decode(r, name, span_from(value, (size_t)got), fields, names, a);
		if (all && n < ATTRIBUTES_MAX)
			map[n++] = (struct file_xattr){ arena_copy(a, name),
				kept_value(span_from(value, (size_t)got), a) };
	}
	if (n) {
		AUTO(buf) bytes = BUF_INIT((size_t)64 << 20);

		file_xattr_map(map, n, &bytes);
		record_set_bytes(r, FILE_XATTR, arena_copy(a, buf_span(&bytes)));
	}
	free(map);
	free(value);
	return unknown;
}

static uint64_t read_all(struct record *r, const struct facts_source *from, int handle,
	uint64_t fields, const struct names *names, struct arena *a, int *ret_sys)
{
	UNSET char small[1024];
	ssize_t n = list_names(from, handle, small, sizeof small);
	uint64_t unknown;
	char *large;

	if (n >= 0)
		return n ? values(r, from, handle, span_from(small, (size_t)n), fields, names, a,
				   ret_sys)
			 : 0;
	if (errno == EOPNOTSUPP || errno == ENOSYS)
		return 0; /* a file system without attributes has none */
	if (errno != ERANGE) {
		*ret_sys = errno;
		return fields & FACTS_XATTR;
	}
	large = mem_grow(NULL, LIST_MAX, 1);
	n = list_names(from, handle, large, LIST_MAX);
	if (n < 0) {
		*ret_sys = errno;
		unknown = fields & FACTS_XATTR;
	} else {
		unknown = values(r, from, handle, span_from(large, (size_t)n), fields, names, a,
			ret_sys);
	}
	free(large);
	return unknown;
}

/* Most entries have no attributes at all: one call says so (Linux 6.13), without a handle. */
static bool has_none(const struct facts_source *from)
{
	return syscall(SYS_LISTXATTRAT, from->folder, from->name, AT_SYMLINK_NOFOLLOW, NULL, 0) ==
	       0;
}

uint64_t facts_xattrs(struct record *r, const struct facts_source *from, uint64_t fields,
	const struct names *names, struct arena *a, int *ret_sys)
{
	uint64_t unknown;
	int handle = -1;

	if (!(fields & FACTS_XATTR))
		return 0;
	if (from->fd < 0) {
		if (has_none(from))
			return 0;
		handle = openat(from->folder, from->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (handle < 0) {
			*ret_sys = errno;
			return fields & FACTS_XATTR;
		}
	}
	unknown = read_all(r, from, handle, fields, names, a, ret_sys);
	if (handle >= 0)
		close(handle);
	return unknown;
}

/* ---- ioctls ---- */

static bool not_there(int sys)
{
	return sys == ENOTTY || sys == EOPNOTSUPP || sys == EINVAL || sys == ENOSYS ||
	       sys == ENODATA;
}

static void measure(struct record *r, int fd, struct arena *a)
{
	AUTO(buf) text = BUF_INIT(256);
	struct err e = { 0 };
	union {
		struct fsverity_digest digest;
		char bytes[FILE_VERITY_BYTES];
	} u = { .digest.digest_size = FILE_VERITY_BYTES - sizeof(struct fsverity_digest) };

	if (ioctl(fd, FS_IOC_MEASURE_VERITY, &u) == 0 &&
		file_verity_text(span_from(u.bytes, sizeof u.bytes), &text, &e) == 0)
		record_set_bytes(r, FILE_VERITY, arena_copy(a, buf_span(&text)));
}

uint64_t facts_ioctls(struct record *r, int fd, uint64_t fields, struct arena *a, int *ret_sys)
{
	uint64_t unknown = 0;
	struct fsxattr x;
	int flags = 0;

	if (fields & (field_bit(FILE_FLAGS) | field_bit(FILE_VERITY))) {
		if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
			char letters[64];
			struct buf text = { .p = letters,
				.cap = sizeof letters,
				.max = sizeof letters };

			file_flags_text((uint32_t)flags & ~KERNEL_FLAGS, &text);
			if (text.n && (fields & field_bit(FILE_FLAGS)))
				record_set_bytes(r, FILE_FLAGS, arena_copy(a, buf_span(&text)));
		} else if (!not_there(errno)) {
			*ret_sys = errno;
			unknown |= fields & field_bit(FILE_FLAGS);
		}
	}
	if ((fields & field_bit(FILE_VERITY)) && (flags & FS_VERITY_FL))
		measure(r, fd, a);
	if (fields & field_bit(FILE_PROJECT)) {
		if (ioctl(fd, FS_IOC_FSGETXATTR, &x) == 0) {
			if (x.fsx_projid)
				record_set_number(r, FILE_PROJECT, x.fsx_projid);
		} else if (!not_there(errno)) {
			*ret_sys = errno;
			unknown |= field_bit(FILE_PROJECT);
		}
	}
	return unknown;
}
