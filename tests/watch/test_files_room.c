/* Around the hints for files: what gives none, what is lost and told to be, canaries, other
 * policies, the means without fanotify. On the kernel this runs on. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../check.h"
#include "entity/who.h"
#include "files_place.h"

static unsigned hints_for(const struct bench *b, const char *path)
{
	unsigned n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += b->notice[i].type == NOTICE_HINT && span_is(b->notice[i].hint.key, path);
	return n;
}

/* What nobody asked for: heard of are only the acts after it. */
static void not_asked_for(void **state)
{
	static const char *const quiet[] = { "sel/cache/x", "sel/a.log", "out/x", "sel/late",
		"sel/state/ledger", "sel/state", "sel/state/sub/x" };
	struct bench b;
	char spare[256];

	(void)state;
	if (leave_out())
		return;
	enter(false);
	act("mkdir -p sel/cache sel/state/sub");
	snprintf(spare, sizeof spare, "%s/sel/state/../state", folder);
	b = begin(rules("  - {id: r, title: t, severity: high, kind: file, base: %s/sel, exclude: "
			"[\"cache/**\", \"*.log\", late]}\n"
			"  - {id: s, title: t, severity: high, kind: file, base: %s/sel, include: "
			"[late], real_time: false}\n",
			  folder, folder),
		(struct watch_setup){ .spare = spare });
	for (size_t i = 0; i < ARRAY_LEN(quiet); i++)
		act("touch %s; chmod 755 %s", quiet[i], quiet[i]);
	act("touch sel/end");
	assert_non_null(bench_hint(&b, full("sel/end")));
	for (size_t i = 0; i < ARRAY_LEN(quiet); i++)
		assert_int_equal(hints_for(&b, full(quiet[i])), 0);
	bench_stop(&b);
	leave(false);
}

/* A process of this number, free again, makes a file. False: nobody may choose numbers here. */
static bool with_number(pid_t number, const char *path)
{
	struct clone_args x = { .exit_signal = SIGCHLD,
		.set_tid = (uint64_t)(uintptr_t)&number,
		.set_tid_size = 1 };
	long pid = syscall(SYS_clone3, &x, sizeof x);

	if (pid == 0) {
		close(open(path, O_CREAT | O_WRONLY, 0600));
		_exit(0);
	}
	if (pid < 0)
		print_message("not told who has a number again: %s\n", strerror(errno));
	return pid > 0 && waitpid((pid_t)pid, NULL, 0) == pid;
}

static void own_acts(void **state)
{
	struct bench b;
	int ready[2];
	char c;
	pid_t pid;

	(void)state;
	if (leave_out())
		return;
	enter(false);
	b = begin(rules(RULE("base: %s/sel"), folder), (struct watch_setup){ 0 });
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		if (read(ready[0], &c, 1) == 1)
			close(open("sel/own", O_CREAT | O_WRONLY, 0600));
		_exit(0);
	}
	bench_request(&b, &(struct request){ .type = REQUEST_OWN, .pid = (uint32_t)pid });
	bench_request(&b, &(struct request){ .type = REQUEST_COUNTS });
	assert_non_null(bench_type(&b, NOTICE_COUNTS));
	assert_int_equal(write(ready[1], "x", 1), 1);
	waitpid(pid, NULL, 0);
	act("touch sel/end");
	assert_non_null(bench_hint(&b, full("sel/end")));
	assert_int_equal(hints_for(&b, full("sel/own")), 0);
	for (int i = 0; i < 2; i++) { /* that it ended was known before the first answer */
		bench_forget(&b);
		bench_request(&b, &(struct request){ .type = REQUEST_COUNTS });
		assert_non_null(bench_type(&b, NOTICE_COUNTS));
	}
	if (with_number(pid, "sel/foreign"))
		assert_non_null(bench_hint(&b, full("sel/foreign")));
	bench_stop(&b);
	close(ready[0]);
	close(ready[1]);
	leave(false);
}

