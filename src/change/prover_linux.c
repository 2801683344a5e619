#include "change/prover.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

#include "change/keys.h"
#include "core/sha256.h"
#include "entity/file.h"
#include "entity/record.h"
#include "host/ldcache.h"
#include "host/package.h"

#define PATH_BYTES ((size_t)1 << 16)
#define READ_BYTES ((size_t)128 << 10)

/* One candidate, taken apart. */
struct trial {
	struct prover *prover;
	struct buf path;
	struct record was, is, approved;
	const struct record *base; /* what is approved of it, or else what was; NULL: neither */
	struct packaged_file file;
};

static void trial_done(struct trial *t)
{
	buf_done(&t->path);
}

static int find_transaction(const struct prover *p, struct span package, size_t *ret)
{
	size_t low = 0, high = p->n_transactions;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = span_compare(p->transactions[middle].key, package);

		if (order == 0) {
			*ret = middle;
			return 1;
		}
		*(order < 0 ? &low : &high) = order < 0 ? middle + 1 : middle;
	}
	return 0;
}

static bool read_side(const struct side *side, const struct kind *k, struct record *ret)
{
	struct err e;

	*ret = (struct record){ .kind = k };
	return side->known && record_decode(side->shared, side->local, ret, &e) == 0;
}

static bool has_number(const struct record *r, unsigned field, uint64_t n)
{
	return record_has(r, field) && r->v[field].number == n;
}

static struct span text_of(const struct record *r, unsigned field)
{
	return record_has(r, field) ? r->v[field].bytes : SPAN_NONE;
}

/* ---- attributes ---- */

static bool as_base(const struct record *base, const struct record *is, unsigned field)
{
	return (record_diff(base, is) & field_bit(field)) == 0;
}

static bool no_special_mode(const struct record *r)
{
	return !record_has(r, FILE_MODE) || (r->v[FILE_MODE].number & 06002) == 0;
}

static bool is_root(const struct record *r, unsigned field)
{
	return !record_has(r, field) || r->v[field].number == 0;
}

static bool no_locking_flags(const struct record *r)
{
	struct span flags = text_of(r, FILE_FLAGS);

	return !memchr(flags.n ? flags.p : "", 'i', flags.n) &&
	       !memchr(flags.n ? flags.p : "", 'a', flags.n);
}

/* What no package and no approval speaks of may only be what can do no harm. */
static bool harmless(const struct record *r, unsigned field)
{
	switch (field) {
	case FILE_MODE: /* a link has none of its own */
		return has_number(r, FILE_TYPE, FILE_SYMLINK) || no_special_mode(r);
	case FILE_UID:
	case FILE_GID:
		return is_root(r, field);
	case FILE_FLAGS:
		return no_locking_flags(r);
	case FILE_OWNER:
	case FILE_GROUP:
	case FILE_LABEL:
	case FILE_PROJECT:
		return true; /* the numbers decide; labels and quotas follow from where it is */
	default:
		return !record_has(r, field);
	}
}

/* -1: the package does not say. */
static int as_packaged(const struct packaged_file *f, const struct record *r, unsigned field)
{
	switch (field) {
	case FILE_MODE:
		return f->has & PACKAGED_MODE ? r->v[FILE_MODE].number == (f->mode & 07777u) : -1;
	case FILE_OWNER:
		return f->has & PACKAGED_OWNER ? span_same(text_of(r, field), f->owner) : -1;
	case FILE_GROUP:
		return f->has & PACKAGED_OWNER ? span_same(text_of(r, field), f->group) : -1;
	case FILE_UID: /* as its name */
	case FILE_GID:
		return f->has & PACKAGED_OWNER ? 1 : -1;
	case FILE_CAPS:
		return f->has & PACKAGED_CAPS ? span_same(text_of(r, field), f->caps) : -1;
	default:
		return -1;
	}
}

static bool attributes_fit(const struct trial *t)
{
	static const unsigned char fields[] = { FILE_MODE, FILE_UID, FILE_GID, FILE_OWNER,
		FILE_GROUP, FILE_ACL, FILE_ACL_DEFAULT, FILE_CAPS, FILE_LABEL, FILE_FLAGS,
		FILE_PROJECT, FILE_XATTR };

	for (size_t i = 0; i < sizeof fields; i++) {
		int said = record_has(&t->is, fields[i]) ? as_packaged(&t->file, &t->is, fields[i])
							 : -1;

		if (said == 0)
			return false;
		if (said > 0)
			continue;
		if (t->base ? !as_base(t->base, &t->is, fields[i]) : !harmless(&t->is, fields[i]))
			return false;
	}
	return true;
}

