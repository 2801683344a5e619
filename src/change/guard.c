#include "change/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cbor.h"
#include "core/mem.h"
#include "host/host.h"
#include "os/clock.h"
#include "store/stage.h"

#define FLUSH ((size_t)48 << 10)
#define READ_BYTES ((size_t)64 << 10)
#define FRAME_MAX ((size_t)64 << 20)
#define PIPE_BYTES (1 << 20)
#define TICK_MS 100
#define DEADLINE_MS 5000 /* for one operation, when the options do not say */
#define ALIVE_NS INT64_C(1000000000)
#define SILENCE 6     /* deadlines without a word from a sensor: it hangs */
#define DEATH_MS 2000 /* after SIGKILL; longer: stuck in the kernel, and left alone */
#define IDLE_MS 90000 /* one that is kept and not asked ends */
#define TIDY_MS 1000  /* … and gives memory back before */
#define LOOKS_MAX 500 /* then a new one: what rooms leave behind does not pile up */

/* What goes through the pipe: its length in four bytes, then a CBOR array that begins with one of
 * these. */
enum frame {
	FRAME_ENTITY, /* key, shared, local, unknown fields */
	FRAME_GAP,    /* kind id, key, subtree, reason, errno, text */
	FRAME_END,    /* kind id */
	FRAME_ALIVE,  /* nothing but that it goes on */
};

/* ---- the process that looks ---- */

struct outlet {
	int fd;
	struct buf frames, one;
	int64_t spoke; /* when it was last said that we go on */
};

static void flush(struct outlet *o)
{
	for (size_t at = 0; at < o->frames.n;) {
		ssize_t n = write(o->fd, o->frames.p + at, o->frames.n - at);

		if (n < 0 && errno != EINTR)
			_exit(0); /* nobody listens any more */
		at += n > 0 ? (size_t)n : 0;
	}
	buf_clear(&o->frames);
}

static struct buf *frame_begin(struct outlet *o, enum frame type, unsigned items)
{
	buf_clear(&o->one);
	cbor_put_array(&o->one, items + 1);
	cbor_put_uint(&o->one, type);
	return &o->one;
}

static void frame_end(struct outlet *o)
{
	uint32_t n = (uint32_t)o->one.n;

	if (o->one.full)
		return; /* larger than anything we accept: the entity counts as not seen */
	buf_add(&o->frames, &n, sizeof n);
	buf_add_span(&o->frames, buf_span(&o->one));
	if (o->frames.n >= FLUSH)
		flush(o);
}

void outlet_entity(struct outlet *o, const struct observation *x)
{
	struct buf *b = frame_begin(o, FRAME_ENTITY, 4);

	cbor_put_bytes(b, x->key);
	cbor_put_bytes(b, x->shared);
	cbor_put_bytes(b, x->local);
	cbor_put_uint(b, x->unknown);
	frame_end(o);
}

void outlet_gap(struct outlet *o, const struct gap *g)
{
	struct buf *b = frame_begin(o, FRAME_GAP, 6);

	cbor_put_uint(b, g->kind->id);
	cbor_put_bytes(b, g->key);
	cbor_put_bool(b, g->subtree);
	cbor_put_uint(b, g->reason);
	cbor_put_uint(b, (uint64_t)(g->sys > 0 ? g->sys : 0));
	cbor_put_bytes(b, span_of(g->text));
	frame_end(o);
}

void outlet_alive(struct outlet *o)
{
	int64_t now = clock_monotonic();

	if (now - o->spoke < ALIVE_NS)
		return;
	o->spoke = now;
	(void)frame_begin(o, FRAME_ALIVE, 0);
	frame_end(o);
	flush(o);
}

/* What an entity was refused for must not silence those behind it. */
static void tell_failed(struct scan *s, const struct kind *k)
{
	if (!atomic_load(&s->failed))
		return;
	scan_gap_err(s, k, SPAN_NONE, true, &s->err);
	atomic_store(&s->failed, false);
}

static void look_at(struct scan *s, const struct kind *k)
{
	for (const struct sensor *const *p = s->sensors; *p; p++) {
		struct err why = { 0 };

		if ((*p)->kind != k || !scan_runs(s, *p))
			continue;
		if ((*p)->scan(s, &why) < 0)
			scan_gap_err(s, k, SPAN_NONE, true, &why);
	}
	tell_failed(s, k);
	arena_clear(s->arena);
	cbor_put_uint(frame_begin(s->outlet, FRAME_END, 1), k->id);
	frame_end(s->outlet);
	flush(s->outlet);
}

