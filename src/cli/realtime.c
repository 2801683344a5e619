#include "cli/realtime.h"

#include "entity/file.h"
#include "policy/policy.h"
#include "sensor/sensor.h"

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

static bool is_live(const struct selection *held)
{
	for (unsigned i = 0; i < held->n; i++)
		if (held->rule[i]->real_time)
			return true;
	return false;
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
		return realtime_say_file(ret, path);
	if (say_kind(ret, k))
		return true;
	buf_add_text(ret, "nothing tells of its changes");
	return false;
}

const char *const *realtime_blind(const struct kind *k)
{
	static const char *const none[] = { NULL };

	return k == &kind_file ? realtime_blind_file : none;
}
