#include "agent/survey.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "agent/polled.h"
#include "agent/pressure.h"
#include "core/cbor.h"
#include "entity/file.h"
#include "entity/key.h"
#include "os/clock.h"
#include "os/stop.h"
#include "store/tree.h"

#define LINKED_MAX 65536
#define PROGRESS_NS INT64_C(1000000000)
#define PAUSE_MS 200
#define PAUSES_MAX 150 /* in a row: then it goes on for one step, so that it ends some day */

struct surveying {
	struct channel channel;
	const struct survey_setup *setup;
	const struct survey_plan *plan;
	int64_t told;
};

static int tell_frame(struct surveying *s, struct buf *frame, struct err *e)
{
	if (frame->full)
		return err_set(e, ERR_LIMIT, "a frame of more than %zu bytes", frame->max);
	while (!channel_put(&s->channel, buf_span(frame)))
		if (channel_flush_all(&s->channel, -1, e) < 0)
			return e->code;
	return 0;
}

static int differs(void *ctx, const struct kind *k, struct span key, struct err *e)
{
	AUTO(buf) b = BUF_INIT(SURVEY_FRAME_MAX);

	cbor_put_array(&b, 3);
	cbor_put_uint(&b, SURVEY_DIFFERS);
	cbor_put_uint(&b, k->id);
	cbor_put_bytes(&b, key);
	return tell_frame(ctx, &b, e);
}

static int gap(void *ctx, const struct gap *g, struct err *e)
{
	AUTO(buf) b = BUF_INIT(SURVEY_FRAME_MAX);

	cbor_put_array(&b, 6);
	cbor_put_uint(&b, SURVEY_GAP);
	cbor_put_uint(&b, g->kind->id);
	cbor_put_bytes(&b, g->key);
	cbor_put_bool(&b, g->subtree);
	cbor_put_uint(&b, g->reason);
	cbor_put_bytes(&b, span_of(g->text));
	return tell_frame(ctx, &b, e);
}

/* Others wait for what we take: we wait, too. */
static void give_way(const struct survey_setup *setup)
{
	for (int i = 0; i < PAUSES_MAX && pressure_high(setup->pressure); i++)
		poll(NULL, 0, PAUSE_MS);
}

static void progress(void *ctx, uint64_t entities, uint64_t bytes, uint64_t expected)
{
	struct surveying *s = ctx;
	AUTO(buf) b = BUF_INIT(4096);
	int64_t now = clock_monotonic();
	struct err e;

	(void)expected;
	if (now - s->told < PROGRESS_NS)
		return;
	give_way(s->setup);
	s->told = clock_monotonic();
	cbor_put_array(&b, 3);
	cbor_put_uint(&b, SURVEY_PROGRESS);
	cbor_put_uint(&b, entities);
	cbor_put_uint(&b, bytes);
	if (tell_frame(s, &b, &e) < 0 || channel_flush_all(&s->channel, -1, &e) < 0)
		_exit(0); /* nobody listens any more */
}

static void put_done(struct buf *b, const struct check_summary *sum, const struct reread *r)
{
	uint64_t entities = 0;

	for (size_t i = 0; i < ARRAY_LEN(sum->entities); i++)
		entities += sum->entities[i];
	cbor_put_array(b, 8);
	cbor_put_uint(b, SURVEY_DONE);
	cbor_put_uint(b, entities);
	cbor_put_uint(b, sum->bytes);
	cbor_put_uint(b, sum->gaps);
	cbor_put_int(b, sum->started);
	cbor_put_int(b, sum->ended);
	cbor_put_uint(b, r->done);
	cbor_put_bytes(b, buf_span(&r->last));
}

static void put_failed(struct buf *b, const struct err *why)
{
	cbor_put_array(b, 3);
	cbor_put_uint(b, SURVEY_FAILED);
	cbor_put_uint(b, (uint64_t)-why->code);
	cbor_put_bytes(b, span_of(why->text));
}

/* ---- what the collector is to know of the current tree ---- */

/* Files with several names, which may be written by one that nobody watches; and those to poll. */
struct listing {
	struct surveying *to;
	struct arena *arena;
	unsigned linked, n_polled[SEVERITY_N];
	struct file_to_poll {
		struct file_to_poll *next;
		struct span path;
		int64_t ctime;
	} * polled[SEVERITY_N];
};

static void listing_done(struct listing *l)
{
	arena_freep(&l->arena);
}

static int send_linked(struct surveying *s, struct span path, struct err *e)
{
	AUTO(buf) b = BUF_INIT(SURVEY_FRAME_MAX);

	cbor_put_array(&b, 2);
	cbor_put_uint(&b, SURVEY_LINKED);
	cbor_put_bytes(&b, path);
	return tell_frame(s, &b, e);
}

static int send_polled(struct surveying *s, const struct file_to_poll *f, struct err *e)
{
	AUTO(buf) b = BUF_INIT(SURVEY_FRAME_MAX);

	cbor_put_array(&b, 3);
	cbor_put_uint(&b, SURVEY_POLLED);
	cbor_put_bytes(&b, f->path);
	cbor_put_int(&b, f->ctime);
	return tell_frame(s, &b, e);
}

