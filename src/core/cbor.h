/* Deterministic CBOR (RFC 8949 §4.2.1): shortest integers, definite lengths, map keys in bytewise
 * order of their encoding, no tags, no floats. The writer appends to a buf; the caller gives map
 * keys in order. The reader is strict: whatever the writer would not have written is ERR_FORMAT,
 * nesting deeper than CBOR_DEPTH_MAX is ERR_LIMIT. Neither allocates. */
#ifndef CORE_CBOR_H
#define CORE_CBOR_H

#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/span.h"

#define CBOR_DEPTH_MAX 16
#define CBOR_HEAD_MAX 9 /* bytes the head of an item needs at most */

/* The major types of RFC 8949 §3.1 that we use. */
enum cbor_type {
	CBOR_UINT,
	CBOR_NEGATIVE,
	CBOR_BYTES,
	CBOR_TEXT,
	CBOR_ARRAY,
	CBOR_MAP,
	CBOR_SIMPLE = 7, /* false, true, null */
};

/* ---- writer ---- */

/* For hot paths that took room for the whole item at once: writes a head, returns what is behind.
 */
static inline char *cbor_head(char *p, enum cbor_type type, uint64_t n)
{
	unsigned major = (unsigned)type << 5;
	unsigned bytes = n < 24            ? 0
			 : n <= UINT8_MAX  ? 1
			 : n <= UINT16_MAX ? 2
			 : n <= UINT32_MAX ? 4
					   : 8;
	unsigned info = bytes == 1 ? 24 : bytes == 2 ? 25 : bytes == 4 ? 26 : 27;

	*p++ = (char)(bytes ? major | info : major | (unsigned)n);
	while (bytes-- > 0)
		*p++ = (char)(n >> (8 * bytes));
	return p;
}

void cbor_put_uint(struct buf *b, uint64_t n);
void cbor_put_int(struct buf *b, int64_t n);
void cbor_put_bytes(struct buf *b, struct span s);
void cbor_put_text(struct buf *b, struct span s); /* only for what is known to be UTF-8 */
void cbor_put_bool(struct buf *b, bool yes);
void cbor_put_null(struct buf *b);
void cbor_put_array(struct buf *b, uint64_t n); /* then n items */
void cbor_put_map(struct buf *b, uint64_t n);   /* then n times key, value; keys in order */

/* ---- reader ---- */

struct cbor {
	const char *p;   /* what comes next */
	const char *end; /* of the bytes given */
};

static inline struct cbor cbor_of(struct span s)
{
	return (struct cbor){ s.p, s.p ? s.p + s.n : s.p };
}

/* Nothing is left. */
static inline bool cbor_at_end(const struct cbor *c)
{
	return c->p == c->end;
}
/* ERR_FORMAT when bytes are left over. */
int cbor_finish(const struct cbor *c, struct err *e) MUST_CHECK;

/* The type of what comes next (an enum cbor_type), or ERR_FORMAT at the end of the bytes. */
int cbor_peek(const struct cbor *c, struct err *e) MUST_CHECK;
int cbor_get_uint(struct cbor *c, uint64_t *ret, struct err *e) MUST_CHECK;
int cbor_get_int(struct cbor *c, int64_t *ret, struct err *e) MUST_CHECK;
int cbor_get_bytes(struct cbor *c, struct span *ret, struct err *e) MUST_CHECK; /* a view */
int cbor_get_text(struct cbor *c, struct span *ret, struct err *e) MUST_CHECK;  /* valid UTF-8 */
int cbor_get_bool(struct cbor *c, bool *ret, struct err *e) MUST_CHECK;
int cbor_get_null(struct cbor *c, struct err *e) MUST_CHECK;
int cbor_get_array(struct cbor *c, uint64_t *ret, struct err *e) MUST_CHECK; /* then read n items */

/* Maps: cbor_get_map, then while cbor_next_key() is 1 read the key with its cbor_get_… and the
 * value. Keys out of order or twice are ERR_FORMAT. */
struct cbor_map {
	uint64_t left;
	struct span last; /* encoding of the key before */
};
int cbor_get_map(struct cbor *c, struct cbor_map *ret, struct err *e) MUST_CHECK;
int cbor_next_key(struct cbor *c, struct cbor_map *m, struct err *e) MUST_CHECK; /* 1, 0, error */

/* Only the head of an item of this type; what it announces need not be among the bytes given (they
 * are a window on a stream). */
int cbor_get_head(struct cbor *c, enum cbor_type type, uint64_t *ret, struct err *e) MUST_CHECK;

/* Pass over one whole item, checking it; *ret (may be NULL) is its encoding. */
int cbor_skip(struct cbor *c, struct span *ret, struct err *e) MUST_CHECK;

#endif
