/* Inside the store only: the database behind struct store, and its prepared statements. */
#ifndef STORE_STORE_DB_H
#define STORE_STORE_DB_H

#include <sqlite3.h>
#include <zstd.h>

#include "os/sign.h"
#include "store/place.h"
#include "store/store.h"

#define STORE_APPLICATION 0x496e7661 /* "Inva", in the header of the file */
#define STORE_VERSION 1
#define STORE_PAGE 16384

/* Each is prepared once, at its first use. */
enum sql {
	SQL_BEGIN_READ,
	SQL_BEGIN_WRITE,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_VALUE_GET,
	SQL_VALUE_SET,
	SQL_VALUE_ALL,
	SQL_ROOT_GET,
	SQL_ROOT_SET,
	SQL_NODE_GET,
	SQL_NODE_PUT,
	SQL_NODE_AT_PUT,
	SQL_LEDGER_PUT,
	SQL_LEDGER_LAST,
	SQL_LEDGER_ALL,
	SQL_SEAL_GET,
	SQL_SEAL_SET,
	SQL_N
};

struct store {
	struct place *place;
	sqlite3 *db;
	sqlite3_stmt *stmt[SQL_N];
	enum store_mode mode;
	bool in_transaction;
	bool unsealed;     /* the seal is not looked at: being made, or inspected */
	bool replaces;     /* made where the state had been removed */
	bool in_memory;    /* temporary files cannot be made in the folder */
	bool failed;       /* a write of this transaction failed: it cannot be committed */
	bool dirty;        /* something the seal covers was written in this transaction */
	bool head_known;   /* seq and head are those of the newest ledger record */
	bool values_known; /* values is the digest of the named values */
	uint64_t seq;
	uint8_t head[DIGEST_BYTES];
	uint8_t values[DIGEST_BYTES];
	bool has_key; /* it is read at first use */
	uint8_t key[SIGN_KEY_BYTES];
	ZSTD_CCtx *pack;
	ZSTD_DCtx *unpack;
	struct buf packed; /* of the node being written */
};

static inline bool store_only_reads(const struct store *s)
{
	return s->mode == STORE_READ || s->mode == STORE_INSPECT;
}

/* ERR_DAMAGED unless the seal holds now. */
int store_prove(struct store *s, struct err *e) MUST_CHECK;

struct sqlite3 *store_db(struct store *s);

/* The statement, reset and ready to be bound; NULL with *e set. Reset it by sql_done when its row
 * is no longer needed. */
sqlite3_stmt *sql_use(struct store *s, enum sql which, struct err *e) MUST_CHECK;
void sql_bind(sqlite3_stmt *q, int at, struct span bytes); /* must outlive the step */
struct span sql_bytes(sqlite3_stmt *q, int column);
/* Step: 1 a row, 0 done, else the error, worded as "cannot DOING". */
int sql_step(struct store *s, sqlite3_stmt *q, const char *doing, struct err *e) MUST_CHECK;
void sql_done(sqlite3_stmt *q);
/* Run a bound statement that writes. After a failure the transaction can only be rolled back. */
int sql_write(struct store *s, sqlite3_stmt *q, const char *doing, struct err *e) MUST_CHECK;
/* ERR_DAMAGED, and what is to be done; fmt says what is wrong with which part. */
int store_damaged(const struct store *s, struct err *e, const char *fmt, ...) PRINTF(3, 4);
/* What the database says about its last failure, as ours. */
int sql_err(struct store *s, const char *doing, struct err *e);

/* ERR_USAGE unless writing in a transaction; notes that the seal must follow. */
int store_write_check(struct store *s, struct err *e) MUST_CHECK;
/* ---- seal.c ---- */

/* The 32 bytes of the private key (RFC 8032 §5.1.5) and nothing else. */
#define SEAL_KEY_FILE "seal.key"
#define SEAL_KEY_VALUE "seal-key" /* the public key, as a named value */

/* Make the Ed25519 key (RFC 8032) in the state folder, mode 0600, unless it is there. */
int seal_make_key(struct store *s, struct err *e) MUST_CHECK;
/* Sign what the transaction leads to. */
int seal_write(struct store *s, struct err *e) MUST_CHECK;
/* Our key, read at first use: ERR_DAMAGED when it is missing or not the one the store names. */
int seal_key(struct store *s, struct err *e) MUST_CHECK;
/* What was read of it. */
void seal_forget_key(struct store *s);
int seal_sign(struct store *s, struct span message, uint8_t *ret, struct err *e) MUST_CHECK;
bool seal_holds(const uint8_t *public_key, struct span message, const uint8_t *signature);
/* ERR_DAMAGED unless the state is what was signed last, by our key. */
int seal_verify(struct store *s, struct err *e) MUST_CHECK;

#endif
