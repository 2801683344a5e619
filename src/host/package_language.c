/* What managers beside the system's own have installed for everybody: pip, npm, gem, snap, flatpak.
 * They keep no database worth the name; each place has a file that describes what lies there. */
#include <dirent.h>

#include "core/glob.h"
#include "host/package_index.h"
#include "host/package_language_parse.h"

#define FOLDER_MAX 20000 /* names in one */
#define FILE_MAX ((size_t)4 << 20)
#define DEPTH_MAX 12

/* Looking through folders by patterns. */
struct search {
	struct package_index *x;
	const struct package_db *db;
	/* path: what matched, relative to the root. */
	void (*found)(struct search *s, const char *path, struct span name);
};

static void tell(struct search *s, const struct err *why)
{
	package_problem(s->x, s->db->manager,
		span_of(arena_format(s->x->arena, "%s:", s->db->manager)), false, why);
}

/* Each entry that matches "usr/lib/python3*", a pattern a section; links to folders are followed.
 */
static void search(struct search *s, const char *base, struct span pattern, unsigned depth)
{
	struct host_entry *list;
	struct span section;
	struct err e;
	size_t n;
	int r;

	if (depth == DEPTH_MAX || !span_cut(&pattern, '/', &section))
		return;
	if (pattern.p && !glob_is_wild(section)) {
		search(s, arena_format(s->x->arena, "%s%.*s/", base, SPAN_ARG(section)), pattern,
			depth + 1);
		return;
	}
	r = host_list(s->x->host, base, FOLDER_MAX, s->x->arena, &list, &n, &e);
	if (r < 0) {
		if (r != ERR_MISSING)
			tell(s, &e);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const char *path;

		if (!glob_text(section, list[i].name))
			continue;
		path = arena_format(s->x->arena, "%s%.*s%s", base, SPAN_ARG(list[i].name),
			pattern.p ? "/" : "");
		if (!pattern.p)
			s->found(s, path, list[i].name);
		else if (list[i].type != DT_REG)
			search(s, path, pattern, depth + 1);
	}
}

static void search_all(struct package_index *x, const struct package_db *db,
	const char *const *patterns,
	void (*found)(struct search *s, const char *path, struct span name))
{
	struct search s = { x, db, found };

	for (; *patterns; patterns++)
		search(&s, "", span_of(*patterns), 0);
}

/* The content, or empty: what cannot be read is told. */
static struct span read_text(struct search *s, const char *path)
{
	struct span text = SPAN_NONE;
	struct err e;
	int r = host_read(s->x->host, path, FILE_MAX, s->x->arena, &text, &e);

	if (r < 0 && r != ERR_MISSING)
		tell(s, &e);
	return text;
}

static void tell_bad(struct search *s, const char *path)
{
	struct err e;

	(void)err_set(&e, ERR_FORMAT, "'%s' does not say what package it describes", path);
	tell(s, &e);
}

static struct package_row *add(struct search *s, struct span name, const char *path)
{
	struct package_row *r;
	struct span *place;
	char buffer[PATH_BYTES];

	if (s->x->n >= PACKAGES_MAX)
		return NULL;
	r = package_add(s->x, s->db);
	place = arena_get(s->x->arena, sizeof *place);
	*place = span_of(arena_format(s->x->arena, "/%s", path));
	*place = arena_copy(s->x->arena, path_real(&s->x->aliases, *place, buffer));
	r->p.name = name;
	r->p.location = place;
	r->p.n_locations = 1;
	package_set_key(s->x, r, SPAN_NONE);
	return r;
}

static void add_described(struct search *s, const struct language_package *p, const char *path)
{
	struct package_row *r = add(s, p->name, path);

	if (!r)
		return;
	r->p.version = p->version;
	r->p.origin = p->origin;
}

/* ---- pip ---- */

static const char *const pip_places[] = { "usr/lib/python*/dist-packages/*-info",
	"usr/lib/python*/site-packages/*-info", "usr/lib64/python*/site-packages/*-info",
	"usr/local/lib/python*/dist-packages/*-info", "usr/local/lib/python*/site-packages/*-info",
	"usr/local/lib64/python*/site-packages/*-info", "opt/*/lib/python*/site-packages/*-info",
	NULL };

static void pip_found(struct search *s, const char *path, struct span name)
{
	static const char *const files[] = { "/METADATA", "/PKG-INFO", "" }; /* "": it is a file */
	struct language_package p;
	struct span text = SPAN_NONE;

	if (!pip_folder_name(name, &p))
		return;
	for (size_t i = 0; i < 3 && text.n == 0; i++) {
		const char *file = arena_format(s->x->arena, "%s%s", path, files[i]);
		struct stat st;
		struct err e;

		if (files[i][0] ||
			(host_stat(s->x->host, path, false, &st, &e) == 0 && S_ISREG(st.st_mode)))
			text = read_text(s, file);
	}
	if (text.n == 0 || !pip_metadata(text, &p))
		tell_bad(s, path);
	add_described(s, &p, path);
}

static void load_pip(struct package_index *x)
{
	search_all(x, &package_pip, pip_places, pip_found);
}

/* ---- npm ---- */

static const char *const npm_places[] = { "usr/lib/node_modules/*", "usr/local/lib/node_modules/*",
	"usr/lib/node_modules/@*/*", "usr/local/lib/node_modules/@*/*", NULL };

