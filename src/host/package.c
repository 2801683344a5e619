#include "host/package.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/mem.h"
#include "host/package_index.h"
#include "host/package_rpm_store.h"
#include "host/state.h"
#include "os/clock.h"
#include "os/random.h"

#define PROBLEMS_MAX 1000
#define SECOND INT64_C(1000000000)
#define KEPT_NS (300 * SECOND) /* then it is read again: lists edited in place have no stamp */
#define IDLE_NS (120 * SECOND) /* that long nobody asked: the memory is worth more */
#define KEPT_CACHE ((size_t)1 << 20)
#define CACHE_BYTES ((size_t)16 << 20)
#define PATH_BYTES_MEAN 72 /* a line of a list, with what other packages list, too, left out */
#define SEVERAL_MAX 1000   /* of one package, whose versions are listed */
#define VERSIONS_MAX ((size_t)64 << 10)

static const struct package_db *const databases[] = { &package_dpkg, &package_apk, &package_rpm,
	&package_snap, &package_flatpak, &package_pip, &package_npm, &package_gem, NULL };

/* The details of the files of packages that were asked for one by one. */
struct package_cache {
	struct arena *arena;
	struct packaged_file **files; /* of each row, by path; NULL: not read */
	size_t *n;
};

static void cache_free(struct package_cache *c)
{
	if (!c)
		return;
	arena_free(c->arena);
	free(c->files);
	free(c->n);
	free(c);
}

static void buffers_done(struct package_index *x)
{
	buf_done(&x->scratch);
	x->scratch = BUF_INIT(PACKAGE_DATABASE_MAX);
	for (unsigned i = 0; i < SHA256_LANES; i++) {
		buf_done(&x->waiting[i].bytes);
		x->waiting[i].bytes = BUF_INIT(PACKAGE_DATABASE_MAX);
	}
}

void package_index_free(struct package_index *x)
{
	if (!x)
		return;
	if (x->info >= 0)
		close(x->info);
	stamps_free(x->stamps);
	cache_free(x->cache);
	rpm_store_free(x->rpm);
	path_map_done(&x->owner);
	path_map_done(&x->diverted);
	path_map_done(&x->info_names);
	buffers_done(x);
	arena_free(x->arena);
	free(x->diversion);
	free(x->problem);
	free(x->list);
	free(x->row);
	free(x->sha);
	free(x);
}

/* ---- loading ---- */

struct package_row *package_add(struct package_index *x, const struct package_db *db)
{
	struct package_row *r;

	if (x->n == x->cap) {
		x->cap = x->cap ? x->cap * 2 : 256;
		x->row = mem_grow(x->row, x->cap, sizeof *x->row);
	}
	r = &x->row[x->n++];
	*r = (struct package_row){ .p.manager = db->manager, .db = db };
	return r;
}

void package_set_key(struct package_index *x, struct package_row *r, struct span arch)
{
	const char *key = arena_format(x->arena, "%s:%.*s%s%.*s", r->p.manager, SPAN_ARG(r->p.name),
		arch.n ? ":" : "", SPAN_ARG(arch));

	r->p.key = span_of(key);
}

uint64_t package_number(struct span digits)
{
	uint64_t n = 0;

	for (size_t i = 0; i < digits.n; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9' || i == 15)
			return 0;
		n = n * 10 + (uint64_t)(digits.p[i] - '0');
	}
	return n;
}

void package_problem(struct package_index *x, const char *manager, struct span key, bool one,
	const struct err *why)
{
	if (!one && (strcmp(manager, "dpkg") == 0 || strcmp(manager, "rpm") == 0 ||
			    strcmp(manager, "apk") == 0))
		x->torn = true;
	if (x->n_problems < PROBLEMS_MAX)
		x->problem[x->n_problems++] = (struct package_problem){ manager, key, one, *why };
}

void package_fault(struct package_faults *f, const struct err *e)
{
	if (f->n++ == 0)
		f->first = *e;
}

void package_faults_tell(struct package_index *x, const char *manager,
	const struct package_faults *f, const char *file)
{
	struct err why = f->first, e;

	if (f->n == 0)
		return;
	(void)err_prefix(&why, "'%s': ", file);
	if (f->n > 1)
		(void)err_set(&e, why.code, "%s (and %zu more)", why.text, f->n - 1);
	package_problem(x, manager, span_of(arena_format(x->arena, "%s:", manager)), false,
		f->n > 1 ? &e : &why);
}

