#include "host/command.h"
#include "sensor/process/process_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) b = BUF_INIT(BUF_MAX_DEFAULT);
	struct span text = span_from(data, n), rest = text, exe, name;
	struct process_status s;
	struct mapping m;

	process_status_from(text, &s);
	while (mapping_next(&rest, a, &m))
		if (m.path.n == 0 || m.path.p[0] != '/')
			__builtin_trap();
	(void)is_loader_variable(text);
	rest = text;
	if (!span_cut(&rest, '\0', &exe) || !rest.p)
		return 0;
	(void)is_kernel_name(exe, rest);
	(void)script_of(exe, rest, &name);
	command_masked(rest, 512, &b);
	return 0;
}
