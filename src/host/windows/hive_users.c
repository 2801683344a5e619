#include "host/windows/hive.h"

#include <windows.h>

#include "os/windows/fault.h"
#include "os/windows/wide.h"

#define PROFILES "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList"
#define ACCOUNT "S-1-5-21-" /* of people; Azure's are S-1-12-1-… */
#define CLOUD "S-1-12-1-"
#define CLASSES "_Classes"

static bool is_person(struct span sid)
{
	size_t n = sizeof CLASSES - 1;

	if (!span_starts(sid, span_of(ACCOUNT)) && !span_starts(sid, span_of(CLOUD)))
		return false;
	return sid.n < n || memcmp(sid.p + sid.n - n, CLASSES, n) != 0;
}

static int loaded_users(struct arena *a, struct span **ret, size_t *ret_n, struct err *e)
{
	struct buf list = BUF_INIT(HIVE_KEYS_MAX * sizeof(struct span));
	wchar_t name[256];
	LSTATUS rc;

	for (DWORD i = 0;; i++) {
		DWORD n = ARRAY_LEN(name);
		struct span one;

		rc = RegEnumKeyExW(HKEY_USERS, i, name, &n, NULL, NULL, NULL, NULL);
		if (rc != ERROR_SUCCESS)
			break;
		one = wide_to_span(a, name, n);
		if (is_person(one))
			buf_add(&list, &one, sizeof one);
	}
	*ret_n = list.n / sizeof(struct span);
	*ret = arena_get(a, list.n + 1);
	if (list.n)
		memcpy(*ret, list.p, list.n);
	buf_done(&list);
	return rc == ERROR_NO_MORE_ITEMS
		       ? 0
		       : err_windows(e, (DWORD)rc, "cannot list the hives of users");
}

static void profiles(struct arena *a, struct span **ret, size_t *ret_n)
{
	AUTO_HIVE h = NULL;
	struct err e;

	*ret_n = 0;
	if (hive_open(PROFILES, HIVE_64, &h, &e) == 0 && hive_keys(h, a, ret, ret_n, &e) < 0)
		*ret_n = 0;
}

int hive_users(struct arena *a, struct hive_user **ret, size_t *ret_n, struct err *e)
{
	struct span *loaded, *known = NULL;
	size_t n_loaded, n_known, n = 0;
	struct hive_user *list;

	if (loaded_users(a, &loaded, &n_loaded, e) < 0)
		return e->code;
	profiles(a, &known, &n_known);
	list = arena_get(a, (n_loaded + n_known + 1) * sizeof *list);
	for (size_t i = 0; i < n_loaded; i++)
		list[n++] = (struct hive_user){ loaded[i], true };
	for (size_t i = 0; i < n_known; i++) {
		size_t at = 0;

		while (at < n_loaded && !span_same(loaded[at], known[i]))
			at++;
		if (at == n_loaded && is_person(known[i]))
			list[n++] = (struct hive_user){ known[i], false };
	}
	*ret = list;
	*ret_n = n;
	return 0;
}
