#include <sys/socket.h>
#include <unistd.h>

#include "../check.h"
#include "agent/control/request.h"
#include "os/channel.h"

#define PARTIES 5

static const uint8_t prev[32] = { 1, 2, 3 };
static const struct agent_record some_records[] = {
	{ 7, { (const char *)prev, 32 }, { "body", 4 } },
	{ 8, { (const char *)prev, 32 }, { "", 0 } },
};
static const struct span some_paths[] = { { "/etc", 4 }, { "/\xff", 2 } };

/* Every request, with everything it can hold, and exactly who may send it to whom. */
static const struct {
	struct agent_message m;
	unsigned from, to;
	bool fd;
} cases[] = {
	{ { .type = AGENT_RECORDS_WANTED, .seq = UINT64_MAX, .n = 5 }, PARTY_LINK, PARTY_COLLECTOR,
		false },
	{ { .type = AGENT_ROUTE_STATE, .text = { "[]", 2 } }, PARTY_LINK, PARTY_COLLECTOR, false },
	{ { .type = AGENT_HEAD, .seq = 3, .text = { "web7", 4 }, .ledger = { "id", 2 } },
		PARTY_COLLECTOR, PARTY_LINK, false },
	{ { .type = AGENT_RECORDS, .records = some_records, .n_records = 2 }, PARTY_COLLECTOR,
		PARTY_LINK | PARTY_ROOT | PARTY_MEMBER, false },
	{ { .type = AGENT_ALIVE }, PARTY_COLLECTOR, PARTY_PARENT, false },
	{ { .type = AGENT_STATUS_LINE, .text = { "well", 4 } }, PARTY_COLLECTOR, PARTY_PARENT,
		false },
	{ { .type = AGENT_READY }, PARTY_COLLECTOR, PARTY_PARENT, false },
	{ { .type = AGENT_RELOAD }, PARTY_PARENT, PARTY_COLLECTOR, false },
	{ { .type = AGENT_STOP }, PARTY_PARENT, PARTY_COLLECTOR, false },
	{ { .type = AGENT_WATCHER_LOST, .from = -1, .to = INT64_MAX }, PARTY_PARENT,
		PARTY_COLLECTOR, true },
	{ { .type = AGENT_STATUS }, PARTY_ROOT | PARTY_MEMBER, PARTY_COLLECTOR, false },
	{ { .type = AGENT_POLICY_APPLY }, PARTY_ROOT, PARTY_COLLECTOR, false },
	{ { .type = AGENT_SCAN, .paths = some_paths, .n_paths = 2, .full = true }, PARTY_ROOT,
		PARTY_COLLECTOR, false },
	{ { .type = AGENT_FOLLOW }, PARTY_ROOT | PARTY_MEMBER, PARTY_COLLECTOR, false },
	{ { .type = AGENT_CANARY }, PARTY_ROOT, PARTY_COLLECTOR, false },
	{ { .type = AGENT_ANSWER, .code = ERR_DENIED, .text = { "no", 2 } }, PARTY_COLLECTOR,
		PARTY_ROOT | PARTY_MEMBER, false },
	{ { .type = AGENT_LINK_NEW }, PARTY_PARENT, PARTY_COLLECTOR, true },
	{ { .type = AGENT_ROLES, .text = { "[]", 2 } }, PARTY_PARENT, PARTY_COLLECTOR, false },
	{ { .type = AGENT_PING }, PARTY_PARENT, PARTY_COLLECTOR, false },
	{ { .type = AGENT_WATCHER_STUCK }, PARTY_COLLECTOR, PARTY_PARENT, false },
};
_Static_assert(ARRAY_LEN(cases) == AGENT_REQUEST_N, "every request has a case");

static void same(const struct agent_message *a, const struct agent_message *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->seq, b->seq);
	assert_int_equal(a->n, b->n);
	assert_int_equal(a->from, b->from);
	assert_int_equal(a->to, b->to);
	assert_int_equal(a->code, b->code);
	assert_int_equal(a->full, b->full);
	assert_true(span_same(a->text, b->text));
	assert_int_equal(a->n_records, b->n_records);
	assert_int_equal(a->n_paths, b->n_paths);
	for (size_t i = 0; i < a->n_records; i++) {
		assert_int_equal(a->records[i].seq, b->records[i].seq);
		assert_true(span_same(a->records[i].prev, b->records[i].prev));
		assert_true(span_same(a->records[i].body, b->records[i].body));
	}
	for (size_t i = 0; i < a->n_paths; i++)
		assert_true(span_same(a->paths[i], b->paths[i]));
}

