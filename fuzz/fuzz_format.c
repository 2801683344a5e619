#include <stdint.h>
#include <stdlib.h>

#include "core/utf8.h"
#include "output/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Whatever a record holds, a line is one line of text. (A tab is what separates in LEEF.) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE(arena) a = arena_new();
	struct ledger_record r;
	struct err e;

	if (ledger_record_decode(span_from(data, n), a, &r, &e) < 0)
		return 0;
	for (enum format f = FORMAT_JSON; f < FORMAT_N; f++) {
		AUTO(buf) line = BUF_INIT(1 << 24);
		uint32_t c;
		size_t m;

		format_record(&line, f, span_of("h\n|"), &r);
		if (f == FORMAT_TEXT)
			continue;
		for (struct span s = buf_span(&line); s.n; s = span_from_offset(s, m))
			if (!(m = utf8_next(s, &c)) || c == 127 ||
				(c < 32 && (c != 9 || f != FORMAT_LEEF)))
				abort();
	}
	return 0;
}
