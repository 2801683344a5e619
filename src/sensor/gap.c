#include "core/attr.h"
#include "sensor/sensor.h"

/* Apart from sensors[], so that a test can bring its own sensors. */
const char *const gap_reason_names[] = { "denied", "timeout", "io", "unstable", "limit", "skipped",
	"format", "away", NULL };
_Static_assert(ARRAY_LEN(gap_reason_names) == GAP_N + 1, "every gap_reason needs a name");
