/* The room on this host: what this process binds is there, as what it is and as whose it is. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "entity/port.h"
#include "room.h"
#include "sensor/port/port_room.h"

static const char *run(void)
{
	return room_run(&sensor_port, NULL, 0);
}

/* The line of a key, which must say all of the words. */
static void says(const char *key, const char *const *words)
{
	const char *line = room_find(key);

	if (!line)
		fail_msg("nothing is known of '%s'", key);
	for (; line && *words; words++)
		if (!strstr(line, *words))
			fail_msg("'%s' is not in '%s'", *words, line);
}

#define SAYS(key, ...) says(key, (const char *const[]){ __VA_ARGS__, NULL })

static int listen4(const char *address, uint16_t port, int type)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = 1;

	inet_pton(AF_INET, address, &a.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 7), 0);
	return fd;
}

static int listen6(uint16_t port, int only)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(fd, 7), 0);
	return fd;
}

static int listen_local(const char *name, size_t n, int type)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	memcpy(a.sun_path, name, n);
	assert_int_equal(bind(fd, (struct sockaddr *)&a,
				 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)),
		0);
	if (type != SOCK_DGRAM)
		assert_int_equal(listen(fd, 7), 0);
	return fd;
}

static void inet_sockets_are_told_apart(void **state)
{
	int fd[] = { listen4("0.0.0.0", 20101, SOCK_STREAM),
		listen4("127.0.0.1", 20101, SOCK_STREAM), listen4("127.0.0.1", 20102, SOCK_DGRAM),
		listen4("127.0.0.1", 20103, SOCK_STREAM), listen4("127.0.0.1", 20103, SOCK_STREAM),
		listen4("0.0.0.0", 45123, SOCK_DGRAM), listen6(20104, 0), listen6(20105, 1) };

	(void)state;
	run();
	SAYS("tcp/0.0.0.0/20101", "state=listening", "reach=any", "test_port", "backlog=7",
		"unowned=false", "sockets=1");
	SAYS("tcp/127.0.0.1/20101", "reach=loopback");
	SAYS("udp/127.0.0.1/20102", "state=bound", "ephemeral=false", "packaged=false");
	SAYS("tcp/127.0.0.1/20103", "sockets=2");
	SAYS("udp/0.0.0.0/45123", "ephemeral=true");
	if (fd[6] >= 0) {
		SAYS("tcp6/::/20104", "dual_stack=true");
		SAYS("tcp6/::/20105", "dual_stack=false");
	}
	for (size_t i = 0; i < ARRAY_LEN(fd); i++)
		close(fd[i]);
	run();
	assert_null(room_find("tcp/0.0.0.0/20101"));
}

static void unix_sockets_are_seen_by_path_and_by_name(void **state)
{
	const char *root = room_root();
	char path[128], key[160];
	int a, b, c, d;

	(void)state;
	snprintf(path, sizeof path, "%s/s", root);
	snprintf(key, sizeof key, "unix/%s", path);
	a = listen_local(path, strlen(path), SOCK_STREAM);
	assert_int_equal(chmod(path, 0640), 0);
	b = listen_local("\0invar-seq", 10, SOCK_SEQPACKET);
	c = listen_local("\0invar test dgram", 17, SOCK_DGRAM);
	d = listen_local("", 0, SOCK_STREAM); /* the kernel chooses the name */
	run();
	SAYS(key, "state=listening", "type=stream", "mode=0640", "test_port");
	SAYS("unix/@invar-seq", "type=seqpacket", "ephemeral=false");
	SAYS("unix/@invar test dgram", "state=bound", "type=dgram");
	close(a);
	close(b);
	close(c);
	close(d);
	room_root_done(root);
}

