#include "store/node.h"

#include "core/sha256.h"
#include "store/delta.h"
#include "store/siphash.h"
#include "store/store_db.h"

/* Fixed by the format, so that equal sets give equal trees on every host. */
static const uint64_t boundary_key[2] = { UINT64_C(0x696e7661722d7472),
	UINT64_C(0x65652d6b65792031) };

enum {
	LEAF_LEAST = 4,
	INNER_LEAST = 2,
	LEVELS_HASHED = 16,
	ROW_RAW = 0,
	ROW_ZSTD = 1,
	PACK_LEVEL = -1
};

bool node_ends(struct span key, unsigned level)
{
	uint64_t h;

	if (level >= LEVELS_HASHED)
		return false;
	h = siphash13(boundary_key, key);
	return (h >> (4 * level) & 15) == 0;
}

/* ---- writing ---- */

void node_writer_init(struct node_writer *w)
{
	*w = (struct node_writer){
		.body = BUF_INIT(NODE_RAW_MAX),
		.local = BUF_INIT(2 * NODE_RAW_MAX),
		.key = BUF_INIT(TREE_KEY_MAX),
		.shared_was = BUF_INIT(TREE_SHARED_MAX),
		.local_was = BUF_INIT(TREE_LOCAL_MAX),
	};
}

void node_writer_done(struct node_writer *w)
{
	buf_done(&w->body);
	buf_done(&w->local);
	buf_done(&w->key);
	buf_done(&w->shared_was);
	buf_done(&w->local_was);
}

void node_writer_clear(struct node_writer *w, unsigned level)
{
	static const uint8_t id_place[DIGEST_BYTES];

	buf_clear(&w->body);
	buf_clear(&w->local);
	buf_clear(&w->key);
	buf_clear(&w->shared_was);
	buf_clear(&w->local_was);
	buf_add_char(&w->body, (char)level);
	buf_add(&w->local, id_place, sizeof(id_place)); /* full digests id and local as one */
	w->bytes = 0;
	w->n = 0;
	w->count = 0;
}

static void add_key(struct node_writer *w, struct span key)
{
	size_t same = delta_common(w->key.p, key.p, w->key.n < key.n ? w->key.n : key.n);

	delta_put_number(&w->body, same);
	delta_put_number(&w->body, key.n - same);
	buf_add(&w->body, key.p + same, key.n - same);
	w->key.n = same;
	buf_add(&w->key, key.p + same, key.n - same);
	w->bytes += key.n;
	w->n++;
}

static void add_value(struct buf *out, struct buf *was, struct span value)
{
	delta_put(out, buf_span(was), value);
	was->n = 0;
	buf_add_span(was, value);
}

void node_add_entry(struct node_writer *w, const struct tree_entry *entry)
{
	add_key(w, entry->key);
	add_value(&w->body, &w->shared_was, entry->shared);
	add_value(&w->local, &w->local_was, entry->local);
	w->bytes += entry->shared.n;
	w->count++;
}

void node_add_ref(struct node_writer *w, const struct node_ref *ref)
{
	add_key(w, ref->key);
	delta_put_number(&w->body, ref->count);
	buf_add(&w->body, ref->id, DIGEST_BYTES);
	buf_add(&w->local, ref->full, DIGEST_BYTES);
	w->bytes += DIGEST_BYTES;
	w->count += ref->count;
}

bool node_is_whole(const struct node_writer *w, unsigned level)
{
	if (w->n >= NODE_ENTRIES_MAX || (w->bytes >= NODE_BYTES_MAX && w->n >= INNER_LEAST))
		return true;
	return w->n >= (level ? INNER_LEAST : LEAF_LEAST) && node_ends(buf_span(&w->key), level);
}

int64_t node_place(const uint8_t full[DIGEST_BYTES])
{
	uint64_t h = 0;

	for (int i = 0; i < 6; i++)
		h = h << 8 | full[i];
	return (int64_t)h;
}

