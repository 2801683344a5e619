#include "sensor/process/process_text.h"

#define DELETED " (deleted)"

static bool hex(struct span s, uint64_t *ret)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c >= '0' && c <= '9')
			n = n << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			n = n << 4 | (uint64_t)(c - 'a' + 10);
		else
			return false;
	}
	*ret = n;
	return s.n > 0 && s.n <= 16;
}

static bool pair(struct span s, char sep, uint64_t *ret_a, uint64_t *ret_b)
{
	struct span first;

	return span_cut(&s, sep, &first) && s.p && hex(first, ret_a) && hex(s, ret_b);
}

/* The kernel writes a newline in a name as \012, and nothing else so. */
static struct span unescape(struct span s, struct arena *a)
{
	char *out;
	size_t n = 0;

	if (!s.n || !memchr(s.p, '\\', s.n))
		return s;
	out = arena_get(a, s.n + 1);
	for (size_t i = 0; i < s.n; i++) {
		bool newline = s.n - i >= 4 && memcmp(s.p + i, "\\012", 4) == 0;

		out[n++] = newline ? '\n' : s.p[i];
		i += newline ? 3 : 0;
	}
	return span_from(out, n);
}

static bool field(struct span *rest, struct span *ret)
{
	return span_cut(rest, ' ', ret) && rest->p;
}

/* "from-to rwxp offset major:minor inode      /path" */
static bool mapping_from(struct span line, struct arena *a, struct mapping *ret)
{
	struct mapping m = { 0 };
	struct span range, rights, offset, device, inode, rest = line;
	uint64_t major, minor;
	size_t tail = strlen(DELETED);

	if (!field(&rest, &range) || !field(&rest, &rights) || rights.n < 4 || rights.p[2] != 'x' ||
		!field(&rest, &offset) || !field(&rest, &device) || !field(&rest, &inode) ||
		!pair(range, '-', &m.from, &m.to) || !pair(device, ':', &major, &minor) ||
		!span_number(inode, &m.inode))
		return false;
	while (rest.n && rest.p[0] == ' ')
		rest = span_from_offset(rest, 1);
	if (rest.n == 0 || rest.p[0] != '/' || m.inode == 0)
		return false; /* no file: stack, vdso, code made at run time */
	m.major = (uint32_t)major;
	m.minor = (uint32_t)minor;
	if (rest.n > tail && memcmp(rest.p + rest.n - tail, DELETED, tail) == 0) {
		m.deleted = true;
		rest.n -= tail;
	}
	m.path = unescape(rest, a);
	*ret = m;
	return true;
}

bool mapping_next(struct span *rest, struct arena *a, struct mapping *ret)
{
	struct span line;

	while (span_cut(rest, '\n', &line))
		if (mapping_from(line, a, ret))
			return true;
	return false;
}
