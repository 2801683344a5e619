#include "entity/pam_rule.h"

#include <dirent.h>
#include <sys/stat.h>

#include "core/glob.h"
#include "entity/list.h"
#include "host/package.h"
#include "sensor/pam_rule/pam_conf.h"
#include "sensor/pam_rule/pam_rule_room.h"

#define FILE_BYTES_MAX ((size_t)1 << 20)
#define LINES_MAX 4096 /* of one file */
#define FOLDER_MAX 65536
#define FOLDERS_MAX 32 /* where modules are looked for */
#define MODULES_MAX 1024

/* The first that has a service decides (Linux-PAM 1.5.3; those before it know the first alone). */
static const char *const places[] = { "/etc/pam.d", "/usr/etc/pam.d", "/usr/lib/pam.d" };

struct module {
	struct span name;
	const char *path;    /* NULL: not found */
	struct span package; /* its key */
	uint8_t *sha256;     /* NULL: not asked for, or not to be read */
};

struct rule {
	struct span service, text; /* text: its line */
	struct span plain;         /* module, or @reference */
	struct span name;          /* the same, with "#2" where another one follows */
	const char *type;
	size_t number;
};

struct pam_file {
	const char *path;
	struct span service; /* empty: pam.conf, where each line names it */
	struct stat st;
	size_t bad, first_bad;
	struct err why;
};

struct room {
	struct scan *scan;
	struct arena *arena;
	struct host_entry *service[ARRAY_LEN(places)];
	size_t n_services[ARRAY_LEN(places)];
	const char *folder[FOLDERS_MAX];
	size_t n_folders;
	struct module module[MODULES_MAX];
	size_t n_modules;
	struct rule *rules; /* those of one file, LINES_MAX */
	struct record *record;
	uint64_t asks, unknown;
	bool conf; /* there is no pam.d: pam.conf counts */
};

/* ---- modules ---- */

static void add_folder(struct room *r, const char *path)
{
	struct stat st;
	struct err e;

	if (r->n_folders < FOLDERS_MAX &&
		host_stat(scan_host(r->scan), path, false, &st, &e) == 0 && S_ISDIR(st.st_mode))
		r->folder[r->n_folders++] = path;
}

/* "security" below each lib folder, and Debian's folder of each architecture. */
static void find_folders(struct room *r)
{
	struct host_entry *list;
	struct err e;
	size_t n;

	add_folder(r, "/usr/lib64/security");
	add_folder(r, "/usr/lib/security");
	if (host_list(scan_host(r->scan), "usr/lib", FOLDER_MAX, r->arena, &list, &n, &e) == 0)
		for (size_t i = 0; i < n; i++)
			if (glob_text(span_of("*-linux-*"), list[i].name))
				add_folder(r, arena_format(r->arena, "/usr/lib/%.*s/security",
						      SPAN_ARG(list[i].name)));
	add_folder(r, "/lib64/security");
	add_folder(r, "/lib/security");
}

static bool is_file(struct room *r, const char *path)
{
	struct stat st;
	struct err e;

	return host_stat(scan_host(r->scan), path, false, &st, &e) == 0 && S_ISREG(st.st_mode);
}

static void look_at_module(struct room *r, struct module *m)
{
	const struct package *p;
	struct err e;

	if (m->name.n && *m->name.p == '/') {
		const char *path = arena_text(r->arena, m->name);

		m->path = is_file(r, path) ? path : NULL;
	}
	for (size_t i = 0; !m->path && *m->name.p != '/' && i < r->n_folders; i++) {
		const char *path =
			arena_format(r->arena, "%s/%.*s", r->folder[i], SPAN_ARG(m->name));

		m->path = is_file(r, path) ? path : NULL;
	}
	if (m->path && (r->asks & field_bit(PAM_RULE_PACKAGE))) {
		p = host_path_owner(scan_host(r->scan), span_of(m->path));
		m->package = p ? p->key : SPAN_NONE;
	}
	if (m->path && (r->asks & field_bit(PAM_RULE_SHA256))) {
		m->sha256 = arena_get(r->arena, SHA256_SIZE);
		if (host_digest(scan_host(r->scan), m->path, m->sha256, &e) < 0)
			m->sha256 = NULL;
	}
}

/* NULL: more modules than anybody has. */
static const struct module *module_of(struct room *r, struct span name)
{
	struct module *m;

	for (size_t i = 0; i < r->n_modules; i++)
		if (span_same(r->module[i].name, name))
			return &r->module[i];
	if (r->n_modules == MODULES_MAX)
		return NULL;
	m = &r->module[r->n_modules++];
	m->name = arena_copy(r->arena, name);
	look_at_module(r, m);
	return m;
}

/* ---- services ---- */

static bool has_service(const struct room *r, size_t place, struct span name)
{
	size_t low = 0, high = r->n_services[place];

	while (low < high) {
		size_t at = low + (high - low) / 2;
		int c = span_compare(name, r->service[place][at].name);

		if (c == 0)
			return true;
		if (c < 0)
			high = at;
		else
			low = at + 1;
	}
	return false;
}

