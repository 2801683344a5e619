/* What is built on of WMI. */
/* clang-format off */
#define COBJMACROS
#include <windows.h>
#include <wbemcli.h>
/* clang-format on */

#include "agent/doctor/windows/probe.h"

static HRESULT connect_to(const wchar_t *namespace, IWbemServices **ret)
{
	IWbemLocator *locator = NULL;
	BSTR name = SysAllocString(namespace);
	HRESULT rc;

	(void)CoInitializeEx(NULL, COINIT_MULTITHREADED);
	(void)CoInitializeSecurity(NULL, -1, NULL, NULL, RPC_C_AUTHN_LEVEL_PKT_PRIVACY,
		RPC_C_IMP_LEVEL_IMPERSONATE, NULL, EOAC_NONE, NULL);
	rc = CoCreateInstance(&CLSID_WbemLocator, NULL, CLSCTX_INPROC_SERVER, &IID_IWbemLocator,
		(void **)&locator);
	if (SUCCEEDED(rc)) {
		rc = IWbemLocator_ConnectServer(locator, name, NULL, NULL, NULL,
			WBEM_FLAG_CONNECT_USE_MAX_WAIT, NULL, NULL, ret);
		IWbemLocator_Release(locator);
	}
	SysFreeString(name);
	return rc;
}

static struct probe_result has_namespace(const wchar_t *name)
{
	IWbemServices *s = NULL;
	HRESULT rc = connect_to(name, &s);

	if (FAILED(rc))
		return probe_missing((DWORD)rc, NULL);
	IWbemServices_Release(s);
	return probe_works();
}

static struct probe_result cimv2(const struct probe_place *p)
{
	(void)p;
	return has_namespace(L"root\\cimv2");
}

static struct probe_result subscription(const struct probe_place *p)
{
	(void)p;
	return has_namespace(L"root\\subscription");
}

static struct probe_result security_center(const struct probe_place *p)
{
	(void)p;
	return has_namespace(L"root\\SecurityCenter2");
}

static struct probe_result standard(const struct probe_place *p)
{
	(void)p;
	return has_namespace(L"root\\StandardCimv2");
}

static struct probe_result query_with(const wchar_t *text, bool notification)
{
	IWbemServices *s = NULL;
	IEnumWbemClassObject *list = NULL;
	IWbemClassObject *row = NULL;
	BSTR wql = SysAllocString(L"WQL"), query = SysAllocString(text);
	LONG flags = WBEM_FLAG_RETURN_IMMEDIATELY | WBEM_FLAG_FORWARD_ONLY;
	HRESULT rc = connect_to(L"root\\cimv2", &s);
	ULONG n = 0;

	if (SUCCEEDED(rc)) {
		rc = notification ? IWbemServices_ExecNotificationQuery(s, wql, query, flags, NULL,
					    &list)
				  : IWbemServices_ExecQuery(s, wql, query, flags, NULL, &list);
		IWbemServices_Release(s);
	}
	if (SUCCEEDED(rc) && !notification)
		rc = IEnumWbemClassObject_Next(list, 10000, 1, &row, &n);
	if (row)
		IWbemClassObject_Release(row);
	if (list)
		IEnumWbemClassObject_Release(list);
	SysFreeString(wql);
	SysFreeString(query);
	if (FAILED(rc))
		return probe_missing((DWORD)rc, NULL);
	return notification || n ? probe_works() : probe_failed((DWORD)rc, "no rows");
}

static struct probe_result rows(const struct probe_place *p)
{
	(void)p;
	return query_with(L"SELECT * FROM Win32_OperatingSystem", false);
}

static struct probe_result events(const struct probe_place *p)
{
	(void)p;
	return query_with(L"SELECT * FROM __InstanceOperationEvent WITHIN 60 WHERE TargetInstance "
			  L"ISA 'Win32_Service'",
		true);
}

static struct probe_result keys(const struct probe_place *p)
{
	IWbemServices *s = NULL;
	IWbemClassObject *class = NULL;
	IWbemQualifierSet *set = NULL;
	BSTR name = SysAllocString(L"Win32_Service");
	HRESULT rc = connect_to(L"root\\cimv2", &s);

	(void)p;
	if (SUCCEEDED(rc)) {
		rc = IWbemServices_GetObject(s, name, 0, NULL, &class, NULL);
		IWbemServices_Release(s);
	}
	if (SUCCEEDED(rc)) {
		rc = IWbemClassObject_GetPropertyQualifierSet(class, L"Name", &set);
		IWbemClassObject_Release(class);
	}
	if (SUCCEEDED(rc)) {
		rc = IWbemQualifierSet_Get(set, L"key", 0, NULL, NULL);
		IWbemQualifierSet_Release(set);
	}
	SysFreeString(name);
	return FAILED(rc) ? probe_missing((DWORD)rc, "keys are taken from the paths of rows")
			  : probe_works();
}

const struct probe probes_wmi[] = {
	{ "WMI", cimv2 },
	{ "WMI rows", rows },
	{ "WMI keys of classes", keys },
	{ "WMI events", events },
	{ "WMI event consumers", subscription },
	{ "WMI security centre", security_center },
	{ "WMI network and storage classes", standard },
	{ NULL, NULL },
};
