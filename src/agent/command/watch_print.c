#include "agent/command/watch_print.h"

#include <stdio.h>
#include <string.h>

#include "agent/control/client.h"
#include "os/stop.h"

int watch_print(void *ctx, const struct ledger_record *r, struct err *e)
{
	struct session *s = ctx;

	s->style.now = r->time;
	/* That a folder's time moved because of what is told beside it is for programs. */
	if (!s->json && !s->full && r->type == RECORD_CHANGE &&
		r->change.verdict == VERDICT_COSMETIC)
		return 0;
	if (session_log(s, r, e) < 0)
		return e->code;
	return session_flush(s, e);
}

/* ---- beside an agent ---- */

static int print_stored(void *ctx, const struct agent_record *r, struct err *e)
{
	AUTO_FREE(arena) arena = arena_new();
	struct ledger_record x;

	if (ledger_record_decode(r->body, arena, &x, e) < 0)
		return e->code;
	x.seq = r->seq;
	x.chained = r->prev.n == sizeof x.prev;
	if (x.chained)
		memcpy(x.prev, r->prev.p, sizeof x.prev);
	return watch_print(ctx, &x, e) < 0 ? e->code : stop_asked();
}

static int look_up(void *ctx, struct err *e)
{
	(void)ctx, (void)e;
	return stop_asked();
}

int watch_follow(struct session *s, struct err *e)
{
	struct client client = { 0 };
	struct client_follow f = { s, print_stored, look_up };
	int rc = client_open(&client, s->state_dir, e);

	if (rc < 0)
		return rc == ERR_MISSING ? 0 : rc;
	if (!s->json)
		fputs("invar: the agent runs; what it records is shown\n", stderr);
	rc = client_follow(&client, &f, e);
	client_done(&client);
	return rc < 0 ? rc : 1;
}
