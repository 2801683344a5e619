/* A watcher in a process of its own, and the collector's end of its channel: for tests of files. */
#ifndef TESTS_WATCH_FILES_BENCH_H
#define TESTS_WATCH_FILES_BENCH_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/mem.h"
#include "entity/file.h"
#include "os/channel.h"
#include "os/clock.h"
#include "policy/policy.h"
#include "watch/notice.h"
#include "watch/watch.h"

#define SECOND INT64_C(1000000000)
#ifndef LIMIT
#define LIMIT (60 * SECOND) /* for what is expected; a loaded machine is slow */
#endif

struct bench {
	pid_t pid;
	struct policy *policy;
	struct channel channel;
	struct hint_before before;
	struct arena *arena;
	/* all notices got so far and not forgotten */
	struct notice *notice;
	size_t n;
};

static inline struct policy *bench_policy(const char *yaml)
{
	AUTO(problems) problems = { 0 };
	struct policy *p;
	struct err e;

	if (policy_load_text(&p, "test", span_of(yaml), false, &problems, &e) < 0) {
		fprintf(stderr, "%s: %s\n", e.text, problems.n ? problems.list[0].text : "");
		abort();
	}
	return p;
}

static inline void bench_start(struct bench *b, const char *yaml, struct watch_setup setup)
{
	int sv[2];

	*b = (struct bench){ .policy = bench_policy(yaml), .arena = arena_new() };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) < 0)
		abort();
	fflush(NULL);
	b->pid = fork();
	if (b->pid == 0) {
		struct err e;
		int rc;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(sv[0]);
		setup.policy = b->policy;
		setup.fd = sv[1];
		rc = watch_run(&setup, &e);
		if (rc < 0)
			fprintf(stderr, "watcher: %s\n", e.text);
		_exit(rc < 0);
	}
	close(sv[1]);
	channel_init(&b->channel, sv[0], NOTICE_FRAME_MAX);
}

static inline void bench_forget(struct bench *b)
{
	b->n = 0;
	arena_clear(b->arena);
}

static inline void bench_stop(struct bench *b)
{
	int status = 0;

	close(b->channel.fd);
	channel_done(&b->channel);
	hint_before_done(&b->before);
	if (waitpid(b->pid, &status, 0) != b->pid || status != 0) {
		fprintf(stderr, "the watcher ended with status %#x\n", (unsigned)status);
		abort();
	}
	policy_free(b->policy);
	arena_free(b->arena);
	free(b->notice);
}

/* One more notice, waiting at most `ms`. */
static inline const struct notice *bench_next(struct bench *b, int ms)
{
	struct span frame;
	struct err e;

	if (channel_wait(&b->channel, &frame, ms, &e) < 0)
		return NULL;
	b->notice = mem_grow(b->notice, b->n + 1, sizeof *b->notice);
	if (notice_decode(arena_copy(b->arena, frame), b->arena, &b->notice[b->n], &e) < 0)
		abort();
	if (b->notice[b->n].type == NOTICE_HINT) {
		struct hint *x = &b->notice[b->n].hint;

		hint_complete(&b->before, x);
		x->who = arena_copy(b->arena, x->who);
		x->why = arena_copy(b->arena, x->why);
	}
	return &b->notice[b->n++];
}

static inline bool bench_is(const struct notice *n, const char *path)
{
	size_t have = strlen(path);

	if (n->type != NOTICE_HINT || n->hint.kind != &kind_file)
		return false;
	if (path[have - 1] == '*') /* somewhere below a folder that begins like this */
		return n->hint.below && span_starts(n->hint.key, span_from(path, have - 1));
	return span_is(n->hint.key, path) ||
	       (n->hint.below && have > n->hint.key.n &&
		       memcmp(path, n->hint.key.p, n->hint.key.n) == 0 &&
		       (path[n->hint.key.n] == '/' || n->hint.key.n == 1));
}

/* A hint that covers the path, of those got or still to come. */
static inline const struct notice *bench_hint(struct bench *b, const char *path)
{
	int64_t until = clock_monotonic() + LIMIT;
	size_t i = 0;

	for (;;) {
		for (; i < b->n; i++)
			if (bench_is(&b->notice[i], path))
				return &b->notice[i];
		if (clock_monotonic() > until || !bench_next(b, 1000)) {
			if (clock_monotonic() > until)
				return NULL;
		}
	}
}

/* The same of the path alone. */
static inline const struct notice *bench_hint_exact(struct bench *b, const char *path)
{
	int64_t until = clock_monotonic() + LIMIT;

	for (size_t i = 0; clock_monotonic() < until;) {
		if (i == b->n)
			bench_next(b, 500);
		else if (b->notice[i++].type == NOTICE_HINT &&
			 span_is(b->notice[i - 1].hint.key, path))
			return &b->notice[i - 1];
	}
	return NULL;
}

static inline const struct notice *bench_type(struct bench *b, enum notice_type type)
{
	int64_t until = clock_monotonic() + LIMIT;
	size_t i = 0;

	for (;;) {
		for (; i < b->n; i++)
			if (b->notice[i].type == type)
				return &b->notice[i];
		if (clock_monotonic() > until)
			return NULL;
		bench_next(b, 1000);
	}
}

static inline void bench_request(struct bench *b, const struct request *r)
{
	AUTO(buf) frame = BUF_INIT(NOTICE_FRAME_MAX);
	struct err e;

	request_encode(r, &frame);
	if (!channel_put(&b->channel, buf_span(&frame)) ||
		channel_flush_all(&b->channel, 10000, &e) < 0)
		abort();
}

#endif
