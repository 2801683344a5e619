/* Everything in a file system. Field names are those of the JSON; numbers are stored: add at the
 * end only. */
#ifndef ENTITY_FILE_H
#define ENTITY_FILE_H

#include "entity/kind.h"

enum file_field {
	FILE_TYPE,
	FILE_MODE,
	FILE_UID,
	FILE_GID,
	FILE_OWNER,
	FILE_GROUP,
	FILE_SIZE,
	FILE_SHA256,
	FILE_CONTENT,
	FILE_MTIME, /* local from here … */
	FILE_CTIME,
	FILE_BTIME,
	FILE_INODE,
	FILE_DEVICE,
	FILE_NLINK, /* … to here */
	FILE_TARGET,
	FILE_RDEV,
	FILE_ACL,
	FILE_ACL_DEFAULT,
	FILE_CAPS,
	FILE_LABEL,
	FILE_FLAGS,
	FILE_PROJECT,
	FILE_XATTR,
	FILE_VERITY,
	FILE_EXECUTABLE,
	FILE_SHA1,
	FILE_MD5,
	FILE_SHA512,
	FILE_EXTENTS,
	FILE_PACKAGE,
	FILE_ATTRIBUTES, /* of Windows from here … */
	FILE_OWNER_SID,
	FILE_GROUP_SID,
	FILE_DACL,
	FILE_SACL,
	FILE_REPARSE,
	FILE_SIGNATURE, /* … to here */
	FILE_N
};

enum file_type {
	FILE_REGULAR,
	FILE_DIRECTORY,
	FILE_SYMLINK,
	FILE_FIFO,
	FILE_SOCKET,
	FILE_BLOCK,
	FILE_CHAR,
	FILE_TYPE_N
};

enum file_content {
	CONTENT_HASHED,
	CONTENT_EMPTY,
	CONTENT_TOO_LARGE,
	CONTENT_UNREADABLE,
	CONTENT_UNSTABLE,
	CONTENT_NOT_ASKED,
};

extern const struct kind kind_file;

struct record;

/* It is no folder, and has several names: what is done by one of them happens to all. */
bool file_has_names(const struct record *r);

#endif
