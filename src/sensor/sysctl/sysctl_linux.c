#include "entity/sysctl.h"

#include "sensor/sysctl/sysctl_room.h"

static int scan(struct scan *s, struct err *e)
{
	(void)s, (void)e;
	return 0;
}

const struct sensor sensor_sysctl = {
	.kind = &kind_sysctl,
	.source = "sysctl",
	.scan = scan,
};
