/* Names that pretend, and variables that decide what is loaded. */
#include "core/attr.h"
#include "sensor/process/process_text.h"

/* [name]: how ps(1) shows kernel threads, and what a program has to call itself to
 * look like one. Titles as "[celeryd: web] -active-" hold spaces. */
static bool in_brackets(struct span s)
{
	return s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']' && s.p[1] != ' ' &&
	       !memchr(s.p, ' ', s.n);
}

bool is_kernel_name(struct span comm, struct span cmdline)
{
	struct span argv0;

	if (!span_cut(&cmdline, '\0', &argv0))
		argv0 = SPAN_NONE;
	return in_brackets(comm) || in_brackets(argv0) || span_starts(comm, span_of("kworker/")) ||
	       span_starts(argv0, span_of("kworker/"));
}

bool is_loader_variable(struct span entry)
{
	static const char *const names[] = { "GCONV_PATH=", "GLIBC_TUNABLES=" };
	size_t n = 3;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (span_starts(entry, span_of(names[i])))
			return true;
	if (!span_starts(entry, span_of("LD_")))
		return false;
	while (n < entry.n && ((entry.p[n] >= 'A' && entry.p[n] <= 'Z') || entry.p[n] == '_' ||
				      (entry.p[n] >= '0' && entry.p[n] <= '9')))
		n++;
	return n > 3 && n + 1 < entry.n && entry.p[n] == '=';
}
