/* The surveying process: our own program once more, which is told what to look at through its
 * standard input and says what it finds through its standard output, in frames. It is in a job that
 * ends it when we end. */
#include <stdlib.h>

#include "agent/collector/windows/collector_windows.h"
#include "agent/control/windows/pipe.h"
#include "agent/survey/windows/child.h"
#include "core/mem.h"

struct surveyor {
	struct collector *collector;
	struct survey_child child;
	struct pipe *pipe;
	struct loop_source *readable;
};

bool surveyor_runs(const struct collector *c)
{
	return c->windows->surveyor != NULL;
}

void surveyor_pause(struct collector *c)
{
	struct surveyor *s = c->windows->surveyor;

	loop_unhear(s->readable);
	s->readable = NULL;
}

static void on_readable(void *ctx)
{
	struct collector *c = ctx;
	struct surveyor *s = c->windows->surveyor;
	struct span frame;
	struct err e = { 0 };
	int rc = pipe_fill(s->pipe, &e);

	while (rc >= 0 && (rc = pipe_next(s->pipe, &frame, &e)) > 0)
		rc = survey_frame(c, frame, &e);
	(void)survey_frames_end(c, rc, &e);
}

void surveyor_resume(struct collector *c)
{
	struct surveyor *s = c->windows->surveyor;

	if (!s->readable)
		s->readable = loop_hear(c->loop, pipe_readable(s->pipe), on_readable, c);
}

void surveyor_stop(struct collector *c)
{
	struct surveyor *s = c->windows->surveyor;

	if (!s)
		return;
	loop_unhear(s->readable);
	survey_child_end(&s->child);
	pipe_free(s->pipe);
	free(s);
	c->windows->surveyor = NULL;
}

int surveyor_start(struct collector *c, const struct survey_setup *setup,
	const struct survey_plan *plan, struct err *e)
{
	struct surveyor *s = mem_new(sizeof *s);

	s->collector = c;
	if (survey_child_start(&s->child, &s->pipe, setup, plan, e) < 0) {
		free(s);
		return e->code;
	}
	c->windows->surveyor = s;
	surveyor_resume(c);
	if (s->readable)
		return 0;
	surveyor_stop(c);
	return err_set(e, ERR_LIMIT, "too many objects to wait for");
}
