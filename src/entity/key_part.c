/* The parts of keys, for whoever must not know how they are written. */
#include "core/fold.h"
#include "entity/key_form.h"

bool key_is_windows(const struct kind *k, struct span text)
{
	return k->hierarchical && key_form(k, text) != KEY_POSIX;
}

char key_separator(const struct kind *k, struct span text)
{
	return key_is_windows(k, text) ? '\\' : '/';
}

static size_t last_separator(struct span text, char separator)
{
	size_t at = text.n;

	while (at && text.p[at - 1] != separator)
		at--;
	return at;
}

/* Where the last section begins; *ret_folder: how long what it lies in is. */
static size_t name_at(const struct kind *k, struct span text, size_t *ret_folder)
{
	enum key_form form = key_form(k, text);
	struct span key, name;
	size_t at;

	*ret_folder = 0;
	if (span_is(text, "/"))
		return 1;
	if (form == KEY_VALUE) {
		if (!value_cut(text, &key, &name))
			return 0;
		*ret_folder = key.n;
		return key.n + 1;
	}
	at = last_separator(text, form == KEY_POSIX ? '/' : '\\');
	if (form == KEY_WINDOWS && (at == text.n || at == 2))
		return 0; /* "C:\", "\\server" */
	if (at == 0 || at == text.n)
		return at;
	*ret_folder = at == 1 || (form == KEY_WINDOWS && at == 3) ? at : at - 1;
	return at;
}

struct span key_folder(const struct kind *k, struct span text)
{
	size_t folder;

	name_at(k, text, &folder);
	return (struct span){ text.p, folder };
}

struct span key_name(const struct kind *k, struct span text)
{
	size_t folder;

	return span_from_offset(text, name_at(k, text, &folder));
}

bool key_is_below(const struct kind *k, struct span text, struct span folder)
{
	struct span rest;
	size_t run = 0;

	if (span_is(folder, "/"))
		return text.n > 0 && !span_is(text, "/");
	if (folder.n == 0)
		return false;
	if (!key_is_windows(k, text))
		return span_starts(text, folder) && text.n > folder.n && text.p[folder.n] == '/';
	if (!fold_starts(text, folder, &rest) || rest.n == 0)
		return false;
	if (folder.p[folder.n - 1] == '\\') /* "C:\", or a value without a name */
		return k->keys == KEYS_PLAIN;
	while (run < rest.n && rest.p[run] == '\\')
		run++;
	return run % 2 == 1; /* an even run belongs to the name of a value */
}

bool key_same(const struct kind *k, struct span a, struct span b)
{
	return key_is_windows(k, a) ? fold_same(a, b) : span_same(a, b);
}

struct key_path key_path(const struct kind *k, struct span text, struct buf *room)
{
	enum key_form form = key_form(k, text);
	struct span rest;
	struct err e;

	if (form == KEY_POSIX) {
		rest = span_from_offset(text, text.n && text.p[0] == '/');
		return (struct key_path){ rest.n ? rest : SPAN_NONE, '/' };
	}
	buf_clear(room);
	if (key_join(form, text, room, &e) < 0 || room->full)
		return (struct key_path){ SPAN_NONE, '\0' };
	return (struct key_path){ buf_span(room), '\0' };
}

bool key_matches(const struct kind *k, const struct glob_section *pattern, struct span text)
{
	AUTO(buf) room = BUF_INIT(BUF_MAX_DEFAULT);
	struct key_path path = key_path(k, text, &room);

	return glob_joined(pattern, path.sections, path.separator);
}

/* Add sections behind a list, as a new one that ends. */
static void glue(struct arena *a, struct glob_section **list, size_t *n,
	const struct glob_section *more, size_t n_more)
{
	struct glob_section *out = arena_get(a, (*n + n_more + 1) * sizeof *out);

	if (*n)
		memcpy(out, *list, *n * sizeof *out);
	if (n_more)
		memcpy(out + *n, more, n_more * sizeof *out);
	*n += n_more;
	out[*n] = (struct glob_section){ .how = GLOB_END };
	*list = out;
}

static int path_pattern(struct span pattern, struct arena *a, struct glob_section **ret,
	size_t *ret_n, struct err *e)
{
	bool server = pattern.p[0] == '\\';
	struct span rest = span_from_offset(pattern, server ? 2 : 3), name = { pattern.p, 2 };
	struct glob_section root, *below;
	size_t n = 0, end = 0;

	while (server && end < rest.n && rest.p[end] != '\\' && rest.p[end] != '/')
		end++;
	if (server) {
		name = (struct span){ rest.p, end };
		rest = span_from_offset(rest, end + 1);
	}
	if (name.n == 0 || glob_is_wild_as(name, &glob_windows))
		return err_set(e, ERR_FORMAT, "the server of a path is no pattern");
	if (rest.n && (rest.p[0] == '/' || rest.p[0] == '\\'))
		return err_set(e, ERR_FORMAT, "the pattern holds an empty section");
	if (glob_compile_as(a, rest, &glob_windows, &below, &n, e) < 0)
		return e->code;
	name = span_of(arena_format(a, "%s%.*s", server ? "//" : "/", SPAN_ARG(name)));
	root = glob_literal(name, &glob_windows);
	*ret_n = 0;
	glue(a, ret, ret_n, &root, 1);
	glue(a, ret, ret_n, below, n);
	return 0;
}

static int value_pattern(struct span pattern, struct arena *a, struct glob_section **ret,
	size_t *ret_n, struct err *e)
{
	AUTO(buf) plain = BUF_INIT(BUF_MAX_DEFAULT);
	struct span key, name;
	struct glob_section *last, none = glob_literal(span_of(""), &glob_name);
	size_t n;

	if (!value_cut(pattern, &key, &name) || !value_name(name, &plain)) {
		/* "**" alone, or below no key at all */
		return glob_compile_as(a, pattern, &glob_registry, ret, ret_n, e);
	}
	name = arena_copy(a, buf_span(&plain));
	if (glob_compile_as(a, key, &glob_registry, ret, ret_n, e) < 0 ||
		glob_compile_as(a, name, &glob_name, &last, &n, e) < 0)
		return e->code;
	glue(a, ret, ret_n, n ? last : &none, 1);
	return 0;
}

int key_pattern(const struct kind *k, struct span pattern, struct arena *a,
	struct glob_section **ret, size_t *ret_n, struct err *e)
{
	switch (key_form(k, pattern)) {
	case KEY_WINDOWS:
		return path_pattern(pattern, a, ret, ret_n, e);
	case KEY_VALUE:
		return value_pattern(pattern, a, ret, ret_n, e);
	case KEY_REGISTRY:
		return glob_compile_as(a, pattern, &glob_registry, ret, ret_n, e);
	default:
		return glob_compile(a, pattern, ret, ret_n, e);
	}
}
