#include "sensor/wmi/path.h"

#include "sensor/wmi/row.h"

static bool is_slash(char c)
{
	return c == '\\' || c == '/';
}

/* Take "\\server\" off the front. */
static bool take_server(struct span *rest, struct path *p)
{
	size_t at = 2;

	if (rest->n < 2 || !is_slash(rest->p[0]) || !is_slash(rest->p[1]))
		return true;
	while (at < rest->n && !is_slash(rest->p[at]))
		at++;
	if (at == 2 || at == rest->n)
		return false;
	p->server = span_from(rest->p + 2, at - 2);
	*rest = span_from_offset(*rest, at + 1);
	return true;
}

/* What stands before the first of these, which must not be a quote. */
static size_t until(struct span s, const char *ends)
{
	size_t at = 0;

	while (at < s.n && s.p[at] != '"' && !(s.p[at] != '\0' && strchr(ends, s.p[at])))
		at++;
	return at;
}

static bool take_value(struct span *rest, struct path_key *k)
{
	size_t at = 1;

	k->quoted = rest->n > 0 && rest->p[0] == '"';
	if (!k->quoted) {
		at = until(*rest, ",");
		k->value = span_from(rest->p, at);
		*rest = span_from_offset(*rest, at);
		return k->value.n > 0;
	}
	while (at < rest->n && rest->p[at] != '"')
		at += rest->p[at] == '\\' ? 2 : 1;
	if (at >= rest->n)
		return false;
	k->value = span_from(rest->p + 1, at - 1);
	*rest = span_from_offset(*rest, at + 1);
	return true;
}

static bool take_key(struct span *rest, struct path *p)
{
	struct path_key k = { 0 };
	size_t at = until(*rest, "=,");

	if (p->n == PATH_KEYS_MAX || at == 0 || at == rest->n || rest->p[at] != '=')
		return false;
	k.name = span_from(rest->p, at);
	*rest = span_from_offset(*rest, at + 1);
	if (!take_value(rest, &k))
		return false;
	for (at = p->n++; at > 0 && row_name_compare(p->key[at - 1].name, k.name) > 0; at--)
		p->key[at] = p->key[at - 1];
	p->key[at] = k;
	return true;
}

static bool take_keys(struct span rest, struct path *p)
{
	if (rest.n == 0)
		return true;
	if (rest.p[0] == '=') {
		rest = span_from_offset(rest, 1);
		p->singleton = span_is(rest, "@");
		if (p->singleton)
			return true;
		p->n = 1;
		return take_value(&rest, &p->key[0]) && rest.n == 0;
	}
	do {
		rest = span_from_offset(rest, 1); /* the dot, or a comma */
		if (!take_key(&rest, p))
			return false;
	} while (rest.n > 0 && rest.p[0] == ',');
	return rest.n == 0;
}

bool path_parse(struct span text, struct path *ret)
{
	struct path p = { 0 };
	struct span rest = text;
	size_t at;

	if (!take_server(&rest, &p))
		return false;
	at = until(rest, ":.=");
	if (at < rest.n && rest.p[at] == ':') {
		p.space = span_from(rest.p, at);
		rest = span_from_offset(rest, at + 1);
		at = until(rest, ".=");
	}
	p.class = span_from(rest.p, at);
	rest = span_from_offset(rest, at);
	if (p.class.n == 0 || (rest.n && rest.p[0] == '"') || !take_keys(rest, &p))
		return false;
	*ret = p;
	return true;
}

void path_value(const struct path_key *k, struct buf *ret)
{
	for (size_t i = 0; i < k->value.n; i++) {
		if (k->quoted && k->value.p[i] == '\\' && i + 1 < k->value.n)
			i++;
		buf_add_char(ret, k->value.p[i]);
	}
}

static void print_key(const struct path_key *k, struct buf *ret)
{
	buf_add_span(ret, k->name);
	buf_add_text(ret, k->quoted ? "=\"" : "=");
	buf_add_span(ret, k->value);
	buf_add_text(ret, k->quoted ? "\"" : "");
}

void path_print(const struct path *p, struct span host, struct buf *ret)
{
	if (p->server.n && !span_is(p->server, ".") && !row_name_same(p->server, host)) {
		buf_add_text(ret, "\\\\");
		buf_add_span(ret, p->server);
		buf_add_char(ret, '\\');
	}
	if (p->space.n) {
		buf_add_span(ret, p->space);
		buf_add_char(ret, ':');
	}
	buf_add_span(ret, p->class);
	if (p->singleton)
		buf_add_text(ret, "=@");
	for (size_t i = 0; i < p->n; i++) {
		if (i > 0 || p->key[i].name.n)
			buf_add_char(ret, i ? ',' : '.');
		print_key(&p->key[i], ret);
	}
}
