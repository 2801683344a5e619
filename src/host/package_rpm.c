/* rpm: packages and files from the headers in its database. */
#include <fcntl.h>
#include <unistd.h>

#include "core/hex.h"
#include "host/package_index.h"
#include "host/package_rpm_parse.h"
#include "host/package_rpm_store.h"
#include "host/state.h"

#define FILES_MAX 5000000

enum file_flag { /* RPMFILE_… */
	FILE_CONFIG = 1 << 0,
	FILE_MISSING_OK = 1 << 3,
	FILE_GHOST = 1 << 6,
};

static void tell(struct package_index *x, struct span key, const struct err *why)
{
	package_problem(x, "rpm", key.n ? key : span_of("rpm:"), key.n > 0, why);
}

/* ---- packages ---- */

struct loading {
	struct package_index *x;
	struct package_faults faults;
};

static struct span version(struct package_index *x, const struct rpm_header *h)
{
	struct span v = rpm_text(h, RPM_VERSION), r = rpm_text(h, RPM_RELEASE);
	uint64_t epoch;

	if (rpm_number(h, RPM_EPOCH, &epoch) && epoch)
		return span_of(arena_format(x->arena, "%llu:%.*s-%.*s", (unsigned long long)epoch,
			SPAN_ARG(v), SPAN_ARG(r)));
	return span_of(arena_format(x->arena, "%.*s-%.*s", SPAN_ARG(v), SPAN_ARG(r)));
}

static struct span signer(struct package_index *x, const struct rpm_header *h)
{
	AUTO(buf) hex = BUF_INIT(64);
	uint8_t id[8];

	if (!pgp_signer(rpm_bytes(h, RPM_SIGNED_RSA), id) &&
		!pgp_signer(rpm_bytes(h, RPM_SIGNED_DSA), id))
		return SPAN_NONE;
	hex_add(&hex, span_from(id, sizeof id));
	return arena_copy(x->arena, buf_span(&hex));
}

static void add_header(struct package_index *x, uint64_t number, const struct rpm_header *h)
{
	struct package_row *r = package_add(x, &package_rpm);
	uint64_t seconds;

	r->p.name = arena_copy(x->arena, rpm_text(h, RPM_NAME));
	r->p.version = version(x, h);
	r->p.arch = arena_copy(x->arena, rpm_text(h, RPM_ARCH));
	r->p.source = arena_copy(x->arena, rpm_text(h, RPM_SOURCE));
	r->p.origin = arena_copy(x->arena, rpm_text(h, RPM_VENDOR));
	r->p.section = arena_copy(x->arena, rpm_text(h, RPM_GROUP));
	r->p.signer = signer(x, h);
	if (rpm_number(h, RPM_INSTALLED, &seconds) && seconds <= UINT32_MAX)
		r->p.installed = (int64_t)seconds * 1000000000;
	if (!rpm_number(h, RPM_SIZE_LONG, &r->p.size) && !rpm_number(h, RPM_SIZE, &r->p.size))
		r->p.size = 0;
	r->number = number;
	package_set_key(x, r, r->p.arch);
	x->list_bytes += h->data.n / 4;
}

static void add(void *ctx, uint64_t number, struct span blob, const struct err *why)
{
	struct loading *l = ctx;
	struct rpm_header h;
	struct err e;

	if (why) {
		package_fault(&l->faults, why);
		return;
	}
	if (rpm_header_parse(blob, &h, &e) < 0 ||
		(rpm_text(&h, RPM_NAME).n == 0 &&
			err_set(&e, ERR_FORMAT, "a header without a name") < 0) ||
		(l->x->n >= PACKAGES_MAX &&
			err_set(&e, ERR_LIMIT, "more than %d packages", PACKAGES_MAX) < 0))
		package_fault(&l->faults, &e);
	else
		add_header(l->x, number, &h);
}

static int load_from(struct package_index *x, const char *path, struct err *e)
{
	struct loading l = { .x = x };
	const char *file = NULL;
	int folder = -1;
	int r = host_open_file(x->host, path, O_DIRECTORY, &folder, e);

	if (r < 0)
		return r;
	r = rpm_store_open(folder, &x->rpm, &file, e);
	close(folder);
	path = arena_format(x->arena, "%s/%s", path, file);
	if (r == 0) {
		host_stamp(x->host, path, false);
		host_stamp(x->host, arena_format(x->arena, "%s-wal", path), false);
		x->file_lists = true;
		r = rpm_store_all(x->rpm, add, &l, e);
		package_faults_tell(x, "rpm", &l.faults, path);
	}
	return r < 0 ? err_prefix(e, "'%s': ", path) : 0;
}

/* The first that is there: the others are links to it, or left over. */
static void load(struct package_index *x)
{
	static const char *const paths[] = { "var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm",
		NULL };
	int r = ERR_MISSING;
	struct err e;

	for (const char *const *p = paths; *p && r == ERR_MISSING; p++)
		r = load_from(x, *p, &e);
	if (r < 0 && r != ERR_MISSING)
		tell(x, SPAN_NONE, &e);
}

