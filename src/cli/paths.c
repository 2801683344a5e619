#include "cli/paths.h"

#include "core/escape.h"
#include "entity/file.h"
#include "entity/key_typed.h"
#include "entity/registry_key.h"

static struct span hive_of(const char *word)
{
	return (struct span){ word, strcspn(word, "\\") };
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
	if (!kind && hive_named(hive_of(argv[0])))
		kind = &kind_registry_key;
	if (!kind)
		kind = &kind_file;
	*ret_kind = kind;
	*ret_key = span_of(argv[argc - 1]);
	if (!kind->hierarchical)
		return 0;
	if (kind != &kind_file && key_typed_windows(kind, *ret_key, a, ret_key))
		return 0;
	if (kind->keys != KEYS_PLAIN)
		return err_set(e, ERR_USAGE,
			"a key of the registry begins with HKLM, HKU, HKCR or HKCC");
	return path_absolute(a, argv[argc - 1], ret_key, e);
}

bool key_unescaped(struct arena *a, struct span key, struct span *ret)
{
	return key_shown(key, a, ret);
}
