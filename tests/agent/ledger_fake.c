#include "ledger_fake.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "change/change.h"
#include "os/clock.h"

static void die(const char *what)
{
	fprintf(stderr, "ledger_fake: %s\n", what);
	abort();
}

static void put(struct ledger_fake *f, const struct agent_message *m)
{
	AUTO(buf) frame = BUF_INIT(AGENT_FRAME_MAX);
	struct err e;

	agent_encode(m, &frame);
	if (channel_put(&f->channel, buf_span(&frame)))
		(void)!channel_flush_all(&f->channel, 10000, &e);
}

void ledger_fake_start(struct ledger_fake *f)
{
	struct link_setup setup = f->setup;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		die("socketpair");
	f->pid = fork();
	if (f->pid == 0) {
		struct err e;

		close(fds[0]);
		setup.fd = fds[1];
		if (link_run(&setup, &e) < 0) {
			fprintf(stderr, "link: %s\n", e.text);
			_exit(1);
		}
		exit(0);
	}
	close(fds[1]);
	channel_init(&f->channel, fds[0], AGENT_FRAME_MAX);
	buf_done(&f->state);
	f->state = BUF_INIT(BUF_MAX_DEFAULT);
	ledger_fake_head(f, f->head);
}

void ledger_fake_stop(struct ledger_fake *f, bool kill_it)
{
	int status;

	if (kill_it)
		kill(f->pid, SIGKILL);
	close(f->channel.fd);
	channel_done(&f->channel);
	if (waitpid(f->pid, &status, 0) != f->pid)
		die("waitpid");
	if (!kill_it && status != 0)
		die("the link did not end well");
}

void ledger_fake_head(struct ledger_fake *f, uint64_t head)
{
	char id[32];

	f->head = head;
	f->beyond = 0;
	memset(id, 'a' + f->ledger, sizeof id);
	put(f, &(struct agent_message){ .type = AGENT_HEAD,
		       .seq = head,
		       .text = span_of("web7"),
		       .ledger = span_from(id, head ? sizeof id : 0) });
}

static struct span body_of(const struct ledger_fake *f, struct arena *a, uint64_t seq)
{
	struct ledger_record r = { .type = RECORD_CHANGE, .time = f->time ? f->time : clock_now() };
	AUTO(buf) body = BUF_INIT(65536);

	r.change.kind = kind_find(span_of("file"));
	r.change.type = CHANGE_CREATED;
	r.change.key = span_of(arena_format(a, "/srv/file-%06llu", (unsigned long long)seq));
	r.change.severity = seq % 2 ? SEVERITY_HIGH : SEVERITY_LOW;
	r.change.is = record_new(a, r.change.kind);
	ledger_record_encode(&r, &body);
	return arena_copy(a, buf_span(&body));
}

static void answer(struct ledger_fake *f, uint64_t from, uint64_t n)
{
	AUTO_FREE(arena) a = arena_new();
	static const char prev[32];
	struct agent_record *list;
	size_t count = 0;

	n = n > 1000 ? 1000 : n;
	list = arena_get(a, (size_t)(n + 1) * sizeof *list);
	for (uint64_t seq = from; seq <= f->head + f->beyond && count < n; seq++)
		list[count++] =
			(struct agent_record){ seq, span_from(prev, 32), body_of(f, a, seq) };
	put(f, &(struct agent_message){ .type = AGENT_RECORDS,
		       .records = list,
		       .n_records = count });
}

static void take(struct ledger_fake *f, struct span frame)
{
	AUTO_FREE(arena) a = arena_new();
	struct agent_message m;
	struct err e;

	if (agent_decode(frame, PARTY_LINK, PARTY_COLLECTOR, a, &m, &e) < 0)
		die(e.text);
	if (m.type == AGENT_RECORDS_WANTED) {
		answer(f, m.seq, m.n);
	} else {
		buf_clear(&f->state);
		buf_add_span(&f->state, m.text);
	}
}

/* Every route says it is there. */
static bool all_at(struct ledger_fake *f, uint64_t until)
{
	const char *text = buf_text(&f->state);
	char word[64];
	size_t routes = 0, there = 0;

	snprintf(word, sizeof word, "\"cursor\":%llu,", (unsigned long long)until);
	for (const char *p = text; (p = strstr(p, "\"cursor\":")); p++)
		routes++;
	for (const char *p = text; (p = strstr(p, word)); p++)
		there++;
	return routes > 0 && routes == there;
}

bool ledger_fake_serve(struct ledger_fake *f, int ms, uint64_t until)
{
	int64_t end = clock_monotonic() + ms * INT64_C(1000000);
	struct err e;

	for (;;) {
		int left = (int)((end - clock_monotonic()) / 1000000);
		struct pollfd p = { .fd = f->channel.fd, .events = POLLIN };
		struct span frame;
		int rc;

		if (until && all_at(f, until))
			return true;
		if (left <= 0)
			return false;
		if (poll(&p, 1, left) <= 0)
			continue;
		rc = channel_fill(&f->channel, &e);
		if (rc < 0)
			die(e.text);
		while ((rc = channel_next(&f->channel, &frame, &e)) > 0)
			take(f, frame);
		if (rc < 0)
			die(e.text);
	}
}
