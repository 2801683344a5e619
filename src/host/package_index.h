/* What the readers of package databases and package.c share. */
#ifndef HOST_PACKAGE_INDEX_H
#define HOST_PACKAGE_INDEX_H

#include "core/buf.h"
#include "core/sha256.h"
#include "host/package.h"
#include "host/package_path.h"

#define PACKAGE_SOON 32
#define PACKAGES_MAX 500000
#define PACKAGE_DATABASE_MAX ((size_t)256 << 20)
#define PACKAGE_TEXT_MAX ((size_t)64 << 20) /* status of dpkg, installed of apk */
#define PACKAGE_LIST_MAX ((size_t)64 << 20)

struct package_index;

/* A package as its reader knows it. */
struct package_row {
	struct package p;
	const struct package_db *db;
	struct span own;   /* its reader's: part of the database */
	uint64_t number;   /* its reader's; orders what is listed several times */
	uint64_t *numbers; /* of all that were merged into this one; NULL: of one only */
	size_t n_numbers;
	unsigned flags;    /* its reader's */
	bool newer;        /* replaces what was said of this key before */
	bool has_manifest; /* after the survey */
	struct package_manifest manifest;
};

/* A kind of database. */
struct package_db {
	const char *manager;
	bool several; /* one key may be installed several times: listed as one */
	/* Adds every package; what is wrong becomes problems, what does not exist is nothing. */
	void (*load)(struct package_index *x);
	/* package_own() for every path of row i; with `digest` its manifest as well. NULL: this
	 * manager has no file lists. */
	void (*survey)(struct package_index *x, uint32_t i, bool digest);
	/* Every path of row i with all that is known, in a: paths as they are in the database
	 * (package_place() comes after). */
	int (*files)(struct package_index *x, uint32_t i, struct arena *a,
		struct packaged_file **ret, size_t *ret_n, struct err *e);
};
extern const struct package_db package_dpkg, package_apk, package_rpm;
extern const struct package_db package_snap, package_flatpak, package_pip, package_npm, package_gem;

struct package_diversion {
	struct span from, to, package; /* package: a name; empty: the administrator's */
};

struct package_index {
	struct host *host;
	struct arena *arena;
	struct stamps *stamps;   /* of what it was read from */
	int64_t loaded, asked;   /* monotonic; asked: by a room, the last time */
	bool doubted;            /* another scan began: it may be another one by now */
	struct package_row *row; /* in key order, but while loading */
	size_t n, cap;
	struct package *list; /* the same, for callers */
	struct package_problem *problem;
	size_t n_problems;
	bool file_lists; /* some manager with lists is here */
	bool torn;       /* a database with file lists could not be read whole */
	bool surveyed, digested;
	struct path_hash hash;
	struct path_aliases aliases;
	struct path_map owner; /* path -> row */
	uint64_t list_bytes;   /* of all file lists: how many paths to expect */
	struct package_diversion *diversion;
	size_t n_diversions;
	struct path_map diverted;   /* path -> diversion */
	struct span overrides;      /* dpkg's statoverride */
	struct rpm_store *rpm;      /* NULL: none */
	int info;                   /* dpkg's folder of lists, or -1 */
	struct path_map info_names; /* what is in it; only once listed */
	bool info_listed;
	struct buf scratch;
	struct sha256_set *sha;
	struct package_waiting {
		struct buf bytes;
		uint8_t *ret;
	} waiting[SHA256_LANES]; /* for their digests */
	unsigned n_waiting;
	struct package_cache *cache;
	uint64_t soon[PACKAGE_SOON]; /* paths on their way to owner */
	uint32_t soon_row[PACKAGE_SOON];
	size_t n_soon;
};

/* Loads on the first call. */
struct package_index *package_index(struct host *h);

/* While loading: a new row, zeroed but for manager and db. */
struct package_row *package_add(struct package_index *x, const struct package_db *db);
/* Set p.key from manager, name and arch (may be empty). */
void package_set_key(struct package_index *x, struct package_row *r, struct span arch);
void package_problem(struct package_index *x, const char *manager, struct span key, bool one,
	const struct err *why);

/* Decimal digits up to 10^15; 0 for what is no such number. */
uint64_t package_number(struct span digits);

/* Many bad lines of one file are one problem. */
struct package_faults {
	struct err first;
	size_t n;
};
void package_fault(struct package_faults *f, const struct err *e);
/* Does nothing when there were none. file: goes in front. */
void package_faults_tell(struct package_index *x, const char *manager,
	const struct package_faults *f, const char *file);

/* Where a path of row i is on this host. Valid as long as path and buffer. */
struct span package_place(struct package_index *x, uint32_t i, struct span path,
	char buffer[PATH_BYTES]);
void package_own(struct package_index *x, uint32_t i, struct span path);
/* SHA-256 of what is copied now, into a row's manifest by the end of the survey. */
void package_sha(struct package_index *x, struct span bytes, uint8_t ret[32]);

/* dpkg: append the scripts of a row to x->scratch. */
void dpkg_scripts_append(struct package_index *x, const struct package_row *r);

/* A file of which nothing but its existence matters below a folder that is open; into
 * x->scratch (appended). ERR_MISSING, ERR_DENIED, ERR_FORMAT, ERR_LIMIT. ret_mtime may be NULL. */
int package_append_file(struct package_index *x, int folder, const char *name, size_t max,
	struct err *e) MUST_CHECK;

#endif
