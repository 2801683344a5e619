/* Who did it, on the running kernel: each process here acts, and most are gone before anybody asks.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "entity/who.h"
#include "watch/process/process_hear.h"
#include "watch/process/process_room.h"
#include "watch/watcher.h"

/* ---- a watcher that is only what the room needs ---- */

static struct {
	char means[32], text[256];
	unsigned told[PROCESS_EVENT_N], losses;
} heard;

bool watcher_send(struct watcher *w, const struct notice *n)
{
	(void)w;
	heard.losses += n->type == NOTICE_LOSS;
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

enum way { BY_BPF, BY_CONNECTOR, BY_PROC };

static struct watcher *begin(enum way way)
{
	struct watcher *w = calloc(1, sizeof *w);
	struct err e;

	w->setup.no_bpf = way != BY_BPF;
	w->setup.no_connector = way == BY_PROC;
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

	if (!processes_who(w, &(struct who_asked){ (uint32_t)pid, -1, 0, 0, false }, &b, &why)) {
		return false;
	}
	assert_int_equal(who_decode(arena_copy(a, buf_span(&b)), a, ret, &e), 0);
	return true;
}

/* Who is left behind by a test that failed must not hold up who reads what it said. */
static void quiet(void)
{
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
}

/* A process of ours that has ended before this returns. */
static pid_t run(const char *program, const char *one, const char *two)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execlp(program, program, one, two, (char *)NULL);
		_exit(127);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return pid;
}

static bool ends_with(struct span s, const char *tail)
{
	size_t n = strlen(tail);

	return s.n >= n && memcmp(s.p + s.n - n, tail, n) == 0;
}

#define BEGIN \
	AUTO_FREE(arena) a = arena_new(); \
	struct watcher *w = begin(*(enum way *)*state); \
	struct who who

