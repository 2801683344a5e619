/* sudoers with what it includes, and doas.conf. LDAP and SSSD, which nsswitch.conf may name beside
 * the file, are not asked. */
#include "entity/sudo_rule.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "core/glob.h"
#include "core/mem.h"
#include "entity/list.h"
#include "host/host.h"
#include "sensor/sudo_rule/sudo_rule_room.h"
#include "sensor/sudo_rule/sudoers.h"

#define FILE_BYTES_MAX ((size_t)8 << 20)
#define LINE_BYTES_MAX ((size_t)1 << 20)
#define DEPTH_MAX 32
#define FILES_MAX 4096
#define LINES_MAX 1000000
#define FOLDER_MAX 65536

struct sudo_file {
	const char *path; /* absolute */
	struct stat st;
	bool open; /* being read: who includes it goes round in circles */
	size_t bad, first_bad;
	struct err why;
};

/* Everything is read before anything is emitted: an alias may be used before it is defined. */
struct one_line {
	struct sudo_file *file;
	struct span text;
	size_t number;
	enum sudo_line type;
};

struct room {
	struct scan *scan;
	struct arena *arena;
	struct one_line *line;
	size_t n, cap;
	struct sudo_file **file;
	size_t n_files;
	struct sudo_aliases aliases;
	struct record *record;
	struct span *key; /* those emitted, by hash */
	size_t n_keys, key_slots;
};

static void bad(struct sudo_file *f, size_t number, const struct err *why)
{
	if (f->bad++ && number >= f->first_bad)
		return;
	f->first_bad = number;
	f->why = *why;
}

/* Whatever was known of this file stays. */
static void tell_bad(struct room *r, const struct sudo_file *f)
{
	struct span prefix = span_of(arena_format(r->arena, "%s:", f->path));
	struct err e;

	if (f->bad == 0)
		return;
	if (f->bad == 1)
		err_set(&e, (enum err_code)f->why.code, "%s:%zu: %s", f->path, f->first_bad,
			f->why.text);
	else
		err_set(&e, (enum err_code)f->why.code, "%s:%zu: %s; and %zu more like it", f->path,
			f->first_bad, f->why.text, f->bad - 1);
	scan_gap_err(r->scan, &kind_sudo_rule, prefix, true, &e);
}

/* ---- reading ---- */

static struct sudo_file *open_file(struct room *r, const char *path, struct span *ret)
{
	struct sudo_file *f = arena_get(r->arena, sizeof *f);
	struct host *h = scan_host(r->scan);
	struct err e;
	int rc = host_read(h, path, FILE_BYTES_MAX, r->arena, ret, &e);

	f->path = arena_text(r->arena, span_of(path));
	if (rc == 0)
		rc = host_stat(h, path, false, &f->st, &e);
	if (rc == 0 && r->n_files == FILES_MAX)
		rc = err_set(&e, ERR_LIMIT, "more than %d files", FILES_MAX);
	if (rc == 0) {
		r->file[r->n_files++] = f;
		return f;
	}
	if (rc != ERR_MISSING) /* it may include any other */
		scan_gap_err(r->scan, &kind_sudo_rule, SPAN_NONE, true, &e);
	return NULL;
}

static bool add_line(struct room *r, struct sudo_file *f, struct span text, size_t number,
	enum sudo_line type)
{
	struct err e;

	if (r->n == LINES_MAX) {
		err_set(&e, ERR_LIMIT, "more than %d lines", LINES_MAX);
		bad(f, number, &e);
		return false;
	}
	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 256;
		r->line = mem_grow(r->line, r->cap, sizeof *r->line);
	}
	r->line[r->n++] = (struct one_line){ .file = f,
		.text = arena_copy(r->arena, text),
		.number = number,
		.type = type };
	return true;
}

static void read_sudoers(struct room *r, const char *path, unsigned depth);

/* %h is the name of the host up to its first dot; relative paths begin where the file is. */
static const char *include_path(struct room *r, struct span path, const char *from)
{
	AUTO(buf) b = BUF_INIT(8192);
	const char *slash = strrchr(from, '/');
	struct span name = { "", 0 };
	struct err e;

	if (path.n && *path.p != '/')
		buf_add(&b, from, (size_t)(slash - from) + 1);
	for (size_t i = 0; i < path.n; i++) {
		if (path.p[i] != '%' || i + 1 == path.n || path.p[i + 1] != 'h') {
			buf_add_char(&b, path.p[i]);
			continue;
		}
		i++;
		if (host_read(scan_host(r->scan), "etc/hostname", 4096, r->arena, &name, &e) == 0)
			name.n = strcspn(name.p, ".\n ");
		buf_add_span(&b, name);
	}
	return b.full ? NULL : arena_text(r->arena, buf_span(&b));
}

