#include "sensor/wmi/row_windows.h"

#include <inttypes.h>

#include "os/windows/fault.h"
#include "os/windows/wide.h"

struct reader {
	struct arena *arena;
	uint64_t max_bytes;
};

static int read_object(const struct reader *r, IWbemClassObject *o, unsigned depth, struct row *ret,
	struct err *e);

/* ---- values ---- */

static struct span text_of(const struct reader *r, BSTR s)
{
	return wide_to_span(r->arena, s ? s : L"", SysStringLen(s));
}

static int read_embedded(const struct reader *r, IUnknown *from, unsigned depth,
	struct row_value *ret, struct err *e)
{
	IWbemClassObject *o = NULL;
	struct row *row;
	int rc;

	if (!from || FAILED(IUnknown_QueryInterface(from, &IID_IWbemClassObject, (void **)&o)))
		return err_set(e, ERR_FORMAT, "an embedded object that is none");
	row = arena_get(r->arena, sizeof *row);
	rc = read_object(r, o, depth + 1, row, e);
	IWbemClassObject_Release(o);
	ret->carrier = ROW_IS_OBJECT;
	ret->object = row;
	return rc;
}

static void set_number(struct row_value *ret, int64_t n)
{
	ret->carrier = ROW_IS_NUMBER;
	ret->number = n;
}

static void set_real(struct row_value *ret, double x)
{
	ret->carrier = ROW_IS_REAL;
	ret->real = x;
}

static void set_text(struct row_value *ret, struct span s)
{
	ret->carrier = ROW_IS_TEXT;
	ret->text = s;
}

/* Carriers that WMI does not use, as their text. */
static int read_other(const struct reader *r, VARIANT *v, struct row_value *ret, struct err *e)
{
	VARIANT text;

	VariantInit(&text);
	if (FAILED(VariantChangeType(&text, v, VARIANT_NOVALUEPROP, VT_BSTR)))
		return err_set(e, ERR_FORMAT, "a value carried in a variant of type %u",
			(unsigned)V_VT(v));
	set_text(ret, text_of(r, V_BSTR(&text)));
	VariantClear(&text);
	return 0;
}

static int read_value(const struct reader *r, VARIANT *v, unsigned depth, struct row_value *ret,
	struct err *e)
{
	switch (V_VT(v)) {
	case VT_EMPTY:
	case VT_NULL:
		ret->carrier = ROW_IS_NULL;
		return 0;
	case VT_BOOL:
		set_number(ret, V_BOOL(v) != 0);
		return 0;
	case VT_I1:
		set_number(ret, V_I1(v));
		return 0;
	case VT_UI1:
		set_number(ret, V_UI1(v));
		return 0;
	case VT_I2:
		set_number(ret, V_I2(v));
		return 0;
	case VT_UI2:
		set_number(ret, V_UI2(v));
		return 0;
	case VT_I4:
	case VT_INT:
		set_number(ret, V_I4(v));
		return 0;
	case VT_UI4:
	case VT_UINT:
		set_number(ret, V_UI4(v));
		return 0;
	case VT_I8: /* 64 bits come as text; should they not, they become one */
		set_text(ret, span_of(arena_format(r->arena, "%" PRId64, (int64_t)V_I8(v))));
		return 0;
	case VT_UI8:
		set_text(ret, span_of(arena_format(r->arena, "%" PRIu64, (uint64_t)V_UI8(v))));
		return 0;
	case VT_R4:
		set_real(ret, (double)V_R4(v));
		return 0;
	case VT_R8:
		set_real(ret, V_R8(v));
		return 0;
	case VT_BSTR:
		set_text(ret, text_of(r, V_BSTR(v)));
		return 0;
	case VT_UNKNOWN:
	case VT_DISPATCH:
		return read_embedded(r, V_UNKNOWN(v), depth, ret, e);
	default:
		return read_other(r, v, ret, e);
	}
}

