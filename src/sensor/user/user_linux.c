#include "entity/user.h"

#include "entity/group.h"
#include "sensor/user/user_room.h"

static int scan_users(struct scan *s, struct err *e)
{
	(void)s, (void)e;
	return 0;
}

const struct sensor sensor_user = {
	.kind = &kind_user,
	.source = "user",
	.scan = scan_users,
};

static int scan_groups(struct scan *s, struct err *e)
{
	(void)s, (void)e;
	return 0;
}

const struct sensor sensor_group = {
	.kind = &kind_group,
	.source = "user",
	.scan = scan_groups,
};
