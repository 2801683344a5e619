#include "host/process.h"
#include "host/process_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE(arena) a = arena_new();
	struct span text = span_from(data, n), unit, container;
	struct process_stat s;
	struct err e;

	if (process_stat_from(text, &s, &e) == 0 && s.comm.n >= n)
		__builtin_trap();
	(void)process_ns_number(text);
	cgroup_parse(process_cgroup_path(text), a, &unit, &container);
	cgroup_parse(text, a, &unit, &container);
	if (unit_stable(unit, a).n > unit.n)
		__builtin_trap();
	return 0;
}
