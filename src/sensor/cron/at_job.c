#include <stdint.h>

#include "core/attr.h"
#include "core/buf.h"
#include "core/time.h"
#include "sensor/cron/crontab.h"

#define NUMBER_DIGITS 5
#define TIME_DIGITS 8

static bool hex(struct span s, uint64_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		unsigned d = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
			     : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
						    : 99;
		if (d > 15)
			return false;
		*ret = *ret * 16 + d;
	}
	return true;
}

/* QNNNNNTTTTTTTT: queue, number, minutes since 1970, in hex. "=" as queue: it runs just now. */
bool at_job_name(struct span name, struct at_job *ret)
{
	uint64_t n;

	if (name.n != 1 + NUMBER_DIGITS + TIME_DIGITS || (name.p[0] | 0x20) < 'a' ||
		(name.p[0] | 0x20) > 'z')
		return false;
	if (!hex((struct span){ name.p + 1, NUMBER_DIGITS }, &n) ||
		!hex(span_from_offset(name, 1 + NUMBER_DIGITS), &n))
		return false;
	*ret = (struct at_job){ .queue = name.p[0], .time = (int64_t)n * 60 * TIME_SECOND };
	return true;
}

static unsigned decimal(struct span s)
{
	unsigned n = 0;

	for (size_t i = 0; i < s.n && i < 10 && s.p[i] >= '0' && s.p[i] <= '9'; i++)
		n = n * 10 + (unsigned)(s.p[i] - '0');
	return n;
}

static bool cut_line(struct span *rest, const char *prefix, struct span *ret)
{
	struct span before = *rest, line;

	if (!span_cut(rest, '\n', &line) || !span_starts(line, span_of(prefix))) {
		*rest = before;
		return false;
	}
	*ret = span_from_offset(line, strlen(prefix));
	return true;
}

/* Where a line begins with these bytes; text.n when none does. */
static size_t line_with(struct span text, const char *prefix)
{
	size_t n = strlen(prefix);

	for (size_t i = 0; i + n <= text.n; i++)
		if ((i == 0 || text.p[i - 1] == '\n') && memcmp(text.p + i, prefix, n) == 0)
			return i;
	return text.n;
}

bool at_job_parse(struct span text, struct at_job *ret)
{
	struct span line, user;
	size_t at;

	if (!cut_line(&text, "#!", &line) || !cut_line(&text, "# atrun uid=", &line))
		return false;
	ret->has_uid = true;
	ret->uid = decimal(line);
	if (cut_line(&text, "# mail ", &line) && span_cut(&line, ' ', &user))
		ret->user = user;
	if (!text.p)
		text = (struct span){ "", 0 };
	/* at(1) writes umask, variables, "cd /where || {", three lines and "}", then what it read.
	 */
	at = line_with(text, "cd ");
	ret->head = (struct span){ text.p, at };
	ret->command = span_from_offset(text, at);
	at = line_with(ret->command, "}\n");
	if (at < ret->command.n)
		ret->command = span_from_offset(ret->command, at + 2);
	while (ret->command.n && ret->command.p[ret->command.n - 1] == '\n')
		ret->command.n--;
	return true;
}

static bool name_char(char c, bool first)
{
	return c == '_' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
	       (!first && c >= '0' && c <= '9');
}

/* VALUE ends at the first ';' without a backslash; a newline stands in quotes. */
static size_t value_of(struct span s, struct buf *ret)
{
	size_t i = 0;

	for (; i < s.n && s.p[i] != ';'; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n)
			i++;
		buf_add_char(ret, s.p[i]);
	}
	return i;
}

bool at_job_variable(struct span *head, struct arena *a, struct span *ret)
{
	while (head->n) {
		AUTO(buf) b = BUF_INIT((size_t)1 << 20);
		struct span line = *head;
		const char *end;
		size_t n = 0;

		while (n < line.n && name_char(line.p[n], n == 0))
			n++;
		if (n && n < line.n && line.p[n] == '=') {
			buf_add(&b, line.p, n + 1);
			n++;
			n += value_of(span_from_offset(line, n), &b);
			line = span_from_offset(line, n);
		}
		end = line.n ? memchr(line.p, '\n', line.n) : NULL;
		*head = end ? span_from_offset(line, (size_t)(end - line.p) + 1)
			    : (struct span){ line.p + line.n, 0 };
		if (b.n) {
			*ret = arena_copy(a, buf_span(&b));
			return true;
		}
	}
	return false;
}
