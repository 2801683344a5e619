#include "entity/key_form.h"

static int section_check(struct span text, struct span section, struct err *e)
{
	if (section.n == 0)
		return key_refuse(text, "a part of it is empty", e);
	if (section.p[0] != '.' || section.n > 2)
		return 0;
	if (section.n == 1 || section.p[1] == '.')
		return key_refuse(text, "a part of it is '.' or '..'", e);
	return 0;
}

static int path_check(struct span text, struct err *e)
{
	struct span rest, section;
	int rc = 0;

	if (text.n == 0 || text.p[0] != '/')
		return key_refuse(text, "it does not begin with '/'", e);
	if (memchr(text.p, '\0', text.n))
		return key_refuse(text, "it holds a zero byte", e);
	rest = span_from_offset(text, 1);
	if (rest.n == 0)
		return 0;
	while (rc == 0 && span_cut(&rest, '/', &section))
		rc = section_check(text, section, e);
	return rc;
}

/* Append a checked path's sections joined by NUL. */
static void put_sections(struct span path, struct buf *ret)
{
	char *at = buf_room(ret, path.n);

	if (!at)
		return;
	for (size_t i = 0; i < path.n; i++)
		at[i] = path.p[i] == '/' ? '\0' : path.p[i];
	ret->n += path.n;
}

static int full_check(struct span text, const struct buf *ret, struct err *e)
{
	return ret->full ? err_set(e, ERR_LIMIT, "a key of %zu bytes is too long", text.n) : 0;
}

static int put_path(struct span text, struct buf *ret, struct err *e)
{
	size_t folder = text.n - 1;

	while (text.p[folder] != '/')
		folder--;
	if (folder)
		put_sections((struct span){ text.p + 1, folder - 1 }, ret);
	buf_add(ret, "\0", 2);
	buf_add_span(ret, span_from_offset(text, folder + 1));
	return full_check(text, ret, e);
}

static int put_windows(enum key_form form, struct span text, struct buf *ret, struct err *e)
{
	AUTO(buf) joined = BUF_INIT(ret->max);
	struct span rest, section, last = SPAN_NONE;

	if (key_join(form, text, &joined, e) < 0)
		return e->code;
	if (full_check(text, &joined, e) < 0)
		return e->code;
	for (rest = buf_span(&joined); span_cut(&rest, '\0', &section);)
		last = section;
	if (last.n < joined.n)
		buf_add(ret, joined.p, joined.n - last.n - 1);
	buf_add(ret, "\0", 2);
	buf_add_span(ret, last);
	return full_check(text, ret, e);
}

int key_from_text(const struct kind *k, struct span text, struct buf *ret, struct err *e)
{
	enum key_form form = key_form(k, text);
	size_t from = ret->n;
	int rc = 0;

	if (k->hierarchical && form == KEY_POSIX)
		rc = path_check(text, e);
	if (rc < 0)
		return rc;
	buf_add_char(ret, (char)k->id);
	if (!k->hierarchical) {
		buf_add_span(ret, text);
		return full_check(text, ret, e);
	}
	if (form == KEY_POSIX || span_is(text, "/"))
		return put_path(text, ret, e);
	rc = put_windows(form, text, ret, e);
	if (rc == ERR_FORMAT)
		ret->n = from;
	return rc;
}

/* The first two NULs in a row, or NULL. */
static const char *find_twin(struct span s)
{
	const char *at = s.p;
	const char *end = s.p + s.n;

	while (end - at >= 2 && (at = memchr(at, '\0', (size_t)(end - at) - 1)) != NULL) {
		if (at[1] == '\0')
			return at;
		at++;
	}
	return NULL;
}

static int no_such_section(struct buf *ret, size_t from, struct err *e)
{
	ret->n = from;
	return err_set(e, ERR_FORMAT, "a stored key holds a section that no path has");
}

static int path_to_text(struct span path, struct span folder, struct span last, struct buf *ret,
	struct err *e)
{
	size_t from = ret->n;
	char *at;

	at = buf_room(ret, path.n + 1);
	if (!at)
		return err_set(e, ERR_LIMIT, "a stored key of %zu bytes is too long", path.n);
	if (folder.n) {
		*at++ = '/';
		for (size_t i = 0; i < folder.n; i++)
			*at++ = folder.p[i] ? folder.p[i] : '/';
		ret->n += folder.n + 1;
	}
	buf_add_char(ret, '/');
	buf_add_span(ret, last);
	/* A '/' inside a section would give a path whose key is another one. */
	if (memchr(path.p, '/', path.n) || (last.n == 0 && folder.n) ||
		path_check((struct span){ ret->p + from, ret->n - from }, e) < 0)
		return no_such_section(ret, from, e);
	return 0;
}