/* Only what a severe rule watches the flags of. */
static void poll_it(struct listing *l, const struct record *r)
{
	struct selection sel;
	const struct rule *rule;
	struct file_to_poll *f;

	if (!record_has(r, FILE_CTIME) ||
		!policy_select(l->to->setup->policy, r->kind, r->key, r, &sel))
		return;
	rule = selection_rule(&sel, field_bit(FILE_FLAGS) | field_bit(FILE_PROJECT));
	if (!rule || !rule->real_time || rule->severity < SEVERITY_HIGH ||
		l->n_polled[rule->severity] >= POLLED_MAX)
		return;
	f = arena_get(l->arena, sizeof *f);
	f->path = arena_copy(l->arena, r->key);
	f->ctime = r->v[FILE_CTIME].time;
	f->next = l->polled[rule->severity];
	l->polled[rule->severity] = f;
	l->n_polled[rule->severity]++;
}

static int list_entry(struct listing *l, const struct tree_entry *entry, struct err *e)
{
	AUTO(buf) path = BUF_INIT(BUF_MAX_DEFAULT);
	struct record r = { .kind = &kind_file };
	const struct kind *k;

	if (record_decode(entry->shared, entry->local, &r, e) < 0 ||
		key_to_text(entry->key, &k, &path, e) < 0)
		return e->code;
	r.key = buf_span(&path);
	poll_it(l, &r);
	if (!record_has(&r, FILE_NLINK) || r.v[FILE_NLINK].number < 2 ||
		!record_has(&r, FILE_TYPE) || r.v[FILE_TYPE].number != FILE_REGULAR ||
		l->linked == LINKED_MAX)
		return 0;
	l->linked++;
	return send_linked(l->to, r.key, e);
}

static int send_all_polled(struct listing *l, struct err *e)
{
	unsigned sent = 0;

	for (unsigned s = SEVERITY_N; s-- > 0;)
		for (struct file_to_poll *f = l->polled[s]; f && sent < POLLED_MAX; f = f->next) {
			if (send_polled(l->to, f, e) < 0)
				return e->code;
			sent++;
		}
	return 0;
}

static int list_tree(struct surveying *s, struct store *store, struct err *e)
{
	AUTO(listing) l = { .to = s, .arena = arena_new() };
	AUTO_FREE(tree_cursor) cursor = NULL;
	const char first = (char)kind_file.id;
	struct tree_entry entry;
	struct tree_root root;
	int rc;

	if (store_root_get(store, ROOT_CURRENT, &root, e) < 0 ||
		tree_cursor_open(&cursor, store, &root, e) < 0 ||
		tree_cursor_seek(cursor, span_from(&first, 1), e) < 0)
		return e->code;
	while ((rc = tree_cursor_next(cursor, &entry, e)) > 0) {
		if (entry.key.n == 0 || entry.key.p[0] != first)
			break;
		if (list_entry(&l, &entry, e) < 0)
			return e->code;
	}
	return rc < 0 ? rc : send_all_polled(&l, e);
}

static int look(struct surveying *s, struct buf *ret, struct err *e)
{
	const struct survey_plan *plan = s->plan;
	struct scan_options o = s->setup->options;
	struct span below = plan->below ? span_of(plan->below) : SPAN_NONE;
	struct survey_listener l = { .ctx = s,
		.differs = differs,
		.gap = gap,
		.base = { .ctx = s, .progress = progress } };
	struct reread r = { .after = plan->reread_after,
		.most = plan->reread,
		.last = BUF_INIT(SURVEY_FRAME_MAX) };
	AUTO_FREE(store) store = NULL;
	struct check_summary sum;
	int rc;

	o.trust_stamps = plan->trust_stamps;
	o.kinds = plan->kinds;
	if (plan->below) {
		o.below = &below;
		o.n_below = 1;
	}
	if (store_open(&store, s->setup->state_dir, STORE_READ, e) < 0)
		return e->code;
	if (!plan->below && !plan->kinds && list_tree(s, store, e) < 0)
		return e->code;
	rc = pipeline_survey(store, s->setup->policy, &o, &r, &l, &sum, e);
	if (rc == 0)
		put_done(ret, &sum, &r);
	buf_done(&r.last);
	return rc;
}

static NORETURN void survey(const struct survey_setup *setup, const struct survey_plan *plan,
	int fd, pid_t parent)
{
	struct surveying s = { .setup = setup, .plan = plan };
	AUTO(buf) last = BUF_INIT(SURVEY_FRAME_MAX);
	struct err e = { 0 };

	if (!stop_with_parent(parent))
		_exit(0);
	prctl(PR_SET_NAME, "invar-survey");
	channel_init(&s.channel, fd, SURVEY_FRAME_MAX);
	if (look(&s, &last, &e) < 0)
		put_failed(&last, &e);
	if (tell_frame(&s, &last, &e) == 0)
		(void)!channel_flush_all(&s.channel, -1, &e);
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
