#include "host/package_dpkg_parse.h"

#include "core/attr.h"
#include "core/hex.h"

/* ---- paragraphs ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct span trimmed(struct span s)
{
	while (s.n && (is_blank(s.p[0]) || s.p[0] == '\n'))
		s = span_from_offset(s, 1);
	while (s.n && (is_blank(s.p[s.n - 1]) || s.p[s.n - 1] == '\n'))
		s.n--;
	return s;
}

/* The line that begins the rest, without taking it. */
static struct span next_line(const struct deb822 *d)
{
	const char *end = memchr(d->rest.p, '\n', d->rest.n);

	return span_from(d->rest.p, end ? (size_t)(end - d->rest.p) : d->rest.n);
}

static struct span take_line(struct deb822 *d)
{
	struct span line = next_line(d);

	d->rest = span_from_offset(d->rest, line.n + (line.n < d->rest.n));
	d->line++;
	return line;
}

static bool is_field_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return s.n > 0;
}

int deb822_field(struct deb822 *d, struct span *ret_name, struct span *ret_value, struct err *e)
{
	struct span line, value;
	const char *colon;

	if (d->rest.n == 0)
		return 0;
	line = take_line(d);
	if (trimmed(line).n == 0)
		return 2;
	colon = memchr(line.p, ':', line.n);
	if (!colon || !is_field_name(span_from(line.p, (size_t)(colon - line.p))))
		return err_set(e, ERR_FORMAT, "line %zu is no field", d->line - 1);
	value.p = colon + 1;
	while (d->rest.n && is_blank(d->rest.p[0]))
		(void)take_line(d);
	value.n = (size_t)(d->rest.p - value.p);
	if (memchr(value.p, '\0', value.n))
		return err_set(e, ERR_FORMAT, "line %zu holds a NUL", d->line - 1);
	*ret_name = span_from(line.p, (size_t)(colon - line.p));
	*ret_value = trimmed(value);
	return 1;
}

bool dpkg_name_is_good(struct span name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
			c != '+' && c != '.' && c != '-' && c != '_' && c != '~')
			return false;
	}
	return name.n > 0 && name.n <= 200 && name.p[0] != '.' && name.p[0] != '-';
}

static void set_field(struct dpkg_stanza *s, struct span name, struct span value)
{
	const struct {
		const char *name;
		struct span *value;
	} texts[] = {
		{ "Package", &s->name },
		{ "Version", &s->version },
		{ "Architecture", &s->arch },
		{ "Status", &s->status },
		{ "Source", &s->source },
		{ "Maintainer", &s->maintainer },
		{ "Origin", &s->origin },
		{ "Section", &s->section },
		{ "Conffiles", &s->conffiles },
		{ "Installed-Size", &s->size },
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (span_is(name, texts[i].name))
			*texts[i].value = value;
	if (span_is(name, "Essential"))
		s->essential = span_is(value, "yes");
	if (span_is(name, "Multi-Arch"))
		s->same = span_is(value, "same");
}

static int check_stanza(const struct dpkg_stanza *s, struct err *e)
{
	if (!dpkg_name_is_good(s->name))
		return err_set(e, ERR_FORMAT, "line %zu begins a package without a proper name",
			s->line);
	if (s->arch.n && !dpkg_name_is_good(s->arch))
		return err_set(e, ERR_FORMAT, "line %zu begins a package of no proper architecture",
			s->line);
	return 1;
}

int dpkg_stanza_next(struct deb822 *d, struct dpkg_stanza *ret, struct err *e)
{
	struct dpkg_stanza s = { .line = d->line };
	bool some = false, bad = false;
	struct span name, value;
	struct err why;
	int r;

	for (;;) {
		r = deb822_field(d, &name, &value, bad ? &why : e);
		if (r == 0 || (r == 2 && (some || bad)))
			break;
		if (r == 2)
			s.line = d->line;
		else if (r < 0)
			bad = true;
		else {
			some = true;
			set_field(&s, name, value);
		}
	}
	if (bad)
		return e->code;
	if (!some)
		return 0;
	if (r == 0 && d->rest.p[-1] != '\n')
		return err_set(e, ERR_FORMAT, "line %zu ends in the middle", d->line - 1);
	if (check_stanza(&s, e) < 0)
		return e->code;
	*ret = s;
	return 1;
}

/* ---- lines ---- */

bool dpkg_md5sums_line(struct span line, uint8_t ret_md5[16], struct span *ret_path)
{
	struct span path;

	if (line.n && line.p[0] == '\\') /* md5sum(1) marks names with odd characters so */
		line = span_from_offset(line, 1);
	if (line.n < 35 || line.p[32] != ' ' || !hex_parse(span_from(line.p, 32), ret_md5, 16))
		return false;
	path = span_from_offset(line, 34);
	while (path.n > 2 && path.p[0] == '.' && path.p[1] == '/')
		path = span_from_offset(path, 2);
	*ret_path = path;
	return path.n > 0;
}

/* The word at the end of *s, which is cut off. */
static struct span last_word(struct span *s)
{
	struct span text = trimmed(*s);
	size_t at = text.n;

	while (at > 0 && !is_blank(text.p[at - 1]))
		at--;
	*s = trimmed(span_from(text.p, at));
	return span_from_offset(text, at);
}

bool dpkg_conffile_line(struct span line, struct dpkg_conffile *ret)
{
	struct dpkg_conffile c = { 0 };
	struct span word = last_word(&line);

	while (span_is(word, "obsolete") || span_is(word, "remove-on-upgrade")) {
		c.obsolete |= word.p[0] == 'o';
		word = last_word(&line);
	}
	c.path = line;
	c.has_md5 = hex_parse(word, c.md5, sizeof c.md5);
	if ((!c.has_md5 && !span_is(word, "newconffile")) || line.n == 0 || line.p[0] != '/')
		return false;
	*ret = c;
	return true;
}

int dpkg_diversion_next(struct deb822 *d, struct dpkg_diversion *ret, struct err *e)
{
	struct dpkg_diversion x;
	size_t line = d->line;

	if (d->rest.n == 0)
		return 0;
	x.from = take_line(d);
	if (d->rest.n)
		x.to = take_line(d);
	else
		x.to = SPAN_NONE;
	x.package = d->rest.n ? take_line(d) : SPAN_NONE;
	if (x.package.n == 0)
		return err_set(e, ERR_FORMAT, "line %zu begins a diversion that is cut off", line);
	if (x.from.n < 2 || x.from.p[0] != '/' || x.to.n < 2 || x.to.p[0] != '/')
		return err_set(e, ERR_FORMAT, "line %zu begins a diversion of no absolute path",
			line);
	*ret = x;
	return 1;
}

static bool read_mode(struct span s, uint32_t *ret)
{
	uint32_t mode = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '7')
			return false;
		mode = mode << 3 | (uint32_t)(s.p[i] - '0');
	}
	*ret = mode;
	return s.n > 0 && s.n <= 6 && mode <= 07777;
}

bool dpkg_override_line(struct span line, struct dpkg_override *ret)
{
	struct dpkg_override o;
	struct span mode;

	if (!span_cut(&line, ' ', &o.owner) || !span_cut(&line, ' ', &o.group) ||
		!span_cut(&line, ' ', &mode) || !read_mode(mode, &o.mode))
		return false;
	o.path = line;
	if (o.owner.n == 0 || o.group.n == 0 || line.n < 2 || line.p[0] != '/')
		return false;
	*ret = o;
	return true;
}
