#include "entity/pam_rule.h"

#include "sensor/pam_rule/pam_rule_room.h"

static int scan(struct scan *s, struct err *e)
{
	(void)s, (void)e;
	return 0;
}

const struct sensor sensor_pam_rule = {
	.kind = &kind_pam_rule,
	.source = "pam-rule",
	.scan = scan,
};
