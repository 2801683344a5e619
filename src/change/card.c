#include "change/card.h"

#include "os/random.h"

struct card {
	struct card *next;
	struct span rule, id;
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

int card_for(struct cards *c, struct span rule, struct span *ret, struct err *e)
{
	char id[CARD_ID_BYTES];
	struct card *card;

	for (card = c->list; card; card = card->next)
		if (span_same(card->rule, rule)) {
			*ret = card->id;
			return 0;
		}
	if (make_id(id, c->time, e) < 0)
		return e->code;
	card = arena_get(c->arena, sizeof *card);
	card->rule = arena_copy(c->arena, rule);
	card->id = arena_copy(c->arena, (struct span){ id, sizeof id });
	card->next = c->list;
	c->list = card;
	*ret = card->id;
	return 0;
}
