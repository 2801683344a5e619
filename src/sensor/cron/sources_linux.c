/* Where jobs stand: crontabs, folders of scripts, at jobs, timers. */
#include <dirent.h>

#include "core/attr.h"
#include "core/time.h"
#include "entity/cron.h"
#include "host/units.h"
#include "sensor/cron/cron_room.h"

#define TAB_MAX ((size_t)4 << 20)
#define AT_MAX ((size_t)4 << 20)
#define ENTRIES_MAX ((size_t)100000)
#define VARIABLES_MAX 256

/* ---- crontabs ---- */

static struct span path_of(const struct span *variables, size_t n)
{
	struct span path = SPAN_NONE;

	for (size_t i = 0; i < n; i++)
		if (span_starts(variables[i], span_of("PATH=")))
			path = span_from_offset(variables[i], 5);
	return path;
}

/* Set again, the later value holds for the lines below. */
static void set_variable(struct cron_jobs *x, const struct cron_line *l, struct span *list,
	size_t *n)
{
	struct span text =
		span_of(arena_format(x->arena, "%.*s=%.*s", SPAN_ARG(l->name), SPAN_ARG(l->value)));
	size_t i = 0;

	while (i < *n && !(span_starts(list[i], l->name) && list[i].p[l->name.n] == '='))
		i++;
	if (i < VARIABLES_MAX)
		list[i] = text;
	if (i == *n && *n < VARIABLES_MAX)
		(*n)++;
}

static void add_job(struct cron_jobs *x, unsigned type, struct span source, struct span user,
	const struct cron_line *l, const struct span *variables, size_t n)
{
	struct record *r = cron_job(x, type, source, user, l->command);

	record_set_bytes(r, CRON_SCHEDULE, l->schedule);
	record_set_number(r, CRON_LINE, l->line);
	if (l->input.n)
		record_set_bytes(r, CRON_INPUT, l->input);
	cron_set_environment(x, r, variables, n);
	cron_set_command(x, r, l->command, path_of(variables, n));
}

/* user: whose table it is; empty: the lines say. */
static void read_tab(struct cron_jobs *x, const char *path, enum cron_format format, unsigned type,
	struct span user)
{
	struct span source = span_of(path), variables[VARIABLES_MAX];
	struct crontab tab = { .format = format, .arena = x->arena };
	struct cron_line l, bad = { 0 };
	size_t n = 0, n_bad = 0;
	struct err why;

	if (host_read(x->h, path, TAB_MAX, x->arena, &tab.rest, &why) < 0) {
		if (why.code != ERR_MISSING)
			cron_gap(x, source, &why);
		return;
	}
	while (crontab_next(&tab, &l)) {
		if (l.type == CRON_LINE_VARIABLE)
			set_variable(x, &l, variables, &n);
		else if (l.type == CRON_LINE_JOB)
			add_job(x, type, source, user.n ? user : l.user, &l, variables, n);
		else if (n_bad++ == 0)
			bad = l;
	}
	if (!n_bad)
		return;
	(void)!err_set(&why, ERR_FORMAT, "'%s' line %u is no job (%zu such lines in all)", path,
		bad.line, n_bad);
	cron_gap(x, source, &why);
}

static bool list(struct cron_jobs *x, const char *folder, struct host_entry **ret, size_t *ret_n)
{
	struct err why;

	if (host_list(x->h, folder, ENTRIES_MAX, x->arena, ret, ret_n, &why) == 0)
		return true;
	if (why.code != ERR_MISSING)
		cron_gap(x, span_of(arena_format(x->arena, "/%s/", folder)), &why);
	return false;
}

/* As cron and run-parts of Debian take them; those of others take more, but nothing that ends like
 * what an editor or a package manager leaves behind. */
static bool name_counts(const struct cron_jobs *x, struct span name)
{
	static const char *const left[] = { "~", ".rpmsave", ".rpmnew", ".rpmorig", ".swp", ",v",
		".cfsaved" };
	struct stat st;
	struct err why;

	if (host_stat(x->h, "etc/debian_version", false, &st, &why) == 0) {
		for (size_t i = 0; i < name.n; i++) {
			char c = name.p[i];

			if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9') &&
				c != '_' && c != '-')
				return false;
		}
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(left); i++) {
		size_t n = strlen(left[i]);

		if (name.n >= n && memcmp(name.p + name.n - n, left[i], n) == 0)
			return false;
	}
	return name.p[0] != '.' && name.p[0] != '#';
}

static void user_tabs(struct cron_jobs *x, const char *folder)
{
	struct host_entry *entry;
	size_t n;

	if (!list(x, folder, &entry, &n))
		return;
	for (size_t i = 0; i < n; i++)
		if (entry[i].type != DT_DIR && entry[i].name.p[0] != '.' &&
			!span_starts(entry[i].name, span_of("tmp.")))
			read_tab(x,
				arena_format(x->arena, "/%s/%.*s", folder, SPAN_ARG(entry[i].name)),
				CRON_FORMAT_USER, CRON_USER_TAB, entry[i].name);
}

