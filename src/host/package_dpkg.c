/* dpkg: var/lib/dpkg, and the status.d of images without dpkg. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/mem.h"
#include "host/package_dpkg_parse.h"
#include "host/package_index.h"

#define DPKG "var/lib/dpkg/"
#define NAME_BYTES 512
#define STATUS_D_MAX 100000
#define UPDATES_MAX 10000
#define FILES_MAX 5000000

enum row_flag {
	ROW_SAME = 1 << 0,     /* info/NAME:ARCH.list */
	ROW_STATUS_D = 1 << 1, /* status.d: md5sums is all there is */
	ROW_UPDATE = 1 << 2,   /* of updates/ */
};

static void problem(struct package_index *x, const struct err *why)
{
	package_problem(x, "dpkg", span_of("dpkg:"), false, why);
}

/* The whole of a file of the database; empty when there is none. */
static struct span read_part(struct package_index *x, const char *path)
{
	struct span text = SPAN_NONE;
	struct err e;
	int r = host_read(x->host, path, PACKAGE_TEXT_MAX, x->arena, &text, &e);

	if (r < 0 && r != ERR_MISSING)
		problem(x, &e);
	return text;
}

/* ---- info/ ---- */

int package_append_file(struct package_index *x, int folder, const char *name, size_t max,
	struct err *e)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = openat(folder, name, flags), rc = 0;
	struct stat st;
	ssize_t n = 0;

	if (fd < 0)
		return err_sys(e, "cannot open '%s'", name);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		rc = err_set(e, ERR_FORMAT, "cannot read '%s': not a regular file", name);
	else if ((uint64_t)st.st_size > max)
		rc = err_set(e, ERR_LIMIT, "'%s' is larger than %zu bytes", name, max);
	while (rc == 0) {
		size_t want = (size_t)st.st_size + 1; /* the last read says that there is no more */
		char *at = buf_room(&x->scratch, want);

		n = at ? read(fd, at, want) : -1;
		if (n == 0)
			break;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			rc = err_sys(e, "cannot read '%s'", name);
		else
			x->scratch.n += (size_t)n;
		if (rc == 0 && (size_t)n < want && x->scratch.n >= (size_t)st.st_size)
			break;
	}
	close(fd);
	return rc;
}

/* "NAME:ARCH.list" or "NAME.list" */
static void info_name(const struct package_row *r, bool with_arch, const char *suffix,
	char ret[NAME_BYTES])
{
	snprintf(ret, NAME_BYTES, "%.*s%s%.*s.%s", SPAN_ARG(r->p.name), with_arch ? ":" : "",
		with_arch ? (int)r->p.arch.n : 0, r->p.arch.p, suffix);
}

static int append_info(struct package_index *x, const struct package_row *r, const char *suffix,
	struct err *e)
{
	char name[NAME_BYTES];
	bool same = r->flags & ROW_SAME;
	int rc;

	if (x->info < 0)
		return err_set(e, ERR_MISSING, "there is no folder of file lists");
	info_name(r, same, suffix, name);
	rc = package_append_file(x, x->info, name, PACKAGE_LIST_MAX, e);
	if (rc == ERR_MISSING && r->p.arch.n) { /* installed before it became Multi-Arch: same */
		info_name(r, !same, suffix, name);
		rc = package_append_file(x, x->info, name, PACKAGE_LIST_MAX, e);
	}
	return rc;
}

/* Into x->scratch: the list, then the digests. Without a list the first is empty. */
static int read_info(struct package_index *x, const struct package_row *r, bool digests,
	struct span *ret_list, struct span *ret_md5sums, struct err *e)
{
	size_t list_n;
	int rc = 0;

