/* Wazuh's file integrity monitoring: <syscheck> of ossec.conf and agent.conf. */
#include "policy/import/wazuh.h"

#include <limits.h>
#include <stdlib.h>

#include "policy/import/importers.h"

#define LEVELS_UNLIMITED 256 /* the default; 320 is the most */

bool wazuh_yes(const struct xml *node, const char *name)
{
	const char *value = xml_attribute(node, name);

	return value && xml_same(value, "yes");
}

/* ---- attributes ---- */

static const struct {
	const char *name;
	unsigned checks;
} checks[] = {
	{ "check_all", CHECK_ALL },
	{ "check_sum", CHECK_MD5 | CHECK_SHA1 | CHECK_SHA256 },
	{ "check_md5sum", CHECK_MD5 },
	{ "check_sha1sum", CHECK_SHA1 },
	{ "check_sha256sum", CHECK_SHA256 },
	{ "check_size", CHECK_SIZE },
	{ "check_owner", CHECK_OWNER },
	{ "check_group", CHECK_GROUP },
	{ "check_perm", CHECK_PERM },
	{ "check_attrs", CHECK_ATTRS },
	{ "check_mtime", CHECK_MTIME },
	{ "check_inode", CHECK_INODE },
	{ "check_type", CHECK_TYPE },
};

static const char *const known_attributes[] = { "realtime", "whodata", "report_changes", "restrict",
	"restrict_key", "restrict_value", "tags", "recursion_level", "follow_symbolic_link", "arch",
	NULL };

/* All is checked until something says no; each attribute counts in its turn. */
static void read_attribute(struct wazuh *w, struct wazuh_entry *entry,
	const struct xml_attribute *at)
{
	bool yes = xml_same(at->value, "yes");

	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		if (!xml_same(at->name, checks[i].name))
			continue;
		if (!yes && !xml_same(at->value, "no"))
			import_note(w->x, entry->node->line, "'%s' is neither yes nor no: '%s'",
				at->name, at->value);
		else if (yes)
			entry->checks |= checks[i].checks;
		else
			entry->checks &= ~checks[i].checks;
		return;
	}
	if (xml_same(at->name, "diff_size_limit"))
		import_note(w->x, entry->node->line,
			"diff_size_limit is not taken over: contents of up to 64 KiB are kept");
	else if (!xml_listed(at->name, known_attributes))
		import_note(w->x, entry->node->line, "unknown attribute '%s' of '%s'", at->name,
			entry->node->name);
}

static void read_attributes(struct wazuh *w, struct wazuh_entry *entry)
{
	const char *level = xml_attribute(entry->node, "recursion_level");
	char *end = NULL;
	unsigned long levels;

	entry->checks = CHECK_ALL;
	entry->levels = UINT_MAX;
	for (const struct xml_attribute *at = entry->node->attributes; at->name; at++)
		read_attribute(w, entry, at);
	if (!level)
		return;
	levels = strtoul(level, &end, 10);
	if (end == level || *end)
		import_note(w->x, entry->node->line, "recursion_level is no number: '%s'", level);
	else if (levels < LEVELS_UNLIMITED)
		entry->levels = (unsigned)levels;
}

/* ---- elements ---- */

static struct span trimmed(struct span s)
{
	while (s.n && strchr(" \t\r\n", s.p[0]))
		s = span_from_offset(s, 1);
	while (s.n && strchr(" \t\r\n", s.p[s.n - 1]))
		s.n--;
	return s;
}

static void add_entries(struct wazuh *w, const struct xml *node, struct wazuh_entry **list,
	size_t *n, bool registry)
{
	struct wazuh_entry read = { .node = node };
	struct span rest = node->text, path;

	if (!*list)
		*list = arena_get(w->a, WAZUH_ENTRIES_MAX * sizeof **list);
	read_attributes(w, &read);
	while (span_cut(&rest, ',', &path)) {
		struct wazuh_entry entry = read;

		entry.text = arena_copy(w->a, trimmed(path));
		if (entry.text.n == 0)
			continue;
		if (*n == WAZUH_ENTRIES_MAX) {
			import_note(w->x, node->line, "more than %d paths: '%s' is left out",
				WAZUH_ENTRIES_MAX, entry.text.p);
			continue;
		}
		if (registry) {
			entry.paths = SREGEX_REGISTRY;
			while (entry.text.n && entry.text.p[entry.text.n - 1] == '\\')
				entry.text = arena_copy(w->a,
					(struct span){ entry.text.p, entry.text.n - 1 });
			entry.base = entry.real = entry.text;
		} else {
			wazuh_path(w, &entry);
		}
		(*list)[(*n)++] = entry;
	}
}

static void add_folders(struct wazuh *w, const struct xml *node)
{
	add_entries(w, node, &w->folders, &w->n_folders, false);
}

static void add_keys(struct wazuh *w, const struct xml *node)
{
	add_entries(w, node, &w->keys, &w->n_keys, true);
}

static void add_ignored(struct wazuh *w, const struct xml *node, struct wazuh_ignored **list,
	size_t *n, bool registry)
{
	const char *type = xml_attribute(node, "type");
	struct wazuh_ignored one = { .node = node, .text = node->text };
	enum sregex_paths paths;

	if (!*list)
		*list = arena_get(w->a, WAZUH_ENTRIES_MAX * sizeof **list);
	one.sregex = type && xml_same(type, "sregex");
	if (type && !one.sregex)
		import_note(w->x, node->line, "unknown type '%s' of '%s'", type, node->name);
	else if (!one.text.n || *n == WAZUH_ENTRIES_MAX)
		import_note(w->x, node->line, "this '%s' is left out: %s", node->name,
			one.text.n ? "there are too many" : "it is empty");
	else {
		if (!one.sregex && !registry)
			one.text = wazuh_real(w, one.text, &paths);
		(*list)[(*n)++] = one;
	}
}

