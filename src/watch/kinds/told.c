/* What the collector is told of the means, and the polls that take the place of those that are not
 * in force. */
#include <stdio.h>

#include "os/clock.h"
#include "watch/kinds/kinds.h"

#define POLL_SECONDS 10 /* where a means is refused */
#define SECOND INT64_C(1000000000)

/* As people read them, and what they do not hear of. */
static const struct {
	const char *name, *blind;
} means[KINDS_MEANS_N] = {
	[WATCH_FILE] = { "files", "not: sources elsewhere than in the usual places" },
	[WATCH_EXEC] = { "exec", "not: programs that live for less than a moment" },
	[WATCH_EXIT] = { "exit", "" },
	[WATCH_SOCKET] = { "sockets", "not: sockets other than of TCP and UDP" },
	[WATCH_SYSTEMD] = { "systemd", "" },
	[WATCH_BUS] = { "bus", "" },
	[WATCH_MOUNT] = { "mount table", "not: mounts of other mount namespaces" },
	[WATCH_UEVENT] = { "uevent", "" },
	[WATCH_NFTABLES] = { "nftables", "not: the older iptables" },
	[WATCH_SETTING] = { "settings", "not: what the kernel changes by itself" },
};

static bool tell(struct watched_kind *k, const char *name, bool in_force, const char *text)
{
	struct notice n = { .type = NOTICE_MEANS,
		.means = { .kind = k->kind,
			.name = span_of(name),
			.in_force = in_force,
			.text = span_of(text) } };

	return watcher_send(k->all->w, &n);
}

static bool tell_poll(struct watched_kind *k, unsigned seconds, bool in_force)
{
	char name[32];

	snprintf(name, sizeof name, "poll %u s", seconds);
	return tell(k, name, in_force, in_force ? "" : "not needed any more");
}

static void tell_kind(struct watched_kind *k)
{
	for (unsigned m = WATCH_FILE; m < WATCH_POLL; m++) {
		const struct kinds_means *s = &k->all->means[m];

		if (!(k->untold & 1u << m) || !s->begun)
			continue;
		if (tell(k, means[m].name, s->in_force, s->in_force ? means[m].blind : s->why))
			k->untold &= ~(1u << m);
	}
	if (k->polled == k->polled_told)
		return;
	if (k->polled_told && !tell_poll(k, k->polled_told, false))
		return;
	k->polled_told = 0;
	if (k->polled && tell_poll(k, k->polled, true))
		k->polled_told = k->polled;
}

static void tell_loss(struct watched_kind *k)
{
	struct notice n = { .type = NOTICE_LOSS, .loss = k->lost };

	if (k->lost.text.n && watcher_send(k->all->w, &n))
		k->lost = (struct loss){ 0 };
}

void kinds_tell(struct watched_kinds *all)
{
	for (size_t i = 0; i < KIND_IDS; i++) {
		if (!all->of[i].asked)
			continue;
		tell_kind(&all->of[i]);
		tell_loss(&all->of[i]);
	}
}

/* ---- polls ---- */

/* What was refused is looked at instead: a means by which only part of a kind is heard of, too. */
static unsigned seconds_of(const struct watched_kind *k)
{
	unsigned seconds = k->poll;

	for (unsigned i = WATCH_FILE; i < WATCH_POLL; i++) {
		const struct kinds_means *m = &k->all->means[i];

		if ((k->declared & 1u << i) && m->begun && !m->in_force && !m->absent &&
			(!seconds || seconds > POLL_SECONDS))
			seconds = POLL_SECONDS;
	}
	return k->asked ? seconds : 0;
}

/* At whole multiples of the interval, so that kinds which are polled are polled together. */
static int64_t next(unsigned seconds, int64_t now)
{
	return (now / (seconds * SECOND) + 1) * (seconds * SECOND);
}

static void poll_one(struct watched_kind *k, int64_t now)
{
	if (!k->polled || k->due > now)
		return;
	k->due = next(k->polled, now);
	kinds_heard(k, WATCH_POLL,
		&(struct kinds_act){ .why = "found by looking, which does not tell who" });
}

/* The room of processes may hear of more, or of less, than before; modules may be loaded. */
static void ask_again(struct watched_kinds *all)
{
	static const struct kinds_means_room *const rooms[] = { &kinds_means_socket,
		&kinds_means_exec, &kinds_means_nftables };

	for (size_t i = 0; i < ARRAY_LEN(rooms); i++)
		if (all->means[rooms[i]->of].begun)
			rooms[i]->begin(all);
}

static void on_poll(evutil_socket_t fd, short what, void *ctx)
{
	struct watched_kinds *all = ctx;
	int64_t now = clock_monotonic();

	(void)fd, (void)what;
	for (size_t i = 0; i < KIND_IDS; i++)
		poll_one(&all->of[i], now);
	ask_again(all);
	kinds_poll_set(all);
	kinds_tell(all);
}

void kinds_poll_set(struct watched_kinds *all)
{
	int64_t now = clock_monotonic(), first = 0;

	for (size_t i = 0; i < KIND_IDS; i++) {
		struct watched_kind *k = &all->of[i];
		unsigned seconds = seconds_of(k);

		if (seconds != k->polled) {
			k->polled = seconds;
			k->due = seconds ? next(seconds, now) : 0;
		}
		if (seconds && (!first || k->due < first))
			first = k->due;
	}
	if (!all->poll)
		all->poll = evtimer_new(all->w->base, on_poll, all);
	if (!first) {
		evtimer_del(all->poll);
		return;
	}
	kinds_timer(all->poll, first - now);
}

void kinds_poll_done(struct watched_kinds *all)
{
	if (all->poll)
		event_free(all->poll);
}
