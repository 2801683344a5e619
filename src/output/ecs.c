/* Elastic Common Schema, names of 9.x. What it has no name for is under `invar`, below the kind, so
 * that one name always has one type. */
#include "core/hex.h"
#include "output/facts.h"
#include "output/format.h"
#include "output/output.h"

#define VERSION "9.0.0"

/* event.category and event.type of a change, by kind; both from the pairs that ECS allows. */
static const struct row {
	const char *kind, *category;
	const char *types[CHANGE_TYPE_N];
} rows[] = {
	{ "file", "file", { "creation", "change", "deletion", "change" } },
	{ "mount", "host", { "start", "change", "end", "change" } },
	{ "package", "package", { "installation", "change", "deletion", "change" } },
	{ "process", "process", { "start", "change", "end", "change" } },
	{ "user", "iam", { "creation", "change", "deletion", "change" } },
	{ "group", "iam", { "creation", "change", "deletion", "change" } },
	{ "sudo-rule", "iam", { "creation", "change", "deletion", "change" } },
	{ "ssh-key", "iam", { "creation", "change", "deletion", "change" } },
	{ "module", "driver", { "start", "change", "end", "change" } },
	{ "bpf", "driver", { "start", "change", "end", "change" } },
	{ "port", "network", { "start", "info", "end", "info" } },
	{ NULL, "configuration", { "creation", "change", "deletion", "change" } },
};

static const struct row *row_of(const char *kind)
{
	const struct row *r = rows;

	while (r->kind && strcmp(r->kind, kind) != 0)
		r++;
	return r;
}

static void add_text(struct json *j, const char *name, struct span s)
{
	if (!s.n)
		return;
	json_name(j, name);
	(void)json_text(j, s);
}

static void add_value(struct json *j, const char *name, const struct record *r, const char *field)
{
	AUTO(buf) value = BUF_INIT(BUF_MAX_DEFAULT);

	if (facts_value(&value, r, field))
		add_text(j, name, buf_span(&value));
}

static void add_one(struct json *j, const char *name, const char *value)
{
	json_name(j, name);
	json_array(j);
	(void)json_text(j, span_of(value));
	json_array_end(j);
}

static const char *kind_of_event(const struct ledger_record *r)
{
	if (r->type == RECORD_CHANGE)
		return r->change.verdict == VERDICT_UNEXPLAINED ? "alert" : "event";
	if (r->type == RECORD_GAP || r->type == RECORD_LOSS)
		return "pipeline_error";
	return r->type == RECORD_COVERAGE ? "state" : "event";
}

static void add_event(struct json *j, struct span host, const struct ledger_record *r)
{
	char event[FACTS_EVENT];
	const struct row *row = r->type == RECORD_CHANGE ? row_of(r->change.kind->name) : NULL;

	facts_event(r, event);
	json_name(j, "event");
	json_object(j);
	json_text_member(j, "kind", kind_of_event(r));
	add_one(j, "category", row ? row->category : "configuration");
	add_one(j, "type", row ? row->types[r->change.type] : "info");
	json_text_member(j, "action", event);
	json_text_member(j, "module", "invar");
	json_text_member(j, "dataset", "invar.ledger");
	json_text_member(j, "provider", "invar");
	json_number_member(j, "severity", record_severity(r) + 1);
	json_text_member(j, "outcome", r->type == RECORD_GAP ? "failure" : "success");
	if (r->chained) {
		AUTO(buf) id = BUF_INIT(FACTS_TEXT);

		buf_add_span(&id, host);
		buf_addf(&id, "/%llu", (unsigned long long)r->seq);
		add_text(j, "id", buf_span(&id));
		json_number_member(j, "sequence", r->seq);
	}
	json_time_member(j, "created", r->time);
	json_object_end(j);
}

static void add_host(struct json *j, struct span host)
{
	json_name(j, "host");
	json_object(j);
	add_text(j, "name", host);
	add_text(j, "hostname", host);
	json_name(j, "os");
	json_object(j);
	json_text_member(j, "type", "linux");
	json_object_end(j);
	json_object_end(j);
}

static void add_agent(struct json *j, struct span host)
{
	json_name(j, "agent");
	json_object(j);
	add_text(j, "name", host);
	json_text_member(j, "type", "invar");
	json_text_member(j, "version", INVAR_VERSION);
	json_object_end(j);
}

