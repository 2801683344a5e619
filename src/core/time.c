#include "core/time.h"

#include <stdio.h>

#define DAY (86400 * TIME_SECOND)

struct date {
	int64_t year;
	int month, day;
};

/* Proleptic Gregorian calendar, counted in eras of 400 years from 1 March of year 0, so that the
 * leap day is the last of its year. */
static struct date date_of_day(int64_t day)
{
	int64_t z = day + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	int month = (int)(mp < 10 ? mp + 3 : mp - 9);

	return (struct date){ yoe + era * 400 + (month <= 2), month,
		(int)(doy - (153 * mp + 2) / 5 + 1) };
}

static int64_t day_of_date(struct date d)
{
	int64_t y = d.year - (d.month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int64_t floor_day(int64_t ns)
{
	return ns / DAY - (ns % DAY < 0);
}

static void digits(char *at, int n, int64_t value)
{
	while (n--) {
		at[n] = (char)('0' + value % 10);
		value /= 10;
	}
}

static void format_second(int64_t ns, char between, char *ret)
{
	int64_t day = floor_day(ns);
	int64_t second = (ns - day * DAY) / TIME_SECOND;
	struct date d = date_of_day(day);

	memcpy(ret, "0000-00-00T00:00:00", 20);
	digits(ret, 4, d.year);
	digits(ret + 5, 2, d.month);
	digits(ret + 8, 2, d.day);
	ret[10] = between;
	digits(ret + 11, 2, second / 3600);
	digits(ret + 14, 2, second / 60 % 60);
	digits(ret + 17, 2, second % 60);
}

void time_format(int64_t ns, char ret[TIME_TEXT])
{
	int64_t fraction = ns % TIME_SECOND;

	format_second(ns, 'T', ret);
	memcpy(ret + 19, ".000000000Z", 12);
	digits(ret + 20, 9, fraction < 0 ? fraction + TIME_SECOND : fraction);
}

void time_format_short(int64_t ns, char ret[TIME_TEXT])
{
	format_second(ns, ' ', ret);
}

/* Exactly n digits off the front; false otherwise. */
static bool take_digits(struct span *s, int n, int *ret)
{
	int value = 0;

	if (s->n < (size_t)n)
		return false;
	for (int i = 0; i < n; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
		value = value * 10 + (s->p[i] - '0');
	}
	*ret = value;
	*s = span_from_offset(*s, (size_t)n);
	return true;
}

static bool take(struct span *s, char c)
{
	if (!s->n || s->p[0] != c)
		return false;
	*s = span_from_offset(*s, 1);
	return true;
}

static bool take_fraction(struct span *s, int64_t *ret)
{
	int64_t unit = TIME_SECOND / 10;
	size_t n = 0;

	*ret = 0;
	while (s->n && s->p[0] >= '0' && s->p[0] <= '9') {
		*ret += unit * (s->p[0] - '0');
		unit /= 10;
		n++;
		*s = span_from_offset(*s, 1);
	}
	return n > 0;
}

/* "Z", "+09:00" or nothing; *ret is what to take off to reach UTC. */
static bool take_zone(struct span *s, int64_t *ret)
{
	bool minus = s->n && s->p[0] == '-';
	int h, m;

	*ret = 0;
	if (s->n == 0 || take(s, 'Z') || take(s, 'z'))
		return true;
	if (!take(s, '+') && !take(s, '-'))
		return false;
	if (!take_digits(s, 2, &h) || !take(s, ':') || !take_digits(s, 2, &m) || h > 23 || m > 59)
		return false;
	*ret = (h * 60 + m) * INT64_C(60) * (minus ? -1 : 1);
	return true;
}

static bool take_date(struct span *s, struct date *ret)
{
	int year, month, day;

	if (!take_digits(s, 4, &year) || !take(s, '-') || !take_digits(s, 2, &month) ||
		!take(s, '-') || !take_digits(s, 2, &day) || month < 1 || month > 12 || day < 1)
		return false;
	*ret = (struct date){ year, month, day };
	/* the 31st of a month with 30 days comes back as another date */
	return date_of_day(day_of_date(*ret)).day == day;
}

static bool take_clock(struct span *s, int64_t *ret_second, int64_t *ret_fraction)
{
	int h, m, sec = 0;

	*ret_fraction = 0;
	if (!take_digits(s, 2, &h) || !take(s, ':') || !take_digits(s, 2, &m))
		return false;
	if (take(s, ':') &&
		(!take_digits(s, 2, &sec) || (take(s, '.') && !take_fraction(s, ret_fraction))))
		return false;
	*ret_second = h * INT64_C(3600) + m * INT64_C(60) + sec;
	return h < 24 && m < 60 && sec <= 60; /* 60: a leap second, read as the next one */
}

static bool parse_absolute(struct span s, int64_t *ret)
{
	int64_t second = 0, fraction = 0, zone = 0, at;
	struct date d;

	if (!take_date(&s, &d))
		return false;
	if (s.n && (!(take(&s, 'T') || take(&s, 't') || take(&s, ' ')) ||
			   !take_clock(&s, &second, &fraction) || !take_zone(&s, &zone)))
		return false;
	second += day_of_date(d) * 86400 - zone;
	if (s.n || __builtin_mul_overflow(second, TIME_SECOND, &at) ||
		__builtin_add_overflow(at, fraction, &at))
		return false;
	*ret = at;
	return true;
}

static bool parse_before(struct span s, int64_t now, int64_t *ret)
{
	static const struct {
		char letter;
		int64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };
	int64_t n = 0, ns, at;

	if (!take(&s, '-') || s.n < 2)
		return false;
	for (; s.n > 1; s = span_from_offset(s, 1)) {
		if (s.p[0] < '0' || s.p[0] > '9' || __builtin_mul_overflow(n, 10, &n) ||
			__builtin_add_overflow(n, s.p[0] - '0', &n))
			return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (units[i].letter != s.p[0])
			continue;
		if (__builtin_mul_overflow(n, units[i].seconds * TIME_SECOND, &ns) ||
			__builtin_sub_overflow(now, ns, &at))
			return false;
		*ret = at;
		return true;
	}
	return false;
}

/* "23:48": the last time it was that late. */
static bool parse_clock(struct span s, int64_t now, int64_t *ret)
{
	int64_t second, fraction, at;

	if (!take_clock(&s, &second, &fraction) || s.n)
		return false;
	at = floor_day(now) * DAY + second * TIME_SECOND + fraction;
	*ret = at > now ? at - DAY : at;
	return true;
}

int time_parse(struct span text, int64_t now, int64_t *ret, struct err *e)
{
	static const struct {
		const char *name;
		int64_t days_back;
	} words[] = { { "today", 0 }, { "yesterday", 1 } };

	if (span_is(text, "now")) {
		*ret = now;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!span_is(text, words[i].name))
			continue;
		*ret = (floor_day(now) - words[i].days_back) * DAY;
		return 0;
	}
	if (parse_before(text, now, ret) || parse_clock(text, now, ret) ||
		parse_absolute(text, ret))
		return 0;
	return err_set(e, ERR_USAGE,
		"not a time: expected RFC 3339 such as 2026-11-23T01:02:03Z, a date, 23:48, -2h, "
		"today or yesterday");
}
