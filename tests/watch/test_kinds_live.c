/* The means of every kind but files, with the kernel's own events: a watcher in a process of its
 * own, in a network and mount namespace where nothing else happens. */
#include <fcntl.h>
#include <glob.h>
#include <sched.h>
#include <sys/mount.h>

#include "../check.h"
#include "entity/who.h"
#include "files_bench.h"

#define POLICY(kind) \
	"version: 1\nrules:\n  - { id: x, severity: low, kind: " kind \
	", include: [\"*\"], fields: [standard] }\n"

static void begin(struct bench *b, const char *yaml)
{
	bench_start(b, yaml, (struct watch_setup){ 0 });
	assert_non_null(bench_type(b, NOTICE_READY));
}

/* The state of a means, as told last. */
static const struct means *means_of(struct bench *b, const char *kind, const char *name)
{
	const struct means *last = NULL;

	for (size_t i = 0; i < b->n; i++)
		if (b->notice[i].type == NOTICE_MEANS &&
			strcmp(b->notice[i].means.kind->name, kind) == 0 &&
			span_is(b->notice[i].means.name, name))
			last = &b->notice[i].means;
	return last;
}

/* A hint of this kind that is not from a poll. */
static const struct hint *heard(struct bench *b, const char *kind)
{
	int64_t until = clock_monotonic() + LIMIT;

	for (size_t i = 0; clock_monotonic() < until;) {
		if (i == b->n && !bench_next(b, 1000))
			continue;
		const struct notice *n = &b->notice[i++];

		if (n->type == NOTICE_HINT && strcmp(n->hint.kind->name, kind) == 0 &&
			!span_starts(n->hint.why, span_of("found by looking")))
			return &n->hint;
	}
	return NULL;
}

static bool write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) > 0;

	if (fd >= 0)
		close(fd);
	return done;
}

static void mounts(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, POLICY("mount"));
	bench_forget(&b);
	assert_int_equal(mount("kinds", "/mnt", "tmpfs", 0, NULL), 0);
	assert_non_null(heard(&b, "mount"));
	bench_forget(&b);
	assert_int_equal(umount("/mnt"), 0);
	assert_non_null(heard(&b, "mount"));
	bench_stop(&b);
}

/* What the kernel says when a module is loaded, asked for again of one that is there. */
static void modules(void **state)
{
	struct bench b;
	glob_t found = { 0 };

	(void)state;
	begin(&b, POLICY("module"));
	assert_true(means_of(&b, "module", "uevent")->in_force);
	bench_forget(&b);
	if (glob("/sys/module/*/uevent", 0, NULL, &found) != 0 ||
		!write_to(found.gl_pathv[0], "change")) {
		globfree(&found);
		bench_stop(&b);
		skip();
	}
	globfree(&found);
	assert_non_null(heard(&b, "module"));
	bench_stop(&b);
}

static uint64_t count_of(struct bench *b, const char *name)
{
	const struct notice *n;

	bench_forget(b);
	bench_request(b, &(struct request){ .type = REQUEST_COUNTS });
	n = bench_type(b, NOTICE_COUNTS);
	assert_non_null(n);
	for (size_t i = 0; i < n->n_counts; i++)
		if (span_is(n->counts[i].name, name))
			return n->counts[i].value;
	return 0;
}

/* Kernels without modules have other objects. */
static void kernel_objects(void **state)
{
	struct bench b;
	int64_t until = clock_monotonic() + LIMIT;
	uint64_t before;

	(void)state;
	begin(&b, POLICY("module"));
	before = count_of(&b, "kinds_uevents");
	if (system("ip link add kinds0 type veth peer name kinds1 2>/dev/null") != 0) {
		bench_stop(&b);
		skip();
	}
	while (count_of(&b, "kinds_uevents") == before && clock_monotonic() < until)
		usleep(10000);
	assert_true(clock_monotonic() < until);
	bench_stop(&b);
}

