#include "cli/observe.h"

#include "core/time.h"
#include "os/person.h"
#include "os/stop.h"

#define KINDS_SAID 4 /* by name; of more their number */

static int hear_record(void *ctx, const struct ledger_record *r, struct err *e)
{
	struct observing *o = ctx;

	progress_clear(&o->progress);
	return o->record ? o->record(o->ctx, r, e) : 0;
}

static void hear_progress(void *ctx, uint64_t entities, uint64_t bytes, uint64_t expected)
{
	struct observing *o = ctx;

	progress_show(&o->progress, entities, bytes, expected);
}

static bool hear_stop(void *ctx)
{
	(void)ctx;
	return stop_asked();
}

struct check_listener observing_listener(struct observing *o, struct session *s)
{
	o->session = s;
	o->by = BUF_INIT(4096);
	person_running(&o->by);
	progress_init(&o->progress, s);
	return (struct check_listener){ .ctx = o,
		.record = hear_record,
		.progress = hear_progress,
		.stop = hear_stop,
		.by = buf_span(&o->by) };
}

void observing_done(struct observing *o)
{
	progress_clear(&o->progress);
	buf_done(&o->by);
}

uint64_t summary_total(const struct check_summary *sum)
{
	uint64_t total = 0;

	for (size_t i = 0; i < ARRAY_LEN(sum->entities); i++)
		total += sum->entities[i];
	return total;
}

static size_t kinds_seen(const struct check_summary *sum)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(sum->entities); i++)
		n += sum->entities[i] != 0;
	return n;
}

void summary_entities(struct buf *ret, const struct check_summary *sum)
{
	const char *between = "";

	if (kinds_seen(sum) > KINDS_SAID) {
		text_plural(ret, summary_total(sum), "entity");
		buf_addf(ret, " of %zu kinds", kinds_seen(sum));
		return;
	}

	for (size_t i = 0; kinds[i]; i++) {
		uint64_t n = sum->entities[kinds[i]->id];

		if (!n)
			continue;
		buf_add_text(ret, between);
		text_plural(ret, n, kinds[i]->noun ? kinds[i]->noun : kinds[i]->name);
		between = ", ";
	}
	if (!*between)
		buf_add_text(ret, "nothing");
}

void summary_speed(struct buf *ret, const struct check_summary *sum)
{
	double seconds = (double)(sum->ended - sum->started) / (double)TIME_SECOND;

	buf_add_text(ret, "in ");
	text_duration(ret, sum->ended - sum->started);
	buf_add_text(ret, " (");
	text_bytes(ret, sum->bytes);
	buf_add_text(ret, " read");
	if (seconds > 0.01 && summary_total(sum)) {
		buf_add_text(ret, ", ");
		text_count(ret, (uint64_t)((double)summary_total(sum) / seconds));
		buf_add_text(ret, " a second");
	}
	buf_add_char(ret, ')');
}
