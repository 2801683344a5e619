/* ArcSight Common Event Format, version 0. */
#include "core/hex.h"
#include "output/facts.h"
#include "output/format.h"

#define TEXT_MAX 1023 /* of most extension values */
#define DIFF_MAX 4000

struct cef {
	struct buf *out;
	bool any;
};

static const unsigned severities[SEVERITY_N] = { 1, 3, 5, 8, 10 };

/* Header fields: the text is ours, but for a host's name. */
static void add_header(struct buf *ret, struct span text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '|' || text.p[i] == '\\')
			buf_add_char(ret, '\\');
		buf_add_char(ret, text.p[i]);
	}
}

/* `shown` has no control characters any more. */
static void add_pair(struct cef *c, const char *key, struct span shown, size_t max)
{
	shown = facts_cut(shown, max);
	buf_addf(c->out, "%s%s=", c->any ? " " : "", key);
	c->any = true;
	for (size_t i = 0; i < shown.n; i++) {
		if (shown.p[i] == '=' || shown.p[i] == '\\')
			buf_add_char(c->out, '\\');
		buf_add_char(c->out, shown.p[i]);
	}
}

static void add_text(struct cef *c, const char *key, struct span s)
{
	AUTO(buf) shown = BUF_INIT(BUF_MAX_DEFAULT);

	if (!s.n)
		return;
	facts_show(&shown, s);
	add_pair(c, key, buf_span(&shown), TEXT_MAX);
}

static void add_number(struct cef *c, const char *key, uint64_t n)
{
	buf_addf(c->out, "%s%s=%llu", c->any ? " " : "", key, (unsigned long long)n);
	c->any = true;
}

static void add_time(struct cef *c, const char *key, int64_t ns)
{
	buf_addf(c->out, "%s%s=%lld", c->any ? " " : "", key, (long long)facts_ms(ns));
	c->any = true;
}

static void add_labelled(struct cef *c, const char *key, const char *label, struct span s,
	size_t max)
{
	if (!s.n)
		return;
	add_pair(c, key, s, max);
	buf_addf(c->out, " %sLabel=%s", key, label);
}

static void add_custom(struct cef *c, const char *key, const char *label, struct span s)
{
	AUTO(buf) shown = BUF_INIT(BUF_MAX_DEFAULT);

	facts_show(&shown, s);
	add_labelled(c, key, label, buf_span(&shown), TEXT_MAX);
}

/* Keys of a file's state, now and before. */
static const struct file_key {
	const char *field, *now, *before;
	bool time;
} file_keys[] = {
	{ "sha256", "fileHash", "oldFileHash", false },
	{ "size", "fsize", "oldFileSize", false },
	{ "type", "fileType", "oldFileType", false },
	{ "mode", "filePermission", "oldFilePermission", false },
	{ "inode", "fileId", "oldFileId", false },
	{ "mtime", "fileModificationTime", "oldFileModificationTime", true },
	{ "btime", "fileCreateTime", "oldFileCreateTime", true },
};

static void add_file_state(struct cef *c, const struct record *r, bool before)
{
	for (size_t i = 0; r && i < ARRAY_LEN(file_keys); i++) {
		const struct file_key *k = &file_keys[i];
		AUTO(buf) value = BUF_INIT(4096);
		int64_t time;

		if (k->time && facts_time(r, k->field, &time))
			add_time(c, before ? k->before : k->now, time);
		else if (!k->time && facts_value(&value, r, k->field))
			add_pair(c, before ? k->before : k->now, buf_span(&value), TEXT_MAX);
	}
}

static void add_file(struct cef *c, const struct change *change)
{
	uint64_t n;

	add_text(c, "filePath", change->key);
	add_text(c, "fname", facts_base(change->key));
	add_file_state(c, change->is ? change->is : change->was, false);
	if (change->type == CHANGE_RENAMED) {
		add_text(c, "oldFilePath", change->old_key);
		add_text(c, "oldFileName", facts_base(change->old_key));
	}
	if (change->is)
		add_file_state(c, change->was, true);
	if (change->subtree)
		add_number(c, "cnt", change->subtree + 1);
	if (facts_number(change->is ? change->is : change->was, "size", &n))
		add_labelled(c, "cs3", "hashAlgorithm", span_of("SHA-256"), TEXT_MAX);
}

