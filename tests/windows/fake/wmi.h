/* TEST ONLY. A locator of WMI whose namespaces, classes and rows are keys of the registry, so that
 * what Wine's own WMI has not got (key qualifiers, embedded objects, namespaces that come and go,
 * events, failures half way) is made with `wine reg add`. In a prefix that is thrown away:
 *
 *   wine reg add
 * 'HKLM\Software\Classes\CLSID\{4590F811-1D3A-11D0-891F-00AA004B2E24}\InprocServer32' \ /ve /d
 * 'Z:\…\fake_wmi.dll' /f
 *
 * HKLM\Software\InvarTest\Wmi\root/cimv2\CLASS\ROW, a value a property: REG_SZ string,
 * REG_EXPAND_SZ datetime, REG_DWORD uint32, REG_QWORD uint64, REG_MULTI_SZ strings, REG_BINARY
 * boolean (its first byte); "Name*" is a key of the class. A key below a row is an object in it. Of
 * a class, as DWORDs: fail     the enumeration ends with this HRESULT after half of the rows
 *   reverse  the rows the other way round
 *   old      ENSURE_LOCATABLE is refused, as providers do that do not know it
 *   hang     the query never returns
 *   refuse   events are refused with this HRESULT
 *   ended    events end with this HRESULT at the first one */
#ifndef TESTS_WINDOWS_FAKE_WMI_H
#define TESTS_WINDOWS_FAKE_WMI_H

#define COBJMACROS
#include <stdbool.h>
#include <stdint.h>
#include <wbemcli.h>

#define FAKE_NAME 128
#define FAKE_PROPERTIES 64
#define FAKE_ROWS 4096

struct fake_property {
	wchar_t name[FAKE_NAME];
	bool key;
	CIMTYPE type;
	VARIANT value;
};

struct fake_object {
	IWbemClassObject face;
	LONG refs;
	wchar_t class[FAKE_NAME];
	size_t n, at;
	struct fake_property property[FAKE_PROPERTIES];
	uint64_t digest; /* of all that it was made from */
	bool definition;
	HRESULT unqualified; /* what it answers when asked for qualifiers; 0: them */
};

struct fake_rows {
	struct fake_object **row;
	size_t n;
};

/* ---- wmi_object.c ---- */

struct fake_object *fake_object_new(const wchar_t *class);
/* What a key holds. */
struct fake_object *fake_object_read(HKEY key, const wchar_t *class);
void fake_object_release(struct fake_object *o);
/* Another property, of type object. */
void fake_object_embed(struct fake_object *o, const wchar_t *name, struct fake_object *inner);
/* Only these columns; the path stays whole. */
void fake_object_project(struct fake_object *o, const wchar_t *columns);
/* "Class.Key=\"value\""; false: it has no key. */
bool fake_object_path(const struct fake_object *o, wchar_t *ret, size_t n);

/* ---- wmi_rows.c ---- */

/* NULL: no such namespace (class NULL), no such class. */
HKEY fake_class_open(const wchar_t *space, const wchar_t *class);
DWORD fake_class_option(HKEY class, const wchar_t *name);
struct fake_rows fake_rows_read(HKEY class_key, const wchar_t *class);
void fake_rows_done(struct fake_rows *r);

/* Of rows, once. */
IEnumWbemClassObject *fake_answer_new(struct fake_rows rows, HRESULT end);
/* Of what happens to them; takes the key. */
IEnumWbemClassObject *fake_events_new(HKEY class_key, const wchar_t *class);

#endif
