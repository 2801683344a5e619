#include "host/package_apk_parse.h"

#include "core/attr.h"

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

bool base64_parse(struct span text, uint8_t *ret, size_t n)
{
	uint32_t bits = 0;
	unsigned held = 0;
	size_t done = 0;

	if (text.n != (n + 2) / 3 * 4)
		return false;
	for (size_t i = 0; i < text.n && done < n; i++) {
		int d = digit(text.p[i]);

		if (d < 0)
			return false;
		bits = bits << 6 | (uint32_t)d;
		held += 6;
		if (held < 8)
			continue;
		held -= 8;
		ret[done++] = (uint8_t)(bits >> held);
	}
	return done == n;
}

static bool is_good(struct span name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] > '~' || name.p[i] == '/' || name.p[i] == ':')
			return false;
	return name.n > 0 && name.n <= 200;
}

static bool set_field(struct apk_package *p, struct span line)
{
	const struct {
		char letter;
		struct span *value;
	} texts[] = {
		{ 'P', &p->name },
		{ 'V', &p->version },
		{ 'A', &p->arch },
		{ 'o', &p->origin },
		{ 'm', &p->maintainer },
		{ 'c', &p->commit },
		{ 'I', &p->size },
	};

	if (line.n < 2 || line.p[1] != ':')
		return false;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (line.p[0] == texts[i].letter)
			*texts[i].value = span_from_offset(line, 2);
	return memchr(line.p, '\0', line.n) == NULL;
}

int apk_package_next(struct apk_reader *r, struct apk_package *ret, struct err *e)
{
	struct apk_package p = { 0 };
	struct span line;
	size_t bad = 0;

	while (r->rest.p && r->rest.n && r->rest.p[0] == '\n') {
		r->rest = span_from_offset(r->rest, 1);
		r->line++;
	}
	if (r->rest.n == 0)
		return 0;
	p.line = r->line;
	p.text = r->rest;
	while (span_cut(&r->rest, '\n', &line) && line.n) {
		if (!set_field(&p, line) && !bad)
			bad = r->line;
		if (!r->rest.p) /* no newline behind it */
			return err_set(e, ERR_FORMAT, "line %zu ends in the middle", r->line);
		r->line++;
	}
	p.text.n = (size_t)(line.p - p.text.p);
	r->line += r->rest.p != NULL;
	if (bad)
		return err_set(e, ERR_FORMAT, "line %zu is no field", bad);
	if (!is_good(p.name))
		return err_set(e, ERR_FORMAT, "line %zu begins a package without a proper name",
			p.line);
	*ret = p;
	return 1;
}

/* "0:0:755" and, of old, a digest of attributes behind it. */
static void set_rights(struct apk_file *f, struct span text)
{
	struct span mode;
	uint32_t bits = 0;

	if (!span_cut(&text, ':', &f->uid) || !span_cut(&text, ':', &f->gid) ||
		!span_cut(&text, ':', &mode))
		return;
	for (size_t i = 0; i < mode.n && mode.p[i] >= '0' && mode.p[i] <= '7'; i++)
		bits = bits << 3 | (uint32_t)(mode.p[i] - '0');
	f->mode = bits & 07777;
}

static void set_digest(struct apk_file *f, struct span text)
{
	f->has_sha1 = span_starts(text, span_of("Q1")) &&
		      base64_parse(span_from_offset(text, 2), f->sha1, sizeof f->sha1);
	f->has_sha256 = span_starts(text, span_of("Q2")) &&
			base64_parse(span_from_offset(text, 2), f->sha256, sizeof f->sha256);
}

/* The lines that follow and are about this one. */
static void take_details(struct apk_files *r, struct apk_file *f)
{
	struct span line;

	while (r->rest.n >= 2 && r->rest.p[1] == ':' &&
		(r->rest.p[0] == 'M' || r->rest.p[0] == 'a' || r->rest.p[0] == 'Z')) {
		if (!span_cut(&r->rest, '\n', &line))
			return;
		if (line.p[0] == 'Z')
			set_digest(f, span_from_offset(line, 2));
		else
			set_rights(f, span_from_offset(line, 2));
	}
}

bool apk_file_next(struct apk_files *r, struct apk_file *ret)
{
	struct span line;

	while (r->rest.n && span_cut(&r->rest, '\n', &line)) {
		struct apk_file f = { .uid = span_of("0"), .gid = span_of("0") };

		if (line.n < 2 || line.p[1] != ':' || (line.p[0] != 'F' && line.p[0] != 'R'))
			continue;
		if (line.p[0] == 'F')
			r->folder = span_from_offset(line, 2);
		else
			f.name = span_from_offset(line, 2);
		if (line.p[0] == 'R' && f.name.n == 0)
			continue;
		f.folder = r->folder;
		f.mode = f.name.n ? 0644 : 0755;
		take_details(r, &f);
		*ret = f;
		return true;
	}
	return false;
}
