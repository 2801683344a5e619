#include "core/cbor.h"
#include "core/sha256.h"
#include "os/file.h"
#include "store/node.h"
#include "store/seal.h"
#include "store/store_db.h"

/* The file is the CBOR array [magic, header, entries, public key, signature]; the signature is over
 * a prefix and the SHA-256 of everything before it. docs/STORE.md §7. */
static const char magic[] = "invar baseline 1";
static const char sign_prefix[] = "invar baseline 1 signed";

enum { PARTS = 5, ENTRY_PARTS = 3, WINDOW = 1 << 16, HEADER_MAX = 32 << 20 };

bool baseline_begins(struct span head)
{
	AUTO(buf) begin = BUF_INIT(64);

	cbor_put_array(&begin, PARTS);
	cbor_put_text(&begin, span_of(magic));
	return span_starts(head, buf_span(&begin));
}

/* Numbers of the header's fields are stored. */
enum {
	HEAD_HOST,
	HEAD_PROGRAM,
	HEAD_POLICY,
	HEAD_TIME,
	HEAD_ID,
	HEAD_FULL,
	HEAD_COUNT,
	HEAD_LEDGER_SEQ,
	HEAD_LEDGER_HEAD,
	HEAD_N
};

static void signed_message(struct sha256_message *m, struct buf *ret)
{
	uint8_t digest[DIGEST_BYTES];

	sha256_end(m, digest);
	buf_add(ret, sign_prefix, sizeof(sign_prefix) - 1);
	buf_add(ret, digest, sizeof(digest));
}

/* ---- writing ---- */

struct out {
	int fd;
	struct sha256_message digest;
	struct buf b;
};

static int flush(struct out *o, struct err *e)
{
	sha256_add(&o->digest, o->b.p, o->b.n);
	if (file_write(o->fd, buf_span(&o->b)) < 0) {
		(void)err_sys(e, "cannot write the baseline");
		e->code = ERR_WRITE;
		return ERR_WRITE;
	}
	buf_clear(&o->b);
	return 0;
}

static void put_header(struct buf *b, const struct tree_root *root,
	const struct baseline_info *info)
{
	cbor_put_map(b, HEAD_N);
	cbor_put_uint(b, HEAD_HOST);
	cbor_put_bytes(b, info->host);
	cbor_put_uint(b, HEAD_PROGRAM);
	cbor_put_bytes(b, info->program);
	cbor_put_uint(b, HEAD_POLICY);
	cbor_put_bytes(b, info->policy);
	cbor_put_uint(b, HEAD_TIME);
	cbor_put_int(b, info->time);
	cbor_put_uint(b, HEAD_ID);
	cbor_put_bytes(b, span_from(root->id, DIGEST_BYTES));
	cbor_put_uint(b, HEAD_FULL);
	cbor_put_bytes(b, span_from(root->full, DIGEST_BYTES));
	cbor_put_uint(b, HEAD_COUNT);
	cbor_put_uint(b, root->count);
	cbor_put_uint(b, HEAD_LEDGER_SEQ);
	cbor_put_uint(b, info->ledger_seq);
	cbor_put_uint(b, HEAD_LEDGER_HEAD);
	cbor_put_bytes(b, span_from(info->ledger_head, DIGEST_BYTES));
}

static int put_entries(struct out *o, struct store *s, const struct tree_root *root, struct err *e)
{
	AUTO_FREE(tree_cursor) c = NULL;
	struct tree_entry entry;
	uint64_t n = 0;
	int rc = tree_cursor_open(&c, s, root, e);

	cbor_put_array(&o->b, root->count);
	while (rc >= 0 && (rc = tree_cursor_next(c, &entry, e)) == 1) {
		cbor_put_array(&o->b, ENTRY_PARTS);
		cbor_put_bytes(&o->b, entry.key);
		cbor_put_bytes(&o->b, entry.shared);
		cbor_put_bytes(&o->b, entry.local);
		n++;
		if (o->b.n >= WINDOW)
			rc = flush(o, e);
	}
	if (rc == 0 && n != root->count)
		rc = err_set(e, ERR_DAMAGED, "the tree has not the number of entries it says");
	return rc;
}

