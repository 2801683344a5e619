#include "os/windows/fault.h"
#include "os/windows/security.h"
#include "os/windows/wide.h"
#include "sensor/file/file_attributes.h"
#include "sensor/file/file_reader_windows.h"
#include "sensor/file/file_reparse.h"

#define SID_TEXT_MAX 200
#define ACL_TEXT_MAX ((size_t)256 << 10)

void finding_of(struct finding *f, NTSTATUS s, const char *what)
{
	struct err e;
	int code = err_windows(&e, nt_code(s), "%s", what);

	f->reason = code == ERR_DENIED ? GAP_DENIED : nt_is_cancelled(s) ? GAP_TIMEOUT : GAP_IO;
	snprintf(f->text, sizeof f->text, "%s", e.text);
}

HANDLE reader_open(struct reader *r, const struct folder *f, struct span name, ACCESS_MASK access,
	ULONG options, NTSTATUS *ret_status)
{
	size_t n;
	wchar_t *w = wide_from_text(r->arena, name, &n);

	return nt_open(f->handle, w, n, access, options, ret_status);
}

static void set_text(struct job *j, unsigned field, const struct buf *text)
{
	record_set_bytes(&j->record, field, arena_copy(j->reader->arena, buf_span(text)));
}

/* ---- what one question tells ---- */

/* A stream has a size and content; all else is its file's. */
static void local_facts(struct job *j)
{
	struct record *r = &j->record;

	record_set_time(r, FILE_MTIME, j->facts.written);
	record_set_time(r, FILE_CTIME, j->facts.changed);
	record_set_time(r, FILE_BTIME, j->facts.created);
	record_set_number(r, FILE_NLINK, j->facts.nlink);
	if (j->facts.id && !j->stream) /* what moves is the file */
		record_set_number(r, FILE_INODE, j->facts.id);
	record_set_number(r, FILE_DEVICE, j->folder->device);
}

void facts_set(struct job *j, uint64_t fields)
{
	struct buf *text = &j->reader->text;

	record_set_number(&j->record, FILE_TYPE, j->type);
	local_facts(j);
	if ((fields & field_bit(FILE_SIZE)) && j->type == FILE_REGULAR)
		record_set_number(&j->record, FILE_SIZE, j->facts.size);
	if (j->stream)
		return;
	if (fields & field_bit(FILE_ATTRIBUTES)) {
		buf_clear(text);
		file_attributes_text(j->facts.attributes, text);
		set_text(j, FILE_ATTRIBUTES, text);
	}
	if ((fields & field_bit(FILE_REPARSE)) && j->tag) {
		buf_clear(text);
		file_reparse_name(j->tag, text);
		set_text(j, FILE_REPARSE, text);
	}
}

void target_set(struct job *j)
{
	struct reader *r = j->reader;
	NTSTATUS s;

	if (!j->tag || !(j->sel.fields & field_bit(FILE_TARGET)))
		return;
	buf_clear(&r->bytes);
	buf_clear(&r->text);
	s = nt_reparse(j->handle, &r->bytes);
	if (!s && file_reparse_target(buf_span(&r->bytes), &r->text)) {
		if (r->text.n)
			set_text(j, FILE_TARGET, &r->text);
		return;
	}
	j->unknown |= field_bit(FILE_TARGET);
	if (s)
		finding_of(&j->finding, s, "cannot read the link");
	else
		j->finding = (struct finding){ GAP_FORMAT, "its reparse point makes no sense" };
}

/* ---- rights ---- */

static void sid_texts(struct span sid, struct buf *ret_sid, struct buf *ret_name)
{
	buf_clear(ret_sid);
	buf_clear(ret_name);
	if (sid.n == 0 || !sid_to_text(sid, ret_sid))
		return;
	buf_add_span(ret_name, sid_name(sid));
}

/* The texts of a descriptor; false: its bytes make no sense. */
static bool learn(struct rights *x, struct station *s, struct span bytes, SECURITY_INFORMATION what)
{
	struct descriptor d;

	x->known = descriptor_parse(bytes, &d);
	if (!x->known)
		return false;
	x->what = what;
	x->has_sacl = (what & SACL_SECURITY_INFORMATION) != 0;
	buf_clear(&x->bytes);
	buf_add_span(&x->bytes, bytes);
	atomic_store(&s->free, true); /* names may be asked of another machine */
	sid_texts(d.owner, &x->owner_sid, &x->owner);
	sid_texts(d.group, &x->group_sid, &x->group);
	atomic_store(&s->free, false);
	buf_clear(&x->dacl);
	acl_to_text(&d, 'd', &x->dacl);
	buf_clear(&x->sacl);
	if (x->has_sacl)
		acl_to_text(&d, 's', &x->sacl);
	return true;
}

void rights_done(struct rights *x)
{
	struct buf *bufs[] = { &x->bytes, &x->owner, &x->group, &x->owner_sid, &x->group_sid,
		&x->dacl, &x->sacl };

	for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
		buf_done(bufs[i]);
}

void rights_init(struct rights *x)
{
	x->bytes = x->dacl = x->sacl = BUF_INIT(ACL_TEXT_MAX);
	x->owner = x->group = BUF_INIT(4096);
	x->owner_sid = x->group_sid = BUF_INIT(SID_TEXT_MAX);
}

/* Names that cannot be told just now are as they were; that of a deleted account is none. */
static void set_rights(struct job *j, const struct rights *x)
{
	const struct {
		unsigned field;
		const struct buf *text;
		bool has;
	} rows[] = {
		{ FILE_OWNER_SID, &x->owner_sid, x->owner_sid.n > 0 },
		{ FILE_GROUP_SID, &x->group_sid, x->group_sid.n > 0 },
		{ FILE_OWNER, &x->owner, x->owner.n > 0 },
		{ FILE_GROUP, &x->group, x->group.n > 0 },
		{ FILE_DACL, &x->dacl, !x->dacl.full },
		{ FILE_SACL, &x->sacl, x->has_sacl && !x->sacl.full },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t bit = field_bit(rows[i].field);

		if (!(j->sel.fields & bit))
			continue;
		if (rows[i].has)
			set_text(j, rows[i].field, rows[i].text);
		else if (rows[i].field != FILE_SACL)
			j->unknown |= bit;
	}
}

void rights_set(struct job *j)
{
	struct reader *r = j->reader;
	struct rights *x = &r->rights;
	SECURITY_INFORMATION what =
		OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
	NTSTATUS s;

	if (!(j->sel.fields & FACTS_RIGHTS) || j->stream)
		return;
	if (j->audit)
		what |= SACL_SECURITY_INFORMATION;
	buf_clear(&r->bytes);
	s = j->rights_denied ? j->rights_denied : nt_descriptor(j->handle, what, &r->bytes);
	if (s) {
		j->unknown |= FACTS_RIGHTS & j->sel.fields;
		finding_of(&j->finding, s, "cannot read who owns it and who may do what");
		return;
	}
	if (!x->known || x->what != what || !span_same(buf_span(&x->bytes), buf_span(&r->bytes)))
		if (!learn(x, r->station, buf_span(&r->bytes), what)) {
			j->unknown |= FACTS_RIGHTS & j->sel.fields;
			j->finding = (struct finding){ GAP_FORMAT,
				"its security descriptor makes no sense" };
			return;
		}
	set_rights(j, x);
}
