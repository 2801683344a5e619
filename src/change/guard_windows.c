/* By our own program once more: Windows has no fork. It is told what a scan must know (the policy's
 * canonical text, the options, the secret), and then asked for one kind after the other. */
#include <stdlib.h>
#include <string.h>

#include "change/guard_process.h"
#include "core/cbor.h"
#include "core/mem.h"
#include "host/host.h"
#include "os/program.h"
#include "os/stop.h"
#include "os/windows/child.h"

#define WORD "rooms-of-a-scan" /* our first argument then; no command, and in no help */
#define MEMORY_MAX (UINT64_C(2) << 30)
#define SAY_MS 10000
#define SECRET_BYTES 32
#define NUMBERS 8 /* of the options */

enum order { ORDER_SCAN, ORDER_KIND };

/* What is said to it: its length in four bytes, then a CBOR array that begins with an order. */

/* ---- the process that listens ---- */

struct guard_process {
	struct child *child;
};

bool guard_process_is_asked(bool kept)
{
	(void)kept;
	return true;
}

long guard_process_owner(void)
{
	return program_pid();
}

static void put_spans(struct buf *b, const struct span *list, size_t n)
{
	cbor_put_array(b, list ? n : 0);
	for (size_t i = 0; list && i < n; i++)
		cbor_put_bytes(b, list[i]);
}

static void put_options(struct buf *b, const struct scan_options *o)
{
	const uint64_t numbers[NUMBERS] = { o->trust_stamps, o->jobs, (uint64_t)o->io_class,
		o->limit_rate, o->limit_cpu, o->deadline_ms, o->size_cap, o->file_seconds };

	cbor_put_array(b, NUMBERS);
	for (size_t i = 0; i < NUMBERS; i++)
		cbor_put_uint(b, numbers[i]);
}

static int say(struct guard_process *p, const struct buf *order, struct err *e)
{
	uint32_t n = (uint32_t)order->n;

	if (order->full)
		return err_set(e, ERR_LIMIT, "the policy is too long");
	if (child_say(p->child, span_from(&n, sizeof n), SAY_MS, e) < 0 ||
		child_say(p->child, buf_span(order), SAY_MS, e) < 0)
		return e->code;
	return 0;
}

static int say_scan(struct guard_process *p, const struct scan *s, struct err *e)
{
	const struct scan_options *o = s->options;
	AUTO(buf) policy = BUF_INIT(FRAME_MAX / 2);
	AUTO(buf) b = BUF_INIT(FRAME_MAX);

	policy_print(s->policy, &policy);
	cbor_put_array(&b, 6);
	cbor_put_uint(&b, ORDER_SCAN);
	cbor_put_bytes(&b, span_of(INVAR_VERSION)); /* the file may be another one by now */
	cbor_put_bytes(&b, buf_span(&policy));
	cbor_put_bytes(&b, o->secret ? span_from(o->secret, SECRET_BYTES) : SPAN_NONE);
	cbor_put_bytes(&b, span_of(o->spare));
	put_options(&b, o);
	if (policy.full)
		b.full = true;
	return say(p, &b, e);
}

int guard_process_start(struct guard_process **ret, struct scan *s, const struct kind *from,
	bool kept, struct err *e)
{
	const char *const arguments[] = { WORD, NULL };
	struct guard_process *p = mem_new(sizeof *p);

	(void)from, (void)kept;
	if (child_start(&p->child, arguments, MEMORY_MAX, e) < 0) {
		free(p);
		return e->code;
	}
	if (say_scan(p, s, e) < 0) {
		(void)guard_process_end(p, NULL);
		return e->code;
	}
	*ret = p;
	return 0;
}

void guard_process_ask(struct guard_process *p, const struct scan *s, const struct kind *k,
	bool begins)
{
	AUTO(buf) b = BUF_INIT(FRAME_MAX);
	struct err e;

	cbor_put_array(&b, 5);
	cbor_put_uint(&b, ORDER_KIND);
	cbor_put_uint(&b, k->id);
	cbor_put_bool(&b, begins);
	put_spans(&b, s->options->below, s->options->n_below);
	put_spans(&b, s->options->points, s->options->n_points);
	(void)!say(p, &b, &e);
}

bool guard_process_is_stopped(const struct guard_process *p)
{
	(void)p;
	return false;
}

int guard_process_hear(struct guard_process *p, void *ret, size_t n, unsigned ms)
{
	return child_hear(p->child, ret, n, ms);
}

bool guard_process_has_ended(struct guard_process *p)
{
	return child_has_word(p->child);
}

const char *guard_process_end(struct guard_process *p, struct arena *a)
{
	unsigned long code = 0;
	bool ended = child_end(p->child, &code);

	free(p);
	/* exceptions have the two upper bits set: 0xc0000005 is an access violation */
	if (!ended || !a || code == 0)
		return NULL;
	return code >> 30 == 3 ? arena_format(a, "by exception 0x%08lx", code)
			       : arena_format(a, "with status %lu", code);
}

/* ---- the process that looks ---- */

struct server {
	struct scan scan;
	struct scan_options options;
	struct check_summary summary;
	struct outlet outlet;
	struct policy *policy;
	struct problems problems;
	struct arena *kept;  /* of all scans */
	struct arena *asked; /* of the question at hand */
	struct buf in;
	uint8_t secret[SECRET_BYTES];
};

