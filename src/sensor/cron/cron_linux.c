#include "entity/cron.h"

#include "sensor/cron/cron_room.h"

static int scan(struct scan *s, struct err *e)
{
	(void)s, (void)e;
	return 0;
}

const struct sensor sensor_cron = {
	.kind = &kind_cron,
	.source = "cron",
	.scan = scan,
};
