/* Who did it, on the running kernel: each process here acts, and most are gone before anybody asks.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "entity/who.h"
#include "watch/process/process_room.h"
#include "watch/watcher.h"

/* ---- a watcher that is only what the room needs ---- */

static struct {
	char means[32], text[256];
	unsigned told[PROCESS_EVENT_N];
} heard;

bool watcher_send(struct watcher *w, const struct notice *n)
{
	(void)w;
	if (n->type == NOTICE_MEANS && n->means.in_force)
		snprintf(heard.means, sizeof heard.means, "%.*s", SPAN_ARG(n->means.name));
	if (n->type == NOTICE_MEANS)
		snprintf(heard.text, sizeof heard.text, "%.*s", SPAN_ARG(n->means.text));
	return true;
}

bool watcher_is_own(const struct watcher *w, uint32_t pid)
{
	(void)w;
	return pid == (uint32_t)getpid();
}

uint64_t *watcher_counter(struct watcher *w, const char *name)
{
	for (size_t i = 0; i < w->n_counts; i++)
		if (strcmp(w->counts[i].name, name) == 0)
			return &w->counts[i].value;
	w->counts[w->n_counts].name = name;
	return &w->counts[w->n_counts++].value;
}

void kinds_process(struct watcher *w, const struct process_event *x)
{
	(void)w;
	heard.told[x->type]++;
}

static struct watcher *begin(bool no_bpf)
{
	struct watcher *w = calloc(1, sizeof *w);
	struct err e;

	w->setup.no_bpf = no_bpf;
	w->base = event_base_new();
	w->scratch = arena_new();
	assert_int_equal(watch_processes.start(w, &e), 0);
	return w;
}

static void finish(struct watcher *w)
{
	watch_processes.stop(w);
	event_base_free(w->base);
	arena_free(w->scratch);
	free(w);
}

static bool ask(struct watcher *w, pid_t pid, struct arena *a, struct who *ret)
{
	AUTO(buf) b = BUF_INIT(1 << 20);
	const char *why;
	struct err e;

	if (!processes_who(w, (uint32_t)pid, -1, 0, &b, &why)) {
		print_message("pid %d: %s\n", (int)pid, why);
		return false;
	}
	assert_int_equal(who_decode(arena_copy(a, buf_span(&b)), a, ret, &e), 0);
	return true;
}

static void test_self(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct watcher *w = begin(*(bool *)*state);
	struct who who;
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe);

	assert_true(ask(w, getpid(), a, &who));
	assert_int_equal(who.pid, getpid());
	assert_int_equal(who.uid, geteuid());
	assert_true(span_same(who.exe, span_from(exe, (size_t)n)));
	assert_int_equal(who.sha256.n, 32);
	assert_true(who.n_argv >= 1);
	assert_true(who.n_ancestry >= 1);
	assert_int_equal(who.ancestry[0].pid, getppid());
	assert_true(who.started > 0);
	finish(w);
}

int main(void)
{
	static bool no, yes = true;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_self, &no),
		{ "test_self_proc", test_self, NULL, NULL, &yes },
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
