/* A survey in an expendable process of its own: it reads the whole host, or a part, beside us,
 * holds no lock, and its memory goes when it ends. What it finds to differ is looked at again by
 * us. */
#ifndef AGENT_SURVEY_SURVEY_H
#define AGENT_SURVEY_SURVEY_H

#include <sys/types.h>

#include "change/pipeline.h"
#include "os/channel.h"

#define SURVEY_FRAME_MAX ((size_t)4 << 20)

/* What to survey. */
struct survey_plan {
	const char *name; /* "startup", "quick", "full", "repair" */
	enum observed observed;
	bool trust_stamps;
	const char *below; /* one path; NULL: everything */
	uint64_t kinds;    /* bit per kind id; 0: every kind */
	uint64_t reread;   /* bytes to read again all the same */
	/* Not to look at the host, but for files of these in the current tree (SURVEY_LINKED): an
	 * array of struct file_identity (names.h). Empty: none. */
	struct span inodes;
	struct span reread_after; /* stored key the last one came to; empty: the beginning */
};

enum survey_frame {
	SURVEY_DIFFERS,  /* kind id, key */
	SURVEY_GAP,      /* kind id, key, subtree, reason, text */
	SURVEY_LINKED,   /* path of a file with more names than one */
	SURVEY_POLLED,   /* path of a file to be polled, its change time; the most severe first */
	SURVEY_PROGRESS, /* entities, bytes */
	SURVEY_DONE, /* entities, bytes, gaps, from, to, entities read again, stored key reached */
	SURVEY_FAILED, /* code, text */
};

struct survey_setup {
	const char *state_dir;
	const struct policy *policy;
	struct scan_options options; /* limits; what to look at comes from the plan */
	unsigned pressure;           /* agent_config.pressure */
};

/* Where frames go; put may wait until there is room, flush until all is on its way. An error:
 * nobody listens any more. */
struct survey_sink {
	void *ctx;
	int (*put)(void *ctx, struct span frame, struct err *e);
	int (*flush)(void *ctx, struct err *e);
};

/* In the surveying process: the whole survey; the last frame is SURVEY_DONE or SURVEY_FAILED. */
void survey_do(const struct survey_setup *setup, const struct survey_plan *plan,
	const struct survey_sink *sink);

/* Begin (where there is fork): *ret_fd is the channel (nothing but reading) of process *ret_pid. */
int survey_start(const struct survey_setup *setup, const struct survey_plan *plan, pid_t *ret_pid,
	int *ret_fd, struct err *e) MUST_CHECK;

#endif