/* The terminal's interrupt is for the parent, which ends us. What a library may print is not ours
 * to print. */
static void settle_in(pid_t parent)
{
	static const int deaf[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct rlimit none = { 0, 0 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (size_t i = 0; i < ARRAY_LEN(deaf); i++)
		sigaction(deaf[i], &ignore, NULL);
	setrlimit(RLIMIT_CORE, &none);
	for (int fd = 0; null >= 0 && fd <= 2; fd++)
		dup2(null, fd);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "invar-rooms");
	if (getppid() != parent)
		_exit(0);
}

static NORETURN void look(struct scan *s, const struct kind *from, int fd, pid_t parent)
{
	struct outlet outlet = { fd, BUF_INIT(FRAME_MAX * 2), BUF_INIT(FRAME_MAX), 0 };

	settle_in(parent);
	s->outlet = &outlet;
	for (unsigned id = from->id; id < KIND_IDS; id++) {
		const struct kind *k = kind_by_id((uint8_t)id);

		if (k && scan_wants(s, k) && !scan_sorted(s, k) && scan_asks_kind(s, k))
			look_at(s, k);
	}
	_exit(0);
}

/* ---- the same, kept from one scan to the next ---- */

struct request {
	uint8_t kind;
	bool begins; /* another scan */
};

/* Nothing of the owner's but these two: one that is stuck would hold on to it. */
static void let_go(int a, int b)
{
	unsigned low = (unsigned)(a < b ? a : b), high = (unsigned)(a < b ? b : a);

	if (low > 3)
		(void)!close_range(3, low - 1, 0);
	if (high > low + 1)
		(void)!close_range(low + 1, high - 1, 0);
	(void)!close_range(high + 1, ~0U, 0);
}

static bool is_asked(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int rc;
	do
		rc = poll(&p, 1, ms);
	while (rc < 0 && errno == EINTR);
	return rc != 0;
}

/* A look uses several times what is kept for the next. */
static void tidy(struct scan *s)
{
	if (s->host)
		host_renew(s->host);
	malloc_trim(0);
}

static bool next_request(struct scan *s, int fd, struct request *ret)
{
	if (!is_asked(fd, TIDY_MS)) {
		tidy(s);
		if (!is_asked(fd, IDLE_MS))
			return false;
	}
	return read(fd, ret, sizeof *ret) == (ssize_t)sizeof *ret;
}

/* What the scan it was started in points to is where it was: nothing returns from here. */
static NORETURN void serve(struct scan *s, int fd, int requests, pid_t parent)
{
	struct outlet outlet = { fd, BUF_INIT(FRAME_MAX * 2), BUF_INIT(FRAME_MAX), 0 };
	struct request r;

	settle_in(parent);
	let_go(fd, requests);
	s->outlet = &outlet;
	s->listener = NULL;
	while (next_request(s, requests, &r)) {
		const struct kind *k = r.kind < KIND_IDS ? kind_by_id(r.kind) : NULL;

		if (r.begins && s->host)
			host_renew(s->host);
		if (k)
			look_at(s, k);
	}
	_exit(0);
}

/* ---- the process that listens ---- */

struct guard {
	struct scan *scan; /* the one at hand; NULL: between scans */
	bool kept;         /* asked for each kind, and there for the next scan as well */
	pid_t owner;       /* kept: whose child it is */
	char *root;        /* kept: of the options it was started with */
	int requests;      /* kept; else -1 */
	unsigned looks;    /* kept: since it was started */
	bool begun;        /* kept: of this scan it knows */
	bool asked;        /* kept: and has not said yet that this was all */
	bool spoke;        /* kept: since it was asked */
	pid_t child;       /* 0: none */
	int fd;
	struct buf in;
	size_t at;     /* of in, used up */
	int64_t heard; /* when the child last said something */
};

static bool is_silent(const struct guard *g)
{
	unsigned ms = g->scan->options->deadline_ms;

	return clock_monotonic() - g->heard > (ms ? ms : DEADLINE_MS) * SILENCE * INT64_C(1000000);
}

struct guard *guard_new(struct scan *s)
{
	struct guard *g = mem_new(sizeof *g);

	g->scan = s;
	g->fd = g->requests = -1;
	g->in = BUF_INIT(FRAME_MAX + READ_BYTES + sizeof(uint32_t));
	return g;
}

static void close_both(const int ends[2])
{
	for (unsigned i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
}

static int open_ends(struct guard *g, int ends[2], int requests[2], struct err *e)
{
	if (g->kept && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, requests) < 0)
		return err_sys(e, "cannot make a pair of sockets");
	if (pipe2(ends, O_CLOEXEC) < 0) {
		close_both(requests);
		return err_sys(e, "cannot make a pipe");
	}
	fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES);
	return 0;
}

