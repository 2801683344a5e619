#include "change/card.h"

#include "change/subject.h"
#include "core/cbor.h"
#include "core/sha256.h"
#include "os/random.h"

#define THINGS_MAX 1000 /* more in one run are told by their rules alone: the list is searched */
#define APART_NS INT64_C(60000000000) /* changes further apart are another action */

struct card {
	struct card *next;
	struct span text, id; /* of a rule, or what subject_of says */
};

/* As a ULID: 48 bits of milliseconds, 80 random ones, in Crockford's base 32; sorts by time. */
static int make_id(char ret[CARD_ID_BYTES], int64_t time, struct err *e)
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint64_t ms = (uint64_t)(time / 1000000);
	uint8_t random[16];

	if (random_bytes(random, sizeof random, e) < 0)
		return e->code;
	for (int i = 9; i >= 0; i--, ms >>= 5)
		ret[i] = digits[ms & 31];
	for (size_t i = 0; i < sizeof random; i++)
		ret[10 + i] = digits[random[i] & 31];
	return 0;
}

/* ---- by whom ---- */

enum origin { ORIGIN_SESSION, ORIGIN_PROCESS, ORIGIN_UNIT, ORIGIN_SUBJECT };

/* The first of all that it came from, but for pid 1. */
static void put_process(struct buf *b, const struct who *w)
{
	uint32_t pid = w->pid;
	int64_t started = w->started;

	for (size_t i = 0; i < w->n_ancestry && w->ancestry[i].pid > 1; i++) {
		pid = w->ancestry[i].pid;
		started = w->ancestry[i].started;
	}
	cbor_put_uint(b, ORIGIN_PROCESS);
	cbor_put_uint(b, pid);
	cbor_put_int(b, started);
}

static void digest_origin(const struct who *w, uint8_t ret[32])
{
	AUTO(buf) b = BUF_INIT((size_t)1 << 20);

	if (w->session != WHO_NONE) {
		cbor_put_uint(&b, ORIGIN_SESSION);
		cbor_put_uint(&b, w->session);
		cbor_put_uint(&b, w->login_uid);
	} else if (w->unit.n && (w->n_ancestry == 0 || w->ancestry[0].pid <= 1)) {
		cbor_put_uint(&b, ORIGIN_UNIT);
		cbor_put_bytes(&b, w->unit);
	} else {
		put_process(&b, w);
	}
	sha256_once(b.p, b.n, ret);
}

static bool goes_on(const struct open_card *card, int64_t time)
{
	return card->last && time - card->last <= APART_NS && card->last - time <= APART_NS;
}

/* The card of this origin that goes on at this time, or the place for another one: a free one, or
 * the one that was quiet for longest. *ret_new: it is to be made. */
static struct open_card *find_open(struct card_memory *m, const uint8_t origin[32], int64_t time,
	bool *ret_new)
{
	struct open_card *oldest = &m->open[0];

	*ret_new = false;
	for (size_t i = 0; i < ARRAY_LEN(m->open); i++) {
		struct open_card *card = &m->open[i];

		if (card->last && memcmp(card->origin, origin, sizeof card->origin) == 0) {
			*ret_new = !goes_on(card, time);
			return card;
		}
		if (card->last < oldest->last)
			oldest = card;
	}
	*ret_new = true;
	return oldest;
}

static int card_by_origin(struct cards *c, const uint8_t origin[32], const struct change *x,
	struct span *ret, struct err *e)
{
	int64_t time = x->happened ? x->happened : c->time;
	struct open_card *card;
	bool new;

	card = find_open(c->memory, origin, time, &new);
	if (new) {
		if (make_id(card->id, c->time, e) < 0)
			return e->code;
		memcpy(card->origin, origin, sizeof card->origin);
		card->last = 0;
	}
	if (card->last < time)
		card->last = time;
	*ret = arena_copy(c->arena, span_from(card->id, sizeof card->id));
	return 0;
}

/* ---- by what it is about, and by rule ---- */

static int card_by_text(struct cards *c, struct span text, struct span *ret, struct err *e)
{
	char id[CARD_ID_BYTES];
	struct card *card;

	for (card = c->list; card; card = card->next)
		if (span_same(card->text, text)) {
			*ret = card->id;
			return 0;
		}
	if (make_id(id, c->time, e) < 0)
		return e->code;
	card = arena_get(c->arena, sizeof *card);
	card->text = arena_copy(c->arena, text);
	card->id = arena_copy(c->arena, (struct span){ id, sizeof id });
	card->next = c->list;
	c->list = card;
	c->n++;
	*ret = card->id;
	return 0;
}

/* The digest of what is known of it across runs. */
static void digest_subject(struct span subject, uint8_t ret[32])
{
	AUTO(buf) b = BUF_INIT(BUF_MAX_DEFAULT);

	cbor_put_uint(&b, ORIGIN_SUBJECT);
	cbor_put_bytes(&b, subject);
	sha256_once(b.p, b.n, ret);
}

int card_for(struct cards *c, const struct change *x, struct span *ret, struct err *e)
{
	AUTO(buf) subject = BUF_INIT(BUF_MAX_DEFAULT);
	uint8_t origin[32];

	if (x->who && c->memory) {
		digest_origin(x->who, origin);
		return card_by_origin(c, origin, x, ret, e);
	}
	if (c->n > THINGS_MAX || !subject_of(x->kind, x->key, &subject))
		return card_by_text(c, x->rule, ret, e);
	/* What a scan finds comes at once, and must not push out those who are at work. */
	if (!c->memory || x->observed != OBSERVED_REALTIME)
		return card_by_text(c, buf_span(&subject), ret, e);
	digest_subject(buf_span(&subject), origin);
	return card_by_origin(c, origin, x, ret, e);
}