static void add_who(struct cef *c, const struct who *w)
{
	add_text(c, "suser", w->login.n ? w->login : w->user);
	if (w->uid != WHO_NONE)
		add_number(c, "suid", w->uid);
	add_text(c, "sproc", w->exe.n ? w->exe : w->comm);
	add_number(c, "spid", w->pid);
	add_text(c, "sourceServiceName", w->unit);
}

static void add_reason(struct cef *c, const struct change *change)
{
	AUTO(buf) text = BUF_INIT(FACTS_TEXT);

	if (change->verdict != VERDICT_EXPLAINED)
		return;
	facts_show(&text, change->proof.by);
	buf_add_char(&text, ' ');
	facts_show(&text, change->proof.package);
	add_pair(c, "reason", buf_span(&text), TEXT_MAX);
}

static void add_change(struct cef *c, const struct change *change)
{
	AUTO(buf) fields = BUF_INIT(FACTS_TEXT);
	AUTO(buf) diff = BUF_INIT(BUF_MAX_DEFAULT);

	if (change->happened)
		add_time(c, "start", change->happened);
	add_text(c, "act", span_of(change_type_names[change->type]));
	add_reason(c, change);
	if (change->who)
		add_who(c, change->who);
	if (strcmp(change->kind->name, "file") == 0)
		add_file(c, change);
	else if (strcmp(change->kind->name, "user") == 0)
		add_text(c, "duser", change->key);
	add_custom(c, "cs1", "ruleId", change->rule);
	add_custom(c, "cs2", "verdict", span_of(verdict_names[change->verdict]));
	facts_fields(&fields, change);
	add_labelled(c, "cs4", "changed", buf_span(&fields), DIFF_MAX);
	add_custom(c, "cs5", "card", change->card);
	facts_difference(&diff, change);
	add_labelled(c, "cs6", "diff", buf_span(&diff), DIFF_MAX);
}

static void add_rest(struct cef *c, const struct ledger_record *r)
{
	if (r->type == RECORD_GAP)
		add_text(c, "reason", r->gap.reason);
	if (r->type == RECORD_LOSS) {
		add_time(c, "start", r->loss.from);
		add_time(c, "end", r->loss.to);
		if (r->loss.count)
			add_number(c, "cnt", r->loss.count);
	}
	if (r->type == RECORD_DECISION) {
		add_text(c, "act", r->decision.what);
		add_text(c, "suser", r->decision.by);
		add_text(c, "reason", r->decision.reason);
		add_number(c, "cnt", r->decision.items);
	}
	if (r->type == RECORD_COVERAGE) {
		add_time(c, "start", r->coverage.from);
		add_time(c, "end", r->coverage.to);
		add_number(c, "cnt", r->coverage.entities);
	}
	if (r->type == RECORD_NOTE)
		add_text(c, "act", r->note.what);
}

void cef_record(struct buf *ret, struct span host, const struct ledger_record *r)
{
	struct cef c = { .out = ret };
	char event[FACTS_EVENT], name[FACTS_NAME];
	AUTO(buf) message = BUF_INIT(BUF_MAX_DEFAULT);
	const struct kind *kind;
	struct span key;

	facts_event(r, event);
	facts_name(r, name);
	facts_entity(r, &kind, &key);
	facts_message(&message, r);
	buf_add_text(ret, "CEF:0|" FACTS_VENDOR "|" FACTS_VENDOR "|" INVAR_VERSION "|");
	add_header(ret, span_of(event));
	buf_add_char(ret, '|');
	add_header(ret, span_of(name));
	buf_addf(ret, "|%u|", severities[record_severity(r)]);
	add_time(&c, "rt", r->time);
	add_text(&c, "dvchost", host);
	add_text(&c, "cat", span_of(kind ? kind->name : record_type_names[r->type]));
	if (r->chained)
		add_number(&c, "externalId", r->seq);
	add_pair(&c, "msg", buf_span(&message), TEXT_MAX);
	if (r->type == RECORD_CHANGE)
		add_change(&c, &r->change);
	else
		add_rest(&c, r);
	add_custom(&c, "flexString1", "key", key);
	if (r->chained) {
		add_number(&c, "cn1", r->seq);
		buf_add_text(ret, " cn1Label=sequence");
	}
}
