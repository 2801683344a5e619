/* Records of the agent's own, that no observation is behind. */
#include "change/journal.h"
#include "os/clock.h"

static int add_all(struct journal *j, struct ledger_record *records, size_t n,
	const struct record_with *with, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (journal_add(j, &records[i], e) < 0)
			return e->code;
	if (with && with->write(with->ctx, j->last, e) < 0)
		return e->code;
	return store_commit(j->store, e);
}

static int record(struct journal *j, struct ledger_record *records, size_t n,
	const struct record_with *with, const struct check_listener *l, struct err *e)
{
	if (n == 0)
		return 0;
	if (store_begin(j->store, e) < 0)
		return e->code;
	if (add_all(j, records, n, with, e) < 0) {
		store_rollback(j->store);
		return e->code;
	}
	return journal_tell(j, l, e);
}

int pipeline_record(struct store *s, struct ledger_record *records, size_t n,
	const struct check_listener *l, uint64_t *ret_seq, struct err *e)
{
	AUTO(journal) j;

	journal_init(&j, s, clock_now());
	if (record(&j, records, n, NULL, l, e) < 0)
		return e->code;
	if (ret_seq)
		*ret_seq = j.last;
	return 0;
}

int pipeline_record_with(struct store *s, struct ledger_record *records, size_t n,
	const struct record_with *with, const struct check_listener *l, struct err *e)
{
	AUTO(journal) j;

	journal_init(&j, s, clock_now());
	return record(&j, records, n, with, l, e);
}
