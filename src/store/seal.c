#include "store/seal.h"

#include <errno.h>

#include "core/sha256.h"
#include "store/store_db.h"

#define NEW_KEY_FILE SEAL_KEY_FILE ".new" /* whoever is stopped leaves no half key */

/* What is signed: docs/STORE.md §6. */
enum {
	AT_SEQ = 16,
	AT_HEAD = AT_SEQ + 8,
	AT_VALUES = AT_HEAD + DIGEST_BYTES,
	AT_ROOTS = AT_VALUES + DIGEST_BYTES,
	ROOT_BYTES = 1 + 2 * DIGEST_BYTES + 8,
	MESSAGE_BYTES = AT_ROOTS + ROOT_N * ROOT_BYTES,
	SEAL_BYTES = MESSAGE_BYTES + SEAL_SIGNATURE_BYTES,
};
static const char prefix[AT_SEQ + 1] = "invar seal 1\0\0\0\0";

/* ---- the key ---- */

int seal_make_key(struct store *s, struct err *e)
{
	uint8_t bytes[SEAL_KEY_BYTES];
	int rc = place_check(s->place, SEAL_KEY_FILE, NULL, NULL, e);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (sign_make_key(bytes, e) < 0)
		return e->code;
	place_remove(s->place, NEW_KEY_FILE);
	rc = place_write_new(s->place, NEW_KEY_FILE, span_from(bytes, sizeof(bytes)), e);
	if (rc == 0)
		rc = place_rename(s->place, NEW_KEY_FILE, SEAL_KEY_FILE, e);
	sign_forget(bytes, sizeof(bytes));
	return rc;
}

void seal_forget_key(struct store *s)
{
	sign_forget(s->key, sizeof(s->key));
	s->has_key = false;
}

static int read_key(struct store *s, struct err *e)
{
	char bytes[SEAL_KEY_BYTES + 1];
	size_t n = sizeof(bytes);
	int rc = place_read_secret(s->place, SEAL_KEY_FILE, bytes, &n, e);

	if (rc < 0)
		return rc;
	if (rc == 0 || n != SEAL_KEY_BYTES)
		return store_damaged(s, e, "the signing key '" SEAL_KEY_FILE "' is %s",
			rc == 0 ? "missing (where there is a copy, put it back)" : "no key");
	memcpy(s->key, bytes, sizeof(s->key));
	s->has_key = true;
	sign_forget(bytes, sizeof(bytes));
	return 0;
}

int seal_key(struct store *s, struct err *e)
{
	AUTO(buf) pinned = BUF_INIT(SEAL_KEY_BYTES);
	uint8_t own[SEAL_KEY_BYTES];
	int rc;

	if (s->has_key)
		return 0;
	rc = seal_public_key(s, own, e);
	if (rc == 0)
		rc = store_value_get(s, SEAL_KEY_VALUE, &pinned, e);
	if (rc == 0 && span_same(buf_span(&pinned), span_from(own, sizeof(own))))
		return 0;
	seal_forget_key(s);
	if (rc < 0 && rc != ERR_MISSING && rc != ERR_LIMIT)
		return rc;
	return store_damaged(s, e, "the signing key '" SEAL_KEY_FILE "' is not the one of it");
}

int seal_public_key(struct store *s, uint8_t ret[SEAL_KEY_BYTES], struct err *e)
{
	int rc = s->has_key ? 0 : read_key(s, e);

	return rc < 0 ? rc : sign_public_key(s->key, ret, e);
}

int seal_sign(struct store *s, struct span message, uint8_t *ret, struct err *e)
{
	int rc = seal_key(s, e);

	return rc < 0 ? rc : sign_message(s->key, message, ret, e);
}

bool seal_holds(const uint8_t *public_key, struct span message, const uint8_t *signature)
{
	return sign_holds(public_key, message, signature);
}

/* ---- the seal of the state ---- */

static void put_number(uint8_t *p, uint64_t n)
{
	for (int i = 7; i >= 0; i--, n >>= 8)
		p[i] = (uint8_t)n;
}

static uint64_t get_number(const uint8_t *p)
{
	uint64_t n = 0;

	for (int i = 0; i < 8; i++)
		n = n << 8 | p[i];
	return n;
}

/* SHA-256 over the digests of names and values, in order of name. */
static int digest_values(struct store *s, struct err *e)
{
	AUTO(buf) b = BUF_INIT(BUF_MAX_DEFAULT);
	sqlite3_stmt *q;
	int rc;

	if (s->values_known && s->in_transaction)
		return 0;
	q = sql_use(s, SQL_VALUE_ALL, e);
	if (!q)
		return e->code;
	while ((rc = sql_step(s, q, "read a value", e)) == 1) {
		for (int i = 0; i < 2; i++) {
			uint8_t digest[DIGEST_BYTES];
			struct span part = sql_bytes(q, i);

			sha256_once(part.p, part.n, digest);
			buf_add(&b, digest, sizeof(digest));
		}
	}
	sql_done(q);
	if (rc < 0)
		return rc;
	if (b.full)
		return err_set(e, ERR_LIMIT, "the store has too many named values");
	sha256_once(b.p, b.n, s->values);
	s->values_known = true;
	return 0;
}

static int put_root(struct store *s, enum store_root which, uint8_t *p, struct err *e)
{
	struct tree_root root;
	int rc = store_root_get(s, which, &root, e);

	memset(p, 0, ROOT_BYTES);
	if (rc == ERR_MISSING)
		return 0;
	if (rc < 0)
		return rc;
	p[0] = 1;
	memcpy(p + 1, root.id, DIGEST_BYTES);
	memcpy(p + 1 + DIGEST_BYTES, root.full, DIGEST_BYTES);
	put_number(p + 1 + 2 * DIGEST_BYTES, root.count);
	return 0;
}

