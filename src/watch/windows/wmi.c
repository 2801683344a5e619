#include "watch/windows/wmi.h"

#include "entity/wmi.h"
#include "os/clock.h"

bool wmi_rule(const struct hearing *h, size_t *at, struct rule_asks *ret)
{
	struct selector sel = policy_selector(hearing_policy(h));

	while (sel.asks(sel.policy, &kind_wmi, (*at)++, ret))
		if (ret->real_time)
			return true;
	return false;
}

void wmi_hint(struct hearing *h, const char *rule, const char *why)
{
	AUTO(buf) key = BUF_INIT(BUF_MAX_DEFAULT);

	buf_addf(&key, "%s:", rule);
	hear_hint(h, &(struct hint){ .kind = &kind_wmi,
			     .key = buf_span(&key),
			     .below = true,
			     .time = clock_now(),
			     .why = span_of(why) });
}
