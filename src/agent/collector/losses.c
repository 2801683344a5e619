/* What was not heard of: it is recorded, surveyed, and not forgotten until that is recorded as
 * well, by whatever agent comes to it. */
#include <stdlib.h>
#include <string.h>

#include "agent/collector/state.h"
#include "core/mem.h"
#include "os/clock.h"

#define VALUE_OPEN "open-losses" /* seqs of those without a repair, in words */
#define OPEN_BYTES ((size_t)LOSSES_MAX * sizeof "18446744073709551615 ")

/* ---- those without a repair ---- */

/* What is open once these records are there. */
struct open {
	struct collector *collector;
	const struct job *repairs; /* its losses are not open any more; NULL: one more is */
	uint64_t seq[LOSSES_MAX];
	size_t n;
	uint64_t last; /* the seq of the last record */
};

static bool repairs(const struct job *j, uint64_t seq)
{
	for (size_t i = 0; j && i < j->n_losses; i++)
		if (j->losses[i] == seq)
			return true;
	return false;
}

/* Of more than there is room for, the ledger alone tells. */
static int write_open(void *ctx, uint64_t last, struct err *e)
{
	AUTO(buf) text = BUF_INIT(OPEN_BYTES);
	struct open *o = ctx;
	struct collector *c = o->collector;

	o->last = last;
	for (size_t i = 0; i < c->n_open_losses; i++)
		if (!repairs(o->repairs, c->open_losses[i]))
			o->seq[o->n++] = c->open_losses[i];
	if (!o->repairs && o->n < LOSSES_MAX)
		o->seq[o->n++] = last;
	for (size_t i = 0; i < o->n; i++)
		buf_addf(&text, "%llu ", (unsigned long long)o->seq[i]);
	return store_value_set(c->store, VALUE_OPEN, buf_span(&text), e);
}

static int record(struct collector *c, struct open *o, struct ledger_record *r, size_t n,
	struct err *e)
{
	struct check_listener l = collector_listener(c);
	int rc =
		pipeline_record_with(c->store, r, n, &(struct record_with){ write_open, o }, &l, e);

	if (rc < 0)
		return rc;
	memcpy(c->open_losses, o->seq, o->n * sizeof *o->seq);
	c->n_open_losses = o->n;
	return 0;
}

void losses_left(struct collector *c, struct job *j)
{
	AUTO(buf) text = BUF_INIT(OPEN_BYTES);
	const char *at;
	char *end;
	struct err e;

	if (store_value_get(c->store, VALUE_OPEN, &text, &e) < 0)
		return;
	for (at = buf_text(&text); c->n_open_losses < LOSSES_MAX; at = end) {
		uint64_t seq = strtoull(at, &end, 10);

		if (end == at)
			return;
		c->open_losses[c->n_open_losses++] = seq;
		survey_repairs(j, seq);
		c->losses++;
	}
}

/* ---- one ---- */

int losses_record(struct collector *c, struct job *j, struct err *e)
{
	struct open o = { .collector = c };

	if (record(c, &o, j->unrecorded, 1, e) < 0)
		return e->code;
	survey_repairs(j, o.last);
	free(j->unrecorded);
	j->unrecorded = NULL;
	return 0;
}

int losses_repaired(struct collector *c, const struct job *j, struct ledger_record *records,
	size_t n, struct err *e)
{
	struct open o = { .collector = c, .repairs = j };

	if (n && record(c, &o, records, n, e) < 0)
		return e->code;
	c->repairs += j->n_losses;
	return 0;
}

int losses_keep(struct collector *c, struct job *j, const struct loss_note *l, struct err *e)
{
	c->losses++;
	j->arena = arena_new();
	j->unrecorded = mem_new(sizeof *j->unrecorded);
	j->unrecorded->type = RECORD_LOSS;
	j->unrecorded->loss = *l;
	if (l->from > l->to) /* the clock was set back between */
		j->unrecorded->loss.from = l->to;
	j->unrecorded->loss.means = arena_copy(j->arena, l->means);
	j->unrecorded->loss.scope = arena_copy(j->arena, l->scope);
	j->unrecorded->loss.text = arena_copy(j->arena, l->text);
	return losses_record(c, j, e);
}

void losses_survey(struct collector *c, const struct loss_note *l)
{
	struct err e = { 0 };
	struct job *j;

	j = job_new("repair", OBSERVED_RECOVERED, NULL, l->kind ? UINT64_C(1) << l->kind->id : 0);
	(void)!losses_keep(c, j, l, &e); /* else with its repair */
	if (l->scope.n > 1) {
		j->below = mem_text(arena_copy(j->arena, l->scope).p);
		j->plan.below = j->below;
	}
	job_add(c, j);
}

void losses_deaf(struct collector *c, const struct loss_note *l)
{
	struct job *j = job_new("repair", OBSERVED_RECOVERED, NULL, 0);
	struct err e = { 0 };

	(void)!losses_keep(c, j, l, &e); /* else with its repair */
	survey_later(c, j);
}
