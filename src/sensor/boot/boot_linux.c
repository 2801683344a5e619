#include "entity/boot.h"

#include "sensor/boot/boot_room.h"

static int scan(struct scan *s, struct err *e)
{
	(void)s, (void)e;
	return 0;
}

const struct sensor sensor_boot = {
	.kind = &kind_boot,
	.source = "boot",
	.scan = scan,
};