/* The row of a node: how, lengths, then local part and body, compressed when that is shorter. */
static int pack(struct store *s, struct node_writer *w, struct err *e)
{
	size_t local = w->local.n - DIGEST_BYTES;
	struct buf *b = &s->packed;
	struct span raw;
	size_t n, head;

	buf_add_span(&w->local, buf_span(&w->body));
	raw = span_from_offset(buf_span(&w->local), DIGEST_BYTES);
	if (!s->pack)
		s->pack = ZSTD_createCCtx();
	buf_clear(b);
	buf_add_char(b, ROW_ZSTD);
	delta_put_number(b, local);
	delta_put_number(b, w->body.n);
	head = b->n;
	if (w->local.full || !buf_room(b, ZSTD_compressBound(raw.n)))
		return err_set(e, ERR_LIMIT, "a tree node has %zu bytes", raw.n);
	n = ZSTD_compressCCtx(s->pack, b->p + b->n, b->cap - b->n, raw.p, raw.n, PACK_LEVEL);
	if (!ZSTD_isError(n) && n < raw.n) {
		b->n += n;
		return 0;
	}
	b->p[0] = ROW_RAW;
	b->n = head;
	buf_add_span(b, raw);
	return 0;
}

static int insert(struct store *s, const uint8_t full[DIGEST_BYTES], struct err *e)
{
	sqlite3_stmt *q = sql_use(s, SQL_NODE_PUT, e);
	int rc;

	if (!q)
		return e->code;
	sql_bind(q, 1, buf_span(&s->packed));
	rc = sql_write(s, q, "write a tree node", e);
	if (rc < 0)
		return rc;
	q = sql_use(s, SQL_NODE_AT_PUT, e);
	if (!q)
		return e->code;
	sqlite3_bind_int64(q, 1, node_place(full));
	sqlite3_bind_int64(q, 2, sqlite3_last_insert_rowid(s->db));
	return sql_write(s, q, "write a tree node", e);
}

static int find(struct store *s, struct node_reader *r, const uint8_t full[DIGEST_BYTES],
	struct err *e);

int node_save(struct store *s, struct node_writer *w, struct node_ref *ret, struct err *e)
{
	struct node_reader there;
	int rc;

	if (w->body.full || w->local.full || w->key.full || w->shared_was.full || w->local_was.full)
		return err_set(e, ERR_LIMIT, "a tree entry is too large");
	sha256_once(w->body.p, w->body.n, ret->id);
	memcpy(w->local.p, ret->id, DIGEST_BYTES);
	sha256_once(w->local.p, w->local.n, ret->full);
	ret->key = buf_span(&w->key);
	ret->count = w->count;

	if (!s)
		return 0;
	node_reader_init(&there);
	rc = find(s, &there, ret->full, e);
	node_reader_done(&there);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc = pack(s, w, e);
	return rc < 0 ? rc : insert(s, ret->full, e);
}

/* ---- reading ---- */

void node_reader_init(struct node_reader *r)
{
	*r = (struct node_reader){
		.raw = BUF_INIT(2 * NODE_RAW_MAX),
		.key = BUF_INIT(TREE_KEY_MAX),
		.shared = BUF_INIT(TREE_SHARED_MAX),
		.local = BUF_INIT(TREE_LOCAL_MAX),
	};
}

void node_reader_done(struct node_reader *r)
{
	buf_done(&r->raw);
	buf_done(&r->key);
	buf_done(&r->shared);
	buf_done(&r->local);
}

/* r->raw := room for the id, the local part, the body. False: not a row of ours. */
static bool unpack(struct store *s, struct span row, struct node_reader *r)
{
	const char *p = row.p, *end = row.p + row.n;
	uint64_t local = 0, body = 0;
	size_t n;
	char how;

	if (row.n < 1)
		return false;
	how = *p++;
	if (!delta_get_number(&p, end, &local) || !delta_get_number(&p, end, &body) ||
		body > NODE_RAW_MAX || local > NODE_RAW_MAX || body < 1)
		return false;
	n = (size_t)(body + local);
	buf_clear(&r->raw);
	if (!buf_room(&r->raw, DIGEST_BYTES + n))
		return false;
	r->raw.n = DIGEST_BYTES + n;
	r->local_n = (size_t)local;
	if (how == ROW_RAW && (size_t)(end - p) == n) {
		memcpy(r->raw.p + DIGEST_BYTES, p, n);
		return true;
	}
	if (!s->unpack)
		s->unpack = ZSTD_createDCtx();
	return how == ROW_ZSTD && ZSTD_decompressDCtx(s->unpack, r->raw.p + DIGEST_BYTES, n, p,
					  (size_t)(end - p)) == n;
}

