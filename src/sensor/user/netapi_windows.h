/* The functions of netapi32.dll that are used, found by name: a host may lack the library, and
 * tests put another one beside the program. All ask this computer, never a domain. */
#ifndef SENSOR_USER_NETAPI_WINDOWS_H
#define SENSOR_USER_NETAPI_WINDOWS_H

/* clang-format off */
#include <windows.h>
#include <lm.h>
/* clang-format on */

#include "core/err.h"

struct netapi {
	NET_API_STATUS(WINAPI *user_enum)
	(LPCWSTR, DWORD, DWORD, LPBYTE *, DWORD, LPDWORD, LPDWORD, LPDWORD);
	NET_API_STATUS(WINAPI *user_get)(LPCWSTR, LPCWSTR, DWORD, LPBYTE *);
	NET_API_STATUS(WINAPI *group_enum)
	(LPCWSTR, DWORD, LPBYTE *, DWORD, LPDWORD, LPDWORD, PDWORD_PTR);
	NET_API_STATUS(WINAPI *group_members)
	(LPCWSTR, LPCWSTR, DWORD, LPBYTE *, DWORD, LPDWORD, LPDWORD, PDWORD_PTR);
	NET_API_STATUS(WINAPI *free)(LPVOID);
};

/* The table lives as long as the program. */
int netapi_open(const struct netapi **ret, struct err *e) MUST_CHECK;

#endif
