#include "os/windows/wmi.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"
#include "os/windows/wide.h"

struct wmi {
	IWbemServices *services;
	IEnumWbemClassObject *answer; /* NULL: nothing was asked */
};

/* ---- what went wrong ---- */

static const struct {
	uint32_t code;
	enum err_code means;
	const char *text;
} faults[] = {
	{ 0x80041001, ERR_SYSTEM, "the provider failed" },
	{ 0x80041002, ERR_MISSING, "not found" },
	{ 0x80041003, ERR_DENIED, "access denied" },
	{ 0x80041004, ERR_SYSTEM, "the provider failed" },
	{ 0x80041008, ERR_SYSTEM, "a parameter is not accepted" },
	{ 0x8004100c, ERR_SYSTEM, "not supported" },
	{ 0x8004100e, ERR_MISSING, "no such namespace" },
	{ 0x80041010, ERR_MISSING, "no such class" },
	{ 0x80041013, ERR_SYSTEM, "the provider cannot be loaded" },
	{ 0x80041014, ERR_SYSTEM, "a component cannot be started" },
	{ 0x80041015, ERR_SYSTEM, "the connection to the server failed" },
	{ 0x80041017, ERR_SYSTEM, "the query is not valid" },
	{ 0x80041018, ERR_SYSTEM, "the query language is not supported" },
	{ 0x80041032, ERR_SYSTEM, "the call was cancelled" },
	{ 0x80041033, ERR_SYSTEM, "the service is shutting down" },
	{ 0x80041069, ERR_TIMEOUT, "timed out" },
	{ 0x8004106c, ERR_SYSTEM, "a quota is used up" },
	{ 0x80070005, ERR_DENIED, "access denied" },
	{ 0x80070422, ERR_SYSTEM, "the service is disabled" },
	{ 0x800706ba, ERR_SYSTEM, "the server is not available" },
	{ 0x800706be, ERR_SYSTEM, "the remote call failed" },
	{ 0x80010108, ERR_SYSTEM, "the server is gone" },
};

int wmi_fault(struct err *e, HRESULT code, const char *fmt, ...)
{
	enum err_code means = ERR_SYSTEM;
	const char *text = NULL;
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		if (faults[i].code != (uint32_t)code)
			continue;
		means = faults[i].means;
		text = faults[i].text;
	}
	(void)err_set(e, means, "%s: %s%s0x%08lx%s", what, text ? text : "", text ? " (" : "",
		(unsigned long)(uint32_t)code, text ? ")" : "");
	e->sys = (int)code;
	return e->code;
}

bool wmi_is_broken(const struct err *e)
{
	static const uint32_t broken[] = { 0x800706ba, 0x800706be, 0x80010108 };

	for (size_t i = 0; i < ARRAY_LEN(broken); i++)
		if (broken[i] == (uint32_t)e->sys)
			return true;
	return false;
}

/* ---- threads ---- */

int wmi_thread_begin(struct err *e)
{
	HRESULT rc = CoInitializeEx(NULL, COINIT_MULTITHREADED);

	if (FAILED(rc))
		return wmi_fault(e, rc, "cannot begin COM");
	/* Once in a process; who was earlier decided for all. Each proxy of ours says it again. */
	(void)CoInitializeSecurity(NULL, -1, NULL, NULL, RPC_C_AUTHN_LEVEL_PKT_PRIVACY,
		RPC_C_IMP_LEVEL_IMPERSONATE, NULL, EOAC_NONE, NULL);
	return 0;
}

void wmi_thread_end(void)
{
	CoUninitialize();
}

/* ---- connecting ---- */

static BSTR bstr_of(const char *text)
{
	struct arena *a = arena_new();
	BSTR ret = SysAllocString(wide_from_text(a, span_of(text), NULL));

	arena_free(a);
	return ret;
}

/* Encrypted, and as who we are. What is in this process takes none of it. */
static void secure(void *proxy)
{
	(void)CoSetProxyBlanket(proxy, RPC_C_AUTHN_WINNT, RPC_C_AUTHZ_NONE, NULL,
		RPC_C_AUTHN_LEVEL_PKT_PRIVACY, RPC_C_IMP_LEVEL_IMPERSONATE, NULL, EOAC_NONE);
}

