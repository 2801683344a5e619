#include <stdio.h>
#include <stdlib.h>

#include "entity/file.h"
#include "fake.h"

const struct sensor *const sensors[] = { &sensor_fake, NULL };

static struct world *begin(void **state)
{
	static const char *const folders[] = { "/etc", "/etc/sub", "/www" };
	static const char *const files[] = { "/etc/a", "/etc/b", "/etc/sub/c", "/etc/sub/d",
		"/www/x" };
	struct world *w = *state;
	struct err e = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		fake_put(folders[i], FILE_DIRECTORY);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		fake_put(files[i], FILE_REGULAR);
	if (world_init(w, false, &e) < 0)
		fail_msg("%s", e.text);
	return w;
}

static void drift_needs_a_baseline(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };

	assert_int_equal(drift_each(w->store, w->policy, NULL, NULL, &e), ERR_MISSING);
}

static void there_and_back_is_no_drift(void **state)
{
	struct world *w = begin(state);
	struct fake_file was = *fake_find("/etc/a");

	fake_remove("/etc/a");
	world_expect(w, "deleted /etc/a\n");
	*fake_put("/etc/a", FILE_REGULAR) = was;
	world_expect(w, "created /etc/a\n");
	world_expect_drift(w, "");
}

static void approve_moves_exactly_what_is_selected(void **state)
{
	struct world *w = begin(state);
	struct tree_root approved, current;

	fake_chmod("/etc/a", 0600);
	fake_remove("/etc/b");
	fake_put("/etc/sub/e", FILE_REGULAR);
	fake_chmod("/www/x", 0700);
	fake_chmod("/www", 0700);
	world_expect(w, "updated /www mode\nupdated /etc/a mode\ndeleted /etc/b\n"
			"created /etc/sub/e\nupdated /www/x mode\n");
	assert_int_equal(world_approve(w, "/nothing"), 0);
	assert_string_equal(world_ledger(w, RECORD_DECISION), "decision init 8\n");
	assert_int_equal(world_approve(w, "/etc/sub"), 1);
	world_expect_drift(w, "updated /www mode\nupdated /etc/a mode\ndeleted /etc/b\n"
			      "updated /www/x mode\n");
	assert_int_equal(world_approve(w, "rule:web"), 2);
	world_expect_drift(w, "updated /etc/a mode\ndeleted /etc/b\n");
	assert_int_equal(world_approve(w, "/etc/b"), 1);
	world_expect_drift(w, "updated /etc/a mode\n");
	world_expect(w, "");
	assert_int_equal(world_approve(w, "all"), 1);
	world_expect_drift(w, "");
	world_roots(w, &approved, &current);
	assert_memory_equal(approved.full, current.full, DIGEST_BYTES);
	assert_string_equal(world_ledger(w, RECORD_DECISION),
		"decision init 8\ndecision approve 1\ndecision approve 2\n"
		"decision approve 1\ndecision approve 1\n");
}

static void a_check_never_approves(void **state)
{
	struct world *w = begin(state);
	struct tree_root before, after, current;

	world_roots(w, &before, &current);
	fake_write("/etc/a", 100);
	fake_put("/etc/n", FILE_REGULAR);
	world_check(w, &(struct err){ 0 });
	world_check(w, &(struct err){ 0 });
	world_roots(w, &after, &current);
	assert_memory_equal(before.full, after.full, DIGEST_BYTES);
}

static uint64_t last_seq(struct world *w)
{
	uint8_t head[DIGEST_BYTES];
	uint64_t seq;
	struct err e;

	assert_int_equal(ledger_last(w->store, &seq, head, &e), 0);
	return seq;
}

struct card {
	struct span key;
	char id[64];
};

static int find_card(const struct ledger_entry *entry, void *ctx, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	struct card *card = ctx;
	struct ledger_record r;

	if (ledger_record_decode(entry->body, a, &r, e) < 0)
		return e->code;
	if (r.type == RECORD_CHANGE && span_same(r.change.key, card->key))
		snprintf(card->id, sizeof card->id, "card:%.*s", SPAN_ARG(r.change.card));
	return 0;
}

