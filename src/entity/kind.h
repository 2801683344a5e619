/* A field table makes a kind. Diff, store, wire, JSON, command line, console and documentation are
 * written once, from these tables. */
#ifndef ENTITY_KIND_H
#define ENTITY_KIND_H

#include <stdint.h>

#include "core/span.h"

#define KIND_IDS 32 /* ids are smaller than this */
#define KIND_FIELDS_MAX \
	63 /* a set of fields is one 64-bit word; its last bit is FIELDS_EXISTENCE */

enum field_type {
	FIELD_TEXT,   /* bytes, meant to be read; may be anything */
	FIELD_NUMBER, /* uint64_t */
	FIELD_MODE,   /* permission bits, shown as octal text "0644" */
	FIELD_TIME,   /* int64_t nanoseconds since 1970-01-01 UTC */
	FIELD_DIGEST, /* bytes, shown as lower-case hex */
	FIELD_DEVICE, /* number made by device_make(), shown "major:minor" */
	FIELD_CHOICE, /* number, an index into field.names */
	FIELD_MAP,    /* bytes: a canonical CBOR map, byte string -> byte string, in key order */
	FIELD_FLAG,   /* number, 0 or 1: shown as true or false; absent where it cannot be known */
	FIELD_LIST,   /* bytes: a CBOR array of byte strings, entity/list.h */
};

enum field_flag {
	FIELD_LOCAL = 1 << 0,    /* kept beside the tree: says nothing when compared across hosts */
	FIELD_VOLATILE = 1 << 1, /* shown, never a change by itself */
	FIELD_SECRET = 1 << 2,   /* a keyed digest, never the thing itself */
	FIELD_STANDARD = 1 << 3, /* part of the shorthand `standard` */
	FIELD_CONTENT = 1 << 4,  /* part of the shorthand `content` */
	FIELD_DERIVED =
		1
		<< 5, /* follows from others: recorded and shown with them, never asked for by name,
			 counted as a difference only when nothing it follows from differs */
	FIELD_EVIDENCE = 1 << 6, /* a volatile list that says why: shown below a change of the
				    entity, a line an item */
	FIELD_CAUSE = 1 << 7,    /* when it differs, it takes the effects with it */
	FIELD_EFFECT = 1 << 8,   /* counts as a difference only when both sides have it and no cause
				    differs: then nothing explains it */
	FIELD_ABOUT = 1 << 10,   /* a time that is known to two seconds: counts as a difference only
				    when it differs by more */
	FIELD_SPEAKS = 1 << 9, /* a choice whose words say by themselves what they are of: the field
				  need not be named beside them ("regular", not "set") */
	FIELD_TABLE = 1 << 11, /* a map that is a row of a foreign table: column -> JSON. A column
				  that one side has not got is no difference: columns come and go
				  with the table or the question, for all rows alike */
};

struct field {
	const char *name; /* as in JSON and policies; never renamed */
	enum field_type type;
	unsigned flags;
	const char *text;         /* one line for people */
	const char *const *names; /* FIELD_CHOICE: ended by NULL */
};

/* How keys are written and cut (entity/key.h). */
enum kind_keys {
	KEYS_PLAIN,    /* flat, or paths of either platform where the kind is hierarchical */
	KEYS_REGISTRY, /* HKLM\SOFTWARE\Key */
	KEYS_VALUE,    /* the key, '\', the name of the value with each '\' doubled */
	KEYS_OF_RULE,  /* RULE:ROW: held by the rule of that id, and no other */
};

struct kind {
	const char *name; /* stored, printed and typed: never renamed */
	const char *text; /* one line for people */
	const char *noun; /* one of them, where it is counted: "3 kernel modules"; NULL: its name */
	uint8_t id;       /* first byte of a stored key; never renumbered */
	bool hierarchical; /* keys are paths: patterns have sections, rules have a base */
	enum kind_keys keys;
	const struct field *fields;
	size_t n_fields;
};

/* All kinds, ended by NULL. */
extern const struct kind *const kinds[];

const struct kind *kind_find(struct span name); /* NULL: no such kind */
const struct kind *kind_by_id(uint8_t id);
int kind_field(const struct kind *k, struct span name); /* index, or -1 */

/* The set of fields that carry all of `flags`. */
uint64_t kind_fields_with(const struct kind *k, unsigned flags);
/* Every field there is that a policy may ask for. */
uint64_t kind_fields_all(const struct kind *k);

/* The fields that nothing on this platform gives: not worth telling people of. */
uint64_t kind_fields_absent(const struct kind *k);

/* In a set of fields that somebody asks for: that the entity is there at all, if nothing more. */
#define FIELDS_EXISTENCE (UINT64_C(1) << KIND_FIELDS_MAX)

static inline uint64_t field_bit(unsigned i)
{
	return UINT64_C(1) << i;
}

static inline uint64_t device_make(uint32_t major, uint32_t minor)
{
	return (uint64_t)major << 32 | minor;
}

#endif