static int compare_rows(const void *x, const void *y)
{
	const struct package_row *a = x, *b = y;
	int r = span_compare(a->p.key, b->p.key);

	if (r == 0 && a->p.n_locations && b->p.n_locations)
		r = span_compare(a->p.location[0], b->p.location[0]);
	if (r == 0)
		r = (a->p.installed > b->p.installed) - (a->p.installed < b->p.installed);
	return r ? r : (a->number > b->number) - (a->number < b->number);
}

/* Every version there is, each once. */
static struct span joined(struct package_index *x, const struct package_row *r, size_t n,
	struct span (*get)(const struct package *))
{
	AUTO(buf) b = BUF_INIT(VERSIONS_MAX);

	for (size_t i = 0; i < n && i < SEVERAL_MAX; i++) {
		struct span v = get(&r[i].p);
		bool seen = v.n == 0;

		for (size_t k = 0; k < i && !seen; k++)
			seen = span_same(v, get(&r[k].p));
		if (seen)
			continue;
		if (b.n)
			buf_add_text(&b, ", ");
		buf_add_span(&b, v);
	}
	return arena_copy(x->arena, buf_span(&b));
}

static struct span get_version(const struct package *p)
{
	return p->version;
}

static struct span get_revision(const struct package *p)
{
	return p->revision;
}

static struct span get_signer(const struct package *p)
{
	return p->signer;
}

static struct span get_arch(const struct package *p)
{
	return p->arch;
}

/* The same thing in several places, or several versions of it, is one package. */
static struct package_row merged(struct package_index *x, const struct package_row *r, size_t n)
{
	struct package_row all = r[0];
	struct span *places = arena_get(x->arena, n * sizeof *places);

	all.p.version = joined(x, r, n, get_version);
	all.p.revision = joined(x, r, n, get_revision);
	all.p.arch = joined(x, r, n, get_arch);
	all.p.signer = joined(x, r, n, get_signer);
	all.p.location = places;
	all.p.n_locations = 0;
	all.numbers = arena_get(x->arena, n * sizeof *all.numbers);
	for (size_t i = 0; i < n; i++) {
		all.numbers[all.n_numbers++] = r[i].number;
		all.p.size += i ? r[i].p.size : 0;
		all.p.installed =
			r[i].p.installed > all.p.installed ? r[i].p.installed : all.p.installed;
		if (r[i].p.n_locations &&
			(all.p.n_locations == 0 ||
				!span_same(places[all.p.n_locations - 1], r[i].p.location[0])))
			places[all.p.n_locations++] = r[i].p.location[0];
	}
	return all;
}

/* In key order, each key once. A package manager that lists one twice contradicts itself; what it
 * says last counts for it, too. */
static void settle(struct package_index *x)
{
	size_t kept = 0, run;

	if (x->n)
		qsort(x->row, x->n, sizeof *x->row, compare_rows);
	for (size_t i = 0; i < x->n; i += run) {
		struct package_row *r = &x->row[i];
		struct err why;

		for (run = 1; i + run < x->n && span_same(r[run].p.key, r->p.key);)
			run++;
		if (run > 1 && !r->db->several && !r[1].newer) {
			(void)err_set(&why, ERR_FORMAT, "'%.*s' is listed %zu times",
				SPAN_ARG(r->p.key), run);
			package_problem(x, r->p.manager, r->p.key, true, &why);
		}
		x->row[kept++] = run > 1 && r->db->several ? merged(x, r, run) : r[run - 1];
	}
	x->n = kept;
	x->list = mem_array(x->n + 1, sizeof *x->list);
	for (size_t i = 0; i < x->n; i++)
		x->list[i] = x->row[i].p;
}

static void find_aliases(struct package_index *x)
{
	struct span target;
	struct err e;

	for (const char *const *p = path_links; *p; p++)
		if (host_readlink(x->host, *p, x->arena, &target, &e) == 0)
			path_alias_add(&x->aliases, *p, target);
}

static struct package_index *load(struct host *h)
{
	struct package_index *x = h->package_index = mem_new(sizeof *x);
	struct err e;

