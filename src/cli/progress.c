#include "cli/progress.h"

#include <stdio.h>

#include "core/time.h"
#include "os/clock.h"
#include "os/program.h"
#include "os/terminal.h"

#define WIDTH_DEFAULT 80

void progress_init(struct progress *p, const struct session *s)
{
	*p = (struct progress){ .on = !s->plain && terminal_is(PROGRAM_ERRORS),
		.started = clock_monotonic(),
		.width = terminal_width(PROGRAM_ERRORS) };
	if (!p->width)
		p->width = WIDTH_DEFAULT;
}

void progress_left(struct buf *line, int64_t spent, uint64_t entities, uint64_t expected)
{
	double done = (double)entities / (double)expected;
	int64_t left;

	/* the first second says little, and a tree that has grown has no end we know */
	if (entities == 0 || entities >= expected || spent < TIME_SECOND)
		return;
	buf_addf(line, ", %.0f%%, ", done * 100);
	left = (int64_t)((double)spent / done * (1 - done)) / TIME_SECOND * TIME_SECOND;
	text_duration(line, left ? left : TIME_SECOND);
	buf_add_text(line, " left");
}

void progress_show(struct progress *p, uint64_t entities, uint64_t bytes, uint64_t expected)
{
	AUTO(buf) line = BUF_INIT(1024);
	int64_t spent = clock_monotonic() - p->started;
	double seconds = (double)spent / (double)TIME_SECOND;

	if (!p->on)
		return;
	text_count(&line, entities);
	buf_add_text(&line, " seen, ");
	text_bytes(&line, bytes);
	buf_add_text(&line, " read");
	if (seconds > 0.1) {
		buf_add_text(&line, " (");
		text_bytes(&line, (uint64_t)((double)bytes / seconds));
		buf_add_text(&line, "/s)");
	}
	if (expected)
		progress_left(&line, spent, entities, expected);
	fprintf(stderr, "\r\x1b[K%.*s", (int)p->width - 1, buf_text(&line));
	fflush(stderr);
	p->shown = true;
}

void progress_clear(struct progress *p)
{
	if (!p->shown)
		return;
	fputs("\r\x1b[K", stderr);
	fflush(stderr);
	p->shown = false;
}
