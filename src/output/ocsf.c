/* OCSF 1.8.0: the class of an event follows from the kind of entity; what no class is for is a
 * detection finding. docs/ROUTES.md has the table. */
#include "entity/file.h"
#include "entity/list.h"
#include "output/format.h"
#include "output/ocsf_object.h"
#include "output/output.h"

#define VERSION "1.8.0"
#define OTHER 99
#define DISPOSITION_LOGGED 17
#define DISPOSITION_ALERT 19

enum class {
	CLASS_BASE = 0,
	CLASS_FILE = 1001,
	CLASS_KERNEL_EXTENSION = 1002,
	CLASS_JOB = 1006,
	CLASS_PROCESS = 1007,
	CLASS_DETECTION = 2004,
	CLASS_ACCOUNT = 3001,
	CLASS_ENTITY = 3004,
	CLASS_GROUP = 3006,
	CLASS_NETWORK = 4001,
	CLASS_APP = 6002,
	CLASS_SCAN = 6007,
};

typedef unsigned activity_of(const struct change *c);

struct mapping {
	const char *kind;
	enum class class;
	unsigned activities[CHANGE_TYPE_N]; /* created, updated, deleted, renamed */
	activity_of *updated;               /* instead, where it depends on what changed */
	ocsf_object *object;
	const char *name;   /* of the object */
	const char *result; /* of its state afterwards; NULL: only one state is told */
};

static unsigned file_updated(const struct change *c)
{
	static const uint64_t content = UINT64_C(1) << FILE_SHA256 | UINT64_C(1) << FILE_SIZE |
					UINT64_C(1) << FILE_CONTENT | UINT64_C(1) << FILE_TARGET;
	static const uint64_t security = UINT64_C(1) << FILE_MODE | UINT64_C(1) << FILE_UID |
					 UINT64_C(1) << FILE_GID | UINT64_C(1) << FILE_ACL |
					 UINT64_C(1) << FILE_CAPS | UINT64_C(1) << FILE_LABEL |
					 UINT64_C(1) << FILE_ACL_DEFAULT;

	return c->fields & content ? 3 : c->fields & security ? 7 : 6;
}

/* The value of a choice after an update, when it changed; "" else. */
static bool became(const struct change *c, const char *field, struct buf *ret)
{
	int i = kind_field(c->kind, span_of(field));

	return i >= 0 && (c->fields & field_bit((unsigned)i)) && facts_value(ret, c->is, field);
}

static unsigned service_updated(const struct change *c)
{
	AUTO(buf) state = BUF_INIT(4096);
	AUTO(buf) enabled = BUF_INIT(4096);

	if (became(c, "state", &state))
		return span_is(buf_span(&state), "running") ? 3 : 4;
	if (became(c, "enabled", &enabled))
		return span_starts(buf_span(&enabled), span_of("enabled")) ? 6 : 7;
	return 8;
}

static unsigned user_updated(const struct change *c)
{
	AUTO(buf) locked = BUF_INIT(4096);
	AUTO(buf) password = BUF_INIT(4096);

	if (became(c, "locked", &locked))
		return span_is(buf_span(&locked), "true") ? 5 : 2;
	return became(c, "password_digest", &password) || became(c, "password", &password) ? 3
											   : OTHER;
}

static uint64_t members(const struct record *r)
{
	int i = kind_field(r->kind, span_of("members"));

	return i >= 0 && record_has(r, (unsigned)i) ? list_of(r->v[i].bytes).left : 0;
}

static unsigned group_updated(const struct change *c)
{
	uint64_t was = members(c->was), is = members(c->is);

	return is > was ? 3 : is < was ? 4 : OTHER;
}

