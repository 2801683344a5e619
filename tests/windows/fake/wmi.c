/* The locator, and namespaces. */
#include "wmi.h"

#include <stdlib.h>
#include <wchar.h>
#include <wctype.h>

struct services {
	IWbemServices face;
	LONG refs;
	wchar_t space[FAKE_NAME];
};

static struct services *of(IWbemServices *self)
{
	return (struct services *)self;
}

/* ---- WQL, as far as it goes: the word behind another, and what is selected ---- */

static const wchar_t *behind(const wchar_t *text, const wchar_t *word)
{
	size_t n = wcslen(word);

	for (; *text; text++)
		if (_wcsnicmp(text, word, n) == 0)
			return text + n;
	return NULL;
}

static bool name_behind(const wchar_t *text, const wchar_t *word, wchar_t ret[FAKE_NAME])
{
	const wchar_t *p = behind(text, word);
	size_t n = 0;

	if (!p)
		return false;
	p += wcsspn(p, L" '\"");
	while (n < FAKE_NAME - 1 && (iswalnum(p[n]) || p[n] == L'_')) {
		ret[n] = p[n];
		n++;
	}
	ret[n] = L'\0';
	return n > 0;
}

static void project(struct fake_rows *rows, const wchar_t *wql)
{
	const wchar_t *from = behind(wql, L"select "), *to = behind(wql, L" from ");
	wchar_t columns[1024] = { 0 };

	if (!from || !to || to - from > 1000)
		return;
	wcsncpy(columns, from, (size_t)(to - from) - wcslen(L" from "));
	for (size_t i = 0; i < rows->n && !wcschr(columns, L'*'); i++)
		fake_object_project(rows->row[i], columns);
}

/* ---- IWbemServices ---- */

static HRESULT WINAPI services_query(IWbemServices *self, REFIID iid, void **ret)
{
	*ret = NULL;
	if (!IsEqualGUID(iid, &IID_IUnknown) && !IsEqualGUID(iid, &IID_IWbemServices))
		return E_NOINTERFACE;
	IWbemServices_AddRef(self);
	*ret = self;
	return S_OK;
}

static ULONG WINAPI services_add_ref(IWbemServices *self)
{
	return (ULONG)InterlockedIncrement(&of(self)->refs);
}

static ULONG WINAPI services_release(IWbemServices *self)
{
	LONG left = InterlockedDecrement(&of(self)->refs);

	if (left == 0)
		free(self);
	return (ULONG)left;
}

static HRESULT WINAPI services_get_object(IWbemServices *self, const BSTR path, LONG flags,
	IWbemContext *context, IWbemClassObject **ret, IWbemCallResult **result)
{
	HKEY key = fake_class_open(of(self)->space, path);
	struct fake_rows rows;
	struct fake_object *o;

	(void)flags, (void)context, (void)result;
	if (!key)
		return (HRESULT)WBEM_E_NOT_FOUND;
	rows = fake_rows_read(key, path);
	o = rows.n ? rows.row[0] : fake_object_new(path);
	if (rows.n)
		IWbemClassObject_AddRef(&o->face);
	o->definition = true;
	o->unqualified = (HRESULT)fake_class_option(key, L"unqualified");
	fake_rows_done(&rows);
	RegCloseKey(key);
	*ret = &o->face;
	return S_OK;
}

static HRESULT WINAPI services_exec(IWbemServices *self, const BSTR language, const BSTR wql,
	LONG flags, IWbemContext *context, IEnumWbemClassObject **ret)
{
	wchar_t class[FAKE_NAME];
	struct fake_rows rows = { 0 };
	HRESULT end;
	HKEY key;

	(void)context;
	if (_wcsicmp(language, L"WQL") != 0 || !name_behind(wql, L" from ", class))
		return (HRESULT)WBEM_E_INVALID_QUERY;
	key = fake_class_open(of(self)->space, class);
	if (!key) { /* as Windows does: told by the first Next */
		*ret = fake_answer_new(rows, (HRESULT)WBEM_E_INVALID_CLASS);
		return S_OK;
	}
	if (fake_class_option(key, L"hang"))
		Sleep(INFINITE);
	if (fake_class_option(key, L"old") && (flags & WBEM_FLAG_ENSURE_LOCATABLE)) {
		RegCloseKey(key);
		return (HRESULT)WBEM_E_INVALID_PARAMETER;
	}
	rows = fake_rows_read(key, class);
	project(&rows, wql);
	end = (HRESULT)fake_class_option(key, L"fail");
	if (end)
		for (size_t half = rows.n / 2; rows.n > half;)
			fake_object_release(rows.row[--rows.n]);
	RegCloseKey(key);
	*ret = fake_answer_new(rows, end);
	return S_OK;
}

