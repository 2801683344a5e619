#include "entity/container.h"

#include "sensor/container/container_room.h"

static int scan(struct scan *s, struct err *e)
{
	(void)s, (void)e;
	return 0;
}

const struct sensor sensor_container = {
	.kind = &kind_container,
	.source = "container",
	.scan = scan,
};
