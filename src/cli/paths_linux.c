#include "cli/paths.h"

#include "entity/key_typed.h"
#include "os/file.h"

#define PATH_BYTES_MAX ((size_t)1 << 20)

const bool names_fold = false;

const char *path_here(struct arena *a)
{
	const char *here = file_here(a);

	return here && here[0] == '/' ? here : "/";
}

static void add_sections(struct buf *ret, struct span path)
{
	struct span section;

	while (span_cut(&path, '/', &section)) {
		if (section.n == 0 || span_is(section, "."))
			continue;
		if (span_is(section, "..")) {
			while (ret->n && ret->p[--ret->n] != '/')
				continue;
			continue;
		}
		buf_add_char(ret, '/');
		buf_add_span(ret, section);
	}
}

struct span path_normal(struct arena *a, struct span path)
{
	AUTO(buf) whole = BUF_INIT(PATH_BYTES_MAX);

	add_sections(&whole, path);
	if (whole.n == 0)
		buf_add_char(&whole, '/');
	return arena_copy(a, buf_span(&whole));
}

int path_absolute(struct arena *a, const char *path, struct span *ret, struct err *e)
{
	AUTO(buf) whole = BUF_INIT(PATH_BYTES_MAX);

	if (!*path)
		return err_set(e, ERR_USAGE, "an empty path names nothing");
	if (key_typed_windows(NULL, span_of(path), a, ret)) /* of a record from elsewhere */
		return 0;
	if (*path != '/')
		add_sections(&whole, span_of(path_here(a)));
	add_sections(&whole, span_of(path));
	if (whole.n == 0)
		buf_add_char(&whole, '/');
	if (whole.full)
		return err_set(e, ERR_LIMIT, "path longer than %zu bytes", PATH_BYTES_MAX);
	*ret = arena_copy(a, buf_span(&whole));
	return 0;
}