static int read_item(const struct reader *r, SAFEARRAY *array, VARTYPE type, LONG at,
	unsigned depth, struct row_value *ret, struct err *e)
{
	VARIANT item;
	HRESULT rc;
	int code;

	VariantInit(&item);
	if (type == VT_VARIANT) {
		rc = SafeArrayGetElement(array, &at, &item);
	} else {
		V_VT(&item) = type;
		rc = SafeArrayGetElement(array, &at, &V_I8(&item)); /* all members are there */
	}
	if (FAILED(rc))
		return wmi_fault(e, rc, "an item of an array cannot be read");
	code = read_value(r, &item, depth, ret, e);
	VariantClear(&item);
	return code;
}

static int read_array(const struct reader *r, VARIANT *v, unsigned depth, struct row_property *ret,
	struct err *e)
{
	SAFEARRAY *array = V_VT(v) & VT_BYREF ? *V_ARRAYREF(v) : V_ARRAY(v);
	VARTYPE type = V_VT(v) & VT_TYPEMASK;
	struct row_value *value;
	LONG low = 0, high = -1;
	uint64_t n;

	if (!array || SafeArrayGetDim(array) != 1 || type == VT_DECIMAL ||
		FAILED(SafeArrayGetLBound(array, 1, &low)) ||
		FAILED(SafeArrayGetUBound(array, 1, &high)))
		return err_set(e, ERR_FORMAT, "an array that is no row of values");
	n = high < low ? 0 : (uint64_t)((int64_t)high - low + 1);
	if (n > ROW_ITEMS_MAX)
		return err_set(e, ERR_LIMIT, "an array of more than %d items", ROW_ITEMS_MAX);
	value = arena_get(r->arena, ((size_t)n + 1) * sizeof *value);
	for (size_t i = 0; i < n; i++)
		if (read_item(r, array, type, low + (LONG)i, depth, &value[i], e) < 0)
			return e->code;
	ret->array = true;
	ret->value = value;
	ret->n = (size_t)n;
	return 0;
}

static int read_property(const struct reader *r, BSTR name, VARIANT *v, CIMTYPE type,
	unsigned depth, struct row_property *ret, struct err *e)
{
	struct row_value *value;

	ret->name = text_of(r, name);
	ret->type = (unsigned)type & 0xfffu;
	ret->array = ((unsigned)type & CIM_FLAG_ARRAY) != 0;
	ret->null = V_VT(v) == VT_NULL || V_VT(v) == VT_EMPTY;
	if (ret->null)
		return 0;
	if (V_VT(v) & VT_ARRAY)
		return read_array(r, v, depth, ret, e);
	value = arena_get(r->arena, sizeof *value);
	ret->array = false;
	ret->value = value;
	ret->n = 1;
	return read_value(r, v, depth, value, e);
}

/* ---- objects ---- */

static struct span system_text(const struct reader *r, IWbemClassObject *o, const wchar_t *name)
{
	struct span ret = SPAN_NONE;
	VARIANT v;

	VariantInit(&v);
	if (SUCCEEDED(IWbemClassObject_Get(o, name, 0, &v, NULL, NULL)) && V_VT(&v) == VT_BSTR)
		ret = text_of(r, V_BSTR(&v));
	VariantClear(&v);
	return ret;
}

static int read_properties(const struct reader *r, IWbemClassObject *o, unsigned depth,
	struct row *ret, struct err *e)
{
	size_t cap = 0;

