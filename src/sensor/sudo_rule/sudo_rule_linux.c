#include "entity/sudo_rule.h"

#include "sensor/sudo_rule/sudo_rule_room.h"

static int scan(struct scan *s, struct err *e)
{
	(void)s, (void)e;
	return 0;
}

const struct sensor sensor_sudo_rule = {
	.kind = &kind_sudo_rule,
	.source = "sudo-rule",
	.scan = scan,
};