static const struct mapping mappings[] = {
	{ "file", CLASS_FILE, { 1, 0, 4, 5 }, file_updated, ocsf_file, "file", "file_result" },
	{ "mount", CLASS_FILE, { 12, 6, 13, OTHER }, NULL, ocsf_folder, "file", NULL },
	{ "module", CLASS_KERNEL_EXTENSION, { 1, OTHER, 2, OTHER }, NULL, ocsf_driver, "driver",
		NULL },
	{ "cron", CLASS_JOB, { 1, 2, 3, OTHER }, NULL, ocsf_job, "job", NULL },
	{ "process", CLASS_PROCESS, { 1, OTHER, 2, OTHER }, NULL, ocsf_process, "process", NULL },
	{ "package", CLASS_APP, { 1, 8, 2, OTHER }, NULL, ocsf_app, "app", NULL },
	{ "service", CLASS_APP, { 1, 0, 2, OTHER }, service_updated, ocsf_app, "app", NULL },
	{ "user", CLASS_ACCOUNT, { 1, 0, 6, OTHER }, user_updated, ocsf_user, "user",
		"user_result" },
	{ "group", CLASS_GROUP, { 6, 0, 5, OTHER }, group_updated, ocsf_group, "group", NULL },
	{ "port", CLASS_NETWORK, { 7, OTHER, 2, OTHER }, NULL, ocsf_endpoint, "dst_endpoint",
		NULL },
};
/* What can only be said as a finding. */
static const struct mapping finding = { NULL, CLASS_DETECTION, { 1, 1, 1, 1 }, NULL, NULL, NULL,
	NULL };
/* A timer of systemd is a job. */
static const struct mapping timer = { NULL, CLASS_JOB, { 1, 2, 3, OTHER }, NULL, ocsf_job, "job",
	NULL };

static const struct mapping *mapping_of(const struct change *c)
{
	static const struct span suffix = { ".timer", 6 };

	if (strcmp(c->kind->name, "service") == 0 && c->key.n > suffix.n &&
		span_same(span_from_offset(c->key, c->key.n - suffix.n), suffix))
		return &timer;
	for (size_t i = 0; i < ARRAY_LEN(mappings); i++)
		if (strcmp(c->kind->name, mappings[i].kind) == 0)
			return &mappings[i];
	return &finding;
}

static void add_class(struct json *j, enum class class, unsigned activity)
{
	json_number_member(j, "class_uid", class);
	json_number_member(j, "category_uid", class / 1000);
	json_number_member(j, "activity_id", activity);
	json_number_member(j, "type_uid", (uint64_t) class * 100 + activity);
}

static void add_metadata(struct json *j, struct span host, const struct ledger_record *r)
{
	char event[FACTS_EVENT];

	facts_event(r, event);
	json_name(j, "metadata");
	json_object(j);
	json_text_member(j, "version", VERSION);
	if (r->chained) {
		AUTO(buf) uid = BUF_INIT(FACTS_TEXT);

		buf_add_span(&uid, host);
		buf_addf(&uid, "/%llu", (unsigned long long)r->seq);
		ocsf_text(j, "uid", buf_span(&uid));
		json_number_member(j, "sequence", r->seq);
	}
	json_text_member(j, "event_code", event);
	json_text_member(j, "log_name", "ledger");
	ocsf_ms(j, "logged_time", r->time);
	json_name(j, "profiles");
	json_array(j);
	(void)json_text(j, span_of("host"));
	(void)json_text(j, span_of("security_control"));
	json_array_end(j);
	json_name(j, "product");
	json_object(j);
	json_text_member(j, "name", FACTS_VENDOR);
	json_text_member(j, "vendor_name", FACTS_VENDOR);
	json_text_member(j, "version", INVAR_VERSION);
	json_object_end(j);
	json_object_end(j);
}

static void add_finding(struct json *j, const struct ledger_record *r, const char *prefix,
	uint64_t seq, struct span host)
{
	char name[FACTS_NAME];
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);

	facts_name(r, name);
	json_name(j, "finding_info");
	json_object(j);
	buf_add_span(&text, host);
	buf_addf(&text, "/%s/%llu", prefix, (unsigned long long)seq);
	ocsf_text(j, "uid", buf_span(&text));
	json_text_member(j, "title", name);
	if (r->type == RECORD_CHANGE && r->change.rule.n) {
		json_name(j, "analytic");
		json_object(j);
		ocsf_text(j, "name", r->change.rule);
		json_number_member(j, "type_id", 1);
		json_object_end(j);
	}
	ocsf_ms(j, "created_time", r->time);
	json_object_end(j);
}

static void add_span_list(struct json *j, const char *name, const struct span *list, size_t n)
{
	json_name(j, name);
	json_array(j);
	for (size_t i = 0; i < n; i++)
		(void)json_text(j, list[i]);
	json_array_end(j);
}

