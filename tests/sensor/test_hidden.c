#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "room.h"
#include "sensor/hidden/hidden_look.h"
#include "sensor/hidden/hidden_room.h"

/* ---- pure ---- */

static void numbers_in_one_list_only(void **state)
{
	AUTO(pids) seen = PIDS_INIT, listed = PIDS_INIT, missing = PIDS_INIT;

	(void)state;
	pids_from_text(span_of("7\n3\n0\n9\n7\n\nx\n99999999999\n3"), &seen);
	pids_sort(&seen);
	assert_int_equal(pids_n(&seen), 3);
	assert_int_equal(pids_at(&seen, 0), 3);
	assert_true(pids_has(&seen, 9));
	assert_false(pids_has(&seen, 8));
	pids_add(&listed, 9);
	pids_add(&listed, 1);
	pids_sort(&listed);
	pids_missing(&seen, &listed, &missing);
	assert_int_equal(pids_n(&missing), 2);
	assert_int_equal(pids_at(&missing, 0), 3);
	assert_int_equal(pids_at(&missing, 1), 7);
	pids_sort(&missing);
	assert_false(pids_has(&listed, 0));
}

static void every_number_is_asked_for_in_turn(void **state)
{
	struct sweep s = sweep_of(900, 1000, 4194304, 7);
	static bool asked[4194304];
	size_t n = 0;

	(void)state;
	assert_int_equal(s.from[0], 1);
	assert_int_equal(s.to[0], 1000 + 2048);
	assert_int_equal(s.from[1], s.to[1]);
	s = sweep_of(9000, 10000, 10500, 7);
	assert_int_equal(s.to[0], 10500);
	for (uint64_t turn = 0; turn < 520; turn++) {
		size_t one = 0;

		s = sweep_of(4000000, 4100000, 4194304, turn);
		for (size_t i = 0; i < 3; i++) {
			assert_true(s.to[i] <= 4194304 && s.from[i] <= s.to[i]);
			for (uint32_t pid = s.from[i]; pid < s.to[i]; pid++) {
				asked[pid] = true;
				one++;
			}
		}
		assert_true(one < 4 * SWEEP_SPAN);
		assert_true(asked[4099999]); /* each time: what began lately */
	}
	for (uint32_t pid = 1; pid < 4102048; pid++)
		n += !asked[pid];
	assert_int_equal(n, 0);
}

static void who_asks_often_asks_in_turn_too(void **state)
{
	static bool asked[4194304];
	struct sweep s;
	size_t n = 0;

	(void)state;
	for (uint64_t turn = 0; turn < 2800; turn++) {
		size_t one = 0;

		s = sweep_often(4000000, 4100000, 4097000, 4194304, turn);
		for (size_t i = 0; i < 3; i++) {
			assert_true(s.to[i] <= 4194304 && s.from[i] <= s.to[i] && s.from[i] > 0);
			for (uint32_t pid = s.from[i]; pid < s.to[i]; pid++) {
				asked[pid] = true;
				one++;
			}
		}
		assert_true(one < SWEEP_SPAN);
		/* each time: what began since the last one */
		assert_true(s.from[1] <= 4097000 && s.to[1] > 4100000);
	}
	for (uint32_t pid = 1; pid < 4100256; pid++)
		n += !asked[pid];
	assert_int_equal(n, 0);
	s = sweep_often(30, 40, 35, 32768, 3);
	assert_int_equal(s.from[0], s.to[0]);
	assert_int_equal(s.from[1], 1);
	s = sweep_often(30, 20, 32000, 32768, 0); /* they began anew, from 300 */
	assert_int_equal(s.from[1], 1);
	assert_int_equal(s.to[1], 276);
}

static const char tcp[] =
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
	"   0: 00000000:115C 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
	"   1: 0100007F:1F90 0100007F:0016 01 00000000:00000000 00:00000000 00000000     0\n"
	"   2: 0100007F:XYZ 0100007F:0016 01\n"
	"   3: 0100007F\n"
	"   4: 0100007F:FFFFF 00000000:0000 0A\n";

