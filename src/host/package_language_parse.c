#include "host/package_language_parse.h"

#include "core/buf.h"
#include "core/hex.h"

#define TEXT_MAX 512

static struct span trimmed(struct span s)
{
	while (s.n && (unsigned char)s.p[0] <= ' ')
		s = span_from_offset(s, 1);
	while (s.n && (unsigned char)s.p[s.n - 1] <= ' ')
		s.n--;
	if (s.n > TEXT_MAX)
		s.n = TEXT_MAX;
	return s;
}

struct span language_word(struct span text)
{
	size_t n = 0;

	text = trimmed(text);
	while (n < text.n && (unsigned char)text.p[n] > ' ' && text.p[n] != 0x7f)
		n++;
	return span_from(text.p, n);
}

/* ---- pip ---- */

static bool header(struct span line, const char *name, struct span *ret)
{
	size_t n = strlen(name);

	if (line.n <= n || line.p[n] != ':' || !span_is(span_from(line.p, n), name))
		return false;
	if (ret->n == 0)
		*ret = trimmed(span_from_offset(line, n + 1));
	return true;
}

bool pip_metadata(struct span text, struct language_package *ret)
{
	struct language_package p = { 0 };
	struct span line;

	while (span_cut(&text, '\n', &line) && trimmed(line).n)
		if (!header(line, "Name", &p.name) && !header(line, "Version", &p.version))
			(void)header(line, "Author", &p.origin);
	p.name = language_word(p.name);
	p.version = language_word(p.version);
	if (p.name.n == 0)
		return false;
	*ret = p;
	return true;
}

static bool cut_suffix(struct span *s, const char *suffix)
{
	size_t n = strlen(suffix);

	if (s->n <= n || !span_is(span_from_offset(*s, s->n - n), suffix))
		return false;
	s->n -= n;
	return true;
}

bool pip_folder_name(struct span name, struct language_package *ret)
{
	struct language_package p = { 0 };

	if (!cut_suffix(&name, ".dist-info") && !cut_suffix(&name, ".egg-info"))
		return false;
	(void)span_cut(&name, '-', &p.name);
	if (name.p)
		(void)span_cut(&name, '-', &p.version);
	p.name = language_word(p.name);
	p.version = language_word(p.version);
	if (p.name.n == 0)
		return false;
	*ret = p;
	return true;
}

/* ---- npm ---- */

/* Just enough JSON (RFC 8259): finds its way over values, decodes strings. */
struct json_in {
	struct span rest;
	struct arena *a;
};

static bool next_is(struct json_in *j, char c)
{
	while (j->rest.n && memchr(" \t\r\n", j->rest.p[0], 4))
		j->rest = span_from_offset(j->rest, 1);
	if (j->rest.n == 0 || j->rest.p[0] != c)
		return false;
	j->rest = span_from_offset(j->rest, 1);
	return true;
}

static bool add_escape(struct json_in *j, struct buf *b)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *hit;
	uint8_t two[2];

	if (j->rest.n < 1)
		return false;
	if (j->rest.p[0] == 'u') {
		if (j->rest.n < 5 || !hex_parse(span_from(j->rest.p + 1, 4), two, 2))
			return false;
		/* Names and versions are ASCII; of others a mark is enough. */
		buf_add_char(b, two[0] == 0 && two[1] >= ' ' && two[1] < 0x7f ? (char)two[1] : '?');
		j->rest = span_from_offset(j->rest, 5);
		return true;
	}
	hit = j->rest.p[0] ? strchr(from, j->rest.p[0]) : NULL;
	if (!hit)
		return false;
	buf_add_char(b, to[hit - from]);
	j->rest = span_from_offset(j->rest, 1);
	return true;
}

/* Behind the quote that begins it. ret NULL: passed over. */
static bool string(struct json_in *j, struct span *ret)
{
	AUTO(buf) b = BUF_INIT(TEXT_MAX * 4);

	while (j->rest.n) {
		char c = j->rest.p[0];

		j->rest = span_from_offset(j->rest, 1);
		if (c == '"') {
			if (ret)
				*ret = arena_copy(j->a, buf_span(&b));
			return true;
		}
		if (c != '\\')
			buf_add_char(&b, c);
		else if (!add_escape(j, &b))
			return false;
	}
	return false;
}

