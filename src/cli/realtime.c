#include "cli/realtime.h"

#include "entity/file.h"
#include "os/mounts.h"
#include "policy/policy.h"
#include "sensor/sensor.h"

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

static const char *const words[] = {
	[WATCH_FILE] = "the files it is read from",
	[WATCH_EXEC] = "programs being started",
	[WATCH_EXIT] = "processes that end",
	[WATCH_SOCKET] = "sockets being bound and listened on",
	[WATCH_SYSTEMD] = "signals of the service manager",
	[WATCH_BUS] = "the system bus",
	[WATCH_MOUNT] = "the mount table",
	[WATCH_UEVENT] = "the kernel's device events",
	[WATCH_NFTABLES] = "notifications of the packet filter",
	[WATCH_REGISTRY] = "the registry below the keys it is read from",
	[WATCH_SCM] = "the service control manager",
	[WATCH_SCHEDULE] = "each rule's own schedule, and events where it asks for them",
};

static const char *const blind_file[] = {
	"flags set by chattr and project ids raise no event",
	"a mapping or asynchronous write raises one only when the file is let go",
	"writes to the disk below the file system raise none",
	NULL,
};

static bool is_live(const struct selection *held)
{
	for (unsigned i = 0; i < held->n; i++)
		if (held->rule[i]->real_time)
			return true;
	return false;
}

static bool say_file(struct buf *ret, struct span path)
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

static bool say_kind(struct buf *ret, const struct kind *k)
{
	const char *between = "by ";
	uint64_t said = 0;
	unsigned poll = 0;

	for (const struct sensor *const *s = sensors; *s; s++)
		for (const struct watch_source *w = (*s)->kind == k ? (*s)->watches : NULL;
			w && w->means != WATCH_END; w++) {
			if (w->means == WATCH_POLL)
				poll = poll && poll < w->seconds ? poll : w->seconds;
			if (w->means == WATCH_POLL || said >> w->means & 1)
				continue;
			said |= UINT64_C(1) << w->means;
			buf_addf(ret, "%s%s", between, words[w->means]);
			between = ", ";
		}
	if (poll)
		buf_addf(ret, "%slooked at every %u s", said ? "; and " : "", poll);
	return said || poll;
}

bool realtime_say(struct buf *ret, const struct kind *k, struct span path,
	const struct selection *held)
{
	if (!is_live(held)) {
		buf_addf(ret, "rule '%s' says real_time: false", held->rule[0]->id);
		return false;
	}
	if (k == &kind_file)
		return say_file(ret, path);
	if (say_kind(ret, k))
		return true;
	buf_add_text(ret, "nothing tells of its changes");
	return false;
}

const char *const *realtime_blind(const struct kind *k)
{
	static const char *const none[] = { NULL };

	return k == &kind_file ? blind_file : none;
}