/* The watcher is kept from reading: the kernel's queue overflows, and it says so. */
static void queue_overflows(void **state)
{
	const struct notice *n;
	struct bench b;
	int64_t before;

	(void)state;
	if (leave_out())
		return;
	enter(false);
	b = begin(rules(RULE("base: %s/sel"), folder), (struct watch_setup){ 0 });
	before = clock_now();
	kill(b.pid, SIGSTOP);
	act("for i in $(seq 200); do mkdir out/$i; (cd out/$i; touch $(seq 200)); done");
	kill(b.pid, SIGCONT);
	n = bench_type(&b, NOTICE_LOSS);
	assert_non_null(n);
	assert_true(span_is(n->loss.means, "fanotify"));
	assert_true(span_is(n->loss.scope, "/"));
	assert_true(n->loss.from <= n->loss.to && n->loss.from <= clock_now());
	assert_true(n->loss.to >= before);
	/* and everything goes on */
	act("touch sel/after");
	assert_non_null(bench_hint(&b, full("sel/after")));
	bench_stop(&b);
	leave(false);
}

/* More paths at once than may wait: a loss of the folder they are in. */
static void table_overflows(void **state)
{
	const struct notice *n;
	struct bench b;

	(void)state;
	if (leave_out())
		return;
	enter(false);
	act("mkdir sel/many");
	b = begin(rules(RULE("base: %s/sel"), folder), (struct watch_setup){ .queue = 16 });
	act("cd sel/many && touch $(seq 500)");
	n = bench_type(&b, NOTICE_LOSS);
	assert_non_null(n);
	assert_true(span_is(n->loss.scope, full("sel/many")));
	assert_true(n->loss.count > 0);
	bench_forget(&b);
	act("sleep 0.1; touch sel/after");
	assert_non_null(bench_hint(&b, full("sel/after")));
	bench_stop(&b);
	leave(false);
}

static bool is_covered(const struct bench *b, struct span path)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct notice *n = &b->notice[i];
		struct span scope = n->type == NOTICE_LOSS ? n->loss.scope : n->hint.key;

		if (n->type != NOTICE_LOSS && n->type != NOTICE_HINT)
			continue;
		if (span_same(path, scope) || (n->type == NOTICE_LOSS && span_starts(path, scope) &&
						      path.p[scope.n] == '/'))
			return true;
	}
	return false;
}

/* What is lost in two folders is lost in one that both are in. */
static void losses_together(void **state)
{
	static const char *const rows[][2] = { { "sel/a/b", "sel/a/bc" }, { "sel/a/bc", "sel/a/b" },
		{ "sel/a/b/c", "sel/a/b" }, { "sel/a/b", "sel/a/b/c" }, { "sel/a/b/c", "sel/ax" } };
	struct bench b;
	char last[64];

	(void)state;
	if (leave_out())
		return;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		enter(false);
		act("mkdir -p sel/a/b/c sel/a/bc sel/ax");
		b = begin(rules(RULE("base: %s/sel"), folder), (struct watch_setup){ .queue = 16 });
		kill(b.pid, SIGSTOP);
		act("for d in %s %s; do (cd $d && touch $(seq 50)); done", rows[i][0], rows[i][1]);
		kill(b.pid, SIGCONT);
		assert_non_null(bench_type(&b, NOTICE_LOSS));
		act("sleep 0.1; touch sel/after");
		while (!is_covered(&b, span_of(full("sel/after"))))
			assert_non_null(bench_next(&b, 20000));
		for (size_t k = 0; k < 2; k++) {
			snprintf(last, sizeof last, "%s/50", rows[i][k]);
			if (!is_covered(&b, span_of(full(last))))
				fail_msg("%s is neither told nor lost, after %s", last, rows[i][0]);
		}
		bench_stop(&b);
		leave(false);
	}
}

/* By a hint, or, on a machine that is slow enough, by a loss that covers it. */
static bool told_of(struct bench *b, const char *path)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->notice[i].type == NOTICE_LOSS &&
			span_starts(span_of(path), b->notice[i].loss.scope))
			return true;
	return bench_hint_exact(b, path) != NULL;
}

/* A collector that does not read for a while gets everything later. */
static void collector_sleeps(void **state)
{
	struct bench b;
	char name[1024];

	(void)state;
	if (leave_out())
		return;
	enter(false);
	b = begin(rules(RULE("base: %s/sel"), folder), (struct watch_setup){ 0 });
	act("l=$(printf %%250d 0) && mkdir -p \"sel/$l/$l/$l\" && cd \"sel/$l/$l/$l\" && "
	    "for i in $(seq 4500); do : > $i; [ $((i %% 300)) != 0 ] || sleep 0.05; done");
	sleep(1);
	for (int i = 1; i <= 4500; i += 37) {
		snprintf(name, sizeof name, "sel/%250d/%250d/%250d/%d", 0, 0, 0, i);
		assert_true(told_of(&b, full(name)));
	}
	bench_stop(&b);
	leave(false);
}

