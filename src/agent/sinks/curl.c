#include "agent/sinks/curl.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static struct curl_calls calls;

static const struct {
	const char *name;
	size_t at;
} symbols[] = {
	{ "curl_global_init", offsetof(struct curl_calls, global_init) },
	{ "curl_easy_init", offsetof(struct curl_calls, easy_init) },
	{ "curl_easy_setopt", offsetof(struct curl_calls, easy_setopt) },
	{ "curl_easy_getinfo", offsetof(struct curl_calls, easy_getinfo) },
	{ "curl_easy_strerror", offsetof(struct curl_calls, easy_strerror) },
	{ "curl_easy_cleanup", offsetof(struct curl_calls, easy_cleanup) },
	{ "curl_slist_append", offsetof(struct curl_calls, slist_append) },
	{ "curl_slist_free_all", offsetof(struct curl_calls, slist_free_all) },
	{ "curl_multi_init", offsetof(struct curl_calls, multi_init) },
	{ "curl_multi_setopt", offsetof(struct curl_calls, multi_setopt) },
	{ "curl_multi_add_handle", offsetof(struct curl_calls, multi_add_handle) },
	{ "curl_multi_remove_handle", offsetof(struct curl_calls, multi_remove_handle) },
	{ "curl_multi_socket_action", offsetof(struct curl_calls, multi_socket_action) },
	{ "curl_multi_info_read", offsetof(struct curl_calls, multi_info_read) },
	{ "curl_multi_assign", offsetof(struct curl_calls, multi_assign) },
	{ "curl_multi_cleanup", offsetof(struct curl_calls, multi_cleanup) },
};

int curl_load(const struct curl_calls **ret, struct err *e)
{
	static const char *const names[] = { "libcurl.so.4", "libcurl-gnutls.so.4" };
	static bool loaded;
	void *library = NULL;

	for (size_t i = 0; !loaded && !library && i < ARRAY_LEN(names); i++)
		library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (!loaded && !library)
		return err_set(e, ERR_MISSING, "webhooks need libcurl, which is not installed");
	for (size_t i = 0; !loaded && i < ARRAY_LEN(symbols); i++) {
		void *found = dlsym(library, symbols[i].name);

		if (!found)
			return err_set(e, ERR_VERSION, "this libcurl has no '%s'", symbols[i].name);
		memcpy((char *)&calls + symbols[i].at, &found, sizeof found);
	}
	if (!loaded && calls.global_init(CURL_GLOBAL_ALL) != CURLE_OK)
		return err_set(e, ERR_SYSTEM, "libcurl does not start");
	loaded = true;
	*ret = &calls;
	return 0;
}
