#include "agent/command/status_agent.h"

#include <stdlib.h>

#include "core/escape.h"
#include "core/time.h"
#include "entity/key_typed.h"

#define LINES_MAX 12 /* of one sort; more with --full */

static void label(struct session *s, const char *name)
{
	AUTO(buf) padded = BUF_INIT(64);

	buf_addf(&padded, "%-11s", name);
	text_tone(&s->out, &s->style, TONE_FAINT, buf_text(&padded));
}

/* Behind the first line of a sort. */
static void more(struct session *s)
{
	label(s, "");
}

static void alarm(struct session *s, const char *text)
{
	AUTO(buf) shown = BUF_INIT(65536);

	escape_value(&shown, span_of(text));
	text_tone(&s->out, &s->style, TONE_ALARM, buf_text(&shown));
}

static void add_time(struct session *s, const char *text)
{
	int64_t ns;
	struct err e;

	if (*text && time_parse(span_of(text), s->style.now, &ns, &e) == 0)
		text_time(&s->out, ns, &s->style);
}

static void add_end(struct session *s)
{
	buf_add_char(&s->out, '\n');
}

/* ---- the processes ---- */

static void add_roles(struct session *s, const struct told *t)
{
	const struct told *roles = told_in(t, "roles"), *r;

	label(s, "agent");
	buf_addf(&s->out, "%s since ", told_text(t, "version"));
	add_time(s, told_text(t, "since"));
	for (size_t i = 0; (r = told_at(roles, i)); i++) {
		buf_addf(&s->out, "%s ", i ? "," : ":");
		escape_text(&s->out, span_of(told_text(r, "role")));
		if (told_number(r, "pid"))
			buf_addf(&s->out, " %llu", (unsigned long long)told_number(r, "pid"));
		else
			alarm(s, " is not running");
		if (told_number(r, "starts") > 1)
			buf_addf(&s->out, " (started %llu times)",
				(unsigned long long)told_number(r, "starts"));
	}
	add_end(s);
	for (size_t i = 0; (r = told_at(roles, i)); i++) {
		if (!*told_text(r, "not_confined"))
			continue;
		more(s);
		escape_text(&s->out, span_of(told_text(r, "role")));
		buf_add_text(&s->out, " is not confined as it should be: ");
		alarm(s, told_text(r, "not_confined"));
		add_end(s);
	}
}

static void add_trouble(struct session *s, const struct told *t)
{
	if (!*told_text(t, "trouble"))
		return;
	label(s, "recording");
	alarm(s, "what changed cannot be recorded: ");
	alarm(s, told_text(t, "trouble"));
	buf_add_text(&s->out, "; ");
	text_plural(&s->out, told_number(t, "queue"), "look");
	buf_add_text(&s->out, " wait, and are tried again\n");
}

static void add_metrics(struct session *s, const struct told *t)
{
	if (!*told_text(t, "metrics_trouble"))
		return;
	label(s, "metrics");
	alarm(s, told_text(t, "metrics_trouble"));
	add_end(s);
}

/* ---- the means ---- */

static bool same(const struct told *a, const struct told *b)
{
	return strcmp(told_text(a, "kind"), told_text(b, "kind")) == 0 &&
	       strcmp(told_text(a, "means"), told_text(b, "means")) == 0 &&
	       told_bool(a, "in_force") == told_bool(b, "in_force");
}

static bool is_first(const struct told *means, size_t at)
{
	const struct told *m = told_at(means, at);

	for (size_t i = 0; i < at; i++)
		if (same(told_at(means, i), m))
			return false;
	return true;
}

/* One means of one kind, at all the places it is used at. */
static void add_row(struct session *s, const struct told *means, size_t at)
{
	const struct told *m = told_at(means, at), *other;
	size_t places = 0;

	escape_text(&s->out, span_of(told_text(m, "kind")));
	buf_add_text(&s->out, " by ");
	escape_text(&s->out, span_of(told_text(m, "means")));
	for (size_t i = at; (other = told_at(means, i)); i++) {
		if (!same(m, other) || !*told_text(other, "scope"))
			continue;
		if (places++ >= 4 && !s->full)
			continue;
		buf_add_text(&s->out, places == 1 ? " at " : ", ");
		key_show(NULL, span_of(told_text(other, "scope")), &s->out);
	}
	if (places > 4 && !s->full)
		buf_addf(&s->out, " and %zu more", places - 4);
	if (!told_bool(m, "in_force"))
		alarm(s, ": not in force");
	if (*told_text(m, "text")) {
		buf_add_text(&s->out, " (");
		escape_value(&s->out, span_of(told_text(m, "text")));
		buf_add_char(&s->out, ')');
	}
	add_end(s);
}

static void add_means(struct session *s, const struct told *t)
{
	const struct told *means = told_in(t, "means");
	bool first = true;

	if (!told_bool(t, "watching")) {
		label(s, "watching");
		alarm(s, "no: changes are found by scans only");
		add_end(s);
		first = false;
	}
	for (size_t i = 0; told_at(means, i); i++) {
		if (!is_first(means, i))
			continue;
		label(s, first ? "watching" : "");
		first = false;
		add_row(s, means, i);
	}
	if (s->style.who_never) {
		more(s);
		buf_add_text(&s->out,
			"who made a change is never known here: nothing that tells of changes says "
			"it\n");
	}
}