static void another_policy(void **state)
{
	struct bench b;

	(void)state;
	if (leave_out())
		return;
	enter(false);
	b = begin(rules(RULE("base: %s/sel"), folder), (struct watch_setup){ 0 });
	act("touch sel/x out/x");
	assert_non_null(bench_hint(&b, full("sel/x")));
	bench_request(&b, &(struct request){ .type = REQUEST_POLICY,
				  .text = span_of(rules(RULE("base: %s/out"), folder)) });
	bench_request(&b, &(struct request){ .type = REQUEST_COUNTS });
	assert_non_null(bench_type(&b, NOTICE_COUNTS));
	bench_forget(&b);
	act("touch sel/y out/y");
	assert_non_null(bench_hint(&b, full("out/y")));
	assert_int_equal(hints_for(&b, full("sel/y")), 0);
	bench_stop(&b);
	leave(false);
}

static const struct notice *next_canary(struct bench *b, const char *point)
{
	int64_t until = clock_monotonic() + LIMIT;

	for (size_t i = 0; clock_monotonic() < until;) {
		if (i == b->n) {
			bench_next(b, 500);
			continue;
		}
		if (b->notice[i].type == NOTICE_CANARY && span_is(b->notice[i].canary.scope, point))
			return &b->notice[i];
		i++;
	}
	return NULL;
}

static void canaries(void **state)
{
	const struct notice *n;
	struct bench b;

	(void)state;
	if (leave_out())
		return;
	enter(false);
	act("mkdir sel/ro && mount -t tmpfs -o ro x sel/ro");
	b = begin(rules(RULE("base: %s"), folder), (struct watch_setup){ 0 });
	bench_request(&b, &(struct request){ .type = REQUEST_CANARY });
	n = next_canary(&b, folder);
	assert_non_null(n);
	assert_true(n->canary.seen && !n->canary.fault);
	assert_true(n->canary.latency > 0 && n->canary.latency < LIMIT);
	n = next_canary(&b, full("sel/ro"));
	assert_non_null(n);
	assert_true(!n->canary.seen && !n->canary.fault);
	assert_true(span_is(n->canary.text, "read-only"));
	bench_stop(&b);
	leave(false);
}

/* The who of a hint is the process that did it. */
static void who(void **state)
{
	const struct notice *n;
	struct bench b;

	(void)state;
	if (leave_out())
		return;
	enter(false);
	b = begin(rules(RULE("base: %s/sel"), folder), (struct watch_setup){ 0 });
	act("touch sel/x; sleep 0.3");
	n = bench_hint(&b, full("sel/x"));
	assert_non_null(n);
	assert_true(n->hint.who.n > 0 || n->hint.why.n > 0);
	assert_true(n->hint.time > clock_now() - 2 * LIMIT && n->hint.time <= clock_now());
	bench_stop(&b);
	leave(false);
}

/* True: that it ran a shell before is told, or cannot be. */
static bool two_at_once(struct bench *b)
{
	AUTO_FREE(arena) a = arena_new();
	const struct notice *n;
	uint32_t pids[2] = { 0 };
	struct who who;
	struct err e;

	bench_forget(b);
	/* both have written before it is looked at, however slow the machine is */
	kill(b->pid, SIGSTOP);
	act("exec 3>>sel/x; sh -c 'echo 1 >&3; exec true'; sh -c "
	    "'echo 2 >&3; :'; exec 3>&-");
	kill(b->pid, SIGCONT);
	n = bench_hint(b, full("sel/x"));
	assert_non_null(n);
	assert_int_equal(who_decode(n->hint.who, a, &who, &e), 0);
	assert_true(who.others >= 1);
	assert_true(who.n_also >= 1);
	for (size_t i = 0; i < who.n_also; i++)
		pids[who.also[i].relation == WHO_TOO] = who.also[i].pid;
	assert_true(pids[1] != 0 && pids[1] != who.pid);
	return !span_is(who.means, "bpf") || pids[0] != 0;
}