static HRESULT WINAPI services_listen(IWbemServices *self, const BSTR language, const BSTR wql,
	LONG flags, IWbemContext *context, IEnumWbemClassObject **ret)
{
	wchar_t class[FAKE_NAME];
	HRESULT refused;
	HKEY key;

	(void)language, (void)flags, (void)context;
	if (!name_behind(wql, L" isa ", class))
		return (HRESULT)WBEM_E_INVALID_QUERY;
	key = fake_class_open(of(self)->space, class);
	if (!key)
		return (HRESULT)WBEM_E_INVALID_CLASS;
	refused = (HRESULT)fake_class_option(key, L"refuse");
	if (refused) {
		RegCloseKey(key);
		return refused;
	}
	*ret = fake_events_new(key, class);
	return S_OK;
}

static IWbemServicesVtbl services_vtbl = {
	.QueryInterface = services_query,
	.AddRef = services_add_ref,
	.Release = services_release,
	.GetObject = services_get_object,
	.ExecQuery = services_exec,
	.ExecNotificationQuery = services_listen,
};

/* ---- IWbemLocator ---- */

static HRESULT WINAPI locator_query(IWbemLocator *self, REFIID iid, void **ret)
{
	*ret = NULL;
	if (!IsEqualGUID(iid, &IID_IUnknown) && !IsEqualGUID(iid, &IID_IWbemLocator))
		return E_NOINTERFACE;
	*ret = self;
	return S_OK;
}

static ULONG WINAPI locator_refs(IWbemLocator *self)
{
	(void)self;
	return 1; /* there is one, for ever */
}

static HRESULT WINAPI locator_connect(IWbemLocator *self, const BSTR space, const BSTR user,
	const BSTR password, const BSTR locale, LONG flags, const BSTR authority,
	IWbemContext *context, IWbemServices **ret)
{
	struct services *s;
	HKEY key;

	(void)self, (void)user, (void)password, (void)locale, (void)flags, (void)authority;
	(void)context;
	s = calloc(1, sizeof *s);
	s->face.lpVtbl = &services_vtbl;
	s->refs = 1;
	wcsncpy(s->space, space, FAKE_NAME - 1);
	for (wchar_t *p = s->space; *p; p++)
		if (*p == L'\\')
			*p = L'/'; /* which a key's name may hold */
	key = fake_class_open(s->space, NULL);
	if (!key) {
		free(s);
		return (HRESULT)WBEM_E_INVALID_NAMESPACE;
	}
	RegCloseKey(key);
	*ret = &s->face;
	return S_OK;
}

static IWbemLocatorVtbl locator_vtbl = {
	.QueryInterface = locator_query,
	.AddRef = locator_refs,
	.Release = locator_refs,
	.ConnectServer = locator_connect,
};
static IWbemLocator locator = { &locator_vtbl };

/* ---- the DLL ---- */

static HRESULT WINAPI factory_query(IClassFactory *self, REFIID iid, void **ret)
{
	*ret = NULL;
	if (!IsEqualGUID(iid, &IID_IUnknown) && !IsEqualGUID(iid, &IID_IClassFactory))
		return E_NOINTERFACE;
	*ret = self;
	return S_OK;
}

static ULONG WINAPI factory_refs(IClassFactory *self)
{
	(void)self;
	return 1;
}

static HRESULT WINAPI factory_create(IClassFactory *self, IUnknown *outer, REFIID iid, void **ret)
{
	(void)self, (void)outer;
	return locator_query(&locator, iid, ret);
}

static HRESULT WINAPI factory_lock(IClassFactory *self, BOOL lock)
{
	(void)self, (void)lock;
	return S_OK;
}

static IClassFactoryVtbl factory_vtbl = {
	.QueryInterface = factory_query,
	.AddRef = factory_refs,
	.Release = factory_refs,
	.CreateInstance = factory_create,
	.LockServer = factory_lock,
};
static IClassFactory factory = { &factory_vtbl };

__declspec(dllexport) HRESULT WINAPI DllGetClassObject(REFCLSID class, REFIID iid, LPVOID *ret)
{
	if (!IsEqualGUID(class, &CLSID_WbemLocator))
		return CLASS_E_CLASSNOTAVAILABLE;
	return factory_query(&factory, iid, ret);
}

__declspec(dllexport) HRESULT WINAPI DllCanUnloadNow(void)
{
	return S_FALSE;
}
