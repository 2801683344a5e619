/* Bytes built: grows up to its cap. Exceeding the cap makes the buffer fail for good (buf.full);
 * check once at the end instead of at every call. */
#ifndef CORE_BUF_H
#define CORE_BUF_H

#include <stdint.h>

#include "core/attr.h"
#include "core/span.h"

struct buf {
	char *p;
	size_t n;
	size_t cap;
	size_t max;
	bool full; /* something did not fit; the contents are no longer whole */
};

#define BUF_INIT(max_bytes) ((struct buf){ .max = (max_bytes) })
#define BUF_MAX_DEFAULT ((size_t)64 << 20)

void buf_done(struct buf *b);
static inline void buf_clear(struct buf *b)
{
	b->n = 0;
	b->full = false;
}
/* Room for n more bytes at the end (not yet counted in b->n), or NULL when over the cap. */
char *buf_room(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_add_span(struct buf *b, struct span s);
void buf_add_text(struct buf *b, const char *text);
void buf_add_char(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);

static inline struct span buf_span(const struct buf *b)
{
	return (struct span){ b->p, b->n };
}
/* The contents with a NUL behind them; valid until the next call on b. */
const char *buf_text(struct buf *b);

#endif