static void npm_found(struct search *s, const char *path, struct span name)
{
	const char *file = arena_format(s->x->arena, "%s/package.json", path);
	const char *scope = strstr(path, "node_modules/@");
	struct language_package p = { 0 };
	struct span text, key = name;

	if (name.p[0] == '.' || name.p[0] == '@')
		return;
	text = read_text(s, file);
	if (text.p == NULL)
		return; /* no package, or told */
	if (!npm_package_json(text, s->x->arena, &p))
		tell_bad(s, file);
	if (scope)
		key = span_of(scope + sizeof "node_modules/" - 1);
	p.name = key; /* where it lies is what others load it by */
	add_described(s, &p, path);
}

static void load_npm(struct package_index *x)
{
	search_all(x, &package_npm, npm_places, npm_found);
}

/* ---- gem ---- */

static const char *const gem_places[] = { "var/lib/gems/*/specifications/*.gemspec",
	"var/lib/gems/*/specifications/default/*.gemspec",
	"usr/share/rubygems-integration/*/specifications/*.gemspec",
	"usr/lib/ruby/gems/*/specifications/*.gemspec",
	"usr/lib/ruby/gems/*/specifications/default/*.gemspec",
	"usr/lib/*/ruby/gems/*/specifications/*.gemspec",
	"usr/local/lib/ruby/gems/*/specifications/*.gemspec",
	"usr/local/lib/ruby/gems/*/specifications/default/*.gemspec",
	"usr/local/bundle/specifications/*.gemspec", "usr/share/gems/specifications/*.gemspec",
	"usr/share/gems/specifications/default/*.gemspec", NULL };

static void gem_found(struct search *s, const char *path, struct span name)
{
	struct language_package p = { 0 };
	struct span text = read_text(s, path);

	if (!gem_specification(text, &p)) {
		tell_bad(s, path);
		p.name = span_from(name.p, name.n - 8); /* without ".gemspec" */
	}
	add_described(s, &p, path);
}

static void load_gem(struct package_index *x)
{
	search_all(x, &package_gem, gem_places, gem_found);
}

/* ---- snap ---- */

static const char *const snap_places[] = { "var/lib/snapd/snaps/*.snap", NULL };

/* NAME_REVISION.snap; the older revision that is kept beside counts as a place only. */
static void snap_found(struct search *s, const char *path, struct span name)
{
	static const char *const mounts[] = { "snap", "var/lib/snapd/snap" };
	struct span revision, snap, current = SPAN_NONE;
	struct package_row *r;
	struct err e;

	revision = span_from(name.p, name.n - 5); /* without ".snap" */
	if (!span_cut(&revision, '_', &snap) || snap.n == 0 || revision.n == 0)
		return;
	r = add(s, snap, path);
	for (size_t i = 0; r && i < 2; i++) {
		const char *folder =
			arena_format(s->x->arena, "%s/%.*s", mounts[i], SPAN_ARG(snap));
		const char *link = arena_format(s->x->arena, "%s/current", folder);

		if (host_readlink(s->x->host, link, s->x->arena, &current, &e) < 0)
			continue;
		if (!span_same(current, revision))
			return;
		r->p.version = snap_yaml_version(read_text(s,
			arena_format(s->x->arena, "%s/current/meta/snap.yaml", folder)));
		break;
	}
	if (r)
		r->p.revision = revision;
}

static void load_snap(struct package_index *x)
{
	search_all(x, &package_snap, snap_places, snap_found);
}

/* ---- flatpak ---- */

static const char *const flatpak_places[] = { "var/lib/flatpak/app/*/*/*/active",
	"var/lib/flatpak/runtime/*/*/*/active", NULL };

/* var/lib/flatpak/app/ID/ARCH/BRANCH/active -> COMMIT */
static void flatpak_found(struct search *s, const char *path, struct span name)
{
	struct span rest = span_of(path), part = SPAN_NONE, id = SPAN_NONE, arch = SPAN_NONE,
		    branch = SPAN_NONE, commit = SPAN_NONE;
	struct package_row *r;
	struct err e;

	for (unsigned i = 0; i < 7 && span_cut(&rest, '/', &part); i++) {
		id = i == 4 ? part : id;
		arch = i == 5 ? part : arch;
		branch = i == 6 ? part : branch;
	}
	rest = span_of(path);
	rest.n -= name.n + 1; /* the branch, without "/active" */
	r = add(s, id, arena_text(s->x->arena, rest));
	if (!r)
		return;
	r->p.arch = arch;
	r->p.version = branch;
	if (host_readlink(s->x->host, path, s->x->arena, &commit, &e) == 0)
		r->p.revision = commit;
}

static void load_flatpak(struct package_index *x)
{
	search_all(x, &package_flatpak, flatpak_places, flatpak_found);
}

const struct package_db package_snap = { .manager = "snap", .several = true, .load = load_snap };
const struct package_db package_flatpak = { .manager = "flatpak",
	.several = true,
	.load = load_flatpak };
const struct package_db package_pip = { .manager = "pip", .several = true, .load = load_pip };
const struct package_db package_npm = { .manager = "npm", .several = true, .load = load_npm };
const struct package_db package_gem = { .manager = "gem", .several = true, .load = load_gem };