static void add_ignore(struct wazuh *w, const struct xml *node)
{
	add_ignored(w, node, &w->ignored, &w->n_ignored, false);
}

static void add_ignore_key(struct wazuh *w, const struct xml *node)
{
	add_ignored(w, node, &w->ignored_keys, &w->n_ignored_keys, true);
}

static void add_nodiff(struct wazuh *w, const struct xml *node)
{
	add_ignored(w, node, &w->nodiff, &w->n_nodiff, false);
}

static const char schedule[] = "when scans run is said by the agent's own settings (agent.yaml)";
static const char limit[] = "limits of load are said by the agent's own settings (agent.yaml)";
static const char needless[] = "has no counterpart, and needs none";

static const struct {
	const char *name;
	void (*add)(struct wazuh *w, const struct xml *node);
	const char *note;
} elements[] = {
	{ "directories", add_folders, NULL },
	{ "ignore", add_ignore, NULL },
	{ "nodiff", add_nodiff, NULL },
	{ "windows_registry", add_keys, NULL },
	{ "registry_ignore", add_ignore_key, NULL },
	{ "registry_nodiff", NULL,
		"data of values named like a secret is never kept; of others it is" },
	{ "registry_limit", NULL, needless },
	{ "file_limit", NULL, needless },
	{ "frequency", NULL, schedule },
	{ "scan_time", NULL, schedule },
	{ "scan_day", NULL, schedule },
	{ "scan_on_start", NULL, schedule },
	{ "max_eps", NULL, limit },
	{ "max_files_per_second", NULL, limit },
	{ "process_priority", NULL, limit },
	{ "synchronization", NULL, needless },
	{ "database", NULL, needless },
	{ "whodata", NULL, "who changed something is told without settings" },
	{ "windows_audit_interval", NULL, needless },
	{ "diff", NULL, "what is kept of contents is said by 'keep_content' of a rule" },
	{ "alert_new_files", NULL, "new files are always told" },
	{ "auto_ignore", NULL, "nothing is ignored because it changes often" },
	{ "prefilter_cmd", NULL, "no command is run before a scan" },
	{ "allow_remote_prefilter_cmd", NULL, "no command is run before a scan" },
	{ "skip_nfs", NULL, "network file systems are what the agent's own settings say" },
	{ "skip_dev", NULL, "/dev is looked at only where a rule's base is in it" },
	{ "skip_proc", NULL, "/proc is looked at only where a rule's base is in it" },
	{ "skip_sys", NULL, "/sys is looked at only where a rule's base is in it" },
	{ NULL, NULL, NULL },
};

static void read_element(struct wazuh *w, const struct xml *node)
{
	size_t i = 0;

	if (xml_is(node, "disabled")) {
		if (node->text.n && xml_same(arena_text(w->a, node->text), "yes"))
			import_note(w->x, node->line,
				"the section is disabled there; its rules are in force here");
		return;
	}
	while (elements[i].name && !xml_is(node, elements[i].name))
		i++;
	if (elements[i].add)
		elements[i].add(w, node);
	else if (elements[i].name)
		import_note(w->x, node->line, "'%s': %s", node->name, elements[i].note);
	else
		import_note(w->x, node->line, "'%s' is not understood", node->name);
}

/* Sections for some hosts only (agent.conf) are for a policy of those hosts. */
static void note_section(struct wazuh *w, const struct xml *node)
{
	for (const struct xml_attribute *a = node->attributes; a->name; a++)
		import_note(w->x, node->line, "what follows is for agents with %s=\"%s\" only",
			a->name, a->value);
}

static void clear(struct wazuh *w)
{
	w->n_folders = w->n_keys = w->n_ignored = w->n_ignored_keys = w->n_nodiff = 0;
}

static void read_section(struct wazuh *w, const struct xml *node)
{
	for (const struct xml *c = node->child; c; c = c->next)
		read_element(w, c);
}

static void write_rules(struct wazuh *w)
{
	for (size_t i = 0; i < w->n_folders; i++)
		wazuh_add_folder(w, &w->folders[i]);
	for (size_t i = 0; i < w->n_keys; i++)
		wazuh_add_key(w, &w->keys[i]);
	clear(w);
}

/* All sections of one <ossec_config> are one; each <agent_config> stands for itself. */
static void walk(struct wazuh *w, const struct xml *node)
{
	for (const struct xml *c = node->child; c; c = c->next) {
		if (xml_is(c, "syscheck")) {
			w->sections++;
			read_section(w, c);
		} else if (xml_is(c, "agent_config")) {
			write_rules(w);
			note_section(w, c);
			walk(w, c);
			write_rules(w);
		} else if (xml_is(c, "ossec_config")) {
			walk(w, c);
		}
	}
}

static int run(struct import *x, struct span text, struct err *e)
{
	struct wazuh w = { .x = x, .a = import_arena(x) };
	struct xml *root;

	if (xml_read(w.a, text, &root, e) < 0)
		return e->code;
	walk(&w, root);
	write_rules(&w);
	if (w.sections == 0)
		return err_set(e, ERR_FORMAT, "line 1, column 1: no <syscheck> in it");
	return 0;
}

static bool knows(struct span text)
{
	return span_find(text, span_of("<syscheck>")) != NULL;
}

const struct importer importer_wazuh = {
	.name = "wazuh",
	.text = "Wazuh: <syscheck> of ossec.conf and agent.conf",
	.knows = knows,
	.run = run,
};