static void settings(void **state)
{
	const struct hint *h;
	struct who who;
	struct bench b;
	struct err e;

	(void)state;
	begin(&b, POLICY("sysctl"));
	assert_true(means_of(&b, "sysctl", "settings")->in_force);
	bench_forget(&b);
	/* by another process: ours is the watcher's parent, which it does not hear */
	assert_int_equal(system("echo 1 >/proc/sys/net/ipv4/conf/lo/forwarding"), 0);
	h = heard(&b, "sysctl");
	assert_non_null(h);
	assert_true(h->who.n > 0);
	assert_int_equal(who_decode(h->who, b.arena, &who, &e), 0);
	assert_int_not_equal(who.pid, getpid());
	assert_true(who.pid != 0);
	bench_stop(&b);
}

/* Refused: polled more often, and said so. */
static void fallback(void **state)
{
	struct bench b;

	(void)state;
	bench_start(&b, POLICY("sysctl"), (struct watch_setup){ .no_fanotify = true });
	assert_non_null(bench_type(&b, NOTICE_READY));
	assert_false(means_of(&b, "sysctl", "settings")->in_force);
	assert_true(means_of(&b, "sysctl", "settings")->text.n > 0);
	assert_true(means_of(&b, "sysctl", "poll 10 s")->in_force);
	bench_stop(&b);
}

static void packet_filter(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, POLICY("firewall"));
	if (!means_of(&b, "firewall", "nftables")->in_force ||
		system("nft add table inet before 2>/dev/null") != 0) {
		bench_stop(&b);
		skip();
	}
	bench_forget(&b);
	assert_int_equal(system("nft add table inet kinds"), 0);
	assert_non_null(heard(&b, "firewall"));
	bench_stop(&b);
}

/* Where nobody asks for a kind, nothing of it is listened to. */
static void policy_changes(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, POLICY("mount"));
	assert_null(means_of(&b, "module", "uevent"));
	bench_request(&b,
		&(struct request){ .type = REQUEST_POLICY, .text = span_of(POLICY("module")) });
	bench_request(&b, &(struct request){ .type = REQUEST_COUNTS });
	assert_non_null(bench_type(&b, NOTICE_COUNTS));
	assert_non_null(means_of(&b, "module", "uevent"));
	bench_forget(&b);
	assert_int_equal(mount("kinds", "/mnt", "tmpfs", 0, NULL), 0);
	assert_int_equal(umount("/mnt"), 0);
	assert_int_equal(count_of(&b, "kinds_by_mount"), 0);
	for (size_t i = 0; i < b.n; i++)
		assert_false(b.notice[i].type == NOTICE_HINT &&
			     strcmp(b.notice[i].hint.kind->name, "mount") == 0);
	bench_stop(&b);
}

/* What nothing tells of is polled, and says so. */
static void polls(void **state)
{
	struct bench b;
	const struct hint *h = NULL;
	int64_t until = clock_monotonic() + LIMIT;

	(void)state;
	begin(&b, POLICY("bpf"));
	assert_true(means_of(&b, "bpf", "poll 10 s")->in_force);
	for (size_t i = 0; !h && clock_monotonic() < until;) {
		if (i == b.n && !bench_next(&b, 1000))
			continue;
		if (b.notice[i].type == NOTICE_HINT)
			h = &b.notice[i].hint;
		i++;
	}
	assert_non_null(h);
	assert_string_equal(h->kind->name, "bpf");
	assert_int_equal(h->key.n, 0);
	assert_true(h->why.n > 0);
	bench_stop(&b);
}

static void canaries(void **state)
{
	const struct notice *n;
	struct bench b;

	(void)state;
	begin(&b, POLICY("mount"));
	bench_request(&b, &(struct request){ .type = REQUEST_CANARY });
	n = bench_type(&b, NOTICE_CANARY);
	while (n && strcmp(n->canary.kind->name, "mount") != 0)
		n = bench_next(&b, 5000);
	assert_non_null(n);
	assert_false(n->canary.fault);
	assert_true(n->canary.text.n > 0);
	bench_stop(&b);
}

static int setup(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0)
		return 0;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(mounts),
		cmocka_unit_test(modules),
		cmocka_unit_test(kernel_objects),
		cmocka_unit_test(settings),
		cmocka_unit_test(fallback),
		cmocka_unit_test(packet_filter),
		cmocka_unit_test(policy_changes),
		cmocka_unit_test(polls),
		cmocka_unit_test(canaries),
	};

	if (geteuid() != 0)
		return 77;
	return cmocka_run_group_tests_name("kinds_live", tests, setup, NULL);
}
