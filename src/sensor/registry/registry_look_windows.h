/* One walk over the registry, for one of its two kinds. */
#ifndef SENSOR_REGISTRY_REGISTRY_LOOK_WINDOWS_H
#define SENSOR_REGISTRY_REGISTRY_LOOK_WINDOWS_H

#include "core/sha256.h"
#include "entity/registry_base.h"
#include "entity/registry_value.h"
#include "os/windows/registry.h"
#include "sensor/sensor.h"

#define DEPTH_MAX 512               /* levels of keys; the kernel's own limit */
#define KEYS_MAX 20000000           /* keys in one scan */
#define VALUES_MAX (1u << 20)       /* values of one key */
#define CHILDREN_MAX (1u << 20)     /* sub-keys of one key */
#define DATA_MAX ((size_t)64 << 20) /* larger data is not read */
#define PATH_MAX_BYTES ((size_t)1 << 20)
#define ATTEMPTS 3 /* a key that changes while it is enumerated */

#define OFFLINE_PREFIX \
	L"invar-offline-" /* hives that we load: below HKU, and never looked at there */

struct look {
	struct scan *scan;
	const struct kind *kind;
	bool values; /* kind registry-value */
	const struct selector *selector;
	struct arena *lasting; /* the scan's */
	struct arena *a;       /* of one key */
	struct record *r;
	struct registry_bases bases;
	struct buf path; /* sections of the key at hand, joined by NUL */
	struct buf key;  /* an entity's key as people know it */
	struct buf text;
	unsigned how; /* registry_how: rights that are held */
	size_t depth;
	uint64_t keys;
	bool flagless;    /* Wine does not say whether keys are volatile: not asked */
	bool full;        /* KEYS_MAX were seen */
	bool shallow;     /* of a key itself, nothing below it */
	struct buf copy;  /* the service that was asked for last, and */
	bool copy_is;     /* whether it is another's copy for a user */
	struct span only; /* this value alone; p NULL: all */
	uint8_t *data;    /* room for the data of one value */
	size_t room;
	wchar_t name[REGISTRY_NAME_MAX];
	wchar_t class_name[32768];
	uint8_t descriptor[192 << 10]; /* each of two lists at most 64 KiB */
};

/* What RegQueryInfoKey says. */
struct key_info {
	DWORD subkeys, values, class_n;
	FILETIME written;
};
LONG key_info(struct look *l, HKEY key, struct key_info *ret);
static inline bool key_info_same(const struct key_info *a, const struct key_info *b)
{
	return a->subkeys == b->subkeys && a->values == b->values &&
	       a->written.dwLowDateTime == b->written.dwLowDateTime &&
	       a->written.dwHighDateTime == b->written.dwHighDateTime;
}

/* Is it a link, opened as one? Appends where to (the kernel's name of it). */
bool key_is_link(struct look *l, HKEY key, const struct key_info *info, struct buf *ret_target);

/* The key at hand is that of a service's copy for one user, or below it. */
bool is_of_user_copy(struct look *l);

/* Fill in l->r, whose key is the caller's. link_target: empty: it is no link. Returns the fields
 * that could not be looked at, and why. */
uint64_t key_facts(struct look *l, HKEY key, const struct key_info *info, uint64_t fields,
	struct span link_target, LONG *ret_why);

/* A value as it was read, to be emitted once its key has held still; all in l->a. */
struct found_value {
	struct found_value *next;
	struct span name, data; /* data: readable; p NULL: it is not */
	uint64_t fields;        /* that rules ask for */
	uint64_t size;
	uint32_t type;
	enum registry_content content;
	uint8_t sha256[SHA256_SIZE];
};
/* l->r as the value is to be told, but for its key. */
void value_facts(struct look *l, const struct found_value *v);
/* All values that are selected, in l->a. */
LONG key_values(struct look *l, HKEY key, const struct scope *inside, struct found_value **ret);

/* The names of sub-keys: a length in units, the units and a NUL of each. */
LONG key_children(struct look *l, HKEY key, struct buf *ret);

/* ---- the way ---- */

/* Go one section further, and back. False: too deep. */
bool path_push(struct look *l, struct span section);
void path_pop(struct look *l);
/* l->key is the key at hand, as people know it. */
struct span path_text(struct look *l);
/* The same of a value of it. */
struct span value_text(struct look *l, struct span name);
/* The last section of a path joined by NUL. */
struct span path_name(struct span path);
void look_gap(struct look *l, LONG code, bool subtree, const char *what);
void look_gap_as(struct look *l, enum gap_reason reason, bool subtree, const char *text);

/* Below a link that was followed only what the bases that led through it reach. */
struct way {
	size_t least; /* such bases have at least so many sections; 0: no link was followed */
	bool free;    /* inside such a base: everything */
};

/* Is the path at hand on such a base, or inside? */
bool way_passes(struct look *l, struct way *way);
/* Open what the link at hand points to, where a base leads through it. */
bool link_follow(struct look *l, HKEY parent, const wchar_t *name, size_t n, struct way *way,
	HKEY *ret);

/* Through all, or through what the scan's options name. */
void walk_all(struct look *l);

/* Look at an entry of a key that is open, and at what is below it. */
void visit(struct look *l, HKEY parent, const wchar_t *name, size_t n, struct scope *above,
	struct way way);
/* The same of one that is open itself: a hive. */
void walk_hive(struct look *l, HKEY at, struct span name, struct scope *above);
/* The values of an open key, the path at hand. */
void look_at_values(struct look *l, HKEY key, struct scope *inside);

/* ---- HKU: the hives of users ---- */

/* Those of users who are logged off; the path at hand is HKU. */
void users_walk(struct look *l, struct scope *inside);
/* A hive is not there: its user is logged off, and not gone. */
bool users_is_away(struct span sid);
const char *users_why_away(struct span sid);
/* Loaded by us, under a name of our own. */
bool users_is_ours(const wchar_t *name);
/* Unload what a scan that was killed left behind. */
void users_tidy(void);

#endif
