#include "entity/module.h"

#include "sensor/module/module_room.h"

static int scan(struct scan *s, struct err *e)
{
	(void)s, (void)e;
	return 0;
}

const struct sensor sensor_module = {
	.kind = &kind_module,
	.source = "module",
	.scan = scan,
};
