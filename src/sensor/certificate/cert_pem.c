#include "sensor/certificate/cert_pem.h"

#include <stdint.h>

static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Base64 broken into lines; ends at '=' padding. False on a foreign character. */
static bool decode(struct span text, struct arena *a, struct span *ret)
{
	char *out = arena_get(a, text.n / 4 * 3 + 3), *at = out;
	uint32_t bits = 0;
	unsigned n = 0;

	for (size_t i = 0; i < text.n && text.p[i] != '='; i++) {
		int d = digit(text.p[i]);

		if (d < 0 && (text.p[i] == '\n' || text.p[i] == '\r' || text.p[i] == ' ' ||
				     text.p[i] == '\t'))
			continue;
		if (d < 0)
			return false;
		bits = bits << 6 | (uint32_t)d;
		if (++n < 4)
			continue;
		*at++ = (char)(bits >> 16);
		*at++ = (char)(bits >> 8);
		*at++ = (char)bits;
		n = 0;
	}
	if (n == 1)
		return false;
	if (n >= 2)
		*at++ = (char)(bits >> (n == 2 ? 4 : 10));
	if (n == 3)
		*at++ = (char)(bits >> 2);
	*ret = (struct span){ out, (size_t)(at - out) };
	return true;
}

static struct span trimmed(struct span s)
{
	while (s.n && (s.p[s.n - 1] == '\r' || s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = span_from_offset(s, 1);
	return s;
}

/* "-----BEGIN LABEL-----" */
static bool is_edge(struct span line, const char *word, struct span *ret)
{
	const struct span dashes = span_of("-----");
	struct span s = trimmed(line), begin = span_of(word);

	if (!span_starts(s, dashes))
		return false;
	s = span_from_offset(s, dashes.n);
	if (!span_starts(s, begin) || s.n < begin.n + dashes.n)
		return false;
	s = span_from_offset(s, begin.n);
	s.n -= dashes.n;
	if (memcmp(s.p + s.n, dashes.p, dashes.n) != 0)
		return false;
	*ret = s;
	return true;
}

static bool cut_line(struct pem *p, struct span *ret)
{
	if (!p->rest.n || !span_cut(&p->rest, '\n', ret))
		return false;
	p->line++;
	return true;
}

/* What stands between BEGIN and the base64: "Name: value" lines and an empty one ("." where the
 * block is a field of an apt source). */
static struct span without_headers(struct span body)
{
	struct span rest = body, line, at = body;

	while (rest.n && span_cut(&rest, '\n', &line)) {
		line = trimmed(line);
		if (line.n == 0 || span_is(line, "."))
			return rest;
		if (!memchr(line.p, ':', line.n))
			return at;
		at = rest;
	}
	return body;
}

/* OpenPGP's checksum "=AbCd" on a line of its own ends the data as padding does. */
static bool read_body(struct pem *p, struct arena *a, struct pem_block *ret)
{
	struct span line, label, all = p->rest, body = all;

	while (cut_line(p, &line)) {
		if (is_edge(line, "END ", &label)) {
			body.n = (size_t)(line.p - body.p);
			return span_same(label, ret->label) &&
			       decode(without_headers(body), a, &ret->bytes);
		}
		if (is_edge(line, "BEGIN ", &label)) {
			/* the next block begins before this one has ended */
			p->rest = span_from(line.p, (size_t)(all.p + all.n - line.p));
			p->line--;
			return false;
		}
	}
	return false;
}

bool pem_next(struct pem *p, struct arena *a, struct pem_block *ret)
{
	struct span line, before = p->rest;
	struct pem_block b = { 0 };

	while (cut_line(p, &line)) {
		if (!is_edge(line, "BEGIN ", &b.label))
			continue;
		b.line = p->line - 1;
		b.before = (struct span){ before.p, (size_t)(line.p - before.p) };
		b.bad = !read_body(p, a, &b);
		if (b.bad)
			b.bytes = SPAN_NONE;
		*ret = b;
		return true;
	}
	return false;
}
