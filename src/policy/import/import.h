/* Policies of other products become ours: nothing is dropped silently. What has no counterpart is a
 * comment in the policy that is written, and a problem (level warning) that names file and line. */
#ifndef POLICY_IMPORT_IMPORT_H
#define POLICY_IMPORT_IMPORT_H

#include "core/buf.h"
#include "policy/policy.h"

struct import;

/* One product's format. */
struct importer {
	const char *name; /* as typed: "deep-security", "wazuh", "aide", "osquery", "tripwire" */
	const char *text; /* one line for people */
	/* Does it look like this format? For a file whose product was not said. */
	bool (*knows)(struct span text);
	int (*run)(struct import *x, struct span text, struct err *e);
};
extern const struct importer *const importers[]; /* ended by NULL */

/* Append the policy (YAML that policy_load_text takes). from: an importer's name, or NULL: by what
 * the file looks like. ERR_FORMAT with line and column on what does not follow its format,
 * ERR_USAGE for an unknown product. */
int policy_import(const char *from, const char *file, struct span text, struct buf *ret,
	struct problems *problems, struct err *e) MUST_CHECK;

/* ---- for importers ---- */

struct import_test { /* of an include or exclude, beside its key */
	const char *field, *value;
};
struct import_pattern {
	struct span key;
	const struct import_test *tests;
	size_t n_tests;
};
struct import_rule {
	struct span id; /* made to fit [a-z0-9.-] and unique by import_add */
	struct span title;
	const char *severity; /* NULL: not said, which is medium */
	const struct kind *kind;
	const struct span *bases;
	size_t n_bases;
	const struct import_pattern *include, *exclude;
	size_t n_include, n_exclude;
	const char *const *fields; /* ended by NULL; NULL: standard */
	const char *const *extra; /* "key: value" lines as they are ("view: both"), ended by NULL */
	unsigned line;            /* of the original */
};

struct arena *import_arena(struct import *x);
const char *import_file(const struct import *x);
void import_add(struct import *x, const struct import_rule *r);
/* What could not be taken over, or only nearly: becomes a comment before the next rule, and a
 * warning. */
void import_note(struct import *x, unsigned line, const char *fmt, ...) PRINTF(3, 4);

#endif
