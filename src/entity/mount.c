#include "entity/mount.h"

#include "core/attr.h"

#define STD FIELD_STANDARD
#define VOL (FIELD_VOLATILE | FIELD_LOCAL)

static const struct field fields[] = {
	[MOUNT_SOURCE] = { "source", FIELD_TEXT, STD,
		"what is mounted: a device, a network address, a name", NULL },
	[MOUNT_TYPE] = { "type", FIELD_TEXT, STD, "type of the file system", NULL },
	[MOUNT_OPTIONS] = { "options", FIELD_LIST, STD,
		"options of this mount: rw, nosuid, nodev, noexec, …", NULL },
	[MOUNT_SUPER_OPTIONS] = { "super_options", FIELD_LIST, STD,
		"options of the file system; descriptors and process ids left out", NULL },
	[MOUNT_ROOT] = { "root", FIELD_TEXT, STD,
		"folder of the file system that shows here; other than / for bind mounts", NULL },
	[MOUNT_PROPAGATION] = { "propagation", FIELD_TEXT, STD,
		"private, shared, slave, shared,slave, unbindable", NULL },
	[MOUNT_DEVICE] = { "device", FIELD_DEVICE, VOL, "device number of the file system", NULL },
	[MOUNT_MOUNTED] = { "mounted", FIELD_FLAG, STD,
		"it is mounted; false: fstab says that it should be", NULL },
	[MOUNT_COVERED] = { "covered", FIELD_FLAG, STD,
		"something is mounted on the same point above it", NULL },
	[MOUNT_BIND] = { "bind", FIELD_FLAG, STD, "shows a folder of a file system, not its root",
		NULL },
	[MOUNT_READ_ONLY] = { "read_only", FIELD_FLAG, STD, "nobody can write through this mount",
		NULL },
	[MOUNT_NOSUID] = { "nosuid", FIELD_FLAG, STD, "set-uid and set-gid have no effect", NULL },
	[MOUNT_NODEV] = { "nodev", FIELD_FLAG, STD, "device files have no effect", NULL },
	[MOUNT_NOEXEC] = { "noexec", FIELD_FLAG, STD, "nothing can be executed from here", NULL },
	[MOUNT_FSTAB_SOURCE] = { "fstab_source", FIELD_TEXT, STD, "what fstab wants mounted here",
		NULL },
	[MOUNT_FSTAB_TYPE] = { "fstab_type", FIELD_TEXT, STD, "type by fstab", NULL },
	[MOUNT_FSTAB_OPTIONS] = { "fstab_options", FIELD_LIST, STD, "options by fstab", NULL },
	[MOUNT_LACKS] = { "lacks", FIELD_LIST, STD,
		"options that fstab asks for and that are not in force", NULL },
	[MOUNT_DIFFERS] = { "differs", FIELD_FLAG, STD,
		"type or options are not what fstab says, or it is not mounted", NULL },
	[MOUNT_AUTOMOUNT] = { "automount", FIELD_FLAG, STD,
		"of what lies over another mount: that is an autofs, which had it mounted", NULL },
};
_Static_assert(ARRAY_LEN(fields) == MOUNT_N, "every mount_field needs a row");

const struct kind kind_mount = {
	.name = "mount",
	.text = "what is mounted where, and how",
	.id = 13,
	.fields = fields,
	.n_fields = MOUNT_N,
};
