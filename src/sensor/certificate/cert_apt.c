#include "sensor/certificate/cert_apt.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Where in the line stands the name with '=' or ':' behind it; what follows that. */
static bool after_name(struct span line, struct span name, struct span *ret)
{
	for (size_t i = 0; i + name.n < line.n; i++) {
		size_t k = 0;

		while (k < name.n && lower(line.p[i + k]) == name.p[k])
			k++;
		if (k < name.n)
			continue;
		while (i + k < line.n && is_blank(line.p[i + k]))
			k++;
		if (i + k >= line.n || (line.p[i + k] != '=' && line.p[i + k] != ':'))
			continue;
		*ret = span_from_offset(line, i + k + 1);
		return true;
	}
	return false;
}

static bool next_word(struct span *rest, struct span *ret)
{
	size_t n = 0;

	while (rest->n && (is_blank(rest->p[0]) || rest->p[0] == ','))
		*rest = span_from_offset(*rest, 1);
	while (n < rest->n && !is_blank(rest->p[n]) && rest->p[n] != ',' && rest->p[n] != ']')
		n++;
	*ret = (struct span){ rest->p, n };
	/* a bracket ends the options of a one-line source */
	*rest = n < rest->n && rest->p[n] == ']' ? SPAN_NONE : span_from_offset(*rest, n);
	return n > 0;
}

bool apt_signers_next(struct apt_signers *s, struct span *ret)
{
	struct span line, word;

	for (;;) {
		while (next_word(&s->words, &word)) {
			/* in an option list the value ends at the first blank */
			if (!s->in_field && s->words.n && is_blank(s->words.p[0]))
				s->words = SPAN_NONE;
			if (word.p[0] != '/')
				continue;
			*ret = word;
			return true;
		}
		if (!s->rest.n || !span_cut(&s->rest, '\n', &line))
			return false;
		if (line.n && line.p[0] == '#')
			continue;
		if (s->in_field && line.n && is_blank(line.p[0])) {
			s->words = line;
			continue;
		}
		s->in_field = false;
		if (!after_name(line, span_of("signed-by"), &s->words))
			s->words = SPAN_NONE;
		else
			s->in_field = s->words.p[-1] == ':';
	}
}

static bool says_yes(struct span line, const char *name)
{
	struct span rest, word;

	return after_name(line, span_of(name), &rest) && next_word(&rest, &word) && word.n == 3 &&
	       lower(word.p[0]) == 'y' && lower(word.p[1]) == 'e' && lower(word.p[2]) == 's';
}

bool apt_unsigned(struct span text, struct span *ret)
{
	struct span line;

	while (text.n && span_cut(&text, '\n', &line)) {
		if (line.n && line.p[0] == '#')
			continue;
		if (says_yes(line, "trusted") || says_yes(line, "allow-insecure") ||
			says_yes(line, "allow-weak")) {
			*ret = line;
			return true;
		}
	}
	return false;
}
