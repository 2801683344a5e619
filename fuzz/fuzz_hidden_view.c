#include "sensor/hidden/hidden_view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct ports ports;
	AUTO(pids) pids = PIDS_INIT;
	struct span text = span_from(data, n);

	pids_from_text(text, &pids);
	pids_sort(&pids);
	if (pids_n(&pids) && !pids_has(&pids, pids_at(&pids, pids_n(&pids) - 1)))
		__builtin_trap();
	ports_from_proc(text, PORT_TCP6, &ports);
	(void)ports_from_diag(text, PORT_UDP, &ports);
	(void)mount_place(text);
	return 0;
}
