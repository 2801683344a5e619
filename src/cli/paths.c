#include "cli/paths.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/escape.h"
#include "entity/file.h"

#define PATH_BYTES_MAX ((size_t)1 << 20)

const char *path_here(struct arena *a)
{
	char *here = getcwd(NULL, 0);
	const char *copy = arena_text(a, span_of(here && here[0] == '/' ? here : "/"));

	free(here);
	return copy;
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

int key_typed(struct arena *a, int argc, char **argv, const struct kind **ret_kind,
	struct span *ret_key, struct err *e)
{
	const struct kind *kind = kind_find(span_of(argv[0]));
	AUTO(buf) shown = BUF_INIT(4096);

	if (argc == 1 && kind)
		return err_set(e, ERR_USAGE, "'%s' is a kind; which %s? (./%s for a path)", argv[0],
			argv[0], argv[0]);
	if (argc == 2 && !kind) {
		escape_text(&shown, span_from(argv[0], strnlen(argv[0], 128)));
		return err_set(e, ERR_USAGE, "no entity kind '%s'", buf_text(&shown));
	}
	if (!kind)
		kind = &kind_file;
	if (!kind->hierarchical)
		*ret_key = span_of(argv[argc - 1]);
	else if (path_absolute(a, argv[argc - 1], ret_key, e) < 0)
		return e->code;
	*ret_kind = kind;
	return 0;
}

bool key_unescaped(struct arena *a, struct span key, struct span *ret)
{
	AUTO(buf) plain = BUF_INIT(PATH_BYTES_MAX);
	struct err e;

	if (!memchr(key.p, '\\', key.n) || escape_undo(key, &plain, &e) < 0)
		return false;
	*ret = arena_copy(a, buf_span(&plain));
	return true;
}