void cron_tabs(struct cron_jobs *x)
{
	struct host_entry *entry;
	size_t n;

	read_tab(x, "/etc/crontab", CRON_FORMAT_SYSTEM, CRON_CRONTAB, SPAN_NONE);
	if (list(x, "etc/cron.d", &entry, &n))
		for (size_t i = 0; i < n; i++)
			if (entry[i].type != DT_DIR && name_counts(x, entry[i].name))
				read_tab(x,
					arena_format(x->arena, "/etc/cron.d/%.*s",
						SPAN_ARG(entry[i].name)),
					CRON_FORMAT_SYSTEM, CRON_CRONTAB, SPAN_NONE);
	read_tab(x, "/etc/anacrontab", CRON_FORMAT_ANACRON, CRON_ANACRON, SPAN_NONE);
	user_tabs(x, "var/spool/cron/crontabs");
	user_tabs(x, "var/spool/cron/tabs"); /* SUSE */
	user_tabs(x, "var/spool/cron");      /* Red Hat */
	user_tabs(x, "etc/crontabs");        /* Alpine */
}

/* ---- folders of scripts ---- */

static void add_part(struct cron_jobs *x, const char *folder, const char *when, struct span name)
{
	const char *path = arena_format(x->arena, "/%s/%.*s", folder, SPAN_ARG(name));
	struct record *r;
	struct stat st;
	struct err why;

	if (!name_counts(x, name) || host_stat(x->h, path, false, &st, &why) < 0 ||
		!S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		return;
	r = cron_job(x, CRON_PART, span_of(path), span_of("root"), SPAN_NONE);
	record_set_bytes(r, CRON_SCHEDULE, span_of(when));
	cron_set_command(x, r, span_of(path), SPAN_NONE);
}

void cron_parts(struct cron_jobs *x)
{
	static const char *const when[] = { "15min", "hourly", "daily", "weekly", "monthly",
		"yearly" };
	static const char *const base[] = { "etc/cron.%s", "etc/periodic/%s" };

	for (size_t i = 0; i < ARRAY_LEN(when) * ARRAY_LEN(base); i++) {
		const char *w = when[i / ARRAY_LEN(base)];
		const char *folder = i % ARRAY_LEN(base)
					     ? arena_format(x->arena, "etc/periodic/%s", w)
					     : arena_format(x->arena, "etc/cron.%s", w);
		struct host_entry *entry;
		size_t n;

		if (!list(x, folder, &entry, &n))
			continue;
		for (size_t j = 0; j < n; j++)
			if (entry[j].type != DT_DIR)
				add_part(x, folder, w, entry[j].name);
	}
}

/* ---- at ---- */

static struct span user_of(struct cron_jobs *x, const struct at_job *j)
{
	struct span text, line, name, field;
	struct err why;

	if (host_read(x->h, "etc/passwd", (size_t)32 << 20, x->arena, &text, &why) < 0)
		text = SPAN_NONE;
	while (span_cut(&text, '\n', &line)) {
		unsigned uid = 0;

		if (!span_cut(&line, ':', &name) || !span_cut(&line, ':', &field) ||
			!span_cut(&line, ':', &field) || field.n == 0 || field.n > 10)
			continue;
		for (size_t i = 0; i < field.n; i++)
			uid = uid * 10 + (unsigned)(field.p[i] - '0');
		if (uid == j->uid)
			return name;
	}
	return span_of(arena_format(x->arena, "%u", j->uid));
}

static void add_at(struct cron_jobs *x, const char *path, struct span name)
{
	struct span text, variables[VARIABLES_MAX], source = span_of(path);
	struct at_job j;
	struct record *r;
	char when[TIME_TEXT];
	struct err why;
	size_t n = 0;

	if (!at_job_name(name, &j))
		return;
	if (host_read(x->h, path, AT_MAX, x->arena, &text, &why) < 0) {
		if (why.code != ERR_MISSING) /* it ran meanwhile */
			cron_gap(x, source, &why);
		return;
	}
	if (!at_job_parse(text, &j)) {
		(void)!err_set(&why, ERR_FORMAT, "'%s' line 1 does not begin as an at job does",
			path);
		cron_gap(x, source, &why);
		return;
	}
	while (n < VARIABLES_MAX && at_job_variable(&j.head, x->arena, &variables[n]))
		n++;
	r = cron_job(x, CRON_AT, source, user_of(x, &j), SPAN_NONE);
	time_format_short(j.time, when);
	record_set_bytes(r, CRON_SCHEDULE,
		span_of(arena_format(x->arena, "%s UTC, queue %c", when, j.queue)));
	cron_set_environment(x, r, variables, n);
	cron_set_command(x, r, j.command, path_of(variables, n));
}

void cron_at(struct cron_jobs *x)
{
	static const char *const folders[] = { "var/spool/cron/atjobs", "var/spool/at",
		"var/spool/atjobs" };
	struct host_entry *entry;
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		if (!list(x, folders[i], &entry, &n))
			continue;
		for (size_t j = 0; j < n; j++)
			add_at(x,
				arena_format(x->arena, "/%s/%.*s", folders[i],
					SPAN_ARG(entry[j].name)),
				entry[j].name);
	}
}
