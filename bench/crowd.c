/* A crowd of processes with listening sockets, for bench/kinds.py: this many copies of ourselves,
 * each with its share of TCP listeners at addresses of 127/8, until standard input ends. They are
 * started with exec, so that each has a memory map, a command line and an executable as programs
 * have. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/attr.h"

#define PORT 20000

static const char usage[] =
	"usage: crowd PROCESSES SOCKETS-EACH FIRST\n"
	"  FIRST tells several crowds apart: the number of the first process (0 to 65535).\n"
	"Prints \"ready\", ends when standard input does.\n";

static NORETURN void die(const char *what)
{
	fprintf(stderr, "crowd: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned number(const char *text, unsigned max)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end || n > max) {
		fputs(usage, stderr);
		exit(2);
	}
	return (unsigned)n;
}

static void listen_at(unsigned process, unsigned port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(0x7f010000u + process);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 1) < 0)
		die("cannot listen");
}

/* One of the crowd: says so with a byte, and waits. */
static NORETURN void be_one(unsigned process, unsigned sockets, int ready)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned i = 0; i < sockets; i++)
		listen_at(process, PORT + i);
	if (write(ready, "", 1) != 1)
		exit(1);
	close(ready);
	for (;;)
		pause();
}

static void start_one(const char *self, unsigned process, const char *sockets, int ready)
{
	char name[16], fd[16];
	pid_t pid = fork();

	if (pid < 0)
		die("cannot fork");
	if (pid > 0)
		return;
	snprintf(name, sizeof name, "%u", process);
	snprintf(fd, sizeof fd, "%d", ready);
	execl(self, self, "--one", name, sockets, fd, (char *)NULL);
	die("cannot start myself");
}

int main(int argc, char **argv)
{
	unsigned processes, first;
	int ends[2];
	char byte;

	if (argc == 5 && strcmp(argv[1], "--one") == 0)
		be_one(number(argv[2], 65535), number(argv[3], 1000), (int)number(argv[4], 1000));
	if (argc != 4) {
		fputs(usage, stderr);
		return 2;
	}
	processes = number(argv[1], 30000);
	first = number(argv[3], 65535);
	if (pipe(ends) < 0)
		die("cannot make a pipe");
	for (unsigned i = 0; i < processes; i++) {
		start_one("/proc/self/exe", first + i, argv[2], ends[1]);
		if (read(ends[0], &byte, 1) != 1)
			die("one of the crowd failed");
	}
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		continue;
	return 0; /* the others die with us */
}
