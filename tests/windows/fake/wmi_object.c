/* Objects, definitions and the one qualifier there is. */
#include "wmi.h"

#include <stdlib.h>
#include <wchar.h>

#define PATH 1024

/* ---- qualifiers ---- */

struct qualifiers {
	IWbemQualifierSet face;
	LONG refs;
	bool key;
};

static HRESULT WINAPI nothing_else(REFIID iid, const IID *mine, void *self, LONG *refs, void **ret)
{
	*ret = NULL;
	if (!IsEqualGUID(iid, &IID_IUnknown) && !IsEqualGUID(iid, mine))
		return E_NOINTERFACE;
	InterlockedIncrement(refs);
	*ret = self;
	return S_OK;
}

static HRESULT WINAPI set_query(IWbemQualifierSet *self, REFIID iid, void **ret)
{
	return nothing_else(iid, &IID_IWbemQualifierSet, self, &((struct qualifiers *)self)->refs,
		ret);
}

static ULONG WINAPI set_add_ref(IWbemQualifierSet *self)
{
	return (ULONG)InterlockedIncrement(&((struct qualifiers *)self)->refs);
}

static ULONG WINAPI set_release(IWbemQualifierSet *self)
{
	LONG left = InterlockedDecrement(&((struct qualifiers *)self)->refs);

	if (left == 0)
		free(self);
	return (ULONG)left;
}

static HRESULT WINAPI set_get(IWbemQualifierSet *self, LPCWSTR name, LONG flags, VARIANT *ret,
	LONG *flavor)
{
	(void)flags, (void)flavor;
	if (_wcsicmp(name, L"key") != 0 || !((struct qualifiers *)self)->key)
		return (HRESULT)WBEM_E_NOT_FOUND;
	if (ret) {
		V_VT(ret) = VT_BOOL;
		V_BOOL(ret) = VARIANT_TRUE;
	}
	return S_OK;
}

static IWbemQualifierSetVtbl set_vtbl = {
	.QueryInterface = set_query,
	.AddRef = set_add_ref,
	.Release = set_release,
	.Get = set_get,
};

/* ---- objects ---- */

static struct fake_object *of(IWbemClassObject *self)
{
	return (struct fake_object *)self;
}

static HRESULT WINAPI object_query(IWbemClassObject *self, REFIID iid, void **ret)
{
	return nothing_else(iid, &IID_IWbemClassObject, self, &of(self)->refs, ret);
}

static ULONG WINAPI object_add_ref(IWbemClassObject *self)
{
	return (ULONG)InterlockedIncrement(&of(self)->refs);
}

static ULONG WINAPI object_release(IWbemClassObject *self)
{
	struct fake_object *o = of(self);
	LONG left = InterlockedDecrement(&o->refs);

	if (left > 0)
		return (ULONG)left;
	for (size_t i = 0; i < o->n; i++)
		VariantClear(&o->property[i].value);
	free(o);
	return 0;
}

void fake_object_release(struct fake_object *o)
{
	object_release(&o->face);
}

static struct fake_property *find(struct fake_object *o, const wchar_t *name)
{
	for (size_t i = 0; i < o->n; i++)
		if (_wcsicmp(o->property[i].name, name) == 0)
			return &o->property[i];
	return NULL;
}

/* Quotes and backslashes get a backslash in front. */
static void quote(const wchar_t *s, wchar_t *ret, size_t n)
{
	size_t at = wcslen(ret);

	for (; *s && at + 2 < n; s++) {
		if (*s == L'"' || *s == L'\\')
			ret[at++] = L'\\';
		ret[at++] = *s;
	}
	ret[at] = L'\0';
}

bool fake_object_path(const struct fake_object *o, wchar_t *ret, size_t n)
{
	size_t keys = 0;

	_snwprintf(ret, n, L"%ls", o->class);
	for (size_t i = 0; i < o->n; i++) {
		const struct fake_property *p = &o->property[i];
		size_t at = wcslen(ret);

		if (!p->key)
			continue;
		_snwprintf(ret + at, n - at, L"%ls%ls=", keys++ ? L"," : L".", p->name);
		at = wcslen(ret);
		if (V_VT(&p->value) == VT_BSTR) {
			_snwprintf(ret + at, n - at, L"\"");
			quote(V_BSTR(&p->value), ret, n);
			at = wcslen(ret);
			_snwprintf(ret + at, n - at, L"\"");
		} else {
			_snwprintf(ret + at, n - at, L"%lu", (unsigned long)V_UI4(&p->value));
		}
	}
	return keys > 0 && !o->definition;
}