/* Is what was unpacked the node of this name? */
static bool proves(struct node_reader *r, const uint8_t full[DIGEST_BYTES])
{
	size_t body = DIGEST_BYTES + r->local_n;

	sha256_once(r->raw.p + body, r->raw.n - body, r->id);
	memcpy(r->raw.p, r->id, DIGEST_BYTES);
	sha256_once(r->raw.p, body, r->full);
	return memcmp(r->full, full, DIGEST_BYTES) == 0;
}

/* 1: r is the node; 0: there is none of this name; else an error. A row that stands in its place
 * and does not prove it is passed over: two names may share 48 bits. */
static int find(struct store *s, struct node_reader *r, const uint8_t full[DIGEST_BYTES],
	struct err *e)
{
	sqlite3_stmt *q = sql_use(s, SQL_NODE_GET, e);
	int rc;

	if (!q)
		return e->code;
	r->loaded = false;
	sqlite3_bind_int64(q, 1, node_place(full));
	while ((rc = sql_step(s, q, "read a tree node", e)) == 1)
		if (unpack(s, sql_bytes(q, 0), r) && proves(r, full))
			break;
	r->row = rc == 1 ? sqlite3_column_int64(q, 1) : 0;
	sql_done(q);
	r->loaded = rc == 1;
	return rc;
}

static int damaged(const struct node_reader *r, const char *why, struct err *e)
{
	return err_set(e, ERR_DAMAGED, "tree node %02x%02x%02x%02x… %s", r->full[0], r->full[1],
		r->full[2], r->full[3], why);
}

int node_load(struct store *s, struct node_reader *r, const uint8_t full[DIGEST_BYTES],
	struct err *e)
{
	int rc;

	if (!r->loaded || memcmp(r->full, full, DIGEST_BYTES) != 0) {
		rc = find(s, r, full, e);
		if (rc < 0)
			return rc;
		if (rc == 0) {
			memcpy(r->full, full, DIGEST_BYTES);
			return damaged(r, "is missing or damaged", e);
		}
	}
	r->level = (unsigned char)r->raw.p[DIGEST_BYTES + r->local_n];
	if (r->level >= NODE_LEVELS)
		return damaged(r, "is on a level that no tree has", e);
	node_rewind(r);
	return 0;
}

void node_rewind(struct node_reader *r)
{
	r->local_p = r->raw.p + DIGEST_BYTES;
	r->local_end = r->local_p + r->local_n;
	r->p = r->local_end + 1;
	r->end = r->raw.p + r->raw.n;
	buf_clear(&r->key);
	buf_clear(&r->shared);
	buf_clear(&r->local);
}

static bool next_key(struct node_reader *r)
{
	uint64_t same = 0, new = 0;

	if (!delta_get_number(&r->p, r->end, &same) || !delta_get_number(&r->p, r->end, &new) ||
		same > r->key.n || new > (uint64_t)(r->end - r->p))
		return false;
	r->key.n = (size_t)same;
	buf_add(&r->key, r->p, (size_t) new);
	r->p += new;
	return !r->key.full;
}

int node_next_entry(struct node_reader *r, struct tree_entry *ret, struct err *e)
{
	if (r->p == r->end)
		return r->local_p == r->local_end ? 0 : damaged(r, "has bytes left over", e);
	if (!next_key(r) || !delta_get(&r->p, r->end, &r->shared) ||
		!delta_get(&r->local_p, r->local_end, &r->local))
		return damaged(r, "is not what a node looks like", e);
	ret->key = buf_span(&r->key);
	ret->shared = buf_span(&r->shared);
	ret->local = buf_span(&r->local);
	return 1;
}

int node_next_ref(struct node_reader *r, struct node_ref *ret, struct err *e)
{
	if (r->p == r->end)
		return r->local_p == r->local_end ? 0 : damaged(r, "has bytes left over", e);
	if (!next_key(r) || !delta_get_number(&r->p, r->end, &ret->count) ||
		r->end - r->p < DIGEST_BYTES || r->local_end - r->local_p < DIGEST_BYTES)
		return damaged(r, "is not what a node looks like", e);
	memcpy(ret->id, r->p, DIGEST_BYTES);
	memcpy(ret->full, r->local_p, DIGEST_BYTES);
	r->p += DIGEST_BYTES;
	r->local_p += DIGEST_BYTES;
	ret->key = buf_span(&r->key);
	return 1;
}
