#include "entity/process.h"

#include "sensor/process/process_room.h"

static int scan(struct scan *s, struct err *e)
{
	(void)s, (void)e;
	return 0;
}

const struct sensor sensor_process = {
	.kind = &kind_process,
	.source = "process",
	.scan = scan,
};
