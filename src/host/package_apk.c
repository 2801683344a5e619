/* apk: one text file with all packages and their files. */
#include <sys/stat.h>

#include "host/package_apk_parse.h"
#include "host/package_index.h"

#define FILES_MAX 5000000

static void tell(struct package_index *x, const struct err *why)
{
	package_problem(x, "apk", span_of("apk:"), false, why);
}

/* What the administrator asked for; all else came as a dependency. */
static void load_world(struct package_index *x, size_t first)
{
	struct span rest, word;
	struct err e;
	int r = host_read(x->host, "etc/apk/world", PACKAGE_LIST_MAX, x->arena, &rest, &e);
	struct path_map asked = { 0 };

	if (r < 0) {
		if (r != ERR_MISSING)
			tell(x, &e);
		return;
	}
	while (span_cut(&rest, '\n', &word)) {
		size_t n = 0;

		while (n < word.n && !memchr("=<>~@ ", word.p[n], 6))
			n++;
		if (n)
			path_map_add(&asked, path_hash(&x->hash, span_from(word.p, n)), 0);
	}
	for (size_t i = first; i < x->n; i++)
		x->row[i].p.automatic =
			path_map_find(&asked, path_hash(&x->hash, x->row[i].p.name)) == PATH_NONE;
	path_map_done(&asked);
}

static void add(struct package_index *x, const struct apk_package *p)
{
	struct package_row *r = package_add(x, &package_apk);

	r->p.name = p->name;
	r->p.version = p->version;
	r->p.arch = p->arch;
	r->p.source = p->origin;
	r->p.origin = p->maintainer;
	r->p.revision = p->commit;
	r->p.size = package_number(p->size);
	r->own = p->text;
	r->number = p->line;
	package_set_key(x, r, SPAN_NONE);
	x->list_bytes += p->text.n;
}

static void load(struct package_index *x)
{
	static const char *const paths[] = { "lib/apk/db/installed", "usr/lib/apk/db/installed" };
	struct package_faults faults = { 0 };
	struct apk_reader reader = { .line = 1 };
	struct apk_package p;
	const char *path = paths[0];
	size_t first = x->n;
	struct err e;
	int r = host_read(x->host, path, PACKAGE_TEXT_MAX, x->arena, &reader.rest, &e);

	if (r == ERR_MISSING)
		r = host_read(x->host, path = paths[1], PACKAGE_TEXT_MAX, x->arena, &reader.rest,
			&e);
	if (r < 0) {
		if (r != ERR_MISSING)
			tell(x, &e);
		return;
	}
	x->file_lists = true;
	while ((r = apk_package_next(&reader, &p, &e)) != 0) {
		if (r > 0 && x->n < PACKAGES_MAX)
			add(x, &p);
		else
			package_fault(&faults, &e);
	}
	package_faults_tell(x, "apk", &faults, path);
	load_world(x, first);
}

/* "/FOLDER/NAME" into a buffer; nothing when too long. */
static struct span whole(const struct apk_file *f, char buffer[PATH_BYTES])
{
	size_t n = 0;

	if (f->folder.n + f->name.n + 2 > PATH_BYTES)
		return SPAN_NONE;
	if (f->folder.n) {
		buffer[n++] = '/';
		memcpy(buffer + n, f->folder.p, f->folder.n);
		n += f->folder.n;
	}
	if (f->name.n) {
		buffer[n++] = '/';
		memcpy(buffer + n, f->name.p, f->name.n);
		n += f->name.n;
	}
	return span_from(buffer, n);
}

static void survey(struct package_index *x, uint32_t i, bool digest)
{
	struct package_row *r = &x->row[i];
	struct apk_files files = { .rest = r->own };
	char buffer[PATH_BYTES];
	struct apk_file f;

	r->manifest.paths = 0;
	while (apk_file_next(&files, &f)) {
		struct span path = whole(&f, buffer);

		if (path.n == 0)
			continue;
		package_own(x, i, path);
		r->manifest.paths++;
	}
	if (!digest)
		return;
	package_sha(x, r->own, r->manifest.sha256);
	r->has_manifest = true;
}

static struct packaged_file from_apk(struct arena *a, const struct apk_file *f, struct span path)
{
	struct packaged_file p = { .path = arena_copy(a, path), .mode = f->mode };

	p.has = PACKAGED_MODE | PACKAGED_OWNER;
	p.owner = span_of(arena_format(a, "#%.*s", SPAN_ARG(f->uid)));
	p.group = span_of(arena_format(a, "#%.*s", SPAN_ARG(f->gid)));
	if (f->name.n == 0) {
		p.has |= PACKAGED_FOLDER;
		p.mode |= S_IFDIR;
	}
	if (f->has_sha1) {
		p.has |= PACKAGED_SHA1;
		memcpy(p.sha1, f->sha1, sizeof p.sha1);
	}
	if (f->has_sha256) {
		p.has |= PACKAGED_SHA256;
		memcpy(p.sha256, f->sha256, sizeof p.sha256);
	}
	/* apk has no list of configuration: it protects etc (apk-protected_paths). */
	if (f->name.n && span_starts(path, span_of("/etc/")))
		p.has |= PACKAGED_CONFIG;
	return p;
}

static int files(struct package_index *x, uint32_t i, struct arena *a, struct packaged_file **ret,
	size_t *ret_n, struct err *e)
{
	struct apk_files reader = { .rest = x->row[i].own };
	struct packaged_file *list;
	char buffer[PATH_BYTES];
	struct apk_file f;
	size_t n = 0;

	while (apk_file_next(&reader, &f))
		n++;
	if (n > FILES_MAX)
		return err_set(e, ERR_LIMIT, "a package of more than %d files", FILES_MAX);
	list = arena_get(a, (n + 1) * sizeof *list);
	reader = (struct apk_files){ .rest = x->row[i].own };
	n = 0;
	while (apk_file_next(&reader, &f)) {
		struct span path = whole(&f, buffer);

		if (path.n)
			list[n++] = from_apk(a, &f, path);
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

const struct package_db package_apk = {
	.manager = "apk",
	.load = load,
	.survey = survey,
	.files = files,
};