static void test_self(void **state)
{
	BEGIN;
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

static void test_gone(void **state)
{
	BEGIN;
	pid_t pid = run("true", "--password=xyzzy", "two words");

	assert_true(ask(w, pid, a, &who));
	assert_true(ends_with(who.exe, "/true"));
	assert_int_equal(who.sha256.n, 32);
	assert_int_equal(who.n_argv, 3);
	assert_true(span_is(who.argv[0], "true"));
	assert_true(span_is(who.argv[1], "--password=***"));
	assert_true(span_is(who.argv[2], "two words"));
	assert_false(who.argv_cut);
	assert_true(span_is(who.user, "root"));
	assert_int_equal(who.ancestry[0].pid, getpid());
	assert_true(ends_with(who.ancestry[0].exe, "test_who"));
	assert_int_equal(who.ancestry[1].pid, getppid());
	finish(w);
}

/* What a shell does itself, in a process of its own: fork without exec. */
static void test_no_exec(void **state)
{
	BEGIN;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(ask(w, pid, a, &who));
	assert_true(ends_with(who.exe, "test_who"));
	assert_int_equal(who.ancestry[0].pid, getpid());
	finish(w);
}

static void test_chain(void **state)
{
	BEGIN;
	pid_t pid = run("sh", "-c", "exec sh -c 'exec true 7'");

	assert_true(ask(w, pid, a, &who));
	assert_true(ends_with(who.exe, "/true"));
	assert_int_equal(who.n_argv, 2);
	assert_true(span_is(who.argv[1], "7"));
	assert_int_equal(who.ancestry[0].pid, getpid());
	/* both shells, the first of which this process did not have from us */
	assert_int_equal(who.n_also, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(who.also[i].relation, WHO_BEFORE);
		assert_int_equal(who.also[i].pid, pid);
		assert_true(ends_with(who.also[i].exe, "sh"));
		assert_int_equal(who.also[i].n_argv, 3);
		assert_int_equal(who.also[i].sha256.n, 32);
		assert_true(who.also[i].until >= who.started);
	}
	assert_true(span_is(who.also[1].argv[2], "exec sh -c 'exec true 7'"));
	assert_true(span_is(who.also[0].argv[2], "exec true 7"));
	assert_int_equal(who.others, 0);
	assert_false(who.also_cut);
	finish(w);
}

/* Long after the last exec, and where the act is known to be younger, there is no doubt. */
static void test_no_doubt(void **state)
{
	BEGIN;
	pid_t pid = run("sh", "-c", "exec true");
	AUTO(buf) b = BUF_INIT(1 << 20);
	struct who_asked x = { (uint32_t)pid, -1, 0, 0, false };
	struct timespec t;
	const char *why;
	struct err e;

	assert_true(ask(w, pid, a, &who));
	assert_int_equal(who.n_also, 1);
	clock_gettime(CLOCK_REALTIME, &t);
	x.since = x.time = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
	assert_true(processes_who(w, &x, &b, &why));
	assert_int_equal(who_decode(buf_span(&b), a, &who, &e), 0);
	assert_int_equal(who.n_also, 0);
	finish(w);
}

/* Its parent is gone, and it belongs to nobody's session: where it came from is still known. */
static void test_orphan(void **state)
{
	BEGIN;
	int ends[2];
	pid_t parent, pid;

	assert_int_equal(pipe(ends), 0);
	parent = fork();
	if (parent == 0) {
		setsid();
		pid = fork();
		if (pid == 0) {
			pid = getpid();
			(void)!write(ends[1], &pid, sizeof pid);
			quiet();
			execlp("sleep", "sleep", "30", (char *)NULL);
		}
		_exit(0);
	}
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	assert_int_equal(read(ends[0], &pid, sizeof pid), sizeof pid);
	close(ends[0]);
	close(ends[1]);
	do { /* until it has become sleep */
		arena_clear(a);
		assert_true(ask(w, pid, a, &who));
		usleep(1000);
	} while (!ends_with(who.exe, "/sleep"));
	assert_true(who.n_ancestry >= 3);
	assert_int_equal(who.ancestry[0].pid, parent);
	assert_true(ends_with(who.ancestry[0].exe, "test_who"));
	assert_int_equal(who.ancestry[1].pid, getpid());
	kill(pid, SIGKILL);
	finish(w);
}

static void test_script(void **state)
{
	BEGIN;
	char path[] = "/tmp/test_who.XXXXXX";
	int fd = mkstemp(path);
	pid_t pid;

	dprintf(fd, "#!/bin/sh\n:\n");
	fchmod(fd, 0755);
	close(fd);
	pid = run(path, "arg", NULL);
	unlink(path);
	assert_true(ask(w, pid, a, &who));
	assert_true(ends_with(who.exe, "sh"));
	assert_int_equal(who.n_argv, 3);
	assert_true(span_is(who.argv[0], "/bin/sh"));
	assert_true(span_is(who.argv[1], path));
	assert_true(span_is(who.argv[2], "arg"));
	finish(w);
}

static void copy_program(const char *from, const char *to)
{
	char line[256];

	snprintf(line, sizeof line, "cp %s %s && chmod 755 %s", from, to, to);
	assert_int_equal(system(line), 0);
}

static void test_deleted(void **state)
{
	BEGIN;
	char path[] = "/tmp/test_who.XXXXXX";
	int fd = mkstemp(path);
	pid_t pid;

	close(fd);
	copy_program("/bin/sleep", path);
	pid = fork();
	if (pid == 0) {
		quiet();
		execl(path, path, "30", (char *)NULL);
		_exit(127);
	}
	do {
		arena_clear(a);
		assert_true(ask(w, pid, a, &who));
		usleep(1000);
	} while (!span_is(who.exe, path));
	unlink(path);
	do { /* an answer is believed for a second */
		arena_clear(a);
		assert_true(ask(w, pid, a, &who));
		usleep(100000);
	} while (!ends_with(who.exe, " (deleted)"));
	assert_int_equal(who.sha256.n, 32);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	finish(w);
}

/* Rights that were given up without exec are known of who is gone, too. */
static void test_rights(void **state)
{
	BEGIN;
	pid_t pid = fork();

	if (pid == 0)
		_exit(setuid(65534));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(ask(w, pid, a, &who));
	assert_int_equal(who.uid, 65534);
	assert_true(span_is(who.user, "nobody"));
	assert_true(span_is(who.ancestry[0].exe, "") || who.ancestry[0].uid == 0);
	finish(w);
}

#define BURST 2000

/* All of them, one after the other; their numbers go into a pipe. */
static void burst(unsigned n, int to)
{
	for (unsigned i = 0; i < n; i++) {
		char number[16];
		pid_t pid;

		snprintf(number, sizeof number, "%u", i);
		pid = run("true", number, NULL);
		if (write(to, &pid, sizeof pid) != sizeof pid)
			_exit(1);
	}
	_exit(0);
}

/* Who is asked for as soon as it is gone, like by a file's event; the host's other processes would
 * have its place in the table if that waited for all of them. */
static unsigned ask_burst(struct watcher *w, int from, uint32_t parent, unsigned *first)
{
	AUTO_FREE(arena) a = arena_new();
	unsigned known = 0;
	struct who who;
	pid_t pid;

	while (read(from, &pid, sizeof pid) == sizeof pid) {
		char number[16];

		snprintf(number, sizeof number, "%u", (*first)++);
		arena_clear(a);
		known += ask(w, pid, a, &who) && who.n_argv == 2 && span_is(who.argv[1], number) &&
			 who.n_ancestry && who.ancestry[0].pid == parent;
	}
	return known;
}

/* Short processes while the watcher does nothing but watch. */
static unsigned count_burst(struct watcher *w, unsigned n)
{
	unsigned known = 0, asked = 0;
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	child = fork();
	if (child == 0)
		burst(n, ends[1]);
	while (waitpid(child, &status, WNOHANG) == 0) {
		event_base_loop(w->base, EVLOOP_NONBLOCK);
		known += ask_burst(w, ends[0], (uint32_t)child, &asked);
		usleep(500);
	}
	known += ask_burst(w, ends[0], (uint32_t)child, &asked);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(status, 0);
	assert_int_equal(asked, n);
	print_message("%u of %u known by %s; lost %lu, %lu bytes\n", known, n, heard.means,
		(unsigned long)*w->processes->count.lost,
		(unsigned long)process_table_numbers(w->processes->table).bytes);
	return known;
}

/* On a machine so busy that we do not run for long the ring may be full. That is told, and nobody
 * is missing but who was lost. */
static void test_burst(void **state)
{
	enum way way = *(enum way *)*state;
	struct watcher *w = begin(way);
	unsigned n = way == BY_BPF ? BURST : BURST / 10; /* others promise nothing */
	unsigned known, losses = heard.losses;

	known = count_burst(w, n);
	if (way == BY_BPF) {
		assert_true(known + *w->processes->count.lost >= n);
		assert_true(known == n || heard.losses > losses);
	}
	finish(w);
}

/* Told of what begins and ends, and of who listens. */
static void test_told(void **state)
{
	struct watcher *w = begin(*(enum way *)*state);

	memset(heard.told, 0, sizeof heard.told);
	run("true", NULL, NULL);
	processes_drain(w);
	assert_true(processes_hear(w, PROCESS_EXEC));
	assert_true(heard.told[PROCESS_EXEC] >= 1);
	assert_true(heard.told[PROCESS_EXIT] >= 1);
	if (processes_hear(w, PROCESS_SOCKET)) {
		struct sockaddr_in any = { .sin_family = AF_INET };
		int fd = socket(AF_INET, SOCK_DGRAM, 0);

		heard.told[PROCESS_SOCKET] = 0;
		assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof any), 0);
		close(fd);
		fd = socket(AF_INET, SOCK_STREAM, 0);
		assert_int_equal(listen(fd, 1), 0);
		close(fd);
		processes_drain(w);
		assert_true(heard.told[PROCESS_SOCKET] >= 3);
	}
	finish(w);
}