/* What OCSF has no place for, in our own words. */
static void add_unmapped(struct json *j, const struct change *c)
{
	AUTO(buf) diff = BUF_INIT(BUF_MAX_DEFAULT);

	json_text_member(j, "kind", c->kind->name);
	json_exact(j, "key", c->key);
	json_text_member(j, "change", change_type_names[c->type]);
	if (c->type == CHANGE_RENAMED)
		json_exact(j, "old_key", c->old_key);
	if (c->subtree)
		json_number_member(j, "subtree", c->subtree);
	json_text_member(j, "observed", observed_names[c->observed]);
	ocsf_text(j, "rule", c->rule);
	json_text_member(j, "rule_severity", severity_names[c->severity]);
	json_text_member(j, "verdict", verdict_names[c->verdict]);
	ocsf_text(j, "explained_by", c->proof.package);
	add_span_list(j, "tags", c->tags, c->n_tags);
	ocsf_text(j, "card", c->card);
	ocsf_text(j, "who_unknown", c->who_unknown);
	if (c->who) {
		ocsf_text(j, "unit", c->who->unit);
		ocsf_text(j, "container", c->who->container);
		if (c->who->others)
			json_number_member(j, "others", c->who->others);
		json_who_also(j, c->who);
	}
	facts_difference(&diff, c);
	ocsf_text(j, "diff", buf_span(&diff));
	if (c->was) {
		json_name(j, "was");
		json_record_fields(j, c->was);
	}
	if (c->is) {
		json_name(j, "is");
		json_record_fields(j, c->is);
	}
}

static void add_objects(struct json *j, const struct mapping *m, const struct change *c)
{
	const struct record *first = c->was ? c->was : c->is;
	struct span key = c->type == CHANGE_RENAMED ? c->old_key : c->key;

	if (m->result && c->was && c->is) {
		m->object(j, m->name, key, first);
		m->object(j, m->result, c->key, c->is);
	} else {
		m->object(j, m->name, c->key, c->is ? c->is : c->was);
	}
}

static void add_change(struct json *j, struct span host, const struct ledger_record *r)
{
	const struct change *c = &r->change;
	const struct mapping *m = mapping_of(c);
	bool alert = c->verdict == VERDICT_UNEXPLAINED;
	unsigned activity =
		c->type == CHANGE_UPDATED && m->updated ? m->updated(c) : m->activities[c->type];

	add_class(j, m->class, activity);
	if (activity == OTHER)
		json_text_member(j, "activity_name", change_type_names[c->type]);
	ocsf_actor(j, c->who);
	if (m->object) {
		add_objects(j, m, c);
	} else {
		add_finding(j, r, "change", r->seq, host);
		json_name(j, "evidences");
		json_array(j);
		json_object(j);
		json_name(j, "data");
		json_object(j);
		add_unmapped(j, c);
		json_object_end(j);
		json_object_end(j);
		json_array_end(j);
	}
	json_number_member(j, "action_id", 1);
	json_number_member(j, "disposition_id", alert ? DISPOSITION_ALERT : DISPOSITION_LOGGED);
	json_bool_member(j, "is_alert", alert);
	json_name(j, "unmapped");
	json_object(j);
	add_unmapped(j, c);
	json_object_end(j);
}

static void add_gap(struct json *j, struct span host, const struct ledger_record *r)
{
	add_class(j, CLASS_DETECTION, 1);
	add_finding(j, r, "gap", r->seq, host);
	json_bool_member(j, "is_alert", true);
	json_name(j, "unmapped");
	json_object(j);
	json_text_member(j, "kind", r->gap.kind->name);
	json_exact(j, "key", r->gap.key);
	json_bool_member(j, "subtree", r->gap.subtree);
	ocsf_text(j, "reason", r->gap.reason);
	json_object_end(j);
}

static void add_loss(struct json *j, struct span host, const struct ledger_record *r)
{
	const struct loss_note *l = &r->loss;

	add_class(j, CLASS_DETECTION, 1);
	add_finding(j, r, "loss", r->seq, host);
	json_bool_member(j, "is_alert", true);
	ocsf_ms(j, "start_time", l->from);
	ocsf_ms(j, "end_time", l->to);
	json_name(j, "unmapped");
	json_object(j);
	ocsf_text(j, "means", l->means);
	if (l->kind)
		json_text_member(j, "kind", l->kind->name);
	if (l->scope.n)
		json_exact(j, "scope", l->scope);
	json_number_member(j, "lost", l->count);
	json_object_end(j);
}

