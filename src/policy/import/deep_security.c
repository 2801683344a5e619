/* Trend Micro Deep Security, Cloud One Workload Security and Vision One Server & Workload
 * Protection: integrity rules as their console shows, exports and takes them. The format of exports
 * is not published: any element that holds entity sets, or their text, is taken for a rule. */
#include "policy/import/deep_security.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "policy/import/importers.h"
#include "policy/print.h"

#define NESTED_MAX 4 /* texts in texts */
#define FIELDS_MAX 40

struct meta {
	const char *name, *identifier, *severity;
	bool real_time; /* the rule allows it */
};

struct walk {
	struct import *x;
	struct arena *a;
	unsigned line_add, nested;
	unsigned noted_sets; /* bit per entity set whose note was made */
	bool noted_on_change, noted_standard;
	size_t sets;
};

void ds_note(struct ds_rule *r, const struct xml *at, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	import_note(r->x, at->line + r->line_add, "%s", text);
}

static const struct ds_set *find_set(const char *name)
{
	for (const struct ds_set *s = ds_sets; s->name; s++)
		if (xml_same(s->name, name))
			return s;
	return NULL;
}

/* ---- attributes ---- */

struct fields {
	const char *list[FIELDS_MAX];
	size_t n;
	bool growing;
};

static void add_field(struct fields *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->list[i], name) == 0)
			return;
	if (f->n + 1 < FIELDS_MAX)
		f->list[f->n++] = name;
}

static void add_attribute(struct ds_rule *r, const struct xml *at, struct fields *f)
{
	const struct ds_attribute *a = r->set->attributes;
	const char *const *names;

	while (a->name && !xml_is(at, a->name))
		a++;
	if (!a->name) {
		ds_note(r, at, "unknown or unsupported attribute '%s' of %s (8009, 8010)", at->name,
			r->set->name);
		return;
	}
	if (a->note)
		ds_note(r, at, "attribute '%s': %s", a->name, a->note);
	f->growing = f->growing || strcmp(a->name, "growing") == 0;
	names = r->windows || r->set->windows_only ? a->windows_fields : a->unix_fields;
	for (size_t i = 0; i < ARRAY_LEN(a->unix_fields) && names[i]; i++)
		add_field(f, names[i]);
}

/* False: the set says nothing, and has its standard attributes. */
static bool read_attributes(struct ds_rule *r, struct fields *f)
{
	size_t times = 0;

	for (const struct xml *c = r->node->child; c; c = c->next) {
		if (!xml_is(c, "attributes"))
			continue;
		if (times++)
			ds_note(r, c, "'attributes' stands twice; both are taken");
		for (const struct xml *at = c->child; at; at = at->next)
			add_attribute(r, at, f);
	}
	return times > 0;
}

/* ---- one set ---- */

static const char *base_slug(struct ds_rule *r)
{
	const char *base = xml_attribute(r->node, "base");

	return arena_format(r->a, "%s-%s", r->set->id, base ? base : "");
}

static void name_rule(struct ds_rule *r, const struct meta *m, struct import_rule *rule)
{
	const char *base = xml_attribute(r->node, "base");

	if (m->name)
		rule->title = span_of(m->name);
	else
		rule->title = span_of(
			base ? arena_format(r->a, "%s %s", r->set->name, base) : r->set->name);
	if (m->identifier && *m->identifier)
		rule->id = span_of(arena_format(r->a, "ds-%s-%s", m->identifier, r->set->id));
	else if (m->name)
		rule->id = span_of(arena_format(r->a, "%s-%s", m->name, r->set->id));
	else
		rule->id = span_of(base_slug(r));
	rule->severity = m->severity;
	rule->line = r->node->line + r->line_add;
}

/* What stands in the set's own tag or in it, and is none of what is known. */
static void check_known(struct ds_rule *r)
{
	static const char *const common[] = { "onChange", NULL };
	static const char *const path[] = { "base", "onChange", "followLinks", NULL };
	static const char *const query[] = { "namespace", "wql", "onChange", "provider", "timeout",
		NULL };
	static const char *const inside[] = { "include", "exclude", "attributes", NULL };
	const char *const *known = r->set->shape == DS_QUERY  ? query
				   : r->set->shape == DS_FLAT ? common
							      : path;

	for (const struct xml_attribute *a = r->node->attributes; a->name; a++)
		if (!xml_listed(a->name, known))
			ds_note(r, r->node, "unknown attribute '%s' of %s (8011)", a->name,
				r->set->name);
	for (const struct xml *c = r->node->child; c; c = c->next)
		if (!xml_listed(c->name, inside))
			ds_note(r, c, "unknown element '%s' in %s", c->name, r->set->name);
}

