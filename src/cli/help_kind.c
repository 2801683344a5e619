/* Kinds and their fields, from the tables in entity/. */
#include "cli/help.h"

#define FIELD_COLUMN 20

static const char *const type_words[] = {
	[FIELD_TEXT] = "text",
	[FIELD_NUMBER] = "number",
	[FIELD_MODE] = "mode",
	[FIELD_TIME] = "time",
	[FIELD_DIGEST] = "digest",
	[FIELD_DEVICE] = "device",
	[FIELD_CHOICE] = "choice",
	[FIELD_MAP] = "map",
	[FIELD_FLAG] = "flag",
	[FIELD_LIST] = "list",
};

static const char *type_word(const struct field *f)
{
	return f->flags & FIELD_TABLE ? "table" : type_words[f->type];
}

static const struct {
	unsigned flag;
	const char *word, *text;
} flag_words[] = {
	{ FIELD_STANDARD, "standard", "in the shorthand standard, which rules watch by default" },
	{ FIELD_CONTENT, "content", "in the shorthand content" },
	{ FIELD_VOLATILE, "volatile", "shown, never a change by itself" },
	{ FIELD_LOCAL, "local", "says nothing when compared across hosts" },
	{ FIELD_SECRET, "secret", "a keyed digest: tells a change, never the thing itself" },
	{ FIELD_DERIVED, "derived", "comes with other fields, not asked for by name" },
	{ FIELD_CAUSE, "cause", "when it differs, the effects follow from it" },
	{ FIELD_ABOUT, "about", "known to two seconds: less is no difference" },
	{ FIELD_EFFECT, "effect", "counts only when no cause differs: then nothing explains it" },
};

void help_kinds(struct buf *ret)
{
	buf_add_text(ret, "Kinds of entities a policy can watch:\n");
	for (const struct kind *const *k = kinds; *k; k++) {
		AUTO(buf) label = BUF_INIT(256);

		buf_addf(&label, "%2u  %s", (*k)->id, (*k)->name);
		help_row(ret, buf_text(&label), (*k)->text, FIELD_COLUMN);
	}
	buf_add_text(ret, "\nFields of one kind: invar help kind NAME\n");
}

static void add_choices(struct buf *ret, const struct field *f)
{
	if (f->type != FIELD_CHOICE)
		return;
	buf_add_text(ret, "; one of ");
	for (size_t i = 0; f->names[i]; i++)
		buf_addf(ret, "%s%s", i ? ", " : "", f->names[i]);
}

static void add_field(struct buf *ret, const struct field *f)
{
	AUTO(buf) text = BUF_INIT(4096);

	buf_add_text(&text, type_word(f));
	for (size_t i = 0; i < ARRAY_LEN(flag_words); i++)
		if (f->flags & flag_words[i].flag)
			buf_addf(&text, ", %s", flag_words[i].word);
	buf_addf(&text, ": %s", f->text);
	add_choices(&text, f);
	help_row(ret, f->name, buf_text(&text), FIELD_COLUMN);
}

void help_kind(struct buf *ret, const struct kind *k)
{
	uint64_t absent = kind_fields_absent(k);
	AUTO(buf) elsewhere = BUF_INIT(4096);
	unsigned used = 0;

	buf_addf(ret, "Kind %s: %s.\n\nKeys are %s.\n\nFields:\n", k->name, k->text,
		k->hierarchical ? "absolute paths; a rule has a 'base', patterns have sections"
				: "names; '*' and '?' in a pattern match any character");
	for (unsigned i = 0; i < k->n_fields; i++) {
		if (absent & field_bit(i)) {
			buf_addf(&elsewhere, "%s%s", elsewhere.n ? ", " : "", k->fields[i].name);
			continue;
		}
		add_field(ret, &k->fields[i]);
		used |= k->fields[i].flags;
	}
	buf_add_char(ret, '\n');
	for (size_t i = 0; i < ARRAY_LEN(flag_words); i++)
		if (used & flag_words[i].flag)
			help_row(ret, flag_words[i].word, flag_words[i].text, FIELD_COLUMN);
	if (elsewhere.n) {
		AUTO(buf) text = BUF_INIT(4096);

		buf_addf(&text, "on other platforms only: %s", buf_text(&elsewhere));
		buf_add_char(ret, '\n');
		help_row(ret, "not here", buf_text(&text), FIELD_COLUMN);
	}
}

static void add_json_field(struct json *j, const struct field *f)
{
	json_object(j);
	json_text_member(j, "name", f->name);
	json_text_member(j, "type", type_word(f));
	json_name(j, "flags");
	json_array(j);
	for (size_t i = 0; i < ARRAY_LEN(flag_words); i++)
		if (f->flags & flag_words[i].flag)
			(void)json_text(j, span_of(flag_words[i].word));
	json_array_end(j);
	if (f->type == FIELD_CHOICE) {
		json_name(j, "choices");
		json_array(j);
		for (size_t i = 0; f->names[i]; i++)
			(void)json_text(j, span_of(f->names[i]));
		json_array_end(j);
	}
	json_text_member(j, "text", f->text);
	json_object_end(j);
}

void help_kind_json(struct buf *ret, const struct kind *k, struct span host)
{
	struct json j = JSON_INIT(ret);

	json_envelope(&j, host, "kind");
	json_text_member(&j, "kind", k->name);
	json_text_member(&j, "text", k->text);
	json_number_member(&j, "id", k->id);
	json_bool_member(&j, "hierarchical", k->hierarchical);
	json_name(&j, "fields");
	json_array(&j);
	for (size_t i = 0; i < k->n_fields; i++)
		add_json_field(&j, &k->fields[i]);
	json_array_end(&j);
	json_object_end(&j);
	buf_add_char(ret, '\n');
}
