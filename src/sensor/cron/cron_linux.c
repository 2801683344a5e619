#include "entity/cron.h"

#include <stdlib.h>

#include "core/attr.h"
#include "core/sha256.h"
#include "sensor/cron/cron_room.h"

#define JOBS_MAX ((size_t)100000)
#define COMMAND_IN_KEY 160 /* longer ones are cut, and told apart by a digest */

static struct span short_of(struct arena *a, struct span what)
{
	uint8_t sum[SHA256_SIZE];

	if (what.n <= COMMAND_IN_KEY)
		return what;
	sha256_once(what.p, what.n, sum);
	return span_of(arena_format(a, "%.*s... %02x%02x%02x%02x%02x%02x", COMMAND_IN_KEY - 20,
		what.p, sum[0], sum[1], sum[2], sum[3], sum[4], sum[5]));
}

struct record *cron_job(struct cron_jobs *x, unsigned type, struct span source, struct span user,
	struct span what)
{
	struct record *r = record_new(x->arena, &kind_cron);
	struct span text = short_of(x->arena, what);

	if (!what.n)
		r->key = source;
	else if (type == CRON_USER_TAB) /* its name says whose it is */
		r->key = span_of(
			arena_format(x->arena, "%.*s:%.*s", SPAN_ARG(source), SPAN_ARG(text)));
	else
		r->key = span_of(arena_format(x->arena, "%.*s:%.*s:%.*s", SPAN_ARG(source),
			SPAN_ARG(user), SPAN_ARG(text)));
	record_set_number(r, CRON_TYPE, type);
	record_set_bytes(r, CRON_SOURCE, source);
	if (user.n)
		record_set_bytes(r, CRON_USER, user);
	buf_add(&x->list, &r, sizeof(void *));
	return r;
}

/* source: with its key everything in that file is covered. */
void cron_gap(struct cron_jobs *x, struct span source, const struct err *why)
{
	scan_gap_err(x->s, &kind_cron, source, true, why);
}

/* Stable for equal keys: they stay in the order they were found in. */
struct found {
	struct record *r;
	size_t at;
};

static int compare(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	int r = span_compare(x->r->key, y->r->key);

	return r ? r : (x->at > y->at) - (x->at < y->at);
}

/* The same line twice is two jobs: the second is called "… #2". */
static void emit_all(struct cron_jobs *x)
{
	struct record *const *list = (const void *)x->list.p;
	size_t n = x->list.n / sizeof(void *), same = 1;
	struct found *found = arena_get(x->arena, (n + 1) * sizeof *found);
	struct span last = SPAN_NONE;

	for (size_t i = 0; i < n; i++)
		found[i] = (struct found){ list[i], i };
	if (n)
		qsort(found, n, sizeof *found, compare);
	for (size_t i = 0; i < n; i++) {
		struct record *r = found[i].r;

		same = i && span_same(r->key, last) ? same + 1 : 1;
		last = r->key;
		if (same > 1)
			r->key = span_of(
				arena_format(x->arena, "%.*s #%zu", SPAN_ARG(r->key), same));
		scan_emit(x->s, r);
	}
}

static int scan(struct scan *s, struct err *e)
{
	struct cron_jobs x = { .s = s,
		.h = scan_host(s),
		.arena = scan_arena(s),
		.list = BUF_INIT(JOBS_MAX * sizeof(void *)) };
	int rc;

	cron_tabs(&x);
	cron_parts(&x);
	cron_at(&x);
	rc = cron_timers(&x, e);
	if (rc == 0 && x.list.full)
		rc = err_set(e, ERR_LIMIT, "there are more than %zu jobs", JOBS_MAX);
	if (rc == 0)
		emit_all(&x);
	buf_done(&x.list);
	return rc;
}

static const struct watch_source watches[] = {
	{ WATCH_FILE, "/etc/crontab", 0 },
	{ WATCH_FILE, "/etc/cron.*/*", 0 },
	{ WATCH_FILE, "/etc/anacrontab", 0 },
	{ WATCH_FILE, "/etc/periodic/*/*", 0 },
	{ WATCH_FILE, "/etc/crontabs/*", 0 },
	{ WATCH_FILE, "/var/spool/cron/*", 0 },
	{ WATCH_FILE, "/var/spool/cron/*/*", 0 },
	{ WATCH_FILE, "/var/spool/at/*", 0 },
	{ WATCH_FILE, "/var/spool/atjobs/*", 0 },
	{ WATCH_FILE, "/etc/systemd/system/**", 0 },
	{ WATCH_FILE, "/etc/systemd/user/**", 0 },
	{ WATCH_FILE, "/run/systemd/system/**", 0 },
	{ WATCH_FILE, "/run/systemd/transient/*.timer", 0 },
	{ WATCH_FILE, "/run/systemd/generator/**", 0 },
	{ WATCH_FILE, "/usr/local/lib/systemd/*/**", 0 },
	{ WATCH_FILE, "/usr/lib/systemd/system/**", 0 },
	{ WATCH_FILE, "/usr/lib/systemd/user/**", 0 },
	{ WATCH_FILE, "/lib/systemd/system/**", 0 },
	{ WATCH_FILE, "/home/*/.config/systemd/user/**", 0 },
	{ WATCH_FILE, "/home/*/.local/share/systemd/user/**", 0 },
	{ WATCH_FILE, "/root/.config/systemd/user/**", 0 },
	{ WATCH_POLL, NULL, 300 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_cron = {
	.kind = &kind_cron,
	.source = "cron",
	.scan = scan,
	.watches = watches,
};
