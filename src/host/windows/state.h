/* What a host holds on Windows, for the files of this folder only. Made when it is first asked for;
 * host_open's twin frees and renews it by the functions here. */
#ifndef HOST_WINDOWS_STATE_H
#define HOST_WINDOWS_STATE_H

#include "host/host.h"

struct service_list; /* services.c */
struct running_list; /* running.c */

struct windows_state {
	void *manager; /* SC_HANDLE; NULL: not asked for yet */
	struct service_list *services;
	struct running_list *running;
	struct span folder; /* of Windows, in the host's arena; empty: not asked for yet */
};

/* Of this host; windows_state.c. */
struct windows_state *host_windows(struct host *h);

/* Each frees what its file made; NULL does nothing. */
void service_list_free(struct service_list *l);
void running_list_free(struct running_list *l);

/* An SC_HANDLE; NULL: *e says why. */
void *services_manager(struct host *h, struct err *e);
/* With its variables (%SystemRoot%) replaced. */
struct span expanded(struct span written, struct arena *a);

/* On another host: not to be opened because somebody named it. */
bool path_is_remote(struct span path);

#endif
