#include "agent/service/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int notify_fd = -1;

static void open_socket(const char *name)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t n = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || n >= sizeof to.sun_path)
		return;
	memcpy(to.sun_path, name, n);
	if (name[0] == '@')
		to.sun_path[0] = '\0'; /* an abstract one */
	notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (notify_fd >= 0 &&
		connect(notify_fd, (const struct sockaddr *)&to,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) < 0) {
		close(notify_fd);
		notify_fd = -1;
	}
}

void notify_open(int64_t *ret_watchdog)
{
	const char *name = getenv("NOTIFY_SOCKET"), *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	long long limit = usec ? strtoll(usec, NULL, 10) : 0;

	if (name)
		open_socket(name);
	if (limit <= 0 || limit > INT64_MAX / 1000 || notify_fd < 0 ||
		(pid && strtol(pid, NULL, 10) != getpid()))
		limit = 0;
	*ret_watchdog = limit * 1000;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void notify_say(const char *fmt, ...)
{
	char text[1024];
	va_list args;
	int n;

	if (notify_fd < 0)
		return;
	va_start(args, fmt);
	n = vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	if (n > 0 && (size_t)n < sizeof text)
		(void)!send(notify_fd, text, (size_t)n, MSG_NOSIGNAL);
}
