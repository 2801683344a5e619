#include "sensor/pam_rule/pam_conf.h"

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static bool same_word(struct span s, const char *word)
{
	if (s.n != strlen(word))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (lower(s.p[i]) != word[i])
			return false;
	return true;
}

/* Everything behind the first '#' is a comment; a '\' at the end of what is left goes on. */
bool pam_lines_next(struct pam_lines *l, struct buf *ret)
{
	struct span line;
	bool more = false;

	buf_clear(ret);
	while (span_cut(&l->rest, '\n', &line)) {
		const char *hash = line.n ? memchr(line.p, '#', line.n) : NULL;

		l->next++;
		if (!more)
			l->number = l->next;
		if (hash)
			line.n = (size_t)(hash - line.p);
		while (line.n && is_blank(line.p[line.n - 1]))
			line.n--;
		while (line.n && is_blank(*line.p))
			line = span_from_offset(line, 1);
		more = !hash && line.n && line.p[line.n - 1] == '\\';
		line.n -= more;
		buf_add_span(ret, line);
		if (more)
			buf_add_char(ret, ' ');
		else if (ret->n)
			return true;
	}
	return ret->n > 0;
}

/* A word, or what stands in brackets (without them), where '\]' is no end. */
static bool next_word(struct span *s, struct span *ret, bool *ret_brackets)
{
	size_t i = 0;

	while (s->n && is_blank(*s->p))
		*s = span_from_offset(*s, 1);
	*ret_brackets = s->n && *s->p == '[';
	if (!*ret_brackets) {
		while (i < s->n && !is_blank(s->p[i]))
			i++;
		*ret = span_from(s->p, i);
		*s = span_from_offset(*s, i);
		return i > 0;
	}
	for (i = 1; i < s->n && s->p[i] != ']'; i++)
		if (s->p[i] == '\\' && i + 1 < s->n)
			i++;
	i = i < s->n ? i : s->n;
	*ret = span_from(s->p + 1, i - 1);
	*s = span_from_offset(*s, i + 1);
	return true;
}

static const char *type_of(struct span word)
{
	static const char *const types[] = { "auth", "account", "password", "session" };

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (same_word(word, types[i]))
			return types[i];
	return NULL;
}

static int take_arguments(struct span rest, struct pam_line *x, struct err *e)
{
	struct span word;
	bool brackets;

	while (next_word(&rest, &word, &brackets)) {
		if (x->n_arguments == PAM_ARGUMENTS_MAX)
			return err_set(e, ERR_LIMIT, "more than %d arguments", PAM_ARGUMENTS_MAX);
		x->argument[x->n_arguments++] = word;
	}
	return 0;
}

static int take_rule(struct span rest, struct pam_line *x, struct err *e)
{
	struct span word;
	bool brackets;

	if (!next_word(&rest, &word, &brackets))
		return err_set(e, ERR_FORMAT, "a rule without a control");
	x->control = brackets ? span_from(word.p - 1, word.n + 2) : word;
	if (x->control.p + x->control.n > rest.p)
		x->control.n = (size_t)(rest.p - x->control.p); /* a bracket that does not end */
	if (!next_word(&rest, &word, &brackets))
		return err_set(e, ERR_FORMAT, "a rule without a module");
	if (same_word(x->control, "include") || same_word(x->control, "substack"))
		x->reference = word;
	else
		x->module = word;
	return take_arguments(rest, x, e);
}

int pam_line_from_text(struct span line, bool conf, struct pam_line *ret, struct err *e)
{
	struct span rest = line, word;
	bool brackets;

	memset(ret, 0, sizeof *ret);
	if (memchr(line.p, '\0', line.n))
		return err_set(e, ERR_FORMAT, "a line with a NUL byte");
	if (!next_word(&rest, &word, &brackets))
		return err_set(e, ERR_FORMAT, "an empty rule");
	if (same_word(word, "@include") && !conf) {
		ret->type = "include";
		return next_word(&rest, &ret->reference, &brackets)
			       ? 0
			       : err_set(e, ERR_FORMAT, "an @include of nothing");
	}
	if (conf) {
		ret->service = word;
		if (!next_word(&rest, &word, &brackets))
			return err_set(e, ERR_FORMAT, "a rule without a type");
	}
	ret->optional = word.n && *word.p == '-';
	ret->type = type_of(ret->optional ? span_from_offset(word, 1) : word);
	if (!ret->type)
		return err_set(e, ERR_FORMAT, "a rule of no type");
	return take_rule(rest, ret, e);
}

bool pam_file_skipped(struct span name)
{
	static const char *const marks[] = { ".dpkg-", ".ucf-", ".rpmnew", ".rpmsave", ".rpmorig",
		".pam-new", ".pam-old" };

	if (name.n == 0 || *name.p == '.' || name.p[name.n - 1] == '~')
		return true;
	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		for (size_t k = 1; k < name.n; k++)
			if (span_starts(span_from_offset(name, k), span_of(marks[i])))
				return true;
	return false;
}