/* ---- content ---- */

struct wanted {
	const char *name;
	const EVP_MD *md;
	const uint8_t *digest;
	size_t n;
};

static bool find_wanted(const struct packaged_file *f, struct wanted *ret)
{
	if (f->has & PACKAGED_SHA256)
		*ret = (struct wanted){ "sha256", EVP_sha256(), f->sha256, sizeof f->sha256 };
	else if (f->has & PACKAGED_SHA1)
		*ret = (struct wanted){ "sha1", EVP_sha1(), f->sha1, sizeof f->sha1 };
	else if (f->has & PACKAGED_MD5)
		*ret = (struct wanted){ "md5", EVP_md5(), f->md5, sizeof f->md5 };
	else
		return false;
	return true;
}

/* Both digests of what is there now, in one reading. */
static bool read_digests(int fd, const EVP_MD *md, uint8_t sha256[EVP_MAX_MD_SIZE],
	uint8_t other[EVP_MAX_MD_SIZE])
{
	EVP_MD_CTX *a = EVP_MD_CTX_new(), *b = EVP_MD_CTX_new();
	char *block = malloc(READ_BYTES);
	bool good = a && b && block && EVP_DigestInit_ex(a, EVP_sha256(), NULL) &&
		    EVP_DigestInit_ex(b, md, NULL);
	ssize_t n = 1;

	while (good && n > 0) {
		n = read(fd, block, READ_BYTES);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			good = EVP_DigestUpdate(a, block, (size_t)n) &&
			       EVP_DigestUpdate(b, block, (size_t)n);
	}
	good = good && n == 0 && EVP_DigestFinal_ex(a, sha256, NULL) &&
	       EVP_DigestFinal_ex(b, other, NULL);
	free(block);
	EVP_MD_CTX_free(a);
	EVP_MD_CTX_free(b);
	return good;
}

/* What rules do not read is known by its size and time alone. */
static bool is_at_rest(const struct trial *t, int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 &&
	       (!record_has(&t->is, FILE_SIZE) ||
		       t->is.v[FILE_SIZE].number == (uint64_t)st.st_size) &&
	       (!record_has(&t->is, FILE_MTIME) ||
		       t->is.v[FILE_MTIME].time ==
			       st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec);
}

/* What was observed, what is there and what was delivered must be one. */
static bool content_fits(struct trial *t, char ret_digest[PROVER_DIGEST])
{
	uint8_t sha256[EVP_MAX_MD_SIZE], other[EVP_MAX_MD_SIZE];
	AUTO(buf) text = BUF_INIT(PROVER_DIGEST);
	struct span seen = text_of(&t->is, FILE_SHA256);
	struct wanted want;
	struct err e;
	bool good;
	int fd;

	if (!find_wanted(&t->file, &want) ||
		host_open_file(t->prover->host, buf_text(&t->path), 0, &fd, &e) < 0)
		return false;
	good = read_digests(fd, want.md, sha256, other) && is_at_rest(t, fd);
	close(fd);
	if (!good || (seen.n && !span_same(seen, span_from(sha256, SHA256_SIZE))) ||
		memcmp(other, want.digest, want.n) != 0)
		return false;
	buf_addf(&text, "%s:", want.name);
	hex_add(&text, span_from(want.digest, want.n));
	memcpy(ret_digest, buf_text(&text), text.n + 1);
	return true;
}

/* ---- links ---- */

void prover_join(struct span path, struct span target, struct buf *ret)
{
	struct span part;

	buf_clear(ret);
	if (target.n == 0 || target.p[0] != '/') {
		buf_add_span(ret, path);
		while (ret->n && ret->p[ret->n - 1] != '/')
			ret->n--;
		ret->n -= ret->n > 0;
	}
	while (span_cut(&target, '/', &part)) {
		if (part.n == 0 || span_is(part, "."))
			continue;
		if (!span_is(part, "..")) {
			buf_add_char(ret, '/');
			buf_add_span(ret, part);
			continue;
		}
		while (ret->n && ret->p[--ret->n] != '/')
			;
	}
}

static struct span source_of(const struct package *p)
{
	return p->source.n ? p->source : p->name;
}

/* Where dpkg's record does not say what a link points to: to what it pointed to before, or to a
 * file of the same source package (libx-dev's link to libx1's library) or of one that came with it.
 */
