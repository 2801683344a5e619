#include "policy/import/hive.h"

#include <ctype.h>

#include "core/attr.h"
#include "core/escape.h"
#include "entity/registry_key.h"
#include "entity/registry_value.h"
#include "policy/import/paths.h"

struct span hive_pattern(struct arena *a, struct span text, char wildcard)
{
	AUTO(buf) b = BUF_INIT(16384);
	bool exact;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (wildcard && (c == wildcard || c == '*')) {
			buf_add_char(&b, '*');
		} else if (c == '*' || c == '?' || c == '[') {
			buf_addf(&b, "[%c]", c);
		} else if (c == '$') {
			buf_add_char(&b, '?'); /* "${" would be a variable */
		} else {
			buf_add_char(&b, c);
		}
	}
	while (b.n && b.p[b.n - 1] == '\\')
		b.n--;
	return paths_printable(a, arena_copy(a, buf_span(&b)), &exact);
}

/* "**" as a whole section, which a base may not be, and all behind it; "a**" is as "a*". */
static struct span cut_deep(struct span key, struct span *ret_below)
{
	struct span rest = key, section;
	const char *at = key.p;

	*ret_below = SPAN_NONE;
	while (span_cut(&rest, '\\', &section)) {
		if (span_is(section, "**")) {
			*ret_below =
				(struct span){ section.p, (size_t)(key.p + key.n - section.p) };
			return (struct span){ key.p, at == key.p ? 0 : (size_t)(at - key.p) };
		}
		at = section.p + section.n;
	}
	return key;
}

/* In hex, as YAML's double quotes have it: it never ends the line or the text. */
static const char *quoted(struct arena *a, struct span s)
{
	AUTO(buf) b = BUF_INIT(32768);

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_add_char(&b, '\\');
		buf_add_char(&b, s.p[i]);
	}
	return arena_text(a, buf_span(&b));
}

static bool starts_as(struct span key, const char *hive)
{
	size_t n = strlen(hive);

	if (key.n < n || (key.n > n && key.p[n] != '\\'))
		return false;
	for (size_t i = 0; i < n; i++)
		if (toupper((unsigned char)key.p[i]) != hive[i])
			return false;
	return true;
}

static bool hive_known(struct span key)
{
	static const char *const hives[] = { "HKEY_LOCAL_MACHINE", "HKLM", "HKEY_USERS", "HKU",
		"HKEY_CLASSES_ROOT", "HKCR", "HKEY_CURRENT_CONFIG", "HKCC" };

	for (size_t i = 0; i < ARRAY_LEN(hives); i++)
		if (starts_as(key, hives[i]))
			return true;
	return false;
}

static void add(struct import *x, const struct hive_rule *r, const struct kind *kind,
	struct span base, const struct import_pattern *include)
{
	struct arena *a = import_arena(x);
	const char *extra[3] = { NULL };
	size_t n = 0;
	struct import_rule rule = { .id = span_of(r->id),
		.title = span_of(r->title),
		.severity = r->severity,
		.kind = kind,
		.bases = &base,
		.n_bases = 1,
		.include = include,
		.n_include = include ? 1 : 0,
		.exclude = r->exclude,
		.n_exclude = r->n_exclude,
		.extra = extra,
		.line = r->line };
	bool key = kind == &kind_registry_key;

	if (r->levels >= 0 && !include) /* of keys, those in it, too: they come and go */
		extra[n++] = arena_format(a, "depth: %d",
			key && r->levels < 128 ? r->levels + 1 : r->levels);
	if (r->value.n)
		extra[n++] = arena_format(a, "values: [\"%s\"]", quoted(a, r->value));
	import_add(x, &rule);
}

void hive_add(struct import *x, const struct hive_rule *r)
{
	struct span below, base = cut_deep(r->key, &below);
	struct import_pattern include = { .key = below };

	if (!hive_known(base)) {
		bool exact;
		struct span shown = { base.p, base.n > 200 ? 200 : base.n };

		import_note(x, r->line, "key %s: %s",
			arena_text(import_arena(x),
				paths_printable(import_arena(x), shown, &exact)),
			starts_as(base, "HKEY_CURRENT_USER") || starts_as(base, "HKCU")
				? "the current user is another one for each program; write "
				  "HKU\\{users}"
				: "no hive that is known here");
		return;
	}
	add(x, r, &kind_registry_value, base, below.n ? &include : NULL);
	if (!r->value.n)
		add(x, r, &kind_registry_key, base, below.n ? &include : NULL);
}