static void a_port_in_one_list_only(void **state)
{
	static struct ports a, b;
	uint32_t at = 1;

	(void)state;
	ports_from_proc(span_of(tcp), PORT_TCP, &a);
	assert_true(ports_open(&a, PORT_TCP, 4444));
	assert_false(ports_open(&a, PORT_TCP, 8080));
	assert_true(ports_known(&a, false, 8080));
	assert_false(ports_known(&a, true, 8080));
	assert_false(ports_known(&a, false, 22));
	assert_true(ports_missing(&a, &b, PORT_TCP, &at));
	assert_int_equal(at, 4444);
	at++;
	assert_false(ports_missing(&a, &b, PORT_TCP, &at));
	ports_add(&b, PORT_TCP, 4444, true);
	at = 1;
	assert_false(ports_missing(&a, &b, PORT_TCP, &at));
	ports_add(&a, PORT_UDP6, 65535, true);
	at = 1;
	assert_true(ports_missing(&a, &b, PORT_UDP6, &at));
	assert_int_equal(at, 65535);
	assert_false(
		ports_from_diag(span_of("short"), PORT_TCP, &a) &&
		ports_from_diag(span_from("\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16), PORT_TCP, &a));
}

static void what_a_link_count_says(void **state)
{
	uint64_t n = 99;

	(void)state;
	assert_true(folder_count(EXT4_SUPER_MAGIC, 5, &n));
	assert_int_equal(n, 3);
	assert_true(folder_count(TMPFS_MAGIC, 2, &n));
	assert_int_equal(n, 0);
	assert_false(folder_count(EXT4_SUPER_MAGIC, 1, &n));
	assert_false(folder_count(OVERLAYFS_SUPER_MAGIC, 5, &n));
	assert_false(folder_count(BTRFS_SUPER_MAGIC, 1, &n));
}

static void where_a_mount_is_a_disguise(void **state)
{
	static const struct {
		const char *path;
		enum mount_place place;
	} cases[] = {
		{ "/proc/1234", MOUNT_PROCESS },
		{ "/proc/1234/exe", MOUNT_PROCESS },
		{ "/proc/modules", MOUNT_PROCESS },
		{ "/proc/sys/fs/binfmt_misc", MOUNT_ELSEWHERE },
		{ "/proc/12x", MOUNT_ELSEWHERE },
		{ "/proc", MOUNT_ELSEWHERE },
		{ "/etc", MOUNT_SYSTEM },
		{ "/etc/ssh", MOUNT_SYSTEM },
		{ "/etcetera", MOUNT_ELSEWHERE },
		{ "/usr", MOUNT_ELSEWHERE },
		{ "/usr/bin/ps", MOUNT_SYSTEM },
		{ "/home", MOUNT_ELSEWHERE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(mount_place(span_of(cases[i].path)), cases[i].place);
}

/* ---- this host ---- */

static void a_sound_host_hides_nothing(void **state)
{
	(void)state;
	assert_string_equal(room_run(&sensor_hidden, NULL, 0), "");
}

static pid_t busy;

static int end_busy(void **state)
{
	(void)state;
	kill(busy, SIGKILL);
	waitpid(busy, NULL, 0);
	return 0;
}

/* Children that come and go are nobody's secret. */
static void what_comes_and_goes_is_not_hidden(void **state)
{
	(void)state;
	busy = fork();
	assert_true(busy >= 0);
	if (busy == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			pid_t pid = fork();

			if (pid == 0)
				_exit(0);
			if (pid > 0)
				waitpid(pid, NULL, 0);
		}
	}
	for (unsigned i = 0; i < 5; i++)
		assert_string_equal(room_run(&sensor_hidden, NULL, 0), "");
}

/* Run body in a mount namespace of its own; its exit status, 77 where that is not allowed. */
static void apart(int (*body)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 ||
			mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
			_exit(77);
		_exit(body());
	}
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

static int cover_a_process(void)
{
	char name[64], key[80];

	snprintf(name, sizeof name, "/proc/%d", getppid());
	snprintf(key, sizeof key, "mount%s", name);
	if (mount("/proc/1", name, NULL, MS_BIND, NULL) < 0)
		return 77;
	room_run(&sensor_hidden, NULL, 0);
	return room_find(key) && strstr(room_find(key), "type=mount") && room.n == 1 ? 0 : 1;
}

static void a_mount_over_a_process(void **state)
{
	(void)state;
	apart(cover_a_process);
}

/* Of this process alone: other builds of this test run beside it. */
static const char *empty_folder(void)
{
	static char path[64];

	if (!path[0])
		snprintf(path, sizeof path, "/usr/local/invar-test-empty.%d", getpid());
	return path;
}

static int cover_folders(void)
{
	/* /etc/ssh has files on any host; of an empty folder nothing is out of sight. */
	if (mkdir(empty_folder(), 0755) < 0 && errno != EEXIST)
		return 2;
	if (mount("none", "/etc/cron.d", "tmpfs", 0, NULL) < 0 ||
		mount("none", empty_folder(), "tmpfs", 0, NULL) < 0 ||
		mount("/usr/bin/true", "/usr/bin/false", NULL, MS_BIND, NULL) < 0 ||
		mount("/usr/sbin", "/usr/sbin", NULL, MS_BIND, NULL) < 0)
		return 77;
	room_run(&sensor_hidden, NULL, 0);
	return room_find("mount/etc/cron.d") && room_find("mount/usr/bin/false") && room.n == 2 ? 0
												: 1;
}

static void a_mount_over_something(void **state)
{
	(void)state;
	empty_folder(); /* named before the fork */
	apart(cover_folders);
}

static int remove_folder(void **state)
{
	(void)state;
	rmdir(empty_folder());
	return 0;
}

/* The port is there, and the list that is handed in does not have it. */
static void a_port_that_cannot_be_bound(void **state)
{
	static struct ports known, without;
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_ANY) } };
	socklen_t n = sizeof at;
	struct err e;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
	    bound = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
	    datagram = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint16_t port;

	(void)state;
	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(listener, 5), 0);
	getsockname(listener, (struct sockaddr *)&at, &n);
	port = ntohs(at.sin_port);
	assert_int_equal(ports_by_diag(&known, &e), 0);
	assert_true(ports_open(&known, PORT_TCP, port));
	assert_false(port_answers(&known, false, port));
	assert_true(port_answers(&without, false, port));
	close(listener);
	assert_false(port_answers(&without, false, port));

	/* Bound only: no list of older kernels has it, and yet it is no secret. */
	at.sin_port = 0;
	assert_int_equal(bind(bound, (struct sockaddr *)&at, sizeof at), 0);
	getsockname(bound, (struct sockaddr *)&at, &n);
	assert_false(port_answers(&without, false, ntohs(at.sin_port)));
	close(bound);

	at.sin_port = 0;
	assert_int_equal(bind(datagram, (struct sockaddr *)&at, sizeof at), 0);
	getsockname(datagram, (struct sockaddr *)&at, &n);
	assert_true(port_answers(&without, true, ntohs(at.sin_port)));
	memset(&known, 0, sizeof known);
	assert_int_equal(ports_by_diag(&known, &e), 0);
	assert_true(ports_open(&known, PORT_UDP, ntohs(at.sin_port)));
	close(datagram);
}