/* Closes the finding that its loss began. */
static void add_repair(struct json *j, struct span host, const struct ledger_record *r)
{
	add_class(j, CLASS_DETECTION, 3);
	add_finding(j, r, "loss", r->repair.loss, host);
	json_bool_member(j, "is_alert", false);
	json_name(j, "unmapped");
	json_object(j);
	json_number_member(j, "entities", r->repair.entities);
	json_number_member(j, "changes", r->repair.changes);
	json_object_end(j);
}

static void add_entity(struct json *j, const char *name, const char *type)
{
	json_name(j, "entity");
	json_object(j);
	json_text_member(j, "name", name);
	json_text_member(j, "type", type);
	json_object_end(j);
}

static void add_decision(struct json *j, const struct ledger_record *r)
{
	const struct decision *d = &r->decision;

	add_class(j, CLASS_ENTITY, 3);
	add_entity(j, "approved state", "baseline");
	ocsf_text(j, "comment", d->reason);
	json_name(j, "actor");
	json_object(j);
	json_name(j, "user");
	json_object(j);
	json_name(j, "name");
	(void)json_text(j, d->by);
	json_object_end(j);
	json_object_end(j);
	json_name(j, "unmapped");
	json_object(j);
	ocsf_text(j, "what", d->what);
	ocsf_text(j, "selection", d->selection);
	json_number_member(j, "items", d->items);
	json_object_end(j);
}

static void add_coverage(struct json *j, const struct ledger_record *r)
{
	const struct coverage *c = &r->coverage;

	add_class(j, CLASS_SCAN, 2);
	json_name(j, "scan");
	json_object(j);
	ocsf_text(j, "name", c->means);
	json_number_member(j, "type_id", OTHER);
	ocsf_text(j, "type", c->scope);
	json_object_end(j);
	ocsf_ms(j, "start_time", c->from);
	ocsf_ms(j, "end_time", c->to);
	json_name(j, "duration");
	buf_addf(j->out, "%lld", (long long)(facts_ms(c->to) - facts_ms(c->from)));
	j->comma = true;
	json_number_member(j, "total", c->entities);
	json_number_member(j, "num_detections", c->changes);
	json_number_member(j, "num_skipped_items", c->gaps);
}

static void add_note(struct json *j, struct span host, const struct ledger_record *r)
{
	if (span_is(r->note.what, NOTE_POLICY)) {
		add_class(j, CLASS_ENTITY, 3);
		add_entity(j, "policy", "policy");
	} else if (span_is(r->note.what, NOTE_MISSING)) {
		add_class(j, CLASS_DETECTION, 1);
		add_finding(j, r, "missing", r->seq, host);
		json_bool_member(j, "is_alert", true);
	} else {
		add_class(j, CLASS_BASE, OTHER);
		ocsf_text(j, "activity_name", r->note.what);
	}
}

static void add_body(struct json *j, struct span host, const struct ledger_record *r)
{
	switch (r->type) {
	case RECORD_CHANGE:
		add_change(j, host, r);
		return;
	case RECORD_GAP:
		add_gap(j, host, r);
		return;
	case RECORD_LOSS:
		add_loss(j, host, r);
		return;
	case RECORD_REPAIR:
		add_repair(j, host, r);
		return;
	case RECORD_DECISION:
		add_decision(j, r);
		return;
	case RECORD_COVERAGE:
		add_coverage(j, r);
		return;
	case RECORD_NOTE:
		add_note(j, host, r);
		return;
	case RECORD_TYPE_N:
		return;
	}
}

void ocsf_record(struct buf *ret, struct span host, const struct ledger_record *r)
{
	static const unsigned ids[SEVERITY_N] = { 1, 2, 3, 4, 5 };
	AUTO(buf) message = BUF_INIT(BUF_MAX_DEFAULT);
	struct json j = JSON_INIT(ret);
	bool change = r->type == RECORD_CHANGE;

	facts_message(&message, r);
	json_object(&j);
	add_body(&j, host, r);
	json_number_member(&j, "severity_id", ids[record_severity(r)]);
	ocsf_ms(&j, "time", change && r->change.happened ? r->change.happened : r->time);
	json_number_member(&j, "status_id", 1);
	ocsf_text(&j, "message", buf_span(&message));
	add_metadata(&j, host, r);
	ocsf_device(&j, host);
	json_object_end(&j);
}