static HRESULT connect_to(const char *space, IWbemServices **ret)
{
	IWbemLocator *locator = NULL;
	BSTR name, english;
	HRESULT rc = CoCreateInstance(&CLSID_WbemLocator, NULL, CLSCTX_INPROC_SERVER,
		&IID_IWbemLocator, (void **)&locator);

	if (FAILED(rc))
		return rc;
	name = bstr_of(space);
	english = SysAllocString(L"MS_409");
	/* else it may wait for ever for a service that does not come up */
	rc = IWbemLocator_ConnectServer(locator, name, NULL, NULL, english,
		WBEM_FLAG_CONNECT_USE_MAX_WAIT, NULL, NULL, ret);
	SysFreeString(name);
	SysFreeString(english);
	IWbemLocator_Release(locator);
	return rc;
}

int wmi_open(struct wmi **ret, const char *space, struct err *e)
{
	IWbemServices *services = NULL;
	struct wmi *w;
	HRESULT rc;

	if (space[0] == '\\' || space[0] == '/')
		return err_set(e, ERR_FORMAT, "namespace '%s' is not of this machine", space);
	rc = connect_to(space, &services);
	if (FAILED(rc) || !services)
		return wmi_fault(e, rc, "cannot connect to namespace '%s'", space);
	secure(services);
	w = mem_new(sizeof *w);
	w->services = services;
	*ret = w;
	return 0;
}

static void forget(struct wmi *w)
{
	if (w->answer)
		IEnumWbemClassObject_Release(w->answer);
	w->answer = NULL;
}

void wmi_close(struct wmi *w)
{
	if (!w)
		return;
	forget(w);
	IWbemServices_Release(w->services);
	free(w);
}

void wmi_freep(struct wmi **w)
{
	wmi_close(*w);
	*w = NULL;
}

/* ---- asking ---- */

#define HOW (WBEM_FLAG_RETURN_IMMEDIATELY | WBEM_FLAG_FORWARD_ONLY)

static HRESULT query(struct wmi *w, const char *wql, LONG flags)
{
	BSTR language = SysAllocString(L"WQL"), text = bstr_of(wql);
	HRESULT rc = IWbemServices_ExecQuery(w->services, language, text, flags, NULL, &w->answer);

	SysFreeString(language);
	SysFreeString(text);
	return rc;
}

int wmi_ask(struct wmi *w, const char *wql, struct err *e)
{
	HRESULT rc;

	forget(w);
	/* Rows are to say by what they are found again, whatever columns were asked for. Not every
	 * provider knows that. */
	rc = query(w, wql, HOW | WBEM_FLAG_ENSURE_LOCATABLE);
	if (rc == (HRESULT)WBEM_E_INVALID_PARAMETER)
		rc = query(w, wql, HOW);
	if (FAILED(rc) || !w->answer)
		return wmi_fault(e, rc, "the query was refused");
	secure(w->answer);
	return 0;
}

int wmi_listen(struct wmi *w, const char *wql, struct err *e)
{
	BSTR language = SysAllocString(L"WQL"), text = bstr_of(wql);
	HRESULT rc;

	forget(w);
	rc = IWbemServices_ExecNotificationQuery(w->services, language, text, HOW, NULL,
		&w->answer);
	SysFreeString(language);
	SysFreeString(text);
	if (FAILED(rc) || !w->answer)
		return wmi_fault(e, rc, "events were refused");
	secure(w->answer);
	return 0;
}

int wmi_next(struct wmi *w, unsigned ms, IWbemClassObject **ret, struct err *e)
{
	IWbemClassObject *object = NULL;
	ULONG n = 0;
	HRESULT rc;

	if (!w->answer)
		return err_set(e, ERR_SYSTEM, "nothing was asked");
	rc = IEnumWbemClassObject_Next(w->answer, (LONG)ms, 1, &object, &n);
	if (SUCCEEDED(rc) && n == 1 && object) {
		*ret = object;
		return WMI_OBJECT;
	}
	if (rc == (HRESULT)WBEM_S_TIMEDOUT)
		return WMI_NOTHING_YET;
	if (rc == (HRESULT)WBEM_S_FALSE)
		return WMI_END;
	return wmi_fault(e, rc, "the answer is not whole");
}

int wmi_definition(struct wmi *w, const wchar_t *class, IWbemClassObject **ret, struct err *e)
{
	IWbemClassObject *object = NULL;
	BSTR path = SysAllocString(class);
	HRESULT rc = IWbemServices_GetObject(w->services, path, 0, NULL, &object, NULL);

	SysFreeString(path);
	if (FAILED(rc) || !object)
		return wmi_fault(e, rc, "the definition of a class cannot be had");
	*ret = object;
	return 0;
}