static void ledger_numbers_and_cards_name_their_keys(void **state)
{
	struct world *w = begin(state);
	struct card card = { .key = span_of("/www/x") };
	char word[64];
	struct err e;

	fake_chmod("/etc/a", 0600);
	fake_chmod("/etc/b", 0600);
	world_expect(w, "updated /etc/a mode\nupdated /etc/b mode\n");
	/* a, b, coverage */
	snprintf(word, sizeof word, "seq:%llu", (unsigned long long)last_seq(w) - 1);
	assert_int_equal(world_approve(w, word), 1);
	world_expect_drift(w, "updated /etc/a mode\n");
	fake_chmod("/www/x", 0600);
	fake_chmod("/etc/b", 0644);
	world_expect(w, "updated /etc/b mode\nupdated /www/x mode\n");
	assert_int_equal(ledger_read(w->store, 1, 1000, false, find_card, &card, &e), 0);
	assert_int_equal(world_approve(w, card.id), 1);
	world_expect_drift(w, "updated /etc/a mode\nupdated /etc/b mode\n");
	assert_int_equal(world_approve(w, "seq:1-1000"), 2);
}

static void a_rename_is_approved_with_both_names_and_what_is_below(void **state)
{
	struct world *w = begin(state);
	struct tree_root approved, current;

	fake_move("/etc/sub", "/bus");
	fake_chmod("/bus/c", 0600);
	world_expect(w, "renamed /etc/sub > /bus +1\nrenamed /etc/sub/c > /bus/c mode\n");
	assert_int_equal(world_approve(w, "/etc/sub/c"), 1);
	world_expect_drift(w, "renamed /etc/sub > /bus +1\n");
	assert_int_equal(world_approve(w, "/bus"), 2);
	world_expect_drift(w, "");
	world_roots(w, &approved, &current);
	assert_memory_equal(approved.full, current.full, DIGEST_BYTES);
}

static void unwatched_fields_come_along_for_what_is_approved(void **state)
{
	struct world *w = begin(state);
	struct tree_root approved, current;

	fake_chmod("/etc/a", 0600);
	fake_find("/etc/b")->inode = 999;
	world_expect(w, "updated /etc/a mode\n");
	assert_int_equal(world_approve(w, "all"), 1);
	world_roots(w, &approved, &current);
	assert_memory_not_equal(approved.full, current.full, DIGEST_BYTES);
	fake_chmod("/etc/b", 0600);
	world_expect(w, "updated /etc/b mode\n");
	assert_int_equal(world_approve(w, "/etc"), 1);
	world_roots(w, &approved, &current);
	assert_memory_equal(approved.full, current.full, DIGEST_BYTES);
}

static void refused(struct world *w, const char *selection, const char *text)
{
	AUTO_FREE(arena) a = arena_new();
	struct decision d = { .what = span_of("approve"), .reason = span_of("test") };
	struct tree_root before, after, current;
	struct change_selection sel;
	struct err e = { 0 };
	uint64_t items = 99;

	world_roots(w, &before, &current);
	assert_int_equal(change_selection_parse(a, &selection, 1, "/", &sel, &e), 0);
	assert_true(approve(w->store, w->policy, &sel, &d, &items, &e) < 0);
	assert_string_equal(e.text, text);
	world_roots(w, &after, &current);
	assert_memory_equal(before.full, after.full, DIGEST_BYTES);
}

static void a_ledger_number_approves_nothing_that_came_after(void **state)
{
	struct world *w = begin(state); /* init, coverage */

	fake_chmod("/etc/a", 0600);
	fake_remove("/etc/b");
	fake_move("/etc/sub/c", "/etc/sub/e");
	world_check(w, &(struct err){ 0 }); /* 3 a, 4 b, 5 c > e, 6 coverage */
	fake_chmod("/etc/a", 0777);
	fake_put("/etc/b", FILE_REGULAR);
	fake_put("/etc/sub/c", FILE_REGULAR);
	world_check(w, &(struct err){ 0 }); /* 7 a, 8 b, 9 c */
	refused(w, "seq:3", "'/etc/a' changed again since seq 3; approve it by path or seq:7");
	refused(w, "seq:4", "'/etc/b' changed again since seq 4; approve it by path or seq:8");
	refused(w, "seq:5", "'/etc/sub/c' changed again since seq 5; approve it by path or seq:9");
	refused(w, "seq:3-5", "'/etc/a' changed again since seq 3; approve it by path or seq:7");
	refused(w, "seq:6", "no change has the ledger number 6");
	refused(w, "seq:99", "no change has the ledger number 99");
	refused(w, "card:NONE", "no change is of the card 'NONE'");
	assert_int_equal(world_approve(w, "seq:7"), 1);
	assert_int_equal(world_approve(w, "seq:3-9"), 3);
	world_expect_drift(w, "");
}

