/* The surveying process, in the loop. */
#include <event2/event.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/collector/state.h"

void surveyor_stop(struct collector *c)
{
	if (c->survey_pid <= 0)
		return;
	kill(c->survey_pid, SIGKILL);
	/* One stuck in a file system that does not answer is left behind. */
	for (int i = 0; i < 100 && waitpid(c->survey_pid, NULL, WNOHANG) == 0; i++)
		usleep(2000);
	c->survey_pid = 0;
	event_free(c->survey.readable);
	close(c->survey.channel.fd);
	channel_done(&c->survey.channel);
	c->survey = (struct line){ 0 };
}

bool surveyor_runs(const struct collector *c)
{
	return c->survey_pid > 0;
}

void surveyor_pause(struct collector *c)
{
	event_del(c->survey.readable);
}

void surveyor_resume(struct collector *c)
{
	event_add(c->survey.readable, NULL);
	event_active(c->survey.readable, EV_READ, 0);
}

static void on_survey(evutil_socket_t fd, short what, void *ctx)
{
	struct collector *c = ctx;
	struct span frame;
	struct err e = { 0 };
	int rc = channel_fill(&c->survey.channel, &e);

	(void)fd, (void)what;
	while (rc >= 0 && (rc = channel_next(&c->survey.channel, &frame, &e)) > 0)
		rc = survey_frame(c, frame, &e);
	(void)survey_frames_end(c, rc, &e);
}

int surveyor_start(struct collector *c, const struct survey_setup *setup,
	const struct survey_plan *plan, struct err *e)
{
	int fd;

	if (survey_start(setup, plan, &c->survey_pid, &fd, e) < 0)
		return e->code;
	channel_init(&c->survey.channel, fd, SURVEY_FRAME_MAX);
	c->survey.readable = event_new(c->base, fd, EV_READ | EV_PERSIST, on_survey, c);
	event_add(c->survey.readable, NULL);
	collector_ask(c, REQUEST_OWN, (uint32_t)c->survey_pid, SPAN_NONE);
	return 0;
}
