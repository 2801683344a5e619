#include "host/windows/command_line.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* ---- arguments ---- */

/* The program's name knows quotes only: backslashes are those of its path. */
static size_t add_program(struct span line, struct buf *ret)
{
	bool quoted = false;
	size_t i = 0;

	for (; i < line.n && (quoted || !is_blank(line.p[i])); i++)
		if (line.p[i] == '"')
			quoted = !quoted;
		else
			buf_add_char(ret, line.p[i]);
	buf_add_char(ret, '\0');
	return i;
}

/* n backslashes before a quote are half as many, and an odd one makes the quote a character. */
static size_t add_backslashes(struct span line, size_t i, struct buf *ret)
{
	size_t n = 0;

	while (i + n < line.n && line.p[i + n] == '\\')
		n++;
	if (i + n >= line.n || line.p[i + n] != '"') {
		buf_add(ret, line.p + i, n);
		return i + n;
	}
	buf_add(ret, line.p + i, n / 2);
	if (n % 2 == 0)
		return i + n;
	buf_add_char(ret, '"');
	return i + n + 1;
}

static size_t add_argument(struct span line, size_t i, struct buf *ret)
{
	bool quoted = false;

	while (i < line.n && (quoted || !is_blank(line.p[i]))) {
		if (line.p[i] == '\\') {
			i = add_backslashes(line, i, ret);
		} else if (line.p[i] == '"' && quoted && i + 1 < line.n && line.p[i + 1] == '"') {
			buf_add_char(ret, '"'); /* two within quotes are one */
			i += 2;
		} else {
			if (line.p[i] == '"')
				quoted = !quoted;
			else
				buf_add_char(ret, line.p[i]);
			i++;
		}
	}
	buf_add_char(ret, '\0');
	return i;
}

void command_line_split(struct span line, struct buf *ret)
{
	size_t i = line.n ? add_program(line, ret) : 0;

	for (;;) {
		while (i < line.n && is_blank(line.p[i]))
			i++;
		if (i >= line.n)
			return;
		i = add_argument(line, i, ret);
	}
}

/* ---- the program of a line ---- */

static struct span trimmed(struct span s)
{
	while (s.n && is_blank(s.p[0]))
		s = span_from_offset(s, 1);
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool command_line_is_quoted(struct span line)
{
	line = trimmed(line);
	return line.n && line.p[0] == '"';
}

static bool has_extension(struct span path)
{
	for (size_t i = path.n; i > 0; i--) {
		char c = path.p[i - 1];

		if (c == '\\' || c == '/' || c == ':')
			return false;
		if (c == '.')
			return true;
	}
	return false;
}

static void add_candidate(struct span path, struct buf *ret)
{
	buf_add_span(ret, path);
	if (!has_extension(path))
		buf_add_text(ret, ".exe");
}

bool command_line_program(struct span line, unsigned i, struct buf *ret)
{
	const char *end;

	line = trimmed(line);
	if (line.n && line.p[0] == '"') {
		line = span_from_offset(line, 1);
		end = line.n ? memchr(line.p, '"', line.n) : NULL;
		if (end)
			line.n = (size_t)(end - line.p);
		if (i > 0 || !line.n)
			return false;
		add_candidate(line, ret);
		return true;
	}
	for (size_t at = 1; at <= line.n; at++) {
		/* several blanks in a row end one piece */
		if (at < line.n && (!is_blank(line.p[at]) || is_blank(line.p[at - 1])))
			continue;
		if (i-- > 0)
			continue;
		add_candidate(span_from(line.p, at), ret);
		return true;
	}
	return false;
}

/* ---- paths of the kernel ---- */

static bool take_prefix(struct span *s, const char *prefix)
{
	size_t n = strlen(prefix);

	if (s->n < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (lower(s->p[i]) != prefix[i])
			return false;
	*s = span_from_offset(*s, n);
	return true;
}

static bool is_absolute(struct span path)
{
	return (path.n > 1 && path.p[1] == ':') || (path.n && path.p[0] == '\\');
}

void path_from_native(struct span path, struct span windows, bool bare, struct buf *ret)
{
	if (take_prefix(&path, "\\systemroot\\") || take_prefix(&path, "%systemroot%\\")) {
		buf_add_span(ret, windows);
		buf_add_char(ret, '\\');
	} else if (take_prefix(&path, "\\??\\unc\\") || take_prefix(&path, "\\\\?\\unc\\")) {
		buf_add_text(ret, "\\\\");
	} else if (!take_prefix(&path, "\\??\\") && !take_prefix(&path, "\\\\?\\") && bare &&
		   !is_absolute(path)) {
		buf_add_span(ret, windows);
		buf_add_char(ret, '\\');
	}
	buf_add_span(ret, path);
}