static void add_hash(struct json *j, const struct record *r)
{
	static const char *const names[] = { "md5", "sha1", "sha256", "sha512" };
	bool any = false;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO(buf) value = BUF_INIT(4096);

		if (!facts_value(&value, r, names[i]))
			continue;
		if (!any) {
			json_name(j, "hash");
			json_object(j);
			any = true;
		}
		add_text(j, names[i], buf_span(&value));
	}
	if (any)
		json_object_end(j);
}

static void add_extension(struct json *j, struct span base)
{
	const char *dot = span_last(base, '.');

	if (dot && dot > base.p)
		add_text(j, "extension", span_from(dot + 1, base.n - (size_t)(dot - base.p) - 1));
}

/* ECS says dir and file, not directory and regular. */
static void add_file_type(struct json *j, const struct record *r)
{
	AUTO(buf) type = BUF_INIT(4096);

	if (!facts_value(&type, r, "type"))
		return;
	if (span_is(buf_span(&type), "directory"))
		json_text_member(j, "type", "dir");
	else if (span_is(buf_span(&type), "regular"))
		json_text_member(j, "type", "file");
	else
		add_text(j, "type", buf_span(&type));
}

static void add_file(struct json *j, struct span path, const struct record *r)
{
	static const char *const same[][2] = { { "mode", "mode" }, { "owner", "owner" },
		{ "uid", "uid" }, { "group", "group" }, { "gid", "gid" }, { "inode", "inode" },
		{ "device", "device" }, { "target_path", "target" } };
	static const char *const times[][2] = { { "mtime", "mtime" }, { "ctime", "ctime" },
		{ "created", "btime" } };
	uint64_t size;
	int64_t time;

	json_name(j, "file");
	json_object(j);
	json_exact(j, "path", path);
	add_text(j, "name", facts_base(path));
	add_text(j, "directory", facts_folder(path));
	add_extension(j, facts_base(path));
	add_file_type(j, r);
	if (facts_number(r, "size", &size))
		json_number_member(j, "size", size);
	for (size_t i = 0; i < ARRAY_LEN(same); i++)
		add_value(j, same[i][0], r, same[i][1]);
	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		if (facts_time(r, times[i][1], &time))
			json_time_member(j, times[i][0], time);
	add_hash(j, r);
	json_object_end(j);
}

static void add_user(struct json *j, const char *name, struct span user, uint32_t uid)
{
	json_name(j, name);
	json_object(j);
	add_text(j, "name", user);
	if (uid != WHO_NONE) {
		json_name(j, "id");
		buf_addf(j->out, "\"%u\"", uid);
		j->comma = true;
	}
	json_object_end(j);
}

static void add_process(struct json *j, const struct who *w)
{
	json_name(j, "process");
	json_object(j);
	json_number_member(j, "pid", w->pid);
	add_text(j, "name", w->exe.n ? facts_base(w->exe) : w->comm);
	add_text(j, "executable", w->exe);
	if (w->n_argv) {
		json_name(j, "args");
		json_array(j);
		for (size_t i = 0; i < w->n_argv; i++)
			(void)json_text(j, w->argv[i]);
		json_array_end(j);
	}
	if (w->started)
		json_time_member(j, "start", w->started);
	if (w->sha256.n) {
		json_name(j, "hash");
		json_object(j);
		json_hex_member(j, "sha256", w->sha256);
		json_object_end(j);
	}
	if (w->n_ancestry) {
		json_name(j, "parent");
		json_object(j);
		json_number_member(j, "pid", w->ancestry[0].pid);
		add_text(j, "executable", w->ancestry[0].exe);
		json_object_end(j);
	}
	json_object_end(j);
}

static void add_who(struct json *j, const struct who *w)
{
	bool login = w->login.n || w->login_uid != WHO_NONE;

	add_process(j, w);
	json_name(j, "user");
	json_object(j);
	add_text(j, "name", login ? w->login : w->user);
	if (login) {
		if (w->login_uid != WHO_NONE) {
			json_name(j, "id");
			buf_addf(j->out, "\"%u\"", w->login_uid);
			j->comma = true;
		}
		add_user(j, "effective", w->user, w->uid);
	}
	json_object_end(j);
	if (w->container.n) {
		json_name(j, "container");
		json_object(j);
		add_text(j, "id", w->container);
		json_object_end(j);
	}
}