	buf_clear(&x->scratch);
	if (!(r->flags & ROW_STATUS_D))
		rc = append_info(x, r, "list", e);
	if (rc < 0)
		return rc;
	list_n = x->scratch.n;
	if (digests || (r->flags & ROW_STATUS_D))
		rc = append_info(x, r, "md5sums", e);
	if (rc < 0 && rc != ERR_MISSING)
		return rc;
	*ret_list = span_from(x->scratch.p, list_n);
	*ret_md5sums = span_from_offset(buf_span(&x->scratch), list_n);
	return 0;
}

static int64_t list_time(struct package_index *x, const struct package_row *r)
{
	char name[NAME_BYTES];
	bool same = r->flags & ROW_SAME;
	struct stat st;
	int flags = AT_SYMLINK_NOFOLLOW;

	if (x->info < 0)
		return 0;
	info_name(r, same, "list", name);
	if (fstatat(x->info, name, &st, flags) < 0) {
		info_name(r, !same, "list", name);
		if (fstatat(x->info, name, &st, flags) < 0)
			return 0;
	}
	x->list_bytes += (uint64_t)st.st_size;
	return st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec;
}

/* ---- loading ---- */

static void load_info(struct package_index *x, const char *path)
{
	struct err e;
	int r;

	if (x->info >= 0)
		return;
	r = host_open_file(x->host, path, O_DIRECTORY, &x->info, &e);
	if (r == 0)
		x->file_lists = true;
	else if (r != ERR_MISSING)
		problem(x, &e);
}

static bool says_installed(const struct package_row *r)
{
	struct span rest = r->p.status, word = SPAN_NONE;

	while (span_cut(&rest, ' ', &word))
		;
	return !span_is(word, "not-installed") && !span_is(word, "config-files");
}

static void add_stanza(struct package_index *x, const struct dpkg_stanza *s, unsigned flags)
{
	struct package_row *r = package_add(x, &package_dpkg);
	struct err why;

	r->p.name = s->name;
	r->p.version = s->version;
	r->p.arch = s->arch;
	r->p.status = s->status;
	r->p.source = s->source.n ? s->source : s->name;
	r->p.origin = s->origin.n ? s->origin : s->maintainer;
	r->p.section = s->section;
	r->p.essential = s->essential;
	r->p.size = package_number(s->size) * 1024;
	r->own = s->conffiles;
	r->number = x->n; /* what comes later counts */
	r->newer = flags & ROW_UPDATE;
	r->flags = flags | (s->same ? ROW_SAME : 0);
	package_set_key(x, r, s->arch);
	if (flags & ROW_STATUS_D)
		return;
	r->p.installed = list_time(x, r);
	if (r->p.installed == 0 && x->info >= 0 && says_installed(r)) {
		(void)err_set(&why, ERR_FORMAT, "no list of the files of '%.*s'",
			SPAN_ARG(r->p.key));
		package_problem(x, "dpkg", r->p.key, true, &why);
	}
}

static void load_status(struct package_index *x, const char *path, unsigned flags)
{
	struct deb822 d = { read_part(x, path), 1 };
	struct package_faults faults = { 0 };
	struct dpkg_stanza s;
	struct err e;
	int r;

	while (d.rest.n && (r = dpkg_stanza_next(&d, &s, &e)) != 0) {
		if (r > 0 && x->n == PACKAGES_MAX) {
			(void)err_set(&e, ERR_LIMIT, "more than %d packages", PACKAGES_MAX);
			package_fault(&faults, &e);
			break;
		}
		if (r < 0)
			package_fault(&faults, &e);
		else if (!span_starts(s.status, span_of("unknown ")) &&
			 !(s.status.n > 14 && span_is(span_from_offset(s.status, s.status.n - 14),
						      " not-installed")))
			add_stanza(x, &s, flags);
	}
	package_faults_tell(x, "dpkg", &faults, path);
}

static bool ends_in(struct span s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.n > n && span_is(span_from_offset(s, s.n - n), suffix);
}

