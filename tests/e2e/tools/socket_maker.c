/* Many sockets and processes, for measuring: socket_maker PROCESSES SOCKETS FIRST-PORT. Prints
 * "ready" and waits until it is killed; the children go with it. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static int listen_on(unsigned n, unsigned first)
{
	/* more than there are ports: each address of 127/8 has its own */
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((in_port_t)(first + n % 10000)),
		.sin_addr.s_addr = htonl(0x7f000001 + n / 10000) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 8) < 0;
}

int main(int argc, char **argv)
{
	unsigned processes, sockets, first;
	int done[2];
	char c;

	if (argc != 4 || pipe(done) < 0)
		return 2;
	processes = (unsigned)atoi(argv[1]);
	sockets = (unsigned)atoi(argv[2]);
	first = (unsigned)atoi(argv[3]);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 65536, 65536 });
	for (unsigned i = 0; i < processes; i++) {
		pid_t child = fork();

		if (child < 0) {
			perror("fork");
			return 1;
		}
		if (child > 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (unsigned k = i; k < sockets; k += processes)
			if (listen_on(k, first)) {
				perror("listen");
				_exit(1);
			}
		close(done[1]);
		pause();
		_exit(0);
	}
	close(done[1]);
	if (read(done[0], &c, 1) == 0) { /* the last of them has closed its end */
		puts("ready");
		fflush(stdout);
	}
	pause();
	return 0;
}
