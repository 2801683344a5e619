#include "policy/import/wazuh.h"

#include <limits.h>
#include <stdlib.h>

#include "core/fold.h"
#include "entity/file.h"
#include "entity/registry_key.h"
#include "entity/registry_value.h"
#include "policy/bind.h"
#include "policy/print.h"

#define LINES_MAX 2048
#define LEVELS_MAX 6 /* deeper limits are not written out */
#define EXTRA_MAX 10

struct lines {
	struct import_pattern *list;
	size_t n;
	bool full;
};

struct made {
	struct wazuh *w;
	const struct wazuh_entry *entry;
	struct lines include, exclude;
	const char *fields[24], *extra[EXTRA_MAX];
	size_t n_fields, n_extra;
	bool none; /* all of it is ignored */
};

static void add_line(struct lines *l, struct arena *a, struct span key)
{
	if (!l->list)
		l->list = arena_get(a, LINES_MAX * sizeof *l->list);
	for (size_t i = 0; i < l->n; i++)
		if (span_same(l->list[i].key, key))
			return;
	if (l->n == LINES_MAX)
		l->full = true;
	else
		l->list[l->n++].key = key;
}

static char separator(const struct wazuh_entry *entry)
{
	return entry->paths == SREGEX_POSIX ? '/' : '\\';
}

/* ---- which ---- */

/* The pattern behind what wildcards left of the base. */
static struct span behind_wildcards(struct made *r, struct span pattern)
{
	struct arena *a = r->w->a;

	if (!r->entry->below.n)
		return pattern;
	return span_of(arena_format(a, "%s%c%s", arena_text(a, r->entry->below),
		separator(r->entry), arena_text(a, pattern)));
}

static void add_include(struct made *r, struct span pattern)
{
	add_line(&r->include, r->w->a, behind_wildcards(r, pattern));
}

static void add_stars(struct buf *b, size_t n, char c)
{
	for (size_t i = 0; i < n; i++) {
		if (b->n)
			buf_add_char(b, c);
		buf_add_char(b, '*');
	}
}

/* A pattern whose "**", in front and behind, stand for no more sections than there may be. */
static void add_limited(struct made *r, struct span pattern, size_t most)
{
	char c = separator(r->entry);
	const char front_text[] = { '*', '*', c, 0 }, back_text[] = { c, '*', '*', 0 };
	struct span front = span_of(front_text), back = span_of(back_text);
	bool any = span_is(pattern, "**"), before = any || span_starts(pattern, front), behind;
	size_t core = 0;

	if (any)
		pattern.n = 0;
	else if (before)
		pattern = span_from_offset(pattern, front.n);
	behind = pattern.n >= back.n && memcmp(pattern.p + pattern.n - back.n, back.p, back.n) == 0;
	if (behind)
		pattern.n -= back.n;
	for (size_t i = 0; i < pattern.n; i++)
		core += pattern.p[i] == c;
	core += pattern.n > 0;
	for (size_t f = 0; f <= (before ? most : 0); f++)
		for (size_t b = 0; b <= (behind ? most : 0); b++) {
			AUTO(buf) made = BUF_INIT(1 << 20);

			if (f + core + b > most || f + core + b == 0)
				continue;
			add_stars(&made, f, c);
			if (made.n && pattern.n)
				buf_add_char(&made, c);
			buf_add_span(&made, pattern);
			add_stars(&made, b, c);
			add_include(r, arena_copy(r->w->a, buf_span(&made)));
		}
}

static void add_all_patterns(struct made *r, const struct span *list, size_t n)
{
	unsigned levels = r->entry->levels;

	if (levels != UINT_MAX && levels > LEVELS_MAX) {
		import_note(r->w->x, r->entry->node->line,
			"recursion_level %u is not taken over: everything below is watched",
			levels);
		levels = UINT_MAX;
	}
	for (size_t i = 0; i < n; i++)
		if (levels == UINT_MAX)
			add_include(r, list[i]);
		else
			add_limited(r, list[i], levels + 1);
}

static void note_case(struct made *r, const struct xml *node)
{
	if (r->entry->paths == SREGEX_POSIX && !r->w->noted_case)
		import_note(r->w->x, node->line, "texts of sregex ignore case there, not here");
	r->w->noted_case = r->w->noted_case || r->entry->paths == SREGEX_POSIX;
}

