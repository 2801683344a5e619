#include "output/facts.h"

#include <stdio.h>

#include "core/escape.h"
#include "core/hex.h"
#include "entity/file.h"
#include "entity/key.h"
#include "entity/list.h"
#include "output/format.h"
#include "output/output.h"

static const char *const verbs[CHANGE_TYPE_N] = { "created", "modified", "deleted", "renamed" };

/* Of what is no change. */
static const struct {
	const char *event, *name;
	enum severity severity;
} others[RECORD_TYPE_N] = {
	[RECORD_GAP] = { "invar.gap", "Part of the host could not be observed", SEVERITY_MEDIUM },
	[RECORD_LOSS] = { "invar.loss", "Changes may have gone unseen", SEVERITY_HIGH },
	[RECORD_REPAIR] = { "invar.repair", "What went unseen was looked at again", SEVERITY_INFO },
	[RECORD_DECISION] = { "invar.decision", "Approved state changed by decision",
		SEVERITY_INFO },
	[RECORD_COVERAGE] = { "invar.coverage", "Host observed", SEVERITY_INFO },
	[RECORD_NOTE] = { "invar.note", "Note", SEVERITY_INFO },
};

enum severity record_severity(const struct ledger_record *r)
{
	if (r->type == RECORD_CHANGE)
		return r->change.verdict == VERDICT_UNEXPLAINED ? r->change.severity
								: SEVERITY_INFO;
	if (r->type == RECORD_NOTE && span_is(r->note.what, NOTE_MISSING))
		return SEVERITY_HIGH;
	if (r->type == RECORD_NOTE && span_is(r->note.what, NOTE_POLICY))
		return SEVERITY_MEDIUM;
	return others[r->type].severity;
}

void facts_event(const struct ledger_record *r, char ret[FACTS_EVENT])
{
	if (r->type == RECORD_CHANGE)
		snprintf(ret, FACTS_EVENT, "%s.%s", r->change.kind->name, verbs[r->change.type]);
	else
		snprintf(ret, FACTS_EVENT, "%s", others[r->type].event);
}

/* What changed of a file, in a word. */
static const char *aspect(const struct change *c)
{
	static const uint64_t content =
		UINT64_C(1) << FILE_SHA256 | UINT64_C(1) << FILE_SIZE | UINT64_C(1) << FILE_CONTENT;
	static const uint64_t rights = UINT64_C(1) << FILE_MODE | UINT64_C(1) << FILE_UID |
				       UINT64_C(1) << FILE_GID | UINT64_C(1) << FILE_ACL |
				       UINT64_C(1) << FILE_CAPS | UINT64_C(1) << FILE_LABEL;

	if (c->kind != &kind_file || c->type != CHANGE_UPDATED)
		return NULL;
	if (c->fields & content)
		return "content changed";
	return c->fields & rights ? "permissions changed" : "attributes changed";
}

void facts_name(const struct ledger_record *r, char ret[FACTS_NAME])
{
	const struct change *c = &r->change;
	const char *what;

	if (r->type != RECORD_CHANGE) {
		snprintf(ret, FACTS_NAME, "%s", others[r->type].name);
		return;
	}
	what = aspect(c);
	snprintf(ret, FACTS_NAME, "%s %s", c->kind->noun ? c->kind->noun : c->kind->name,
		what ? what : verbs[c->type]);
	if (ret[0] >= 'a' && ret[0] <= 'z')
		ret[0] = (char)(ret[0] - 'a' + 'A');
}

void facts_entity(const struct ledger_record *r, const struct kind **ret_kind, struct span *ret_key)
{
	*ret_kind = NULL;
	*ret_key = SPAN_NONE;
	if (r->type == RECORD_CHANGE) {
		*ret_kind = r->change.kind;
		*ret_key = r->change.key;
	} else if (r->type == RECORD_GAP) {
		*ret_kind = r->gap.kind;
		*ret_key = r->gap.key;
	} else if (r->type == RECORD_LOSS) {
		*ret_kind = r->loss.kind;
		*ret_key = r->loss.scope;
	}
}

void facts_show(struct buf *ret, struct span s)
{
	if (escape_needed(s))
		escape_text(ret, s);
	else
		buf_add_span(ret, s);
}

struct span facts_cut(struct span s, size_t n)
{
	if (s.n <= n)
		return s;
	while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return span_from(s.p, n);
}

