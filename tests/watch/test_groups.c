/* Where control groups are mounted nowhere that we see, who binds a UDP socket is heard of all the
 * same. */
#include <arpa/inet.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "../check.h"
#include "host/bpf_trace.h"

#define PORT 45873

static bool is_unified(int fd)
{
	struct statfs fs;

	return fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

/* Something over them, for this process alone. */
static void cover(void)
{
	int fd = bpf_trace_groups();
	bool unified = is_unified(fd);

	close(fd);
	if (!unified || geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("none", "/sys/fs/cgroup", "tmpfs", 0, NULL) < 0)
		skip();
}

static int bind_udp(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

static void see_bind(void *ctx, const struct bpf_trace_record *r)
{
	bool *seen = ctx;

	*seen = *seen || (r->head.type == BPF_TRACE_SOCKET && r->head.pid == (uint32_t)getpid());
}

static void groups_are_found_below_what_hides_them(void **state)
{
	AUTO_FREE(bpf_trace) t = NULL;
	struct pollfd p = { .events = POLLIN };
	bool seen = false;
	struct err e;
	int fd;

	(void)state;
	cover();
	fd = bpf_trace_groups();
	assert_true(is_unified(fd));
	close(fd);
	if (bpf_trace_open(&t, true, &e) < 0)
		skip();
	assert_true(bpf_trace_hears_sockets(t));
	fd = bind_udp();
	p.fd = bpf_trace_fd(t);
	for (unsigned i = 0; i < 100 && !seen && poll(&p, 1, 100) >= 0; i++)
		bpf_trace_read(t, see_bind, &seen);
	close(fd);
	assert_true(seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_are_found_below_what_hides_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