/* The entity itself, for the kinds that ECS has a field set for. */
static void add_entity(struct json *j, const struct change *c)
{
	const struct record *r = c->is ? c->is : c->was;
	const char *kind = c->kind->name;

	if (strcmp(kind, "file") == 0) {
		add_file(j, c->key, r);
	} else if (strcmp(kind, "service") == 0) {
		json_name(j, "service");
		json_object(j);
		add_text(j, "name", c->key);
		add_value(j, "type", r, "manager");
		add_value(j, "state", r, "state");
		json_object_end(j);
	} else if (strcmp(kind, "package") == 0) {
		json_name(j, "package");
		json_object(j);
		add_value(j, "name", r, "name");
		add_value(j, "version", r, "version");
		add_value(j, "architecture", r, "arch");
		add_value(j, "type", r, "manager");
		json_object_end(j);
	}
}

static void add_state(struct json *j, const char *name, const struct record *r)
{
	if (!r)
		return;
	json_name(j, name);
	json_object(j);
	json_name(j, r->kind->name);
	json_record_fields(j, r);
	json_object_end(j);
}

static void add_own(struct json *j, const struct change *c)
{
	AUTO(buf) diff = BUF_INIT(BUF_MAX_DEFAULT);

	json_text_member(j, "kind", c->kind->name);
	json_exact(j, "key", c->key);
	if (c->type == CHANGE_RENAMED)
		json_exact(j, "old_key", c->old_key);
	json_text_member(j, "change", change_type_names[c->type]);
	json_text_member(j, "observed", observed_names[c->observed]);
	json_text_member(j, "verdict", verdict_names[c->verdict]);
	json_text_member(j, "rule_severity", severity_names[c->severity]);
	add_text(j, "explained_by", c->proof.package);
	add_text(j, "card", c->card);
	if (c->who) {
		add_text(j, "unit", c->who->unit);
		add_text(j, "tty", c->who->tty);
		if (c->who->others)
			json_number_member(j, "others", c->who->others);
		json_who_also(j, c->who);
	}
	json_name(j, "fields");
	json_array(j);
	for (unsigned i = 0; i < c->kind->n_fields; i++)
		if (c->fields & field_bit(i))
			(void)json_text(j, span_of(c->kind->fields[i].name));
	json_array_end(j);
	facts_difference(&diff, c);
	add_text(j, "diff", buf_span(&diff));
	add_state(j, "was", c->was);
	add_state(j, "is", c->is);
}

static void add_change(struct json *j, const struct change *c)
{
	if (c->rule.n) {
		json_name(j, "rule");
		json_object(j);
		add_text(j, "id", c->rule);
		add_text(j, "name", c->rule);
		json_object_end(j);
	}
	if (c->n_tags) {
		json_name(j, "tags");
		json_array(j);
		for (size_t i = 0; i < c->n_tags; i++)
			(void)json_text(j, c->tags[i]);
		json_array_end(j);
	}
	if (c->who)
		add_who(j, c->who);
	add_entity(j, c);
	if (strcmp(c->kind->name, "user") == 0 && !c->who) {
		json_name(j, "user");
		json_object(j);
		json_name(j, "target");
		json_object(j);
		add_text(j, "name", c->key);
		json_object_end(j);
		json_object_end(j);
	}
}

void ecs_record(struct buf *ret, struct span host, const struct ledger_record *r)
{
	AUTO(buf) message = BUF_INIT(BUF_MAX_DEFAULT);
	struct json j = JSON_INIT(ret);
	bool change = r->type == RECORD_CHANGE;

	facts_message(&message, r);
	json_object(&j);
	json_time_member(&j, "@timestamp",
		change && r->change.happened ? r->change.happened : r->time);
	json_name(&j, "ecs");
	json_object(&j);
	json_text_member(&j, "version", VERSION);
	json_object_end(&j);
	add_text(&j, "message", buf_span(&message));
	add_event(&j, host, r);
	add_host(&j, host);
	add_agent(&j, host);
	if (change)
		add_change(&j, &r->change);
	json_name(&j, "invar");
	json_object(&j);
	json_text_member(&j, "record", record_type_names[r->type]);
	if (change)
		add_own(&j, &r->change);
	json_object_end(&j);
	json_object_end(&j);
}
