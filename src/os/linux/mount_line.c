#include "os/mount_line.h"

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

struct span mount_unescape(struct span s, struct arena *a)
{
	char *p;
	size_t n = 0;

	if (s.n == 0 || !memchr(s.p, '\\', s.n))
		return s;
	p = arena_get(a, s.n + 1);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && s.n - i > 3 && s.p[i + 1] <= '3' && is_octal(s.p[i + 1]) &&
			is_octal(s.p[i + 2]) && is_octal(s.p[i + 3])) {
			p[n++] = (char)((s.p[i + 1] - '0') << 6 | (s.p[i + 2] - '0') << 3 |
					(s.p[i + 3] - '0'));
			i += 3;
		} else {
			p[n++] = s.p[i];
		}
	}
	return span_from(p, n);
}

static bool number(struct span s, uint32_t *ret)
{
	uint64_t n;

	if (!span_number(s, &n) || n > UINT32_MAX)
		return false;
	*ret = (uint32_t)n;
	return true;
}

static bool device(struct span s, struct mount_line *ret)
{
	struct span major;

	return span_cut(&s, ':', &major) && s.p && number(major, &ret->major) &&
	       number(s, &ret->minor);
}

/* Up to the lone dash, and behind it. False: there is none. */
static bool cut_tags(struct span *rest, struct span *ret)
{
	struct span word;

	*ret = *rest;
	while (span_cut(rest, ' ', &word)) {
		if (span_is(word, "-")) {
			ret->n = (size_t)(word.p - ret->p);
			return true;
		}
	}
	return false;
}

int mount_line_parse(struct span line, struct arena *a, struct mount_line *ret, struct err *e)
{
	struct span rest = line, id, parent, dev;
	struct mount_line m = { 0 };

	if (!span_cut(&rest, ' ', &id) || !number(id, &m.id) || !span_cut(&rest, ' ', &parent) ||
		!number(parent, &m.parent) || !span_cut(&rest, ' ', &dev) || !device(dev, &m))
		return err_set(e, ERR_FORMAT, "no numbers in front");
	if (!span_cut(&rest, ' ', &m.root) || !span_cut(&rest, ' ', &m.point) ||
		!span_cut(&rest, ' ', &m.options) || m.point.n == 0 || m.point.p[0] != '/')
		return err_set(e, ERR_FORMAT, "no mount point");
	if (!cut_tags(&rest, &m.tags) || !span_cut(&rest, ' ', &m.type) ||
		!span_cut(&rest, ' ', &m.source) || !rest.p)
		return err_set(e, ERR_FORMAT, "no file system");
	m.super_options = mount_unescape(rest, a);
	m.root = mount_unescape(m.root, a);
	m.point = mount_unescape(m.point, a);
	m.source = mount_unescape(m.source, a);
	*ret = m;
	return 0;
}
