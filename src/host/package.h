/* The databases of the package managers of the host: which packages there are, which files each
 * delivered and what those should be. Read once a scan; dpkg, rpm and apk. */
#ifndef HOST_PACKAGE_H
#define HOST_PACKAGE_H

#include "host/host.h"

/* A package that some manager has on record. Texts live as long as the host. */
struct package {
	const char *manager; /* "dpkg", "rpm", "apk", "snap", "flatpak", "pip", "npm", "gem" */
	struct span name, version, arch;
	struct span status; /* dpkg "install ok installed"; else empty */
	struct span source; /* source package */
	struct span origin; /* vendor, repository or maintainer as far as the database knows */
	struct span section;
	struct span signer;   /* rpm: id of the key its signature names; not verified */
	struct span revision; /* snap: revision; flatpak: commits; apk: commit; else empty */
	uint64_t size;        /* of its files, bytes, as the manager has it; 0: unknown */
	int64_t installed;    /* ns since 1970; 0: unknown. dpkg: time of its .list file */
	bool essential;
	bool automatic;  /* came as a dependency */
	struct span key; /* manager:name[:arch], the key of kind package */
	/* Where it lies, in order; managers that install one thing to several places only. Such a
	 * package is listed once, with every version there is, joined by ", ". */
	const struct span *location;
	size_t n_locations;
};

/* Every package of every manager, in key order. What could not be read of a database comes as
 * problems: a sentence with file and line each. */
struct package_problem {
	const char *manager;
	struct span key; /* concerns every package whose key begins with this, "dpkg:" */
	bool one;        /* concerns the package of this key alone */
	struct err why;
};
struct packages {
	const struct package *list;
	size_t n;
	const struct package_problem *problem;
	size_t n_problems;
};
int host_packages(struct host *h, struct packages *ret, struct err *e) MUST_CHECK;

/* SHA-256 over what the manager has on record of the package's files (names, digests, modes …), as
 * it stands in the database, and how many paths that are. 1: *ret is filled in; 0: the database has
 * no file list of this package. All file lists are read at the first call. p: one of host_packages.
 */
struct package_manifest {
	uint8_t sha256[32];
	uint64_t paths;
};
int host_package_manifest(struct host *h, const struct package *p, struct package_manifest *ret,
	struct err *e) MUST_CHECK;

/* What a package says one of its files is. */
enum packaged_has {
	PACKAGED_MD5 = 1 << 0,
	PACKAGED_SHA1 = 1 << 1, /* apk: of a link that of where it points */
	PACKAGED_SHA256 = 1 << 2,
	PACKAGED_SIZE = 1 << 3,
	PACKAGED_MODE = 1 << 4,  /* as in st_mode; no type bits: type unknown */
	PACKAGED_OWNER = 1 << 5, /* owner and group: names, or numbers as "#12" */
	PACKAGED_MTIME = 1 << 6, /* seconds */
	PACKAGED_TARGET = 1 << 7,
	PACKAGED_CAPS = 1 << 8,
	PACKAGED_CONFIG = 1 << 9,  /* meant to be edited by the administrator */
	PACKAGED_GHOST = 1 << 10,  /* owned, but not delivered: may be missing */
	PACKAGED_FOLDER = 1 << 11, /* known to be a folder */
	PACKAGED_MODE_OVERRIDE = 1
				 << 12, /* mode and owner are the administrator's (statoverride) */
};
struct packaged_file {
	struct span path; /* absolute, after diversions: where it is on this host */
	const struct package *package;
	unsigned has; /* enum packaged_has */
	uint8_t md5[16], sha1[20], sha256[32];
	uint64_t size;
	uint32_t mode;
	struct span owner, group, target, caps;
	int64_t mtime; /* seconds since 1970 */
};

/* The package that owns a path (absolute; /bin/x is found where usr-merge moved it, and the other
 * way round), or NULL. Several owners (a shared folder): the first in key order. After the first
 * call a hash look-up (64 bits with a random key: two paths are never mixed up). A host without any
 * database owns nothing. */
const struct package *host_path_owner(struct host *h, struct span path);

/* False: a database could not be read, or not all of it, so that "nobody owns it" is not known of
 * any path: whoever tells of owners has a gap then, no change. */
bool host_owners_are_whole(struct host *h);

/* Does any manager with file lists exist here? False: nobody can say what is unowned. */
bool host_has_file_lists(struct host *h);

/* Each file of each package, package by package in key order. Non-zero from `each` ends it and is
 * passed on. */
int host_packaged_files(struct host *h,
	int (*each)(void *ctx, const struct packaged_file *f, struct err *e), void *ctx,
	struct err *e) MUST_CHECK;
/* What the owning packages say about one path; 0: nobody owns it, 1: *ret is filled in. */
int host_packaged_file(struct host *h, struct span path, struct packaged_file *ret,
	struct err *e) MUST_CHECK;

#endif