/* ---- file lists ---- */

/* Several installed versions of one package are one row: each is looked at. */
static size_t versions(const struct package_row *r)
{
	return r->n_numbers ? r->n_numbers : 1;
}

static int header_of(struct package_index *x, const struct package_row *r, size_t i,
	struct rpm_header *ret, struct err *e)
{
	uint64_t number = r->n_numbers ? r->numbers[i] : r->number;

	if (rpm_store_get(x->rpm, number, &x->scratch, e) < 0 ||
		rpm_header_parse(buf_span(&x->scratch), ret, e) < 0)
		return err_prefix(e, "'%.*s': ", SPAN_ARG(r->p.key));
	return 0;
}

/* Names of files as rpm stores them: a table of folders, and for each file a number in it. */
struct names {
	struct rpm_numbers index, state;
	struct span *folder, *base;
	size_t n_folders, n;
};

static void names_of(const struct rpm_header *h, struct arena *a, struct names *ret)
{
	ret->index = rpm_numbers(h, RPM_FOLDER_INDEXES);
	ret->state = rpm_numbers(h, RPM_FILE_STATES);
	ret->folder = rpm_texts(h, RPM_FOLDERS, a, &ret->n_folders);
	ret->base = rpm_texts(h, RPM_BASE_NAMES, a, &ret->n);
	if (!ret->folder)
		ret->n = 0;
}

static struct span name_at(const struct names *x, size_t i, char buffer[PATH_BYTES])
{
	struct span folder, base = x->base[i];
	uint64_t at;

	if (!rpm_number_at(&x->index, i, &at) || at >= x->n_folders)
		return SPAN_NONE;
	folder = x->folder[at];
	if (folder.n == 0 || folder.p[0] != '/' || folder.n + base.n > PATH_BYTES)
		return SPAN_NONE;
	memcpy(buffer, folder.p, folder.n);
	if (base.n)
		memcpy(buffer + folder.n, base.p, base.n);
	return span_from(buffer, folder.n + base.n);
}

/* Not all files of a package are installed: documentation, other languages, another colour. */
static bool is_installed(const struct names *x, size_t i)
{
	uint64_t state;

	return !rpm_number_at(&x->state, i, &state) || state == 0;
}

static void add_digest_part(struct buf *b, const struct rpm_header *h)
{
	static const enum rpm_tag tags[] = { RPM_FOLDERS, RPM_FOLDER_INDEXES, RPM_BASE_NAMES,
		RPM_FILE_DIGESTS, RPM_DIGEST_ALGORITHM, RPM_FILE_SIZES, RPM_FILE_SIZES_LONG,
		RPM_FILE_MODES, RPM_FILE_MTIMES, RPM_FILE_OWNERS, RPM_FILE_GROUPS, RPM_FILE_TARGETS,
		RPM_FILE_FLAGS, RPM_FILE_STATES, RPM_FILE_CAPS };

	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
		struct span s = rpm_bytes(h, tags[i]);

		buf_addf(b, "%d %zu ", (int)tags[i], s.n);
		buf_add_span(b, s);
	}
}

static void survey(struct package_index *x, uint32_t i, bool digest)
{
	struct package_row *r = &x->row[i];
	AUTO(buf) digested = BUF_INIT(PACKAGE_DATABASE_MAX);
	AUTO_FREE(arena) a = arena_new();
	char buffer[PATH_BYTES];
	uint64_t paths = 0;

	for (size_t v = 0; v < versions(r); v++) {
		struct rpm_header h;
		struct names names;
		struct err e;

		if (header_of(x, r, v, &h, &e) < 0) {
			tell(x, r->p.key, &e);
			x->torn = true;
			return;
		}
		names_of(&h, a, &names);
		for (size_t k = 0; k < names.n; k++) {
			struct span path = name_at(&names, k, buffer);

			if (path.n == 0 || !is_installed(&names, k))
				continue;
			package_own(x, i, path);
			paths++;
		}
		if (digest)
			add_digest_part(&digested, &h);
	}
	r->manifest.paths = paths;
	if (!digest)
		return;
	package_sha(x, buf_span(&digested), r->manifest.sha256);
	r->has_manifest = true;
}

/* ---- files ---- */

/* What a header says of all its files; empty where it does not. */
struct columns {
	struct span *digest, *target, *owner, *group, *caps;
	size_t n_digest, n_target, n_owner, n_group, n_caps;
	struct rpm_numbers size, mtime, mode, flags;
	uint64_t algorithm;
};

