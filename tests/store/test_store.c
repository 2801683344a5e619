/* Opening, locking, values, ledger, stage; and every kind of damage is found and left alone. */
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "core/mem.h"
#include "world.h"

struct bytes {
	char *p;
	size_t n;
};

static struct bytes load(const char *name)
{
	FILE *f = fopen(scratch_file(name), "rb");
	struct bytes b = { mem_new(1 << 22), 0 };

	assert_non_null(f);
	b.n = fread(b.p, 1, 1 << 22, f);
	fclose(f);
	return b;
}

static void save(const char *name, struct bytes b)
{
	FILE *f = fopen(scratch_file(name), "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(b.p, 1, b.n, f), b.n);
	fclose(f);
	assert_int_equal(chmod(scratch_file(name), 0600), 0);
}

static void store_open__says_what_is_wrong(void **state)
{
	struct store *s = NULL, *second = NULL;
	struct err why;
	char pid[32];

	(void)state;
	scratch_empty();
	FAILS(store_open(&s, scratch, STORE_READ, &e), ERR_MISSING);
	FAILS(store_open(&s, scratch, STORE_WRITE, &e), ERR_MISSING);
	FAILS(store_open(&s, "/nonexistent/x", STORE_CREATE, &e), ERR_MISSING);
	OK(store_open(&s, scratch, STORE_CREATE, &e));
	assert_int_equal(store_open(&second, scratch, STORE_WRITE, &why), ERR_LOCKED);
	snprintf(pid, sizeof(pid), "PID %ld", (long)getpid());
	assert_non_null(strstr(why.text, pid));
	OK(store_open(&second, scratch, STORE_READ, &e));
	store_close(second);
	store_close(s);

	OK(store_open(&s, scratch, STORE_CREATE, &e));
	store_close(s);
	assert_int_equal(chmod(scratch_file(STORE_FILE), 0620), 0);
	FAILS(store_open(&s, scratch, STORE_READ, &e), ERR_DENIED);
	assert_int_equal(chmod(scratch_file(STORE_FILE), 0600), 0);
	assert_int_equal(chmod(scratch, 0777), 0);
	FAILS(store_open(&s, scratch, STORE_READ, &e), ERR_DENIED);
	assert_int_equal(chmod(scratch, 0700), 0);
	assert_int_equal(rename(scratch_file(STORE_FILE), "/dev/null/x"), -1);
	unlink(scratch_file(STORE_FILE));
	assert_int_equal(symlink("/etc/passwd", scratch_file(STORE_FILE)), 0);
	FAILS(store_open(&s, scratch, STORE_CREATE, &e), ERR_DENIED);
}

static void store_open__knows_newer_formats(void **state)
{
	struct store *s = NULL;
	sqlite3 *db;

	(void)state;
	world_make();
	assert_int_equal(sqlite3_open(scratch_file(STORE_FILE), &db), SQLITE_OK);
	sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL);
	sqlite3_close(db);
	FAILS(store_open(&s, scratch, STORE_READ, &e), ERR_VERSION);
	FAILS(store_open(&s, scratch, STORE_CREATE, &e), ERR_VERSION);
}

static void store_open__leaves_foreign_files_alone(void **state)
{
	static char text[] = "this is a letter to somebody, and no store at all. it is long enough "
			     "for the header of a database, if that were all one looked at.";
	struct store *s = NULL;
	struct bytes after;

	(void)state;
	scratch_empty();
	save(STORE_FILE, (struct bytes){ text, sizeof(text) });
	FAILS(store_open(&s, scratch, STORE_CREATE, &e), ERR_DAMAGED);
	after = load(STORE_FILE);
	assert_memory_equal(after.p, text, sizeof(text));
	free(after.p);
	save(STORE_FILE, (struct bytes){ text, 0 });
	FAILS(store_open(&s, scratch, STORE_CREATE, &e), ERR_DAMAGED);
}

/* Open and prove what stands there; 0 when it is whole. */
static int prove(enum store_mode mode)
{
	AUTO_FREE(store) s = NULL;
	struct err why;
	int rc = store_open(&s, scratch, mode, &why);

	if (rc == 0)
		rc = store_verify(s, &why);
	if (rc == 0)
		world_check(s);
	else if (rc != ERR_DAMAGED && rc != ERR_VERSION)
		fail_msg("%d %s", rc, why.text);
	return rc;
}

