/* IBM Log Event Extended Format 2.0, its pairs separated by tabs. There is no escaping: what could
 * end a value has been made visible before, and only a tab could. */
#include "output/facts.h"
#include "output/format.h"

#define TEXT_MAX 4000

static const unsigned severities[SEVERITY_N] = { 1, 3, 5, 8, 10 };

struct leef {
	struct buf *out;
	bool any;
};

static void add_pair(struct leef *l, const char *key, struct span shown)
{
	if (!shown.n)
		return;
	shown = facts_cut(shown, TEXT_MAX);
	buf_addf(l->out, "%s%s=", l->any ? "\t" : "", key);
	buf_add_span(l->out, shown);
	l->any = true;
}

static void add_text(struct leef *l, const char *key, struct span s)
{
	AUTO(buf) shown = BUF_INIT(BUF_MAX_DEFAULT);

	facts_show(&shown, s);
	add_pair(l, key, buf_span(&shown));
}

static void add_number(struct leef *l, const char *key, uint64_t n)
{
	AUTO(buf) text = BUF_INIT(64);

	buf_addf(&text, "%llu", (unsigned long long)n);
	add_pair(l, key, buf_span(&text));
}

static void add_state(struct leef *l, const struct record *r, bool before)
{
	static const struct {
		const char *field, *now, *before;
	} keys[] = {
		{ "sha256", "fileHash", "oldFileHash" },
		{ "size", "fileSize", "oldFileSize" },
		{ "type", "fileType", "oldFileType" },
		{ "mode", "filePermission", "oldFilePermission" },
		{ "owner", "fileOwner", "oldFileOwner" },
		{ "group", "fileGroup", "oldFileGroup" },
		{ "inode", "fileId", "oldFileId" },
	};

	for (size_t i = 0; r && i < ARRAY_LEN(keys); i++) {
		AUTO(buf) value = BUF_INIT(BUF_MAX_DEFAULT);

		if (facts_value(&value, r, keys[i].field))
			add_pair(l, before ? keys[i].before : keys[i].now, buf_span(&value));
	}
}

static void add_who(struct leef *l, const struct who *w)
{
	add_text(l, "usrName", w->login.n ? w->login : w->user);
	add_text(l, "effectiveUser", w->user);
	add_text(l, "process", w->exe.n ? w->exe : w->comm);
	add_number(l, "pid", w->pid);
	if (w->others)
		add_number(l, "others", w->others);
	add_text(l, "unit", w->unit);
	add_text(l, "container", w->container);
}

static void add_change(struct leef *l, const struct change *c)
{
	AUTO(buf) fields = BUF_INIT(FACTS_TEXT);
	AUTO(buf) diff = BUF_INIT(BUF_MAX_DEFAULT);

	add_text(l, "change", span_of(change_type_names[c->type]));
	add_text(l, "policy", c->rule);
	add_text(l, "verdict", span_of(verdict_names[c->verdict]));
	add_text(l, "explainedBy", c->proof.package);
	facts_fields(&fields, c);
	add_pair(l, "changed", buf_span(&fields));
	if (c->who)
		add_who(l, c->who);
	if (strcmp(c->kind->name, "file") == 0) {
		add_text(l, "filePath", c->key);
		add_text(l, "oldFilePath", c->old_key);
		add_state(l, c->is ? c->is : c->was, false);
		if (c->is)
			add_state(l, c->was, true);
	} else if (strcmp(c->kind->name, "user") == 0) {
		add_text(l, "accountName", c->key);
	}
	facts_difference(&diff, c);
	add_pair(l, "diff", buf_span(&diff));
	add_text(l, "card", c->card);
}

static void add_rest(struct leef *l, const struct ledger_record *r)
{
	if (r->type == RECORD_GAP)
		add_text(l, "reason", r->gap.reason);
	if (r->type == RECORD_DECISION) {
		add_text(l, "change", r->decision.what);
		add_text(l, "usrName", r->decision.by);
		add_text(l, "reason", r->decision.reason);
	}
	if (r->type == RECORD_LOSS)
		add_text(l, "reason", r->loss.means);
	if (r->type == RECORD_NOTE)
		add_text(l, "reason", r->note.what);
}

void leef_record(struct buf *ret, struct span host, const struct ledger_record *r)
{
	struct leef l = { .out = ret };
	char event[FACTS_EVENT];
	AUTO(buf) message = BUF_INIT(BUF_MAX_DEFAULT);
	const struct kind *kind;
	struct span key;

	facts_event(r, event);
	facts_entity(r, &kind, &key);
	facts_message(&message, r);
	buf_addf(ret, "LEEF:2.0|%s|%s|%s|%s|x09|", FACTS_VENDOR, FACTS_VENDOR, INVAR_VERSION,
		event);
	add_text(&l, "cat", span_of(kind ? kind->name : record_type_names[r->type]));
	buf_addf(ret, "\tdevTime=%lld\tsev=%u", (long long)facts_ms(r->time),
		severities[record_severity(r)]);
	add_text(&l, "identHostName", host);
	if (key.n)
		add_text(&l, "resource", key);
	if (r->chained)
		add_number(&l, "sequence", r->seq);
	if (r->type == RECORD_CHANGE)
		add_change(&l, &r->change);
	else
		add_rest(&l, r);
	add_pair(&l, "message", buf_span(&message));
}
