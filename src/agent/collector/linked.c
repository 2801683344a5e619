/* Files that get another name while we watch. What is done by that name is heard of under a name
 * that nobody may watch; so the names of the file that are watched are looked for in the current
 * tree (by a process that may be lost), the watcher is told of them, and they are looked at once
 * more, for what happened before it knew. */
#include <stdlib.h>
#include <string.h>

#include "agent/collector/state.h"
#include "agent/survey/names.h"
#include "core/mem.h"
#include "entity/file.h"
#include "os/clock.h"

#define INODES_MAX 4096
#define WAIT_NS INT64_C(300000000)
#define PACE 20 /* searching takes at most a 20th of the time */
#define REASON "it got another name, by which it may have been changed before that was known"

struct linking {
	struct file_identity inode[INODES_MAX];
	size_t n;
	bool searching;
	int64_t next; /* monotonic ns: no search before */
	struct timer *due;
};

static void wait_for(struct linking *l)
{
	int64_t wait = l->next - clock_monotonic();

	if (l->searching || l->n == 0 || timer_waits(l->due))
		return;
	if (wait < WAIT_NS)
		wait = WAIT_NS;
	timer_start(l->due, wait);
}

static void search(void *ctx)
{
	struct collector *c = ctx;
	struct linking *l = c->linking;
	struct job *j = job_new("names", OBSERVED_REALTIME, NULL, 0);

	buf_add(&j->inodes, l->inode, l->n * sizeof *l->inode);
	l->n = 0;
	l->searching = true;
	job_add(c, j);
}

void linked_heard(struct collector *c, const struct other_name *x)
{
	struct linking *l = c->linking;

	if (!l) {
		l = c->linking = mem_new(sizeof *l);
		l->due = timer_new(c->loop, search, c);
	}
	for (size_t i = 0; i < l->n; i++)
		if (l->inode[i].inode == x->inode && l->inode[i].device == x->device)
			return;
	if (l->n == INODES_MAX) {
		const struct loss_note loss = { .means = span_of("collector"),
			.kind = &kind_file,
			.scope = span_of("/"),
			.from = clock_now(),
			.to = clock_now(),
			.text = span_of(
				"more files got another name at once than could be kept in mind") };

		l->n = 0;
		losses_survey(c, &loss);
		return;
	}
	l->inode[l->n++] = (struct file_identity){ x->device, x->inode };
	wait_for(l);
}

void linked_known(struct collector *c, struct span path, const struct record *is)
{
	if (file_has_names(is))
		collector_ask(c, REQUEST_LINKED, 0, path);
}

void linked_record(struct collector *c, const struct ledger_record *r)
{
	if (r->type == RECORD_CHANGE && r->change.kind == &kind_file && r->change.is)
		linked_known(c, r->change.key, r->change.is);
}

void linked_found(struct collector *c, struct span path)
{
	const struct look_again l = { .kind = &kind_file,
		.key = path,
		.observed = OBSERVED_REALTIME,
		.who_unknown = span_of(REASON) };

	collector_ask(c, REQUEST_LINKED, 0, path);
	look_hint(c, &l);
}

void linked_searched(struct collector *c, const struct job *j)
{
	int64_t now = clock_monotonic();
	struct file_identity x;

	c->linking->searching = false;
	c->linking->next = now + (now - j->began) * PACE;
	/* it was not done: once more */
	for (size_t i = 0; j->err.code < 0 && i < j->inodes.n / sizeof x; i++) {
		memcpy(&x, j->inodes.p + i * sizeof x, sizeof x);
		linked_heard(c, &(struct other_name){ x.device, x.inode });
	}
	wait_for(c->linking);
}

bool linked_waits(const struct collector *c)
{
	return c->linking && c->linking->n > 0;
}

void linked_stop(struct collector *c)
{
	if (!c->linking)
		return;
	timer_free(c->linking->due);
	free(c->linking);
	c->linking = NULL;
}