/* One value of any kind; brackets are only counted, so that depth costs no stack. */
static bool skip_value(struct json_in *j)
{
	size_t depth = 0;

	do {
		if (next_is(j, '"')) {
			if (!string(j, NULL))
				return false;
		} else if (next_is(j, '{') || next_is(j, '[')) {
			depth++;
		} else if (depth && (next_is(j, '}') || next_is(j, ']'))) {
			depth--;
		} else if (depth && (next_is(j, ',') || next_is(j, ':'))) {
			continue;
		} else {
			size_t n = 0;

			while (n < j->rest.n && !memchr(" \t\r\n,:]}[{\"", j->rest.p[n], 12))
				n++;
			if (n == 0)
				return false;
			j->rest = span_from_offset(j->rest, n);
		}
	} while (depth);
	return true;
}

static bool member(struct json_in *j, struct language_package *p)
{
	struct span name = SPAN_NONE, *want = NULL;

	if (!next_is(j, '"') || !string(j, &name) || !next_is(j, ':'))
		return false;
	if (span_is(name, "name"))
		want = &p->name;
	else if (span_is(name, "version"))
		want = &p->version;
	else if (span_is(name, "author"))
		want = &p->origin;
	if (want && next_is(j, '"'))
		return string(j, want);
	return skip_value(j);
}

bool npm_package_json(struct span text, struct arena *a, struct language_package *ret)
{
	struct json_in j = { text, a };
	struct language_package p = { 0 };

	if (span_starts(j.rest, span_of("\xef\xbb\xbf")))
		j.rest = span_from_offset(j.rest, 3);
	if (!next_is(&j, '{'))
		return false;
	if (!next_is(&j, '}')) {
		do {
			if (!member(&j, &p))
				return false;
		} while (next_is(&j, ','));
		if (!next_is(&j, '}'))
			return false;
	}
	p.name = language_word(p.name);
	p.version = language_word(p.version);
	p.origin = trimmed(p.origin);
	if (p.name.n == 0)
		return false;
	*ret = p;
	return true;
}

/* ---- gem ---- */

/* s.name = "x".freeze */
static void assigned(struct span line, const char *field, struct span *ret)
{
	size_t n = strlen(field);
	const char *end;

	line = trimmed(line);
	if (ret->n || !span_starts(line, span_of(field)))
		return;
	line = trimmed(span_from_offset(line, n));
	if (line.n == 0 || line.p[0] != '=')
		return;
	line = trimmed(span_from_offset(line, 1));
	if (span_starts(line, span_of("Gem::Version.new(")))
		line = trimmed(span_from_offset(line, 17));
	if (line.n < 2 || (line.p[0] != '"' && line.p[0] != '\''))
		return;
	end = memchr(line.p + 1, line.p[0], line.n - 1);
	if (end)
		*ret = span_from(line.p + 1, (size_t)(end - line.p - 1));
}

bool gem_specification(struct span text, struct language_package *ret)
{
	static const char stub[] = "# stub: ";
	struct language_package p = { 0 };
	struct span line, rest;

	while (span_cut(&text, '\n', &line) && (p.name.n == 0 || p.version.n == 0)) {
		if (span_starts(line, span_of(stub))) {
			rest = span_from_offset(line, sizeof stub - 1);
			(void)(span_cut(&rest, ' ', &p.name) && span_cut(&rest, ' ', &p.version));
		}
		assigned(line, "s.name", &p.name);
		assigned(line, "s.version", &p.version);
	}
	p.name = language_word(p.name);
	p.version = language_word(p.version);
	if (p.name.n == 0)
		return false;
	*ret = p;
	return true;
}

/* ---- snap ---- */

struct span snap_yaml_version(struct span text)
{
	struct span line, value = SPAN_NONE;

	while (span_cut(&text, '\n', &line))
		if (header(line, "version", &value))
			break;
	if (value.n >= 2 && (value.p[0] == '\'' || value.p[0] == '"') &&
		value.p[value.n - 1] == value.p[0])
		value = span_from(value.p + 1, value.n - 2);
	return language_word(value);
}
