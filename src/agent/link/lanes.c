/* All lanes of a link, wherever its records come from. */
#include <stdlib.h>

#include "agent/link/link.h"
#include "core/mem.h"
#include "os/clock.h"

#define REPORT_EVERY LANE_SECOND
#define REPORT_SOON (LANE_SECOND / 1000) /* what comes together is told together */

void link_turn(struct link *k)
{
	timer_start(k->turn, 0);
}

void link_dirty(struct link *k)
{
	int64_t left = k->reported + REPORT_EVERY - clock_monotonic();

	if (k->dirty || !k->report)
		return;
	k->dirty = true;
	timer_start(k->report, k->reported && left > 0 ? left : REPORT_SOON);
}

void link_lanes(struct link *k, const struct route *const *routes)
{
	size_t n = 0;

	while (routes && routes[n])
		n++;
	k->lanes = mem_array(n ? n : 1, sizeof *k->lanes);
	for (k->n = 0; k->n < n; k->n++)
		lane_init(&k->lanes[k->n], k, routes[k->n]);
	link_dirty(k);
}

void link_lanes_done(struct link *k)
{
	timer_free(k->report);
	k->report = NULL;
	for (size_t i = 0; i < k->n; i++)
		lane_done(&k->lanes[i]);
	free(k->lanes);
	k->lanes = NULL;
	k->n = 0;
	timer_free(k->turn);
	k->turn = NULL;
}

bool link_wants(struct link *k, uint64_t *ret_from)
{
	bool any = false;

	for (size_t i = 0; i < k->n; i++) {
		uint64_t from;

		if (!lane_wants(&k->lanes[i], &from))
			continue;
		if (!any || from < *ret_from)
			*ret_from = from;
		any = true;
	}
	return any;
}

void link_records(struct link *k, uint64_t from, const struct agent_record *records, size_t n)
{
	uint64_t wanted, last;

	if (n == 0) { /* nothing there after all: until we hear of more */
		if (k->head >= from)
			k->head = from - 1;
		return;
	}
	last = records[n - 1].seq;
	for (size_t i = 0; i < k->n; i++) {
		struct lane *l = &k->lanes[i];

		if (lane_wants(l, &wanted) && wanted >= from && wanted <= last)
			lane_feed(l, records, n);
	}
	link_turn(k);
}

void link_head(struct link *k, uint64_t head, struct span host, struct span ledger)
{
	k->head = head;
	k->head_known = true;
	k->ledger_known = ledger.n == sizeof k->ledger;
	if (k->ledger_known)
		memcpy(k->ledger, ledger.p, sizeof k->ledger);
	buf_clear(&k->host);
	buf_add_span(&k->host, host);
	for (size_t i = 0; i < k->n; i++)
		lane_head(&k->lanes[i]);
	link_dirty(k);
	link_turn(k);
}

void link_state(struct link *k, struct buf *ret)
{
	buf_add_char(ret, '[');
	for (size_t i = 0; i < k->n; i++) {
		if (i)
			buf_add_char(ret, ',');
		lane_state(&k->lanes[i], ret);
	}
	buf_add_char(ret, ']');
	k->dirty = false;
	k->reported = clock_monotonic();
}