	for (;;) {
		BSTR name = NULL;
		CIMTYPE type = 0;
		VARIANT v;
		HRESULT got;
		int rc = 0;

		VariantInit(&v);
		got = IWbemClassObject_Next(o, 0, &name, &v, &type, NULL);
		if (got == (HRESULT)WBEM_S_NO_MORE_DATA)
			return 0;
		if (FAILED(got))
			return wmi_fault(e, got, "a property cannot be read");
		if (ret->n == cap) {
			struct row_property *more;

			cap = cap ? cap * 2 : 16;
			more = arena_get(r->arena, cap * sizeof *more);
			if (ret->n)
				memcpy(more, ret->property, ret->n * sizeof *more);
			ret->property = more;
		}
		if (ret->n == ROW_PROPERTIES_MAX)
			rc = err_set(e, ERR_LIMIT, "more than %d properties", ROW_PROPERTIES_MAX);
		else
			rc = read_property(r, name, &v, type, depth, &ret->property[ret->n++], e);
		VariantClear(&v);
		SysFreeString(name);
		if (rc == 0 && arena_bytes(r->arena) > r->max_bytes)
			rc = err_set(e, ERR_LIMIT, "more than %" PRIu64 " bytes", r->max_bytes);
		if (rc < 0)
			return rc;
	}
}

static int read_object(const struct reader *r, IWbemClassObject *o, unsigned depth, struct row *ret,
	struct err *e)
{
	HRESULT begun;
	int rc;

	*ret = (struct row){ .class = system_text(r, o, L"__CLASS"),
		.relpath = system_text(r, o, L"__RELPATH") };
	if (depth > ROW_DEPTH_MAX)
		return err_set(e, ERR_LIMIT, "objects inside of objects more than %d deep",
			ROW_DEPTH_MAX);
	begun = IWbemClassObject_BeginEnumeration(o, WBEM_FLAG_NONSYSTEM_ONLY);
	if (FAILED(begun))
		return wmi_fault(e, begun, "the properties of a row cannot be read");
	rc = read_properties(r, o, depth, ret, e);
	IWbemClassObject_EndEnumeration(o);
	row_sort(ret);
	return rc;
}

int row_from_object(struct arena *a, IWbemClassObject *o, uint64_t max_bytes, struct row *ret,
	struct err *e)
{
	return read_object(&(struct reader){ a, max_bytes }, o, 0, ret, e);
}

/* ---- classes ---- */

static bool is_none(HRESULT rc)
{
	return rc == (HRESULT)WBEM_E_NOT_FOUND || rc == E_NOTIMPL;
}

/* 1: it is a key. Not to be told is no answer: else all rows of the class would be called otherwise
 * today than yesterday, which is that all went and others came. */
static int is_key(IWbemClassObject *o, struct arena *a, struct span property, struct err *e)
{
	IWbemQualifierSet *set = NULL;
	HRESULT rc = IWbemClassObject_GetPropertyQualifierSet(o, wide_from_text(a, property, NULL),
		&set);

	if (SUCCEEDED(rc) && set) {
		rc = IWbemQualifierSet_Get(set, L"key", 0, NULL, NULL);
		IWbemQualifierSet_Release(set);
	}
	if (FAILED(rc) && !is_none(rc)) {
		(void)err_windows(e, (unsigned long)rc, "cannot ask for the keys of its class");
		return ERR_SYSTEM;
	}
	return SUCCEEDED(rc) && set;
}

int row_class_get(struct wmi *w, struct arena *a, struct span name, struct row_class *ret,
	struct err *e)
{
	IWbemClassObject *o = NULL;
	struct row row;
	int rc;

	*ret = (struct row_class){ .name = name };
	rc = wmi_definition(w, wide_from_text(a, name, NULL), &o, e);
	if (rc == ERR_MISSING)
		return 0;
	if (rc < 0)
		return rc;
	rc = row_from_object(a, o, UINT64_MAX, &row, e);
	if (rc == 0)
		ret->key = arena_get(a, (row.n + 1) * sizeof *ret->key);
	for (size_t i = 0; rc == 0 && i < row.n; i++) {
		rc = is_key(o, a, row.property[i].name, e);
		if (rc > 0)
			ret->key[ret->n++] = row.property[i].name;
		rc = rc < 0 ? rc : 0;
	}
	IWbemClassObject_Release(o);
	return rc;
}
