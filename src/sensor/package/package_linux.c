#include "entity/package.h"

#include "sensor/package/package_room.h"

static int scan(struct scan *s, struct err *e)
{
	(void)s, (void)e;
	return 0;
}

const struct sensor sensor_package = {
	.kind = &kind_package,
	.source = "package",
	.scan = scan,
};
