/* Whatever loads prints as something that loads and prints the same. */
#include <assert.h>
#include <stdint.h>

#include "policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO(problems) problems = { 0 };
	AUTO(buf) first = BUF_INIT(BUF_MAX_DEFAULT), second = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO_FREE(policy) p = NULL;
	AUTO_FREE(policy) again = NULL;
	struct err e = { 0 };

	if (policy_load_text(&p, "fuzz", span_from(data, n), true, &problems, &e) < 0)
		return 0;
	policy_print(p, &first);
	if (first.n > 1 << 20)
		return 0;
	assert(policy_load_text(&again, "printed", buf_span(&first), true, &problems, &e) == 0);
	policy_print(again, &second);
	assert(span_same(buf_span(&first), buf_span(&second)));
	return 0;
}