int baseline_export(struct store *s, const struct tree_root *root, const struct baseline_info *info,
	int fd, struct err *e)
{
	AUTO(buf) message = BUF_INIT(128);
	AUTO(buf) bytes = BUF_INIT(BUF_MAX_DEFAULT);
	uint8_t key[SEAL_KEY_BYTES], signature[SEAL_SIGNATURE_BYTES];
	struct out o = { .fd = fd, .b = bytes };
	int rc = seal_key(s, e);

	if (rc == 0)
		rc = seal_public_key(s, key, e);
	if (rc < 0)
		return rc;
	sha256_begin(&o.digest);
	cbor_put_array(&o.b, PARTS);
	cbor_put_text(&o.b, span_of(magic));
	put_header(&o.b, root, info);
	rc = put_entries(&o, s, root, e);
	if (rc == 0) {
		cbor_put_bytes(&o.b, span_from(key, sizeof(key)));
		rc = flush(&o, e);
	}
	if (rc == 0) {
		signed_message(&o.digest, &message);
		rc = seal_sign(s, buf_span(&message), signature, e);
	}
	if (rc == 0) {
		cbor_put_bytes(&o.b, span_from(signature, sizeof(signature)));
		rc = flush(&o, e);
	}
	bytes = o.b;
	return rc;
}

/* ---- reading ---- */

struct in {
	int fd;
	bool ended;
	struct sha256_message digest; /* of all that was taken */
	struct buf b;
	size_t at; /* b before this was taken already */
};

/* Have n bytes in the window, or as many as the file still has. */
static int fill(struct in *in, size_t n, struct err *e)
{
	size_t have = in->b.n - in->at;

	if (have >= n || in->ended)
		return 0;
	if (have && in->at)
		memmove(in->b.p, in->b.p + in->at, have);
	in->b.n = have;
	in->at = 0;
	while (in->b.n < n && !in->ended) {
		size_t room = n - in->b.n > WINDOW ? n - in->b.n : WINDOW;
		char *to = buf_room(&in->b, room);
		int64_t got;

		if (!to)
			return err_set(e, ERR_LIMIT, "a part of the baseline has %zu bytes", n);
		got = file_read(in->fd, to, room);
		if (got < 0)
			return err_sys(e, "cannot read the baseline");
		in->ended = got == 0;
		in->b.n += (size_t)got;
	}
	return 0;
}

static struct cbor window(const struct in *in)
{
	return cbor_of((struct span){ in->b.p ? in->b.p + in->at : "", in->b.n - in->at });
}

static void take(struct in *in, size_t n)
{
	sha256_add(&in->digest, in->b.p + in->at, n);
	in->at += n;
}

static int get_head(struct in *in, enum cbor_type type, uint64_t *ret, struct err *e)
{
	struct cbor c, from;
	int rc = fill(in, CBOR_HEAD_MAX, e);

	if (rc < 0)
		return rc;
	from = c = window(in);
	rc = cbor_get_head(&c, type, ret, e);
	if (rc == 0)
		take(in, (size_t)(c.p - from.p));
	return rc;
}

/* Bytes or a text; a view into the window, until the next get. */
static int get_bytes(struct in *in, enum cbor_type type, size_t max, struct span *ret,
	struct err *e)
{
	uint64_t n = 0;
	int rc = get_head(in, type, &n, e);

	if (rc < 0)
		return rc;
	if (n > max)
		return err_set(e, ERR_LIMIT, "a part of the baseline has %llu bytes",
			(unsigned long long)n);
	rc = fill(in, (size_t)n, e);
	if (rc < 0)
		return rc;
	if (in->b.n - in->at < n)
		return err_set(e, ERR_FORMAT, "the baseline is cut off");
	*ret = (struct span){ n ? in->b.p + in->at : "", (size_t)n };
	take(in, (size_t)n);
	return 0;
}

