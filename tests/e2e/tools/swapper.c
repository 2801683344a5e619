/* Exchanges two names as fast as it can, and sees who looks into a folder meanwhile.
 *
 *     swapper ONE OTHER SECRET-FOLDER
 *
 * Prints "ready"; at SIGTERM the number of exchanges and how often something in SECRET-FOLDER was
 * opened or read. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

static volatile sig_atomic_t ended;

static void end(int sig)
{
	(void)sig;
	ended = 1;
}

static unsigned long looks(int watch)
{
	static _Alignas(8) char bytes[1 << 16];
	unsigned long n = 0;
	ssize_t got;

	while ((got = read(watch, bytes, sizeof bytes)) > 0)
		for (ssize_t at = 0; at < got;) {
			const struct inotify_event *e = (const void *)(bytes + at);

			n++;
			at += (ssize_t)(sizeof *e + e->len);
		}
	return n;
}

int main(int argc, char **argv)
{
	unsigned long rounds = 0;
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (argc != 4 || watch < 0 || inotify_add_watch(watch, argv[3], IN_OPEN | IN_ACCESS) < 0) {
		perror("swapper");
		return 1;
	}
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = end }, NULL);
	puts("ready");
	fflush(stdout);
	for (; !ended; rounds++) {
		if (renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE) < 0) {
			perror("swapper");
			return 1;
		}
		/* Two cores: without a pause the other side would rarely see both states. */
		if (rounds % 16 == 0)
			usleep(50);
	}
	/* leave them as they were */
	if (rounds % 2 && renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE) < 0)
		return 1;
	printf("%lu exchanges, %lu looks\n", rounds, looks(watch));
	return 0;
}
