/* Kinds of which nothing is planted: can they be read, and what are they heard of by? */
#include <string.h>
#include <unistd.h>

#include "agent/doctor/canary.h"
#include "core/time.h"
#include "entity/file.h"
#include "host/libsystemd.h"

#define READING "Reading"

static const struct {
	enum watch_means means;
	const char *text;
	const char *socket; /* where this is not, there is nobody to hear */
} words[] = {
	{ WATCH_FILE, "files", NULL },
	{ WATCH_EXEC, "programs started", NULL },
	{ WATCH_EXIT, "programs ended", NULL },
	{ WATCH_SOCKET, "sockets", NULL },
	{ WATCH_SYSTEMD, "systemd", SYSTEMD_SOCKET },
	{ WATCH_BUS, "the system bus", SYSTEM_BUS_SOCKET },
	{ WATCH_MOUNT, "the mount table", NULL },
	{ WATCH_UEVENT, "uevents", NULL },
	{ WATCH_NFTABLES, "nftables", NULL },
	{ WATCH_REGISTRY, "the registry", NULL },
	{ WATCH_SCM, "the service control manager", NULL },
	{ WATCH_SCHEDULE, "its rules' schedules", NULL },
};

/* Does any room of this kind have it? seconds: of the slowest poll; may be NULL. */
static bool has_means(const struct kind *k, enum watch_means means, unsigned *seconds)
{
	bool found = false;

	for (size_t i = 0; sensors[i]; i++) {
		const struct watch_source *w = sensors[i]->watches;

		if (sensors[i]->kind != k)
			continue;
		for (; w && w->means != WATCH_END; w++) {
			if (w->means != means)
				continue;
			found = true;
			if (seconds && w->seconds > *seconds)
				*seconds = w->seconds;
		}
	}
	return found;
}

/* "files, systemd, a look every 10 s" */
static void heard_by(const struct kind *k, struct buf *ret)
{
	unsigned seconds = 0;

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (has_means(k, words[i].means, NULL) &&
			(!words[i].socket || access(words[i].socket, F_OK) == 0))
			buf_addf(ret, "%s%s", ret->n ? ", " : "", words[i].text);
	if (has_means(k, WATCH_POLL, &seconds))
		buf_addf(ret, "%sa look every %u s", ret->n ? ", " : "", seconds);
	if (!ret->n)
		buf_add_text(ret, "scans only");
}

static bool has_room(const struct kind *k)
{
	for (size_t i = 0; sensors[i]; i++)
		if (sensors[i]->kind == k)
			return !k->hierarchical;
	return false;
}

struct gaps {
	struct doctor *d;
	const char *of[KIND_IDS];
};

static int keep_gap(void *ctx, const struct ledger_record *r, struct err *e)
{
	struct gaps *g = ctx;

	(void)e;
	if (r->type == RECORD_GAP && r->gap.kind)
		g->of[r->gap.kind->id] = arena_format(g->d->arena, "%.*s: %.*s", (int)r->gap.key.n,
			r->gap.key.p, (int)r->gap.text.n, r->gap.text.p);
	return 0;
}

static int read_all(struct planting *p, struct gaps *g, struct check_summary *sum, struct err *e)
{
	AUTO(buf) text = BUF_INIT(65536);
	AUTO(problems) problems = { 0 };
	AUTO_FREE(policy) policy = NULL;
	AUTO_FREE(store) store = NULL;
	struct scan_options o = { 0 };
	struct check_listener l = { .ctx = g, .record = keep_gap, .by = span_of("invar doctor") };

	buf_add_text(&text, "version: 1\nrules:\n");
	for (size_t i = 0; kinds[i]; i++)
		if (has_room(kinds[i]))
			buf_addf(&text,
				"  - { id: k%zu, kind: %s, include: [\"*\"], fields: [existence] "
				"}\n",
				i, kinds[i]->name);
	if (policy_load_text(&policy, "doctor", buf_span(&text), false, &problems, e) < 0)
		return e->code;
	if (store_open(&store, arena_format(p->d->arena, "%s/read", p->dir), STORE_CREATE, e) < 0)
		return e->code;
	return pipeline_init(store, policy, &o, false, &l, sum, e);
}

void doctor_read_others(struct planting *p)
{
	struct doctor *d = p->d;
	struct gaps gaps = { .d = d };
	struct check_summary sum = { 0 };
	struct err e = { 0 };

	if (!d->root)
		return;
	if (read_all(p, &gaps, &sum, &e) < 0) {
		doctor_say(d, READING, "kinds", DOCTOR_FAIL, "run invar check", "%s", e.text);
		return;
	}
	for (size_t i = 0; kinds[i]; i++) {
		const struct kind *k = kinds[i];
		AUTO(buf) by = BUF_INIT(1024);
		struct doctor_finding *f;

		if (!has_room(k))
			continue;
		heard_by(k, &by);
		f = doctor_say(d, READING, k->name, gaps.of[k->id] ? DOCTOR_WARN : DOCTOR_OK, NULL,
			"%llu read%s%s; heard of by %s", (unsigned long long)sum.entities[k->id],
			gaps.of[k->id] ? ", not all: " : "", gaps.of[k->id] ? gaps.of[k->id] : "",
			buf_text(&by));
		f->kind = k;
	}
}
