/* A process of our own program that surveys. */
#ifndef AGENT_SURVEY_WINDOWS_CHILD_H
#define AGENT_SURVEY_WINDOWS_CHILD_H

#include <windows.h>

#include "agent/control/windows/pipe.h"
#include "agent/survey/survey.h"

struct survey_child {
	HANDLE process, job;
};

/* Its frames come through *ret_pipe (the caller's to free). */
int survey_child_start(struct survey_child *ret, struct pipe **ret_pipe,
	const struct survey_setup *setup, const struct survey_plan *plan, struct err *e) MUST_CHECK;
void survey_child_end(struct survey_child *c);

/* True: the program was started to be one, and was; *ret is its exit status. For main, before
 * anything else. */
bool survey_child_main(int argc, char **argv, int *ret);

/* The order as bytes, for the way through the pipe. */
void survey_order_encode(const struct survey_setup *setup, const struct survey_plan *plan,
	struct buf *ret);
/* What was ordered; texts and spans live in a, the policy text as well. ERR_FORMAT. */
struct survey_order {
	struct survey_setup setup; /* without its policy: */
	struct span policy;
	struct survey_plan plan;
};
int survey_order_decode(struct span bytes, struct arena *a, struct survey_order *ret,
	struct err *e) MUST_CHECK;

#endif