static bool target_fits(struct trial *t)
{
	AUTO(buf) target = BUF_INIT(PATH_BYTES);
	const struct package *own = t->file.package, *owner;
	size_t at;

	if (t->file.has & PACKAGED_TARGET)
		return span_same(text_of(&t->is, FILE_TARGET), t->file.target);
	if (t->base && as_base(t->base, &t->is, FILE_TARGET))
		return true;
	prover_join(buf_span(&t->path), text_of(&t->is, FILE_TARGET), &target);
	owner = target.full ? NULL : host_path_owner(t->prover->host, buf_span(&target));
	return owner && (owner == own || span_same(source_of(owner), source_of(own)) ||
				find_transaction(t->prover, owner->key, &at));
}

/* ---- what package managers write beside the files ---- */

/* Their own records, whose content kind package tells, entry by entry. Scripts are none of them:
 * dpkg keeps no digest of what they should be, and they run as root. */
static const struct {
	const char *path; /* ending in '/': everything below */
	const char *manager;
	bool named; /* NAME.suffix or NAME:ARCH.suffix of a package in transaction */
} records[] = {
	{ "/var/lib/dpkg/info/", "dpkg:", true },
	{ "/var/lib/dpkg/status", "dpkg:", false },
	{ "/var/lib/dpkg/status-old", "dpkg:", false },
	{ "/var/lib/apt/extended_states", "dpkg:", false },
	{ "/var/lib/rpm/", "rpm:", false },
	{ "/usr/lib/sysimage/rpm/", "rpm:", false },
	{ "/lib/apk/db/", "apk:", false },
};

static bool is_suffixed(struct span file, struct span name)
{
	static const char *const data[] = { ".list", ".md5sums", ".conffiles", ".shlibs",
		".symbols", ".templates" };

	for (size_t i = 0; i < ARRAY_LEN(data); i++)
		if (span_starts(file, name) && span_is(span_from_offset(file, name.n), data[i]))
			return true;
	return false;
}

/* "dpkg:nginx:amd64" and "nginx.list" or "nginx:amd64.list" */
static bool is_named(struct span key, size_t manager, struct span file)
{
	struct span name = span_from_offset(key, manager);
	const char *colon = name.n ? memchr(name.p, ':', name.n) : NULL;
	struct span bare = colon ? span_from(name.p, (size_t)(colon - name.p)) : name;

	return is_suffixed(file, name) || is_suffixed(file, bare);
}

static bool is_record(struct trial *t, size_t *ret_transaction)
{
	struct span path = buf_span(&t->path);
	const struct prover *p = t->prover;

	for (size_t i = 0; i < ARRAY_LEN(records); i++) {
		struct span at = span_of(records[i].path), manager = span_of(records[i].manager);
		bool folder = at.p[at.n - 1] == '/';

		if (folder ? !span_starts(path, at) : !span_same(path, at))
			continue;
		for (size_t k = 0; k < p->n_transactions; k++) {
			struct span key = p->transactions[k].key;

			if (!span_starts(key, manager) ||
				(records[i].named &&
					!is_named(key, manager.n, span_from_offset(path, at.n))))
				continue;
			*ret_transaction = k;
			return true;
		}
	}
	return false;
}

static bool is_same_content(const struct trial *t, struct span content)
{
	uint8_t sha256[SHA256_SIZE];

	sha256_once(content.p, content.n, sha256);
	return span_same(text_of(&t->is, FILE_SHA256), span_from(sha256, sizeof sha256));
}

/* The name programs ask for is that of the file: no library stands in for another. */
static int is_packaged(void *host, struct span name, struct span path)
{
	bool same = path.n > name.n && path.p[path.n - name.n - 1] == '/' &&
		    span_same(span_from_offset(path, path.n - name.n), name);

	return same && host_path_owner(host, path) ? 0 : 1;
}

/* The linker's cache, written anew because libraries came or went: it leads to files of packages
 * only. */
static bool is_linker_cache(struct trial *t, size_t *ret_transaction)
{
	AUTO_FREE(arena) a = NULL;
	struct span cache;
	struct err e;

	if (!span_is(buf_span(&t->path), "/etc/ld.so.cache") || !t->prover->n_transactions)
		return false;
	a = arena_new();
	if (host_read(t->prover->host, "etc/ld.so.cache", LDCACHE_MAX, a, &cache, &e) < 0 ||
		ldcache_each(cache, is_packaged, t->prover->host, &e) != 0 ||
		!is_same_content(t, cache))
		return false;
	*ret_transaction = 0;
	return true;
}