static void columns_of(const struct rpm_header *h, struct arena *a, struct columns *t)
{
	t->digest = rpm_texts(h, RPM_FILE_DIGESTS, a, &t->n_digest);
	t->target = rpm_texts(h, RPM_FILE_TARGETS, a, &t->n_target);
	t->owner = rpm_texts(h, RPM_FILE_OWNERS, a, &t->n_owner);
	t->group = rpm_texts(h, RPM_FILE_GROUPS, a, &t->n_group);
	t->caps = rpm_texts(h, RPM_FILE_CAPS, a, &t->n_caps);
	t->size = rpm_numbers(h, RPM_FILE_SIZES_LONG);
	if (t->size.n == 0)
		t->size = rpm_numbers(h, RPM_FILE_SIZES);
	t->mtime = rpm_numbers(h, RPM_FILE_MTIMES);
	t->mode = rpm_numbers(h, RPM_FILE_MODES);
	t->flags = rpm_numbers(h, RPM_FILE_FLAGS);
	if (!rpm_number(h, RPM_DIGEST_ALGORITHM, &t->algorithm))
		t->algorithm = 1;
}

/* RFC 4880 §9.4 numbers: 1 MD5, 2 SHA-1, 8 SHA-256. */
static void set_digest(struct packaged_file *f, uint64_t algorithm, struct span hex)
{
	if (algorithm == 1 && hex_parse(hex, f->md5, sizeof f->md5))
		f->has |= PACKAGED_MD5;
	if (algorithm == 2 && hex_parse(hex, f->sha1, sizeof f->sha1))
		f->has |= PACKAGED_SHA1;
	if (algorithm == 8 && hex_parse(hex, f->sha256, sizeof f->sha256))
		f->has |= PACKAGED_SHA256;
}

static void set_content(struct packaged_file *f, const struct columns *t, size_t i)
{
	uint64_t n;

	if (i < t->n_digest)
		set_digest(f, t->algorithm, t->digest[i]);
	if (rpm_number_at(&t->size, i, &n)) {
		f->size = n;
		f->has |= PACKAGED_SIZE;
	}
	if (rpm_number_at(&t->mtime, i, &n) && n <= UINT32_MAX) {
		f->mtime = (int64_t)n;
		f->has |= PACKAGED_MTIME;
	}
	if (i < t->n_caps && t->caps[i].n) {
		f->caps = t->caps[i];
		f->has |= PACKAGED_CAPS;
	}
}

static void set_inode(struct packaged_file *f, const struct columns *t, size_t i)
{
	uint64_t mode;

	if (i < t->n_owner && i < t->n_group) {
		f->owner = t->owner[i];
		f->group = t->group[i];
		f->has |= PACKAGED_OWNER;
	}
	if (!rpm_number_at(&t->mode, i, &mode))
		return;
	f->mode = (uint32_t)mode & 0xffff;
	/* A %ghost that was not there when the package was built has none. */
	if (!(f->has & PACKAGED_GHOST) || (f->mode & 07777))
		f->has |= PACKAGED_MODE;
	if (S_ISDIR(f->mode))
		f->has |= PACKAGED_FOLDER;
	if (S_ISLNK(f->mode) && i < t->n_target) {
		f->target = t->target[i];
		f->has |= PACKAGED_TARGET;
	}
}

static size_t add_files(const struct rpm_header *h, const struct names *names, struct arena *a,
	struct packaged_file *list)
{
	char buffer[PATH_BYTES];
	struct columns t;
	size_t n = 0;

	columns_of(h, a, &t);
	for (size_t i = 0; i < names->n; i++) {
		struct span path = name_at(names, i, buffer);
		struct packaged_file f = { 0 };
		uint64_t flags = 0;

		if (path.n == 0 || !is_installed(names, i))
			continue;
		f.path = arena_copy(a, path);
		(void)rpm_number_at(&t.flags, i, &flags);
		f.has = (flags & FILE_CONFIG ? PACKAGED_CONFIG : 0u) |
			(flags & (FILE_GHOST | FILE_MISSING_OK) ? PACKAGED_GHOST : 0u);
		set_inode(&f, &t, i);
		if (S_ISREG(f.mode) && !(flags & FILE_GHOST))
			set_content(&f, &t, i);
		list[n++] = f;
	}
	return n;
}

static int files(struct package_index *x, uint32_t i, struct arena *a, struct packaged_file **ret,
	size_t *ret_n, struct err *e)
{
	struct package_row *r = &x->row[i];
	struct packaged_file *list = NULL;
	size_t n = 0;

	for (size_t v = 0; v < versions(r); v++) {
		struct packaged_file *more;
		struct rpm_header h;
		struct names names;
		struct span own;

		if (header_of(x, r, v, &h, e) < 0)
			return e->code;
		own = arena_copy(a, buf_span(&x->scratch)); /* texts point into it */
		if (rpm_header_parse(own, &h, e) < 0)
			return e->code;
		names_of(&h, a, &names);
		if (n + names.n > FILES_MAX)
			return err_set(e, ERR_LIMIT, "'%.*s' has more than %d files",
				SPAN_ARG(r->p.key), FILES_MAX);
		more = arena_get(a, (n + names.n + 1) * sizeof *more);
		if (n)
			memcpy(more, list, n * sizeof *more);
		list = more;
		n += add_files(&h, &names, a, list + n);
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

const struct package_db package_rpm = {
	.manager = "rpm",
	.several = true,
	.load = load,
	.survey = survey,
	.files = files,
};
