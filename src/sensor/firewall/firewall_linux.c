#include "entity/firewall.h"

#include "sensor/firewall/firewall_room.h"

static int scan(struct scan *s, struct err *e)
{
	(void)s, (void)e;
	return 0;
}

const struct sensor sensor_firewall = {
	.kind = &kind_firewall,
	.source = "firewall",
	.scan = scan,
};
