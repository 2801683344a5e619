#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "host/process.h"
#include "host/process_parse.h"
#include "room.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
	const char *path, *unit, *container;
} cgroups[] = {
	{ "/", "", "" },
	{ "", "", "" },
	{ "/init.scope", "init.scope", "" },
	{ "/system.slice/ssh.service", "ssh.service", "" },
	{ "/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service", "" },
	{ "/system.slice/system-dbus\\x2d:1.2\\x2dorg.slice/dbus-:1.2-org@0.service",
		"dbus-:1.2-org@0.service", "" },
	{ "/system.slice/dev-disk-by\\x2duuid-ab.swap", "dev-disk-by\\x2duuid-ab.swap", "" },
	{ "/system.slice/_cpu.service", "cpu.service", "" },
	{ "/user.slice/user-1000.slice/session-3.scope", "session-3.scope", "" },
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service",
		"user@1000.service", "" },
	{ "/system.slice/docker.service/inner", "docker.service", "" },
	{ "/docker/" ID, "", "docker:0123456789ab" },
	{ "/docker/" ID "/system.slice/cron.service", "cron.service", "docker:0123456789ab" },
	{ "/docker/0123", "", "" },
	{ "/system.slice/docker-" ID ".scope", "", "docker:0123456789ab" },
	{ "/system.slice/docker-" ID ".scope/init.scope", "init.scope", "docker:0123456789ab" },
	{ "/machine.slice/libpod-" ID ".scope/container", "", "podman:0123456789ab" },
	{ "/machine.slice/libpod-conmon-" ID ".scope", "libpod-conmon-" ID ".scope", "" },
	{ "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope", "",
		"podman:0123456789ab" },
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice/"
	  "cri-containerd-" ID ".scope",
		"", "containerd:0123456789ab" },
	{ "/kubepods/burstable/pod12-34/" ID, "", "kubepods:0123456789ab" },
	{ "/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:" ID, "",
		"container:0123456789ab" },
	{ "/kubepods.slice/crio-" ID ".scope", "", "crio:0123456789ab" },
	{ "/lxc/web", "", "lxc:web" },
	{ "/lxc/101/ns/system.slice/ssh.service", "ssh.service", "lxc:101" },
	{ "/lxc.payload.web/init.scope", "init.scope", "lxc:web" },
	{ "/lxc.monitor.web", "", "" },
	{ "/machine.slice/machine-web\\x2d1.scope/payload/system.slice/cron.service",
		"cron.service", "machine:web-1" },
	{ "/machine.slice/machine-web.scope/supervisor", "machine-web.scope", "" },
	{ "/machine.slice/systemd-nspawn@web.service/payload/init.scope", "init.scope",
		"machine:web" },
	{ "/system.slice/web.service/payload/system.slice/ssh.service", "ssh.service",
		"machine:web.service" },
	{ "/payload/init.scope", "init.scope", "" },
	{ "/machine.slice/systemd-nspawn@web.service/supervisor", "systemd-nspawn@web.service",
		"" },
	{ "/machine.slice/machine-qemu\\x2d12\\x2dmail\\x2d2.scope", "", "qemu:mail-2" },
	{ "/machine.slice/machine-qemu\\x2dold.scope", "", "machine:qemu-old" },
	{ "/x/\\x2", "", "" },
	{ "/.service/.scope", "", "" },
};

static void a_cgroup_names_unit_and_container(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cgroups); i++) {
		AUTO_FREE(arena) a = arena_new();
		struct span unit, container;

		cgroup_parse(span_of(cgroups[i].path), a, &unit, &container);
		assert_string_equal(arena_text(a, unit), cgroups[i].unit);
		assert_string_equal(arena_text(a, container), cgroups[i].container);
	}
}

static const struct {
	const char *unit, *stable;
} units[] = {
	{ "ssh.service", "ssh.service" },
	{ "init.scope", "init.scope" },
	{ "session-3.scope", "" },
	{ "session-c1.scope", "" },
	{ "libpod-conmon-" ID ".scope", "" },
	{ "run-rb7d4ad2a0a3a4c4a8d8e6a0d7ab2b6e4.service", "" },
	{ "run-u12.service", "" },
	{ "run-p12345-i67.service", "" },
	{ "run-parts.service", "run-parts.service" },
	{ "run-user.service", "run-user.service" },
	{ "user@1000.service", "user@1000.service" },
	{ "user-runtime-dir@0.service", "user-runtime-dir@0.service" },
	{ "getty@tty1.service", "getty@tty1.service" },
	{ "ssh@12-10.0.0.1:22-10.0.0.2:4711.service", "ssh@.service" },
	{ "systemd-coredump@0-123-0.service", "systemd-coredump@.service" },
	{ "dbus-:1.42-org.example.Thing@0.service", "dbus-org.example.Thing@.service" },
	{ "", "" },
};

