#include "core/attr.h"
#include "sensor/process/process_text.h"

static int digit(char c, unsigned base)
{
	int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;

	return d < (int)base ? d : -1;
}

/* The number that the text begins with, behind spaces; 0: none, or more than 64 bits. */
static uint64_t number(struct span s, unsigned base)
{
	uint64_t n = 0;
	size_t i = 0;

	while (i < s.n && (s.p[i] == '\t' || s.p[i] == ' '))
		i++;
	for (size_t digits = 0; i < s.n && digit(s.p[i], base) >= 0; i++)
		if (++digits > 16)
			return 0;
		else
			n = n * base + (uint64_t)digit(s.p[i], base);
	return n;
}

void process_status_from(struct span text, struct process_status *ret)
{
	struct process_status s = { 0 };
	struct span line, name;

	while (span_cut(&text, '\n', &line)) {
		if (!span_cut(&line, ':', &name) || !line.p)
			continue;
		if (span_is(name, "Uid"))
			s.uid = (uint32_t)number(line, 10);
		else if (span_is(name, "TracerPid"))
			s.tracer = (uint32_t)number(line, 10);
		else if (span_is(name, "CapEff"))
			s.effective = number(line, 16);
		else if (span_is(name, "CapAmb"))
			s.ambient = number(line, 16);
		else if (span_is(name, "Seccomp"))
			s.seccomp = (unsigned)(number(line, 10) & 0xff);
		else if (span_is(name, "NoNewPrivs"))
			s.no_new_privs = number(line, 10) == 1;
	}
	*ret = s;
}
