#include "host/package_apk_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct apk_reader r = { span_from(data, n), 1 };
	struct apk_package p;
	struct apk_file f;
	struct err e;
	int more;

	while ((more = apk_package_next(&r, &p, &e)) != 0) {
		struct apk_files files = { .rest = p.text };

		while (more > 0 && apk_file_next(&files, &f))
			;
	}
	return 0;
}
