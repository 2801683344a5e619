#include "core/attr.h"
#include "sensor/sensor.h"

/* Apart from sensors[], so that a test can bring its own sensors. */
const char *const gap_reason_names[] = { "denied", "timeout", "io", "unstable", "limit", "skipped",
	"format", "away", NULL };
_Static_assert(ARRAY_LEN(gap_reason_names) == GAP_N + 1, "every gap_reason needs a name");

void scan_gap_err(struct scan *s, const struct kind *k, struct span key, bool subtree,
	const struct err *why)
{
	struct gap g = { .kind = k,
		.key = key,
		.subtree = subtree,
		.sys = why->sys,
		.text = why->text };

	g.reason = why->code == ERR_DENIED   ? GAP_DENIED
		   : why->code == ERR_LIMIT  ? GAP_LIMIT
		   : why->code == ERR_FORMAT ? GAP_FORMAT
					     : GAP_IO;
	scan_gap(s, &g);
}