static bool is_true(const char *text)
{
	return text && xml_same(text, "true");
}

static const char *real_time_line(struct walk *w, struct ds_rule *r, const struct meta *m)
{
	const char *said = xml_attribute(r->node, "onChange");

	if (r->set->shape == DS_KEY || r->set->shape == DS_VALUE)
		return NULL; /* never there, wherever it can be had here */
	if (!said && !w->noted_on_change) {
		ds_note(r, r->node,
			"without onChange=\"true\" only scans look, there and here; take "
			"'real_time: false' out to watch as it happens");
		w->noted_on_change = true;
	}
	return is_true(said) && m->real_time ? NULL : "real_time: false";
}

static void note_once(struct walk *w, struct ds_rule *r, bool standard)
{
	unsigned bit = 1U << (r->set - ds_sets);

	if (r->set->note && !(w->noted_sets & bit))
		ds_note(r, r->node, "%s", r->set->note);
	w->noted_sets |= bit;
	if (standard && !w->noted_standard && r->set->shape != DS_QUERY) {
		ds_note(r, r->node,
			"STANDARD is 'standard' here: SHA-256 instead of SHA-1, no time of "
			"creation, and more of what shows tampering");
		w->noted_standard = true;
	}
}

static void add_growing(struct ds_rule *r, struct import_rule rule)
{
	static const char *const fields[] = { "content", NULL };
	const char *extra[8] = { "expect: append-only" };
	size_t n = 1;

	for (size_t i = 0; rule.extra[i] && n + 1 < ARRAY_LEN(extra); i++)
		extra[n++] = rule.extra[i];
	rule.id = span_of(arena_format(r->a, "%s-growing", arena_text(r->a, rule.id)));
	rule.fields = fields;
	rule.extra = extra;
	import_add(r->x, &rule);
}

static void add_set_rule(struct walk *w, struct ds_rule *r, const struct meta *m,
	struct import_rule *rule)
{
	struct fields fields = { .n = 0 };
	const char *extra[8] = { NULL };
	bool said = read_attributes(r, &fields);
	size_t n = 0;

	note_once(w, r, !said);
	if (said && fields.n == 0)
		add_field(&fields, "existence");
	if (!said && r->set->shape == DS_KEY) {
		add_field(&fields, "standard");
		add_field(&fields, "last_write");
	}
	fields.list[fields.n] = NULL;
	if (fields.n && r->set->shape != DS_QUERY)
		rule->fields = fields.list;
	if (r->set->types)
		extra[n++] = r->set->types;
	if (is_true(xml_attribute(r->node, "followLinks")))
		extra[n++] = "follow_links: true";
	extra[n] = real_time_line(w, r, m);
	rule->extra = extra;
	rule->include = ds_import_patterns(r->a, &r->include);
	rule->n_include = r->include.n;
	rule->exclude = ds_import_patterns(r->a, &r->exclude);
	rule->n_exclude = r->exclude.n;
	if (r->set->shape == DS_VALUE)
		ds_add_values(r, rule);
	else if (!fields.growing || fields.n > 1 || strcmp(fields.list[0], "existence") != 0)
		import_add(r->x, rule);
	if (fields.growing)
		add_growing(r, *rule);
}

/* A query names __Path first there; the key of a row is made otherwise here. */
static const char *own_query(struct ds_rule *r, const char *wql)
{
	struct span s = span_of(wql), path = span_of("__Path");
	const char *hit = span_find(s, path);
	size_t before, behind;

	if (!hit)
		return wql;
	before = (size_t)(hit - wql);
	behind = before + path.n;
	while (wql[behind] == ' ')
		behind++;
	if (wql[behind] != ',') {
		if (wql[behind] == '\0' || before < 8)
			ds_note(r, r->node,
				"the query asks for '__Path' alone, which is no property here");
		return wql;
	}
	for (behind++; wql[behind] == ' ';)
		behind++;
	return arena_format(r->a, "%.*s%s", (int)before, wql, wql + behind);
}