static int get_fixed(struct in *in, uint8_t *ret, size_t n, struct err *e)
{
	struct span s;
	int rc = get_bytes(in, CBOR_BYTES, n, &s, e);

	if (rc < 0)
		return rc;
	if (s.n != n)
		return err_set(e, ERR_FORMAT, "the baseline has a digest of %zu bytes", s.n);
	memcpy(ret, s.p, n);
	return 0;
}

static int get_copy(struct in *in, struct arena *a, struct span *ret, struct err *e)
{
	struct span s;
	int rc = get_bytes(in, CBOR_BYTES, HEADER_MAX, &s, e);

	if (rc == 0)
		*ret = a ? arena_copy(a, s) : SPAN_NONE;
	return rc;
}

static int get_time(struct in *in, int64_t *ret, struct err *e)
{
	struct cbor c, from;
	int rc = fill(in, CBOR_HEAD_MAX, e);

	if (rc < 0)
		return rc;
	from = c = window(in);
	rc = cbor_get_int(&c, ret, e);
	if (rc == 0)
		take(in, (size_t)(c.p - from.p));
	return rc;
}

static int get_field(struct in *in, uint64_t field, struct baseline_info *ret, struct arena *a,
	struct err *e)
{
	switch (field) {
	case HEAD_HOST:
		return get_copy(in, a, &ret->host, e);
	case HEAD_PROGRAM:
		return get_copy(in, a, &ret->program, e);
	case HEAD_POLICY:
		return get_copy(in, a, &ret->policy, e);
	case HEAD_TIME:
		return get_time(in, &ret->time, e);
	case HEAD_ID:
		return get_fixed(in, ret->root.id, DIGEST_BYTES, e);
	case HEAD_FULL:
		return get_fixed(in, ret->root.full, DIGEST_BYTES, e);
	case HEAD_COUNT:
		return get_head(in, CBOR_UINT, &ret->root.count, e);
	case HEAD_LEDGER_SEQ:
		return get_head(in, CBOR_UINT, &ret->ledger_seq, e);
	default:
		return get_fixed(in, ret->ledger_head, DIGEST_BYTES, e);
	}
}

static int get_header(struct in *in, struct baseline_info *ret, struct arena *a, struct err *e)
{
	uint64_t parts = 0, n = 0, field = 0;
	struct span text;
	int rc = get_head(in, CBOR_ARRAY, &parts, e);

	if (rc == 0)
		rc = get_bytes(in, CBOR_TEXT, sizeof(magic), &text, e);
	if (rc < 0 || parts != PARTS || !span_starts(text, span_of("invar baseline ")))
		return err_set(e, ERR_FORMAT, "this is not a baseline");
	if (!span_is(text, magic))
		return err_set(e, ERR_VERSION, "the baseline is of another format");
	rc = get_head(in, CBOR_MAP, &n, e);
	if (rc == 0 && n != HEAD_N)
		rc = err_set(e, ERR_FORMAT, "the header of the baseline is not whole");
	for (uint64_t i = 0; i < HEAD_N && rc == 0; i++) {
		rc = get_head(in, CBOR_UINT, &field, e);
		if (rc == 0 && field != i)
			rc = err_set(e, ERR_FORMAT, "the header of the baseline is not in order");
		if (rc == 0)
			rc = get_field(in, i, ret, a, e);
	}
	return rc;
}

/* Its three parts are wanted at once, so they are copied out of the window as they come. */
static int get_entry(struct in *in, struct buf parts[ENTRY_PARTS], struct err *e)
{
	uint64_t n = 0;
	int rc = get_head(in, CBOR_ARRAY, &n, e);

	if (rc == 0 && n != ENTRY_PARTS)
		rc = err_set(e, ERR_FORMAT, "an entry of the baseline has %llu parts",
			(unsigned long long)n);
	for (int i = 0; i < ENTRY_PARTS && rc == 0; i++) {
		struct span s = SPAN_NONE;

		rc = get_bytes(in, CBOR_BYTES, parts[i].max, &s, e);
		buf_clear(&parts[i]);
		buf_add_span(&parts[i], s);
	}
	return rc;
}

