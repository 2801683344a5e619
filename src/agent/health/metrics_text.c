/* The text format of Prometheus, version 0.0.4. */
#include <inttypes.h>
#include <stddef.h>

#include "agent/health/metrics_data.h"
#include "core/escape.h"

const double metrics_buckets[METRICS_BUCKETS] = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3,
	5, 10, 30, 60 };

static const struct {
	const char *name, *help;
} gauges[] = {
	[METRICS_QUEUE_HINTS] = { "invar_queue_hints", "Looks that wait to be taken." },
	[METRICS_QUEUE_WRITES] = { "invar_queue_link_bytes", "Bytes that wait for the link." },
	[METRICS_LEDGER_SEQ] = { "invar_ledger_seq", "Number of the ledger's last record." },
	[METRICS_ENTITIES] = { "invar_entities", "Entities in the current state." },
	[METRICS_STORE_BYTES] = { "invar_store_bytes", "Size of the state on disk." },
	[METRICS_CANARY_FAULTS] = { "invar_canary_faults",
		"Places that did not hear their last canary and should have." },
};
_Static_assert(ARRAY_LEN(gauges) == METRICS_GAUGE_N, "every gauge needs a name");

static void head(struct buf *ret, const char *name, const char *type, const char *help)
{
	buf_addf(ret, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A label's value: printable, and with what the format itself needs escaped. */
static void label(struct buf *ret, const char *name, const char *value)
{
	AUTO(buf) shown = BUF_INIT(8192);
	struct span s;

	if (escape_needed(span_of(value)))
		escape_text(&shown, span_of(value));
	else
		buf_add_text(&shown, value);
	s = buf_span(&shown);
	buf_addf(ret, "%s=\"", name);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' || s.p[i] == '"')
			buf_add_char(ret, '\\');
		buf_add_char(ret, s.p[i]);
	}
	buf_add_char(ret, '"');
}

static void sample(struct buf *ret, const char *name, const char *key, const char *value, double n)
{
	buf_add_text(ret, name);
	if (key) {
		buf_add_char(ret, '{');
		label(ret, key, value);
		buf_add_char(ret, '}');
	}
	buf_addf(ret, " %.17g\n", n);
}

static double seconds(int64_t ns)
{
	return (double)ns / 1e9;
}

static void add_changes(const struct metrics_data *d, struct buf *ret)
{
	head(ret, "invar_changes_total", "counter", "Changes recorded since the agent started.");
	for (size_t i = 0; kinds[i]; i++)
		for (size_t s = 0; s < SEVERITY_N; s++)
			for (size_t v = 0; v < VERDICT_N; v++)
				for (size_t o = 0; o < OBSERVED_N; o++) {
					uint64_t n = d->changes[kinds[i]->id][s][v][o];

					if (!n)
						continue;
					buf_addf(ret,
						"invar_changes_total{kind=\"%s\",severity=\"%s\","
						"verdict=\"%s\",observed=\"%s\"} %" PRIu64 "\n",
						kinds[i]->name, severity_names[s], verdict_names[v],
						observed_names[o], n);
				}
	head(ret, "invar_losses_total", "counter", "Times when something was not heard of.");
	sample(ret, "invar_losses_total", NULL, NULL, (double)d->losses);
	head(ret, "invar_lost_events_total", "counter", "What is known to be lost in them.");
	sample(ret, "invar_lost_events_total", NULL, NULL, (double)d->lost);
	head(ret, "invar_repairs_total", "counter", "Losses made good by looking at all again.");
	sample(ret, "invar_repairs_total", NULL, NULL, (double)d->repairs);
	head(ret, "invar_gaps_total", "counter", "Places that could not be looked at.");
	for (size_t i = 0; kinds[i]; i++)
		sample(ret, "invar_gaps_total", "kind", kinds[i]->name,
			(double)d->gaps[kinds[i]->id]);
}

static void add_latency(const struct metrics_data *d, struct buf *ret)
{
	static const char name[] = "invar_detection_latency_seconds";

	head(ret, name, "histogram", "From the act to its record, of changes seen in real time.");
	for (size_t i = 0; kinds[i]; i++) {
		const struct histogram *h = &d->latency[kinds[i]->id];
		uint64_t sum = 0;

		if (!h->n)
			continue;
		for (size_t b = 0; b < METRICS_BUCKETS; b++) {
			sum += h->in[b];
			buf_addf(ret, "%s_bucket{kind=\"%s\",le=\"%g\"} %" PRIu64 "\n", name,
				kinds[i]->name, metrics_buckets[b], sum);
		}
		buf_addf(ret, "%s_bucket{kind=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", name,
			kinds[i]->name, h->n);
		buf_addf(ret, "%s_sum{kind=\"%s\"} %.9f\n%s_count{kind=\"%s\"} %" PRIu64 "\n", name,
			kinds[i]->name, h->sum, name, kinds[i]->name, h->n);
	}
}

/* One family over all scans: what a row says is in `value`. */
static void scan_family(const struct metrics_data *d, struct buf *ret, const char *name,
	const char *type, const char *help, double (*value)(const struct metrics_data *d, size_t i))
{
	head(ret, name, type, help);
	for (size_t i = 0; i < d->n_scans; i++)
		sample(ret, name, "scan", d->scans[i].name, value(d, i));
}

static double scan_runs(const struct metrics_data *d, size_t i)
{
	return (double)d->scans[i].runs;
}

static double scan_seconds(const struct metrics_data *d, size_t i)
{
	return seconds(d->scans[i].last.to - d->scans[i].last.from);
}

static double scan_ended(const struct metrics_data *d, size_t i)
{
	return seconds(d->scans[i].last.to);
}

static double scan_bytes(const struct metrics_data *d, size_t i)
{
	return (double)d->scans[i].bytes;
}

static double scan_entities(const struct metrics_data *d, size_t i)
{
	return (double)d->scans[i].last.entities;
}

static double scan_gaps(const struct metrics_data *d, size_t i)
{
	return (double)d->scans[i].last.gaps;
}

static void add_scans(const struct metrics_data *d, struct buf *ret)
{
	if (!d->n_scans)
		return;
	scan_family(d, ret, "invar_scans_total", "counter", "Scans that were made.", scan_runs);
	scan_family(d, ret, "invar_scan_duration_seconds", "gauge", "Time the last scan took.",
		scan_seconds);
	scan_family(d, ret, "invar_scan_ended_timestamp_seconds", "gauge",
		"When the last scan ended.", scan_ended);
	scan_family(d, ret, "invar_scan_read_bytes_total", "counter", "Bytes read by scans.",
		scan_bytes);
	scan_family(d, ret, "invar_scan_entities", "gauge", "Entities the last scan looked at.",
		scan_entities);
	scan_family(d, ret, "invar_scan_gaps", "gauge", "Places the last scan could not look at.",
		scan_gaps);
}

static void canary_family(const struct metrics_data *d, struct buf *ret, const char *name,
	const char *type, const char *help, double (*value)(const struct canary_row *row))
{
	head(ret, name, type, help);
	for (size_t i = 0; i < d->n_canaries; i++) {
		buf_addf(ret, "%s{kind=\"%s\",", name, d->canaries[i].kind->name);
		label(ret, "scope", d->canaries[i].scope);
		buf_addf(ret, "} %.17g\n", value(&d->canaries[i]));
	}
}

static double canary_latency(const struct canary_row *row)
{
	return row->latency;
}

static double canary_heard(const struct canary_row *row)
{
	return seconds(row->heard);
}

static double canary_seen(const struct canary_row *row)
{
	return (double)row->seen;
}

static double canary_missed(const struct canary_row *row)
{
	return (double)row->missed;
}

static void add_canaries(const struct metrics_data *d, struct buf *ret)
{
	if (!d->n_canaries)
		return;
	canary_family(d, ret, "invar_canary_latency_seconds", "gauge",
		"From the last canary to the watcher's knowing of it.", canary_latency);
	canary_family(d, ret, "invar_canary_heard_timestamp_seconds", "gauge",
		"When a canary was heard last; 0: never.", canary_heard);
	canary_family(d, ret, "invar_canary_heard_total", "counter", "Canaries that were heard.",
		canary_seen);
	canary_family(d, ret, "invar_canary_missed_total", "counter",
		"Canaries that were not heard and should have been.", canary_missed);
}

/* One family over all routes. */
static void route_family(const struct metrics_data *d, struct buf *ret, const char *name,
	const char *type, const char *help, size_t offset)
{
	head(ret, name, type, help);
	for (size_t i = 0; i < d->n_routes; i++) {
		const char *row = (const char *)&d->routes[i];

		sample(ret, name, "route", d->routes[i].name,
			(double)*(const uint64_t *)(const void *)(row + offset));
	}
}

static void add_routes(const struct metrics_data *d, struct buf *ret)
{
	size_t base = offsetof(struct metrics_data, routes);

	if (!d->n_routes)
		return;
	route_family(d, ret, "invar_route_cursor", "gauge", "The last record that was delivered.",
		offsetof(struct metrics_data, routes[0].cursor) - base);
	route_family(d, ret, "invar_route_lag_records", "gauge", "Records that wait.",
		offsetof(struct metrics_data, routes[0].lag) - base);
	route_family(d, ret, "invar_route_lost_records_total", "counter",
		"Records left out for good.", offsetof(struct metrics_data, routes[0].lost) - base);
	route_family(d, ret, "invar_route_failures_total", "counter", "Tries that failed.",
		offsetof(struct metrics_data, routes[0].failures) - base);
}

static void add_standing(const struct metrics_data *d, struct buf *ret)
{
	for (size_t i = 0; i < METRICS_GAUGE_N; i++) {
		if (!(d->gauges_known & 1U << i))
			continue;
		head(ret, gauges[i].name, "gauge", gauges[i].help);
		sample(ret, gauges[i].name, NULL, NULL, (double)d->gauges[i]);
	}
	if (d->n_counts)
		head(ret, "invar_watch_counts_total", "counter",
			"What the watcher counts: events heard, filtered, hints sent and so on.");
	for (size_t i = 0; i < d->n_counts; i++)
		sample(ret, "invar_watch_counts_total", "name", d->counts[i].name,
			(double)d->counts[i].value);
	if (d->n_roles)
		head(ret, "invar_resident_memory_bytes", "gauge", "Memory of each process.");
	for (size_t i = 0; i < d->n_roles; i++)
		sample(ret, "invar_resident_memory_bytes", "role", d->roles[i].name,
			(double)d->roles[i].bytes);
}

void metrics_text(const struct metrics_data *d, struct buf *ret)
{
	head(ret, "invar_build_info", "gauge", "Which program runs; always 1.");
	sample(ret, "invar_build_info", "version", INVAR_VERSION, 1);
	head(ret, "invar_start_timestamp_seconds", "gauge", "When the agent started.");
	sample(ret, "invar_start_timestamp_seconds", NULL, NULL, seconds(d->started));
	add_changes(d, ret);
	add_latency(d, ret);
	add_scans(d, ret);
	add_canaries(d, ret);
	add_routes(d, ret);
	add_standing(d, ret);
}
