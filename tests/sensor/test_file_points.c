/* Looking at exactly what changed gives what looking at everything gives: random trees, policies
 * and edits, by the real sensor. The oracle is a check of everything: of a second store, which must
 * record the same changes, and of the same one afterwards, which must find nothing left.
 *   ROUNDS=5000 SEED=1 build/dev/test_file_points */
#include <dirent.h>
#include <fcntl.h>

#include "core/mem.h"
#include "look_host.h"

#define PATHS_MAX 20000
#define DEPTH_MAX 6
#define EDITS_MAX 12

/* ---- chance ---- */

static uint64_t chance_state;

static unsigned chance(unsigned n)
{
	chance_state = chance_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(chance_state >> 33) % n;
}

static unsigned number(const char *name, unsigned usual)
{
	const char *text = getenv(name);

	return text ? (unsigned)strtoul(text, NULL, 10) : usual;
}

/* ---- the host: a folder ---- */

struct known {      /* one path, as lstat has it */
	char *path; /* below the root, "/" itself too */
	struct stat st;
	char target[64];
};

struct snapshot {
	struct known *list;
	size_t n;
};

/* Links are gone into, as rules may want that. */
static void see(struct snapshot *s, const char *path, unsigned depth)
{
	struct known *k;
	struct dirent *d;
	struct stat st;
	ssize_t n;
	DIR *dir;

	if (lstat(real(path), &st) < 0)
		return;
	assert_true(s->n < PATHS_MAX);
	k = &s->list[s->n++];
	*k = (struct known){ .path = mem_text(path), .st = st };
	n = readlink(real(path), k->target, sizeof k->target - 1);
	k->target[n > 0 ? n : 0] = '\0';
	if (depth == DEPTH_MAX || !(dir = opendir(real(path))))
		return;
	while ((d = readdir(dir))) {
		char below[PATH_MAX];

		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		snprintf(below, sizeof below, "%s/%s", path[1] ? path : "", d->d_name);
		see(s, below, depth + 1);
	}
	closedir(dir);
}

static int by_path(const void *a, const void *b)
{
	const struct known *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static struct snapshot see_all(void)
{
	struct snapshot s = { .list = mem_array(PATHS_MAX, sizeof *s.list) };

	see(&s, "/", 0);
	qsort(s.list, s.n, sizeof *s.list, by_path);
	return s;
}

static void forget(struct snapshot *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->list[i].path);
	free(s->list);
}

static const struct known *find(const struct snapshot *s, const char *path)
{
	struct known key = { .path = (char *)(uintptr_t)path };

	return bsearch(&key, s->list, s->n, sizeof key, by_path);
}

static const char *any_path(void)
{
	static const char *const names[] = { "a", "b", "c", "d.php", "e.txt", "f", "g\n", "h" };
	static char paths[4][64];
	static unsigned next;
	char *p = paths[next++ % ARRAY_LEN(paths)];

	*p = '\0';
	for (unsigned i = 0, n = 1 + chance(3); i < n; i++) {
		strcat(p, "/");
		/* folders have the first names */
		strcat(p, names[chance(i + 1 < n ? 3 : ARRAY_LEN(names))]);
	}
	return p;
}

static void write_some(const char *path)
{
	static const char elf[] = "\x7f\x45LF\2\1\1";
	static const char *const texts[] = { "x", "#!/bin/sh\n", elf, "some more" };
	const char *text = texts[chance(ARRAY_LEN(texts))];
	int fd = open(real(path),
		O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | (chance(2) ? O_TRUNC : O_APPEND),
		0644);

	if (fd < 0)
		return;
	assert_true(write(fd, text, strlen(text)) > 0);
	close(fd);
}

static void edit(void)
{
	static const char *const targets[] = { "a", "../b", "b", "c/a", "nowhere", ".", "../a/c" };
	const char *path = any_path(), *other = any_path();

	switch (chance(10)) {
	case 0:
	case 1:
		(void)!mkdir(real(path), 0755);
		break;
	case 2:
	case 3:
	case 4:
		write_some(path);
		break;
	case 5:
		(void)!chmod(real(path), chance(2) ? 0755 : 0600);
		break;
	case 6:
		remove_all(real(path));
		break;
	case 7:
		(void)!rename(real(path), real(other));
		break;
	case 8:
		if (chance(2))
			remove_all(real(path));
		(void)!symlink(targets[chance(ARRAY_LEN(targets))], real(path));
		break;
	case 9:
		(void)!(chance(2) ? link(real(path), real(other)) : mkfifo(real(path), 0600));
		break;
	}
}

/* ---- what a watcher would tell ---- */

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool differs(const struct known *a, const struct known *b)
{
	const struct stat *x = &a->st, *y = &b->st;

	return x->st_ino != y->st_ino || x->st_mode != y->st_mode || x->st_size != y->st_size ||
	       x->st_nlink != y->st_nlink || !same_time(x->st_mtim, y->st_mtim) ||
	       !same_time(x->st_ctim, y->st_ctim) || strcmp(a->target, b->target) != 0;
}

static void hint(struct hints *h, const char *path, bool below)
{
	h->list[h->n++] = (struct look_again){ .kind = &kind_file,
		.key = span_of(path),
		.below = below,
		.happened = 1 };
}

static void parent_of(const char *path, char *ret)
{
	char *slash;

	snprintf(ret, PATH_MAX, "%s", path);
	slash = strrchr(ret, '/');
	slash[slash == ret] = '\0';
}

/* What lay below something that is no folder any more need not be told of, nor what lies below a
 * link that is another one now, nor what lies below a folder that is told of with all in it. */
