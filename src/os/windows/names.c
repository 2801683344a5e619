#include "os/names.h"

/* Numbers are Unix's. Names of SIDs: os/windows/security.h. */
int names_load(struct names **ret, int rootfd, struct err *e)
{
	(void)rootfd;
	(void)e;
	*ret = names_from(SPAN_NONE, SPAN_NONE);
	return 0;
}
