/* Canaries that are no files, and what of the other kinds can be read. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/doctor/canary.h"
#include "core/time.h"
#include "entity/mount.h"
#include "entity/port.h"
#include "entity/process.h"
#include "entity/service.h"
#include "os/clock.h"
#include "os/stop.h"

#define WAIT_MS 12000 /* a kind that is polled may take ten seconds */
#define RUNNER "/usr/bin/systemd-run"
#define CONTROL "/usr/bin/systemctl"

static void not_planted(struct planting *p, const struct kind *k, const char *why)
{
	struct doctor_finding *f =
		doctor_say(p->d, REAL_TIME, k->name, DOCTOR_NOTE, NULL, "not planted: %s", why);

	f->kind = k;
}

static void end(pid_t pid)
{
	if (pid <= 0)
		return;
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

/* ---- a process ---- */

static int copy_self(const char *path)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	struct stat st;
	off_t at = 0;
	bool bad = from < 0 || to < 0 || fstat(from, &st) < 0;

	while (!bad && at < st.st_size)
		bad = sendfile(to, from, &at, (size_t)(st.st_size - at)) <= 0;
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	return bad;
}

/* The copy prints more than its pipe holds and nobody reads: it stays until it is ended. */
static pid_t run_copy(const char *path, int *ret_fd)
{
	const char *const argv[] = { "canary-process", "help", "--completion", "fish", NULL };
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	(void)fcntl(fds[0], F_SETPIPE_SZ, 4096);
	pid = fork();
	if (pid == 0) {
		(void)dup2(fds[1], STDOUT_FILENO);
		execv(path, (char **)(uintptr_t)argv);
		_exit(127);
	}
	close(fds[1]);
	*ret_fd = fds[0];
	return pid;
}

static void plant_process(struct planting *p)
{
	struct seen s = { .text = BUF_INIT(4096), .all = true };
	const char *path, *key;
	struct timespec moment = { .tv_nsec = 20 * 1000 * 1000 };
	const struct live_record *r;
	size_t from = p->live.n;
	int fd = -1;
	int64_t at;
	pid_t pid;

	if (!p->n_places) {
		not_planted(p, &kind_process, "there is no place for a program");
		return;
	}
	path = arena_format(p->d->arena, "%s/canary-process", p->places[0].dir);
	key = arena_format(p->d->arena, "%s@root", path);
	if (doctor_is_watched(p, &kind_process, key, NULL))
		return;
	if (copy_self(path) != 0) {
		not_planted(p, &kind_process, "the program cannot be copied");
		return;
	}
	at = clock_monotonic();
	pid = run_copy(path, &fd);
	(void)nanosleep(&moment, NULL);
	if (pid > 0 && waitpid(pid, NULL, WNOHANG) == pid) {
		not_planted(p, &kind_process, "no program may be run there (noexec)");
	} else {
		r = live_wait(&p->live, from, "process", key, "created", WAIT_MS);
		doctor_seen(&s, "started", at, pid, r);
		doctor_say_seen(p->d, "process", &kind_process, NULL, &s);
		end(pid);
	}
	if (fd >= 0)
		close(fd);
}

/* ---- a port ---- */

static int listener(unsigned port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 1) == 0)
		return fd;
	close(fd);
	return -1;
}

unsigned doctor_free_port(void)
{
	struct sockaddr_in a = { 0 };
	socklen_t n = sizeof a;
	int fd = listener(0);

	if (fd < 0 || getsockname(fd, (struct sockaddr *)&a, &n) < 0)
		a.sin_port = 0;
	if (fd >= 0)
		close(fd);
	return ntohs(a.sin_port);
}

static void plant_port(struct planting *p)
{
	struct seen s = { .text = BUF_INIT(4096), .all = true };
	const char *key = arena_format(p->d->arena, "tcp/127.0.0.1/%u", p->port);
	size_t from = p->live.n;
	int64_t at = clock_monotonic();
	pid_t pid;

	if (doctor_is_watched(p, &kind_port, key, NULL))
		return;
	pid = fork();
	if (pid == 0) {
		(void)!listener(p->port);
		for (;;)
			pause();
	}
	doctor_seen(&s, "listening", at, pid,
		live_wait(&p->live, from, "port", key, "created", WAIT_MS));
	doctor_say_seen(p->d, "port", &kind_port, NULL, &s);
	end(pid);
}

