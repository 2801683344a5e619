#include "entity/file.h"

#include "core/attr.h"
#include "entity/record.h"

static const char *const types[] = { "regular", "directory", "symlink", "fifo", "socket", "block",
	"char", NULL };
_Static_assert(ARRAY_LEN(types) == FILE_TYPE_N + 1, "every file_type needs a name");

static const char *const contents[] = { "hashed", "empty", "too-large", "unreadable", "unstable",
	"not-asked", NULL };

#define STD FIELD_STANDARD
#define CNT (FIELD_STANDARD | FIELD_CONTENT)

static const struct field fields[] = {
	[FILE_TYPE] = { "type", FIELD_CHOICE, STD | FIELD_SPEAKS,
		"what it is: regular file, directory, …", types },
	[FILE_MODE] = { "mode", FIELD_MODE, STD, "permission bits with set-uid, set-gid and sticky",
		NULL },
	[FILE_UID] = { "uid", FIELD_NUMBER, STD, "number of the owning user", NULL },
	[FILE_GID] = { "gid", FIELD_NUMBER, STD, "number of the owning group", NULL },
	[FILE_OWNER] = { "owner", FIELD_TEXT, STD, "name of the owning user", NULL },
	[FILE_GROUP] = { "group", FIELD_TEXT, STD, "name of the owning group", NULL },
	[FILE_SIZE] = { "size", FIELD_NUMBER, CNT, "bytes of a regular file", NULL },
	[FILE_SHA256] = { "sha256", FIELD_DIGEST, CNT,
		"SHA-256 of the content, as sha256sum prints it", NULL },
	[FILE_CONTENT] = { "content", FIELD_CHOICE, FIELD_DERIVED,
		"whether the content was read, or why not", contents },
	[FILE_MTIME] = { "mtime", FIELD_TIME, STD | FIELD_LOCAL, "last change of the content",
		NULL },
	[FILE_CTIME] = { "ctime", FIELD_TIME, FIELD_LOCAL, "last change of content or attributes",
		NULL },
	[FILE_BTIME] = { "btime", FIELD_TIME, FIELD_LOCAL, "creation of the inode", NULL },
	[FILE_INODE] = { "inode", FIELD_NUMBER, FIELD_LOCAL, "inode number", NULL },
	[FILE_DEVICE] = { "device", FIELD_DEVICE, FIELD_LOCAL, "device of the file system it is on",
		NULL },
	[FILE_NLINK] = { "nlink", FIELD_NUMBER, FIELD_LOCAL, "number of hard links", NULL },
	[FILE_TARGET] = { "target", FIELD_TEXT, STD, "what a symbolic link points to", NULL },
	[FILE_RDEV] = { "rdev", FIELD_DEVICE, STD, "device number of a device file", NULL },
	[FILE_ACL] = { "acl", FIELD_TEXT, STD, "POSIX access ACL, short text", NULL },
	[FILE_ACL_DEFAULT] = { "acl_default", FIELD_TEXT, STD, "POSIX default ACL of a directory",
		NULL },
	[FILE_CAPS] = { "caps", FIELD_TEXT, STD, "file capabilities, as getcap prints them", NULL },
	[FILE_LABEL] = { "label", FIELD_TEXT, STD, "security label (SELinux, SMACK)", NULL },
	[FILE_FLAGS] = { "flags", FIELD_TEXT, STD, "inode flags, the letters of lsattr", NULL },
	[FILE_PROJECT] = { "project", FIELD_NUMBER, 0, "project number (quota)", NULL },
	[FILE_XATTR] = { "xattr", FIELD_MAP, 0, "all extended attributes", NULL },
	[FILE_VERITY] = { "verity", FIELD_TEXT, 0, "fs-verity digest, algorithm:hex", NULL },
	[FILE_EXECUTABLE] = { "executable", FIELD_TEXT, 0,
		"elf, or script:INTERPRETER, by its first bytes", NULL },
	[FILE_SHA1] = { "sha1", FIELD_DIGEST, 0, "SHA-1 of the content", NULL },
	[FILE_MD5] = { "md5", FIELD_DIGEST, 0, "MD5 of the content", NULL },
	[FILE_SHA512] = { "sha512", FIELD_DIGEST, 0, "SHA-512 of the content", NULL },
	[FILE_EXTENTS] = { "extents", FIELD_DIGEST, FIELD_DERIVED,
		"SHA-256 over data extents and hole lengths of a file too large to read whole",
		NULL },
	[FILE_PACKAGE] = { "package", FIELD_TEXT, FIELD_LOCAL | FIELD_VOLATILE,
		"package that owns the path: manager:name[:arch]", NULL },
	[FILE_ATTRIBUTES] = { "attributes", FIELD_TEXT, STD,
		"attributes of Windows: the letters of attrib, then the names of the others",
		NULL },
	[FILE_OWNER_SID] = { "owner_sid", FIELD_TEXT, STD, "security identifier of the owner",
		NULL },
	[FILE_GROUP_SID] = { "group_sid", FIELD_TEXT, STD, "security identifier of the group",
		NULL },
	[FILE_DACL] = { "dacl", FIELD_TEXT, STD, "who may do what, on Windows: type;flags;mask;SID",
		NULL },
	[FILE_SACL] = { "sacl", FIELD_TEXT, 0, "what is audited, on Windows: type;flags;mask;SID",
		NULL },
	[FILE_REPARSE] = { "reparse", FIELD_TEXT, 0,
		"what a reparse point of Windows is: symlink, mount-point, cloud, …", NULL },
	[FILE_SIGNATURE] = { "signature", FIELD_TEXT, 0,
		"valid:SIGNER, invalid:REASON, unsigned or unknown, as Windows judges a program",
		NULL },
};
_Static_assert(ARRAY_LEN(fields) == FILE_N, "every file_field needs a row");

const struct kind kind_file = {
	.name = "file",
	.text = "everything in a file system: files, directories, links, devices, sockets, fifos",
	.id = 1,
	.hierarchical = true,
	.fields = fields,
	.n_fields = FILE_N,
};

bool file_has_names(const struct record *r)
{
	return record_has(r, FILE_NLINK) && r->v[FILE_NLINK].number > 1 &&
	       record_has(r, FILE_TYPE) && r->v[FILE_TYPE].number != FILE_DIRECTORY;
}
