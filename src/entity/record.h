/* One entity's values, and their canonical bytes: deterministic CBOR (RFC 8949 §4.2.1), a map from
 * field number to value. The shared map is what identifies equal state across hosts; the local map
 * holds the FIELD_LOCAL fields, kept beside the tree. */
#ifndef ENTITY_RECORD_H
#define ENTITY_RECORD_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "entity/kind.h"

union value {
	uint64_t number;
	int64_t time;
	struct span bytes;
};

struct record {
	const struct kind *kind;
	struct span key; /* as people know it: a path, a name; not the stored key */
	uint64_t has;    /* fields that are known; the others are absent */
	union value v[KIND_FIELDS_MAX];
};

static inline bool record_has(const struct record *r, unsigned field)
{
	return (r->has & field_bit(field)) != 0;
}

static inline void record_set_number(struct record *r, unsigned field, uint64_t n)
{
	r->v[field].number = n;
	r->has |= field_bit(field);
}

static inline void record_set_time(struct record *r, unsigned field, int64_t ns)
{
	r->v[field].time = ns;
	r->has |= field_bit(field);
}

static inline void record_set_bytes(struct record *r, unsigned field, struct span s)
{
	r->v[field].bytes = s;
	r->has |= field_bit(field);
}

struct record *record_new(struct arena *a, const struct kind *k);
/* A deep copy in a. */
struct record *record_copy(struct arena *a, const struct record *r);

/* Append the canonical bytes to ret. */
void record_encode_shared(const struct record *r, struct buf *ret);
void record_encode_local(const struct record *r, struct buf *ret);

/* Fill in *ret (kind and key are the caller's). Texts point into the spans given, which must
 * outlive the record. ERR_FORMAT when the bytes are not what record_encode_… writes for this kind.
 * Unknown field numbers and choices (a newer program wrote them) are ERR_VERSION. Either span may
 * be empty. After an error ret->has says nothing. */
int record_decode(struct span shared, struct span local, struct record *ret,
	struct err *e) MUST_CHECK;

/* The set of fields that differ (presence counts). No masking: callers mask what a rule does not
 * watch, and FIELD_VOLATILE. */
uint64_t record_diff(const struct record *was, const struct record *is);

/* The same, reduced to what a rule watching `watched` calls a change: volatile fields never.
 * Derived fields follow from the kind's digests (where it has none, from everything): they count
 * when such a field is watched and none of those differs. */
uint64_t record_changes(const struct record *was, const struct record *is, uint64_t watched);

#endif