/* 1: *ret is the next whole order; 0: nobody asks any more. */
static int next_order(struct server *s, struct span *ret)
{
	bool tidied = false;
	uint32_t n = 0;

	buf_clear(&s->in);
	for (;;) {
		size_t need = s->in.n < sizeof n ? sizeof n - s->in.n : sizeof n + n - s->in.n;
		char *room;
		int got;

		if (s->in.n >= sizeof n && need == 0) {
			*ret = span_from_offset(buf_span(&s->in), sizeof n);
			return 1;
		}
		room = buf_room(&s->in, need);
		got = room ? child_listen(room, need, tidied ? IDLE_MS : TIDY_MS) : -1;
		if (got < 0 || (got == 0 && tidied))
			return 0;
		if (got == 0)
			guard_tidy(&s->scan);
		tidied = got == 0;
		s->in.n += (size_t)got;
		if (s->in.n == sizeof n)
			memcpy(&n, s->in.p, sizeof n);
		if (n > FRAME_MAX)
			return 0;
	}
}

static int get_options(struct cbor *c, struct scan_options *o, struct err *e)
{
	uint64_t numbers[NUMBERS], n = 0;

	if (cbor_get_array(c, &n, e) < 0)
		return e->code;
	if (n != NUMBERS)
		return err_set(e, ERR_FORMAT, "options of another form");
	for (size_t i = 0; i < NUMBERS; i++)
		if (cbor_get_uint(c, &numbers[i], e) < 0)
			return e->code;
	o->trust_stamps = numbers[0] != 0;
	o->jobs = (unsigned)numbers[1];
	o->io_class = (int)numbers[2];
	o->limit_rate = numbers[3];
	o->limit_cpu = (unsigned)numbers[4];
	o->deadline_ms = (unsigned)numbers[5];
	o->size_cap = numbers[6];
	o->file_seconds = (unsigned)numbers[7];
	return 0;
}

static int take_scan(struct server *s, struct cbor *c, struct err *e)
{
	struct span version, policy, secret, spare;

	if (s->policy)
		return err_set(e, ERR_FORMAT, "told twice");
	if (cbor_get_bytes(c, &version, e) < 0 || cbor_get_bytes(c, &policy, e) < 0 ||
		cbor_get_bytes(c, &secret, e) < 0 || cbor_get_bytes(c, &spare, e) < 0 ||
		get_options(c, &s->options, e) < 0)
		return e->code;
	if (!span_is(version, INVAR_VERSION))
		return err_set(e, ERR_VERSION, "another version");
	if (secret.n == SECRET_BYTES) {
		memcpy(s->secret, secret.p, SECRET_BYTES);
		s->options.secret = s->secret;
	}
	if (spare.n)
		s->options.spare = arena_text(s->kept, spare);
	if (policy_load_text(&s->policy, "policy", policy, false, &s->problems, e) < 0)
		return e->code;
	s->scan.policy = s->policy;
	s->scan.options = &s->options;
	s->scan.summary = &s->summary;
	s->scan.outlet = &s->outlet;
	scan_init(&s->scan);
	return 0;
}

static int get_spans(struct cbor *c, struct arena *a, struct span **ret, size_t *ret_n,
	struct err *e)
{
	uint64_t n = 0;

	if (cbor_get_array(c, &n, e) < 0)
		return e->code;
	if (n > FRAME_MAX / sizeof(struct span))
		return err_set(e, ERR_LIMIT, "too many paths");
	*ret = n ? arena_get(a, n * sizeof **ret) : NULL;
	for (size_t i = 0; i < n; i++) {
		if (cbor_get_bytes(c, &(*ret)[i], e) < 0)
			return e->code;
		(*ret)[i] = arena_copy(a, (*ret)[i]);
	}
	*ret_n = n;
	return 0;
}

static int take_kind(struct server *s, struct cbor *c, struct err *e)
{
	const struct kind *k;
	struct span *points = NULL;
	uint64_t id = 0;
	bool begins = false;

	if (!s->policy)
		return err_set(e, ERR_FORMAT, "asked before it was told");
	arena_clear(s->asked);
	if (cbor_get_uint(c, &id, e) < 0 || cbor_get_bool(c, &begins, e) < 0 ||
		get_spans(c, s->asked, &s->options.below, &s->options.n_below, e) < 0 ||
		get_spans(c, s->asked, &points, &s->options.n_points, e) < 0)
		return e->code;
	s->options.points = points;
	k = id < KIND_IDS ? kind_by_id((uint8_t)id) : NULL;
	if (begins && s->scan.host)
		host_renew(s->scan.host);
	if (k)
		guard_look_at(&s->scan, k);
	return 0;
}

static int take_order(struct server *s, struct span order, struct err *e)
{
	struct cbor c = cbor_of(order);
	uint64_t items, what;

	if (cbor_get_array(&c, &items, e) < 0 || cbor_get_uint(&c, &what, e) < 0)
		return e->code;
	return what == ORDER_SCAN ? take_scan(s, &c, e) : take_kind(s, &c, e);
}

/* What a library may print is not ours to say: frames have the pipe for themselves. */
static int serve(void)
{
	struct server *s = mem_new(sizeof *s);
	struct span order;
	struct err e;

	(void)stop_with_parent(0);
	s->kept = arena_new();
	s->asked = arena_new();
	s->in = BUF_INIT(FRAME_MAX + sizeof(uint32_t));
	outlet_init(&s->outlet, PROGRAM_OUTPUT);
	while (next_order(s, &order) > 0)
		if (take_order(s, order, &e) < 0)
			return 1;
	return 0;
}

bool guard_serves(int argc, char **argv, int *ret)
{
	if (argc != 2 || strcmp(argv[1], WORD) != 0)
		return false;
	*ret = serve();
	return true;
}