static int start(struct guard *g, const struct kind *from, struct err *e)
{
	int ends[2] = { -1, -1 }, requests[2] = { -1, -1 };
	pid_t parent = getpid();

	if (open_ends(g, ends, requests, e) < 0)
		return e->code;
	g->child = fork();
	if (g->child == 0 && g->kept)
		serve(g->scan, ends[1], requests[1], parent);
	if (g->child == 0) {
		close(ends[0]);
		look(g->scan, from, ends[1], parent);
	}
	if (g->child < 0) {
		g->child = 0;
		(void)err_sys(e, "cannot start a process");
		close_both(ends);
		close_both(requests);
		return e->code;
	}
	close(ends[1]);
	if (g->kept)
		close(requests[1]);
	g->fd = ends[0];
	g->requests = requests[0];
	g->looks = 0;
	fcntl(g->fd, F_SETFL, O_NONBLOCK);
	g->heard = clock_monotonic();
	buf_clear(&g->in);
	g->at = 0;
	return 0;
}

/* *ret_status as of waitpid; -1: it would not die, and is left behind. */
static void stop(struct guard *g, int *ret_status)
{
	int64_t until = clock_monotonic() + DEATH_MS * INT64_C(1000000);

	*ret_status = -1;
	if (!g->child)
		return;
	kill(g->child, SIGKILL);
	while (waitpid(g->child, ret_status, WNOHANG) == 0 && clock_monotonic() < until)
		poll(NULL, 0, 1);
	close(g->fd);
	if (g->requests >= 0)
		close(g->requests);
	g->fd = g->requests = -1;
	g->child = 0;
	g->asked = false;
}

void guard_free(struct guard *g)
{
	int status;

	if (!g)
		return;
	/* A fork of its owner must leave it alone. */
	if (g->kept && g->owner != getpid())
		return;
	stop(g, &status);
	buf_done(&g->in);
	free(g->root);
	free(g);
}

void guard_freep(struct guard **g)
{
	guard_free(*g);
	*g = NULL;
}

static int take_gap(struct guard *g, struct cbor *c, struct err *e)
{
	uint64_t id, reason, sys;
	struct span text;
	struct gap gap = { 0 };

	if (cbor_get_uint(c, &id, e) < 0 || cbor_get_bytes(c, &gap.key, e) < 0 ||
		cbor_get_bool(c, &gap.subtree, e) < 0 || cbor_get_uint(c, &reason, e) < 0 ||
		cbor_get_uint(c, &sys, e) < 0 || cbor_get_bytes(c, &text, e) < 0)
		return e->code;
	gap.kind = id < KIND_IDS ? kind_by_id((uint8_t)id) : NULL;
	if (!gap.kind || reason >= GAP_N || sys > INT32_MAX)
		return err_set(e, ERR_FORMAT, "a gap of no kind");
	gap.reason = (enum gap_reason)reason;
	gap.sys = (int)sys;
	gap.text = arena_text(g->scan->arena, text);
	scan_gap(g->scan, &gap);
	return 0;
}

static int take_entity(struct guard *g, struct cbor *c, struct err *e)
{
	struct observation o;

	if (cbor_get_bytes(c, &o.key, e) < 0 || cbor_get_bytes(c, &o.shared, e) < 0 ||
		cbor_get_bytes(c, &o.local, e) < 0 || cbor_get_uint(c, &o.unknown, e) < 0)
		return e->code;
	scan_stage(g->scan, &o);
	return 0;
}

/* 1: that was the end of kind k. */
static int take(struct guard *g, struct span frame, const struct kind *k, struct err *e)
{
	struct cbor c = cbor_of(frame);
	uint64_t items, type, id;

	if (cbor_get_array(&c, &items, e) < 0 || cbor_get_uint(&c, &type, e) < 0)
		return e->code;
	switch (type) {
	case FRAME_ENTITY:
		return take_entity(g, &c, e);
	case FRAME_GAP:
		return take_gap(g, &c, e);
	case FRAME_END:
		if (cbor_get_uint(&c, &id, e) < 0)
			return e->code;
		return id == k->id;
	case FRAME_ALIVE:
		return 0;
	default:
		return err_set(e, ERR_FORMAT, "a frame of no kind");
	}
}

