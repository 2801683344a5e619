#include "host/windows/drivers.h"

#include <windows.h>

#include "host/windows/command_line.h"
#include "host/windows/services.h"
#include "os/windows/system.h"
#include "os/windows/wide.h"

#define LIST_BYTES ((size_t)16 << 20)
#define PATH_BYTES 256

#define CODE_PAGES L"SYSTEM\\CurrentControlSet\\Control\\Nls\\CodePage"

/* RTL_PROCESS_MODULE_INFORMATION: paths are in the system's 8-bit code page. */
struct module_row {
	HANDLE section;
	PVOID mapped, base;
	ULONG size, flags;
	USHORT load_order, init_order, load_count, name_at;
	UCHAR path[PATH_BYTES];
};
struct module_rows {
	ULONG n;
	struct module_row row[];
};

/* The kernel's: CP_ACP is UTF-8 here, by our manifest. */
static UINT code_page(void)
{
	wchar_t text[16];
	DWORD bytes = sizeof text;

	if (RegGetValueW(HKEY_LOCAL_MACHINE, CODE_PAGES, L"ACP", RRF_RT_REG_SZ, NULL, text,
		    &bytes) != ERROR_SUCCESS)
		return CP_ACP;
	return (UINT)wcstoul(text, NULL, 10); /* 0, where it makes no sense, is CP_ACP */
}

static struct driver driver_from(struct host *h, UINT page, const struct module_row *row,
	struct arena *a)
{
	AUTO(buf) path = BUF_INIT(65536);
	size_t n = strnlen((const char *)row->path, PATH_BYTES);
	wchar_t wide[PATH_BYTES];
	int units =
		n ? MultiByteToWideChar(page, 0, (const char *)row->path, (int)n, wide, PATH_BYTES)
		  : 0;
	struct span written = wide_to_span(a, wide, units > 0 ? (size_t)units : 0), name;
	size_t at;

	path_from_native(written, host_windows_folder(h), false, &path);
	written = arena_copy(a, buf_span(&path));
	for (at = written.n; at > 0 && written.p[at - 1] != '\\'; at--)
		;
	name = span_from_offset(written, at);
	return (struct driver){ .name = name, .file = written, .size = row->size };
}

int host_drivers(struct host *h, struct arena *a, const struct driver **ret, size_t *ret_n,
	struct err *e)
{
	AUTO(buf) b = BUF_INIT(LIST_BYTES);
	const struct module_rows *rows;
	UINT page = code_page();
	struct driver *list;
	size_t n = 0;

	if (!host_is_live(h))
		return err_set(e, ERR_MISSING, "drivers are those of the running system");
	if (system_ask(&b, SYSTEM_MODULES, "drivers", e) < 0)
		return e->code;
	rows = (const void *)b.p;
	if (rows->n > DRIVERS_MAX)
		return err_set(e, ERR_LIMIT, "more than %u drivers", DRIVERS_MAX);
	list = arena_get(a, (rows->n + 1) * sizeof *list);
	for (ULONG i = 0; i < rows->n; i++) {
		list[n] = driver_from(h, page, &rows->row[i], a);
		n += list[n].name.n > 0;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}
