/* What the files units*.c share. */
#ifndef HOST_UNITS_STATE_H
#define HOST_UNITS_STATE_H

#include "core/buf.h"
#include "host/units.h"

enum folder_class {
	FOLDER_VENDOR,
	FOLDER_CONFIG,
	FOLDER_RUNTIME,
	FOLDER_GENERATOR,
	FOLDER_TRANSIENT
};

struct unit_folder {
	const char *path; /* below the root */
	enum folder_class class;
};

/* A name in a folder of the search path. */
struct unit_entry {
	struct span name, path;
	struct span target; /* of a symbolic link */
	unsigned folder;    /* place in the search path: the first wins */
};

struct relation {
	struct span of, other;
	enum unit_relation type;
	unsigned folder;
	enum folder_class class;
	struct unit_source *source; /* of a drop-in */
};

/* One manager: the system's, the one for all users, or one user's own. */
struct unit_search {
	struct host *h;
	struct arena *arena;
	const struct unit_folder *folders;
	size_t n_folders;
	const char *prefix; /* of keys: "", "user/", "user/alice/" */
	struct span user;
	bool of_users;
	struct buf entries;   /* struct unit_entry */
	struct buf relations; /* struct relation */
	struct buf *units;    /* struct unit: what came out */
	struct buf *problems; /* struct unit_problem */
};

/* What is in the folders; a folder that cannot be listed is a problem. */
int units_list(struct unit_search *s, struct err *e) MUST_CHECK;
/* Sorted by of, type, folder, other. */
void relations_sort(struct unit_search *s);
const struct relation *relations_of(const struct unit_search *s, struct span of,
	enum unit_relation type, size_t *ret_n);
const struct unit_entry *entries_find(const struct unit_search *s, struct span name);
struct span unit_base_name(struct span path);
/* Read fragment and drop-ins, find relations and state of one unit. */
void unit_fill(struct unit_search *s, struct unit *u);
void unit_add_triggers(struct unit_search *s, const struct unit *u);
void unit_relate(struct unit_search *s, struct unit *u);
void unit_problem_add(struct unit_search *s, struct span key, const struct err *why);

#endif