static const char *quoted_line(struct arena *a, const char *key, const char *text)
{
	AUTO(buf) b = BUF_INIT(1 << 20);

	buf_addf(&b, "%s: ", key);
	print_text(&b, span_of(text));
	return arena_text(a, buf_span(&b));
}

static void add_query(struct walk *w, struct ds_rule *r, const struct meta *m,
	struct import_rule *rule)
{
	const char *wql = xml_attribute(r->node, "wql");
	const char *space = xml_attribute(r->node, "namespace");
	const char *provider = xml_attribute(r->node, "provider");
	const char *timeout = xml_attribute(r->node, "timeout");
	const char *extra[] = { NULL, NULL, NULL, NULL };

	(void)ds_patterns(r);
	for (const struct xml *c = r->node->child; c; c = c->next)
		if (xml_is(c, "attributes"))
			ds_note(r, c,
				"a query's columns are what is compared; 'attributes' is ignored");
	if (!wql || !space) {
		ds_note(r, r->node, "left out: the set has no namespace or no query (8013)");
		return;
	}
	if (provider && *provider && !xml_same(provider, "none")) {
		ds_note(r, r->node, "left out: the provider '%s' has no counterpart (8014)",
			provider);
		return;
	}
	if (timeout)
		ds_note(r, r->node,
			"timeout=\"%s\" is for each row there; the whole query has 60 s here",
			timeout);
	extra[0] = quoted_line(r->a, "namespace", space);
	extra[1] = quoted_line(r->a, "query", own_query(r, wql));
	extra[2] = real_time_line(w, r, m);
	rule->extra = extra;
	import_add(r->x, rule);
}

static void add_set(struct walk *w, const struct ds_set *set, const struct xml *node,
	const struct meta *m)
{
	struct ds_rule r = { .x = w->x,
		.a = w->a,
		.set = set,
		.node = node,
		.line_add = w->line_add };
	struct import_rule rule = { .kind = set->kind };
	const char *base = xml_attribute(node, "base");
	struct span text;

	w->sets++;
	check_known(&r);
	name_rule(&r, m, &rule);
	if (set->shape == DS_QUERY) {
		add_query(w, &r, m, &rule);
		return;
	}
	if (set->shape != DS_FLAT) {
		if (!base || !*base) {
			ds_note(&r, node, "left out: the set has no base (8004)");
			return;
		}
		text = ds_base(&r, base);
		rule.bases = &text;
		rule.n_bases = 1;
	}
	if (!ds_patterns(&r)) {
		ds_note(&r, node, "left out: none of its includes can match anything");
		return;
	}
	add_set_rule(w, &r, m, &rule);
}

/* ---- rules around sets ---- */

static const char *lower_severity(const char *text)
{
	static const char *const levels[] = { "low", "medium", "high", "critical" };

	for (size_t i = 0; text && i < ARRAY_LEN(levels); i++)
		if (xml_same(text, levels[i]))
			return levels[i];
	return NULL;
}

static const char *text_of(struct walk *w, const struct xml *node)
{
	return arena_text(w->a, node->text);
}

static struct meta read_meta(struct walk *w, const struct xml *node, struct meta m)
{
	for (const struct xml_attribute *a = node->attributes; a->name; a++) {
		if (xml_same(a->name, "name"))
			m.name = a->value;
		else if (xml_same(a->name, "identifier"))
			m.identifier = a->value;
		else if (xml_same(a->name, "severity"))
			m.severity = lower_severity(a->value);
	}
	for (const struct xml *c = node->child; c; c = c->next) {
		const char *text = c->text.n && !c->child ? text_of(w, c) : NULL;

		if (!text)
			continue;
		if (xml_is(c, "name"))
			m.name = text;
		else if (xml_is(c, "identifier"))
			m.identifier = text;
		else if (xml_is(c, "severity"))
			m.severity = lower_severity(text);
		else if (xml_is(c, "realTimeMonitoringEnabled") || xml_is(c, "allowOnChange"))
			m.real_time = xml_same(text, "true");
	}
	return m;
}

static int walk_text(struct walk *w, struct span text, unsigned line, const struct meta *m,
	struct err *e);

/* What a rule says of itself that means nothing here. */
static const char *const known_words[] = { "name", "identifier", "severity", "description", "ID",
	"TBUID", "minimumAgentVersion", "minAgentVersion", "minimumManagerVersion", "type",
	"authoritative", "originalIssue", "issued", "lastUpdated", "alertEnabled", "raiseAlert",
	"realTimeMonitoringEnabled", "allowOnChange", "recommendationsMode",
	"ignoreRecommendations", NULL };

