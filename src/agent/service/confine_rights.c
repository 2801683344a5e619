/* Capabilities by the bare system calls: libcap would be one more library in a root daemon. */
#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/service/role.h"

static int get(uint64_t *ret_permitted, struct err *e)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &head, data) < 0)
		return err_sys(e, "cannot read our capabilities");
	*ret_permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	return 0;
}

static int set(uint64_t permitted, uint64_t effective, struct err *e)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .permitted = (uint32_t)permitted, .effective = (uint32_t)effective },
		{ .permitted = (uint32_t)(permitted >> 32),
			.effective = (uint32_t)(effective >> 32) },
	};

	if (syscall(SYS_capset, &head, data) < 0)
		return err_sys(e, "cannot give up capabilities");
	return 0;
}

void confine_raise_all(void)
{
	uint64_t have;
	struct err e;

	if (get(&have, &e) == 0)
		(void)!set(have, have, &e);
}

int confine_rights(uint64_t permitted, uint64_t effective, struct err *e)
{
	uint64_t have;

	if (get(&have, e) < 0)
		return e->code;
	/* What is not in the bounding set no program we might start could have, either. */
	for (unsigned cap = 0; cap < 64; cap++) {
		if (permitted & UINT64_C(1) << cap || prctl(PR_CAPBSET_READ, cap, 0, 0, 0) <= 0)
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 && errno != EPERM)
			return err_sys(e, "cannot give up capability %u for good", cap);
	}
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
		return err_sys(e, "cannot clear the ambient capabilities");
	return set(permitted & have, effective & permitted & have, e);
}
