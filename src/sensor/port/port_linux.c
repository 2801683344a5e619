#include "entity/port.h"

#include "sensor/port/port_room.h"

static int scan(struct scan *s, struct err *e)
{
	(void)s, (void)e;
	return 0;
}

const struct sensor sensor_port = {
	.kind = &kind_port,
	.source = "port",
	.scan = scan,
};
