/* The BPF iterators against /proc. Where this host refuses them, the reason is a sentence. */
#include <fcntl.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "host/bpf.h"
#include "room.h"

static pid_t child;

struct seen {
	struct bpf_task self, child;
	unsigned n, kernel;
	uint32_t last;
	bool ordered;
};

static int each_task(void *ctx, const struct bpf_task *t, struct err *e)
{
	struct seen *s = ctx;

	(void)e;
	s->n++;
	s->kernel += (t->flags & 0x200000) != 0;
	s->ordered = s->ordered && t->pid > s->last;
	s->last = t->pid;
	if (t->pid == (uint32_t)getpid())
		s->self = *t;
	if (t->pid == (uint32_t)child)
		s->child = *t;
	return 0;
}

static ino_t inode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static struct host *live(void)
{
	struct host_options o = { 0 };
	struct host *h;
	struct err e;

	assert_int_equal(host_open(&h, &o, &e), 0);
	return h;
}

static void a_task_is_what_proc_says(void **state)
{
	AUTO_FREE(host) h = live();
	struct seen s = { .ordered = true };
	struct err e = { 0 };

	(void)state;
	if (bpf_tasks(h, each_task, &s, &e) < 0) {
		print_message("refused here: %s\n", e.text);
		assert_true(e.text[0] != '\0');
		skip();
	}
	assert_true(s.n > 2);
	assert_true(s.kernel > 0);
	assert_true(s.ordered);
	assert_int_equal(s.self.pid, getpid());
	assert_int_equal(s.self.ppid, getppid());
	assert_int_equal(s.self.uid, getuid());
	assert_int_equal(s.self.euid, geteuid());
	assert_int_equal(s.self.gid, getgid());
	assert_int_equal(s.self.egid, getegid());
	assert_string_equal(s.self.comm, "test_bpf_iter");
	assert_int_equal(s.self.exe_inode, inode_of("/proc/self/exe"));
	assert_int_equal(s.self.exe_nlink, 1);
	assert_int_equal(s.self.ns[BPF_NS_NET], inode_of("/proc/self/ns/net"));
	assert_int_equal(s.self.ns[BPF_NS_MNT], inode_of("/proc/self/ns/mnt"));
	assert_int_equal(s.self.ns[BPF_NS_PID], inode_of("/proc/self/ns/pid"));
	assert_int_equal(s.self.ns[BPF_NS_USER], inode_of("/proc/self/ns/user"));
	assert_int_equal(s.self.ns[BPF_NS_UTS], inode_of("/proc/self/ns/uts"));
	assert_int_equal(s.self.ns[BPF_NS_IPC], inode_of("/proc/self/ns/ipc"));
	assert_int_equal(s.self.ns[BPF_NS_CGROUP], inode_of("/proc/self/ns/cgroup"));
	assert_int_equal(s.self.ns[BPF_NS_TIME], inode_of("/proc/self/ns/time"));
	assert_true(s.self.start > 0);
}

/* Four numbers that all differ, and no program of its own. */
static void users_are_told_apart(void **state)
{
	AUTO_FREE(host) h = live();
	struct seen s = { 0 };
	struct err e = { 0 };
	int ready[2], rc;
	char c = 0;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		c = setresgid(1003, 1004, 1004) == 0 && setresuid(1001, 1002, 1002) == 0;
		if (write(ready[1], &c, 1) == 1)
			pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	rc = c ? bpf_tasks(h, each_task, &s, &e) : -1;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	if (rc < 0)
		skip();
	assert_int_equal(s.child.uid, 1001);
	assert_int_equal(s.child.euid, 1002);
	assert_int_equal(s.child.gid, 1003);
	assert_int_equal(s.child.egid, 1004);
	assert_int_equal(s.child.exe_dentry, s.self.exe_dentry);
	assert_int_equal(s.child.cgroup_set, s.self.cgroup_set);
}

struct hit {
	uint64_t inode;
	uint32_t fd;
	bool self, child;
};
static int each_socket(void *ctx, const struct bpf_socket *s, struct err *e)
{
	struct hit *hit = ctx;

	(void)e;
	if (s->inode != hit->inode)
		return 0;
	hit->self = hit->self || (s->pid == (uint32_t)getpid() && s->fd == hit->fd);
	hit->child = hit->child || s->pid == (uint32_t)child;
	return 0;
}

static int stop_at_once(void *ctx, const struct bpf_socket *s, struct err *e)
{
	(void)s;
	++*(unsigned *)ctx;
	return err_set(e, ERR_CHANGED, "enough");
}

static void a_socket_has_all_its_owners(void **state)
{
	AUTO_FREE(host) h = live();
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct hit hit = { .fd = (uint32_t)fd };
	struct err e = { 0 };
	unsigned calls = 0;
	struct stat st;
	int rc;

	(void)state;
	assert_int_equal(fstat(fd, &st), 0);
	hit.inode = st.st_ino;
	child = fork();
	if (child == 0) {
		pause();
		_exit(0);
	}
	rc = bpf_sockets(h, each_socket, &hit, &e);
	if (rc == 0)
		assert_int_equal(bpf_sockets(h, stop_at_once, &calls, &e), ERR_CHANGED);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(fd);
	if (rc < 0) {
		print_message("refused here: %s\n", e.text);
		skip();
	}
	assert_true(hit.self);
	assert_true(hit.child);
	assert_int_equal(calls, 1);
}

static void an_offline_tree_has_no_processes(void **state)
{
	struct host_options o = { .root = "/var/tmp" };
	AUTO_FREE(host) h = NULL;
	struct seen s = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(host_open(&h, &o, &e), 0);
	assert_int_equal(bpf_tasks(h, each_task, &s, &e), ERR_MISSING);
	assert_int_equal(s.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_task_is_what_proc_says),
		cmocka_unit_test(users_are_told_apart),
		cmocka_unit_test(a_socket_has_all_its_owners),
		cmocka_unit_test(an_offline_tree_has_no_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
