/* Keys of Windows' registry that rooms read settings from: a key by its path, its subkeys, all its
 * values at once. What the kinds of the registry itself need (links, descriptors, hidden names) is
 * theirs. */
#ifndef HOST_WINDOWS_HIVE_H
#define HOST_WINDOWS_HIVE_H

#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"

#define HIVE_KEYS_MAX ((size_t)200000)         /* subkeys of one key */
#define HIVE_VALUES_MAX ((size_t)100000)       /* values of one key */
#define HIVE_BYTES_MAX ((size_t)64 << 20)      /* of all data of one key */
#define HIVE_VALUE_BYTES_MAX ((size_t)4 << 20) /* of one value: more is passed over */

/* Types that are read here: REG_… of winnt.h. */
enum hive_type {
	HIVE_TEXT = 1,
	HIVE_EXPAND = 2,
	HIVE_BYTES = 3,
	HIVE_NUMBER = 4,
	HIVE_TEXTS = 7,
	HIVE_LONG = 11
};

struct hive_value {
	struct span name; /* WTF-8; empty: the default value */
	unsigned type;
	struct span data; /* as stored */
	struct span text; /* of texts: WTF-8, up to the first NUL; of others empty */
};

struct hive_values {
	struct hive_value *list; /* in the order of the registry */
	size_t n;
};

/* ---- of values read; names compare without regard to case; anywhere ---- */
const struct hive_value *hive_find(const struct hive_values *v, const char *name);
/* The text of a value that is one (REG_SZ, REG_EXPAND_SZ); empty when it is not there. */
struct span hive_text(const struct hive_values *v, const char *name);
/* A number (REG_DWORD, REG_QWORD, or a text of decimal digits, as some installers write). */
bool hive_number(const struct hive_values *v, const char *name, uint64_t *ret);

/* ---- the registry itself ---- */
struct hive; /* an open key */

enum hive_view { HIVE_64, HIVE_32 };

/* path: "HKLM\\SOFTWARE\\…" or "HKU\\…"; ERR_MISSING when it is not there. */
int hive_open(const char *path, enum hive_view view, struct hive **ret, struct err *e) MUST_CHECK;
/* A key below, in the same view; name may be a path, and may hold a NUL, as only what hides has. */
int hive_below(const struct hive *h, struct span name, struct hive **ret, struct err *e) MUST_CHECK;
void hive_close(struct hive *h); /* accepts NULL */
void hive_closep(struct hive **h);
#define AUTO_HIVE __attribute__((cleanup(hive_closep))) struct hive *

/* Names of the subkeys, in a. */
int hive_keys(const struct hive *h, struct arena *a, struct span **ret, size_t *ret_n,
	struct err *e) MUST_CHECK;
/* All values, in a. */
int hive_values(const struct hive *h, struct arena *a, struct hive_values *ret,
	struct err *e) MUST_CHECK;

/* The SIDs of the users of this host: of those who have a profile, and of those whose hive is
 * loaded now. */
struct hive_user {
	struct span sid;
	bool loaded;
};
int hive_users(struct arena *a, struct hive_user **ret, size_t *ret_n, struct err *e) MUST_CHECK;

#endif