static void read_includes(struct made *r, const char *restrict_name)
{
	const struct wazuh_entry *entry = r->entry;
	const char *limit = xml_attribute(entry->node, restrict_name);
	struct span all = span_of("**");
	struct sregex s = { .all = true };

	if (limit && *limit && entry->below.n) {
		import_note(r->w->x, entry->node->line,
			"'%s' beside wildcards in the path is not taken over: more is watched",
			restrict_name);
	} else if (limit && *limit) {
		sregex_read(r->w->a, span_of(limit), entry->real, entry->paths, &s);
		note_case(r, entry->node);
	}
	if (s.refused)
		import_note(r->w->x, entry->node->line,
			"'%s' is not taken over, since it negates or is too much: more is watched",
			restrict_name);
	if (!s.all && !s.refused)
		add_all_patterns(r, s.list, s.n);
	else if (entry->levels != UINT_MAX || entry->below.n)
		add_all_patterns(r, &all, 1);
}

static void read_ignored(struct made *r, const struct wazuh_ignored *list, size_t n)
{
	const struct wazuh_entry *entry = r->entry;
	struct sregex s;

	for (size_t i = 0; i < n && !r->none; i++) {
		if (list[i].sregex)
			sregex_read(r->w->a, list[i].text, entry->real, entry->paths, &s);
		else
			sregex_prefix(r->w->a, list[i].text, entry->real, entry->paths, &s);
		if (list[i].sregex)
			note_case(r, list[i].node);
		if (s.refused) {
			import_note(r->w->x, list[i].node->line,
				"'%s' is left out, since it negates or is too much",
				list[i].node->name);
			continue;
		}
		r->none = s.all;
		for (size_t k = 0; k < s.n; k++)
			add_line(&r->exclude, r->w->a, behind_wildcards(r, s.list[k]));
	}
}

/* A folder with an entry of its own is looked at by that one alone. */
static void read_nested(struct made *r, const struct wazuh_entry *list, size_t n)
{
	const struct wazuh_entry *entry = r->entry;
	char c = separator(entry);

	for (size_t i = 0; i < n; i++) {
		struct span rest, other = list[i].real;
		size_t depth = 0;
		bool below = list[i].paths == entry->paths &&
			     (entry->paths == SREGEX_POSIX ? span_starts(other, entry->real)
							   : fold_starts(other, entry->real, NULL));

		if (!below || other.n <= entry->real.n + 1 || other.p[entry->real.n] != c)
			continue;
		rest = span_from_offset(other, entry->real.n + 1);
		for (size_t k = 0; k < rest.n; k++)
			depth += rest.p[k] == c;
		if (list[i].below.n || memchr(rest.p, '*', rest.n) || memchr(rest.p, '?', rest.n) ||
			(entry->levels != UINT_MAX && entry->levels <= depth))
			continue;
		add_line(&r->exclude, r->w->a,
			span_of(arena_format(r->w->a, "%s%c**", arena_text(r->w->a, rest), c)));
	}
}

/* ---- what ---- */

static const struct {
	unsigned check;
	const char *fields[3], *windows[3], *key, *value;
} checks[] = {
	{ CHECK_SIZE, { "size" }, { "size" }, NULL, "size" },
	{ CHECK_PERM, { "mode", "acl" }, { "dacl" }, "dacl", NULL },
	{ CHECK_OWNER, { "uid", "owner" }, { "owner_sid" }, "owner", NULL },
	{ CHECK_GROUP, { "gid", "group" }, { "group_sid" }, "group", NULL },
	{ CHECK_MTIME, { "mtime" }, { "mtime" }, "last_write", NULL },
	{ CHECK_INODE, { "inode" }, { NULL }, NULL, NULL },
	{ CHECK_MD5, { "md5" }, { "md5" }, NULL, "sha256" },
	{ CHECK_SHA1, { "sha1" }, { "sha1" }, NULL, "sha256" },
	{ CHECK_SHA256, { "sha256" }, { "sha256" }, NULL, "sha256" },
	{ CHECK_ATTRS, { NULL }, { "attributes" }, NULL, NULL },
	{ CHECK_TYPE, { NULL }, { NULL }, NULL, "type" },
};

static void add_field(struct made *r, const char *name)
{
	for (size_t i = 0; i < r->n_fields; i++)
		if (strcmp(r->fields[i], name) == 0)
			return;
	if (r->n_fields + 1 < ARRAY_LEN(r->fields))
		r->fields[r->n_fields++] = name;
}

