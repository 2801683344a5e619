/* A stored key that has a text is the key of that text. */
#include "entity/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) key = BUF_INIT(BUF_MAX_DEFAULT);
	const struct kind *k;
	struct err e;

	if (key_to_text(span_from(data, n), &k, &text, &e) < 0)
		return 0;
	if (key_from_text(k, buf_span(&text), &key, &e) < 0 ||
		!span_same(buf_span(&key), span_from(data, n)))
		__builtin_trap();
	return 0;
}
