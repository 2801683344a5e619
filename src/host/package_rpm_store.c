#include "host/package_rpm_store.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "host/package_rpm_parse.h"

#define SLOTS_BYTES ((size_t)64 << 10)
#define BDB_HERE (UINT64_C(1) << 63) /* of a number: the value is on the page of the pair */

struct rpm_store {
	const struct format *format;
	int folder, fd;
	sqlite3 *sql;
	struct bdb bdb;
	uint64_t slots_end;
	struct buf page, blob;
};

struct format {
	const char *file;
	int (*open)(struct rpm_store *s, struct err *e);
	int (*all)(struct rpm_store *s, rpm_store_each *each, void *ctx, struct err *e);
	int (*get)(struct rpm_store *s, uint64_t number, struct buf *ret, struct err *e);
};

/* Exactly n bytes at an offset, appended. */
static int read_at(struct rpm_store *s, uint64_t at, size_t n, struct buf *ret, struct err *e)
{
	char *room = buf_room(ret, n);
	size_t done = 0;

	if (!room)
		return err_set(e, ERR_LIMIT, "more than %zu bytes", ret->max);
	while (done < n) {
		ssize_t got = pread(s->fd, room + done, n - done, (off_t)(at + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, "cannot read");
		if (got == 0)
			return err_set(e, ERR_FORMAT, "ends at byte %llu",
				(unsigned long long)(at + done));
		done += (size_t)got;
	}
	ret->n += n;
	return 0;
}

/* ---- sqlite ---- */

static int sql_error(struct rpm_store *s, struct err *e)
{
	int code = sqlite3_errcode(s->sql);

	return err_set(e, code == SQLITE_PERM || code == SQLITE_CANTOPEN ? ERR_DENIED : ERR_FORMAT,
		"%s", sqlite3_errmsg(s->sql));
}

/* Opened as if nobody wrote it: else SQLite would make files beside it. Only while a journal is
 * being written, whose files are there already, it is read with them. */
static int open_sqlite(struct rpm_store *s, struct err *e)
{
	struct stat wal, shm;
	bool journal = fstatat(s->folder, "rpmdb.sqlite-wal", &wal, AT_SYMLINK_NOFOLLOW) == 0 &&
		       wal.st_size > 0 &&
		       fstatat(s->folder, "rpmdb.sqlite-shm", &shm, AT_SYMLINK_NOFOLLOW) == 0;
	char uri[128];

	snprintf(uri, sizeof uri, "file:/proc/self/fd/%d/rpmdb.sqlite?mode=ro%s", s->folder,
		journal ? "" : "&immutable=1");
	if (sqlite3_open_v2(uri, &s->sql, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) !=
		SQLITE_OK)
		return sql_error(s, e);
	sqlite3_db_config(s->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->sql, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_limit(s->sql, SQLITE_LIMIT_LENGTH, (int)RPM_HEADER_MAX);
	sqlite3_busy_timeout(s->sql, 1000);
	return 0;
}

static int prepare(struct rpm_store *s, const char *text, sqlite3_stmt **ret, struct err *e)
{
	return sqlite3_prepare_v2(s->sql, text, -1, ret, NULL) == SQLITE_OK ? 0 : sql_error(s, e);
}

static struct span blob_of(sqlite3_stmt *q, int column)
{
	const void *p = sqlite3_column_blob(q, column);

	return span_from(p, p ? (size_t)sqlite3_column_bytes(q, column) : 0);
}

static int all_sqlite(struct rpm_store *s, rpm_store_each *each, void *ctx, struct err *e)
{
	sqlite3_stmt *q = NULL;
	int code;

	if (prepare(s, "SELECT hnum, blob FROM Packages", &q, e) < 0)
		return e->code;
	while ((code = sqlite3_step(q)) == SQLITE_ROW)
		each(ctx, (uint64_t)sqlite3_column_int64(q, 0), blob_of(q, 1), NULL);
	if (code != SQLITE_DONE)
		(void)sql_error(s, e);
	sqlite3_finalize(q);
	return code == SQLITE_DONE ? 0 : e->code;
}

static int get_sqlite(struct rpm_store *s, uint64_t number, struct buf *ret, struct err *e)
{
	sqlite3_stmt *q = NULL;
	int code;

	if (prepare(s, "SELECT blob FROM Packages WHERE hnum = ?", &q, e) < 0)
		return e->code;
	sqlite3_bind_int64(q, 1, (sqlite3_int64)number);
	code = sqlite3_step(q);
	if (code == SQLITE_ROW)
		buf_add_span(ret, blob_of(q, 0));
	else if (code == SQLITE_DONE)
		(void)err_set(e, ERR_MISSING, "the package is gone");
	else
		(void)sql_error(s, e);
	sqlite3_finalize(q);
	return code == SQLITE_ROW ? 0 : e->code;
}

/* ---- ndb ---- */

static int open_ndb(struct rpm_store *s, struct err *e)
{
	buf_clear(&s->page);
	if (read_at(s, 0, NDB_HEAD, &s->page, e) < 0)
		return e->code;
	return ndb_head(buf_span(&s->page), &s->slots_end, e);
}

/* number: where the blob is, and whose. */
static int get_ndb(struct rpm_store *s, uint64_t number, struct buf *ret, struct err *e)
{
	uint64_t at = (number >> 32) * 16;
	AUTO(buf) head = BUF_INIT(NDB_BLOB_HEAD);
	uint32_t n;

	if (read_at(s, at, NDB_BLOB_HEAD, &head, e) < 0)
		return e->code;
	if (!ndb_blob(buf_span(&head), (uint32_t)number, &n) || n > RPM_HEADER_MAX)
		return err_set(e, ERR_FORMAT, "no package at byte %llu", (unsigned long long)at);
	return read_at(s, at + NDB_BLOB_HEAD, n, ret, e);
}

static void tell_one(struct rpm_store *s, uint64_t number, rpm_store_each *each, void *ctx)
{
	struct err why;

	buf_clear(&s->blob);
	if (s->format->get(s, number, &s->blob, &why) < 0)
		each(ctx, number, SPAN_NONE, &why);
	else
		each(ctx, number, buf_span(&s->blob), NULL);
}

static int all_ndb(struct rpm_store *s, rpm_store_each *each, void *ctx, struct err *e)
{
	for (uint64_t at = 0; at < s->slots_end; at += SLOTS_BYTES) {
		size_t n =
			s->slots_end - at < SLOTS_BYTES ? (size_t)(s->slots_end - at) : SLOTS_BYTES;

		buf_clear(&s->page);
		if (read_at(s, at, n, &s->page, e) < 0)
			return e->code;
		for (size_t i = at ? 0 : NDB_HEAD; i < n; i += NDB_SLOT) {
			uint32_t number;
			uint64_t offset;
			struct err why;
			int r;

			r = ndb_slot(span_from_offset(buf_span(&s->page), i), &number, &offset,
				&why);
			if (r > 0)
				tell_one(s, (offset / 16) << 32 | number, each, ctx);
			else if (r < 0)
				each(ctx, 0, SPAN_NONE, &why);
		}
	}
	return 0;
}

/* ---- Berkeley DB ---- */

static int open_bdb(struct rpm_store *s, struct err *e)
{
	buf_clear(&s->page);
	if (read_at(s, 0, BDB_HEAD, &s->page, e) < 0)
		return e->code;
	return bdb_head(buf_span(&s->page), &s->bdb, e);
}

static int read_page(struct rpm_store *s, uint32_t page, struct buf *ret, struct err *e)
{
	buf_clear(ret);
	if (page > s->bdb.last_page)
		return err_set(e, ERR_FORMAT, "there is no page %u", page);
	return read_at(s, (uint64_t)page * s->bdb.page_bytes, s->bdb.page_bytes, ret, e);
}

/* A chain of pages; each adds a byte at least or ends it, so that a circle ends at n bytes. */
static int read_chain(struct rpm_store *s, uint32_t page, uint32_t n, struct buf *ret,
	struct err *e)
{
	AUTO(buf) one = BUF_INIT(s->bdb.page_bytes);

	while (ret->n < n) {
		struct span part;

		if (page == 0 || read_page(s, page, &one, e) < 0 ||
			!bdb_overflow(&s->bdb, buf_span(&one), &part, &page) || part.n == 0)
			return err_set(e, ERR_FORMAT, "a chain of pages that is cut off");
		buf_add_span(ret, part);
		if (ret->full)
			return err_set(e, ERR_LIMIT, "a header of more than %zu bytes", ret->max);
	}
	ret->n = n;
	return 0;
}

/* number: first page and length of the chain, or page and pair of a value that is on it. */
static int get_bdb(struct rpm_store *s, uint64_t number, struct buf *ret, struct err *e)
{
	uint32_t page = (uint32_t)(number >> 32) & INT32_MAX, low = (uint32_t)number;
	AUTO(buf) one = BUF_INIT(s->bdb.page_bytes);
	struct bdb_value v;
	size_t n;

	if (!(number & BDB_HERE)) {
		if (low > RPM_HEADER_MAX)
			return err_set(e, ERR_LIMIT, "a header of %u bytes", low);
		return read_chain(s, page, low, ret, e);
	}
	if (read_page(s, page, &one, e) < 0)
		return e->code;
	if (bdb_pairs(&s->bdb, buf_span(&one), &n, e) < 0)
		return e->code;
	if (low >= n || bdb_pair(&s->bdb, buf_span(&one), low, &v, e) <= 0)
		return err_set(e, ERR_MISSING, "the package is gone");
	buf_add_span(ret, v.here);
	return 0;
}

static void tell_page(struct rpm_store *s, uint32_t page, rpm_store_each *each, void *ctx)
{
	struct err why;
	size_t n;

	if (bdb_pairs(&s->bdb, buf_span(&s->page), &n, &why) < 0)
		each(ctx, 0, SPAN_NONE, &why);
	for (size_t i = 0; i < n; i++) {
		struct bdb_value v;
		int r = bdb_pair(&s->bdb, buf_span(&s->page), i, &v, &why);

		if (r < 0)
			each(ctx, 0, SPAN_NONE, &why);
		else if (r > 0 && v.here.n)
			tell_one(s, BDB_HERE | (uint64_t)page << 32 | i, each, ctx);
		else if (r > 0)
			tell_one(s, (uint64_t)(v.page & INT32_MAX) << 32 | v.n, each, ctx);
	}
}

static int all_bdb(struct rpm_store *s, rpm_store_each *each, void *ctx, struct err *e)
{
	for (uint32_t page = 1; page <= s->bdb.last_page; page++) {
		if (read_page(s, page, &s->page, e) < 0)
			return e->code;
		tell_page(s, page, each, ctx);
	}
	return 0;
}

/* ---- */

static const struct format formats[] = {
	{ "rpmdb.sqlite", open_sqlite, all_sqlite, get_sqlite },
	{ "Packages.db", open_ndb, all_ndb, get_ndb },
	{ "Packages", open_bdb, all_bdb, get_bdb },
};

void rpm_store_free(struct rpm_store *s)
{
	if (!s)
		return;
	sqlite3_close(s->sql);
	if (s->fd >= 0)
		close(s->fd);
	close(s->folder);
	buf_done(&s->page);
	buf_done(&s->blob);
	free(s);
}

static int open_file(int folder, const char *file, int *ret, struct err *e)
{
	int fd = openat(folder, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return err_sys(e, "cannot open");
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		*ret = fd;
		return 0;
	}
	close(fd);
	return err_set(e, ERR_FORMAT, "not a regular file");
}

int rpm_store_open(int folder, struct rpm_store **ret, const char **ret_file, struct err *e)
{
	struct rpm_store *s;
	int fd = -1, rc = ERR_MISSING;
	size_t i;

	for (i = 0; i < sizeof formats / sizeof *formats && rc == ERR_MISSING; i++) {
		*ret_file = formats[i].file;
		rc = open_file(folder, formats[i].file, &fd, e);
	}
	if (rc < 0)
		return rc;
	s = mem_new(sizeof *s);
	s->format = &formats[i - 1];
	s->fd = fd;
	s->folder = fcntl(folder, F_DUPFD_CLOEXEC, 3);
	s->page = BUF_INIT((size_t)64 << 10);
	s->blob = BUF_INIT(RPM_HEADER_MAX + (64 << 10));
	if (s->format->open(s, e) < 0) {
		rpm_store_free(s);
		return e->code;
	}
	*ret = s;
	return 0;
}

int rpm_store_all(struct rpm_store *s, rpm_store_each *each, void *ctx, struct err *e)
{
	return s->format->all(s, each, ctx, e);
}

int rpm_store_get(struct rpm_store *s, uint64_t number, struct buf *ret, struct err *e)
{
	buf_clear(ret);
	return s->format->get(s, number, ret, e);
}
