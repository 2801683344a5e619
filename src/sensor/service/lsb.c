#include "sensor/service/lsb.h"

#define LINES_MAX 200 /* the header is at the top */

static struct span trim(struct span s)
{
	while (s.n && strchr(" \t\r", s.p[0]) && s.p[0])
		s = span_from_offset(s, 1);
	while (s.n && strchr(" \t\r", s.p[s.n - 1]) && s.p[s.n - 1])
		s.n--;
	return s;
}

static struct span unquoted(struct span s)
{
	s = trim(s);
	if (s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.n - 1] == s.p[0])
		return (struct span){ s.p + 1, s.n - 2 };
	return s;
}

static bool after(struct span line, const char *prefix, struct span *ret)
{
	if (!span_starts(line, span_of(prefix)))
		return false;
	*ret = unquoted(span_from_offset(line, strlen(prefix)));
	return true;
}

void lsb_parse(struct span text, struct lsb *ret)
{
	struct span line, value;
	bool header = false;

	*ret = (struct lsb){ 0 };
	for (unsigned n = 0; n < LINES_MAX && span_cut(&text, '\n', &line); n++) {
		line = trim(line);
		if (n == 0 && span_starts(line, span_of("#!")))
			ret->openrc = line.n > 10 &&
				      (memcmp(line.p + line.n - 10, "openrc-run", 10) == 0 ||
					      span_is(line, "#!/sbin/runscript"));
		else if (span_is(line, "### BEGIN INIT INFO"))
			header = true;
		else if (span_is(line, "### END INIT INFO"))
			header = false;
		else if (header && after(line, "# Short-Description:", &value))
			ret->description = value;
		else if (ret->openrc && !ret->description.n && after(line, "description=", &value))
			ret->description = value;
		else if (ret->openrc && after(line, "command_user=", &value))
			ret->user = value;
	}
}

struct span lsb_started(struct span link)
{
	if (link.n < 4 || link.p[0] != 'S' || link.p[1] < '0' || link.p[1] > '9' ||
		link.p[2] < '0' || link.p[2] > '9')
		return SPAN_NONE;
	return span_from_offset(link, 3);
}
