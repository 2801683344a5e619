/* Deep Security's integrity rules: what its entity sets, attributes and tests are here. Private to
 * the importer. */
#ifndef POLICY_IMPORT_DEEP_SECURITY_H
#define POLICY_IMPORT_DEEP_SECURITY_H

#include "entity/kind.h"
#include "policy/import/import.h"
#include "policy/import/xml.h"

enum ds_shape {
	DS_PATH,  /* base, patterns of paths */
	DS_KEY,   /* base in the registry, patterns of keys */
	DS_VALUE, /* the same, patterns of keys and names of values */
	DS_FLAT,
	DS_QUERY,
};

/* An <attributes> entry. Fields that only one platform has say nothing on the other. */
struct ds_attribute {
	const char *name;
	const char *unix_fields[3], *windows_fields[3];
	const char *note; /* what is different here; NULL: nothing */
};

enum ds_value { DS_GLOB, DS_FLAG, DS_WORD };

/* A test of <include> or <exclude>. */
struct ds_feature {
	const char *name;
	enum ds_value value;
	const char *fields[2]; /* a flag: true when either is, a glob: when either matches */
};

struct ds_set {
	const char *name, *id;
	const struct kind *kind;
	enum ds_shape shape;
	bool windows_only;
	const char *types; /* a line of the rule, or NULL */
	const char *note;  /* once a file: what is different with all such sets; NULL */
	const struct ds_attribute *attributes; /* ended by a row without a name */
	const struct ds_feature *features;     /* the same */
	/* Keys as they are here, of one key of theirs; at most 4. */
	size_t (*keys)(struct arena *a, struct span key, bool exclude, struct span ret[4],
		const char **ret_note);
};
extern const struct ds_set ds_sets[]; /* ended by a row without a name */

struct ds_line {
	struct import_pattern pattern; /* key empty: any */
	struct span name;              /* DS_VALUE: of the value, with wildcards */
};
struct ds_lines { /* of include or exclude */
	struct ds_line *list;
	size_t n, cap;
};

/* One entity set on its way. */
struct ds_rule {
	struct import *x;
	struct arena *a;
	const struct ds_set *set;
	const struct xml *node;
	unsigned line_add; /* lines before the document that node is of */
	bool windows;      /* DS_PATH: its base is a path of Windows */
	bool had_include;
	struct ds_lines include, exclude;
};

void ds_lines_add(struct arena *a, struct ds_lines *l, struct ds_line line);
/* Without the names of values. */
const struct import_pattern *ds_import_patterns(struct arena *a, const struct ds_lines *l);
void ds_note(struct ds_rule *r, const struct xml *at, const char *fmt, ...) PRINTF(3, 4);

/* ds_pattern.c */

/* What stands in base, in our words. */
struct span ds_base(struct ds_rule *r, const char *text);
/* All includes and excludes of the set. False: nothing can match. */
bool ds_patterns(struct ds_rule *r);
/* What any of its includes or excludes is matched by. */
struct span ds_escape_registry(struct arena *a, struct span text);

/* ds_value.c */

/* Values are chosen by their key and their name, each by itself: as many rules as there are names.
 */
void ds_add_values(struct ds_rule *r, struct import_rule *rule);

#endif