/* ---- what waits, what was ---- */

static void add_queue(struct session *s, const struct told *t)
{
	label(s, "queue");
	text_plural(&s->out, told_number(t, "queue"), "look");
	buf_addf(&s->out, " wait, the oldest for %llu ms; ",
		(unsigned long long)told_number(t, "lag_ms"));
	text_plural(&s->out, told_number(t, "scans_waiting"), "scan");
	if (told_number(t, "held")) {
		buf_add_text(&s->out, "; ");
		text_plural(&s->out, told_number(t, "held"), "look");
		buf_addf(&s->out, " held until process %llu, a package manager, is done",
			(unsigned long long)told_number(t, "held_for"));
	}
	add_end(s);
}

static void add_scans(struct session *s, const struct told *t)
{
	const struct told *scans = told_in(t, "scans"), *x, *now = told_in(t, "scanning");
	static const char *const next[][2] = { { "next_quick", "next quick" },
		{ "next_full", "next full" } };

	for (size_t i = 0; (x = told_at(scans, i)); i++) {
		label(s, i ? "" : "scans");
		buf_addf(&s->out, "%s ", told_text(x, "name"));
		add_time(s, told_text(x, "to"));
		buf_add_text(&s->out, ": ");
		text_plural(&s->out, told_number(x, "entities"), "entity");
		buf_add_text(&s->out, ", ");
		text_plural(&s->out, told_number(x, "changes"), "change");
		buf_add_text(&s->out, ", ");
		text_plural(&s->out, told_number(x, "gaps"), "gap");
		add_end(s);
	}
	if (now) {
		more(s);
		buf_addf(&s->out, "%s, under way: ", told_text(now, "name"));
		text_plural(&s->out, told_number(now, "entities"), "entity");
		add_end(s);
	}
	for (size_t i = 0; i < ARRAY_LEN(next); i++) {
		if (!*told_text(t, next[i][0]))
			continue;
		more(s);
		buf_addf(&s->out, "%s ", next[i][1]);
		add_time(s, told_text(t, next[i][0]));
		add_end(s);
	}
}

static void add_losses(struct session *s, const struct told *t)
{
	uint64_t losses = told_number(t, "losses");

	label(s, "losses");
	text_count(&s->out, losses);
	buf_add_text(&s->out, " since it runs, repaired: ");
	text_count(&s->out, told_number(t, "repairs"));
	add_end(s);
}

static void add_latency(struct session *s, const struct told *t)
{
	const struct told *list = told_in(t, "latency"), *x;

	for (size_t i = 0; (x = told_at(list, i)); i++) {
		label(s, i ? "" : "latency");
		buf_addf(&s->out, "%s: half within %llu ms, 99 %% within %llu ms, of ",
			told_text(x, "kind"), (unsigned long long)told_number(x, "p50_ms"),
			(unsigned long long)told_number(x, "p99_ms"));
		text_count(&s->out, told_number(x, "seen"));
		add_end(s);
	}
}

/* Only what is wrong, and how many are well. */
static void add_canaries(struct session *s, const struct told *t)
{
	const struct told *list = told_in(t, "canaries"), *x;
	uint64_t well = 0, silent = 0, shown = 0;

	for (size_t i = 0; (x = told_at(list, i)); i++) {
		well += !told_bool(x, "fault") && told_number(x, "seen") > 0;
		silent += told_bool(x, "fault");
	}
	if (!told_at(list, 0))
		return;
	label(s, "canaries");
	text_plural(&s->out, well, "place");
	buf_add_text(&s->out, " heard");
	if (silent) {
		buf_add_text(&s->out, ", ");
		text_count(&s->out, silent);
		alarm(s, " silent");
	}
	add_end(s);
	for (size_t i = 0; (x = told_at(list, i)); i++) {
		if (!told_bool(x, "fault") || (shown++ >= LINES_MAX && !s->full))
			continue;
		more(s);
		escape_text(&s->out, span_of(told_text(x, "kind")));
		buf_add_char(&s->out, ' ');
		key_show(NULL, span_of(told_text(x, "scope")), &s->out);
		alarm(s, " is silent: ");
		alarm(s, told_text(x, "text"));
		add_end(s);
	}
}

static void add_routes(struct session *s, const struct told *t)
{
	const struct told *list = told_in(t, "routes"), *x;

	for (size_t i = 0; (x = told_at(list, i)); i++) {
		const char *error = told_text(x, "error");

		label(s, i ? "" : "routes");
		escape_text(&s->out, span_of(told_text(x, "name")));
		buf_add_text(&s->out, ": ");
		text_plural(&s->out, told_number(x, "lag"), "record");
		buf_add_text(&s->out, " behind");
		if (told_number(x, "lost")) {
			buf_addf(&s->out, ", ");
			alarm(s, "lost ");
			text_count(&s->out, told_number(x, "lost"));
		}
		if (*error) {
			buf_add_text(&s->out, ", ");
			alarm(s, error);
		}
		add_end(s);
	}
}

void status_agent_text(struct session *s, const struct told *t)
{
	add_roles(s, t);
	add_trouble(s, t);
	add_metrics(s, t);
	add_losses(s, t);
	add_canaries(s, t);
	add_routes(s, t);
	add_queue(s, t);
	add_scans(s, t);
	add_latency(s, t);
	add_means(s, t);
}
