/* A descriptor of Windows: nothing is read outside of it, and its text stays within its bound. */
#include <assert.h>
#include <stdint.h>

#include "os/windows/security.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO(buf) b = BUF_INIT((size_t)300 << 10);
	struct descriptor d;

	(void)sid_to_text(span_from(data, n), &b);
	if (!descriptor_parse(span_from(data, n), &d))
		return 0;
	assert(d.owner.n == 0 || sid_to_text(d.owner, &b));
	assert(d.group.n == 0 || sid_to_text(d.group, &b));
	buf_clear(&b);
	acl_to_text(&d, 'd', &b);
	assert(!b.full);
	buf_clear(&b);
	acl_to_text(&d, 's', &b);
	assert(!b.full);
	return 0;
}