	x->host = h;
	x->info = -1;
	x->arena = arena_new();
	x->problem = mem_array(PROBLEMS_MAX, sizeof *x->problem); /* never moves */
	buffers_done(x);
	x->sha = mem_new(sizeof *x->sha);
	sha256_set_init(x->sha);
	if (random_bytes(&x->hash, sizeof x->hash, &e) < 0)
		abort(); /* a kernel without getrandom(2) does not run this program */
	x->loaded = clock_monotonic();
	h->stamps = x->stamps = stamps_new();
	find_aliases(x);
	for (const struct package_db *const *d = databases; *d; d++)
		(*d)->load(x);
	h->stamps = NULL;
	settle(x);
	return x;
}

/* File lists that changed while they were read, after the folder was stamped, have another stamp
 * now. */
static bool holds(struct package_index *x, struct host *h, int64_t now)
{
	return !x->torn && now - x->loaded < KEPT_NS && stamps_hold(x->stamps, h);
}

struct package_index *package_index(struct host *h)
{
	struct package_index *x = h->package_index;

	if (x && !x->doubted)
		return x;
	if (x && holds(x, h, clock_monotonic())) {
		x->doubted = false;
	} else {
		package_index_free(x);
		x = load(h);
	}
	x->asked = clock_monotonic();
	return x;
}

void package_index_renew(struct host *h)
{
	struct package_index *x = h->package_index;

	if (!x)
		return;
	x->doubted = true;
	if (x->cache && arena_bytes(x->cache->arena) > KEPT_CACHE) {
		cache_free(x->cache);
		x->cache = NULL;
	}
	if (clock_monotonic() - x->asked < IDLE_NS)
		return;
	package_index_free(x);
	h->package_index = NULL;
}

int host_packages(struct host *h, struct packages *ret, struct err *e)
{
	struct package_index *x = package_index(h);

	(void)e;
	*ret = (struct packages){ x->list, x->n, x->problem, x->n_problems };
	return 0;
}

bool host_owners_are_whole(struct host *h)
{
	return !package_index(h)->torn;
}

bool host_has_file_lists(struct host *h)
{
	return package_index(h)->file_lists;
}

/* ---- whose a path is ---- */

struct span package_place(struct package_index *x, uint32_t i, struct span path,
	char buffer[PATH_BYTES])
{
	const struct package_diversion *d;
	uint32_t at;

	path = path_real(&x->aliases, path, buffer);
	if (x->n_diversions == 0 || x->row[i].db != &package_dpkg)
		return path;
	at = path_map_find(&x->diverted, path_hash(&x->hash, path));
	if (at == PATH_NONE)
		return path;
	d = &x->diversion[at];
	return span_same(d->package, x->row[i].p.name) ? path
						       : path_real(&x->aliases, d->to, buffer);
}

static void own_now(struct package_index *x)
{
	for (size_t i = 0; i < x->n_soon; i++)
		path_map_add(&x->owner, x->soon[i], x->soon_row[i]);
	x->n_soon = 0;
}

void package_own(struct package_index *x, uint32_t i, struct span path)
{
	char buffer[PATH_BYTES];

	path = package_place(x, i, path, buffer);
	x->soon[x->n_soon] = path_hash(&x->hash, path);
	x->soon_row[x->n_soon] = i;
	path_map_soon(&x->owner, x->soon[x->n_soon]);
	if (++x->n_soon == PACKAGE_SOON)
		own_now(x);
}

/* Three at a time cost little more than one (core/sha256.h). */
static void sha_now(struct package_index *x)
{
	for (unsigned i = 0; i < x->n_waiting; i++) {
		sha256_start(x->sha, i);
		sha256_feed(x->sha, i, x->waiting[i].bytes.p, x->waiting[i].bytes.n, true);
	}
	while (sha256_run(x->sha))
		;
	for (unsigned i = 0; i < x->n_waiting; i++)
		sha256_digest(x->sha, i, x->waiting[i].ret);
	x->n_waiting = 0;
}

void package_sha(struct package_index *x, struct span bytes, uint8_t ret[32])
{
	struct package_waiting *w = &x->waiting[x->n_waiting++];

	buf_clear(&w->bytes);
	buf_add_span(&w->bytes, bytes);
	w->ret = ret;
	if (x->n_waiting == SHA256_LANES)
		sha_now(x);
}