static void read_fields(struct made *r, const struct kind *kind)
{
	const struct wazuh_entry *entry = r->entry;
	unsigned wanted = entry->checks, hashes = CHECK_MD5 | CHECK_SHA1 | CHECK_SHA256;

	r->n_fields = 0;
	if ((wanted & hashes) == hashes)
		wanted &= ~(unsigned)(CHECK_MD5 | CHECK_SHA1); /* SHA-256 says all that they say */
	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		const char *const *names =
			entry->paths == SREGEX_POSIX ? checks[i].fields : checks[i].windows;

		if (!(wanted & checks[i].check))
			continue;
		if (kind == &kind_registry_key && checks[i].key)
			add_field(r, checks[i].key);
		else if (kind == &kind_registry_value && checks[i].value)
			add_field(r, checks[i].value);
		for (size_t k = 0; kind == &kind_file && k < 3 && names[k]; k++)
			add_field(r, names[k]);
	}
	if (r->n_fields == 0)
		add_field(r, "existence");
	r->fields[r->n_fields] = NULL;
}

static void add_extra(struct made *r, const char *line)
{
	if (line && r->n_extra + 1 < EXTRA_MAX)
		r->extra[r->n_extra++] = line;
}

/* Tags are CATALOGUE.ITEM here. */
static const char *tags_line(struct made *r)
{
	AUTO(buf) b = BUF_INIT(1 << 20);
	const char *tags = xml_attribute(r->entry->node, "tags");
	struct span rest = span_of(tags), tag;

	if (!tags || !*tags)
		return NULL;
	while (span_cut(&rest, ',', &tag)) {
		char *p = arena_get(r->w->a, tag.n + 7);

		while (tag.n && tag.p[0] == ' ')
			tag = span_from_offset(tag, 1);
		if (!tag.n)
			continue;
		memcpy(p, "wazuh.", 6);
		for (size_t i = 0; i < tag.n; i++)
			p[6 + i] = (unsigned char)tag.p[i] <= ' ' ? '-' : tag.p[i];
		buf_add_text(&b, b.n ? ", " : "tags: [");
		print_text(&b, (struct span){ p, tag.n + 6 });
	}
	if (!b.n)
		return NULL;
	buf_add_char(&b, ']');
	return arena_text(r->w->a, buf_span(&b));
}

static const char *content_line(struct made *r)
{
	struct sregex s;

	if (!wazuh_yes(r->entry->node, "report_changes"))
		return NULL;
	for (size_t i = 0; i < r->w->n_nodiff; i++) {
		const struct wazuh_ignored *no = &r->w->nodiff[i];

		if (no->sregex)
			sregex_read(r->w->a, no->text, r->entry->real, r->entry->paths, &s);
		else
			sregex_prefix(r->w->a, no->text, r->entry->real, r->entry->paths, &s);
		if (!s.all && !s.refused && s.n == 0)
			continue;
		import_note(r->w->x, r->entry->node->line,
			"report_changes is not taken over, since 'nodiff' (line %u) keeps part of "
			"it "
			"secret; give the rest a rule with keep_content of its own",
			no->node->line);
		return NULL;
	}
	return "keep_content: 64KiB";
}

static const char *real_time_line(struct made *r)
{
	if (wazuh_yes(r->entry->node, "realtime") || wazuh_yes(r->entry->node, "whodata"))
		return NULL;
	if (!r->w->noted_real_time)
		import_note(r->w->x, r->entry->node->line,
			"without realtime or whodata only scans look, there and here; take "
			"'real_time: false' out to watch as it happens");
	r->w->noted_real_time = true;
	return "real_time: false";
}

static void finish(struct made *r, const struct kind *kind, const char *prefix)
{
	struct arena *a = r->w->a;
	struct span bases[2] = { r->entry->base, r->entry->second };
	struct import_rule rule = { .kind = kind,
		.bases = bases,
		.n_bases = r->entry->second.n ? 2 : 1,
		.include = r->include.list,
		.n_include = r->include.n,
		.exclude = r->exclude.list,
		.n_exclude = r->exclude.n,
		.fields = r->n_fields ? r->fields : NULL,
		.extra = r->extra,
		.line = r->entry->node->line };

	rule.id = span_of(arena_format(a, "%s-%s", prefix, arena_text(a, r->entry->text)));
	rule.title = span_of(arena_format(a, "Wazuh: %s", arena_text(a, r->entry->text)));
	r->extra[r->n_extra] = NULL;
	if (r->include.full || r->exclude.full)
		import_note(r->w->x, rule.line, "more than %d patterns; the rest is left out",
			LINES_MAX);
	import_add(r->w->x, &rule);
}