/* 1: *ret is the next whole frame, valid until more is read. */
static int next_frame(struct guard *g, struct span *ret)
{
	struct span rest = span_from_offset(buf_span(&g->in), g->at);
	uint32_t n;

	if (rest.n < sizeof n)
		return 0;
	memcpy(&n, rest.p, sizeof n);
	if (n > FRAME_MAX || rest.n - sizeof n < n)
		return 0;
	*ret = span_from(rest.p + sizeof n, n);
	g->at += sizeof n + n;
	return 1;
}

/* 1: something came; 0: nothing did within a tick; -1: nothing will any more. */
static int hear(struct guard *g)
{
	struct pollfd p = { .fd = g->fd, .events = POLLIN };
	char *room;
	ssize_t n;

	if (poll(&p, 1, TICK_MS) <= 0)
		return 0;
	if (g->in.n > g->at)
		memmove(g->in.p, g->in.p + g->at, g->in.n - g->at);
	g->in.n -= g->at;
	g->at = 0;
	room = buf_room(&g->in, READ_BYTES);
	n = room ? read(g->fd, room, READ_BYTES) : 0;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -1;
	g->in.n += (size_t)n;
	g->spoke = true;
	g->heard = clock_monotonic();
	return 1;
}

/* What is known of the kind stays, but for what was delivered. */
static void lose(struct guard *g, const struct kind *k, bool silent)
{
	struct gap gap = { .kind = k, .subtree = true, .reason = silent ? GAP_TIMEOUT : GAP_IO };
	int status;

	stop(g, &status);
	if (silent)
		gap.text = "did not answer";
	else if (status != -1 && WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		gap.text = arena_format(g->scan->arena, "the sensor ended by signal %d (%s)",
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		gap.text = "the sensor ended before it was done";
	scan_gap(g->scan, &gap);
}

/* ---- kept ---- */

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

struct guard *guard_kept(struct guard *old, struct scan *s)
{
	const char *root = s->options->root;
	struct guard *g = old;

	if (g && (g->owner != getpid() || !same_text(g->root, root)))
		guard_freep(&g);
	if (!g) {
		g = guard_new(s);
		g->kept = true;
		g->owner = getpid();
		g->root = root ? mem_text(root) : NULL;
	}
	g->scan = s;
	g->begun = false;
	return g;
}

void guard_rest(struct guard *g)
{
	int status;

	g->scan = NULL;
	/* What it would say now is nobody's answer. */
	if (g->asked || g->looks >= LOOKS_MAX)
		stop(g, &status);
}

/* Nothing should come from it now. */
static bool has_ended(const struct guard *g)
{
	struct pollfd p = { .fd = g->fd, .events = POLLIN };

	return poll(&p, 1, 0) != 0;
}

static int ask(struct guard *g, const struct kind *k, struct err *e)
{
	struct request r = { .kind = k->id };
	int status;

	if (g->child && has_ended(g))
		stop(g, &status);
	if (!g->child && start(g, k, e) < 0)
		return e->code;
	r.begins = !g->begun;
	g->looks += r.begins;
	g->begun = g->asked = true;
	g->spoke = false;
	/* Where it has just ended there will be no answer. */
	(void)!send(g->requests, &r, sizeof r, MSG_NOSIGNAL);
	return 0;
}

/* One that was there before may have ended for what has nothing to do with this kind. */
static bool may_try_again(const struct guard *g, bool fresh)
{
	return g->kept && !fresh && !g->spoke;
}

static int begin(struct guard *g, const struct kind *k, bool *ret_fresh, struct err *e)
{
	pid_t before = g->child;

	if (g->kept ? ask(g, k, e) < 0 : !g->child && start(g, k, e) < 0)
		return e->code;
	*ret_fresh = g->child != before;
	g->heard = clock_monotonic();
	return 0;
}

int guard_kind(struct guard *g, const struct kind *k, struct err *e)
{
	bool fresh = true;
	struct span frame;
	int r = 0, status;

	if (begin(g, k, &fresh, e) < 0)
		return e->code;
	while (r == 0) {
		while (r == 0 && next_frame(g, &frame) > 0)
			r = take(g, frame, k, e);
		if (r < 0)
			return r;
		scan_tick(g->scan);
		if (scan_stopped(g->scan))
			return err_set(e, ERR_INTERRUPTED, "interrupted");
		if (r > 0)
			break;
		r = hear(g);
		if (r < 0 && may_try_again(g, fresh)) {
			stop(g, &status);
			r = begin(g, k, &fresh, e);
			if (r < 0)
				return r;
		} else if (r < 0 || (r == 0 && is_silent(g))) {
			lose(g, k, r == 0);
			return 0;
		}
		r = 0;
	}
	g->asked = false;
	return 0;
}