static void load_status_d(struct package_index *x)
{
	struct host_entry *list;
	struct err e;
	size_t n;
	int r = host_list(x->host, DPKG "status.d", STATUS_D_MAX, x->arena, &list, &n, &e);

	if (r < 0) {
		if (r != ERR_MISSING)
			problem(x, &e);
		return;
	}
	load_info(x, DPKG "status.d");
	for (size_t i = 0; i < n; i++)
		if (list[i].type != DT_DIR && !ends_in(list[i].name, ".md5sums"))
			load_status(x,
				arena_format(x->arena, DPKG "status.d/%.*s",
					SPAN_ARG(list[i].name)),
				ROW_STATUS_D);
}

/* What dpkg has done and not yet written into status: while it works, and after it was killed. */
static void load_updates(struct package_index *x)
{
	struct host_entry *list;
	struct err e;
	size_t n;
	int r = host_list(x->host, DPKG "updates", UPDATES_MAX, x->arena, &list, &n, &e);

	if (r < 0) {
		if (r != ERR_MISSING && r != ERR_DENIED) /* denied to all but root, and empty */
			problem(x, &e);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (list[i].name.p[0] >= '0' && list[i].name.p[0] <= '9')
			load_status(x,
				arena_format(x->arena, DPKG "updates/%.*s", SPAN_ARG(list[i].name)),
				ROW_UPDATE);
}

static void load_diversions(struct package_index *x)
{
	struct deb822 d = { read_part(x, DPKG "diversions"), 1 };
	struct package_faults faults = { 0 };
	struct dpkg_diversion one;
	char buffer[PATH_BYTES];
	size_t cap = 0;
	struct err e;
	int r;

	while ((r = dpkg_diversion_next(&d, &one, &e)) != 0) {
		struct span from;

		if (r < 0) {
			package_fault(&faults, &e);
			continue;
		}
		if (x->n_diversions == cap) {
			cap = cap ? cap * 2 : 64;
			x->diversion = mem_grow(x->diversion, cap, sizeof *x->diversion);
		}
		from = path_real(&x->aliases, one.from, buffer);
		path_map_add(&x->diverted, path_hash(&x->hash, from), (uint32_t)x->n_diversions);
		x->diversion[x->n_diversions++] = (struct package_diversion){ one.from, one.to,
			span_is(one.package, ":") ? SPAN_NONE : one.package };
	}
	package_faults_tell(x, "dpkg", &faults, DPKG "diversions");
}

static void load_overrides(struct package_index *x)
{
	struct span rest, line;
	struct package_faults faults = { 0 };
	struct dpkg_override o;
	struct err e;

	rest = x->overrides = read_part(x, DPKG "statoverride");
	for (size_t n = 1; span_cut(&rest, '\n', &line); n++) {
		if (line.n == 0 || dpkg_override_line(line, &o))
			continue;
		(void)err_set(&e, ERR_FORMAT, "line %zu is no override", n);
		package_fault(&faults, &e);
	}
	package_faults_tell(x, "dpkg", &faults, DPKG "statoverride");
}

static uint64_t automatic_hash(struct package_index *x, struct span name, struct span arch)
{
	char key[NAME_BYTES];
	size_t n = 0;

	if (name.n + arch.n + 1 < sizeof key)
		n = (size_t)snprintf(key, sizeof key, "%.*s:%.*s", SPAN_ARG(name), SPAN_ARG(arch));
	return path_hash(&x->hash, span_from(key, n));
}

/* "all" is recorded under the architecture of the host: that of dpkg itself. */
static void set_automatic(struct package_index *x, const struct path_map *names)
{
	struct span native = SPAN_NONE;

	for (size_t i = 0; i < x->n; i++)
		if (span_is(x->row[i].p.name, "dpkg"))
			native = x->row[i].p.arch;
	for (size_t i = 0; names->n && i < x->n; i++) {
		struct package *p = &x->row[i].p;
		struct span arch = span_is(p->arch, "all") ? native : p->arch;

		p->automatic = path_map_find(names, automatic_hash(x, p->name, arch)) != PATH_NONE;
	}
}

/* apt remembers what came as a dependency, by name and architecture. */
static void load_automatic(struct package_index *x)
{
	static const char path[] = "var/lib/apt/extended_states";
	struct deb822 d = { read_part(x, path), 1 };
	struct span name, value, package = SPAN_NONE, arch = SPAN_NONE;
	struct package_faults faults = { 0 };
	struct path_map names = { 0 };
	bool automatic = false;
	struct err e;
	int r;

	do {
		r = deb822_field(&d, &name, &value, &e);
		if (r < 0)
			package_fault(&faults, &e);
		else if (r == 1 && span_is(name, "Package"))
			package = value;
		else if (r == 1 && span_is(name, "Architecture"))
			arch = value;
		else if (r == 1 && span_is(name, "Auto-Installed"))
			automatic = span_is(value, "1");
		if (r == 1 || r < 0)
			continue;
		if (automatic)
			path_map_add(&names, automatic_hash(x, package, arch), 1);
		automatic = false;
		package = arch = SPAN_NONE;
	} while (r != 0);
	set_automatic(x, &names);
	path_map_done(&names);
	package_faults_tell(x, "dpkg", &faults, path);
}

static void load(struct package_index *x)
{
	load_info(x, DPKG "info");
	load_status(x, DPKG "status", 0);
	load_updates(x);
	load_status_d(x);
	if (x->n == 0)
		return;
	load_diversions(x);
	load_overrides(x);
	load_automatic(x);
}

/* ---- file lists ---- */

static bool is_path(struct span line)
{
	return line.n > 1 && line.p[0] == '/' && !span_is(line, "/.");
}

/* The paths of the list or, where there is none, of the digests. */
static size_t own_paths(struct package_index *x, uint32_t i, struct span list, struct span md5sums)
{
	char path[PATH_BYTES] = "/";
	struct span line, rel;
	uint8_t md5[16];
	size_t n = 0;

	while (span_cut(&list, '\n', &line))
		if (is_path(line)) {
			package_own(x, i, line);
			n++;
		}
	if (!(x->row[i].flags & ROW_STATUS_D))
		return n;
	while (span_cut(&md5sums, '\n', &line))
		if (dpkg_md5sums_line(line, md5, &rel) && rel.n < PATH_BYTES - 1) {
			memcpy(path + 1, rel.p, rel.n);
			package_own(x, i, span_from(path, rel.n + 1));
			n++;
		}
	return n;
}

static void survey(struct package_index *x, uint32_t i, bool digest)
{
	struct package_row *r = &x->row[i];
	struct span list, md5sums;
	struct err e;
	int rc = read_info(x, r, digest, &list, &md5sums, &e);

	if (rc == ERR_MISSING) /* load told of it */
		return;
	if (rc < 0) {
		package_problem(x, "dpkg", r->p.key, true, &e);
		x->torn = true;
		return;
	}
	r->manifest.paths = own_paths(x, i, list, md5sums);
	if (!digest)
		return;
	dpkg_scripts_append(x, r);
	buf_add_char(&x->scratch, '\0');
	buf_add_span(&x->scratch, r->own);
	package_sha(x, buf_span(&x->scratch), r->manifest.sha256);
	r->has_manifest = true;
}

/* ---- files ---- */

/* The files of one package while what is known of them comes together, by path. */
struct joint {
	const struct path_hash *hash;
	struct path_map map;
	struct packaged_file *file;
	size_t n, cap;
};

static void joint_done(struct joint *j)
{
	path_map_done(&j->map);
}

static struct packaged_file *joint_find(struct joint *j, struct span path)
{
	uint32_t at = path_map_find(&j->map, path_hash(j->hash, path));

	return at == PATH_NONE ? NULL : &j->file[at];
}

static void joint_add(struct joint *j, struct span path)
{
	if (j->n == j->cap || joint_find(j, path))
		return;
	path_map_add(&j->map, path_hash(j->hash, path), (uint32_t)j->n);
	j->file[j->n++] = (struct packaged_file){ .path = path };
}

static size_t count_lines(struct span s)
{
	size_t n = 1;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '\n';
	return n;
}

/* A path below another one: that is a folder. */
static void join_folders(struct joint *j)
{
	for (size_t i = 0; i < j->n; i++) {
		struct span up = j->file[i].path;
		struct packaged_file *f;

		while (up.n && up.p[up.n - 1] != '/')
			up.n--;
		if (up.n > 1 && (f = joint_find(j, span_from(up.p, up.n - 1))))
			f->has |= PACKAGED_FOLDER;
	}
}

static void join_md5sums(struct joint *j, struct span rest, struct arena *a, bool add)
{
	struct span line, rel;
	uint8_t md5[16];

	while (span_cut(&rest, '\n', &line)) {
		struct packaged_file *f;
		struct span path;

		if (!dpkg_md5sums_line(line, md5, &rel))
			continue;
		path = span_of(arena_format(a, "/%.*s", SPAN_ARG(rel)));
		if (add)
			joint_add(j, path);
		f = joint_find(j, path);
		if (!f)
			continue;
		memcpy(f->md5, md5, sizeof md5);
		f->has |= PACKAGED_MD5;
	}
}

static void join_conffiles(struct joint *j, struct span rest)
{
	struct dpkg_conffile c;
	struct span line;

	while (span_cut(&rest, '\n', &line)) {
		struct packaged_file *f;

		if (!dpkg_conffile_line(line, &c))
			continue;
		if (c.has_md5) /* else it was never delivered */
			joint_add(j, c.path);
		f = joint_find(j, c.path);
		if (!f)
			continue;
		f->has |= PACKAGED_CONFIG;
		if (c.has_md5) {
			memcpy(f->md5, c.md5, sizeof c.md5);
			f->has |= PACKAGED_MD5;
		}
	}
}

static void join_overrides(struct joint *j, struct span rest)
{
	struct dpkg_override o;
	struct span line;

	while (span_cut(&rest, '\n', &line)) {
		struct packaged_file *f;

		if (!dpkg_override_line(line, &o) || !(f = joint_find(j, o.path)))
			continue;
		f->mode = o.mode;
		f->owner = o.owner;
		f->group = o.group;
		f->has |= PACKAGED_MODE_OVERRIDE;
	}
}

static int files(struct package_index *x, uint32_t i, struct arena *a, struct packaged_file **ret,
	size_t *ret_n, struct err *e)
{
	struct package_row *r = &x->row[i];
	AUTO(joint) j = { .hash = &x->hash };
	struct span list, md5sums, line, text;

	if (read_info(x, r, true, &list, &md5sums, e) < 0)
		return e->code;
	text = arena_copy(a, list);
	j.cap = count_lines(list) + count_lines(r->own) +
		(r->flags & ROW_STATUS_D ? count_lines(md5sums) : 0);
	if (j.cap > FILES_MAX)
		return err_set(e, ERR_LIMIT, "'%.*s' has more than %d files", SPAN_ARG(r->p.key),
			FILES_MAX);
	j.file = arena_get(a, j.cap * sizeof *j.file);
	while (span_cut(&text, '\n', &line))
		if (is_path(line))
			joint_add(&j, line);
	join_md5sums(&j, md5sums, a, r->flags & ROW_STATUS_D);
	join_conffiles(&j, r->own);
	join_overrides(&j, x->overrides);
	join_folders(&j);
	*ret = j.file;
	*ret_n = j.n;
	return 0;
}

const struct package_db package_dpkg = {
	.manager = "dpkg",
	.load = load,
	.survey = survey,
	.files = files,
};
