/* What is accepted from anybody is written again as the same bytes. */
#include "agent/control/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	for (unsigned from = 1; from <= PARTY_MEMBER; from <<= 1)
		for (unsigned to = 1; to <= PARTY_MEMBER; to <<= 1) {
			AUTO_FREE(arena) a = arena_new();
			AUTO(buf) again = BUF_INIT(AGENT_FRAME_MAX);
			struct agent_message m;
			struct err e;

			if (agent_decode(span_from(data, n), (enum agent_party)from,
				    (enum agent_party)to, a, &m, &e) < 0)
				continue;
			agent_encode(&m, &again);
			if (!span_same(buf_span(&again), span_from(data, n)))
				__builtin_trap();
		}
	return 0;
}
