#include "change/packaged.h"

static int nothing(struct err *e)
{
	return err_set(e, ERR_USAGE, "no package manager of Windows says what its files should be");
}

int packaged_policy(struct policy **ret, const struct scan_options *o, struct err *e)
{
	(void)ret, (void)o;
	return nothing(e);
}

int packaged_check(struct store *s, const struct policy *p, const struct scan_options *o,
	const struct check_listener *l, struct check_summary *ret, struct err *e)
{
	(void)s, (void)p, (void)o, (void)l, (void)ret;
	return nothing(e);
}
