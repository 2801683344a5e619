/* apk's database "installed", apk-installed(5). Without input or output. */
#ifndef HOST_PACKAGE_APK_PARSE_H
#define HOST_PACKAGE_APK_PARSE_H

#include <stdint.h>

#include "core/err.h"
#include "core/span.h"

struct apk_package {
	struct span name, version, arch, origin, maintainer, commit, size;
	struct span text; /* the whole paragraph */
	size_t line;
};
/* A reader: { text, 1 }. */
struct apk_reader {
	struct span rest;
	size_t line;
};
/* 1: the next; 0: no more; ERR_FORMAT with the line: that package is passed over, go on. */
int apk_package_next(struct apk_reader *r, struct apk_package *ret, struct err *e) MUST_CHECK;

/* What it says of one file or folder. */
struct apk_file {
	struct span folder; /* "usr/bin"; empty: the root */
	struct span name;   /* empty: the folder itself */
	struct span uid, gid;
	uint32_t mode; /* permission bits */
	bool has_sha1, has_sha256;
	uint8_t sha1[20], sha256[32]; /* of the content; of a link: of where it points */
};
/* A reader: { text }. */
struct apk_files {
	struct span rest, folder;
};
bool apk_file_next(struct apk_files *r, struct apk_file *ret);

/* RFC 4648 §4, padding wanted; exactly n bytes, else false. */
bool base64_parse(struct span text, uint8_t *ret, size_t n);

#endif
