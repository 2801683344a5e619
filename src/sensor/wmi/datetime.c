#include <stdio.h>

#include "sensor/wmi/canonical.h"

#define LENGTH 25
#define DAY_MINUTES 1440

/* All n bytes must be digits. */
static bool number(const char *p, size_t n, int *ret)
{
	int x = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		x = x * 10 + (p[i] - '0');
	}
	*ret = x;
	return true;
}

static bool leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_of(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && leap(year));
}

struct when {
	int year, month, day, minutes; /* minutes of the day; out of it while it is moved */
};

static void earlier(struct when *w)
{
	w->minutes += DAY_MINUTES;
	if (--w->day > 0)
		return;
	if (--w->month == 0) {
		w->month = 12;
		w->year--;
	}
	w->day = days_of(w->year, w->month);
}

static void later(struct when *w)
{
	w->minutes -= DAY_MINUTES;
	if (++w->day <= days_of(w->year, w->month))
		return;
	w->day = 1;
	if (++w->month == 13) {
		w->month = 1;
		w->year++;
	}
}

bool canonical_datetime(struct span text, char ret[26])
{
	int hour, minute, second, micro, offset;
	const char *p = text.p;
	struct when w;

	if (text.n != LENGTH || p[14] != '.' || (p[21] != '+' && p[21] != '-') ||
		!number(p, 4, &w.year) || !number(p + 4, 2, &w.month) ||
		!number(p + 6, 2, &w.day) || !number(p + 8, 2, &hour) ||
		!number(p + 10, 2, &minute) || !number(p + 12, 2, &second) ||
		!number(p + 15, 6, &micro) || !number(p + 22, 3, &offset))
		return false;
	if (w.year < 1 || w.month < 1 || w.month > 12 || w.day < 1 ||
		w.day > days_of(w.year, w.month) || hour > 23 || minute > 59 || second > 59)
		return false;
	w.minutes = hour * 60 + minute + (p[21] == '+' ? -offset : offset);
	while (w.minutes < 0)
		earlier(&w);
	while (w.minutes >= DAY_MINUTES)
		later(&w);
	if (w.year < 1 || w.year > 9999)
		return false;
	snprintf(ret, LENGTH + 1, "%04u%02u%02u%02u%02u%02u.%06u+000", (unsigned)w.year % 10000u,
		(unsigned)w.month % 100u, (unsigned)w.day % 100u, (unsigned)w.minutes / 60u % 100u,
		(unsigned)w.minutes % 60u, (unsigned)second % 100u, (unsigned)micro % 1000000u);
	return true;
}
