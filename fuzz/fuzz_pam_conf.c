#include "sensor/pam_rule/pam_conf.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	AUTO(buf) line = BUF_INIT(65536);
	struct pam_lines l = { .rest = span_from(data, n) };
	struct pam_line x;
	struct err e;

	while (pam_lines_next(&l, &line))
		for (int conf = 0; conf < 2; conf++)
			(void)!pam_line_from_text(buf_span(&line), conf, &x, &e);
	(void)pam_file_skipped(span_from(data, n));
	return 0;
}