/* More than the ring holds while nobody reads: it is told, and who runs is still known. */
static void test_loss(void **state)
{
	BEGIN;
	bool bpf = *(enum way *)*state == BY_BPF;
	pid_t stays = fork();

	if (stays == 0) {
		pause();
		_exit(0);
	}
	for (unsigned i = 0; i < (bpf ? 9000 : 8000); i++) {
		pid_t pid = vfork(); /* many, soon */

		if (pid == 0)
			_exit(0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
	heard.losses = 0;
	w->processes->looked = 1;
	processes_drain(w);
	assert_true(*w->processes->count.lost > 0);
	assert_int_equal(heard.losses, 1);
	assert_true(ask(w, stays, a, &who));
	assert_int_equal(who.ancestry[0].pid, getpid());
	kill(stays, SIGKILL);
	waitpid(stays, NULL, 0);
	finish(w);
}

static bool has(enum way way, const char *means)
{
	struct watcher *w = begin(way);
	bool yes = strcmp(heard.means, means) == 0;

	if (!yes)
		print_message("without %s here: %s\n", means, heard.text);
	finish(w);
	return yes;
}

#define BY(way, f) \
	{ \
#f, f, NULL, NULL, &ways[way] \
	}

int main(void)
{
	static enum way ways[] = { BY_BPF, BY_CONNECTOR, BY_PROC };
	const struct CMUnitTest bpf[] = { BY(BY_BPF, test_self), BY(BY_BPF, test_gone),
		BY(BY_BPF, test_no_exec), BY(BY_BPF, test_chain), BY(BY_BPF, test_no_doubt),
		BY(BY_BPF, test_orphan), BY(BY_BPF, test_script), BY(BY_BPF, test_deleted),
		BY(BY_BPF, test_rights), BY(BY_BPF, test_burst), BY(BY_BPF, test_told),
		BY(BY_BPF, test_loss) };
	const struct CMUnitTest connector[] = { BY(BY_CONNECTOR, test_self),
		BY(BY_CONNECTOR, test_no_exec), BY(BY_CONNECTOR, test_orphan),
		BY(BY_CONNECTOR, test_deleted), BY(BY_CONNECTOR, test_burst),
		BY(BY_CONNECTOR, test_told), BY(BY_CONNECTOR, test_loss) };
	const struct CMUnitTest proc[] = { BY(BY_PROC, test_self), BY(BY_PROC, test_deleted),
		BY(BY_PROC, test_burst) };
	int failed = 0;

	if (geteuid() != 0)
		return 77;
	if (has(BY_BPF, "bpf"))
		failed += cmocka_run_group_tests(bpf, NULL, NULL);
	if (has(BY_CONNECTOR, "connector"))
		failed += cmocka_run_group_tests(connector, NULL, NULL);
	return failed + cmocka_run_group_tests(proc, NULL, NULL);
}
