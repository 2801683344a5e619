/* The forms keys have on Windows. */
#include "entity/key_form.h"

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool path_is_windows(struct span text)
{
	if (text.n >= 2 && text.p[0] == '\\' && text.p[1] == '\\')
		return true;
	return text.n >= 3 && is_letter(text.p[0]) && text.p[1] == ':' &&
	       (text.p[2] == '\\' || text.p[2] == '/');
}

enum key_form key_form(const struct kind *k, struct span text)
{
	if (k->keys == KEYS_REGISTRY)
		return KEY_REGISTRY;
	if (k->keys == KEYS_VALUE)
		return KEY_VALUE;
	return path_is_windows(text) ? KEY_WINDOWS : KEY_POSIX;
}

int key_refuse(struct span text, const char *why, struct err *e)
{
	return err_set(e, ERR_FORMAT, "a path of %zu bytes is no key: %s", text.n, why);
}

/* How many '\' stand at this place. */
static size_t run(struct span s, size_t at)
{
	size_t n = 0;

	while (at + n < s.n && s.p[at + n] == '\\')
		n++;
	return n;
}

bool value_cut(struct span text, struct span *ret_key, struct span *ret_name)
{
	size_t at = 0, cut = 0, n;

	for (; at < text.n; at += n ? n : 1) {
		n = run(text, at);
		if (n % 2 == 0)
			continue;
		cut = at;
		if (n > 1) /* names of keys hold none: here the name begins */
			break;
	}
	*ret_key = (struct span){ text.p, cut };
	*ret_name = span_from_offset(text, cut + 1);
	return cut > 0;
}

bool value_name(struct span doubled, struct buf *ret)
{
	for (size_t i = 0; i < doubled.n; i++) {
		buf_add_char(ret, doubled.p[i]);
		if (doubled.p[i] == '\\' && (++i == doubled.n || doubled.p[i] != '\\'))
			return false;
	}
	return true;
}

/* Append NUL (not before the first) and a section each. */
static int join_sections(enum key_form form, struct span rest, bool first, struct buf *ret,
	struct err *e)
{
	struct span section;

	while (span_cut(&rest, '\\', &section)) {
		bool dots = span_is(section, ".") || span_is(section, "..");

		if (section.n == 0)
			return key_refuse(rest, "a part of it is empty", e);
		if (memchr(section.p, '\0', section.n))
			return key_refuse(section, "it holds a zero byte", e);
		if (form == KEY_WINDOWS && (dots || memchr(section.p, '/', section.n)))
			return key_refuse(section, "a part of it is '.' or '..', or holds '/'", e);
		if (!first)
			buf_add_char(ret, '\0');
		buf_add_span(ret, section);
		first = false;
	}
	return 0;
}

static int join_path(struct span text, struct buf *ret, struct err *e)
{
	struct span rest = span_from_offset(text, text.p[0] == '\\' ? 2 : 3);

	if (text.p[0] == '\\') {
		buf_add(ret, "//", 2);
		return rest.n ? join_sections(KEY_WINDOWS, rest, true, ret, e)
			      : key_refuse(text, "it names no server", e);
	}
	if (text.p[2] != '\\')
		return key_refuse(text, "its drive is not followed by '\\'", e);
	buf_add_char(ret, '/');
	buf_add(ret, text.p, 2);
	return rest.n ? join_sections(KEY_WINDOWS, rest, false, ret, e) : 0;
}

static int join_value(struct span text, struct buf *ret, struct err *e)
{
	struct span key, name;

	if (!value_cut(text, &key, &name))
		return key_refuse(text, "a value has a key, '\\' and a name", e);
	if (memchr(name.p, '\0', name.n))
		return key_refuse(text, "it holds a zero byte", e);
	if (join_sections(KEY_VALUE, key, true, ret, e) < 0)
		return e->code;
	buf_add_char(ret, '\0');
	if (!value_name(name, ret))
		return key_refuse(text, "the name of a value has a '\\' that is not doubled", e);
	return 0;
}

int key_join(enum key_form form, struct span text, struct buf *ret, struct err *e)
{
	size_t from = ret->n;
	int rc;

	if (text.n == 0 || span_is(text, "/"))
		return key_refuse(text, "it has no section", e);
	if (form == KEY_WINDOWS)
		rc = join_path(text, ret, e);
	else if (form == KEY_VALUE)
		rc = join_value(text, ret, e);
	else
		rc = join_sections(form, text, true, ret, e);
	if (rc < 0)
		ret->n = from;
	return rc;
}

/* "/C:" is "C:", "//server" is "\\server". */
static void add_root(struct span section, bool alone, struct buf *ret)
{
	bool server = section.n > 1 && section.p[1] == '/';

	buf_add_text(ret, server ? "\\\\" : "");
	buf_add_span(ret, span_from_offset(section, server ? 2 : 1));
	buf_add_text(ret, alone && !server ? "\\" : "");
}

static void add_doubled(struct span name, struct buf *ret)
{
	for (size_t i = 0; i < name.n; i++) {
		buf_add_text(ret, name.p[i] == '\\' ? "\\" : "");
		buf_add_char(ret, name.p[i]);
	}
}

void key_unjoin(enum key_form form, struct span joined, struct buf *ret)
{
	struct span rest = joined, section;
	bool first = true;

	while (span_cut(&rest, '\0', &section)) {
		buf_add_text(ret, first ? "" : "\\");
		if (form == KEY_WINDOWS && first)
			add_root(section, !rest.p, ret);
		else if (form == KEY_VALUE && !rest.p)
			add_doubled(section, ret);
		else
			buf_add_span(ret, section);
		first = false;
	}
}