/* Two touch it one right after the other, the first of them runs something else by then. What it
 * ran is told when that was in the second before the watcher woke: on a slow machine not always. */
static void two(void **state)
{
	struct bench b;
	bool before = false;

	(void)state;
	if (leave_out())
		return;
	enter(false);
	b = begin(rules(RULE("base: %s/sel"), folder), (struct watch_setup){ 0 });
	for (unsigned i = 0; i < 10 && !before; i++)
		before = two_at_once(&b);
	assert_true(before);
	bench_stop(&b);
	leave(false);
}

static bool tells_who_mounts(void)
{
	int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | 0x4000, O_RDONLY);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Each mount of interest is told, and when it goes. */
static void means(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct who w;
	struct err e;
	const struct notice *n = NULL;
	struct bench b;
	bool gone = false;

	(void)state;
	if (leave_out())
		return;
	enter(false);
	act("mkdir sel/m && mount -t tmpfs x sel/m && mkdir sel/p && mount -t proc p sel/p");
	bench_start(&b,
		rules(RULE("base: %s/sel") "  - {id: s, title: t, severity: high, kind: file, "
					   "base: %s/sel/p/sys}\n",
			folder, folder),
		(struct watch_setup){ 0 });
	assert_non_null(bench_type(&b, NOTICE_READY));
	for (size_t i = 0; i < b.n; i++)
		if (b.notice[i].type == NOTICE_MEANS &&
			span_is(b.notice[i].means.scope, full("sel/m")))
			n = &b.notice[i];
	assert_non_null(n);
	assert_true(n->means.in_force && span_is(n->means.name, "fanotify"));
	bench_forget(&b);
	act("umount sel/p");
	n = bench_hint(&b, full("sel/p"));
	assert_non_null(n);
	/* Linux 6.14 says who */
	assert_int_equal(n->hint.who.n > 0, tells_who_mounts());
	if (n->hint.who.n) {
		assert_int_equal(who_decode(n->hint.who, a, &w, &e), 0);
		assert_true(span_is(w.exe, "/usr/bin/umount"));
	}
	bench_forget(&b);
	act("umount sel/m");
	for (int64_t until = clock_monotonic() + LIMIT; !gone && clock_monotonic() < until;) {
		n = bench_next(&b, 500);
		gone = n && n->type == NOTICE_MEANS && !n->means.in_force &&
		       span_is(n->means.scope, full("sel/m"));
	}
	assert_true(gone);
	bench_stop(&b);
	leave(false);
}

/* What the hint says of who mounted or unmounted it: just this one, by these last two words. */
static void mounted_by(struct bench *b, const char *name, const char *program, const char *word)
{
	AUTO_FREE(arena) a = arena_new();
	const struct notice *n;
	struct who w;
	struct err e;

	n = bench_hint_exact(b, full(name));
	assert_non_null(n);
	assert_true(n->hint.below);
	assert_int_equal(who_decode(n->hint.who, a, &w, &e), 0);
	assert_true(span_is(w.exe, program));
	assert_true(w.n_argv > 1 && span_is(w.argv[w.n_argv - 1], word));
	assert_int_equal(w.others, 0);
	for (size_t i = 0; i < w.n_also; i++)
		assert_int_equal(w.also[i].pid, w.pid);
}

/* Several that mount and unmount before the watcher looks: each mount is put down to its own, also
 * when one has the number of another that is gone. */
