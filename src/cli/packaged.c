#include "cli/packaged.h"

#include "change/packaged.h"
#include "cli/exit.h"
#include "cli/observe.h"

static int is_empty(const struct findings *f, const struct check_summary *sum)
{
	return f->counts.changes == 0 && sum->gaps == 0;
}

static void add_number(struct buf *ret, uint64_t n, const char *one, const char *many)
{
	if (n == 0)
		buf_add_text(ret, "none");
	else
		text_count(ret, n);
	buf_addf(ret, " %s", n <= 1 ? one : many);
}

static void print(struct session *s, struct findings *f, const struct check_summary *sum)
{
	uint64_t files = sum->entities[kind_find(span_of("file"))->id];
	uint64_t delivered = sum->entities[kind_find(span_of("package"))->id];

	report_print(f->report, &s->out);
	buf_add_text(&s->out, is_empty(f, sum) ? "All as delivered: " : "Compared ");
	text_plural(&s->out, files, "file");
	buf_add_text(&s->out, is_empty(f, sum) ? ", compared with " : " with ");
	text_count(&s->out, delivered);
	buf_add_text(&s->out, " that packages delivered, ");
	summary_speed(&s->out, sum);
	buf_add_text(&s->out, ".\n");
	if (f->counts.changes) {
		add_number(&s->out, sum->changes[CHANGE_UPDATED], "differs", "differ");
		buf_add_text(&s->out, ", ");
		add_number(&s->out, sum->changes[CHANGE_DELETED], "is missing", "are missing");
		buf_add_text(&s->out, ", ");
		add_number(&s->out, sum->changes[CHANGE_CREATED], "belongs to no package",
			"belong to no package");
		buf_add_text(&s->out, ".\n");
	}
	if (sum->gaps) {
		text_plural(&s->out, sum->gaps, "gap");
		buf_add_text(&s->out, ": what could not be seen is not reported.\n");
	}
}

int packaged_run(struct session *s, const struct scan_options *scan, int fail_on, bool exit_zero,
	struct err *e)
{
	AUTO(observing) observing = { .record = findings_add };
	AUTO(findings) found;
	struct check_listener listener;
	struct policy *policy = NULL;
	struct check_summary sum;
	int rc;

	if (packaged_policy(&policy, scan, e) < 0)
		return e->code;
	policy_free(s->policy);
	s->policy = policy; /* the report takes titles from it */
	findings_init(&found, s, fail_on);
	observing.ctx = &found;
	listener = observing_listener(&observing, s);
	rc = packaged_check(s->store, policy, scan, &listener, &sum, e);
	if (rc < 0)
		return rc;
	if (!s->json)
		print(s, &found, &sum);
	return exit_zero ? 0 : found.status | (sum.gaps ? EXIT_GAP : 0);
}
