#include "entity/hidden.h"

#include "sensor/hidden/hidden_room.h"

static int scan(struct scan *s, struct err *e)
{
	(void)s, (void)e;
	return 0;
}

const struct sensor sensor_hidden = {
	.kind = &kind_hidden,
	.source = "hidden",
	.scan = scan,
};