static void each_has_its_mounter(void **state)
{
	struct bench b;
	int64_t began;

	(void)state;
	if (leave_out())
		return;
	if (!tells_who_mounts()) {
		print_message("this kernel does not say who mounts\n");
		skip();
	}
	enter(false);
	act("mkdir sel/a sel/b sel/c sel/a2");
	b = begin(rules(RULE("base: %s/sel"), folder), (struct watch_setup){ 0 });
	began = clock_now();
	kill(b.pid, SIGSTOP);
	act("mount -t tmpfs t sel/a; mount --bind out sel/b; mount -t tmpfs t sel/a2; "
	    "umount sel/a2; mount -t tmpfs t sel/c");
	kill(b.pid, SIGCONT);
	mounted_by(&b, "sel/a", "/usr/bin/mount", "sel/a");
	mounted_by(&b, "sel/b", "/usr/bin/mount", "sel/b");
	mounted_by(&b, "sel/c", "/usr/bin/mount", "sel/c");
	/* what is made there from now on may be another one's */
	assert_true(bench_hint_exact(&b, full("sel/c"))->hint.before > began - SECOND / 10);
	bench_forget(&b);
	kill(b.pid, SIGSTOP);
	act("umount sel/a; umount sel/b; mount -t tmpfs t sel/a2");
	kill(b.pid, SIGCONT);
	mounted_by(&b, "sel/a", "/usr/bin/umount", "sel/a");
	mounted_by(&b, "sel/b", "/usr/bin/umount", "sel/b");
	mounted_by(&b, "sel/a2", "/usr/bin/mount", "sel/a2");
	assert_true(bench_hint_exact(&b, full("sel/a"))->hint.before == 0);
	bench_forget(&b);
	/* what lay below is hidden, and seen again, by who mounts and unmounts over it */
	act("mkdir sel/c/in");
	assert_non_null(bench_hint_exact(&b, full("sel/c/in")));
	bench_forget(&b);
	act("mount -t tmpfs t sel/c/in");
	mounted_by(&b, "sel/c/in", "/usr/bin/mount", "sel/c/in");
	bench_forget(&b);
	act("mount -t tmpfs over sel/c");
	mounted_by(&b, "sel/c", "/usr/bin/mount", "sel/c");
	mounted_by(&b, "sel/c/in", "/usr/bin/mount", "sel/c");
	bench_stop(&b);
	leave(false);
}

static void without_fanotify(void **state)
{
	static const struct {
		const char *how, *heard[3];
	} cases[] = {
		{ "echo x >> sel/f", { "sel/f" } },
		{ "chmod 600 sel/f", { "sel/f" } },
		{ "rm sel/g", { "sel/g", "sel" } },
		{ "mkdir -p sel/n/a/b && echo x > sel/n/a/b/f", { "sel/n/a/b/f" } },
		{ "echo y >> sel/n/a/b/f", { "sel/n/a/b/f" } },
		{ "mv sel/n sel/n2", { "sel/n/a/b/f", "sel/n2/a/b/f" } },
		{ "echo z >> sel/n2/a/b/f", { "sel/n2/a/b/f" } },
		{ "mv out/t sel/t", { "sel/t/f" } },
		{ "echo x >> sel/t/f", { "sel/t/f" } },
		{ "rm -r sel/n2", { "sel/n2" } },
		{ "mkdir sel/mnt", { "sel/mnt" } },
		{ "mount -t tmpfs x sel/mnt", { "sel/mnt" } },
		{ "echo x > sel/mnt/f", { "sel/mnt/f" } },
	};
	const struct notice *n;
	struct bench b;

	(void)state;
	if (leave_out())
		return;
	enter(false);
	act("touch sel/f sel/g; mkdir out/t; touch out/t/f");
	bench_start(&b, rules(RULE("base: %s/sel"), folder),
		(struct watch_setup){ .no_fanotify = true });
	n = bench_type(&b, NOTICE_READY);
	assert_non_null(n);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		bench_forget(&b);
		act("%s", cases[i].how);
		for (size_t k = 0; k < ARRAY_LEN(cases[i].heard) && cases[i].heard[k]; k++) {
			n = bench_hint(&b, full(cases[i].heard[k]));
			if (!n)
				print_error("%s: nothing of %s\n", cases[i].how, cases[i].heard[k]);
			assert_non_null(n);
			assert_true(n->hint.who.n == 0 && n->hint.why.n > 0);
		}
	}
	bench_stop(&b);
	leave(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(not_asked_for),
		cmocka_unit_test(own_acts),
		cmocka_unit_test(queue_overflows),
		cmocka_unit_test(table_overflows),
		cmocka_unit_test(losses_together),
		cmocka_unit_test(collector_sleeps),
		cmocka_unit_test(another_policy),
		cmocka_unit_test(canaries),
		cmocka_unit_test(who),
		cmocka_unit_test(two),
		cmocka_unit_test(each_has_its_mounter),
		cmocka_unit_test(means),
		cmocka_unit_test(without_fanotify),
	};

	return cmocka_run_group_tests(tests, alone, cleanup);
}
