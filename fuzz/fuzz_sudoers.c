#include "sensor/sudo_rule/sudoers.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) line = BUF_INIT(65536);
	struct sudo_lines l = { .rest = span_from(data, n) };
	struct sudo_aliases aliases = { 0 };
	struct sudo_settings all;
	struct sudo_setting one;
	struct sudo_spec spec;
	struct doas_rule doas;
	struct span path, s;
	struct err e;

	for (; sudo_lines_next(&l, &line) && !(s = arena_copy(a, buf_span(&line)), 0);) {
		if (sudo_line_of(a, s, &path) == SUDO_LINE_ALIAS)
			(void)!sudo_alias_from_line(a, s, &aliases, &e);
		(void)!sudo_spec_from_line(a, s, &aliases, &spec, &e);
		(void)!doas_rule_from_line(a, s, &doas, &e);
		if (s.n >= 8 && sudo_defaults_from_line(s, &all, &e) == 0)
			while (sudo_settings_next(&all, a, &one, &e) > 0)
				;
	}
	return 0;
}