/* What is no key shows when the text is taken apart again. */
static int windows_to_text(enum key_form form, const struct kind *k, struct span folder,
	struct span last, struct buf *ret, struct err *e)
{
	AUTO(buf) joined = BUF_INIT(ret->max);
	AUTO(buf) again = BUF_INIT(ret->max);
	size_t from = ret->n;
	struct span text;

	if (last.n && memchr(last.p, '\0', last.n))
		return no_such_section(ret, from, e);
	buf_add_span(&joined, folder);
	if (folder.n)
		buf_add_char(&joined, '\0');
	buf_add_span(&joined, last);
	key_unjoin(form, buf_span(&joined), ret);
	if (joined.full || ret->full)
		return err_set(e, ERR_LIMIT, "a stored key of %zu bytes is too long", joined.n);
	text = (struct span){ ret->p + from, ret->n - from };
	if (key_form(k, text) != form || key_join(form, text, &again, e) < 0 ||
		!span_same(buf_span(&again), buf_span(&joined)))
		return no_such_section(ret, from, e);
	return 0;
}

static int sections_to_text(const struct kind *k, struct span path, struct buf *ret, struct err *e)
{
	const char *twin = find_twin(path);
	struct span folder, last, first;

	if (!twin)
		return err_set(e, ERR_FORMAT, "a stored key has no end of its folder");
	folder = (struct span){ path.p, (size_t)(twin - path.p) };
	last = span_from_offset(path, folder.n + 2);
	first = folder.n ? folder : last;
	if (first.n == 0)
		return path_to_text(path, folder, last, ret, e);
	if (k->keys == KEYS_REGISTRY)
		return windows_to_text(KEY_REGISTRY, k, folder, last, ret, e);
	if (k->keys == KEYS_VALUE)
		return windows_to_text(KEY_VALUE, k, folder, last, ret, e);
	if (first.n && first.p[0] == '/')
		return windows_to_text(KEY_WINDOWS, k, folder, last, ret, e);
	return path_to_text(path, folder, last, ret, e);
}

int key_to_text(struct span stored, const struct kind **ret_kind, struct buf *ret, struct err *e)
{
	const struct kind *k = stored.n ? kind_by_id((uint8_t)stored.p[0]) : NULL;
	struct span rest = span_from_offset(stored, 1);
	int rc;

	if (!k)
		return err_set(e, ERR_FORMAT, "a stored key is of no known kind");
	if (k->hierarchical) {
		rc = sections_to_text(k, rest, ret, e);
		if (rc < 0)
			return rc;
	} else {
		buf_add_span(ret, rest);
	}
	*ret_kind = k;
	return 0;
}

/* The least key behind all that begin with this one; the kind's byte is never 0xff. */
static void add_one(struct buf *key)
{
	while ((uint8_t)key->p[key->n - 1] == UINT8_MAX)
		key->n--;
	key->p[key->n - 1]++;
}

/* The sections of a folder, joined: what lies in it begins with them. The folder of a value is a
 * key. */
static void put_folder(const struct kind *k, struct span folder, struct buf *ret)
{
	enum key_form form = key_form(k, folder);
	struct err e;

	if (form == KEY_POSIX)
		put_sections(span_from_offset(folder, 1), ret);
	else if (key_join(form == KEY_VALUE ? KEY_REGISTRY : form, folder, ret, &e) < 0)
		buf_add(ret, "\xff\xff", 2); /* no key at all: nothing is below it */
}

void key_range_below(const struct kind *k, struct span folder, struct buf *low, struct buf *high)
{
	bool whole = folder.n == 0;
	bool top = span_is(folder, "/");

	buf_add_char(low, (char)k->id);
	if (whole || (k->hierarchical && top)) {
		/* "/" is 00 00; no section begins with NUL, so this is right behind it. */
		if (!whole)
			buf_add(low, "\0\0\1", 3);
		buf_add_char(high, (char)(k->id + 1));
		return;
	}
	buf_add_char(high, (char)k->id);
	if (!k->hierarchical) {
		buf_add_span(low, folder);
		buf_add_span(high, folder);
		add_one(high);
		return;
	}
	put_folder(k, folder, low);
	put_folder(k, folder, high);
	buf_add(low, "\0", 2);
	buf_add_char(high, '\1');
}
