/* What rpm stores: headers (tags and their values) and the pages of its own two database formats.
 * Without input or output. Numbers are checked against the bytes there are, never believed. */
#ifndef HOST_PACKAGE_RPM_PARSE_H
#define HOST_PACKAGE_RPM_PARSE_H

#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/span.h"

/* ---- headers: lib/header.c of rpm ---- */

enum rpm_tag {
	RPM_SIGNED_DSA = 267,
	RPM_SIGNED_RSA = 268,
	RPM_NAME = 1000,
	RPM_VERSION = 1001,
	RPM_RELEASE = 1002,
	RPM_EPOCH = 1003,
	RPM_INSTALLED = 1008,
	RPM_SIZE = 1009,
	RPM_VENDOR = 1011,
	RPM_GROUP = 1016,
	RPM_ARCH = 1022,
	RPM_FILE_SIZES = 1028,
	RPM_FILE_STATES = 1029,
	RPM_FILE_MODES = 1030,
	RPM_FILE_MTIMES = 1034,
	RPM_FILE_DIGESTS = 1035,
	RPM_FILE_TARGETS = 1036,
	RPM_FILE_FLAGS = 1037,
	RPM_FILE_OWNERS = 1039,
	RPM_FILE_GROUPS = 1040,
	RPM_SOURCE = 1044,
	RPM_FOLDER_INDEXES = 1116,
	RPM_BASE_NAMES = 1117,
	RPM_FOLDERS = 1118,
	RPM_FILE_SIZES_LONG = 5008,
	RPM_SIZE_LONG = 5009,
	RPM_FILE_CAPS = 5010,
	RPM_DIGEST_ALGORITHM = 5011,
};

struct rpm_header {
	struct span index; /* 16 bytes a tag */
	struct span data;
};
int rpm_header_parse(struct span blob, struct rpm_header *ret, struct err *e) MUST_CHECK;
/* The (first) string of a tag; empty: none. */
struct span rpm_text(const struct rpm_header *h, enum rpm_tag tag);
/* All strings of a tag, in a; NULL: none, or the array does not end. */
struct span *rpm_texts(const struct rpm_header *h, enum rpm_tag tag, struct arena *a,
	size_t *ret_n);
/* The numbers of a tag, of whatever width. */
struct rpm_numbers {
	struct span data;
	size_t n, width;
};
struct rpm_numbers rpm_numbers(const struct rpm_header *h, enum rpm_tag tag);
bool rpm_number_at(const struct rpm_numbers *x, size_t i, uint64_t *ret);
/* The first one of a tag. */
bool rpm_number(const struct rpm_header *h, enum rpm_tag tag, uint64_t *ret);
/* The bytes of a tag's value, as they are stored; empty: none. */
struct span rpm_bytes(const struct rpm_header *h, enum rpm_tag tag);

/* The id of the key that an OpenPGP signature (RFC 4880 §5.2) says it was made with. False: it does
 * not, or is none. */
bool pgp_signer(struct span packet, uint8_t ret[8]);

/* ---- ndb: Packages.db, lib/backend/ndb/rpmpkg.c ---- */

#define NDB_HEAD 32 /* of the file; then slots, then blobs in units of 16 bytes */
#define NDB_SLOT 16
#define NDB_BLOB_HEAD 16

/* Bytes from the start of the file that are head and slots; ERR_FORMAT when it is no ndb. */
int ndb_head(struct span head, uint64_t *ret_slots_end, struct err *e) MUST_CHECK;
/* 1: the slot holds package *ret_number, its blob at *ret_offset; 0: it is free; ERR_FORMAT. */
int ndb_slot(struct span slot, uint32_t *ret_number, uint64_t *ret_offset,
	struct err *e) MUST_CHECK;
/* The head of a blob: its length, when it is that package's. */
bool ndb_blob(struct span head, uint32_t number, uint32_t *ret_n);

/* ---- Berkeley DB, a hash: Packages ---- */

#define BDB_HEAD 512
#define BDB_PAGE_HEAD 26

struct bdb {
	bool big; /* endian */
	uint32_t page_bytes, last_page;
};
int bdb_head(struct span head, struct bdb *ret, struct err *e) MUST_CHECK;

struct bdb_value {
	struct span here; /* on this page; empty: elsewhere */
	uint32_t page, n; /* first overflow page and total length */
};
/* How many pairs a page has; none when it is no page of a hash. ERR_FORMAT. */
int bdb_pairs(const struct bdb *b, struct span page, size_t *ret_n, struct err *e) MUST_CHECK;
/* Pair i: 1: a header; 0: the counter that has the key 0; ERR_FORMAT: malformed, or a duplicate. */
int bdb_pair(const struct bdb *b, struct span page, size_t i, struct bdb_value *ret,
	struct err *e) MUST_CHECK;
/* The part of a value that is on an overflow page, and the page after it (0: none). */
bool bdb_overflow(const struct bdb *b, struct span page, struct span *ret, uint32_t *ret_next);

#endif
