#include "core/escape.h"
#include "core/time.h"
#include "entity/key_typed.h"
#include "output/output.h"

static const char *const sgr[TONE_N] = {
	[TONE_STRONG] = "1",
	[TONE_FAINT] = "2",
	[TONE_GOOD] = "32",
	[TONE_NEW] = "32",
	[TONE_GONE] = "31",
	[TONE_EDIT] = "33",
	[TONE_MOVED] = "36",
	[TONE_ALARM] = "1;31",
};

void text_tone(struct buf *ret, const struct text_style *style, enum tone tone, const char *text)
{
	if (style->colour && sgr[tone])
		buf_addf(ret, "\x1b[%sm%s\x1b[0m", sgr[tone], text);
	else
		buf_add_text(ret, text);
}

enum tone text_severity_tone(enum severity s)
{
	static const enum tone tones[SEVERITY_N] = {
		[SEVERITY_INFO] = TONE_FAINT,
		[SEVERITY_LOW] = TONE_MOVED,
		[SEVERITY_MEDIUM] = TONE_EDIT,
		[SEVERITY_HIGH] = TONE_GONE,
		[SEVERITY_CRITICAL] = TONE_ALARM,
	};

	return s < SEVERITY_N ? tones[s] : TONE_PLAIN;
}

void text_count(struct buf *ret, uint64_t n)
{
	AUTO(buf) digits = BUF_INIT(32);

	buf_addf(&digits, "%llu", (unsigned long long)n);
	for (size_t i = 0; i < digits.n; i++) {
		if (i && (digits.n - i) % 3 == 0)
			buf_add_char(ret, ',');
		buf_add_char(ret, digits.p[i]);
	}
}

void text_plural(struct buf *ret, uint64_t n, const char *of)
{
	size_t len = strlen(of);
	bool ies = len > 1 && of[len - 1] == 'y' && !strchr("aeiou", of[len - 2]);
	bool es = len > 1 && (of[len - 1] == 's' || of[len - 1] == 'h');

	text_count(ret, n);
	buf_add_char(ret, ' ');
	if (n == 1)
		buf_add_text(ret, of);
	else if (ies)
		buf_addf(ret, "%.*sies", (int)len - 1, of);
	else
		buf_addf(ret, "%s%s", of, es ? "es" : "s");
}

void text_bytes(struct buf *ret, uint64_t n)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)n / 1024;
	size_t u = 0;

	if (n < 1024) {
		text_plural(ret, n, "byte");
		return;
	}
	for (; value >= 1000 && u + 1 < ARRAY_LEN(units); u++)
		value /= 1024;
	buf_addf(ret, value < 10 ? "%.2f %s" : "%.1f %s", value, units[u]);
}

void text_duration(struct buf *ret, int64_t ns)
{
	static const struct {
		int64_t seconds;
		const char *name, *part;
		int64_t part_seconds;
	} units[] = { { 86400, "d", "h", 3600 }, { 3600, "h", "min", 60 }, { 60, "min", "s", 1 } };
	int64_t s = ns / TIME_SECOND;

	if (ns < 0)
		ns = s = 0;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (s < units[i].seconds)
			continue;
		buf_addf(ret, "%lld %s", (long long)(s / units[i].seconds), units[i].name);
		if (s % units[i].seconds / units[i].part_seconds)
			buf_addf(ret, " %lld %s",
				(long long)(s % units[i].seconds / units[i].part_seconds),
				units[i].part);
		return;
	}
	if (ns < TIME_SECOND / 10)
		buf_addf(ret, "%lld ms", (long long)(ns / (TIME_SECOND / 1000)));
	else if (ns % TIME_SECOND == 0)
		buf_addf(ret, "%lld s", (long long)s);
	else
		buf_addf(ret, s < 10 ? "%.2f s" : "%.1f s", (double)ns / (double)TIME_SECOND);
}

static void add_ago(struct buf *ret, int64_t ns)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" }, { 1, "second" } };
	int64_t s = ns / TIME_SECOND;

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (s < units[i].seconds)
			continue;
		text_plural(ret, (uint64_t)(s / units[i].seconds), units[i].name);
		buf_add_text(ret, " ago");
		return;
	}
	buf_add_text(ret, "just now");
}

void text_time(struct buf *ret, int64_t ns, const struct text_style *style)
{
	char text[TIME_TEXT];

	time_format_short(ns, text);
	buf_addf(ret, "%s UTC", text);
	if (!style->now || ns > style->now)
		return;
	buf_add_text(ret, " (");
	add_ago(ret, style->now - ns);
	buf_add_char(ret, ')');
}

void text_indent(struct buf *ret, struct span text, unsigned columns)
{
	struct span line;

	while (text.n && span_cut(&text, '\n', &line)) {
		buf_addf(ret, "%*s", (int)columns, "");
		buf_add_span(ret, line);
		buf_add_char(ret, '\n');
	}
}

void text_shell(struct buf *ret, struct span word)
{
	static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "/._-+,:=@%";
	AUTO(buf) escaped = BUF_INIT(BUF_MAX_DEFAULT);
	const char *text;

	key_show(NULL, word, &escaped);
	text = buf_text(&escaped);
	if (word.n && strspn(text, fine) == escaped.n) {
		buf_add_span(ret, buf_span(&escaped));
		return;
	}
	buf_add_char(ret, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			buf_add_text(ret, "'\\''");
		else
			buf_add_char(ret, *text);
	}
	buf_add_char(ret, '\'');
}