static const char two_places[] =
	"version: 1\n"
	"rules:\n"
	"  - { id: hi, severity: critical, kind: file, base: /etc, fields: [mode] }\n"
	"  - { id: lo, severity: info, kind: file, base: /www, fields: [mode] }\n";

static void a_move_between_rules_is_a_loss_and_a_gain(void **state)
{
	struct world *w = *state;

	world_policy(w, two_places);
	begin(state);
	fake_move("/etc/a", "/www/a");
	fake_move("/etc/sub", "/www/sub");
	fake_move("/etc/b", "/etc/z");
	world_expect(w, "deleted /etc/a\ndeleted /etc/sub\nrenamed /etc/b > /etc/z\n"
			"deleted /etc/sub/c\ndeleted /etc/sub/d\ncreated /www/a\n"
			"created /www/sub\ncreated /www/sub/c\ncreated /www/sub/d\n");
	assert_int_equal(world_approve(w, "rule:lo"), 4);
	world_expect_drift(w, "deleted /etc/a\ndeleted /etc/sub\nrenamed /etc/b > /etc/z\n"
			      "deleted /etc/sub/c\ndeleted /etc/sub/d\n");
	assert_int_equal(world_approve(w, "rule:hi"), 5);
	world_expect_drift(w, "");
}

static void what_matters_more_than_its_folder_moves_by_itself(void **state)
{
	struct world *w = *state;

	world_policy(w, "version: 1\n"
			"rules:\n"
			"  - { id: lo, severity: low, kind: file, base: /, fields: [mode] }\n"
			"  - { id: hi, severity: high, kind: file, base: /, include: [\"**/c\"],"
			" fields: [mode] }\n"
			"  - { id: in, severity: info, kind: file, base: /, include: [\"**/d\"],"
			" fields: [mode] }\n");
	begin(state);
	fake_move("/etc/sub", "/www/sub");
	world_expect(w, "renamed /etc/sub > /www/sub +1\nrenamed /etc/sub/c > /www/sub/c\n");
	assert_int_equal(world_approve(w, "rule:hi"), 1);
	world_expect_drift(w, "renamed /etc/sub > /www/sub +1\n");
}

/* ---- random edits against a model ---- */

#define MODEL_MAX 4000

struct line {
	char text[600];
};

static uint64_t seed;
static bool links; /* make some */

static uint64_t pick(uint64_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (seed >> 33) % n;
}

static const struct fake_file *known(const struct fake *f, const char *path)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->file[i].path, path) == 0)
			return &f->file[i];
	return NULL;
}

static const struct fake_file *with_inode(const struct fake *f, uint64_t inode)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->file[i].inode == inode)
			return &f->file[i];
	return NULL;
}

/* What `standard` watches of the few fields a fake has, in the order of their names. */
static void add_differences(char *text, size_t n, const struct fake_file *a,
	const struct fake_file *b)
{
	bool regular_a = a->type == FILE_REGULAR, regular_b = b->type == FILE_REGULAR;
	bool size = regular_a != regular_b || (regular_a && a->size != b->size);
	bool digest = regular_a != regular_b || (regular_a && a->content != b->content);

	snprintf(text, n, "%s%s%s%s%s", a->type != b->type ? " type" : "",
		a->mode != b->mode ? " mode" : "", size ? " size" : "", digest ? " sha256" : "",
		a->mtime != b->mtime ? " mtime" : "");
}

static bool parent_of(const char *path, char *ret, size_t n)
{
	const char *slash = strrchr(path, '/');

	snprintf(ret, n, "%.*s", (int)(slash - path), path);
	return slash != path;
}

/* Where the file now at `path` was, when it moved. */
static const struct fake_file *moved_from(const struct fake *was, const struct fake *is,
	const struct fake_file *now)
{
	const struct fake_file *old = with_inode(was, now->inode);

	return old && !known(was, now->path) && !known(is, old->path) ? old : NULL;
}