static bool service_exists(struct room *r, struct span name)
{
	bool has = false;

	if (name.n && *name.p == '/')
		return is_file(r, arena_text(r->arena, name));
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		has = has || has_service(r, i, name);
	return has || r->conf; /* a service of pam.conf is not looked for */
}

/* ---- rules ---- */

static void set_text(struct record *x, unsigned field, struct span s)
{
	if (s.n)
		record_set_bytes(x, field, s);
}

static void set_module(struct room *r, const struct pam_line *l)
{
	const struct module *m = l->module.n ? module_of(r, l->module) : NULL;
	struct record *x = r->record;

	set_text(x, PAM_RULE_MODULE, l->module);
	set_text(x, PAM_RULE_REFERENCE, l->reference);
	if (l->reference.n)
		record_set_number(x, PAM_RULE_MISSING, !service_exists(r, l->reference));
	if (!m)
		return;
	record_set_number(x, PAM_RULE_MISSING, !m->path);
	if (m->path)
		set_text(x, PAM_RULE_PATH, span_of(m->path));
	set_text(x, PAM_RULE_PACKAGE, m->package);
	if (m->sha256)
		record_set_bytes(x, PAM_RULE_SHA256, span_from(m->sha256, SHA256_SIZE));
}

static bool in_stack(const struct rule *x, const struct rule *of)
{
	return span_same(x->service, of->service) &&
	       (strcmp(x->type, of->type) == 0 || strcmp(x->type, "include") == 0 ||
		       strcmp(of->type, "include") == 0);
}

static struct rule rule_of(struct room *r, const struct pam_file *f, const struct pam_line *l,
	struct span text, size_t number)
{
	return (struct rule){
		.service = arena_copy(r->arena, l->service.n ? l->service : f->service),
		.text = text,
		.plain = l->module.n
				 ? arena_copy(r->arena, l->module)
				 : span_of(arena_format(r->arena, "@%.*s", SPAN_ARG(l->reference))),
		.type = l->type,
		.number = number,
	};
}

/* The last of its name has no number: what is put in front, as intruders do, gets one, and does not
 * take over the name of what was there. */
static void name_rules(struct room *r, size_t n)
{
	for (size_t i = n; i-- > 0;) {
		struct rule *x = &r->rules[i];
		unsigned same = 1;

		for (size_t k = i + 1; k < n; k++)
			same += span_same(r->rules[k].plain, x->plain) &&
				strcmp(r->rules[k].type, x->type) == 0 &&
				span_same(r->rules[k].service, x->service);
		x->name = x->plain;
		if (same > 1)
			x->name = span_of(
				arena_format(r->arena, "%.*s#%u", SPAN_ARG(x->plain), same));
	}
}

static struct span before(const struct room *r, size_t at)
{
	for (size_t i = at; i-- > 0;)
		if (in_stack(&r->rules[i], &r->rules[at]))
			return r->rules[i].name;
	return span_of("(first)");
}

static void emit(struct room *r, const struct pam_file *f, const struct pam_line *l,
	const struct rule *rule, struct span after)
{
	struct record *x = r->record;

	x->has = 0;
	set_text(x, PAM_RULE_SERVICE, rule->service);
	set_text(x, PAM_RULE_TYPE, span_of(l->type));
	set_text(x, PAM_RULE_CONTROL, l->control);
	set_module(r, l);
	if (l->n_arguments)
		record_set_list(x, PAM_RULE_ARGUMENTS, r->arena, l->argument, l->n_arguments);
	record_set_number(x, PAM_RULE_OPTIONAL, l->optional);
	set_text(x, PAM_RULE_AFTER, after);
	set_text(x, PAM_RULE_FILE, span_of(f->path));
	record_set_number(x, PAM_RULE_FILE_UID, f->st.st_uid);
	record_set_number(x, PAM_RULE_WRITABLE, (f->st.st_mode & 022) != 0);
	record_set_number(x, PAM_RULE_LINE, rule->number);
	x->key = span_of(arena_format(r->arena, "%.*s:%s:%.*s", SPAN_ARG(rule->service), rule->type,
		SPAN_ARG(rule->name)));
	scan_emit_part(r->scan, x, l->module.n ? r->unknown : 0);
}

/* ---- files ---- */

static void gap(struct room *r, const struct pam_file *f, const struct err *why)
{
	const char *key = f->service.n ? arena_format(r->arena, "%.*s:", SPAN_ARG(f->service)) : "";

	scan_gap_err(r->scan, &kind_pam_rule, span_of(key), true, why);
}

static void bad(struct pam_file *f, size_t number, const struct err *why)
{
	if (f->bad++)
		return;
	f->first_bad = number;
	f->why = *why;
}

