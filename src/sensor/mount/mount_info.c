#include "sensor/mount/mount_info.h"

#include "core/attr.h"
#include "core/buf.h"

struct span mount_propagation(struct span tags, struct arena *a)
{
	AUTO(buf) b = BUF_INIT(256);
	struct span word;

	while (span_cut(&tags, ' ', &word)) {
		const char *name = NULL;

		if (span_starts(word, span_of("shared:")))
			name = "shared";
		else if (span_starts(word, span_of("master:")))
			name = "slave";
		else if (span_is(word, "unbindable"))
			name = "unbindable";
		if (name)
			buf_addf(&b, "%s%s", b.n ? "," : "", name);
	}
	return b.n ? arena_copy(a, buf_span(&b)) : span_of("private");
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
	f.point = mount_unescape(word(&line), a);
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
	f.source = mount_unescape(f.source, a);
	f.options = mount_unescape(f.options, a);
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