int64_t facts_ms(int64_t ns)
{
	int64_t ms = ns / 1000000;

	return ns < 0 && ns % 1000000 ? ms - 1 : ms;
}

static const struct field *find(const struct record *r, const char *name, union value *ret)
{
	int i = r ? kind_field(r->kind, span_of(name)) : -1;

	if (i < 0 || !record_has(r, (unsigned)i))
		return NULL;
	*ret = r->v[i];
	return &r->kind->fields[i];
}

bool facts_number(const struct record *r, const char *field, uint64_t *ret)
{
	union value v;
	const struct field *f = find(r, field, &v);

	if (!f || (f->type != FIELD_NUMBER && f->type != FIELD_CHOICE && f->type != FIELD_MODE &&
			  f->type != FIELD_FLAG))
		return false;
	*ret = v.number;
	return true;
}

bool facts_time(const struct record *r, const char *field, int64_t *ret)
{
	union value v;
	const struct field *f = find(r, field, &v);

	if (!f || f->type != FIELD_TIME)
		return false;
	*ret = v.time;
	return true;
}

bool facts_bytes(const struct record *r, const char *field, struct span *ret)
{
	union value v;
	const struct field *f = find(r, field, &v);

	if (!f || f->type != FIELD_TEXT)
		return false;
	*ret = v.bytes;
	return true;
}

bool facts_list_first(const struct record *r, const char *field, struct span *ret)
{
	union value v;
	const struct field *f = find(r, field, &v);
	struct list l;

	if (!f || f->type != FIELD_LIST)
		return false;
	l = list_of(v.bytes);
	return list_next(&l, ret);
}

bool facts_value(struct buf *ret, const struct record *r, const char *field)
{
	union value v;
	const struct field *f = find(r, field, &v);

	if (!f)
		return false;
	if (f->type == FIELD_NUMBER)
		buf_addf(ret, "%llu", (unsigned long long)v.number);
	else if (f->type == FIELD_TEXT)
		facts_show(ret, v.bytes);
	else
		text_value(ret, f, v);
	return true;
}

static const char *last_separator(struct span path)
{
	if (path.n < 2)
		return NULL;
	return span_last(path, path_is_windows(path) ? '\\' : '/');
}

struct span facts_base(struct span path)
{
	const char *slash = last_separator(path);

	return slash ? span_from_offset(path, (size_t)(slash - path.p) + 1) : path;
}

struct span facts_folder(struct span path)
{
	const char *slash = last_separator(path);

	if (!slash)
		return SPAN_NONE;
	if (path_is_windows(path))
		return key_folder(&kind_file, path);
	return span_from(path.p, slash == path.p ? 1 : (size_t)(slash - path.p));
}

void facts_fields(struct buf *ret, const struct change *c)
{
	const char *between = "";

	for (unsigned i = 0; i < c->kind->n_fields; i++) {
		if (!(c->fields & field_bit(i)))
			continue;
		buf_addf(ret, "%s%s", between, c->kind->fields[i].name);
		between = ",";
	}
}

/* Lines, their indentation off, joined. */
static void add_joined(struct buf *ret, struct span lines)
{
	const char *between = "";
	struct span line;

	while (span_cut(&lines, '\n', &line)) {
		bool gap = false;

		while (line.n && line.p[0] == ' ')
			line = span_from_offset(line, 1);
		if (!line.n)
			continue;
		buf_add_text(ret, between);
		for (size_t i = 0; i < line.n; i++) { /* columns are for terminals */
			bool space = line.p[i] == ' ';

			if (!space || !gap)
				buf_add_char(ret, line.p[i]);
			gap = space;
		}
		between = "; ";
	}
}

void facts_difference(struct buf *ret, const struct change *c)
{
	const struct text_style style = { .text_max = 400 };
	/* of a shortened record not all is there */
	uint64_t there = (c->was ? c->was->has : 0) | (c->is ? c->is->has : 0);
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);

	if (c->type == CHANGE_CREATED || c->type == CHANGE_DELETED)
		text_entity(&text, c->is ? c->is : c->was, &style);
	else
		text_difference(&text, c->was, c->is, c->fields & there, &style);
	add_joined(ret, buf_span(&text));
}

static void add_program(struct buf *ret, const struct who_also *x)
{
	facts_show(ret, x->exe.n ? facts_base(x->exe) : span_of("what is not known"));
	if (x->place & WHO_REPLACED)
		buf_add_text(ret, ", not the host's file,");
}

