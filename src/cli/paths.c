#include "cli/paths.h"

#include "core/escape.h"
#include "entity/file.h"

#define PATH_BYTES_MAX ((size_t)1 << 20)

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
	if (!kind->hierarchical || kind->keys != KEYS_PLAIN)
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