static void store_verify__finds_every_flipped_byte_that_counts(void **state)
{
	struct bytes whole, now;
	unsigned found = 0, free_space = 0;

	(void)state;
	world_make();
	whole = load(STORE_FILE);
	for (size_t i = 0; i < whole.n; i += i < 100 ? 1 : 61) {
		whole.p[i] ^= 0x55;
		save(STORE_FILE, whole);
		if (prove(STORE_READ) == 0)
			free_space++;
		else
			found++;
		now = load(STORE_FILE);
		assert_int_equal(now.n, whole.n);
		assert_memory_equal(now.p, whole.p, now.n);
		free(now.p);
		whole.p[i] ^= 0x55;
	}
	/* What was not found lies in the free space of pages: the state was proven right. */
	assert_true(found > 100 && free_space > 0);
	for (size_t n = 0; n < whole.n; n += 4096 - 97) {
		save(STORE_FILE, (struct bytes){ whole.p, n });
		assert_int_not_equal(prove(STORE_WRITE), 0);
		unlink(scratch_file(STORE_FILE "-wal"));
		unlink(scratch_file(STORE_FILE "-shm"));
	}
	save(STORE_FILE, whole);
	assert_int_equal(prove(STORE_WRITE), 0);
	free(whole.p);
}

static void store_verify__finds_rows_changed_behind_our_back(void **state)
{
	static const char *const edits[] = {
		"UPDATE value SET data = x'00' WHERE name = 'version'",
		"DELETE FROM value WHERE name = 'version'",
		"DELETE FROM ledger WHERE seq = 3",
		"DELETE FROM ledger WHERE seq = 1",
		"UPDATE ledger SET data = (SELECT data FROM ledger WHERE seq = 1) WHERE seq = 2",
		"INSERT INTO ledger SELECT 4, data FROM ledger WHERE seq = 3",
		"UPDATE root SET count = count + 1",
		"DELETE FROM root WHERE which = 1",
		"UPDATE root SET full = randomblob(32)",
		"DELETE FROM node WHERE n = 3",
		"DELETE FROM node_at WHERE n = 3",
		"UPDATE node SET data = (SELECT data FROM node WHERE n = 4) WHERE n = 3",
		"DELETE FROM seal",
		"UPDATE seal SET data = zeroblob(length(data))",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
		sqlite3 *db;

		world_make();
		assert_int_equal(prove(STORE_WRITE), 0);
		assert_int_equal(sqlite3_open(scratch_file(STORE_FILE), &db), SQLITE_OK);
		assert_int_equal(sqlite3_exec(db, edits[i], NULL, NULL, NULL), SQLITE_OK);
		sqlite3_close(db);
		if (prove(STORE_READ) != ERR_DAMAGED)
			fail_msg("not found: %s", edits[i]);
	}
}

static void store_verify__wants_its_own_key(void **state)
{
	struct bytes key;
	struct store *s = NULL;

	(void)state;
	world_make();
	key = load("seal.key");
	assert_int_equal(key.n, SEAL_KEY_BYTES);
	key.p[5] ^= 1;
	save("seal.key", key);
	assert_int_equal(prove(STORE_READ), ERR_DAMAGED);
	FAILS(store_open(&s, scratch, STORE_WRITE, &e), ERR_DAMAGED);
	unlink(scratch_file("seal.key"));
	assert_int_equal(prove(STORE_READ), ERR_DAMAGED);
	FAILS(store_open(&s, scratch, STORE_REPLACE, &e), ERR_DAMAGED);
	assert_int_not_equal(access(scratch_file("seal.key"), F_OK), 0);
	key.p[5] ^= 1;
	save("seal.key", key);
	assert_int_equal(chmod(scratch_file("seal.key"), 0640), 0);
	FAILS(store_open(&s, scratch, STORE_READ, &e), ERR_DENIED);
	FAILS(store_open(&s, scratch, STORE_WRITE, &e), ERR_DENIED);
	assert_int_equal(chmod(scratch_file("seal.key"), 0400), 0);
	assert_int_equal(prove(STORE_WRITE), 0);
	free(key.p);
}

