/* How the agent is, as JSON: for `invar status`. */
#include "agent/collector/state.h"
#include "core/json.h"
#include "core/sha256.h"
#include "os/clock.h"

#define MS INT64_C(1000000)

static void add_means(struct collector *c, struct json *j)
{
	json_name(j, "means");
	json_array(j);
	for (size_t i = 0; i < c->n_means; i++) {
		const struct means_row *m = &c->means[i];

		json_object(j);
		json_text_member(j, "kind", m->kind->name);
		if (m->scope[0])
			json_exact(j, "scope", span_of(m->scope));
		json_name(j, "means");
		json_text(j, span_of(m->name));
		json_bool_member(j, "in_force", m->in_force);
		if (m->text[0]) {
			json_name(j, "text");
			json_text(j, span_of(m->text));
		}
		json_object_end(j);
	}
	json_array_end(j);
}

/* The bucket below which `percent` of a hundred lie, as its upper bound in ms. */
static uint64_t percentile(const struct latency *l, uint64_t all, unsigned percent)
{
	uint64_t sum = 0;
	unsigned b = 0;

	for (; b < LATENCY_BUCKETS - 1; b++) {
		sum += l->n[b];
		if (sum * 100 >= all * percent)
			break;
	}
	return UINT64_C(1) << b;
}

static void add_latency(struct collector *c, struct json *j)
{
	json_name(j, "latency");
	json_array(j);
	for (unsigned id = 0; id < KIND_IDS; id++) {
		const struct kind *k = kind_by_id((uint8_t)id);
		uint64_t all = 0;

		for (unsigned b = 0; k && b < LATENCY_BUCKETS; b++)
			all += c->latency[id].n[b];
		if (!all)
			continue;
		json_object(j);
		json_text_member(j, "kind", k->name);
		json_number_member(j, "seen", all);
		json_number_member(j, "p50_ms", percentile(&c->latency[id], all, 50));
		json_number_member(j, "p99_ms", percentile(&c->latency[id], all, 99));
		json_object_end(j);
	}
	json_array_end(j);
}

static void add_scans(struct collector *c, struct json *j)
{
	int64_t wall = clock_now() - clock_monotonic();

	json_name(j, "scans");
	json_array(j);
	for (size_t i = 0; i < c->n_surveys; i++) {
		json_object(j);
		json_text_member(j, "name", c->surveys[i].name);
		json_time_member(j, "from", c->surveys[i].from);
		json_time_member(j, "to", c->surveys[i].to);
		json_number_member(j, "entities", c->surveys[i].entities);
		json_number_member(j, "bytes", c->surveys[i].bytes);
		json_number_member(j, "changes", c->surveys[i].found);
		json_number_member(j, "gaps", c->surveys[i].gaps);
		json_object_end(j);
	}
	json_array_end(j);
	if (c->running) {
		json_name(j, "scanning");
		json_object(j);
		json_text_member(j, "name", c->running->plan.name);
		json_time_member(j, "from", c->running->from);
		json_number_member(j, "entities", c->running->entities);
		json_object_end(j);
	}
	if (c->next_quick)
		json_time_member(j, "next_quick", c->next_quick + wall);
	if (c->next_full)
		json_time_member(j, "next_full", c->next_full + wall);
}

static void add_queue(struct collector *c, struct json *j)
{
	int64_t oldest = backlog_oldest(c->backlog), lag = oldest ? clock_now() - oldest : 0;
	const struct job *const single[] = { c->running, c->later };
	size_t jobs = linked_waits(c) ? 1 : 0;

	for (size_t i = 0; i < ARRAY_LEN(single); i++)
		jobs += single[i] ? 1 : 0;
	for (const struct job *job = c->jobs; job; job = job->next)
		jobs++;
	json_number_member(j, "queue", backlog_count(c->backlog));
	json_number_member(j, "lag_ms", lag > 0 ? (uint64_t)(lag / MS) : 0);
	json_number_member(j, "held", hold_count(c->hold));
	if (hold_for(c->hold))
		json_number_member(j, "held_for", hold_for(c->hold));
	json_number_member(j, "scans_waiting", jobs);
}

static void add_counts(struct collector *c, struct json *j)
{
	uint64_t changes = 0;

	for (unsigned i = 0; i < CHANGE_TYPE_N; i++)
		changes += c->changes[i];
	json_number_member(j, "changes", changes);
	json_number_member(j, "looks", c->looks);
	json_number_member(j, "losses", c->losses);
	json_number_member(j, "repairs", c->repairs);
	json_number_member(j, "gaps", c->gaps);
	json_name(j, "counts");
	json_object(j);
	for (size_t i = 0; i < c->n_counts; i++) {
		json_foreign_name(j, c->counts[i].name);
		json_number(j, c->counts[i].value);
	}
	json_object_end(j);
}

/* What another process of ours wrote, which is JSON already. */
static void add_told(struct json *j, const char *name, const char *told)
{
	json_name(j, name);
	buf_add_text(j->out, told ? told : "[]");
	j->comma = true;
}

static void add_policy(struct collector *c, struct json *j)
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
	uint8_t digest[DIGEST_BYTES];

	policy_print(c->policy, &text);
	sha256_once(text.p, text.n, digest);
	json_hex_member(j, "policy", span_from(digest, sizeof digest));
}

static void add_settings(struct collector *c, struct json *j)
{
	const struct agent_config *g = c->setup.config;

	if (!g || !c->setup.config_path)
		return;
	json_text_member(j, "settings_path", c->setup.config_path);
	json_hex_member(j, "settings", span_from(g->digest, sizeof g->digest));
}

void status_json(struct collector *c, struct buf *ret)
{
	AUTO(buf) canaries = BUF_INIT((size_t)1 << 20);
	struct json j = JSON_INIT(ret);

	json_object(&j);
	json_text_member(&j, "version", INVAR_VERSION);
	json_time_member(&j, "since", c->started);
	json_text_member(&j, "policy_path", c->setup.policy_path);
	add_policy(c, &j);
	add_settings(c, &j);
	json_bool_member(&j, "watching", c->watcher_ready);
	if (c->trouble[0]) {
		json_name(&j, "trouble");
		json_text(&j, span_of(c->trouble));
	}
	if (health_trouble(c)) {
		json_name(&j, "metrics_trouble");
		json_text(&j, span_of(health_trouble(c)));
	}
	add_told(&j, "roles", c->roles);
	add_means(c, &j);
	add_queue(c, &j);
	add_scans(c, &j);
	add_counts(c, &j);
	add_latency(c, &j);
	if (c->health)
		health_canaries(c, &canaries);
	add_told(&j, "canaries", canaries.n ? buf_text(&canaries) : NULL);
	add_told(&j, "routes", c->routes);
	json_object_end(&j);
}
