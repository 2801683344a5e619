#include "sensor/sysctl/sysctl_conf.h"

#include "core/buf.h"

#define NAME_MAX_BYTES 512
#define VALUE_MAX_BYTES 4096

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct span trim(struct span s)
{
	while (s.n && is_blank(s.p[0]))
		s = span_from_offset(s, 1);
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct span sysctl_swap(struct span name, struct arena *a)
{
	char *p = arena_get(a, name.n + 1);

	for (size_t i = 0; i < name.n; i++)
		p[i] = name.p[i] == '/' ? '.' : name.p[i] == '.' ? '/' : name.p[i];
	return span_from(p, name.n);
}

struct span sysctl_tidy(struct span value, struct arena *a)
{
	char *p = arena_get(a, value.n * 2 + 1);
	size_t n = 0;
	bool blank = false, line = false;

	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];

		if (is_blank(c) || c == '\n') {
			blank = true;
			line = line || c == '\n';
			continue;
		}
		if (blank && n) {
			if (line)
				p[n++] = ';';
			p[n++] = ' ';
		}
		blank = line = false;
		p[n++] = c;
	}
	return span_from(p, n);
}

/* As systemd and procps read it: whichever of '.' and '/' stands first separates. */
static struct span to_path(struct span name, struct arena *a)
{
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '/')
			break;
		if (name.p[i] == '.')
			return sysctl_swap(name, a);
	}
	while (name.n && name.p[0] == '/')
		name = span_from_offset(name, 1);
	if (span_starts(name, span_of("proc/sys/")))
		name = span_from_offset(name, strlen("proc/sys/"));
	return arena_copy(a, name);
}

/* False: follows no format. */
static bool parse_line(struct span line, struct arena *a, struct sysctl_setting *x)
{
	struct span name = line, rest = line;
	bool dash = line.p[0] == '-'; /* of a setting: a failure to set it is no error */

	if (dash)
		rest = span_from_offset(rest, 1);
	x->exclude = !memchr(line.p, '=', line.n);
	if (!span_cut(&rest, '=', &name) || (x->exclude && !dash))
		return false;
	name = trim(name);
	if (name.n == 0 || name.n > NAME_MAX_BYTES || memchr(name.p, '\0', name.n) ||
		rest.n > VALUE_MAX_BYTES)
		return false;
	x->path = to_path(name, a);
	x->value = rest.p ? sysctl_tidy(rest, a) : SPAN_NONE;
	return true;
}

struct sysctl_conf sysctl_conf_parse(struct span text, struct arena *a,
	void (*each)(void *ctx, const struct sysctl_setting *x), void *ctx)
{
	struct sysctl_conf ret = { 0 };
	struct sysctl_setting x = { 0 };
	struct span line;

	while (span_cut(&text, '\n', &line)) {
		x.line++;
		line = trim(line);
		if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';')
			continue;
		if (parse_line(line, a, &x))
			each(ctx, &x);
		else if (ret.bad++ == 0)
			ret.first_bad = x.line;
	}
	return ret;
}
