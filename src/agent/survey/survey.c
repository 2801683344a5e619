/* A survey's process: a fork of ours. */
#include "agent/survey/survey.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "os/stop.h"

static int put(void *ctx, struct span frame, struct err *e)
{
	struct channel *c = ctx;

	while (!channel_put(c, frame))
		if (channel_flush_all(c, -1, e) < 0)
			return e->code;
	return 0;
}

static int flush(void *ctx, struct err *e)
{
	return channel_flush_all(ctx, -1, e);
}

static NORETURN void survey(const struct survey_setup *setup, const struct survey_plan *plan,
	int fd, pid_t parent)
{
	struct channel channel;
	struct survey_sink sink = { &channel, put, flush };

	if (!stop_with_parent(parent))
		_exit(0);
	prctl(PR_SET_NAME, "invar-survey");
	channel_init(&channel, fd, SURVEY_FRAME_MAX);
	survey_do(setup, plan, &sink);
	_exit(0);
}

int survey_start(const struct survey_setup *setup, const struct survey_plan *plan, pid_t *ret_pid,
	int *ret_fd, struct err *e)
{
	pid_t parent = getpid(), pid;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		survey(setup, plan, ends[1], parent);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return err_sys(e, "cannot start a process");
	}
	*ret_pid = pid;
	*ret_fd = ends[0];
	return 0;
}
