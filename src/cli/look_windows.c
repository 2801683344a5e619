#include "cli/look.h"

#include <windows.h>

#include "cli/paths.h"
#include "os/file.h"
#include "os/windows/wide.h"

void look_at(const struct session *s, struct arena *a, struct span path, struct look *ret)
{
	DWORD attributes = GetFileAttributesW(wide_path(a, path)), code = GetLastError();
	bool gone = attributes == INVALID_FILE_ATTRIBUTES &&
		    (code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND ||
			    code == ERROR_INVALID_NAME);

	(void)s; /* there are no other roots */
	*ret = (struct look){ .found = gone ? LOOK_GONE : LOOK_THERE,
		.real = path,
		.real_gone = gone };
}

const char *look_state_folder(const struct session *s, struct arena *a)
{
	const char *real = file_real(a, s->state_dir);
	struct span typed;
	struct err e;

	if (real)
		return real;
	return path_absolute(a, s->state_dir, &typed, &e) == 0 ? typed.p : NULL;
}