static void a_unit_is_named_the_same_after_a_restart(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		AUTO_FREE(arena) a = arena_new();

		assert_string_equal(arena_text(a, unit_stable(span_of(units[i].unit), a)),
			units[i].stable);
	}
}

#define REST " S 7 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 4711 1 2 3\n"

static const struct {
	const char *text;
	int rc;
	const char *comm;
} stats[] = {
	{ "12 (sh)" REST, 0, "sh" },
	{ "12 (a) S 1)" REST, 0, "a) S 1" },
	{ "12 ()" REST, 0, "" },
	{ "12 ((sd-pam))" REST, 0, "(sd-pam)" },
	{ "12 (a\nb)" REST, 0, "a\nb" },
	{ "", ERR_FORMAT, NULL },
	{ "12", ERR_FORMAT, NULL },
	{ "12 (", ERR_FORMAT, NULL },
	{ "12 )", ERR_FORMAT, NULL },
	{ "12 (sh)", ERR_FORMAT, NULL },
	{ "12 (sh) S 7 1", ERR_FORMAT, NULL },
	{ "x (sh)" REST, ERR_FORMAT, NULL },
	{ "99999999999 (sh)" REST, ERR_FORMAT, NULL },
	{ "12 (sh) S x 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 3 0 4711 1", ERR_FORMAT, NULL },
};

static void a_line_of_stat_is_read_from_behind_the_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(stats); i++) {
		AUTO_FREE(arena) a = arena_new();
		struct process_stat s;
		struct err e;
		int rc = process_stat_from(span_of(stats[i].text), &s, &e);

		assert_int_equal(rc, stats[i].rc);
		if (rc < 0)
			continue;
		assert_string_equal(arena_text(a, s.comm), stats[i].comm);
		assert_int_equal(s.pid, 12);
		assert_int_equal(s.ppid, 7);
		assert_int_equal(s.threads, 3);
		assert_int_equal(s.start, 4711);
		assert_int_equal(s.flags, 4194560);
	}
}

