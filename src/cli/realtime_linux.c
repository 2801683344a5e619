#include "cli/realtime.h"

#include "entity/file.h"
#include "os/mounts.h"

const bool realtime_tells_who = true;

const char *const realtime_words[WATCH_POLL] = {
	[WATCH_FILE] = "the files it is read from",
	[WATCH_EXEC] = "programs being started",
	[WATCH_EXIT] = "processes that end",
	[WATCH_SOCKET] = "sockets being bound and listened on",
	[WATCH_SYSTEMD] = "signals of the service manager",
	[WATCH_BUS] = "the system bus",
	[WATCH_MOUNT] = "the mount table",
	[WATCH_UEVENT] = "the kernel's device events",
	[WATCH_NFTABLES] = "notifications of the packet filter",
};

/* File systems that are no ordinary ones, as far as events go (reliability: see docs/REALTIME.md).
 */
static const struct {
	const char *type;
	bool events;
	const char *text;
} odd[] = {
	{ "proc", false, "the kernel tells of no change in its own trees" },
	{ "sysfs", false, "the kernel tells of no change in its own trees" },
	{ "cgroup", false, "the kernel tells of no change in its own trees" },
	{ "cgroup2", false, "the kernel tells of no change in its own trees" },
	{ "debugfs", false, "the kernel tells of no change in its own trees" },
	{ "tracefs", false, "the kernel tells of no change in its own trees" },
	{ "securityfs", false, "the kernel tells of no change in its own trees" },
	{ "bpf", false, "the kernel tells of no change in its own trees" },
	{ "overlay", true,
		"by inotify, as overlay takes no mark of fanotify: without who did it; writes to "
		"the upper layer are seen there" },
	{ "nfs", true,
		"by fanotify for what this host writes; what other hosts write only scans see" },
	{ "nfs4", true,
		"by fanotify for what this host writes; what other hosts write only scans see" },
	{ "cifs", true,
		"by fanotify for what this host writes; what other hosts write only scans see" },
	{ "9p", true, "by inotify for what this host writes; what others write only scans see" },
};

static const char *const blind_file[] = {
	"flags set by chattr and project ids raise no event",
	"a mapping or asynchronous write raises one only when the file is let go",
	"writes to the disk below the file system raise none",
	NULL,
};

bool realtime_say_file(struct buf *ret, struct span path)
{
	AUTO_FREE(mounts) mounts = NULL;
	const struct mount_point *m;
	struct err e;

	m = mounts_load(&mounts, &e) < 0 ? NULL : mounts_find(mounts, path);
	for (size_t i = 0; m && i < ARRAY_LEN(odd); i++)
		if (span_is(m->type, odd[i].type)) {
			buf_add_text(ret, odd[i].text);
			return odd[i].events;
		}
	if (m && span_starts(m->type, span_of("fuse"))) {
		buf_add_text(ret, "as far as the program behind this file system lets this host "
				  "write; what it changes by itself only scans see");
		return true;
	}
	buf_add_text(ret, "by fanotify");
	return true;
}

const char *const *realtime_blind(const struct kind *k)
{
	static const char *const none[] = { NULL };

	return k == &kind_file ? blind_file : none;
}
