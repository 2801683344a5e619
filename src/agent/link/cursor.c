/* One small file a route. */
#include <inttypes.h>
#include <stdio.h>

#include "agent/link/link.h"
#include "core/hex.h"

#define CURSOR_FORMAT \
	"invar-cursor 1 cursor %" PRIu64 " lost %" PRIu64 " left-out %" PRIu64 " %" PRIu64 \
	" %" PRIu64 " %" PRId64 " %" PRId64 " ledger %s\n"
#define CURSOR_SCAN \
	"invar-cursor 1 cursor %" SCNu64 " lost %" SCNu64 " left-out %" SCNu64 " %" SCNu64 \
	" %" SCNu64 " %" SCNd64 " %" SCNd64 " ledger %64s"
#define CURSOR_BYTES 512

static void file_name(const struct lane *l, char ret[128])
{
	snprintf(ret, 128, "%s.cursor", l->route->name);
}

static int parse(struct lane *l, const char *text, struct err *e)
{
	struct lane_loss loss = { 0 };
	char id[2 * LANE_ID + 1] = "";
	uint64_t cursor, lost;

	if (sscanf(text, CURSOR_SCAN, &cursor, &lost, &loss.from, &loss.to, &loss.n,
		    &loss.time_from, &loss.time_to, id) < 7)
		return err_set(e, ERR_FORMAT, "the cursor of route '%s' cannot be read",
			l->route->name);
	l->cursor = l->saved = l->fetched = cursor;
	l->lost = lost;
	l->loss = loss;
	l->ledger_known = hex_parse(span_of(id), l->ledger, sizeof l->ledger);
	return 1;
}

int cursor_load(struct lane *l, struct err *e)
{
	char name[128], text[CURSOR_BYTES];
	int rc;

	file_name(l, name);
	rc = spool_read(l->link, name, text, sizeof text, e);
	return rc > 0 ? parse(l, text, e) : rc;
}

int cursor_save(struct lane *l, struct err *e)
{
	char name[128], text[CURSOR_BYTES];
	AUTO(buf) id = BUF_INIT(4 * LANE_ID);
	const struct lane_loss *s = &l->loss;
	int n;

	if (l->ledger_known)
		hex_add(&id, span_from(l->ledger, sizeof l->ledger));
	n = snprintf(text, sizeof text, CURSOR_FORMAT, l->cursor, l->lost, s->from, s->to, s->n,
		s->time_from, s->time_to, buf_text(&id));

	file_name(l, name);
	if (spool_write(l->link, name, span_from(text, (size_t)n), e) < 0)
		return e->code;
	l->saved = l->cursor;
	return 0;
}