static void tell_bad(struct room *r, const struct pam_file *f)
{
	struct err e;

	if (f->bad == 1)
		err_set(&e, (enum err_code)f->why.code, "%s:%zu: %s", f->path, f->first_bad,
			f->why.text);
	else if (f->bad > 1)
		err_set(&e, (enum err_code)f->why.code, "%s:%zu: %s; and %zu more like it", f->path,
			f->first_bad, f->why.text, f->bad - 1);
	if (f->bad)
		gap(r, f, &e);
}

static void read_lines(struct room *r, struct pam_file *f, struct span text)
{
	AUTO(buf) line = BUF_INIT(FILE_BYTES_MAX + 1);
	struct pam_lines l = { .rest = text };
	bool conf = f->service.n == 0;
	struct pam_line x;
	struct err e;
	size_t n = 0;

	while (pam_lines_next(&l, &line)) {
		int rc = pam_line_from_text(buf_span(&line), conf, &x, &e);

		if (rc == 0 && n == LINES_MAX)
			rc = err_set(&e, ERR_LIMIT, "more than %d rules", LINES_MAX);
		if (rc < 0)
			bad(f, l.number, &e);
		else
			r->rules[n++] =
				rule_of(r, f, &x, arena_copy(r->arena, buf_span(&line)), l.number);
	}
	name_rules(r, n);
	for (size_t i = 0; i < n; i++)
		if (pam_line_from_text(r->rules[i].text, conf, &x, &e) == 0)
			emit(r, f, &x, &r->rules[i], before(r, i));
	tell_bad(r, f);
}

static void read_file(struct room *r, const char *path, struct span service)
{
	struct pam_file f = { .path = path, .service = service };
	struct host *h = scan_host(r->scan);
	struct span text;
	struct err e;
	int rc = host_read(h, path, FILE_BYTES_MAX, r->arena, &text, &e);

	if (rc == 0)
		rc = host_stat(h, path, false, &f.st, &e);
	if (rc == 0)
		read_lines(r, &f, text);
	else if (rc != ERR_MISSING)
		gap(r, &f, &e);
}

static void list_places(struct room *r)
{
	struct err e;

	r->conf = true;
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		int rc = host_list(scan_host(r->scan), places[i], FOLDER_MAX, r->arena,
			&r->service[i], &r->n_services[i], &e);

		r->conf = r->conf && rc == ERR_MISSING;
		if (rc < 0 && rc != ERR_MISSING)
			scan_gap_err(r->scan, &kind_pam_rule, SPAN_NONE, true, &e);
	}
}

static void read_place(struct room *r, size_t place)
{
	for (size_t i = 0; i < r->n_services[place]; i++) {
		struct span name = r->service[place][i].name;
		bool before = false;

		for (size_t k = 0; k < place; k++)
			before = before || has_service(r, k, name);
		if (!before && r->service[place][i].type != DT_DIR && !pam_file_skipped(name))
			read_file(r,
				arena_format(r->arena, "%s/%.*s", places[place], SPAN_ARG(name)),
				name);
	}
}

/* A database that cannot be read makes no module a stranger; kind package tells what is wrong. */
static void look_at_packages(struct room *r)
{
	struct packages all;
	struct err e;

	if (!(r->asks & field_bit(PAM_RULE_PACKAGE)))
		return;
	if (host_packages(scan_host(r->scan), &all, &e) < 0 || all.n_problems)
		r->unknown = field_bit(PAM_RULE_PACKAGE);
}

static int scan(struct scan *s, struct err *e)
{
	struct room *r = arena_get(scan_arena(s), sizeof *r);

	(void)e;
	if (!scan_asks_kind(s, &kind_pam_rule))
		return 0;
	r->scan = s;
	r->arena = scan_arena(s);
	r->record = record_new(r->arena, &kind_pam_rule);
	r->rules = arena_get(r->arena, LINES_MAX * sizeof *r->rules);
	r->asks = scan_asks_kind(s, &kind_pam_rule);
	look_at_packages(r);
	find_folders(r);
	list_places(r);
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		read_place(r, i);
	if (r->conf)
		read_file(r, "/etc/pam.conf", span_of(""));
	return 0;
}

static const struct watch_source watches[] = {
	{ WATCH_FILE, "/etc/pam.d/**", 0 },
	{ WATCH_FILE, "/etc/pam.conf", 0 },
	{ WATCH_FILE, "/usr/etc/pam.d/**", 0 },
	{ WATCH_FILE, "/usr/lib/pam.d/**", 0 },
	{ WATCH_FILE, "/usr/lib/security/**", 0 },
	{ WATCH_FILE, "/usr/lib64/security/**", 0 },
	{ WATCH_FILE, "/usr/lib/*/security/**", 0 },
	{ WATCH_FILE, "/lib/security/**", 0 },
	{ WATCH_FILE, "/lib64/security/**", 0 },
	{ WATCH_FILE, "/lib/*/security/**", 0 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_pam_rule = {
	.kind = &kind_pam_rule,
	.source = "pam",
	.scan = scan,
	.watches = watches,
};
