#include "entity/service.h"

#include "sensor/service/service_room.h"

static int scan(struct scan *s, struct err *e)
{
	(void)s, (void)e;
	return 0;
}

const struct sensor sensor_service = {
	.kind = &kind_service,
	.source = "service",
	.scan = scan,
};
