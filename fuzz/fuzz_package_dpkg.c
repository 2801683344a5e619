#include "host/package_dpkg_parse.h"

/* The bytes as each of dpkg's formats. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span all = span_from(data, n), line, path;
	struct deb822 status = { all, 1 }, diversions = { all, 1 };
	struct dpkg_stanza s;
	struct dpkg_diversion d;
	struct dpkg_conffile c;
	struct dpkg_override o;
	struct err e;
	uint8_t md5[16];

	while (dpkg_stanza_next(&status, &s, &e) != 0)
		;
	while (dpkg_diversion_next(&diversions, &d, &e) != 0)
		;
	while (span_cut(&all, '\n', &line))
		if (!dpkg_md5sums_line(line, md5, &path) && !dpkg_conffile_line(line, &c))
			(void)dpkg_override_line(line, &o);
	return 0;
}