/* ---- a mount ---- */

static int act_mount(void *ctx)
{
	return mount("invar-doctor", ctx, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=64k") <
	       0;
}

static void plant_mount(struct planting *p)
{
	struct seen s = { .text = BUF_INIT(4096), .all = true };
	const char *dir = arena_format(p->d->arena, "%s/mount", p->dir);
	size_t from = p->live.n;
	int64_t at;
	pid_t pid;

	if (doctor_is_watched(p, &kind_mount, dir, NULL))
		return;
	if (mkdir(dir, 0700) < 0)
		return;
	at = clock_monotonic();
	if (doctor_act(act_mount, (void *)(uintptr_t)dir, &pid) != 0) {
		not_planted(p, &kind_mount, "mounting is not allowed here");
		return;
	}
	doctor_seen(&s, "mounted", at, pid,
		live_wait(&p->live, from, "mount", dir, "created", WAIT_MS));
	(void)umount2(dir, MNT_DETACH);
	s.who = NULL; /* the kernel tells of mounts, and not by whom */
	doctor_say_seen(p->d, "mount", &kind_mount, NULL, &s);
}

/* ---- a service ---- */

const char *doctor_unit(struct doctor *d)
{
	static const char *const programs[] = { RUNNER, CONTROL };
	struct stat st;

	if (access("/run/systemd/system", F_OK) < 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(programs); i++)
		if (stat(programs[i], &st) < 0 || st.st_uid != 0 || (st.st_mode & 022))
			return NULL;
	return arena_format(d->arena, "invar-doctor-%d.service", (int)getpid());
}

static int run_quietly(const char *program, const char *const *argv)
{
	const char *const environment[] = { "PATH=/usr/bin:/bin", "LC_ALL=C", NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0) {
		(void)dup2(null, STDOUT_FILENO);
		(void)dup2(null, STDERR_FILENO);
	}
	execve(program, (char **)(uintptr_t)argv, (char **)(uintptr_t)environment);
	return 127;
}

/* Ends by itself at the latest, and is then forgotten by the service manager. */
static int act_service(void *ctx)
{
	const char *const argv[] = { RUNNER, "--quiet", "--collect", "--no-block", "--unit", ctx,
		"/bin/sleep", "30", NULL };

	return run_quietly(RUNNER, argv);
}

static int act_stop(void *ctx)
{
	const char *const argv[] = { CONTROL, "stop", ctx, NULL };

	return run_quietly(CONTROL, argv);
}

static void plant_service(struct planting *p)
{
	struct seen s = { .text = BUF_INIT(4096), .all = true };
	size_t from = p->live.n;
	int64_t at = clock_monotonic();
	pid_t pid;

	if (!p->unit) {
		not_planted(p, &kind_service, "there is no systemd here");
		return;
	}
	if (doctor_is_watched(p, &kind_service, p->unit, NULL))
		return;
	if (doctor_act(act_service, (void *)(uintptr_t)p->unit, &pid) != 0) {
		not_planted(p, &kind_service, "systemd refused a transient unit");
		return;
	}
	doctor_seen(&s, "started", at, pid,
		live_wait(&p->live, from, "service", p->unit, "created", WAIT_MS));
	(void)doctor_act(act_stop, (void *)(uintptr_t)p->unit, &pid);
	s.who = NULL; /* who asked systemd is not who started it */
	doctor_say_seen(p->d, "service", &kind_service, NULL, &s);
}

void doctor_plant_others(struct planting *p)
{
	static void (*const plants[])(
		struct planting * p) = { plant_process, plant_port, plant_mount, plant_service };

	for (size_t i = 0; i < ARRAY_LEN(plants) && !stop_asked(); i++)
		plants[i](p);
}
