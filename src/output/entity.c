/* What an entity is in a few words, and what it is called. */
#include "core/escape.h"
#include "entity/file.h"
#include "entity/key_typed.h"
#include "entity/list.h"
#include "output/output.h"

#define FIELDS_SHOWN 8 /* of an entity that came or went */
#define WORDS_SHOWN 4  /* of a list of it */

static bool has_field(const struct record *r, const char *name)
{
	int i = kind_field(r->kind, span_of(name));

	return i >= 0 && record_has(r, (unsigned)i);
}

/* Of a file: what it is, its rights, its texts and its size; a number of an owner who has no name.
 * Not what nearly every file of a file system has alike. */
static bool tells_of_path(const struct record *r, unsigned field)
{
	const struct field *f = &r->kind->fields[field];

	if (f->type == FIELD_TEXT && r->v[field].bytes.n == 0)
		return false;
	if (strcmp(f->name, "flags") == 0 || strcmp(f->name, "label") == 0)
		return false;
	if (strcmp(f->name, "uid") == 0)
		return !has_field(r, "owner");
	if (strcmp(f->name, "gid") == 0)
		return !has_field(r, "group");
	return f->type == FIELD_CHOICE || f->type == FIELD_MODE || f->type == FIELD_TEXT ||
	       strcmp(f->name, "size") == 0;
}

static bool ends_part(char c)
{
	return c == ':' || c == '@' || c == '#';
}

/* The key is in front, on the same line, and says it: "sshd" of "sshd:auth:pam_unix.so". */
static bool key_says(struct span key, struct span value)
{
	struct span rest = key;

	while (value.n && rest.n >= value.n) {
		const char *hit = span_find(rest, value);
		const char *end = key.p + key.n;

		if (!hit)
			return false;
		if ((hit == key.p || ends_part(hit[-1])) &&
			(hit + value.n == end || ends_part(hit[value.n])))
			return true;
		rest = span_from_offset(rest, (size_t)(hit - rest.p) + 1);
	}
	return false;
}

/* Worth a word when an entity is named. What is not so, or empty, is not told. */
static bool tells(const struct record *r, unsigned field)
{
	const struct field *f = &r->kind->fields[field];

	if (!record_has(r, field) || !(f->flags & FIELD_STANDARD) || (f->flags & FIELD_LOCAL))
		return false;
	if (r->kind->hierarchical)
		return tells_of_path(r, field);
	switch (f->type) {
	case FIELD_DIGEST:
	case FIELD_TIME:
	case FIELD_MAP:
		return false;
	case FIELD_FLAG:
		return r->v[field].number != 0;
	case FIELD_TEXT:
		return r->v[field].bytes.n > 0 && !key_says(r->key, r->v[field].bytes);
	case FIELD_LIST:
		return list_of(r->v[field].bytes).left > 0;
	case FIELD_NUMBER:
	case FIELD_MODE:
	case FIELD_DEVICE:
	case FIELD_CHOICE:
		return true;
	}
	return false;
}

/* In brackets where there are several: the line is full of commas. */
static void add_list(struct buf *ret, const struct field *f, union value v,
	const struct text_style *style)
{
	struct list l = list_of(v.bytes);
	bool several = l.left > 1;
	struct span item;

	buf_add_text(ret, several ? "[" : "");
	if (l.left <= WORDS_SHOWN || style->full) {
		text_value_styled(ret, f, v, style);
	} else {
		for (unsigned i = 0; i < WORDS_SHOWN && list_next(&l, &item); i++) {
			text_foreign(ret, item, style);
			buf_add_text(ret, ", ");
		}
		buf_addf(ret, "… %llu more", (unsigned long long)l.left);
	}
	buf_add_text(ret, several ? "]" : "");
}

/* In quotes where it could pass for more than one word of the line. */
static void add_text(struct buf *ret, struct span text, const struct text_style *style)
{
	const char *quote = span_find(text, span_of(", ")) ? "\"" : "";

	buf_add_text(ret, quote);
	text_foreign(ret, text, style);
	buf_add_text(ret, quote);
}

static void add_word(struct buf *ret, const struct record *r, unsigned field,
	const struct text_style *style)
{
	const struct field *f = &r->kind->fields[field];
	bool bare = (f->flags & FIELD_SPEAKS) || strcmp(f->name, "size") == 0;

	if (f->type == FIELD_FLAG) {
		buf_add_text(ret, f->name);
		return;
	}
	if (!bare)
		buf_addf(ret, "%s ", f->name);
	if (f->type == FIELD_LIST)
		add_list(ret, f, r->v[field], style);
	else if (f->type == FIELD_TEXT)
		add_text(ret, r->v[field].bytes, style);
	else
		text_value_styled(ret, f, r->v[field], style);
}

/* The size alone would let one think that the content is known, too. */
static const char *content_unknown(const struct record *r)
{
	if (r->kind != &kind_file || !record_has(r, FILE_CONTENT) ||
		r->v[FILE_CONTENT].number != CONTENT_TOO_LARGE)
		return NULL;
	return record_has(r, FILE_EXTENTS) ? "content watched in part: too large"
					   : "content not watched: too large";
}

/* What is so is always told: it is short, and often the point. */
void text_entity(struct buf *ret, const struct record *r, const struct text_style *style)
{
	const char *content = content_unknown(r), *between = "";
	unsigned n = 0;

	for (unsigned i = 0; i < r->kind->n_fields; i++) {
		enum field_type type = r->kind->fields[i].type;
		bool always = type == FIELD_FLAG || type == FIELD_CHOICE;

		if (!tells(r, i) || (!always && n++ >= FIELDS_SHOWN && !style->full))
			continue;
		buf_add_text(ret, between);
		add_word(ret, r, i, style);
		between = ", ";
	}
	if (n > FIELDS_SHOWN && !style->full)
		buf_add_text(ret, ", …");
	if (content)
		buf_addf(ret, "%s%s", between, content);
}

/* Only a path says by itself of which kind it is: a value of the registry may look like a key. */
void text_key(struct buf *ret, const struct kind *k, struct span key)
{
	if (!k->hierarchical || k->keys != KEYS_PLAIN)
		buf_addf(ret, key.n ? "%s " : "kind %s", k->name);
	key_show(k, key, ret);
}

void text_range(struct buf *ret, const struct kind *k, struct span key)
{
	if (k->hierarchical) {
		text_key(ret, k, key);
		buf_add_text(ret, " and everything below");
	} else if (key.n == 0) {
		buf_addf(ret, "all of kind %s", k->name);
	} else {
		buf_addf(ret, "every %s whose key begins with '", k->name);
		key_show(k, key, ret);
		buf_add_char(ret, '\'');
	}
}
