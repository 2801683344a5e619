/* How the service control manager is asked for its list, page by page; shared by services*.c, and
 * apart so that what only a large Windows answers can be tried. */
#ifndef HOST_WINDOWS_SERVICES_LIST_H
#define HOST_WINDOWS_SERVICES_LIST_H

#include <stdbool.h>
#include <windows.h>

#include "host/windows/services.h"

/* One call of EnumServicesStatusExW: rows of these types behind *resume, into `bytes` at `at`.
 * The code of GetLastError, 0: that was the last of them. */
typedef DWORD scm_page(void *ctx, DWORD types, BYTE *at, DWORD bytes, DWORD *ret_need, DWORD *ret_n,
	DWORD *resume);

int scm_list_by(scm_page *ask, void *ctx, struct arena *a, struct scm_entry **ret, size_t *ret_n,
	struct err *e) MUST_CHECK;

/* It is said to run, by a process that is no more. */
bool scm_is_gone(const SERVICE_STATUS_PROCESS *p);

#endif