static bool goes_without_saying(const struct snapshot *was, const struct snapshot *is,
	const char *path, const struct hints *h)
{
	char above[PATH_MAX], next[PATH_MAX];

	for (parent_of(path, above); above[1]; parent_of(next, above)) {
		const struct known *a = find(was, above), *b = find(is, above);

		if (a && (!b || !S_ISDIR(b->st.st_mode)) && (!b || differs(a, b)))
			return true;
		if (b && S_ISLNK(b->st.st_mode) && (!a || differs(a, b)))
			return true;
		for (size_t i = 0; i < h->n; i++)
			if (h->list[i].below && span_is(h->list[i].key, above))
				return true;
		snprintf(next, sizeof next, "%s", above);
	}
	return false;
}

/* Paths ascend, so that a folder comes before what is in it. */
static struct hints tell(const struct snapshot *was, const struct snapshot *is)
{
	struct hints h = { .list = mem_array(was->n + is->n + 1, sizeof *h.list) };

	for (size_t i = 0, k = 0; i < was->n || k < is->n;) {
		int order = i == was->n  ? 1
			    : k == is->n ? -1
					 : strcmp(was->list[i].path, is->list[k].path);
		const struct known *a = order <= 0 ? &was->list[i++] : NULL;
		const struct known *b = order >= 0 ? &is->list[k++] : NULL;
		const char *path = a ? a->path : b->path;

		if (a && b && !differs(a, b))
			continue;
		if (chance(4) && goes_without_saying(was, is, path, &h))
			continue;
		hint(&h, path, b && S_ISDIR(b->st.st_mode) && path[1] && chance(3) == 0);
	}
	for (size_t i = h.n; i > 1; i--) { /* in no order */
		size_t k = chance((unsigned)i);
		struct look_again x = h.list[i - 1];

		h.list[i - 1] = h.list[k];
		h.list[k] = x;
	}
	return h;
}

static void make_policy(void)
{
	static const char *const bases[] = { "/", "/a", "/b", "[/a, /c]", "/a/c", "/*" };
	static const char *const extras[] = { "    include: [\"**/*.php\", \"b/**\"]\n",
		"    exclude: [\"a/**\", \"**/*.txt\"]\n", "    exclude: [\"**/b\"]\n",
		"    types: [regular, symlink]\n", "    types: [directory]\n",
		"    include: [{ key: \"**\", executable: true }]\n", "    follow_links: true\n",
		"    follow_links: true\n", "    fields: [existence]\n",
		"    fields: [standard, ctime, inode, nlink]\n", "", "" };
	AUTO(problems) problems = { 0 };
	AUTO(buf) b = BUF_INIT(1 << 16);
	struct err e = { 0 };

	buf_add_text(&b, "version: 1\nrules:\n");
	for (unsigned i = 0, n = 1 + chance(3); i < n; i++) {
		unsigned x = chance(ARRAY_LEN(extras)), y = chance(ARRAY_LEN(extras));
		const char *more = extras[y];

		buf_addf(&b, "  - id: r%u\n    kind: file\n    severity: %s\n    base: %s\n%s", i,
			chance(2) ? "high" : "low", bases[chance(ARRAY_LEN(bases))], extras[x]);
		/* each key once */
		if (strncmp(more, extras[x], 9) != 0)
			buf_add_text(&b, more);
	}
	policy_free(policy);
	policy = NULL;
	if (policy_load_text(&policy, "test", buf_span(&b), false, &problems, &e) < 0)
		fail_msg("%s: %s\n%s", e.text, problems.n ? problems.list[0].text : "",
			buf_text(&b));
	if (getenv("SHOW"))
		printf("%s", buf_text(&b));
}

static void show_hints(const struct hints *h)
{
	for (size_t i = 0; i < h->n; i++)
		printf("  hint %.*s%s\n", SPAN_ARG(h->list[i].key), h->list[i].below ? " **" : "");
}

static void one_round(struct side *looks, struct side *checks)
{
	struct snapshot was = see_all(), is;
	struct tree_root by_look, by_check, again;
	struct hints h;

	for (unsigned i = 0, n = 1 + chance(EDITS_MAX); i < n; i++)
		edit();
	is = see_all();
	h = tell(&was, &is);
	if (getenv("SHOW"))
		show_hints(&h);
	by_look = look(looks, &h);
	by_check = check(checks);
	assert_string_equal(buf_text(&looks->lines), buf_text(&checks->lines));
	again = check(looks);
	assert_string_equal(buf_text(&looks->lines), "");
	assert_memory_equal(by_look.full, again.full, DIGEST_BYTES);
	assert_memory_equal(by_look.full, by_check.full, DIGEST_BYTES);
	free(h.list);
	forget(&was);
	forget(&is);
}

static void one_trial(unsigned rounds)
{
	struct side looks, checks;

	snprintf(work, sizeof work, "%s.XXXXXX", program_invocation_name);
	assert_non_null(mkdtemp(work));
	snprintf(root, sizeof root, "%s/root", work);
	assert_int_equal(mkdir(root, 0755), 0);
	make_policy();
	for (int i = 0; i < 60; i++)
		edit();
	options = (struct scan_options){ .root = root, .memory = look_memory_new() };
	open_side(&looks, "looks");
	open_side(&checks, "checks");
	for (unsigned i = 0; i < rounds; i++)
		one_round(&looks, &checks);
	close_side(&looks);
	close_side(&checks);
	look_memory_freep(&options.memory);
	remove_all(work);
}

static void looks_find_what_a_check_finds(void **state)
{
	unsigned rounds = number("ROUNDS", 120), trials = (rounds + 9) / 10;

	(void)state;
	chance_state = number("SEED", 20261123);
	for (unsigned i = 0; i < trials; i++) {
		if (getenv("SHOW"))
			printf("trial %u\n", i);
		one_trial(10);
	}
	policy_free(policy);
	policy = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looks_find_what_a_check_finds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
