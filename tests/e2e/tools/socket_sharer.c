/* Sockets that many processes have inherited: socket_sharer PARENTS CHILDREN SOCKETS FIRST-PORT
 * [named]. Each parent opens its own listeners and has children that keep all of them. Prints
 * "ready" and waits until it is killed; the others go with it. named: each child calls itself
 * otherwise. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define BIND_TRIES 2000
#define BIND_AGAIN_US 10000

static int listen_on(unsigned n, unsigned first)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((in_port_t)(first + n)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), tries = BIND_TRIES;

	/* Those that had them before, and were killed, take a while to close them all. */
	while (fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) < 0) {
		if (errno != EADDRINUSE || --tries == 0)
			return -1;
		usleep(BIND_AGAIN_US);
	}
	return fd < 0 || listen(fd, 8) < 0;
}

static void wait_to_be_killed(void)
{
	for (;;)
		pause();
}

static void share(unsigned children, unsigned sockets, unsigned first, int named)
{
	char name[24];

	for (unsigned i = 0; i < sockets; i++)
		if (listen_on(i, first)) {
			perror("listen");
			_exit(1);
		}
	for (unsigned i = 0; i < children; i++) {
		pid_t child = fork();

		if (child < 0) {
			perror("fork");
			_exit(1);
		}
		if (child == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			snprintf(name, sizeof name, "child-%u", i);
			if (named)
				prctl(PR_SET_NAME, name);
			wait_to_be_killed();
		}
	}
}

int main(int argc, char **argv)
{
	unsigned parents, children, sockets, first;
	int done[2];
	char c = 0;

	if (argc < 5 || pipe(done) < 0)
		return 2;
	parents = (unsigned)atoi(argv[1]);
	children = (unsigned)atoi(argv[2]);
	sockets = (unsigned)atoi(argv[3]);
	first = (unsigned)atoi(argv[4]);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 65536, 65536 });
	for (unsigned i = 0; i < parents; i++) {
		pid_t parent = fork();

		if (parent < 0) {
			perror("fork");
			return 1;
		}
		if (parent > 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		share(children, sockets, first + i * sockets, argc > 5);
		if (write(done[1], &c, 1) != 1)
			_exit(1);
		wait_to_be_killed();
	}
	close(done[1]);
	for (unsigned i = 0; i < parents; i++)
		if (read(done[0], &c, 1) != 1)
			return 1;
	puts("ready");
	fflush(stdout);
	wait_to_be_killed();
}
