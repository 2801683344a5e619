#include "os/machine.h"

#include <sched.h>
#include <sys/utsname.h>

int machine_name(struct buf *ret, struct err *e)
{
	struct utsname u;

	if (uname(&u) < 0)
		return err_sys(e, "cannot get the host's name");
	buf_add_text(ret, u.nodename);
	return 0;
}

unsigned machine_cores(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;

	return n > 0 ? (unsigned)n : 1;
}
