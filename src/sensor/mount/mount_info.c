#include "sensor/mount/mount_info.h"

#include "core/attr.h"
#include "core/buf.h"

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* \040 for a blank and its like: as the kernel and getmntent(3) write them. */
static struct span unescape(struct span s, struct arena *a)
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

/* Decimal digits and nothing else. */
static bool number(struct span s, uint32_t *ret)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(s.p[i] - '0');
		if (n > UINT32_MAX)
			return false;
	}
	*ret = (uint32_t)n;
	return s.n > 0;
}

static bool device(struct span s, struct mount_line *ret)
{
	struct span major;

	return span_cut(&s, ':', &major) && s.p && number(major, &ret->major) &&
	       number(s, &ret->minor);
}

/* "shared:1 master:2" to "shared,slave"; up to the lone dash. False: there is none. */
static bool propagation(struct span *rest, struct arena *a, struct span *ret)
{
	AUTO(buf) b = BUF_INIT(256);
	struct span word;

	while (span_cut(rest, ' ', &word)) {
		const char *name = NULL;

		if (span_is(word, "-")) {
			*ret = b.n ? arena_copy(a, buf_span(&b)) : span_of("private");
			return true;
		}
		if (span_starts(word, span_of("shared:")))
			name = "shared";
		else if (span_starts(word, span_of("master:")))
			name = "slave";
		else if (span_is(word, "unbindable"))
			name = "unbindable";
		if (name)
			buf_addf(&b, "%s%s", b.n ? "," : "", name);
	}
	return false;
}

int mount_line_parse(struct span line, struct arena *a, struct mount_line *ret, struct err *e)
{
	struct span rest = line, id, parent, dev;
	struct mount_line m = { 0 };
	uint32_t ignored;

	if (!span_cut(&rest, ' ', &id) || !number(id, &ignored) || !span_cut(&rest, ' ', &parent) ||
		!number(parent, &ignored) || !span_cut(&rest, ' ', &dev) || !device(dev, &m))
		return err_set(e, ERR_FORMAT, "no numbers in front");
	if (!span_cut(&rest, ' ', &m.root) || !span_cut(&rest, ' ', &m.point) ||
		!span_cut(&rest, ' ', &m.options) || m.point.n == 0 || m.point.p[0] != '/')
		return err_set(e, ERR_FORMAT, "no mount point");
	if (!propagation(&rest, a, &m.propagation) || !span_cut(&rest, ' ', &m.type) ||
		!span_cut(&rest, ' ', &m.source) || !rest.p)
		return err_set(e, ERR_FORMAT, "no file system");
	m.super_options = unescape(rest, a);
	m.root = unescape(m.root, a);
	m.point = unescape(m.point, a);
	m.source = unescape(m.source, a);
	*ret = m;
	return 0;
}

/* The next word between blanks; empty: none is left. */
static struct span word(struct span *rest)
{
	struct span ret;

	while (rest->n && (rest->p[0] == ' ' || rest->p[0] == '\t' || rest->p[0] == '\r'))
		*rest = span_from_offset(*rest, 1);
	ret = *rest;
	for (ret.n = 0; ret.n < rest->n; ret.n++)
		if (strchr(" \t\r", rest->p[ret.n]) && rest->p[ret.n])
			break;
	*rest = span_from_offset(*rest, ret.n);
	return ret;
}

int fstab_line_parse(struct span line, struct arena *a, struct fstab_line *ret, struct err *e)
{
	struct fstab_line f;

	if (line.n == 0)
		return 0;
	f.source = word(&line);
	if (f.source.n == 0 || f.source.p[0] == '#')
		return 0;
	f.point = unescape(word(&line), a);
	f.type = word(&line);
	f.options = word(&line);
	if (f.type.n == 0)
		return err_set(e, ERR_FORMAT, "no type of a file system");
	if (span_is(f.type, "swap") || span_is(f.point, "none") || span_is(f.point, "swap"))
		return 0;
	if (f.point.p[0] != '/')
		return err_set(e, ERR_FORMAT, "the mount point is no path");
	while (f.point.n > 1 && f.point.p[f.point.n - 1] == '/')
		f.point.n--;
	f.source = unescape(f.source, a);
	f.options = unescape(f.options, a);
	*ret = f;
	return 1;
}

bool mount_has_option(struct span options, struct span option)
{
	struct span one;

	while (span_cut(&options, ',', &one))
		if (span_same(one, option))
			return true;
	return false;
}

bool mount_option_is_fleeting(struct span type, struct span option)
{
	static const struct {
		const char *type, *option; /* type NULL: every one */
	} rows[] = {
		{ NULL, "fd=" },
		{ "autofs", "pgrp=" },
		{ "autofs", "pipe_ino=" },
		{ "devtmpfs", "size=" }, /* by the memory found at boot */
		{ "devtmpfs", "nr_inodes=" },
		{ "nfs", "port=" },
		{ "nfs4", "port=" },
		{ "nfs4", "clientaddr=" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if ((!rows[i].type || span_is(type, rows[i].type)) &&
			span_starts(option, span_of(rows[i].option)))
			return true;
	return false;
}