static HRESULT give_text(VARIANT *ret, const wchar_t *text)
{
	V_VT(ret) = VT_BSTR;
	V_BSTR(ret) = SysAllocString(text);
	return S_OK;
}

static HRESULT WINAPI object_get(IWbemClassObject *self, LPCWSTR name, LONG flags, VARIANT *ret,
	CIMTYPE *type, LONG *flavor)
{
	struct fake_property *p = find(of(self), name);
	wchar_t path[PATH];

	(void)flags, (void)flavor;
	VariantInit(ret);
	if (type)
		*type = p ? p->type : CIM_STRING;
	if (_wcsicmp(name, L"__CLASS") == 0)
		return give_text(ret, of(self)->class);
	if (_wcsicmp(name, L"__RELPATH") == 0) {
		if (fake_object_path(of(self), path, PATH))
			return give_text(ret, path);
		V_VT(ret) = VT_NULL;
		return S_OK;
	}
	return p ? VariantCopy(ret, &p->value) : (HRESULT)WBEM_E_NOT_FOUND;
}

static HRESULT WINAPI object_begin(IWbemClassObject *self, LONG flags)
{
	(void)flags;
	of(self)->at = 0;
	return S_OK;
}

/* A column that was not asked for has the type 0 (fake_object_project). */
static HRESULT WINAPI object_next(IWbemClassObject *self, LONG flags, BSTR *name, VARIANT *value,
	CIMTYPE *type, LONG *flavor)
{
	struct fake_object *o = of(self);
	struct fake_property *p;

	(void)flags, (void)flavor;
	while (o->at < o->n && o->property[o->at].type == 0)
		o->at++;
	if (o->at == o->n)
		return (HRESULT)WBEM_S_NO_MORE_DATA;
	p = &o->property[o->at++];
	*name = SysAllocString(p->name);
	*type = p->type;
	VariantInit(value);
	return VariantCopy(value, &p->value);
}

static HRESULT WINAPI object_end(IWbemClassObject *self)
{
	(void)self;
	return S_OK;
}

static HRESULT WINAPI object_qualifiers(IWbemClassObject *self, LPCWSTR name,
	IWbemQualifierSet **ret)
{
	struct fake_property *p = find(of(self), name);
	struct qualifiers *q;

	if (!p)
		return (HRESULT)WBEM_E_NOT_FOUND;
	if (of(self)->unqualified)
		return of(self)->unqualified;
	q = calloc(1, sizeof *q);
	q->face.lpVtbl = &set_vtbl;
	q->refs = 1;
	q->key = p->key;
	*ret = &q->face;
	return S_OK;
}

static IWbemClassObjectVtbl object_vtbl = {
	.QueryInterface = object_query,
	.AddRef = object_add_ref,
	.Release = object_release,
	.Get = object_get,
	.BeginEnumeration = object_begin,
	.Next = object_next,
	.EndEnumeration = object_end,
	.GetPropertyQualifierSet = object_qualifiers,
};

struct fake_object *fake_object_new(const wchar_t *class)
{
	struct fake_object *o = calloc(1, sizeof *o);

	o->face.lpVtbl = &object_vtbl;
	o->refs = 1;
	wcsncpy(o->class, class, FAKE_NAME - 1);
	return o;
}

void fake_object_embed(struct fake_object *o, const wchar_t *name, struct fake_object *inner)
{
	struct fake_property *p = &o->property[o->n++];

	wcsncpy(p->name, name, FAKE_NAME - 1);
	p->type = CIM_OBJECT;
	V_VT(&p->value) = VT_UNKNOWN;
	V_UNKNOWN(&p->value) = (IUnknown *)&inner->face;
	object_add_ref(&inner->face);
}