typedef int entry_fn(void *ctx, const struct tree_entry *entry, struct err *e);

static int get_entries(struct in *in, const struct tree_root *wanted, entry_fn *each, void *ctx,
	struct err *e)
{
	AUTO_FREE(tree_builder) b = tree_builder_new(NULL);
	AUTO(buf) key = BUF_INIT(TREE_KEY_MAX);
	AUTO(buf) shared = BUF_INIT(TREE_SHARED_MAX);
	AUTO(buf) local = BUF_INIT(TREE_LOCAL_MAX);
	struct buf parts[ENTRY_PARTS] = { key, shared, local };
	struct tree_root root;
	uint64_t n = 0;
	int rc = get_head(in, CBOR_ARRAY, &n, e);

	if (rc == 0 && n != wanted->count)
		rc = err_set(e, ERR_FORMAT, "the baseline has not the number of entries it says");
	for (uint64_t i = 0; i < n && rc == 0; i++) {
		rc = get_entry(in, parts, e);
		if (rc == 0) {
			struct tree_entry entry = { buf_span(&parts[0]), buf_span(&parts[1]),
				buf_span(&parts[2]) };

			rc = tree_builder_add(b, &entry, e);
			if (rc == 0 && each)
				rc = each(ctx, &entry, e);
		}
	}
	key = parts[0];
	shared = parts[1];
	local = parts[2];
	if (rc == 0)
		rc = tree_builder_finish(b, &root, e);
	if (rc == 0 && (memcmp(root.id, wanted->id, DIGEST_BYTES) != 0 ||
			       memcmp(root.full, wanted->full, DIGEST_BYTES) != 0))
		rc = err_set(e, ERR_DAMAGED, "the entries of the baseline do not make up its root");
	return rc;
}

static int get_signature(struct in *in, struct baseline_info *ret, struct err *e)
{
	AUTO(buf) message = BUF_INIT(128);
	uint8_t signature[SEAL_SIGNATURE_BYTES];
	int rc = get_fixed(in, ret->public_key, SEAL_KEY_BYTES, e);

	if (rc < 0)
		return rc;
	signed_message(&in->digest, &message);
	sha256_begin(&in->digest); /* what follows is not covered */
	rc = get_fixed(in, signature, sizeof(signature), e);
	if (rc == 0)
		rc = fill(in, 1, e);
	if (rc < 0)
		return rc;
	if (in->b.n != in->at)
		return err_set(e, ERR_FORMAT, "the baseline goes on behind its end");
	if (!seal_holds(ret->public_key, buf_span(&message), signature))
		return err_set(e, ERR_DAMAGED, "the signature of the baseline is wrong");
	return 0;
}

int baseline_read(int fd, struct baseline_info *ret, struct arena *a, entry_fn *each, void *ctx,
	struct err *e)
{
	AUTO(buf) bytes = BUF_INIT(BUF_MAX_DEFAULT);
	struct in in = { .fd = fd, .b = bytes };
	struct baseline_info info = { 0 };
	int rc;

	sha256_begin(&in.digest);
	rc = get_header(&in, &info, a, e);
	if (rc == 0)
		rc = get_entries(&in, &info.root, each, ctx, e);
	if (rc == 0)
		rc = get_signature(&in, &info, e);
	bytes = in.b;
	/* To the reader of a file it is one thing: these are not the bytes that were signed. */
	if (rc == ERR_FORMAT || rc == ERR_LIMIT)
		e->code = rc = ERR_DAMAGED;
	if (rc == 0 && ret)
		*ret = info;
	return rc;
}