static int make_message(struct store *s, uint8_t *ret, struct err *e)
{
	uint64_t seq;
	int rc;

	memcpy(ret, prefix, AT_SEQ);
	rc = ledger_last(s, &seq, ret + AT_HEAD, e);
	if (rc < 0)
		return rc;
	put_number(ret + AT_SEQ, seq);
	rc = digest_values(s, e);
	if (rc < 0)
		return rc;
	memcpy(ret + AT_VALUES, s->values, DIGEST_BYTES);
	for (int i = 0; i < ROOT_N && rc == 0; i++)
		rc = put_root(s, (enum store_root)i, ret + AT_ROOTS + i * ROOT_BYTES, e);
	return rc;
}

int seal_write(struct store *s, struct err *e)
{
	uint8_t seal[SEAL_BYTES];
	sqlite3_stmt *q;
	int rc = make_message(s, seal, e);

	if (rc == 0)
		rc = seal_sign(s, span_from(seal, MESSAGE_BYTES), seal + MESSAGE_BYTES, e);
	if (rc < 0)
		return rc;
	q = sql_use(s, SQL_SEAL_SET, e);
	if (!q)
		return e->code;
	sql_bind(q, 1, span_from(seal, sizeof(seal)));
	return sql_write(s, q, "write the seal", e);
}

static int read_seal(struct store *s, uint8_t *ret, struct err *e)
{
	sqlite3_stmt *q = sql_use(s, SQL_SEAL_GET, e);
	struct span row;
	int rc;

	if (!q)
		return e->code;
	rc = sql_step(s, q, "read the seal", e);
	row = rc == 1 ? sql_bytes(q, 0) : SPAN_NONE;
	if (row.n == SEAL_BYTES)
		memcpy(ret, row.p, SEAL_BYTES);
	else if (rc >= 0)
		rc = err_set(e, ERR_DAMAGED, "the state has no seal");
	sql_done(q);
	return rc < 0 ? rc : 0;
}

/* The key to check by: our own. Somebody who may read the state but not its key takes the one that
 * the state names. */
static int verifying_key(struct store *s, uint8_t *ret, struct err *e)
{
	AUTO(buf) pinned = BUF_INIT(SEAL_KEY_BYTES);
	int rc = seal_key(s, e);

	if (rc == 0)
		return seal_public_key(s, ret, e);
	if (rc != ERR_DENIED || e->sys != EACCES || !store_only_reads(s))
		return rc;
	rc = store_value_get(s, SEAL_KEY_VALUE, &pinned, e);
	if (rc < 0 && rc != ERR_MISSING && rc != ERR_LIMIT)
		return rc;
	if (rc < 0 || pinned.n != SEAL_KEY_BYTES)
		return err_set(e, ERR_DAMAGED, "the state does not name its key");
	memcpy(ret, pinned.p, SEAL_KEY_BYTES);
	return 0;
}

static int check_ledger(const uint8_t *sealed, const uint8_t *is, struct err *e)
{
	unsigned long long then = get_number(sealed + AT_SEQ), now = get_number(is + AT_SEQ);

	if (then != now)
		return err_set(e, ERR_DAMAGED,
			"the seal does not cover the ledger's last record: it was set at record "
			"%llu, the ledger ends with %llu",
			then, now);
	if (memcmp(sealed + AT_HEAD, is + AT_HEAD, DIGEST_BYTES) != 0)
		return err_set(e, ERR_DAMAGED,
			"the seal does not cover the ledger's last record: record %llu is not the "
			"one that was sealed",
			now);
	return 0;
}

/* What a good signature covers against what is there. */
static int check_parts(const uint8_t *sealed, const uint8_t *is, struct err *e)
{
	static const struct {
		int at, n;
		const char *what;
	} parts[] = {
		{ 0, AT_SEQ, "the format of the seal" },
		{ AT_ROOTS, ROOT_BYTES, "the approved state" },
		{ AT_ROOTS + ROOT_BYTES, ROOT_BYTES, "the current state" },
		{ AT_VALUES, DIGEST_BYTES, "a named value" },
	};
	AUTO(buf) wrong = BUF_INIT(256);
	struct err why;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (memcmp(sealed + parts[i].at, is + parts[i].at, (size_t)parts[i].n) != 0)
			buf_addf(&wrong, "%s%s", wrong.n ? ", " : "", parts[i].what);
	if (check_ledger(sealed, is, &why) < 0)
		return wrong.n ? err_set(e, ERR_DAMAGED, "%s; not what was sealed either: %s",
					 why.text, buf_text(&wrong))
			       : err_set(e, ERR_DAMAGED, "%s", why.text);
	return wrong.n ? err_set(e, ERR_DAMAGED, "not what was sealed: %s", buf_text(&wrong)) : 0;
}

int seal_verify(struct store *s, struct err *e)
{
	uint8_t seal[SEAL_BYTES], message[MESSAGE_BYTES], key[SEAL_KEY_BYTES];
	int rc = verifying_key(s, key, e);

	if (rc == 0)
		rc = read_seal(s, seal, e);
	if (rc == 0 && !seal_holds(key, span_from(seal, MESSAGE_BYTES), seal + MESSAGE_BYTES))
		rc = err_set(e, ERR_DAMAGED, "the seal is not signed by the key of this store");
	if (rc == 0)
		rc = make_message(s, message, e);
	return rc < 0 ? rc : check_parts(seal, message, e);
}