/* Everything the seal covers; by somebody without the key. */
static const struct {
	const char *sql, *said;
} behind_our_back[] = {
	{ "DELETE FROM seal", "the state has no seal" },
	{ "UPDATE seal SET data = zeroblob(length(data))", "not signed by the key" },
	{ "DELETE FROM root WHERE which = 0; DELETE FROM ledger; DELETE FROM seal", "no seal" },
	{ "DELETE FROM root WHERE which = 0", "approved state" },
	{ "UPDATE root SET full = zeroblob(32) WHERE which = 0", "approved state" },
	{ "UPDATE root SET count = count + 1 WHERE which = 1", "current state" },
	{ "UPDATE root SET (id, full, count) = (SELECT zeroblob(32), zeroblob(32), 0)",
		"the approved state, the current state" },
	{ "DELETE FROM ledger WHERE seq = 3", "set at record 3, the ledger ends with 2" },
	{ "DELETE FROM ledger", "the ledger ends with 0" },
	{ "INSERT INTO ledger SELECT 4, data FROM ledger WHERE seq = 3", "ends with 4" },
	{ "UPDATE ledger SET data = zeroblob(40) WHERE seq = 3", "record 3 is not the one" },
	{ "UPDATE value SET data = x'30' || data WHERE name = 'version'", "a named value" },
	{ "INSERT INTO value VALUES ('new', x'00')", "a named value" },
	{ "UPDATE value SET data = zeroblob(32) WHERE name = 'seal-key'", "key" },
};

static void edit(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(scratch_file(STORE_FILE), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void store_open__signs_nothing_that_was_not_sealed(void **state)
{
	static const enum store_mode modes[] = { STORE_READ, STORE_WRITE, STORE_CREATE,
		STORE_REPLACE };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(behind_our_back); i++) {
		struct bytes before, after;
		struct store *s = NULL;
		struct err why;

		world_make();
		edit(behind_our_back[i].sql);
		before = load(STORE_FILE);
		for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
			if (store_open(&s, scratch, modes[m], &why) != ERR_DAMAGED)
				fail_msg("mode %zu: %s", m, behind_our_back[i].sql);
			if (!strstr(why.text, behind_our_back[i].said))
				fail_msg("%s: %s", behind_our_back[i].sql, why.text);
		}
		after = load(STORE_FILE);
		assert_int_equal(before.n, after.n);
		assert_memory_equal(before.p, after.p, after.n);
		OK(store_open(&s, scratch, STORE_INSPECT, &e));
		FAILS(store_verify(s, &e), ERR_DAMAGED);
		store_close(s);
		free(before.p);
		free(after.p);
	}
}

static void store_begin__looks_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(behind_our_back); i++) {
		AUTO_FREE(store) s = NULL;

		world_make();
		OK(store_open(&s, scratch, STORE_WRITE, &e));
		edit("PRAGMA user_version = 1"); /* nothing that counts */
		OK(store_begin(s, &e));
		store_rollback(s);
		edit(behind_our_back[i].sql);
		FAILS(world_step(s, 1, &e), ERR_DAMAGED);
		FAILS(store_begin(s, &e), ERR_DAMAGED);
	}
}

static char half[] = "half";

static void store_open__misses_a_state_that_was_removed(void **state)
{
	AUTO_FREE(store) s = NULL;
	struct bytes before, after;

	(void)state;
	world_make();
	before = load("seal.key");
	unlink(scratch_file(STORE_FILE));
	FAILS(store_open(&s, scratch, STORE_READ, &e), ERR_DAMAGED);
	FAILS(store_open(&s, scratch, STORE_WRITE, &e), ERR_DAMAGED);
	FAILS(store_open(&s, scratch, STORE_CREATE, &e), ERR_DAMAGED);
	OK(store_open(&s, scratch, STORE_REPLACE, &e));
	assert_true(store_replaces_removed(s));
	OK(world_step(s, 0, &e));
	assert_int_equal(world_check(s), 0);
	after = load("seal.key");
	assert_int_equal(after.n, before.n);
	assert_memory_equal(after.p, before.p, after.n);
	free(before.p);
	free(after.p);
}

static void store_open__starts_again_where_making_one_was_stopped(void **state)
{
	(void)state;
	for (int with_key = 0; with_key < 2; with_key++) {
		AUTO_FREE(store) s = NULL;

		world_make();
		unlink(scratch_file(STORE_FILE));
		if (!with_key)
			unlink(scratch_file("seal.key"));
		save(STORE_FILE ".new", (struct bytes){ half, 4 });
		save("seal.key.new", (struct bytes){ half, 4 });
		FAILS(store_open(&s, scratch, STORE_READ, &e), ERR_MISSING);
		OK(store_open(&s, scratch, STORE_CREATE, &e));
		assert_false(store_replaces_removed(s));
		assert_int_not_equal(access(scratch_file(STORE_FILE ".new"), F_OK), 0);
		OK(world_step(s, 0, &e));
		assert_int_equal(world_check(s), 0);
	}
}

