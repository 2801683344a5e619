#include "sensor/user/userdb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE(arena) a = arena_new();
	struct userdb_record x = { 0 };
	struct err e;

	(void)!userdb_record_from_json(a, span_from(data, n), &x, &e);
	return 0;
}