static void agent_decode__who_may(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_FREE(arena) a = arena_new();
		AUTO(buf) frame = BUF_INIT(65536);

		agent_encode(&cases[i].m, &frame);
		assert_int_equal(agent_request_has_fd(cases[i].m.type), cases[i].fd);
		for (unsigned from = 0; from < PARTIES; from++)
			for (unsigned to = 0; to < PARTIES; to++) {
				bool may = cases[i].from & 1u << from && cases[i].to & 1u << to;
				struct agent_message got;
				struct err e = { 0 };
				int rc = agent_decode(buf_span(&frame),
					(enum agent_party)(1u << from),
					(enum agent_party)(1u << to), a, &got, &e);

				assert_int_equal(rc, may ? 0 : ERR_DENIED);
				if (may)
					same(&cases[i].m, &got);
			}
	}
}

/* Every frame cut short, or with a byte behind it, is refused. */
static void agent_decode__strict(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_FREE(arena) a = arena_new();
		AUTO(buf) frame = BUF_INIT(65536);
		enum agent_party from = (enum agent_party)(cases[i].from & -cases[i].from);
		enum agent_party to = (enum agent_party)(cases[i].to & -cases[i].to);
		struct agent_message got;
		struct err e = { 0 };

		agent_encode(&cases[i].m, &frame);
		for (size_t n = 0; n < frame.n; n++)
			assert_int_equal(agent_decode(span_from(frame.p, n), from, to, a, &got, &e),
				ERR_FORMAT);
		buf_add_char(&frame, 0);
		assert_int_equal(agent_decode(buf_span(&frame), from, to, a, &got, &e), ERR_FORMAT);
	}
}

static void agent_decode__unknown_number(void **state)
{
	static const char *const frames[] = { "\x81\x13", "\x81\x18\xff",
		"\x81\x1b\xff\xff\xff\xff\xff\xff\xff\xff" };
	AUTO_FREE(arena) a = arena_new();
	struct agent_message got;
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(frames); i++)
		assert_int_equal(agent_decode(span_of(frames[i]), PARTY_ROOT, PARTY_COLLECTOR, a,
					 &got, &e),
			ERR_DENIED);
}

/* A code that is none, a record whose hash is too short, more paths than there may be. */
static void agent_decode__bounds(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct agent_record bad = { 1, { "short", 5 }, { "x", 1 } };
	struct agent_message m[] = {
		{ .type = AGENT_ANSWER, .code = 1 },
		{ .type = AGENT_ANSWER, .code = -100000 },
		{ .type = AGENT_RECORDS, .records = &bad, .n_records = 1 },
	};
	struct agent_message got;
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(m); i++) {
		AUTO(buf) frame = BUF_INIT(65536);

		agent_encode(&m[i], &frame);
		assert_int_equal(agent_decode(buf_span(&frame), PARTY_COLLECTOR, PARTY_ROOT, a,
					 &got, &e),
			ERR_FORMAT);
	}
}

/* A descriptor comes with its own frame, whatever stands before and behind it. */
static void channel_put_fd__order(void **state)
{
	AUTO(channel) out = { 0 };
	AUTO(channel) in = { 0 };
	struct span frame;
	struct err e = { 0 };
	int ends[2], pipes[2], got = -1;
	size_t seen = 0;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(pipe(pipes), 0);
	channel_init(&out, ends[0], 4096);
	channel_init(&in, ends[1], 4096);
	in.takes_fds = true;
	assert_true(channel_put(&out, span_of("one")));
	assert_true(channel_put_fd(&out, span_of("two"), pipes[1]));
	assert_false(channel_put_fd(&out, span_of("no"), pipes[1])); /* one at a time */
	assert_true(channel_put(&out, span_of("three")));
	close(pipes[1]);
	assert_int_equal(channel_flush(&out, &e), 1);
	while (seen < 3) {
		assert_int_equal(channel_wait(&in, &frame, 5000, &e), 0);
		seen++;
		if (seen == 2) {
			assert_true(span_is(frame, "two"));
			got = channel_take_fd(&in);
		}
	}
	assert_true(got > 2);
	assert_int_equal(channel_take_fd(&in), -1);
	assert_int_equal(write(got, "x", 1), 1); /* the other end of our pipe */
	assert_int_equal(read(pipes[0], &(char){ 0 }, 1), 1);
	close(got);
	close(pipes[0]);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agent_decode__who_may),
		cmocka_unit_test(agent_decode__strict),
		cmocka_unit_test(agent_decode__unknown_number),
		cmocka_unit_test(agent_decode__bounds),
		cmocka_unit_test(channel_put_fd__order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