static void add_also(struct buf *ret, const struct who *w)
{
	uint32_t more = who_unnamed(w);

	for (size_t i = 0; i < w->n_also; i++)
		if (who_is_own(w, &w->also[i])) {
			buf_add_text(ret, ", before that ");
			add_program(ret, &w->also[i]);
		}
	for (size_t i = 0; i < w->n_also; i++) {
		const struct who_also *x = &w->also[i];

		if (who_is_own(w, x))
			continue;
		buf_add_text(ret, ", also ");
		add_program(ret, x);
		buf_addf(ret, " (pid %u)", x->pid);
	}
	if (more)
		buf_addf(ret, ", and %u more", more);
}

/* ", by alice (vim, pid 911), before that evil, also touch (pid 912)" */
static void add_who(struct buf *ret, const struct who *w)
{
	struct span exe = w->exe.n ? facts_base(w->exe) : w->comm;
	struct span user = w->login.n ? w->login : w->user;

	buf_add_text(ret, ", by ");
	if (user.n)
		facts_show(ret, user);
	else if (w->uid != WHO_NONE)
		buf_addf(ret, "uid %u", w->uid);
	else
		buf_add_text(ret, "somebody");
	buf_add_text(ret, " (");
	if (exe.n) {
		facts_show(ret, exe);
		buf_add_text(ret, w->place & WHO_REPLACED ? ", not the host's file, " : ", ");
	}
	buf_addf(ret, "pid %u)", w->pid);
	add_also(ret, w);
}

static void add_change(struct buf *ret, const struct change *c)
{
	const char *what = aspect(c);

	if (!c->kind->hierarchical) /* a path speaks for itself */
		buf_addf(ret, "%s ", c->kind->name);
	facts_show(ret, c->type == CHANGE_RENAMED ? c->old_key : c->key);
	if (c->type == CHANGE_RENAMED) {
		buf_add_text(ret, " renamed to ");
		facts_show(ret, c->key);
	} else {
		buf_addf(ret, " %s", what ? what : verbs[c->type]);
	}
	if (c->who)
		add_who(ret, c->who);
	if (c->verdict == VERDICT_EXPLAINED) {
		buf_add_text(ret, ", explained by ");
		facts_show(ret, c->proof.by);
		buf_add_char(ret, ' ');
		facts_show(ret, c->proof.package);
	} else if (c->verdict == VERDICT_COSMETIC) {
		buf_add_text(ret, ", cosmetic");
	}
}

static void add_range(struct buf *ret, const struct kind *k, struct span scope)
{
	if (k)
		text_range(ret, k, scope);
	else
		buf_add_text(ret, "every kind");
}

static void add_loss(struct buf *ret, const struct loss_note *l)
{
	add_range(ret, l->kind, l->scope);
	buf_add_text(ret, ": changes may have gone unseen (");
	facts_show(ret, l->means);
	if (l->count)
		buf_addf(ret, ", %llu lost", (unsigned long long)l->count);
	buf_add_char(ret, ')');
	if (l->text.n) {
		buf_add_text(ret, ": ");
		facts_show(ret, l->text);
	}
}

static void add_repair(struct buf *ret, const struct repair_note *p)
{
	buf_addf(ret, "loss %llu repaired: %llu looked at, %llu differ",
		(unsigned long long)p->loss, (unsigned long long)p->entities,
		(unsigned long long)p->changes);
	if (p->text.n) {
		buf_add_text(ret, ": ");
		facts_show(ret, p->text);
	}
}

void facts_message(struct buf *ret, const struct ledger_record *r)
{
	const struct text_style style = { .text_max = 400 };
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);

	switch (r->type) {
	case RECORD_CHANGE:
		add_change(ret, &r->change);
		return;
	case RECORD_LOSS:
		add_loss(ret, &r->loss);
		return;
	case RECORD_REPAIR:
		add_repair(ret, &r->repair);
		return;
	case RECORD_GAP:
	case RECORD_DECISION:
	case RECORD_COVERAGE:
	case RECORD_NOTE:
	case RECORD_TYPE_N:
		break;
	}
	text_record(&text, r, &style);
	/* without the sign in front */
	add_joined(ret, span_from_offset(buf_span(&text), text.n > 2 ? 2 : 0));
}
