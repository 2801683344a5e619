#include "cli/paths.h"

#include <windows.h>

#include "entity/key.h"
#include "entity/key_typed.h"
#include "os/file.h"
#include "os/windows/wide.h"

#define PREFIX_N 4     /* \\?\ */
#define PREFIX_UNC_N 8 /* \\?\UNC\ */

const bool names_fold = true;

const char *path_here(struct arena *a)
{
	const char *here = file_here(a);

	return here ? here : "C:\\";
}

/* Each section as the folder has it, since keys have that case; from the first on that is not there
 * as it was typed. */
static void as_on_disk(wchar_t *w, size_t root)
{
	for (wchar_t *at = w + root; *at; at += *at == '\\') {
		wchar_t *end = at + wcscspn(at, L"\\");
		wchar_t was = *end;
		WIN32_FIND_DATAW found;
		HANDLE h;

		*end = 0;
		/* a stream, or a pattern: nothing of the kind lies in a folder */
		h = wcspbrk(at, L":*?") ? INVALID_HANDLE_VALUE : FindFirstFileW(w, &found);
		*end = was;
		if (h == INVALID_HANDLE_VALUE)
			return;
		FindClose(h);
		if (wcslen(found.cFileName) == (size_t)(end - at))
			wmemcpy(at, found.cFileName, (size_t)(end - at));
		at = end;
	}
}

static struct span normal(struct arena *a, struct span path)
{
	wchar_t *w = wide_path(a, path);
	size_t unc = wcsncmp(w, L"\\\\?\\UNC\\", PREFIX_UNC_N) == 0;

	if (wcsncmp(w, L"\\\\?\\", PREFIX_N) != 0)
		return wide_to_span_z(a, w);
	if (unc) {
		w[PREFIX_UNC_N - 2] = '\\'; /* "\\?\UNC\server" ends as "\\server" */
		return wide_to_span_z(a, w + PREFIX_UNC_N - 2);
	}
	if (w[PREFIX_N] >= 'a' && w[PREFIX_N] <= 'z')
		w[PREFIX_N] = (wchar_t)(w[PREFIX_N] - 'a' + 'A');
	as_on_disk(w, PREFIX_N + 3); /* behind C:\ */
	return wide_to_span_z(a, w + PREFIX_N);
}

struct span path_normal(struct arena *a, struct span path)
{
	return normal(a, path);
}

int path_absolute(struct arena *a, const char *path, struct span *ret, struct err *e)
{
	if (!*path)
		return err_set(e, ERR_USAGE, "an empty path names nothing");
	if (!path_is_windows(span_of(path)) && key_typed_windows(NULL, span_of(path), a, ret))
		return 0; /* of the registry */
	*ret = normal(a, span_of(path));
	return 0;
}