static void both_lists_of_sockets_agree(void **state)
{
	static struct ports a, b;
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in6 at = { .sin6_family = AF_INET6 };
	socklen_t n = sizeof at;
	struct err e;

	(void)state;
	if (fd < 0)
		skip();
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(fd, 1), 0);
	getsockname(fd, (struct sockaddr *)&at, &n);
	room_run(&sensor_hidden, NULL, 0);
	assert_int_equal(ports_by_diag(&a, &e), 0);
	assert_int_equal(ports_by_proc(&room, &b, &e), 0);
	assert_true(ports_open(&a, PORT_TCP6, ntohs(at.sin6_port)));
	assert_true(ports_open(&b, PORT_TCP6, ntohs(at.sin6_port)));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_in_one_list_only),
		cmocka_unit_test(every_number_is_asked_for_in_turn),
		cmocka_unit_test(who_asks_often_asks_in_turn_too),
		cmocka_unit_test(a_port_in_one_list_only),
		cmocka_unit_test(what_a_link_count_says),
		cmocka_unit_test(where_a_mount_is_a_disguise),
		cmocka_unit_test(a_sound_host_hides_nothing),
		cmocka_unit_test_teardown(what_comes_and_goes_is_not_hidden, end_busy),
		cmocka_unit_test(a_mount_over_a_process),
		cmocka_unit_test_teardown(a_mount_over_something, remove_folder),
		cmocka_unit_test(a_port_that_cannot_be_bound),
		cmocka_unit_test(both_lists_of_sockets_agree),
	};

	if (geteuid() != 0)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