/* As nobody, who may read but neither write nor see the key. */
static int read_as_nobody(void)
{
	struct store *s = NULL;
	struct stage *g = NULL;
	struct err why = { 0 };
	int rc;

	if (setgid(65534) < 0 || setuid(65534) < 0)
		return 99;
	rc = store_open(&s, scratch, STORE_READ, &why);
	if (rc == 0)
		rc = store_verify(s, &why);
	if (rc == 0)
		rc = stage_open(&g, s, &why);
	if (rc == 0)
		rc = stage_put(g, span_of("a"), span_of("b"), &why);
	stage_close(g);
	store_close(s);
	if (rc < 0)
		fprintf(stderr, "nobody: %s\n", why.text);
	return -rc;
}

static int as_nobody(void)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		_exit(read_as_nobody());
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

static void store_open__reads_where_nothing_can_be_written(void **state)
{
	struct store *s = NULL;

	(void)state;
	if (geteuid() != 0)
		skip();
	world_make();
	OK(store_open(&s, scratch, STORE_WRITE, &e));
	store_close(s);
	assert_int_equal(chmod(scratch_place, 0755), 0);
	assert_int_equal(chmod(scratch, 0755), 0);
	assert_int_equal(chmod(scratch_file(STORE_FILE), 0644), 0);
	assert_int_equal(as_nobody(), 0);
	edit("PRAGMA wal_autocheckpoint = 0; DELETE FROM seal");
	assert_int_equal(as_nobody(), -ERR_DAMAGED);
	/* What is in the log only cannot be had, and is not passed over. */
	save(STORE_FILE "-wal", (struct bytes){ half, 3 });
	assert_int_equal(as_nobody(), -ERR_DENIED);
	assert_int_equal(chmod(scratch_file(STORE_FILE "-wal"), 0644), 0);
	assert_int_equal(as_nobody(), -ERR_SYSTEM);
	assert_int_equal(chmod(scratch, 0700), 0);
}

static void store_writes__need_a_transaction(void **state)
{
	AUTO_FREE(store) s = NULL;
	struct tree_root root = { .count = 1 };
	AUTO(buf) b = BUF_INIT(100);
	uint64_t seq = 7;

	(void)state;
	world_make();
	OK(store_open(&s, scratch, STORE_WRITE, &e));
	FAILS(store_value_set(s, "a", span_of("b"), &e), ERR_USAGE);
	FAILS(store_root_set(s, ROOT_CURRENT, &root, &e), ERR_USAGE);
	FAILS(ledger_append(s, span_from("\0", 1), &seq, &e), ERR_USAGE);
	FAILS(store_commit(s, &e), ERR_USAGE);
	OK(store_begin(s, &e));
	FAILS(store_begin(s, &e), ERR_USAGE);
	OK(store_value_set(s, "a", span_of("b"), &e));
	FAILS(ledger_append(s, span_of("\x18\x01"), &seq, &e), ERR_FORMAT);
	OK(ledger_append(s, span_from("\0", 1), &seq, &e));
	assert_int_equal(seq, 4);
	store_rollback(s);
	FAILS(store_value_get(s, "a", &b, &e), ERR_MISSING);
	assert_int_equal(world_check(s), 0);
}

struct read_back {
	uint64_t seq;
	int step, n, stop;
};

static int on_record(const struct ledger_entry *entry, void *ctx, struct err *e)
{
	struct read_back *r = ctx;

	(void)e;
	assert_true(entry->seq == r->seq);
	assert_int_equal(entry->body.n, 1);
	r->seq += (uint64_t)r->step;
	return ++r->n == r->stop ? 42 : 0;
}

static void ledger_read__goes_both_ways(void **state)
{
	AUTO_FREE(store) s = NULL;
	struct read_back up = { 2, 1, 0, 0 }, down = { 6, -1, 0, 0 }, some = { 1, 1, 0, 2 };
	uint64_t n = 0;

	(void)state;
	world_make();
	OK(store_open(&s, scratch, STORE_WRITE, &e));
	OK(world_step(s, 1, &e));
	OK(ledger_read(s, 2, 5, false, on_record, &up, &e));
	assert_int_equal(up.n, 4);
	OK(ledger_read(s, 1, UINT64_MAX, true, on_record, &down, &e));
	assert_int_equal(down.n, 6);
	FAILS(ledger_read(s, 1, 100, false, on_record, &some, &e), 42);
	OK(ledger_verify(s, &n, &e));
	assert_int_equal(n, 6);
}

