#include "policy/import/xml.h"

#include <expat.h>
#include <stdio.h>

#include "core/buf.h"

#define ATTRIBUTES_MAX 64
#define ROOT "invar-import"

struct reader {
	struct arena *arena;
	XML_Parser parser;
	struct xml *root, *at;
	struct buf *text; /* a buffer a level, so that the text around children is one */
	unsigned depth, line_add;
	size_t elements;
	const char *refused; /* why we stopped it */
	int code;
};

bool xml_same(const char *a, const char *b)
{
	for (;; a++, b++) {
		char x = *a, y = *b;

		x = x >= 'A' && x <= 'Z' ? (char)(x - 'A' + 'a') : x;
		y = y >= 'A' && y <= 'Z' ? (char)(y - 'A' + 'a') : y;
		if (x != y)
			return false;
		if (!x)
			return true;
	}
}

bool xml_listed(const char *name, const char *const *list)
{
	while (*list && !xml_same(name, *list))
		list++;
	return *list != NULL;
}

bool xml_is(const struct xml *x, const char *name)
{
	return xml_same(x->name, name);
}

const char *xml_attribute(const struct xml *x, const char *name)
{
	for (const struct xml_attribute *a = x->attributes; a->name; a++)
		if (xml_same(a->name, name))
			return a->value;
	return NULL;
}

static void stop(struct reader *r, int code, const char *why)
{
	if (r->code)
		return;
	r->code = code;
	r->refused = why;
	XML_StopParser(r->parser, XML_FALSE);
}

static unsigned line_of(const struct reader *r)
{
	return (unsigned)XML_GetCurrentLineNumber(r->parser) + r->line_add;
}

static const struct xml_attribute *attributes_of(struct reader *r, const XML_Char **list)
{
	struct xml_attribute *ret;
	size_t n = 0;

	while (list[2 * n] && n < ATTRIBUTES_MAX)
		n++;
	if (list[2 * n])
		stop(r, ERR_LIMIT, "an element has more than 64 attributes");
	ret = arena_get(r->arena, (n + 1) * sizeof *ret);
	for (size_t i = 0; i < n; i++)
		ret[i] = (struct xml_attribute){ arena_text(r->arena, span_of(list[2 * i])),
			arena_text(r->arena, span_of(list[2 * i + 1])) };
	return ret;
}

static void begin(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct reader *r = data;
	struct xml *x;

	if (r->depth == XML_DEPTH_MAX) {
		stop(r, ERR_LIMIT, "elements are nested more than 30 deep");
		return;
	}
	if (r->elements++ == XML_ELEMENTS_MAX) {
		stop(r, ERR_LIMIT, "there are more than 200000 elements");
		return;
	}
	x = arena_get(r->arena, sizeof *x);
	x->name = arena_text(r->arena, span_of(name));
	x->attributes = attributes_of(r, attributes);
	x->line = line_of(r);
	x->parent = r->at;
	if (!r->at)
		r->root = x;
	else if (r->at->last)
		r->at->last->next = x;
	else
		r->at->child = x;
	if (r->at)
		r->at->last = x;
	r->at = x;
	buf_clear(&r->text[r->depth++]);
}

static void end(void *data, const XML_Char *name)
{
	struct reader *r = data;
	struct span s;

	(void)name;
	if (r->code || !r->depth)
		return;
	s = buf_span(&r->text[--r->depth]);
	while (s.n && strchr(" \t\r\n", s.p[0]))
		s = span_from_offset(s, 1);
	while (s.n && strchr(" \t\r\n", s.p[s.n - 1]))
		s.n--;
	if (s.n)
		r->at->text = arena_copy(r->arena, s);
	r->at = r->at->parent;
}

static void characters(void *data, const XML_Char *s, int n)
{
	struct reader *r = data;

	if (!r->code && r->depth)
		buf_add(&r->text[r->depth - 1], s, (size_t)n);
}

/* The XML declaration, which must stand in front of everything, stands behind our root. Returns how
 * many bytes it and the byte order mark take. */
static size_t skip_declaration(struct reader *r, struct span text, const char **ret_encoding)
{
	struct span bom = span_of("\xEF\xBB\xBF"), rest, declaration;
	size_t at = span_starts(text, bom) ? bom.n : 0;
	const char *stop_at;

	*ret_encoding = "UTF-8";
	while (at < text.n && strchr(" \t\r\n", text.p[at]) && text.p[at])
		r->line_add += text.p[at++] == '\n';
	rest = span_from_offset(text, at);
	stop_at = span_find(rest, span_of("?>"));
	if (!span_starts(rest, span_of("<?xml")) || !stop_at)
		return at;
	declaration = (struct span){ rest.p, (size_t)(stop_at - rest.p) };
	for (size_t i = 0; i < declaration.n; i++)
		r->line_add += declaration.p[i] == '\n';
	if (span_find(declaration, span_of("ISO-8859-1")) ||
		span_find(declaration, span_of("iso-8859-1")))
		*ret_encoding = "ISO-8859-1";
	return at + declaration.n + 2;
}

static int fail(struct reader *r, bool first_line, struct err *e)
{
	unsigned line = line_of(r);
	unsigned column = (unsigned)XML_GetCurrentColumnNumber(r->parser) + 1;

	if (first_line && line == r->line_add + 1 && column > strlen("<" ROOT ">"))
		column -= (unsigned)strlen("<" ROOT ">");
	return err_set(e, r->code ? (enum err_code)r->code : ERR_FORMAT,
		"line %u, column %u: not the XML that is expected: %s", line, column,
		r->code ? r->refused : XML_ErrorString(XML_GetErrorCode(r->parser)));
}

/* Behind the beginning of our root no document type can stand, and so no entity be declared. */
static int parse(struct reader *r, struct span text, struct err *e)
{
	const struct {
		struct span text;
		int last;
	} parts[] = {
		{ span_of("<" ROOT ">"), 0 },
		{ text, 0 },
		{ span_of("</" ROOT ">"), 1 },
	};

	XML_SetUserData(r->parser, r);
	XML_SetElementHandler(r->parser, begin, end);
	XML_SetCharacterDataHandler(r->parser, characters);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (XML_Parse(r->parser, parts[i].text.p, (int)parts[i].text.n, parts[i].last) !=
				XML_STATUS_OK ||
			r->code)
			return fail(r, i > 0, e);
	return 0;
}

int xml_read(struct arena *a, struct span text, struct xml **ret, struct err *e)
{
	struct buf texts[XML_DEPTH_MAX];
	struct reader r = { .arena = a, .text = texts };
	const char *encoding;
	int rc;

	if (text.n > (size_t)16 << 20)
		return err_set(e, ERR_LIMIT, "more than 16 MiB of XML");
	if (text.n > 1 && ((uint8_t)text.p[0] ^ (uint8_t)text.p[1]) == 1 &&
		((uint8_t)text.p[0] | 1) == 0xFF)
		return err_set(e, ERR_FORMAT, "line 1, column 1: it is UTF-16; save it as UTF-8");
	text = span_from_offset(text, skip_declaration(&r, text, &encoding));
	r.parser = XML_ParserCreate(encoding);
	if (!r.parser)
		return err_set(e, ERR_SYSTEM, "cannot make a parser of XML");
	for (size_t i = 0; i < XML_DEPTH_MAX; i++)
		texts[i] = BUF_INIT((size_t)16 << 20);
	rc = parse(&r, text, e);
	for (size_t i = 0; i < XML_DEPTH_MAX; i++)
		buf_done(&texts[i]);
	XML_ParserFree(r.parser);
	if (rc == 0)
		*ret = r.root;
	return rc;
}
