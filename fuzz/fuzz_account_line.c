#include "sensor/user/accounts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct lines l = lines_of(span_from(data, n));
	struct span line, name, range, hash;
	struct passwd_line p;
	struct shadow_line s;
	struct group_line g;
	struct gshadow_line gs;
	struct err e;

	while (lines_next(&l, &line)) {
		(void)!passwd_from_line(line, &p, &e);
		(void)!shadow_from_line(line, &s, &e);
		(void)!group_from_line(line, &g, &e);
		(void)!gshadow_from_line(line, &gs, &e);
		(void)!subid_from_line(line, &name, &range, &e);
		(void)password_scheme_of((password_state_of(line, &hash), hash));
		(void)shell_refuses(line);
	}
	(void)login_defs_number(span_from(data, n), "UID_MIN", 1000);
	return 0;
}
