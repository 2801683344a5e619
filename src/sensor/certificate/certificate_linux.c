#include "entity/certificate.h"

#include "sensor/certificate/certificate_room.h"

static int scan(struct scan *s, struct err *e)
{
	(void)s, (void)e;
	return 0;
}

const struct sensor sensor_certificate = {
	.kind = &kind_certificate,
	.source = "certificate",
	.scan = scan,
};
