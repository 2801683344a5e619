#include "agent/link/windows/routes.h"

#include <errno.h>
#include <process.h>
#include <stdlib.h>

#include "agent/link/link.h"
#include "agent/link/serve.h"
#include "agent/log.h"
#include "agent/loop/windows/loop_hear.h"
#include "core/mem.h"
#include "os/file.h"
#include "os/machine.h"

#define SPOOL "link"                  /* below the state folder, as on Linux */
#define LOOK_EVERY (30 * LANE_SECOND) /* at the ledger, when nobody said that it grew */
#define SOON (LANE_SECOND / 50)       /* what is written together is told together */
#define END_MS 10000                  /* a thread that does not end by then is left behind */

/* Of the thread alone, but for the two marked. */
struct link_own {
	struct routes *routes;
	struct store *store; /* NULL: it could not be opened */
	struct timer *look;
	char said[256]; /* what went wrong last, so that it is told once */
};

struct routes {
	struct link link;
	struct link_own own;
	struct arena *arena; /* paths, the host's name */
	const struct agent_config *config;
	const char *state_dir;
	struct span host;
	HANDLE wrote, end, said, thread;
	SRWLOCK lock; /* of state, which both sides use */
	struct buf state;
};

/* ---- the thread ---- */

static void trouble(struct routes *r, const struct err *e)
{
	if (strncmp(r->own.said, e->text, sizeof r->own.said - 1) == 0)
		return;
	snprintf(r->own.said, sizeof r->own.said, "%.255s", e->text);
	log_say(LOG_LEVEL_ERROR, "routes cannot read the ledger: %s", e->text);
}

static void on_report(void *ctx)
{
	struct routes *r = ctx;

	AcquireSRWLockExclusive(&r->lock);
	buf_clear(&r->state);
	link_state(&r->link, &r->state);
	ReleaseSRWLockExclusive(&r->lock);
	SetEvent(r->said);
}

struct head {
	uint64_t seq;
	uint8_t ledger[DIGEST_BYTES];
	bool any;
};

static int find_head(struct routes *r, struct head *ret, struct err *e)
{
	uint8_t head[DIGEST_BYTES];

	if (!r->own.store && store_open(&r->own.store, r->state_dir, STORE_READ, e) < 0)
		return e->code;
	if (ledger_last(r->own.store, &ret->seq, head, e) < 0)
		return e->code;
	return ledger_id(r->own.store, ret->ledger, &ret->any, e);
}

static void on_look(void *ctx)
{
	struct routes *r = ctx;
	struct head head;
	struct err e;

	if (find_head(r, &head, &e) < 0)
		trouble(r, &e);
	else if (!r->link.head_known || head.seq != r->link.head)
		link_head(&r->link, head.seq, r->host,
			span_from(head.ledger, head.any ? sizeof head.ledger : 0));
	timer_start(r->own.look, LOOK_EVERY);
}

/* As the collector would send it on Linux: what is too long to be sent is told as a note. */
static int fetch(struct routes *r, uint64_t from, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) frame = BUF_INIT(AGENT_FRAME_MAX);
	struct agent_message m;

	if (serve_records(r->own.store, from, BATCH_RECORDS, &frame, e) < 0 ||
		agent_decode(buf_span(&frame), PARTY_COLLECTOR, PARTY_LINK, a, &m, e) < 0)
		return e->code;
	link_records(&r->link, from, m.records, m.n_records);
	return 0;
}

/* What cannot be read now is tried again when the ledger is next looked at. */
static void on_turn(void *ctx)
{
	struct routes *r = ctx;
	uint64_t from;
	struct err e;

	if (!r->own.store || !link_wants(&r->link, &from) || fetch(r, from, &e) == 0)
		return;
	trouble(r, &e);
	store_freep(&r->own.store);
	r->link.head_known = false;
}

static void on_wrote(void *ctx)
{
	struct routes *r = ctx;

	ResetEvent(r->wrote);
	timer_start(r->own.look, SOON);
}