static void ledger_read__goes_no_further_than_the_chain(void **state)
{
	static const char *const edits[] = {
		"UPDATE ledger SET data = (SELECT substr(data, 1, length(data) - 1) || x'07'"
		" FROM ledger WHERE seq = 2) WHERE seq = 2",
		"DELETE FROM ledger WHERE seq = 2",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(edits); i++)
		for (int backwards = 0; backwards < 2; backwards++) {
			AUTO_FREE(store) s = NULL;
			struct read_back r = { backwards ? 3 : 1, backwards ? -1 : 1, 0, 0 };

			world_make();
			edit(edits[i]);
			OK(store_open(&s, scratch, STORE_READ, &e));
			FAILS(ledger_read(s, 1, 9, backwards, on_record, &r, &e), ERR_DAMAGED);
			assert_true(r.n < 3);
		}
}

static void stage__keeps_things_in_order(void **state)
{
	AUTO_FREE(store) s = NULL;
	AUTO_FREE(stage) g = NULL;
	AUTO_FREE(stage) other = NULL;
	struct span key, value;
	struct err why;
	char text[16];
	int n = 0;

	(void)state;
	world_make();
	OK(store_open(&s, scratch, STORE_WRITE, &e));
	OK(stage_open(&g, s, &e));
	OK(stage_open(&other, s, &e));
	for (int i = 0; i < 2000; i++) {
		snprintf(text, sizeof(text), "%05d", i * 7919 % 2000);
		OK(stage_put(g, span_of(text), span_of(text + 2), &e));
	}
	assert_int_equal(stage_count(g), 2000);
	assert_int_equal(stage_count(other), 0);
	OK(stage_put(g, span_of("00004"), span_of("new"), &e));
	OK(stage_delete(g, span_of("00003"), &e));
	OK(stage_delete(g, span_of("nothing"), &e));
	OK(stage_put(g, span_from("\0", 1), SPAN_NONE, &e));
	assert_int_equal(stage_count(g), 2000);
	assert_int_equal(stage_get(g, span_of("00004"), &value, &why), 1);
	assert_true(span_is(value, "new"));
	assert_int_equal(stage_get(g, span_of("00003"), &value, &why), 0);
	stage_rewind(g);
	assert_int_equal(stage_next(g, &key, &value, &why), 1);
	assert_true(key.n == 1 && key.p[0] == 0 && value.n == 0);
	for (int i = 0; stage_next(g, &key, &value, &why) == 1; i++, n++) {
		i += i == 3;
		snprintf(text, sizeof(text), "%05d", i);
		assert_true(span_is(key, text));
	}
	assert_int_equal(n, 1999);
}

/* A child commits without end; we kill it somewhere. */
static void store__survives_being_killed(void **state)
{
	unsigned version = 0;

	(void)state;
	world_make();
	for (int round = 0; round < 12 || (version <= 10 && round < 200); round++) {
		struct store *s = NULL;
		pid_t child = fork();

		if (child == 0) {
			unsigned v = version;
			struct err why;

			if (store_open(&s, scratch, STORE_WRITE, &why) < 0)
				_exit(1);
			while (world_step(s, ++v, &why) == 0)
				if (v % 5 == 0 && store_collect(s, NULL, &why) < 0)
					_exit(2);
			_exit(3);
		}
		usleep(10000 + scratch_random() % 30000);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		OK(store_open(&s, scratch, STORE_WRITE, &e));
		version = world_check(s);
		store_close(s);
	}
	assert_true(version > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(store_open__says_what_is_wrong),
		cmocka_unit_test(store_open__knows_newer_formats),
		cmocka_unit_test(store_open__leaves_foreign_files_alone),
		cmocka_unit_test(store_verify__finds_every_flipped_byte_that_counts),
		cmocka_unit_test(store_verify__finds_rows_changed_behind_our_back),
		cmocka_unit_test(store_verify__wants_its_own_key),
		cmocka_unit_test(store_open__signs_nothing_that_was_not_sealed),
		cmocka_unit_test(store_begin__looks_again),
		cmocka_unit_test(store_open__misses_a_state_that_was_removed),
		cmocka_unit_test(store_open__starts_again_where_making_one_was_stopped),
		cmocka_unit_test(store_open__reads_where_nothing_can_be_written),
		cmocka_unit_test(store_writes__need_a_transaction),
		cmocka_unit_test(ledger_read__goes_both_ways),
		cmocka_unit_test(ledger_read__goes_no_further_than_the_chain),
		cmocka_unit_test(stage__keeps_things_in_order),
		cmocka_unit_test(store__survives_being_killed),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