static void the_best_line_of_a_cgroup_text_counts(void **state)
{
	static const struct {
		const char *text, *path;
	} cases[] = {
		{ "0::/system.slice/a.service\n", "/system.slice/a.service" },
		{ "4:memory:/docker/x\n1:name=systemd:/b.service\n0::/\n", "/b.service" },
		{ "1:name=systemd:/b.service\n0::/c.service\n", "/c.service" },
		{ "4:memory:/docker/x\n0::/\n", "/docker/x" },
		{ "0::/../../a:b.service\n", "/a:b.service" },
		{ "0::/\n", "" },
		{ "", "" },
		{ "0:\n:::\n", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_FREE(arena) a = arena_new();
		struct span path = process_cgroup_path(span_of(cases[i].text));

		assert_string_equal(arena_text(a, path), cases[i].path);
	}
	assert_int_equal(process_ns_number(span_of("net:[4026531840]")), 4026531840);
	assert_int_equal(process_ns_number(span_of("net:[]")), 0);
	assert_int_equal(process_ns_number(span_of("net")), 0);
	assert_int_equal(process_ns_number(span_of("[1")), 0);
}

/* ---- this host ---- */

static bool no_bpf;

static struct host *open_host(const char *root)
{
	struct host_options o = { .root = root, .no_bpf = no_bpf };
	struct host *h;
	struct err e;

	assert_int_equal(host_open(&h, &o, &e), 0);
	return h;
}

static const struct process *see(struct host *h, pid_t pid)
{
	const struct process *list;
	struct err e;
	size_t n;

	assert_int_equal(host_processes(h, &list, &n, &e), 0);
	for (size_t i = 1; i < n; i++)
		assert_true(list[i - 1].pid < list[i].pid);
	return host_process(h, (uint32_t)pid);
}

static pid_t sleeper(const char *path, uid_t uid)
{
	int ends[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (uid && setuid(uid) < 0)
			_exit(1);
		execl(path, "sleeper", "60", (char *)NULL);
		_exit(1);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &c, 1), 0); /* closed by exec */
	close(ends[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void copy_sleep(const char *to)
{
	char line[256];

	snprintf(line, sizeof line, "cp /bin/sleep '%s'", to);
	assert_int_equal(system(line), 0);
}

static void the_host_lists_itself(void **state)
{
	AUTO_FREE(host) h = open_host(NULL);
	const struct process *self = see(h, getpid());
	struct timespec t;
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);

	(void)state;
	assert_non_null(self);
	assert_true(n > 0);
	exe[n] = '\0';
	assert_string_equal(self->exe.p, exe);
	assert_int_equal(self->ppid, getppid());
	assert_int_equal(self->euid, geteuid());
	assert_false(self->kernel || self->deleted || self->memfd || self->zombie);
	clock_gettime(CLOCK_REALTIME, &t);
	assert_in_range((uint64_t)self->start / 1000000000, t.tv_sec - 600, t.tv_sec + 1);
	assert_true(self->ns[NS_NET] != 0);
	host_process_namespaces(h, self);
	for (unsigned i = 0; i < NS_N; i++)
		assert_true(self->ns[i] != 0 || i == NS_TIME);
	assert_null(host_process(h, 0));
	assert_null(host_process(h, UINT32_MAX));
}

static void kernel_threads_are_told_by_their_flag(void **state)
{
	AUTO_FREE(host) h = open_host(NULL);
	const struct process *p = see(h, 2);

	(void)state;
	if (!p || !span_is(p->comm, "kthreadd"))
		skip(); /* a pid namespace without them */
	assert_true(p->kernel);
	assert_int_equal(p->exe.n, 0);
}

static void a_deleted_program_is_told_from_a_name_that_says_so(void **state)
{
	const char *root = room_root();
	AUTO_FREE(host) h = open_host(NULL);
	char gone[128], named[128];
	pid_t a, b;

	(void)state;
	snprintf(gone, sizeof gone, "%s/gone", root);
	snprintf(named, sizeof named, "%s/x (deleted)", root);
	assert_int_equal(chmod(root, 0755), 0);
	copy_sleep(gone);
	copy_sleep(named);
	a = sleeper(gone, 0);
	b = sleeper(named, 65534);
	unlink(gone);
	assert_non_null(see(h, a));
	assert_true(host_process(h, (uint32_t)a)->deleted);
	assert_string_equal(arena_text(host_arena(h), host_process(h, (uint32_t)a)->exe), gone);
	assert_false(host_process(h, (uint32_t)b)->deleted);
	assert_string_equal(host_process(h, (uint32_t)b)->exe.p, named);
	if (geteuid() == 0)
		assert_int_equal(host_process(h, (uint32_t)b)->euid, 65534);
	end(a);
	end(b);
	room_root_done(root);
}

static void a_folder_opened_is_of_the_process_listed(void **state)
{
	AUTO_FREE(host) h = open_host(NULL);
	pid_t pid = sleeper("/bin/sleep", 0);
	struct process other;
	int fd;

	(void)state;
	assert_non_null(see(h, pid));
	fd = host_process_open(h, host_process(h, (uint32_t)pid));
	assert_true(fd >= 0);
	close(fd);
	other = *host_process(h, (uint32_t)pid);
	other.start -= 10000000; /* another process had this number, a tick before */
	assert_int_equal(host_process_open(h, &other), -1);
	assert_int_equal(errno, ESRCH);
	end(pid);
	assert_int_equal(host_process_open(h, host_process(h, (uint32_t)pid)), -1);
	assert_int_equal(errno, ESRCH);
}

/* Nobody has waited for it: it has a pid, but no program. */
static void a_zombie_has_no_program(void **state)
{
	AUTO_FREE(host) h = open_host(NULL);
	pid_t pid = sleeper("/bin/sleep", 0);
	siginfo_t info;

	(void)state;
	kill(pid, SIGKILL);
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	assert_non_null(see(h, pid));
	assert_true(host_process(h, (uint32_t)pid)->zombie);
	assert_int_equal(host_process(h, (uint32_t)pid)->exe.n, 0);
	end(pid);
}

/* In a namespace of our own: what stands at /proc/PID is another process. */
static void a_cover_over_a_process_is_looked_under(void **state)
{
	pid_t pid = sleeper("/bin/sleep", 0), child;
	int status;

	(void)state;
	child = fork();
	if (child == 0) {
		char name[64];
		AUTO_FREE(host) h = NULL;
		const struct process *p;
		int fd;

		snprintf(name, sizeof name, "/proc/%d", pid);
		if (unshare(CLONE_NEWNS) < 0 ||
			mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
			mount("/proc/1", name, NULL, MS_BIND, NULL) < 0)
			_exit(77);
		h = open_host(NULL);
		p = see(h, pid);
		if (!p || !p->exe.n || !strstr(p->exe.p, "sleep") || p->ppid != (uint32_t)getppid())
			_exit(1);
		fd = host_process_open(h, p);
		_exit(fd >= 0 ? 0 : 2);
	}
	waitpid(child, &status, 0);
	end(pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

static void same_text(struct span a, struct span b)
{
	if (!span_same(a, b))
		fail_msg("'%.*s' and '%.*s'", SPAN_ARG(a), SPAN_ARG(b));
}

/* How many of their namespaces differ. */
static size_t same_namespaces(const struct process *a, const struct process *b)
{
	size_t moved = 0;

	for (unsigned k = 0; k < NS_N && !a->kernel; k++) {
		if (!a->ns[k] || !b->ns[k] || a->ns[k] == b->ns[k]) /* 0: it ended */
			continue;
		/* A test beside us that lists what listens is in one network after the other. */
		assert_string_equal(process_ns_names[k], "net");
		moved++;
	}
	return moved;
}

/* What the iterator tells and what /proc tells is the same. */
static void both_means_agree(void **state)
{
	AUTO_FREE(host) h = open_host(NULL);
	AUTO_FREE(host) slow = NULL;
	struct host_options o = { .no_bpf = true };
	const struct process *list;
	size_t n, common = 0, moved = 0;
	struct err e;

	(void)state;
	assert_int_equal(host_open(&slow, &o, &e), 0);
	assert_int_equal(host_processes(h, &list, &n, &e), 0);
	if (strcmp(host_processes_means(h), "bpf") != 0) {
		host_freep(&h); /* skip() does not come back */
		host_freep(&slow);
		skip();
	}
	assert_non_null(see(slow, getpid()));
	assert_string_equal(host_processes_means(slow), "proc");
	for (size_t i = 0; i < n; i++) {
		const struct process *a = &list[i], *b = host_process(slow, a->pid);

		if (!b || b->zombie || (!b->kernel && !b->exe.n) || a->zombie || b->denied ||
			llabs(a->start - b->start) > 5000000 ||
			(!b->kernel && !span_same(a->comm, b->comm)))
			continue; /* ended, or another program since */
		/* /proc adds to the name of a kernel's worker what it is for */
		common++;
		same_text(a->exe, b->exe);
		same_text(a->unit, b->unit);
		same_text(a->container, b->container);
		assert_int_equal(a->ppid, b->ppid);
		assert_int_equal(a->euid, b->euid);
		assert_int_equal(a->egid, b->egid);
		assert_int_equal(a->kernel, b->kernel);
		assert_int_equal(a->deleted, b->deleted);
		assert_int_equal(a->memfd, b->memfd);
		host_process_namespaces(slow, b);
		host_process_namespaces(h, a); /* of those the iterator left out */
		moved += same_namespaces(a, b);
	}
	assert_true(moved * 10 < common);
	assert_true(common * 2 > n);
}

static void nothing_runs_in_an_image(void **state)
{
	AUTO_FREE(host) h = open_host("/usr");
	const struct process *list;
	struct err e;
	size_t n;

	(void)state;
	assert_int_equal(host_processes(h, &list, &n, &e), ERR_MISSING);
	assert_null(host_process(h, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cgroup_names_unit_and_container),
		cmocka_unit_test(a_unit_is_named_the_same_after_a_restart),
		cmocka_unit_test(a_line_of_stat_is_read_from_behind_the_name),
		cmocka_unit_test(the_best_line_of_a_cgroup_text_counts),
		cmocka_unit_test(the_host_lists_itself),
		cmocka_unit_test(kernel_threads_are_told_by_their_flag),
		cmocka_unit_test(a_deleted_program_is_told_from_a_name_that_says_so),
		cmocka_unit_test(a_folder_opened_is_of_the_process_listed),
		cmocka_unit_test(a_zombie_has_no_program),
		cmocka_unit_test(a_cover_over_a_process_is_looked_under),
		cmocka_unit_test(both_means_agree),
		cmocka_unit_test(nothing_runs_in_an_image),
	};

	int failed = cmocka_run_group_tests_name("as it is", tests, NULL, NULL);

	no_bpf = true;
	return failed + cmocka_run_group_tests_name("/proc only", tests, NULL, NULL);
}
