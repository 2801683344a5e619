#include "host/process_parse.h"

/* Fields of stat(5) as numbered there, behind the name: 3 is the state. */
enum { STAT_STATE = 3, STAT_PPID = 4, STAT_FLAGS = 9, STAT_THREADS = 20, STAT_START = 22 };

/* The last ')' of the text: no field behind the name can hold one. */
static size_t name_end(struct span text)
{
	size_t at = text.n;

	while (at > 0 && text.p[at - 1] != ')')
		at--;
	return at;
}

static int take_fields(struct span rest, struct process_stat *s, struct err *e)
{
	struct span field;
	uint64_t n = 0;

	for (unsigned i = STAT_STATE; i <= STAT_START; i++) {
		if (!span_cut(&rest, ' ', &field))
			return err_set(e, ERR_FORMAT, "a process has %u of 22 fields", i - 1);
		switch (i) {
		case STAT_STATE:
			if (field.n != 1)
				return err_set(e, ERR_FORMAT, "a process has no state");
			s->state = field.p[0];
			break;
		case STAT_PPID:
		case STAT_FLAGS:
		case STAT_THREADS:
		case STAT_START:
			if (!span_number(field, &n))
				return err_set(e, ERR_FORMAT, "field %u is not a number", i);
			if (i == STAT_PPID)
				s->ppid = (uint32_t)n;
			else if (i == STAT_FLAGS)
				s->flags = n;
			else if (i == STAT_THREADS)
				s->threads = n;
			else
				s->start = n;
			break;
		default:
			break;
		}
	}
	return 0;
}

int process_stat_from(struct span text, struct process_stat *ret, struct err *e)
{
	struct process_stat s = { 0 };
	struct span rest = text, pid;
	size_t end = name_end(text);
	uint64_t n;

	if (!span_cut(&rest, ' ', &pid) || !span_number(pid, &n) || n > UINT32_MAX || rest.n == 0 ||
		rest.p[0] != '(' || end < pid.n + 3)
		return err_set(e, ERR_FORMAT, "a process has no name");
	s.pid = (uint32_t)n;
	s.comm = span_from(rest.p + 1, end - 1 - (pid.n + 2));
	rest = span_from_offset(text, end);
	if (rest.n == 0 || rest.p[0] != ' ')
		return err_set(e, ERR_FORMAT, "a process has a name only");
	if (take_fields(span_from_offset(rest, 1), &s, e) < 0)
		return e->code;
	*ret = s;
	return 0;
}

/* Seen from another cgroup namespace a path may begin with "/..". */
static struct span from_top(struct span path)
{
	while (span_starts(path, span_of("/../")) || span_is(path, "/.."))
		path = span_from_offset(path, 3);
	return path.n > 1 ? path : SPAN_NONE;
}

struct span process_cgroup_path(struct span text)
{
	struct span best = SPAN_NONE, line;
	unsigned rank = 0; /* 3: v2, 2: systemd's, 1: any other */

	while (span_cut(&text, '\n', &line)) {
		struct span id, controllers, path;
		unsigned r;

		if (!span_cut(&line, ':', &id) || !span_cut(&line, ':', &controllers) || !line.p)
			continue;
		path = from_top(line);
		r = controllers.n == 0 && span_is(id, "0") ? 3
		    : span_is(controllers, "name=systemd") ? 2
							   : 1;
		if (path.n && r > rank) {
			best = path;
			rank = r;
		}
	}
	return best;
}

bool process_cgroup_is_v2(struct span text)
{
	struct span line;

	while (span_cut(&text, '\n', &line))
		if (span_starts(line, span_of("0::")))
			return from_top(span_from_offset(line, 3)).n > 0;
	return false;
}

uint64_t process_ns_number(struct span target)
{
	struct span name;
	uint64_t n;

	if (!span_cut(&target, ':', &name) || target.n < 3 || target.p[0] != '[' ||
		target.p[target.n - 1] != ']' ||
		!span_number(span_from(target.p + 1, target.n - 2), &n))
		return 0;
	return n;
}
