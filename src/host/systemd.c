#include "host/host.h"
#include "host/units.h"

#define COMM_BYTES 64

static bool is_folder(struct host *h, const char *path, struct stat *ret)
{
	struct err why;

	return host_stat(h, path, true, ret, &why) == 0 && S_ISDIR(ret->st_mode);
}

/* Process 1 is systemd, and its / is ours: of a host whose processes a container or a chroot only
 * sees it says nothing. */
static bool is_process_one(struct host *h)
{
	static const char *const proc[] = { "proc", NULL };
	AUTO_FREE(arena) a = arena_new();
	struct stat its, ours, st;
	struct span comm;
	struct err why;

	if (host_is_kernels(h, proc, &why) < 0) /* not known; then where it is installed */
		return is_folder(h, "usr/lib/systemd/system", &st) &&
		       host_stat(h, "usr/lib/systemd/systemd", true, &st, &why) == 0;
	if (host_read(h, "proc/1/comm", COMM_BYTES, a, &comm, &why) < 0 ||
		!span_is(comm, "systemd\n"))
		return false;
	if (fstatat(host_root(h), "proc/1/root/.", &its, 0) < 0)
		return true;
	return fstatat(host_root(h), ".", &ours, 0) == 0 && its.st_ino == ours.st_ino &&
	       its.st_dev == ours.st_dev;
}

enum systemd_here host_systemd(struct host *h)
{
	struct stat run, its, system;

	if (!host_is_live(h))
		return SYSTEMD_NONE;
	if (!is_folder(h, "run/systemd/system", &system)) /* sd_booted(3) */
		return is_process_one(h) ? SYSTEMD_COVERED : SYSTEMD_NONE;
	if (is_folder(h, "run", &run) && is_folder(h, "run/systemd", &its) &&
		run.st_dev != its.st_dev && is_process_one(h))
		return SYSTEMD_COVERED;
	return SYSTEMD_RUNS;
}
