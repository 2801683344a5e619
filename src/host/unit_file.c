#include "host/unit_file.h"

#include <stdint.h>

#include "core/attr.h"
#include "core/buf.h"

#define NAME_MAX_BYTES 255 /* UNIT_NAME_MAX of systemd */

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct span trim(struct span s)
{
	while (s.n && blank(s.p[0]))
		s = span_from_offset(s, 1);
	while (s.n && blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct unit_reader unit_reader(struct span text, struct arena *a)
{
	if (span_starts(text, span_of("\xef\xbb\xbf")))
		text = span_from_offset(text, 3);
	return (struct unit_reader){ .rest = text.n ? text : SPAN_NONE, .arena = a };
}

static bool comment(struct span line)
{
	return line.n && (line.p[0] == '#' || line.p[0] == ';');
}

static bool next_line(struct unit_reader *r, struct span *ret)
{
	if (!span_cut(&r->rest, '\n', ret))
		return false;
	r->line++;
	return true;
}

/* A line that ends with a backslash goes on in the next one that is no comment; the backslash
 * becomes a blank. */
static struct span continued(struct unit_reader *r, struct span line)
{
	AUTO(buf) whole = BUF_INIT(UNIT_FILE_MAX * 2);

	while (line.n && line.p[line.n - 1] == '\\') {
		buf_add(&whole, line.p, line.n - 1);
		buf_add_char(&whole, ' ');
		do {
			if (!next_line(r, &line))
				line = (struct span){ "", 0 };
		} while (comment(trim(line)) && r->rest.p);
		if (comment(trim(line)))
			line = (struct span){ "", 0 };
	}
	if (whole.n == 0)
		return line;
	buf_add_span(&whole, line);
	return arena_copy(r->arena, buf_span(&whole));
}

static void add_bad(struct unit_reader *r, unsigned line)
{
	if (r->bad++ == 0)
		r->first_bad = line;
}

bool unit_reader_next(struct unit_reader *r, struct unit_setting *ret)
{
	struct span line;

	while (next_line(r, &line)) {
		unsigned at = r->line;
		const char *equals;

		if (comment(trim(line)))
			continue;
		line = trim(continued(r, line));
		if (line.n == 0)
			continue;
		if (line.p[0] == '[' && line.p[line.n - 1] == ']') {
			r->section = (struct span){ line.p + 1, line.n - 2 };
			continue;
		}
		equals = memchr(line.p, '=', line.n);
		if (!equals || equals == line.p || !r->section.p || memchr(line.p, '\0', line.n)) {
			add_bad(r, at);
			continue;
		}
		ret->section = r->section;
		ret->key = trim((struct span){ line.p, (size_t)(equals - line.p) });
		ret->value = trim(span_from_offset(line, (size_t)(equals - line.p) + 1));
		return true;
	}
	return false;
}

/* ---- words ---- */

static unsigned digits(struct span s, unsigned base, unsigned max, unsigned *ret)
{
	unsigned n = 0;

	*ret = 0;
	for (; n < s.n && n < max; n++) {
		char c = s.p[n];
		unsigned d = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
			     : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
			     : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
						    : 99;
		if (d >= base)
			break;
		*ret = *ret * base + d;
	}
	return n;
}

/* What stands behind a backslash. Returns how many bytes of it. */
static size_t unescape(struct span s, struct buf *ret)
{
	static const char from[] = "abfnrtvs", to[] = "\a\b\f\n\r\t\v ";
	const char *at;
	unsigned c, n;

	if (s.n == 0)
		return 0;
	at = memchr(from, s.p[0], sizeof from - 1);
	if (at) {
		buf_add_char(ret, to[at - from]);
		return 1;
	}
	if (s.p[0] == 'x' && (n = digits(span_from_offset(s, 1), 16, 2, &c)) == 2) {
		buf_add_char(ret, (char)c);
		return 3;
	}
	if ((n = digits(s, 8, 3, &c)) == 3) {
		buf_add_char(ret, (char)c);
		return 3;
	}
	if (!strchr("\\\"'", s.p[0]))
		buf_add_char(ret, '\\');
	buf_add_char(ret, s.p[0]);
	return 1;
}

bool unit_word(struct span *rest, struct arena *a, struct span *ret)
{
	AUTO(buf) word = BUF_INIT(UNIT_FILE_MAX * 2);
	char quote = '\0';
	size_t i = 0;

	while (i < rest->n && (blank(rest->p[i]) || rest->p[i] == '\n'))
		i++;
	*rest = span_from_offset(*rest, i);
	if (rest->n == 0)
		return false;
	for (i = 0; i < rest->n; i++) {
		char c = rest->p[i];

		if (quote ? c == quote : c == '"' || c == '\'')
			quote = quote ? '\0' : c;
		else if (c == '\\')
			i += unescape(span_from_offset(*rest, i + 1), &word);
		else if (!quote && (blank(c) || c == '\n'))
			break;
		else
			buf_add_char(&word, c);
	}
	*rest = span_from_offset(*rest, i < rest->n ? i : rest->n);
	*ret = arena_copy(a, buf_span(&word));
	return true;
}

/* ---- names ---- */

struct span unit_type(struct span name)
{
	static const char *const types[] = { "service", "socket", "timer", "path", "target",
		"mount", "automount", "swap", "slice", "scope", "device" };

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct span type = span_of(types[i]);

		if (name.n > type.n + 1 && name.n <= NAME_MAX_BYTES &&
			name.p[name.n - type.n - 1] == '.' &&
			memcmp(name.p + name.n - type.n, type.p, type.n) == 0)
			return type;
	}
	return SPAN_NONE;
}

/* Where the '@' of a template or instance is, or NULL. */
static const char *at_of(struct span name)
{
	const char *at = name.n ? memchr(name.p, '@', name.n) : NULL;

	return at == name.p ? NULL : at;
}

bool unit_is_template(struct span name)
{
	const char *at = at_of(name);
	struct span type = unit_type(name);

	return at && type.n && (size_t)(at - name.p) + type.n + 2 == name.n;
}

struct span unit_template(struct span name, struct arena *a)
{
	struct span type = unit_type(name);
	const char *at = at_of(name);

	if (!at || !type.n || unit_is_template(name) ||
		at > name.p + name.n - type.n - 1) /* "a.service@b" has no type of its own */
		return SPAN_NONE;
	return span_of(arena_format(a, "%.*s@.%.*s", (int)(at - name.p), name.p, SPAN_ARG(type)));
}