/* Did it move only because its folder did? */
static bool moved_along(const struct fake *was, const struct fake *is, const struct fake_file *now)
{
	const struct fake_file *old = moved_from(was, is, now), *folder, *old_folder;
	char parent[200], old_parent[200], fields[100];

	if (!old || strcmp(strrchr(old->path, '/'), strrchr(now->path, '/')) != 0)
		return false;
	add_differences(fields, sizeof fields, old, now);
	if (fields[0] || !parent_of(now->path, parent, sizeof parent) ||
		!parent_of(old->path, old_parent, sizeof old_parent))
		return false;
	folder = known(is, parent);
	old_folder = folder ? moved_from(was, is, folder) : NULL;
	return old_folder && strcmp(old_folder->path, old_parent) == 0;
}

static uint64_t carried(const struct fake *was, const struct fake *is, const struct fake_file *root)
{
	uint64_t n = 0;

	for (size_t i = 0; i < is->n; i++) {
		const struct fake_file *f = &is->file[i];
		char parent[200];

		/* Up to the topmost folder that did not itself move along. */
		if (!moved_along(was, is, f))
			continue;
		while (f && moved_along(was, is, f))
			f = parent_of(f->path, parent, sizeof parent) ? known(is, parent) : NULL;
		n += f == root;
	}
	return n;
}

static size_t naive(const struct fake *was, const struct fake *is, struct line *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < is->n; i++) {
		const struct fake_file *now = &is->file[i], *old = known(was, now->path);
		char fields[100], below[40] = "";

		if (old) {
			add_differences(fields, sizeof fields, old, now);
			if (fields[0])
				snprintf(ret[n++].text, sizeof ret->text, "updated %s%s", now->path,
					fields);
			continue;
		}
		old = moved_from(was, is, now);
		if (!old) {
			snprintf(ret[n++].text, sizeof ret->text, "created %s", now->path);
		} else if (!moved_along(was, is, now)) {
			uint64_t c = carried(was, is, now);

			add_differences(fields, sizeof fields, old, now);
			if (c)
				snprintf(below, sizeof below, " +%llu", (unsigned long long)c);
			snprintf(ret[n++].text, sizeof ret->text, "renamed %s > %s%s%s", old->path,
				now->path, below, fields);
		}
	}
	for (size_t i = 0; i < was->n; i++) {
		const struct fake_file *old = &was->file[i];
		const struct fake_file *now = with_inode(is, old->inode);

		if (!known(is, old->path) && !(now && moved_from(was, is, now)))
			snprintf(ret[n++].text, sizeof ret->text, "deleted %s", old->path);
	}
	return n;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct line *)a)->text, ((const struct line *)b)->text);
}

static void compare_lines(const char *what, struct world *w, const struct fake *was, unsigned round)
{
	static struct line wanted[MODEL_MAX], got[MODEL_MAX];
	size_t n = naive(was, &fake, wanted), m = 0;
	struct span rest = { buf_text(&w->log), w->log.n }, one;

	while (span_cut(&rest, '\n', &one) && rest.p)
		snprintf(got[m++].text, sizeof got->text, "%.*s", SPAN_ARG(one));
	qsort(wanted, n, sizeof *wanted, by_text);
	qsort(got, m, sizeof *got, by_text);
	for (size_t i = 0; i < n || i < m; i++)
		if (i >= n || i >= m || strcmp(wanted[i].text, got[i].text) != 0)
			fail_msg("round %u, %s: wanted '%s', got '%s'", round, what,
				i < n ? wanted[i].text : "", i < m ? got[i].text : "");
}

static void random_path(char *ret, size_t n)
{
	const struct fake_file *f = &fake.file[pick(fake.n)];

	if (f->type == FILE_DIRECTORY && strlen(f->path) < 100)
		snprintf(ret, n, "%s/%c%llu", f->path, (char)('a' + pick(3)),
			(unsigned long long)pick(9));
	else
		snprintf(ret, n, "/%c%llu", (char)('a' + pick(3)), (unsigned long long)pick(9));
}

