#include "policy/place.h"

const char *const place_names[] = { "windows", "system32", "syswow64", "program_files",
	"program_files_x86", "program_data", "users_folder", NULL };
_Static_assert(ARRAY_LEN(place_names) == PLACE_N + 1, "every place needs a name");

static const char *const usual[PLACE_N] = { "C:\\Windows", "C:\\Windows\\System32",
	"C:\\Windows\\SysWOW64", "C:\\Program Files", "C:\\Program Files (x86)", "C:\\ProgramData",
	"C:\\Users" };

static unsigned find(struct span name)
{
	unsigned at = 0;

	while (at < PLACE_N && !span_is(name, place_names[at]))
		at++;
	return at;
}

bool place_is(struct span name)
{
	return find(name) < PLACE_N;
}

bool place_add(struct span name, struct buf *ret)
{
	unsigned place = find(name);

	if (place == PLACE_N)
		return false;
	if (!place_of_host((enum windows_place)place, ret))
		buf_add_text(ret, usual[place]);
	return true;
}
