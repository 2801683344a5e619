#include "entity/mount.h"

#include "sensor/mount/mount_room.h"

static int scan(struct scan *s, struct err *e)
{
	(void)s, (void)e;
	return 0;
}

const struct sensor sensor_mount = {
	.kind = &kind_mount,
	.source = "mount",
	.scan = scan,
};