/* ---- manuals ---- */

static bool is_manual(struct span path)
{
	return span_starts(path, span_of("/usr/share/man/")) ||
	       span_starts(path, span_of("/usr/share/info/"));
}

/* A link of nobody's among the manuals, or an alternative that leads there, to a page that a
 * package in transaction delivered: what nobody runs needs no more proof. */
static bool is_manual_link(struct trial *t, size_t *ret_transaction)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) target = BUF_INIT(PATH_BYTES);
	struct span path = buf_span(&t->path), rest;
	const struct package *owner;
	struct err e;

	if (!has_number(&t->is, FILE_TYPE, FILE_SYMLINK) ||
		!(is_manual(path) || span_starts(path, span_of("/etc/alternatives/"))))
		return false;
	prover_join(path, text_of(&t->is, FILE_TARGET), &target);
	if (span_starts(buf_span(&target), span_of("/etc/alternatives/"))) {
		if (host_readlink(t->prover->host, buf_text(&target), a, &rest, &e) < 0)
			return false;
		prover_join(SPAN_NONE, rest, &target);
	}
	owner = is_manual(buf_span(&target)) ? host_path_owner(t->prover->host, buf_span(&target))
					     : NULL;
	return owner && find_transaction(t->prover, owner->key, ret_transaction);
}

/* ---- the verdict ---- */

static bool speaks_of(const struct transaction *x, const struct packaged_file *f)
{
	return !x->config || (f->has & PACKAGED_CONFIG);
}

static int judge_present(struct trial *t, size_t *ret_transaction, char ret_digest[PROVER_DIGEST])
{
	struct err e;

	if (!record_has(&t->is, FILE_TYPE))
		return 0;
	if (host_packaged_file(t->prover->host, buf_span(&t->path), &t->file, &e) <= 0) {
		t->file = (struct packaged_file){ 0 };
		return (is_record(t, ret_transaction) || is_linker_cache(t, ret_transaction) ||
			       is_manual_link(t, ret_transaction)) &&
		       attributes_fit(t);
	}
	if (!find_transaction(t->prover, t->file.package->key, ret_transaction) ||
		!speaks_of(&t->prover->transactions[*ret_transaction], &t->file) ||
		!attributes_fit(t))
		return 0;
	switch (t->is.v[FILE_TYPE].number) {
	case FILE_REGULAR:
		return content_fits(t, ret_digest);
	case FILE_SYMLINK:
		return target_fits(t);
	case FILE_DIRECTORY:
		return 1;
	default:
		return 0; /* no package delivers sockets and devices */
	}
}

/* Settings that wait under another name until dpkg configures their package. */
static bool is_waiting_config(struct trial *t, size_t *ret_transaction)
{
	struct span suffix = span_of(".dpkg-new"), path = buf_span(&t->path);
	const struct package *owner;

	if (path.n <= suffix.n || !span_same(span_from_offset(path, path.n - suffix.n), suffix))
		return false;
	path.n -= suffix.n;
	owner = host_path_owner(t->prover->host, path);
	return owner && find_transaction(t->prover, owner->key, ret_transaction);
}

/* What a package owned when it was last seen, and no longer owns. */
static int judge_gone(struct trial *t, size_t *ret_transaction)
{
	if (host_path_owner(t->prover->host, buf_span(&t->path)))
		return 0;
	return find_transaction(t->prover, text_of(&t->was, FILE_PACKAGE), ret_transaction) ||
	       is_waiting_config(t, ret_transaction) || is_record(t, ret_transaction);
}

int prover_judge(struct prover *p, const struct candidate *c, size_t *ret_transaction,
	char ret_digest[PROVER_DIGEST])
{
	AUTO(trial) t = { .prover = p, .path = BUF_INIT(PATH_BYTES) };
	const struct kind *k;
	struct err e;
	bool was, is, approved;

	ret_digest[0] = '\0';
	if (stored_key_text(c->key, &k, &t.path, &e) < 0 || k != &kind_file)
		return 0;
	was = read_side(&c->was, k, &t.was);
	is = read_side(&c->is, k, &t.is);
	approved = read_side(&c->approved, k, &t.approved);
	t.base = approved ? &t.approved : was ? &t.was : NULL;
	if (t.base && is && !as_base(t.base, &t.is, FILE_TYPE))
		t.base = NULL;
	if (c->type == FOUND_DELETED)
		return was && judge_gone(&t, ret_transaction);
	return is && judge_present(&t, ret_transaction, ret_digest);
}
