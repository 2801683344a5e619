#include "sensor/sudo_rule/sudoers.h"

void words_add(struct words *w, struct span x)
{
	if (w->n == SUDO_WORDS_MAX) {
		w->full = true;
		return;
	}
	if (w->n == w->cap) {
		struct span *more = arena_get(w->a, (w->cap ? w->cap * 2 : 8) * sizeof *more);

		if (w->n)
			memcpy(more, w->item, w->n * sizeof *more);
		w->item = more;
		w->cap = w->cap ? w->cap * 2 : 8;
	}
	w->item[w->n++] = x;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A '#' and a number is a uid; anything else behind a '#' is a comment. */
static bool is_comment(struct span at)
{
	size_t i = at.n > 1 && at.p[1] == '-' ? 2 : 1;

	return at.n <= i || !is_digit(at.p[i]);
}

/* "#include" is none, though it looks like one. */
static bool is_include(struct span at)
{
	return span_starts(at, span_of("#include")) &&
	       (at.n == 8 || is_blank(at.p[8]) || span_starts(at, span_of("#includedir")));
}

/* The length of '\', blanks and a newline; 0: this is no continuation. */
static size_t continuation(struct span at)
{
	size_t i = 1;

	while (i < at.n && is_blank(at.p[i]))
		i++;
	return i < at.n && at.p[i] == '\n' ? i + 1 : 0;
}

static void add_blank(struct buf *b)
{
	if (b->n && b->p[b->n - 1] != ' ' && b->p[b->n - 1] != '=')
		buf_add_char(b, ' ');
}

/* Of a line that is not quoted: '=' stands alone, ',' at what is before it. */
static void add_plain(struct buf *b, char c)
{
	if (is_blank(c)) {
		add_blank(b);
		return;
	}
	if ((c == '=' || c == ',') && b->n && b->p[b->n - 1] == ' ' &&
		(b->n < 2 || b->p[b->n - 2] != '\\'))
		b->n--;
	buf_add_char(b, c);
}

/* One physical line, or what a continuation joins to it. */
static void join(struct sudo_lines *l, struct buf *b)
{
	bool quoted = false, first = true;

	while (l->rest.n) {
		char c = *l->rest.p;
		size_t skip = c == '\\' ? continuation(l->rest) : 0;

		if (skip) {
			l->next++;
			add_blank(b);
			l->rest = span_from_offset(l->rest, skip);
			continue;
		}
		if (c == '\n')
			break;
		if (c == '#' && !quoted && is_comment(l->rest) && !(first && is_include(l->rest))) {
			const char *end = memchr(l->rest.p, '\n', l->rest.n);

			l->rest = span_from_offset(l->rest,
				end ? (size_t)(end - l->rest.p) : l->rest.n);
			continue;
		}
		first = first && is_blank(c);
		quoted = quoted != (c == '"');
		if (c == '\\' && l->rest.n > 1) {
			buf_add(b, l->rest.p, 2);
			l->rest = span_from_offset(l->rest, 2);
			continue;
		}
		if (quoted || c == '"')
			buf_add_char(b, c);
		else
			add_plain(b, c);
		l->rest = span_from_offset(l->rest, 1);
	}
	l->rest = span_from_offset(l->rest, 1);
	l->next++;
}

bool sudo_lines_next(struct sudo_lines *l, struct buf *ret)
{
	while (l->rest.n) {
		buf_clear(ret);
		l->number = l->next + 1;
		join(l, ret);
		while (ret->n && ret->p[ret->n - 1] == ' ' &&
			(ret->n < 2 || ret->p[ret->n - 2] != '\\'))
			ret->n--;
		if (ret->n)
			return true;
	}
	return false;
}

/* ---- what a line is ---- */

static bool cut_keyword(struct span line, const char *word, struct span *ret)
{
	struct span w = span_of(word);

	if (!span_starts(line, w) || line.n == w.n || line.p[w.n] != ' ')
		return false;
	*ret = span_from_offset(line, w.n + 1);
	return true;
}

static struct span plain_path(struct arena *a, struct span text)
{
	char *out = arena_get(a, text.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"')
			continue;
		if (text.p[i] == '\\' && i + 1 < text.n)
			i++;
		out[n++] = text.p[i];
	}
	return span_from(out, n);
}

enum sudo_line sudo_line_of(struct arena *a, struct span line, struct span *ret)
{
	static const char *const aliases[] = { "User_Alias", "Runas_Alias", "Host_Alias",
		"Cmnd_Alias", "Cmd_Alias" };

	if (cut_keyword(line, "@include", ret) || cut_keyword(line, "#include", ret)) {
		*ret = plain_path(a, *ret);
		return SUDO_LINE_INCLUDE;
	}
	if (cut_keyword(line, "@includedir", ret) || cut_keyword(line, "#includedir", ret)) {
		*ret = plain_path(a, *ret);
		return SUDO_LINE_INCLUDEDIR;
	}
	*ret = line;
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		if (cut_keyword(line, aliases[i], ret))
			return SUDO_LINE_ALIAS;
	if (span_starts(line, span_of("Defaults")) &&
		(line.n == 8 || memchr(" @:!>", line.p[8], 5)))
		return SUDO_LINE_DEFAULTS;
	return SUDO_LINE_SPEC;
}

bool sudo_file_skipped(struct span name)
{
	return name.n == 0 || name.p[name.n - 1] == '~' || memchr(name.p, '.', name.n);
}
