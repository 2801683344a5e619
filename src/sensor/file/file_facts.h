/* Facts about an entry that do not need its content. */
#ifndef SENSOR_FILE_FACTS_H
#define SENSOR_FILE_FACTS_H

#include <linux/stat.h>
#include <sys/stat.h>

#include "core/arena.h"
#include "core/buf.h"
#include "entity/file.h"
#include "entity/record.h"
#include "os/names.h"

#define FACTS_STATX (STATX_BASIC_STATS | STATX_BTIME)

/* Fields that only a look inside can tell. */
#define FACTS_CONTENT \
	(field_bit(FILE_SHA256) | field_bit(FILE_SHA1) | field_bit(FILE_MD5) | \
		field_bit(FILE_SHA512))
#define FACTS_INSIDE (FACTS_CONTENT | field_bit(FILE_CONTENT) | field_bit(FILE_EXECUTABLE))
/* Fields that need extended attributes or ioctls. */
#define FACTS_XATTR \
	(field_bit(FILE_ACL) | field_bit(FILE_ACL_DEFAULT) | field_bit(FILE_CAPS) | \
		field_bit(FILE_LABEL) | field_bit(FILE_XATTR))
#define FACTS_IOCTL (field_bit(FILE_FLAGS) | field_bit(FILE_PROJECT) | field_bit(FILE_VERITY))

/* What statx told, as far as fields asks for it; the local facts always. */
void facts_from_statx(struct record *r, const struct statx *x, uint64_t fields,
	const struct names *names);
enum file_type facts_type(unsigned mode);

/* Where attributes are read from: an open descriptor, or (fd < 0) a name in a folder, no link
 * followed. */
struct facts_source {
	int fd, folder;
	const char *name;
};

/* Extended attributes and what is decoded from them. Returns the fields that could not be read, and
 * errno in *ret_sys. */
uint64_t facts_xattrs(struct record *r, const struct facts_source *from, uint64_t fields,
	const struct names *names, struct arena *a, int *ret_sys);
/* chattr flags, project, fs-verity, from an open descriptor. File systems without them have none.
 */
uint64_t facts_ioctls(struct record *r, int fd, uint64_t fields, struct arena *a, int *ret_sys);

#endif
