/* The formats of dpkg's database, dpkg(1) and deb822(5). Without input or output. */
#ifndef HOST_PACKAGE_DPKG_PARSE_H
#define HOST_PACKAGE_DPKG_PARSE_H

#include <stdint.h>

#include "core/err.h"
#include "core/span.h"

/* A reader of paragraphs: { text, 1 }. */
struct deb822 {
	struct span rest;
	size_t line; /* the one that comes next */
};

/* 1: the next field, its value with all continuation lines; 2: the paragraph ends; 0: there is no
 * more. ERR_FORMAT with the line number for a line that is none; go on after it. */
int deb822_field(struct deb822 *d, struct span *ret_name, struct span *ret_value,
	struct err *e) MUST_CHECK;

/* A package in `status`. */
struct dpkg_stanza {
	struct span name, version, arch, status, source, maintainer, origin, section, conffiles;
	struct span size; /* KiB */
	bool essential;
	bool same; /* Multi-Arch: same: the files in info/ are named NAME:ARCH */
	size_t line;
};
/* 1: the next; 0: no more; ERR_FORMAT with the line: that stanza is passed over, go on. */
int dpkg_stanza_next(struct deb822 *d, struct dpkg_stanza *ret, struct err *e) MUST_CHECK;

/* May it be part of a file's name and of a key? */
bool dpkg_name_is_good(struct span name);

/* "DIGEST  usr/bin/x": false when it is not. *ret_path has no slash in front. */
bool dpkg_md5sums_line(struct span line, uint8_t ret_md5[16], struct span *ret_path);

/* The lines of Conffiles: " /etc/x DIGEST obsolete". */
struct dpkg_conffile {
	struct span path;
	uint8_t md5[16];
	bool has_md5; /* false: "newconffile", not delivered yet */
	bool obsolete;
};
bool dpkg_conffile_line(struct span line, struct dpkg_conffile *ret);

/* Three lines of `diversions`. 1, 0 at the end, ERR_FORMAT when cut off or not absolute. */
struct dpkg_diversion {
	struct span from, to, package; /* package ":": the administrator's */
};
int dpkg_diversion_next(struct deb822 *d, struct dpkg_diversion *ret, struct err *e) MUST_CHECK;

/* "root utmp 2755 /usr/bin/x" */
struct dpkg_override {
	struct span owner, group, path;
	uint32_t mode;
};
bool dpkg_override_line(struct span line, struct dpkg_override *ret);

#endif
