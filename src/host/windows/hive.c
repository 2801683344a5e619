#include "host/windows/hive.h"

#include <windows.h>

#include "core/mem.h"
#include "os/windows/fault.h"
#include "os/windows/registry.h"
#include "os/windows/wide.h"

#define NAME_UNITS 16384 /* of a value's name, its NUL included; keys have 255 */
#define FIRST_BYTES ((DWORD)4096)

struct hive {
	HKEY key;
	REGSAM view;
};

static const struct {
	const char *name;
	HKEY key;
} roots[] = {
	{ "HKLM\\", HKEY_LOCAL_MACHINE },
	{ "HKU\\", HKEY_USERS },
};

static int open_below(HKEY base, struct span path, REGSAM view, struct hive **ret, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	HKEY key;
	LSTATUS rc = RegOpenKeyExW(base, wide_from_text(a, path, NULL), 0, KEY_READ | view, &key);

	if (rc != ERROR_SUCCESS)
		return err_windows(e, (DWORD)rc, "cannot open the key '%.*s'", SPAN_ARG(path));
	*ret = mem_new(sizeof **ret);
	**ret = (struct hive){ key, view };
	return 0;
}

int hive_open(const char *path, enum hive_view view, struct hive **ret, struct err *e)
{
	REGSAM flag = view == HIVE_32 ? KEY_WOW64_32KEY : KEY_WOW64_64KEY;
	struct span text = span_of(path);

	for (size_t i = 0; i < ARRAY_LEN(roots); i++)
		if (span_starts(text, span_of(roots[i].name)))
			return open_below(roots[i].key,
				span_from_offset(text, strlen(roots[i].name)), flag, ret, e);
	return err_set(e, ERR_MISSING, "no hive of the key '%s' is known", path);
}

int hive_below(const struct hive *h, struct span name, struct hive **ret, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	size_t n;
	wchar_t *wide = wide_from_text(a, name, &n);
	HKEY key;
	LONG rc;

	if (wcslen(wide) == n)
		return open_below(h->key, name, h->view, ret, e);
	/* The view is that of the key it is below: what is there is of no other. */
	rc = registry_open(h->key, wide, n, 0, &key);
	if (rc != ERROR_SUCCESS)
		return err_windows(e, (DWORD)rc, "cannot open a key with a NUL in its name");
	*ret = mem_new(sizeof **ret);
	**ret = (struct hive){ key, h->view };
	return 0;
}

void hive_close(struct hive *h)
{
	if (!h)
		return;
	RegCloseKey(h->key);
	free(h);
}

void hive_closep(struct hive **h)
{
	hive_close(*h);
}

int hive_keys(const struct hive *h, struct arena *a, struct span **ret, size_t *ret_n,
	struct err *e)
{
	AUTO(buf) list = BUF_INIT(HIVE_KEYS_MAX * sizeof(struct span));
	wchar_t name[256];
	LSTATUS rc;

	for (DWORD i = 0;; i++) {
		DWORD n = ARRAY_LEN(name);
		struct span one;

		rc = RegEnumKeyExW(h->key, i, name, &n, NULL, NULL, NULL, NULL);
		if (rc == ERROR_NO_MORE_ITEMS)
			break;
		if (rc != ERROR_SUCCESS)
			return err_windows(e, (DWORD)rc, "cannot list the keys");
		one = wide_to_span(a, name, n);
		buf_add(&list, &one, sizeof one);
		if (list.full)
			return err_set(e, ERR_LIMIT, "more than %zu keys", HIVE_KEYS_MAX);
	}
	*ret_n = list.n / sizeof(struct span);
	*ret = arena_get(a, list.n + 1);
	if (list.n)
		memcpy(*ret, list.p, list.n);
	return 0;
}

/* The registry promises no NUL at the end, no even length, and nothing behind a NUL. */
static struct span text_of(struct arena *a, struct span data)
{
	size_t n = data.n / sizeof(wchar_t), end = 0;
	wchar_t *copy = arena_get(a, (n + 1) * sizeof *copy);

	if (n)
		memcpy(copy, data.p, n * sizeof *copy);
	while (end < n && copy[end])
		end++;
	return wide_to_span(a, copy, end);
}

struct reading {
	HKEY key;
	struct arena *arena;
	struct buf data; /* room for one */
	wchar_t *name;
	size_t total;
};

/* One value: name and data by the same call, so that they belong together. */
static LSTATUS read_value(struct reading *r, DWORD i, struct hive_value *ret)
{
	DWORD size = FIRST_BYTES, type, n;
	LSTATUS rc;

	for (;;) {
		BYTE *room;

		buf_clear(&r->data);
		room = (BYTE *)buf_room(&r->data, size);
		if (!room)
			return ERROR_FILE_TOO_LARGE;
		n = NAME_UNITS;
		rc = RegEnumValueW(r->key, i, r->name, &n, NULL, &type, room, &size);
		if (rc != ERROR_MORE_DATA)
			break;
		size = size <= r->data.cap ? (DWORD)r->data.cap * 2 : size;
	}
	if (rc != ERROR_SUCCESS)
		return rc;
	ret->name = wide_to_span(r->arena, r->name, n);
	ret->type = type;
	ret->data = arena_copy(r->arena, span_from(r->data.p, size));
	if (type == REG_SZ || type == REG_EXPAND_SZ)
		ret->text = text_of(r->arena, ret->data);
	r->total += size + ret->name.n;
	return ERROR_SUCCESS;
}

int hive_values(const struct hive *h, struct arena *a, struct hive_values *ret, struct err *e)
{
	AUTO(buf) list = BUF_INIT(HIVE_VALUES_MAX * sizeof(struct hive_value));
	struct reading r = { .key = h->key,
		.arena = a,
		.data = BUF_INIT(HIVE_VALUE_BYTES_MAX),
		.name = mem_new(NAME_UNITS * sizeof(wchar_t)) };
	LSTATUS rc = ERROR_SUCCESS;

	for (DWORD i = 0; !list.full && r.total <= HIVE_BYTES_MAX; i++) {
		struct hive_value one = { 0 };

		rc = read_value(&r, i, &one);
		if (rc == ERROR_FILE_TOO_LARGE)
			continue;
		if (rc != ERROR_SUCCESS)
			break;
		buf_add(&list, &one, sizeof one);
	}
	buf_done(&r.data);
	free(r.name);
	if (rc == ERROR_SUCCESS)
		return err_set(e, ERR_LIMIT, "more values than are read of one key");
	if (rc != ERROR_NO_MORE_ITEMS)
		return err_windows(e, (DWORD)rc, "cannot read the values");
	ret->n = list.n / sizeof(struct hive_value);
	ret->list = arena_get(a, list.n + 1);
	if (list.n)
		memcpy(ret->list, list.p, list.n);
	return 0;
}