static void raw_and_packet_sockets_are_seen(void **state)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
		.sll_protocol = htons(0x88b5),
		.sll_ifindex = 1 };
	int raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 253);
	int all = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(0x88b6));
	int one = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	if (raw < 0 || all < 0 || one < 0)
		skip();
	assert_int_equal(bind(one, (struct sockaddr *)&at, sizeof at), 0);
	run();
	SAYS("raw/0.0.0.0/253", "state=bound", "test_port");
	SAYS("packet/*/0x88b6", "type=raw", "test_port");
	SAYS("packet/lo/0x88b5", "type=dgram", "test_port");
	close(raw);
	close(all);
	close(one);
}

/* What a child inherits does not make it an owner: it comes and goes. */
static void heirs_are_no_owners(void **state)
{
	int fd = listen4("127.0.0.1", 20106, SOCK_STREAM);
	int ready[2];
	pid_t child;
	char c;

	(void)state;
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(fcntl(fd, F_SETFD, 0), 0);
	child = fork();
	if (child == 0) {
		execl("/bin/sleep", "sleep", "30", (char *)NULL);
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 0); /* exec has closed the other end */
	run();
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	SAYS("tcp/127.0.0.1/20106", "served_by=/usr/bin/sleep");
	assert_null(strstr(room_find("tcp/127.0.0.1/20106"), " exe=/usr/bin/sleep"));
	close(ready[0]);
	close(fd);
}

static void other_namespaces_are_looked_at(void **state)
{
	struct stat before, after;
	int ready[2], go[2];
	pid_t child;
	char c = 0;

	(void)state;
	assert_int_equal(stat("/proc/self/ns/net", &before), 0);
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(go), 0);
	child = fork();
	if (child == 0) {
		c = unshare(CLONE_NEWNET) == 0;
		if (c)
			listen4("0.0.0.0", 20107, SOCK_STREAM);
		if (write(ready[1], &c, 1) != 1 || read(go[0], &c, 1) < 0)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	if (c)
		run();
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	if (!c)
		skip();
	/* nothing names this namespace but the program in it */
	SAYS("tcp/0.0.0.0/20107@netns:test_port", "state=listening", "netns=test_port");
	assert_null(room_find("tcp/0.0.0.0/20107"));
	assert_int_equal(stat("/proc/self/ns/net", &after), 0);
	assert_int_equal(after.st_ino, before.st_ino); /* and back here */
}

/* As container tools do, and another one of our kind: of what is listed in the one namespace
 * nothing may be told of the other. */
static void who_is_elsewhere_for_a_moment_takes_no_sockets_along(void **state)
{
	int fd = listen4("127.0.0.1", 20108, SOCK_STREAM);
	int host = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), other, ready[2];
	bool phantom = false;
	char c = 0;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		c = unshare(CLONE_NEWNET) == 0;
		other = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
		if (write(ready[1], &c, 1) != 1)
			_exit(1);
		for (;;) {
			setns(host, CLONE_NEWNET);
			usleep(300);
			setns(other, CLONE_NEWNET);
			usleep(300);
		}
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	for (int i = 0; c && i < 30 && !phantom; i++) {
		run();
		phantom = room_find("tcp/127.0.0.1/20108@netns:test_port") != NULL;
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_false(phantom);
	close(ready[0]);
	close(ready[1]);
	close(host);
	close(fd);
	if (!c)
		skip();
}

static void keys_are_unique(void **state)
{
	(void)state;
	run();
	for (size_t i = 1; i < room.n; i++) {
		const char *a = room.lines[i - 1], *b = room.lines[i];
		const char *end = strstr(a, " state=");

		if (end)
			assert_true(strncmp(a, b, (size_t)(end - a) + 7) != 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inet_sockets_are_told_apart),
		cmocka_unit_test(unix_sockets_are_seen_by_path_and_by_name),
		cmocka_unit_test(raw_and_packet_sockets_are_seen),
		cmocka_unit_test(heirs_are_no_owners),
		cmocka_unit_test(other_namespaces_are_looked_at),
		cmocka_unit_test(who_is_elsewhere_for_a_moment_takes_no_sockets_along),
		cmocka_unit_test(keys_are_unique),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