static void read_folder(struct room *r, const char *path, unsigned depth)
{
	struct host_entry *list;
	struct err e;
	size_t n;

	if (host_list(scan_host(r->scan), path, FOLDER_MAX, r->arena, &list, &n, &e) < 0) {
		if (e.code != ERR_MISSING)
			scan_gap_err(r->scan, &kind_sudo_rule, SPAN_NONE, true, &e);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (!sudo_file_skipped(list[i].name))
			read_sudoers(r,
				arena_format(r->arena, "%s/%.*s", path, SPAN_ARG(list[i].name)),
				depth);
}

static void follow(struct room *r, struct sudo_file *f, size_t number, enum sudo_line type,
	struct span path, unsigned depth)
{
	const char *full = include_path(r, path, f->path);
	bool circle = false;
	struct err e;

	for (size_t i = 0; full && i < r->n_files; i++)
		circle = circle || (r->file[i]->open && strcmp(r->file[i]->path, full) == 0);
	if (!full || circle || depth == DEPTH_MAX) {
		err_set(&e, ERR_LIMIT,
			circle ? "a file that includes itself" : "files included too deeply");
		bad(f, number, &e);
		return;
	}
	if (type == SUDO_LINE_INCLUDE)
		read_sudoers(r, full, depth + 1);
	else
		read_folder(r, full, depth + 1);
}

static void read_sudoers(struct room *r, const char *path, unsigned depth)
{
	AUTO(buf) line = BUF_INIT(LINE_BYTES_MAX);
	struct span text, what;
	struct sudo_file *f = open_file(r, path, &text);
	struct sudo_lines l = { .rest = text };
	struct err e;

	if (f)
		f->open = true;
	while (f && sudo_lines_next(&l, &line)) {
		enum sudo_line type = sudo_line_of(r->arena, buf_span(&line), &what);

		if (line.full || memchr(line.p, '\0', line.n)) {
			err_set(&e, ERR_FORMAT, line.full ? "a line too long" : "a NUL byte");
			bad(f, l.number, &e);
			continue;
		}
		if (!add_line(r, f, buf_span(&line), l.number, type))
			break;
		if (type == SUDO_LINE_INCLUDE || type == SUDO_LINE_INCLUDEDIR)
			follow(r, f, l.number, type, what, depth);
	}
	if (f)
		f->open = false;
}

/* ---- emitting ---- */

static struct span *key_slot(struct room *r, struct span key)
{
	for (size_t i = glob_hash(key);; i++) {
		struct span *s = &r->key[i & (r->key_slots - 1)];

		if (!s->p || span_same(*s, key))
			return s;
	}
}

static void grow_keys(struct room *r)
{
	struct span *old = r->key;
	size_t n = r->key_slots;

	r->key_slots = n ? n * 2 : 256;
	r->key = arena_get(r->arena, r->key_slots * sizeof *r->key);
	for (size_t i = 0; i < n; i++)
		if (old[i].p)
			*key_slot(r, old[i]) = old[i];
}

/* The same rule twice in a file: "#2" behind it. */
static void emit(struct room *r, const char *text)
{
	struct span key = span_of(text), *at;

	if (r->n_keys++ * 2 >= r->key_slots)
		grow_keys(r);
	at = key_slot(r, key);
	for (unsigned n = 2; at->p; n++) {
		key = span_of(arena_format(r->arena, "%s#%u", text, n));
		at = key_slot(r, key);
	}
	*at = key;
	r->record->key = key;
	scan_emit(r->scan, r->record);
}

static struct record *begin(struct room *r, const struct one_line *l, enum sudo_rule_type type)
{
	struct record *x = r->record;

	x->has = 0;
	record_set_number(x, SUDO_RULE_TYPE, type);
	record_set_bytes(x, SUDO_RULE_FILE, span_of(l->file->path));
	record_set_number(x, SUDO_RULE_FILE_UID, l->file->st.st_uid);
	record_set_number(x, SUDO_RULE_WRITABLE, (l->file->st.st_mode & 022) != 0);
	record_set_number(x, SUDO_RULE_LINE, l->number);
	return x;
}

static void set_words(struct room *r, unsigned field, const struct words *w)
{
	if (w->n)
		record_set_list(r->record, field, r->arena, w->item, w->n);
}

static bool has_word(const struct words *w, const char *word)
{
	for (size_t i = 0; i < w->n; i++)
		if (span_is(w->item[i], word))
			return true;
	return false;
}

static int emit_spec(struct room *r, const struct one_line *l, struct err *e)
{
	struct sudo_spec x;
	struct record *rec;

	if (sudo_spec_from_line(r->arena, l->text, &r->aliases, &x, e) < 0)
		return e->code;
	rec = begin(r, l, SUDO_RULE);
	set_words(r, SUDO_RULE_WHO, &x.who);
	set_words(r, SUDO_RULE_HOSTS, &x.hosts);
	set_words(r, SUDO_RULE_AS_USERS, &x.as_users);
	set_words(r, SUDO_RULE_AS_GROUPS, &x.as_groups);
	set_words(r, SUDO_RULE_COMMANDS, &x.commands);
	set_words(r, SUDO_RULE_DIGESTS, &x.digests);
	record_set_number(rec, SUDO_RULE_NOPASSWD, has_word(&x.tags, "NOPASSWD"));
	record_set_number(rec, SUDO_RULE_ANY_COMMAND, has_word(&x.commands, "ALL"));
	record_set_number(rec, SUDO_RULE_AS_ROOT,
		x.as_default || has_word(&x.as_users, "ALL") || has_word(&x.as_users, "root") ||
			has_word(&x.as_users, "#0"));
	if (x.tags.n)
		record_set_set(rec, SUDO_RULE_TAGS, r->arena, x.tags.item, x.tags.n);
	emit(r, arena_format(r->arena, "%s:%.*s", l->file->path, SPAN_ARG(l->text)));
	return 0;
}

static void emit_setting(struct room *r, const struct one_line *l, const struct sudo_setting *x)
{
	struct record *rec = begin(r, l, SUDO_DEFAULTS);
	bool list = x->value.n && *x->value.p != '=' && !span_is(x->value, "on") &&
		    !span_is(x->value, "off");

	record_set_bytes(rec, SUDO_RULE_SETTING, x->name);
	record_set_bytes(rec, SUDO_RULE_VALUE, x->value);
	if (x->scope.n)
		record_set_bytes(rec, SUDO_RULE_SCOPE, x->scope);
	if (span_is(x->name, "authenticate"))
		record_set_number(rec, SUDO_RULE_NOPASSWD, span_is(x->value, "off"));
	/* What is added to a list is an entity of its own; else the value is a field. */
	emit(r, arena_format(r->arena, "%s:Defaults%.*s %.*s%s%.*s", l->file->path,
			SPAN_ARG(x->scope), SPAN_ARG(x->name), list ? " " : "",
			list ? (int)x->value.n : 0, x->value.p));
}

static int emit_defaults(struct room *r, const struct one_line *l, struct err *e)
{
	struct sudo_settings s;
	struct sudo_setting x;
	int rc;

	if (sudo_defaults_from_line(l->text, &s, e) < 0)
		return e->code;
	while ((rc = sudo_settings_next(&s, r->arena, &x, e)) > 0)
		emit_setting(r, l, &x);
	return rc;
}

static int emit_line(struct room *r, const struct one_line *l, struct err *e)
{
	switch (l->type) {
	case SUDO_LINE_SPEC:
		return emit_spec(r, l, e);
	case SUDO_LINE_DEFAULTS:
		return emit_defaults(r, l, e);
	case SUDO_LINE_INCLUDE:
	case SUDO_LINE_INCLUDEDIR:
		begin(r, l, SUDO_INCLUDE);
		/* "#include" and "@include" mean the same. */
		emit(r, arena_format(r->arena, "%s:@%.*s", l->file->path,
				SPAN_ARG(span_from_offset(l->text, 1))));
		return 0;
	case SUDO_LINE_ALIAS:
		return 0;
	}
	return 0;
}

/* ---- doas ---- */

static int emit_doas(struct room *r, const struct one_line *l, struct err *e)
{
	struct doas_rule x;
	struct record *rec;

	if (doas_rule_from_line(r->arena, l->text, &x, e) < 0)
		return e->code;
	rec = begin(r, l, x.permit ? DOAS_PERMIT : DOAS_DENY);
	record_set_list(rec, SUDO_RULE_WHO, r->arena, &x.who, 1);
	if (x.as.n)
		record_set_list(rec, SUDO_RULE_AS_USERS, r->arena, &x.as, 1);
	if (x.command.n)
		record_set_list(rec, SUDO_RULE_COMMANDS, r->arena, &x.command, 1);
	set_words(r, SUDO_RULE_TAGS, &x.options);
	record_set_number(rec, SUDO_RULE_NOPASSWD, x.nopass);
	record_set_number(rec, SUDO_RULE_ANY_COMMAND, x.any_command);
	record_set_number(rec, SUDO_RULE_AS_ROOT, x.as.n == 0 || span_is(x.as, "root"));
	emit(r, arena_format(r->arena, "%s:%.*s", l->file->path, SPAN_ARG(l->text)));
	return 0;
}

static void read_doas(struct room *r, const char *path)
{
	AUTO(buf) line = BUF_INIT(LINE_BYTES_MAX);
	struct span text;
	struct sudo_file *f = open_file(r, path, &text);
	struct sudo_lines l = { .rest = text };

	while (f && sudo_lines_next(&l, &line))
		if (!add_line(r, f, buf_span(&line), l.number, SUDO_LINE_SPEC))
			return;
}

static void read_all_doas(struct room *r)
{
	struct host_entry *list;
	struct err e;
	size_t n;

	read_doas(r, "/etc/doas.conf");
	if (host_list(scan_host(r->scan), "etc/doas.d", FOLDER_MAX, r->arena, &list, &n, &e) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (glob_text(span_of("*.conf"), list[i].name))
			read_doas(r,
				arena_format(r->arena, "/etc/doas.d/%.*s", SPAN_ARG(list[i].name)));
}

/* ---- the scan ---- */

static void take_aliases(struct room *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct one_line *l = &r->line[i];
		struct err e;

		if (l->type == SUDO_LINE_ALIAS &&
			sudo_alias_from_line(r->arena, l->text, &r->aliases, &e) < 0)
			bad(l->file, l->number, &e);
	}
	sudo_aliases_sort(&r->aliases);
}

static void emit_all(struct room *r, size_t doas_from)
{
	struct err e;

	for (size_t i = 0; i < r->n; i++) {
		const struct one_line *l = &r->line[i];

		if ((i < doas_from ? emit_line(r, l, &e) : emit_doas(r, l, &e)) < 0)
			bad(l->file, l->number, &e);
	}
}

static int scan(struct scan *s, struct err *e)
{
	struct room r = { .scan = s, .arena = scan_arena(s) };
	struct stat st;
	size_t sudo_lines;
	bool etc;

	(void)e;
	if (!scan_asks_kind(s, &kind_sudo_rule))
		return 0;
	r.record = record_new(r.arena, &kind_sudo_rule);
	r.file = arena_get(r.arena, FILES_MAX * sizeof *r.file);
	etc = host_stat(scan_host(s), "etc/sudoers", false, &st, e) != ERR_MISSING;
	read_sudoers(&r, etc ? "/etc/sudoers" : "/usr/etc/sudoers", 0);
	sudo_lines = r.n;
	read_all_doas(&r);
	take_aliases(&r);
	emit_all(&r, sudo_lines);
	for (size_t i = 0; i < r.n_files; i++)
		tell_bad(&r, r.file[i]);
	free(r.line);
	return 0;
}

static const struct watch_source watches[] = {
	{ WATCH_FILE, "/etc/sudoers", 0 },
	{ WATCH_FILE, "/etc/sudoers.d/**", 0 },
	{ WATCH_FILE, "/usr/etc/sudoers", 0 },
	{ WATCH_FILE, "/usr/etc/sudoers.d/**", 0 },
	{ WATCH_FILE, "/etc/doas.conf", 0 },
	{ WATCH_FILE, "/etc/doas.d/*", 0 },
	{ WATCH_FILE, "/etc/hostname", 0 },
	{ WATCH_POLL, NULL, 60 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_sudo_rule = {
	.kind = &kind_sudo_rule,
	.source = "sudoers",
	.scan = scan,
	.watches = watches,
};
