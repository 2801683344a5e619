/* Rows, and what happens to them. */
#include "wmi.h"

#include <stdlib.h>
#include <wchar.h>

#define ROOT L"Software\\InvarTest\\Wmi\\"

struct answer {
	IEnumWbemClassObject face;
	LONG refs;
	struct fake_rows rows;
	size_t at;
	HRESULT end;
	/* of events */
	HKEY key; /* NULL: of rows */
	HANDLE changed;
	wchar_t class[FAKE_NAME];
	struct fake_rows before;
};

HKEY fake_class_open(const wchar_t *space, const wchar_t *class)
{
	wchar_t path[512];
	HKEY key;

	_snwprintf(path, 512, ROOT L"%ls%ls%ls", space, class ? L"\\" : L"", class ? class : L"");
	return RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ | KEY_NOTIFY, &key) ? NULL : key;
}

DWORD fake_class_option(HKEY class, const wchar_t *name)
{
	DWORD value = 0, n = sizeof value;

	RegQueryValueExW(class, name, NULL, NULL, (BYTE *)&value, &n);
	return value;
}

struct fake_rows fake_rows_read(HKEY key, const wchar_t *class)
{
	struct fake_rows r = { calloc(FAKE_ROWS, sizeof *r.row), 0 };
	wchar_t name[FAKE_NAME];
	HKEY row;

	for (DWORD i = 0; r.n < FAKE_ROWS; i++) {
		DWORD n = FAKE_NAME;

		if (RegEnumKeyExW(key, i, name, &n, NULL, NULL, NULL, NULL) != ERROR_SUCCESS)
			break;
		if (RegOpenKeyExW(key, name, 0, KEY_READ, &row) != ERROR_SUCCESS)
			continue;
		r.row[r.n++] = fake_object_read(row, class);
		RegCloseKey(row);
	}
	if (!fake_class_option(key, L"reverse"))
		return r;
	for (size_t i = 0; i < r.n / 2; i++) {
		struct fake_object *swap = r.row[i];

		r.row[i] = r.row[r.n - 1 - i];
		r.row[r.n - 1 - i] = swap;
	}
	return r;
}

void fake_rows_done(struct fake_rows *r)
{
	for (size_t i = 0; i < r->n; i++)
		fake_object_release(r->row[i]);
	free(r->row);
	*r = (struct fake_rows){ 0 };
}

/* ---- events ---- */

static const struct fake_object *same_path(const struct fake_rows *r, const struct fake_object *o)
{
	wchar_t mine[1024], other[1024];

	if (!fake_object_path(o, mine, 1024))
		return NULL;
	for (size_t i = 0; i < r->n; i++)
		if (fake_object_path(r->row[i], other, 1024) && _wcsicmp(mine, other) == 0)
			return r->row[i];
	return NULL;
}

static void happened(struct answer *a, const wchar_t *what, struct fake_object *target,
	struct fake_object *before)
{
	struct fake_object *event = fake_object_new(what);

	fake_object_embed(event, L"TargetInstance", target);
	if (before)
		fake_object_embed(event, L"PreviousInstance", before);
	a->rows.row[a->rows.n++] = event;
}

static void look(struct answer *a)
{
	struct fake_rows now = fake_rows_read(a->key, a->class);

	fake_rows_done(&a->rows);
	a->rows.row = calloc(2 * FAKE_ROWS, sizeof *a->rows.row);
	a->at = 0;
	for (size_t i = 0; i < now.n; i++) {
		const struct fake_object *was = same_path(&a->before, now.row[i]);

		if (!was)
			happened(a, L"__InstanceCreationEvent", now.row[i], NULL);
		else if (was->digest != now.row[i]->digest)
			happened(a, L"__InstanceModificationEvent", now.row[i],
				(struct fake_object *)(uintptr_t)was);
	}
	for (size_t i = 0; i < a->before.n; i++)
		if (!same_path(&now, a->before.row[i]))
			happened(a, L"__InstanceDeletionEvent", a->before.row[i], NULL);
	fake_rows_done(&a->before);
	a->before = now;
}

/* Armed before it is looked, so that nothing falls between. */
static HRESULT wait_for_event(struct answer *a, LONG ms)
{
	ULONGLONG until = GetTickCount64() + (ULONGLONG)ms;

	for (;;) {
		ULONGLONG now;

		RegNotifyChangeKeyValue(a->key, TRUE,
			REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_LAST_SET, a->changed, TRUE);
		look(a);
		if (a->rows.n)
			return (HRESULT)fake_class_option(a->key, L"ended");
		now = GetTickCount64();
		if (now >= until)
			return (HRESULT)WBEM_S_TIMEDOUT;
		WaitForSingleObject(a->changed, (DWORD)(until - now));
	}
}

/* ---- enumerators ---- */

static struct answer *of(IEnumWbemClassObject *self)
{
	return (struct answer *)self;
}

static HRESULT WINAPI answer_query(IEnumWbemClassObject *self, REFIID iid, void **ret)
{
	*ret = NULL;
	if (!IsEqualGUID(iid, &IID_IUnknown) && !IsEqualGUID(iid, &IID_IEnumWbemClassObject))
		return E_NOINTERFACE;
	IEnumWbemClassObject_AddRef(self);
	*ret = self;
	return S_OK;
}

static ULONG WINAPI answer_add_ref(IEnumWbemClassObject *self)
{
	return (ULONG)InterlockedIncrement(&of(self)->refs);
}

static ULONG WINAPI answer_release(IEnumWbemClassObject *self)
{
	struct answer *a = of(self);
	LONG left = InterlockedDecrement(&a->refs);

	if (left > 0)
		return (ULONG)left;
	fake_rows_done(&a->rows);
	fake_rows_done(&a->before);
	if (a->key) {
		RegCloseKey(a->key);
		CloseHandle(a->changed);
	}
	free(a);
	return 0;
}

static HRESULT WINAPI answer_next(IEnumWbemClassObject *self, LONG ms, ULONG want,
	IWbemClassObject **ret, ULONG *n)
{
	struct answer *a = of(self);
	HRESULT rc;

	*n = 0;
	if (want != 1)
		return E_INVALIDARG;
	if (a->at == a->rows.n && a->key) {
		rc = wait_for_event(a, ms);
		if (rc != S_OK)
			return rc;
	}
	if (a->at == a->rows.n)
		return a->end ? a->end : (HRESULT)WBEM_S_FALSE;
	*ret = &a->rows.row[a->at++]->face;
	IWbemClassObject_AddRef(*ret);
	*n = 1;
	return S_OK;
}

static IEnumWbemClassObjectVtbl answer_vtbl = {
	.QueryInterface = answer_query,
	.AddRef = answer_add_ref,
	.Release = answer_release,
	.Next = answer_next,
};

static struct answer *answer_new(void)
{
	struct answer *a = calloc(1, sizeof *a);

	a->face.lpVtbl = &answer_vtbl;
	a->refs = 1;
	return a;
}

IEnumWbemClassObject *fake_answer_new(struct fake_rows rows, HRESULT end)
{
	struct answer *a = answer_new();

	a->rows = rows;
	a->end = end;
	return &a->face;
}

IEnumWbemClassObject *fake_events_new(HKEY key, const wchar_t *class)
{
	struct answer *a = answer_new();

	a->key = key;
	a->changed = CreateEventW(NULL, FALSE, FALSE, NULL);
	wcsncpy(a->class, class, FAKE_NAME - 1);
	a->before = fake_rows_read(key, class);
	return &a->face;
}
