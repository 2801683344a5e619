/* What the service was installed with: the command line that the service manager keeps of it. */
/* clang-format off */
#include <windows.h>
#include <shellapi.h>
/* clang-format on */

#include "agent/service/windows/agent_windows.h"
#include "agent/service/windows/install.h"
#include "os/windows/fault.h"
#include "os/windows/wide.h"

#define CONFIG_BYTES 8192 /* QueryServiceConfig: "the maximum size of this array is 8K bytes" */

static void take_words(struct arena *a, wchar_t *const *words, int n, struct install_paths *ret)
{
	const struct {
		const wchar_t *option;
		const char **path;
	} rows[] = {
		{ L"--policy", &ret->policy },
		{ L"--state", &ret->state },
		{ L"--config", &ret->config },
	};

	for (int i = 0; i + 1 < n; i++)
		for (size_t k = 0; k < ARRAYSIZE(rows); k++)
			if (wcscmp(words[i], rows[k].option) == 0)
				*rows[k].path = wide_to_span_z(a, words[i + 1]).p;
}

int installed_paths(struct arena *a, struct install_paths *ret, struct err *e)
{
	QUERY_SERVICE_CONFIGW *config = arena_get(a, CONFIG_BYTES);
	SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
	SC_HANDLE service =
		manager ? OpenServiceW(manager, SERVICE_NAME_W, SERVICE_QUERY_CONFIG) : NULL;
	wchar_t **words;
	DWORD size;
	int n, rc = 0;

	if (!service || !QueryServiceConfigW(service, config, CONFIG_BYTES, &size))
		rc = err_windows(e, GetLastError(), "cannot ask how the service is installed");
	if (service)
		CloseServiceHandle(service);
	if (manager)
		CloseServiceHandle(manager);
	if (rc < 0)
		return rc;
	words = CommandLineToArgvW(config->lpBinaryPathName, &n);
	if (!words)
		return err_windows(e, GetLastError(), "cannot read the service's command line");
	take_words(a, words, n, ret);
	LocalFree(words);
	return 0;
}
