#include "sensor/cron/crontab.h"

#include <stdint.h>

#include "core/attr.h"
#include "core/buf.h"
#include "core/time.h"

#define LINE_MAX_BYTES ((size_t)1 << 20)

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct span left(struct span s)
{
	size_t i = 0;

	while (i < s.n && blank(s.p[i]))
		i++;
	return span_from_offset(s, i);
}

static struct span trim(struct span s)
{
	s = left(s);
	while (s.n && (blank(s.p[s.n - 1]) || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

static struct span word(struct span *rest)
{
	struct span all = left(*rest);
	size_t i = 0;

	while (i < all.n && !blank(all.p[i]))
		i++;
	*rest = left(span_from_offset(all, i));
	return (struct span){ all.p, i };
}

static struct span unquoted(struct span s)
{
	if (s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.n - 1] == s.p[0])
		return (struct span){ s.p + 1, s.n - 2 };
	return s;
}

/* NAME = VALUE, where the name has no blank unless it is quoted: as load_env() of cron has it. */
static bool variable(struct span line, struct cron_line *ret)
{
	const char *end;
	struct span name = line;

	if (line.p[0] == '"' || line.p[0] == '\'') {
		end = memchr(line.p + 1, line.p[0], line.n - 1);
		if (!end)
			return false;
		name.n = (size_t)(end - line.p) + 1;
	} else {
		name.n = 0;
		while (name.n < line.n && !blank(line.p[name.n]) && line.p[name.n] != '=')
			name.n++;
	}
	line = left(span_from_offset(line, name.n));
	if (!name.n || !line.n || line.p[0] != '=')
		return false;
	ret->type = CRON_LINE_VARIABLE;
	ret->name = unquoted(name);
	ret->value = unquoted(trim(span_from_offset(line, 1)));
	return true;
}

/* ---- schedules ---- */

struct field_of_time {
	unsigned from, to;
	const char *names; /* three letters each; NULL: numbers alone */
};

static const struct field_of_time fields_of_time[] = {
	{ 0, 59, NULL },
	{ 0, 23, NULL },
	{ 1, 31, NULL },
	{ 1, 12, "jan feb mar apr may jun jul aug sep oct nov dec" },
	{ 0, 7, "sun mon tue wed thu fri sat" },
};

static bool is_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* The digits in front of s, taken off it; false: none, or out of bounds. */
static bool number_within(struct span *s, unsigned from, unsigned to)
{
	unsigned n = 0;
	size_t i = 0;

	for (; i < s->n && s->p[i] >= '0' && s->p[i] <= '9' && n <= to; i++)
		n = n * 10 + (unsigned)(s->p[i] - '0');
	*s = span_from_offset(*s, i);
	return i > 0 && n >= from && n <= to;
}

/* A number within bounds, or a name by its first three letters (some take the whole word). */
static bool value_ok(struct span *s, const struct field_of_time *f)
{
	char name[4] = { 0 };
	size_t i = 0;

	if (!s->n || !is_letter(*s->p))
		return number_within(s, f->from, f->to);
	for (; i < s->n && is_letter(s->p[i]); i++)
		if (i < 3)
			name[i] = (char)(s->p[i] | 0x20);
	*s = span_from_offset(*s, i);
	return i >= 3 && f->names && strstr(f->names, name);
}

/* "*", "5", "mon-fri", "1~30" (somewhere between), each with a step behind it. */
static bool item_ok(struct span s, const struct field_of_time *f)
{
	if (s.n && (*s.p == '*' || *s.p == '?')) {
		s = span_from_offset(s, 1);
	} else {
		if (!(s.n && *s.p == '~') && !value_ok(&s, f))
			return false;
		if (s.n && (*s.p == '-' || *s.p == '~')) {
			bool open = *s.p == '~';

			s = span_from_offset(s, 1);
			if (!(open && (!s.n || *s.p == '/')) && !value_ok(&s, f))
				return false;
		}
	}
	if (s.n && *s.p == '/') {
		s = span_from_offset(s, 1);
		return number_within(&s, 1, 1000) && !s.n;
	}
	return !s.n;
}

static bool field_ok(struct span text, const struct field_of_time *f)
{
	struct span item;

	while (span_cut(&text, ',', &item))
		if (!item_ok(item, f))
			return false;
	return true;
}

static bool at_word(struct span s)
{
	static const char *const words[] = { "@reboot", "@yearly", "@annually", "@monthly",
		"@weekly", "@daily", "@midnight", "@hourly", "@every_minute", "@every_second" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (span_is(s, words[i]))
			return true;
	return false;
}

static bool schedule(struct span *rest, struct arena *a, struct span *ret)
{
	struct span f[ARRAY_LEN(fields_of_time)];

	if (rest->p[0] == '@') {
		*ret = word(rest);
		return at_word(*ret);
	}
	for (size_t i = 0; i < ARRAY_LEN(f); i++) {
		f[i] = word(rest);
		if (!field_ok(f[i], &fields_of_time[i]))
			return false;
	}
	*ret = span_of(arena_format(a, "%.*s %.*s %.*s %.*s %.*s", SPAN_ARG(f[0]), SPAN_ARG(f[1]),
		SPAN_ARG(f[2]), SPAN_ARG(f[3]), SPAN_ARG(f[4])));
	return true;
}

static bool number(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* anacrontab(5): days or @monthly, minutes to wait, name. */
static bool anacron_schedule(struct span *rest, struct arena *a, struct cron_line *ret)
{
	struct span days = word(rest), delay = word(rest);

	ret->name = word(rest);
	if ((!number(days) && !at_word(days)) || !number(delay) || !ret->name.n)
		return false;
	ret->schedule = span_of(arena_format(a, "%s%.*s%s, delay %.*s min",
		days.p[0] == '@' ? "" : "every ", SPAN_ARG(days),
		days.p[0] == '@'     ? ""
		: span_is(days, "1") ? " day"
				     : " days",
		SPAN_ARG(delay)));
	ret->user = span_of("root");
	return true;
}

/* ---- commands ---- */

static void command(struct span text, struct arena *a, struct cron_line *ret)
{
	AUTO(buf) b = BUF_INIT(LINE_MAX_BYTES);
	size_t cut = 0;
	bool input = false;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\\' && i + 1 < text.n && text.p[i + 1] == '%') {
			buf_add_char(&b, text.p[++i]);
		} else if (text.p[i] != '%') {
			buf_add_char(&b, text.p[i]);
		} else if (input) {
			buf_add_char(&b, '\n');
		} else {
			input = true;
			cut = b.n;
		}
	}
	text = arena_copy(a, buf_span(&b));
	ret->command = trim((struct span){ text.p, input ? cut : text.n });
	if (input)
		ret->input = span_from_offset(text, cut);
}

static bool job(struct crontab *c, struct span line, struct cron_line *ret)
{
	if (c->format == CRON_FORMAT_ANACRON) {
		if (!anacron_schedule(&line, c->arena, ret))
			return false;
		ret->command = line;
		return line.n > 0;
	}
	if (line.p[0] == '-') /* of SUSE: not written to the log */
		line = span_from_offset(line, 1);
	if (!line.n || !schedule(&line, c->arena, &ret->schedule))
		return false;
	if (c->format == CRON_FORMAT_SYSTEM)
		ret->user = word(&line);
	command(line, c->arena, ret);
	return ret->command.n > 0;
}

bool crontab_next(struct crontab *c, struct cron_line *ret)
{
	struct span line;

	while (span_cut(&c->rest, '\n', &line)) {
		c->line++;
		line = trim(line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		*ret = (struct cron_line){ .line = c->line };
		if (line.n > LINE_MAX_BYTES || memchr(line.p, '\0', line.n))
			ret->type = CRON_LINE_BAD;
		else if (!variable(line, ret))
			ret->type = job(c, line, ret) ? CRON_LINE_JOB : CRON_LINE_BAD;
		return true;
	}
	return false;
}