static bool within(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

static void random_edit(void)
{
	struct fake_file *f = &fake.file[pick(fake.n)];
	char path[sizeof f->path], old[sizeof f->path];

	random_path(path, sizeof path);
	snprintf(old, sizeof old, "%s", f->path);
	switch (pick(links ? 7 : 6)) {
	case 0:
		if (!known(&fake, path) && fake.n < 200)
			fake_put(path, pick(3) ? FILE_REGULAR : FILE_DIRECTORY);
		break;
	case 1:
		if (fake.n > 20)
			fake_remove(old);
		break;
	case 2:
		fake_chmod(old, 0600 + pick(64));
		break;
	case 3:
		fake_write(old, pick(1000));
		break;
	case 4:
		if (!known(&fake, path) && !within(path, old))
			fake_move(old, path);
		break;
	case 5:
		f->ctime = ++fake.now;
		break;
	default:
		if (!known(&fake, path) && f->type == FILE_REGULAR)
			fake_link(old, path);
	}
}

static void random_approval(struct world *w, struct fake *approved)
{
	if (pick(4) == 0) {
		world_approve(w, "all");
		*approved = fake;
	}
}

/* The tree that grew by edits is the one a first observation makes. */
static void expect_tree_of_scratch(struct world *w)
{
	struct tree_root approved, grown, made;
	struct err e = { 0 };

	assert_int_equal(store_verify(w->store, &e), 0);
	world_roots(w, &approved, &grown);
	assert_int_equal(world_init(w, true, &e), 0);
	world_roots(w, &approved, &made);
	assert_memory_equal(grown.full, made.full, DIGEST_BYTES);
}

static void random_edits_are_told_as_a_naive_comparison_tells_them(void **state)
{
	static struct fake before, approved;
	struct world *w = *state;
	struct err e = { 0 };

	seed = 1;
	world_policy(w, "version: 1\n"
			"rules:\n"
			"  - { id: all, kind: file, base: /, fields: [standard] }\n");
	for (int i = 0; i < 60; i++) {
		char path[160];

		if (i < 3)
			snprintf(path, sizeof path, "/d%d", i);
		else
			random_path(path, sizeof path);
		if (!known(&fake, path))
			fake_put(path, i < 10 || pick(3) == 0 ? FILE_DIRECTORY : FILE_REGULAR);
	}
	assert_int_equal(world_init(w, false, &e), 0);
	approved = fake;
	for (unsigned round = 0; round < 400; round++) {
		before = fake;
		for (uint64_t i = pick(8); i > 0; i--)
			random_edit();
		w->options.trust_stamps = pick(2);
		if (world_check(w, &e) < 0)
			fail_msg("%s", e.text);
		compare_lines("check", w, &before, round);
		buf_clear(&w->log);
		if (drift_each(w->store, w->policy, world_hear, &w->log, &e) < 0)
			fail_msg("%s", e.text);
		compare_lines("drift", w, &approved, round);
		random_approval(w, &approved);
	}
	expect_tree_of_scratch(w);
}

/* What the naive comparison does not know: files with several names. */
static void random_links_leave_nothing_behind(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };

	seed = 2;
	links = true;
	fake_put("/d0", FILE_DIRECTORY);
	for (int i = 0; i < 30; i++)
		random_edit();
	assert_int_equal(world_init(w, false, &e), 0);
	for (unsigned round = 0; round < 100; round++) {
		for (uint64_t i = pick(8); i > 0; i--)
			random_edit();
		if (world_check(w, &e) < 0)
			fail_msg("%s", e.text);
		world_expect(w, "");
		world_approve(w, "all");
		world_expect_drift(w, "");
	}
	links = false;
	expect_tree_of_scratch(w);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(drift_needs_a_baseline),
		TEST(there_and_back_is_no_drift),
		TEST(approve_moves_exactly_what_is_selected),
		TEST(a_check_never_approves),
		TEST(ledger_numbers_and_cards_name_their_keys),
		TEST(a_rename_is_approved_with_both_names_and_what_is_below),
		TEST(unwatched_fields_come_along_for_what_is_approved),
		TEST(a_ledger_number_approves_nothing_that_came_after),
		TEST(a_move_between_rules_is_a_loss_and_a_gain),
		TEST(what_matters_more_than_its_folder_moves_by_itself),
		TEST(random_edits_are_told_as_a_naive_comparison_tells_them),
		TEST(random_links_leave_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
