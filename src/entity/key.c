#include "entity/key.h"

static int bad_path(struct span text, const char *why, struct err *e)
{
	return err_set(e, ERR_FORMAT, "a path of %zu bytes is no key: %s", text.n, why);
}

static int section_check(struct span text, struct span section, struct err *e)
{
	if (section.n == 0)
		return bad_path(text, "a part of it is empty", e);
	if (section.p[0] != '.' || section.n > 2)
		return 0;
	if (section.n == 1 || section.p[1] == '.')
		return bad_path(text, "a part of it is '.' or '..'", e);
	return 0;
}

static int path_check(struct span text, struct err *e)
{
	struct span rest, section;
	int rc = 0;

	if (text.n == 0 || text.p[0] != '/')
		return bad_path(text, "it does not begin with '/'", e);
	if (memchr(text.p, '\0', text.n))
		return bad_path(text, "it holds a zero byte", e);
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

int key_from_text(const struct kind *k, struct span text, struct buf *ret, struct err *e)
{
	size_t folder;
	int rc;

	if (k->hierarchical) {
		rc = path_check(text, e);
		if (rc < 0)
			return rc;
	}
	buf_add_char(ret, (char)k->id);
	if (!k->hierarchical) {
		buf_add_span(ret, text);
		return full_check(text, ret, e);
	}
	folder = text.n - 1;
	while (text.p[folder] != '/')
		folder--;
	if (folder)
		put_sections((struct span){ text.p + 1, folder - 1 }, ret);
	buf_add(ret, "\0", 2);
	buf_add_span(ret, span_from_offset(text, folder + 1));
	return full_check(text, ret, e);
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

static int path_to_text(struct span path, struct buf *ret, struct err *e)
{
	const char *twin = find_twin(path);
	struct span folder, last;
	size_t from = ret->n;
	char *at;

	if (!twin)
		return err_set(e, ERR_FORMAT, "a stored key has no end of its folder");
	folder = (struct span){ path.p, (size_t)(twin - path.p) };
	last = span_from_offset(path, folder.n + 2);
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
		path_check((struct span){ ret->p + from, ret->n - from }, e) < 0) {
		ret->n = from;
		return err_set(e, ERR_FORMAT, "a stored key holds a section that no path has");
	}
	return 0;
}

int key_to_text(struct span stored, const struct kind **ret_kind, struct buf *ret, struct err *e)
{
	const struct kind *k = stored.n ? kind_by_id((uint8_t)stored.p[0]) : NULL;
	struct span rest = span_from_offset(stored, 1);
	int rc;

	if (!k)
		return err_set(e, ERR_FORMAT, "a stored key is of no known kind");
	if (k->hierarchical) {
		rc = path_to_text(rest, ret, e);
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
	put_sections(span_from_offset(folder, 1), low);
	put_sections(span_from_offset(folder, 1), high);
	buf_add(low, "\0", 2);
	buf_add_char(high, '\1');
}