static bool is_set_name(const char *name)
{
	size_t n = strlen(name);

	return n > 3 && xml_same(name + n - 3, "Set");
}

static int walk_element(struct walk *w, const struct xml *c, const struct meta *m, struct err *e)
{
	const struct ds_set *set = find_set(c->name);
	unsigned line = c->line + w->line_add;

	if (set) {
		add_set(w, set, c, m);
		return 0;
	}
	if (is_set_name(c->name)) {
		import_note(w->x, line, "unknown entity set '%s' (8005)", c->name);
		return 0;
	}
	if (c->child) {
		struct meta inner = read_meta(w, c, *m);

		for (const struct xml *i = c->child; i; i = i->next)
			if (walk_element(w, i, &inner, e) < 0)
				return e->code;
		return 0;
	}
	if (xml_is(c, "content") || xml_is(c, "customXML") || xml_is(c, "template")) {
		if (xml_is(c, "template") && !memchr(c->text.p ? c->text.p : "", '<', c->text.n)) {
			if (c->text.n && !xml_same(text_of(w, c), "custom"))
				import_note(w->x, line,
					"a rule by the template '%s' is not taken over; export it "
					"as custom XML",
					text_of(w, c));
			return 0;
		}
		return c->text.n ? walk_text(w, c->text, line - 1, m, e) : 0;
	}
	if (!xml_listed(c->name, known_words))
		import_note(w->x, line, "'%s' is not understood", c->name);
	return 0;
}

/* ---- base64 ---- */

static int sextet(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Rules in REST are base64. SPAN_NONE: it is none. */
static struct span base64(struct arena *a, struct span text)
{
	char *p = arena_get(a, text.n + 1);
	unsigned bits = 0, n_bits = 0;
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		int value = sextet(text.p[i]);

		if (strchr(" \t\r\n=", text.p[i]) && text.p[i])
			continue;
		if (value < 0)
			return SPAN_NONE;
		bits = (bits << 6 | (unsigned)value) & 0xFFFF;
		n_bits += 6;
		if (n_bits < 8)
			continue;
		n_bits -= 8;
		p[n++] = (char)(bits >> n_bits & 0xFF);
	}
	return n ? (struct span){ p, n } : SPAN_NONE;
}

static int walk_text(struct walk *w, struct span text, unsigned line, const struct meta *m,
	struct err *e)
{
	unsigned before = w->line_add;
	struct span decoded =
		text.n && !memchr(text.p, '<', text.n) ? base64(w->a, text) : SPAN_NONE;
	struct xml *root;
	struct meta own;

	if (w->nested++ > NESTED_MAX)
		return err_set(e, ERR_LIMIT, "line %u: texts in texts, more than 4 deep", line + 1);
	if (xml_read(w->a, decoded.p ? decoded : text, &root, e) < 0)
		return w->nested > 1 ? err_prefix(e, "in the text at line %u: ", line + 1)
				     : e->code;
	w->line_add = line;
	own = read_meta(w, root, *m);
	for (const struct xml *c = root->child; c; c = c->next)
		if (walk_element(w, c, &own, e) < 0)
			return e->code;
	w->line_add = before;
	w->nested--;
	return 0;
}

static int run(struct import *x, struct span text, struct err *e)
{
	struct walk w = { .x = x, .a = import_arena(x) };
	struct meta none = { .real_time = true };

	if (walk_text(&w, text, 0, &none, e) < 0)
		return e->code;
	if (w.sets == 0)
		return err_set(e, ERR_FORMAT,
			"line 1, column 1: no entity set (FileSet, RegistryKeySet, …) in it");
	return 0;
}

static bool knows(struct span text)
{
	static const char *const marks[] = { "<FileSet", "<DirectorySet", "<RegistryKeySet",
		"<RegistryValueSet", "<InstalledSoftwareSet", "<ServiceSet", "<ProcessSet",
		"<PortSet", "<UserSet", "<GroupSet", "<WQLSet", "&lt;FileSet", NULL };

	for (size_t i = 0; marks[i]; i++)
		if (span_find(text, span_of(marks[i])))
			return true;
	return false;
}

const struct importer importer_deep_security = {
	.name = "deep-security",
	.text = "Trend Micro Deep Security, Cloud One, Vision One: integrity rules (XML)",
	.knows = knows,
	.run = run,
};
