#include "sensor/file/file_acl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* The first half of the bytes is a passwd file, so that hostile names get into the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO_FREE(names) names = names_from(span_from(data, n / 2), span_from(data, n / 2));
	struct err e = { 0 };

	(void)!file_acl_text(span_from(data, n), NULL, &text, &e);
	(void)!file_acl_text(span_from(data + n / 2, n - n / 2), names, &text, &e);
	return 0;
}