static void on_end(void *ctx)
{
	struct routes *r = ctx;

	loop_end(r->link.loop);
}

static unsigned WINAPI run(void *ctx)
{
	struct routes *r = ctx;
	struct link *k = &r->link;
	struct loop_source *wrote = loop_hear(k->loop, r->wrote, on_wrote, r);
	struct loop_source *end = loop_hear(k->loop, r->end, on_end, r);

	link_lanes(k, r->config->routes);
	timer_start(r->own.look, 0);
	loop_run(k->loop);
	link_lanes_done(k);
	timer_free(r->own.look);
	loop_unhear(wrote);
	loop_unhear(end);
	loop_free(k->loop);
	store_close(r->own.store);
	buf_done(&k->host);
	return 0;
}

/* ---- the collector's side ---- */

static void discard(struct routes *r)
{
	const HANDLE all[] = { r->wrote, r->end, r->said, r->thread };

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i])
			CloseHandle(all[i]);
	buf_done(&r->state);
	arena_freep(&r->arena);
	free(r);
}

static int prepare(struct routes *r, struct err *e)
{
	AUTO(buf) host = BUF_INIT(4096);

	r->link.spool = file_join(r->arena, r->state_dir, SPOOL);
	if (file_make_folder(r->link.spool) < 0 && errno != EEXIST)
		return err_sys(e, "cannot make '%.300s'", r->link.spool);
	if (machine_name(&host, e) < 0)
		return e->code;
	r->host = arena_copy(r->arena, buf_span(&host));
	r->wrote = CreateEventW(NULL, TRUE, FALSE, NULL);
	r->said = CreateEventW(NULL, TRUE, FALSE, NULL);
	r->end = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (!r->wrote || !r->said || !r->end)
		return err_set(e, ERR_SYSTEM, "cannot make an event");
	return loop_new(&r->link.loop, e);
}

static int start(struct routes *r, struct err *e)
{
	struct link *k = &r->link;

	if (prepare(r, e) < 0)
		return e->code;
	k->own = &r->own;
	k->host = BUF_INIT(4096);
	k->turn = timer_new(k->loop, on_turn, r);
	k->report = timer_new(k->loop, on_report, r);
	r->own.look = timer_new(k->loop, on_look, r);
	r->thread = (HANDLE)_beginthreadex(NULL, 0, run, r, 0, NULL);
	if (r->thread)
		return 0;
	timer_free(k->turn);
	timer_free(k->report);
	timer_free(r->own.look);
	loop_free(k->loop);
	return err_set(e, ERR_SYSTEM, "cannot start a thread");
}

int routes_new(struct routes **ret, const struct agent_config *config, const char *state_dir,
	struct err *e)
{
	struct routes *r;

	*ret = NULL;
	if (!config || !config->routes || !config->routes[0])
		return 0;
	r = mem_new(sizeof *r);
	r->arena = arena_new();
	r->config = config;
	r->state_dir = arena_text(r->arena, span_of(state_dir));
	r->state = BUF_INIT(BUF_MAX_DEFAULT);
	InitializeSRWLock(&r->lock);
	if (start(r, e) < 0) {
		discard(r);
		return e->code;
	}
	*ret = r;
	return 0;
}

bool routes_freep(struct routes **r)
{
	struct routes *x = *r;

	*r = NULL;
	if (!x)
		return true;
	SetEvent(x->end);
	if (WaitForSingleObject(x->thread, END_MS) != WAIT_OBJECT_0)
		return false;
	discard(x);
	return true;
}

void routes_wrote(struct routes *r)
{
	if (r)
		SetEvent(r->wrote);
}

HANDLE routes_said(const struct routes *r)
{
	return r->said;
}

void routes_state(struct routes *r, struct buf *ret)
{
	AcquireSRWLockShared(&r->lock);
	buf_add_span(ret, buf_span(&r->state));
	ReleaseSRWLockShared(&r->lock);
}
