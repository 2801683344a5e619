#include "cli/realtime.h"

#include "entity/file.h"
#include "policy/policy.h"
#include "sensor/sensor.h"

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
			if (!realtime_words[w->means])
				continue;
			buf_addf(ret, "%s%s", between, realtime_words[w->means]);
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
