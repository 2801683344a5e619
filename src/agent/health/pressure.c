#include "agent/health/pressure.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "core/attr.h"

#define PAUSE_MS 200
#define PAUSES_MAX 150 /* in a row: then it goes on for one step, so that it ends some day */

int pressure_parse(struct span text)
{
	static const char head[] = "some avg10=";
	int percent = 0;
	size_t at = sizeof head - 1;

	if (!span_starts(text, span_of(head)) || at == text.n)
		return -1;
	for (; at < text.n && text.p[at] >= '0' && text.p[at] <= '9' && percent < 1000; at++)
		percent = percent * 10 + (text.p[at] - '0');
	return at < text.n && text.p[at] == '.' ? percent : -1;
}

static int read_one(const char *folder, const char *name)
{
	char path[4096], text[256];
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof text);
	close(fd);
	return n > 0 ? pressure_parse(span_from(text, (size_t)n)) : -1;
}

bool pressure_high(const char *folder, unsigned percent)
{
	static const char *const files[] = { "cpu", "io", "memory" };

	for (size_t i = 0; percent && i < ARRAY_LEN(files); i++)
		if (read_one(folder, files[i]) > (int)percent)
			return true;
	return false;
}

void pressure_wait(const char *folder, unsigned percent)
{
	for (int i = 0; i < PAUSES_MAX && pressure_high(folder, percent); i++)
		poll(NULL, 0, PAUSE_MS);
}
