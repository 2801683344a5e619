#include "sensor/ssh_key/authorized.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct span rest = span_from(data, n), line, word, value;
	struct authorized x;
	struct err e;

	while (span_cut(&rest, '\n', &line)) {
		line = ssh_line(line);
		if (authorized_from_line(a, line, &x, &e) == 0 &&
			authorized_option(&x, a, "expiry-time", &value))
			(void)authorized_expiry(value);
		if (principal_from_line(line, &x, &word, &e) == 0)
			(void)authorized_option(&x, a, "from", &value);
		if (sshd_setting(line, &word, &value))
			while (sshd_argument(&value, &word))
				(void)ssh_word_is(word, "none");
	}
	arena_free(a);
	return 0;
}