void fake_object_project(struct fake_object *o, const wchar_t *columns)
{
	for (size_t i = 0; i < o->n; i++) {
		const wchar_t *p = columns;
		size_t n = wcslen(o->property[i].name);
		bool asked = false;

		while (!asked && *p) {
			p += wcsspn(p, L" ,\t");
			asked = wcscspn(p, L" ,\t") == n &&
				_wcsnicmp(p, o->property[i].name, n) == 0;
			p += wcscspn(p, L" ,\t");
		}
		if (!asked)
			o->property[i].type = 0;
	}
}

/* ---- out of the registry ---- */

static void mix(struct fake_object *o, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		o->digest = (o->digest ^ ((const uint8_t *)bytes)[i]) * UINT64_C(1099511628211);
}

static void give_list(struct fake_property *p, const wchar_t *text)
{
	ULONG n = 0;
	SAFEARRAY *list;
	LONG at = 0;

	for (const wchar_t *s = text; *s; s += wcslen(s) + 1)
		n++;
	list = SafeArrayCreateVector(VT_BSTR, 0, n);
	for (const wchar_t *s = text; *s; s += wcslen(s) + 1, at++) {
		BSTR item = SysAllocString(s);

		SafeArrayPutElement(list, &at, item);
		SysFreeString(item);
	}
	p->type = CIM_STRING | CIM_FLAG_ARRAY;
	V_VT(&p->value) = VT_ARRAY | VT_BSTR;
	V_ARRAY(&p->value) = list;
}

static void give_value(struct fake_property *p, DWORD type, const void *data)
{
	wchar_t digits[24];

	switch (type) {
	case REG_DWORD:
		p->type = CIM_UINT32;
		V_VT(&p->value) = VT_I4;
		V_I4(&p->value) = *(const LONG *)data;
		return;
	case REG_QWORD:
		_snwprintf(digits, 24, L"%I64u", *(const uint64_t *)data);
		p->type = CIM_UINT64;
		(void)give_text(&p->value, digits);
		return;
	case REG_BINARY:
		p->type = CIM_BOOLEAN;
		V_VT(&p->value) = VT_BOOL;
		V_BOOL(&p->value) = *(const uint8_t *)data ? VARIANT_TRUE : VARIANT_FALSE;
		return;
	case REG_MULTI_SZ:
		give_list(p, data);
		return;
	default:
		p->type = type == REG_EXPAND_SZ ? CIM_DATETIME : CIM_STRING;
		(void)give_text(&p->value, data);
	}
}

static bool read_value(struct fake_object *o, HKEY key, DWORD at)
{
	static _Thread_local _Alignas(8) uint8_t data[65536];
	DWORD n_name = FAKE_NAME, n = sizeof data - 4, type;
	struct fake_property *p = &o->property[o->n];

	memset(data, 0, sizeof data);
	if (RegEnumValueW(key, at, p->name, &n_name, NULL, &type, data, &n) != ERROR_SUCCESS)
		return false;
	mix(o, p->name, n_name * sizeof(wchar_t));
	mix(o, &type, sizeof type);
	mix(o, data, n);
	if (_wcsicmp(p->name, L"__CLASS") == 0) {
		wcsncpy(o->class, (const wchar_t *)data, FAKE_NAME - 1);
		return true;
	}
	p->key = n_name > 0 && p->name[n_name - 1] == L'*';
	if (p->key)
		p->name[n_name - 1] = L'\0';
	give_value(p, type, data);
	o->n++;
	return true;
}

struct fake_object *fake_object_read(HKEY key, const wchar_t *class)
{
	struct fake_object *o = fake_object_new(class), *inner;
	wchar_t name[FAKE_NAME];
	HKEY below;

	for (DWORD i = 0; o->n < FAKE_PROPERTIES / 2 && read_value(o, key, i); i++)
		;
	for (DWORD i = 0; o->n < FAKE_PROPERTIES; i++) {
		DWORD n = FAKE_NAME;

		if (RegEnumKeyExW(key, i, name, &n, NULL, NULL, NULL, NULL) != ERROR_SUCCESS)
			break;
		if (RegOpenKeyExW(key, name, 0, KEY_READ, &below) != ERROR_SUCCESS)
			continue;
		inner = fake_object_read(below, name);
		mix(o, &inner->digest, sizeof inner->digest);
		fake_object_embed(o, name, inner);
		fake_object_release(inner);
		RegCloseKey(below);
	}
	return o;
}
