#include <stdlib.h>
#include <windows.h>

#include "core/mem.h"
#include "host/state.h"
#include "host/windows/state.h"

struct windows_state *host_windows(struct host *h)
{
	if (!h->windows)
		h->windows = mem_new(sizeof *h->windows);
	return h->windows;
}

void windows_state_free(struct windows_state *w)
{
	if (!w)
		return;
	service_list_free(w->services);
	running_list_free(w->running);
	if (w->manager)
		CloseServiceHandle(w->manager);
	free(w);
}
