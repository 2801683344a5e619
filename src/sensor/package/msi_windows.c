/* clang-format off */
#include <windows.h>
#include <msi.h>
/* clang-format on */

#include "sensor/package/msi_windows.h"

#include "os/windows/fault.h"
#include "os/windows/wide.h"

#define EVERYBODY L"S-1-1-0"
#define CODE_UNITS 39
#define PROPERTY_UNITS ((DWORD)4096)

struct msi {
	UINT(WINAPI *enumerate)
	(LPCWSTR, LPCWSTR, DWORD, DWORD, LPWSTR, MSIINSTALLCONTEXT *, LPWSTR, LPDWORD);
	UINT(WINAPI *get)(LPCWSTR, LPCWSTR, MSIINSTALLCONTEXT, LPCWSTR, LPWSTR, LPDWORD);
};

/* What one call of the list gave. */
struct one {
	wchar_t code[CODE_UNITS], user[256];
	MSIINSTALLCONTEXT context;
};

static int load(struct msi *ret, struct err *e)
{
	HMODULE library = LoadLibraryExW(L"msi.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
	FARPROC enumerate, get;

	if (!library)
		return err_set(e, ERR_MISSING, "there is no Windows Installer");
	enumerate = GetProcAddress(library, "MsiEnumProductsExW");
	get = GetProcAddress(library, "MsiGetProductInfoExW");
	if (!enumerate || !get)
		return err_set(e, ERR_MISSING, "this Windows Installer cannot list its products");
	memcpy(&ret->enumerate, &enumerate, sizeof enumerate);
	memcpy(&ret->get, &get, sizeof get);
	return 0;
}

static struct span property(const struct msi *m, struct arena *a, const struct one *x,
	const wchar_t *name)
{
	wchar_t *room = arena_get(a, PROPERTY_UNITS * sizeof *room);
	DWORD n = PROPERTY_UNITS;
	UINT rc = m->get(x->code, x->user[0] ? x->user : NULL, x->context, name, room, &n);

	return rc == ERROR_SUCCESS && n < PROPERTY_UNITS ? wide_to_span(a, room, n) : SPAN_NONE;
}

static struct msi_product product_of(const struct msi *m, struct arena *a, const struct one *x)
{
	return (struct msi_product){
		.code = wide_to_span_z(a, x->code),
		.name = property(m, a, x, L"InstalledProductName"),
		.version = property(m, a, x, L"VersionString"),
		.publisher = property(m, a, x, L"Publisher"),
		.location = property(m, a, x, L"InstallLocation"),
		.date = property(m, a, x, L"InstallDate"),
		.package_code = property(m, a, x, L"PackageCode"),
		.context = x->context == MSIINSTALLCONTEXT_MACHINE       ? "machine"
			   : x->context == MSIINSTALLCONTEXT_USERMANAGED ? "user-managed"
									 : "user",
		.user = x->context == MSIINSTALLCONTEXT_MACHINE ? SPAN_NONE
								: wide_to_span_z(a, x->user),
	};
}

/* The whole list for these users; NULL: all users together and our own. */
static UINT list(const struct msi *m, struct arena *a, const wchar_t *users, struct buf *ret)
{
	UINT rc = ERROR_SUCCESS;

	for (DWORD i = 0; i < MSI_PRODUCTS_MAX; i++) {
		struct one x = { 0 };
		struct msi_product p;
		DWORD n = ARRAY_LEN(x.user);

		rc = m->enumerate(NULL, users, MSIINSTALLCONTEXT_ALL, i, x.code, &x.context, x.user,
			&n);
		if (rc != ERROR_SUCCESS)
			break;
		p = product_of(m, a, &x);
		buf_add(ret, &p, sizeof p);
	}
	return rc;
}

int msi_products(struct arena *a, struct msi_product **ret, size_t *ret_n, struct err *e)
{
	AUTO(buf) all = BUF_INIT(MSI_PRODUCTS_MAX * sizeof(struct msi_product));
	struct msi m;
	UINT rc, denied = 0;

	if (load(&m, e) < 0)
		return e->code;
	rc = list(&m, a, EVERYBODY, &all);
	if (rc == ERROR_ACCESS_DENIED) {
		denied = rc;
		buf_clear(&all);
		rc = list(&m, a, NULL, &all);
	}
	if (rc != ERROR_NO_MORE_ITEMS && rc != ERROR_SUCCESS)
		return err_windows(e, rc, "cannot list the products of Windows Installer");
	if (rc == ERROR_SUCCESS)
		return err_set(e, ERR_LIMIT, "more than %d products", MSI_PRODUCTS_MAX);
	*ret_n = all.n / sizeof(struct msi_product);
	*ret = arena_get(a, all.n + 1);
	if (all.n)
		memcpy(*ret, all.p, all.n);
	return denied ? err_windows(e, denied, "cannot list the products of other users") : 0;
}