void wazuh_add_folder(struct wazuh *w, const struct wazuh_entry *entry)
{
	struct made r = { .w = w, .entry = entry };

	read_ignored(&r, w->ignored, w->n_ignored);
	if (r.none) {
		import_note(w->x, entry->node->line, "'%s' is left out: all of it is ignored",
			arena_text(w->a, entry->text));
		return;
	}
	read_includes(&r, "restrict");
	read_nested(&r, w->folders, w->n_folders);
	if (entry->checks != CHECK_ALL)
		read_fields(&r, &kind_file);
	else if (!w->noted_all) {
		import_note(w->x, entry->node->line,
			"check_all is 'standard' here: no inode number, no MD5 and SHA-1 beside "
			"SHA-256, and more of what shows tampering");
		w->noted_all = true;
	}
	add_extra(&r, "types: [regular, symlink]");
	add_extra(&r, wazuh_yes(entry->node, "follow_symbolic_link") ? "follow_links: true" : NULL);
	add_extra(&r, real_time_line(&r));
	add_extra(&r, tags_line(&r));
	add_extra(&r, content_line(&r));
	finish(&r, &kind_file, "file");
}

/* ---- the registry ---- */

/* "HKLM\…" of "HKEY_LOCAL_MACHINE\…". */
static struct span short_key(struct arena *a, struct span key)
{
	static const struct {
		const char *name, *is;
	} hives[] = { { "HKEY_LOCAL_MACHINE", "HKLM" }, { "HKEY_USERS", "HKU" },
		{ "HKEY_CLASSES_ROOT", "HKLM\\SOFTWARE\\Classes" } };
	struct span rest;

	for (size_t i = 0; i < ARRAY_LEN(hives); i++)
		if (fold_starts(key, span_of(hives[i].name), &rest))
			return span_of(arena_format(a, "%s%s", hives[i].is, arena_text(a, rest)));
	return key;
}

static const char *view_line(struct made *r)
{
	const char *arch = xml_attribute(r->entry->node, "arch");
	bool both = arch && xml_same(arch, "both");

	if (arch && xml_same(arch, "64bit"))
		return NULL;
	if (arch && !both && !xml_same(arch, "32bit"))
		import_note(r->w->x, r->entry->node->line, "unknown arch '%s', 32bit is taken",
			arch);
	/* where all programs see the same, a view says nothing */
	if (!registry_view32(r->w->a, short_key(r->w->a, r->entry->base)).p)
		return NULL;
	return both ? "view: both" : "view: 32";
}

static const char *values_line(struct made *r)
{
	AUTO(buf) b = BUF_INIT(1 << 20);
	const char *limit = xml_attribute(r->entry->node, "restrict_value");
	struct sregex s;

	if (!limit || !*limit)
		return NULL;
	sregex_names(r->w->a, span_of(limit), &s);
	if (s.refused || s.n == 0) {
		import_note(r->w->x, r->entry->node->line,
			"'restrict_value' is not taken over: more is watched");
		return NULL;
	}
	buf_add_text(&b, "values: [");
	for (size_t i = 0; i < s.n; i++) {
		buf_add_text(&b, i ? ", " : "");
		print_text(&b, s.list[i]);
	}
	buf_add_char(&b, ']');
	return arena_text(r->w->a, buf_span(&b));
}

/* A level is counted below the base, which is held with its values, too. */
static const char *depth_line(struct made *r, struct wazuh_entry *entry)
{
	unsigned levels = entry->levels;

	entry->levels = UINT_MAX; /* patterns need not say it */
	return levels < DEPTH_MAX ? arena_format(r->w->a, "depth: %u", levels + 1) : NULL;
}

void wazuh_add_key(struct wazuh *w, const struct wazuh_entry *given)
{
	struct wazuh_entry own = *given, *entry = &own;
	struct made r = { .w = w, .entry = entry };
	const char *depth = depth_line(&r, entry);
	size_t common;

	read_ignored(&r, w->ignored_keys, w->n_ignored_keys);
	if (r.none) {
		import_note(w->x, entry->node->line, "'%s' is left out: all of it is ignored",
			arena_text(w->a, entry->text));
		return;
	}
	read_includes(&r, "restrict_key");
	read_nested(&r, w->keys, w->n_keys);
	if (wazuh_yes(entry->node, "report_changes"))
		import_note(w->x, entry->node->line,
			"report_changes: the data of small values that are no secrets is always "
			"shown");
	add_extra(&r, view_line(&r));
	add_extra(&r, depth);
	add_extra(&r, tags_line(&r));
	common = r.n_extra;
	if (entry->checks == CHECK_ALL) {
		add_field(&r, "standard");
		add_field(&r, "last_write");
	} else {
		read_fields(&r, &kind_registry_key);
	}
	r.fields[r.n_fields] = NULL;
	if (!xml_attribute(entry->node, "restrict_value"))
		finish(&r, &kind_registry_key, "registry-key");
	r.n_extra = common;
	add_extra(&r, values_line(&r));
	r.n_fields = 0;
	if (entry->checks != CHECK_ALL)
		read_fields(&r, &kind_registry_value);
	finish(&r, &kind_registry_value, "registry-value");
}
