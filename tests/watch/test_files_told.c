/* How much a hint covers, and when all has been told that was heard of. On the kernel this runs on.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>

#include "../check.h"
#include "entity/process.h"
#include "entity/user.h"
#include "entity/who.h"
#include "files_place.h"

static void settled_by(struct watch_setup setup)
{
	const struct notice *n;
	struct bench b;
	char name[64];
	unsigned heard = 0;

	enter(false);
	bench_start(&b, rules(RULE("base: %s/sel"), folder), setup);
	assert_non_null(bench_type(&b, NOTICE_READY));
	kill(b.pid, SIGSTOP);
	act("cd sel; touch $(seq 1000); mv 1000 x.tmp");
	bench_request(&b, &(struct request){ .type = REQUEST_SETTLE, .pid = 7 });
	kill(b.pid, SIGCONT);
	n = bench_type(&b, NOTICE_SETTLED);
	assert_non_null(n);
	assert_int_equal(n->settled, 7);
	for (size_t i = 0; &b.notice[i] < n; i++)
		heard += b.notice[i].type == NOTICE_HINT;
	assert_true(heard >= 1001);
	for (int i = 1; i < 1000; i += 37) {
		snprintf(name, sizeof name, "sel/%d", i);
		assert_true(bench_hint_exact(&b, full(name)) < n);
	}
	assert_true(bench_hint_exact(&b, full("sel/x.tmp")) < n);
	bench_stop(&b);
	leave(false);
}

/* All that was done before one asks is told before the answer, however long it would rest. */
static void settled(void **state)
{
	(void)state;
	if (leave_out())
		return;
	settled_by((struct watch_setup){ 0 });
	settled_by((struct watch_setup){ .no_fanotify = true });
}

/* Who asks gently has all that kinds were told of, and files only as they rest. A process is known
 * by its number. */
static void asked_gently(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) text = BUF_INIT(1000);
	const struct notice *n;
	const char asked[] = { 0, (char)(kind_user.id + 1) };
	unsigned users = 0;
	int64_t from, took;
	struct who w;
	struct bench b;
	struct err e;

	(void)state;
	if (leave_out())
		return;
	enter(false);
	act("mkdir etc && mount --bind etc /etc && touch etc/passwd");
	b = begin(rules(RULE("base: %s/sel") "  - {id: u, title: t, severity: high, kind: user}\n",
			  folder),
		(struct watch_setup){ 0 });
	request_whose_put(&kind_process, span_of("some@one"), &text);
	kill(b.pid, SIGSTOP);
	act("touch sel/x.tmp; echo >> etc/passwd");
	bench_request(&b, &(struct request){ REQUEST_WHO, (uint32_t)getpid(), buf_span(&text) });
	bench_request(&b, &(struct request){ REQUEST_SETTLE, 8, span_from(asked, 2) });
	from = clock_monotonic();
	kill(b.pid, SIGCONT);
	n = bench_type(&b, NOTICE_SETTLED);
	took = clock_monotonic() - from;
	assert_non_null(n);
	for (size_t i = 0; &b.notice[i] < n; i++) {
		const struct notice *x = &b.notice[i];

		/* such a name rests for 300 ms, which a loaded machine takes to answer */
		if (x->type == NOTICE_HINT && span_is(x->hint.key, full("sel/x.tmp")))
			assert_true(took > 3 * SECOND / 10);
		users += x->type == NOTICE_HINT && x->hint.kind == &kind_user;
	}
	assert_int_equal(users, 1);
	n = bench_type(&b, NOTICE_WHO);
	assert_non_null(n);
	assert_true(n->hint.kind == &kind_process && span_is(n->hint.key, "some@one"));
	assert_int_equal(who_decode(n->hint.who, a, &w, &e), 0);
	assert_int_equal(w.pid, getpid());
	assert_non_null(bench_hint_exact(&b, full("sel/x.tmp")));
	bench_stop(&b);
	act("umount /etc");
	leave(false);
}

/* What is in a folder that is made was made by whoever its own events say; one that is moved in
 * comes with all it holds. */
static void folders(void **state)
{
	const struct notice *n;
	struct bench b;

	(void)state;
	if (leave_out())
		return;
	enter(false);
	act("mkdir -p out/full/of; touch out/full/of/f");
	b = begin(rules(RULE("base: %s/sel"), folder), (struct watch_setup){ 0 });
	act("mkdir sel/made");
	n = bench_hint_exact(&b, full("sel/made"));
	assert_non_null(n);
	assert_false(n->hint.below);
	act("mv out/full sel/moved");
	n = bench_hint_exact(&b, full("sel/moved"));
	assert_non_null(n);
	assert_true(n->hint.below);
	bench_stop(&b);
	leave(false);
}

/* So often the kernel refuses to open what an event is about; shared with the watcher. */
static unsigned *refusals;
int __real_open_by_handle_at(int fd, struct file_handle *handle, int flags);
int __wrap_open_by_handle_at(int fd, struct file_handle *handle, int flags);
int __wrap_open_by_handle_at(int fd, struct file_handle *handle, int flags)
{
	if (refusals && *refusals) {
		--*refusals;
		errno = ENOMEM;
		return -1;
	}
	return __real_open_by_handle_at(fd, handle, flags);
}

/* What cannot be had for a moment is had the next; what cannot be had at all is lost, not gone. */
static void handles_refused(void **state)
{
	const struct notice *n;
	struct bench b;

	(void)state;
	if (leave_out())
		return;
	enter(false);
	refusals = mmap(NULL, sizeof *refusals, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		-1, 0);
	b = begin(rules(RULE("base: %s/sel"), folder), (struct watch_setup){ 0 });
	*refusals = 1;
	act("touch sel/first");
	assert_non_null(bench_hint(&b, full("sel/first")));
	act("mkdir sel/new");
	assert_non_null(bench_hint(&b, full("sel/new")));
	bench_forget(&b);
	*refusals = 1000000;
	act("touch sel/new/second");
	n = bench_type(&b, NOTICE_LOSS);
	assert_non_null(n);
	/* wherever that file system shows; of others something may have been heard as well */
	assert_true(span_is(n->loss.scope, folder) || span_is(n->loss.scope, "/"));
	*refusals = 0;
	act("touch sel/new/third");
	assert_non_null(bench_hint(&b, full("sel/new/third")));
	bench_stop(&b);
	munmap(refusals, sizeof *refusals);
	refusals = NULL;
	leave(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settled),
		cmocka_unit_test(asked_gently),
		cmocka_unit_test(folders),
		cmocka_unit_test(handles_refused),
	};

	return cmocka_run_group_tests(tests, alone, cleanup);
}