/* In key order, so that the first owner of a shared folder is the one that is kept. */
static void survey(struct package_index *x, bool digest)
{
	if (x->surveyed && (x->digested || !digest))
		return;
	path_map_expect(&x->owner, x->list_bytes / PATH_BYTES_MEAN);
	for (size_t i = 0; i < x->n; i++)
		if (x->row[i].db->survey)
			x->row[i].db->survey(x, (uint32_t)i, digest);
	own_now(x);
	sha_now(x);
	buffers_done(x); /* as large as the largest list; others have to live here as well */
	x->surveyed = true;
	x->digested |= digest;
}

static uint32_t owner(struct package_index *x, struct span path)
{
	char buffer[PATH_BYTES];

	survey(x, false);
	path = path_real(&x->aliases, path, buffer);
	return path_map_find(&x->owner, path_hash(&x->hash, path));
}

const struct package *host_path_owner(struct host *h, struct span path)
{
	struct package_index *x = package_index(h);
	uint32_t i = owner(x, path);

	return i == PATH_NONE ? NULL : &x->list[i];
}

int host_package_manifest(struct host *h, const struct package *p, struct package_manifest *ret,
	struct err *e)
{
	struct package_index *x = package_index(h);
	size_t i = (size_t)(p - x->list);

	(void)e;
	survey(x, true);
	if (!x->row[i].has_manifest)
		return 0;
	*ret = x->row[i].manifest;
	return 1;
}

/* ---- what packages say of their files ---- */

static int files_of(struct package_index *x, uint32_t i, struct arena *a,
	struct packaged_file **ret, size_t *ret_n, struct err *e)
{
	char buffer[PATH_BYTES];
	struct packaged_file *list = NULL;
	size_t n = 0;

	if (!x->row[i].db->files) {
		*ret_n = 0;
		return 0;
	}
	if (x->row[i].db->files(x, i, a, &list, &n, e) < 0)
		return e->code;
	for (size_t k = 0; k < n; k++) {
		struct span path = package_place(x, i, list[k].path, buffer);

		if (path.p == buffer)
			path = arena_copy(a, path);
		list[k].path = path;
		list[k].package = &x->list[i];
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

int host_packaged_files(struct host *h,
	int (*each)(void *ctx, const struct packaged_file *f, struct err *e), void *ctx,
	struct err *e)
{
	struct package_index *x = package_index(h);
	AUTO_FREE(arena) a = arena_new();

	for (size_t i = 0; i < x->n; i++) {
		struct packaged_file *list = NULL;
		size_t n = 0;
		int r = files_of(x, (uint32_t)i, a, &list, &n, e);

		if (r == ERR_MISSING)
			continue; /* host_packages told of it */
		for (size_t k = 0; r == 0 && k < n; k++)
			r = each(ctx, &list[k], e);
		if (r)
			return r;
		arena_clear(a);
	}
	return 0;
}

static int compare_files(const void *x, const void *y)
{
	const struct packaged_file *a = x, *b = y;

	return span_compare(a->path, b->path);
}

/* The files of row i by path, from the cache. */
static int cached(struct package_index *x, uint32_t i, struct package_cache **ret, struct err *e)
{
	struct package_cache *c = x->cache;

	if (c && arena_bytes(c->arena) > CACHE_BYTES) {
		cache_free(c);
		c = NULL;
	}
	if (!c) {
		c = mem_new(sizeof *c);
		c->arena = arena_new();
		c->files = mem_array(x->n, sizeof *c->files);
		c->n = mem_array(x->n, sizeof *c->n);
	}
	*ret = x->cache = c;
	if (c->files[i])
		return 0;
	if (files_of(x, i, c->arena, &c->files[i], &c->n[i], e) < 0)
		return e->code;
	if (c->n[i])
		qsort(c->files[i], c->n[i], sizeof **c->files, compare_files);
	return 0;
}

int host_packaged_file(struct host *h, struct span path, struct packaged_file *ret, struct err *e)
{
	struct package_index *x = package_index(h);
	uint32_t i = owner(x, path);
	char buffer[PATH_BYTES];
	struct packaged_file want = { .path = path_real(&x->aliases, path, buffer) }, *hit;
	struct package_cache *c;
	int r;

	if (i == PATH_NONE)
		return 0;
	r = cached(x, i, &c, e);
	if (r == ERR_MISSING)
		return 0;
	if (r < 0)
		return r;
	if (c->n[i] == 0)
		return 0;
	hit = bsearch(&want, c->files[i], c->n[i], sizeof want, compare_files);
	if (!hit)
		return 0;
	*ret = *hit;
	return 1;
}
