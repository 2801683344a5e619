/* The first byte says whose policy it is; what is made of it always loads. */
#include <assert.h>
#include <stdint.h>

#include "policy/import/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO(problems) notes = { 0 }, problems = { 0 };
	AUTO(buf) yaml = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO_FREE(policy) p = NULL;
	struct err e = { 0 };
	size_t importer = 0;

	if (n == 0)
		return 0;
	while (importers[importer] && importer != (size_t)(data[0] - 'a'))
		importer++;
	if (policy_import(importers[importer] ? importers[importer]->name : NULL, "fuzz",
		    span_from(data + 1, n - 1), &yaml, &notes, &e) < 0)
		return 0;
	assert(policy_load_text(&p, "fuzz", buf_span(&yaml), true, &problems, &e) == 0);
	return 0;
}
