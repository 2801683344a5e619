/* Looks, one after the other: by one crew, which may be lost; files and other kinds together. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>

#include "change/owner.h"
#include "entity/group.h"
#include "entity/user.h"
#include "look_host.h"
#include "os/clock.h"

static pid_t crew(void)
{
	pid_t ret = 0;
	struct dirent *d;
	DIR *proc = opendir("/proc");

	while ((d = readdir(proc))) {
		char path[PATH_MAX], text[512] = { 0 }, name[32];
		int parent, fd;

		snprintf(path, sizeof path, "/proc/%s/stat", d->d_name);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		if (read(fd, text, sizeof text - 1) > 0 &&
			sscanf(text, "%*d (%31[^)]) %*c %d", name, &parent) == 2 &&
			strcmp(name, "invar-crew") == 0 && parent == getpid())
			ret = atoi(d->d_name);
		close(fd);
	}
	closedir(proc);
	return ret;
}

static void write_text(const char *path, const char *text)
{
	int fd = open(real(path), O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static void begin(struct side *s, unsigned deadline_ms)
{
	static const char yaml[] = "version: 1\nrules:\n  - id: all\n    kind: file\n"
				   "    base: /\n    fields: [type, content, owner]\n";
	AUTO(problems) problems = { 0 };
	struct err e = { 0 };

	snprintf(work, sizeof work, "%s.XXXXXX", program_invocation_name);
	assert_non_null(mkdtemp(work));
	snprintf(root, sizeof root, "%s/root", work);
	assert_int_equal(mkdir(root, 0755), 0);
	assert_int_equal(mkdir(real("/etc"), 0755), 0);
	write_text("/etc/passwd", "alice:x:0:0::/:/bin/sh\n");
	write_text("/a", "1");
	if (policy_load_text(&policy, "test", span_of(yaml), false, &problems, &e) < 0)
		fail_msg("%s", e.text);
	options = (struct scan_options){ .root = root,
		.memory = look_memory_new(),
		.deadline_ms = deadline_ms };
	open_side(s, "looks");
}

static void end(struct side *s)
{
	close_side(s);
	look_memory_freep(&options.memory);
	assert_int_equal(crew(), 0);
	policy_free(policy);
	policy = NULL;
	remove_all(work);
}

static void look_at_a(struct side *s, const char *text, const char *lines)
{
	struct look_again x = { .kind = &kind_file, .key = span_of("/a") };
	struct hints h = { .list = &x, .n = 1 };

	write_text("/a", text);
	look(s, &h);
	assert_string_equal(buf_text(&s->lines), lines);
}

static void one_crew_does_all_looks_until_it_is_lost(void **state)
{
	char updated[64];
	struct side s;
	pid_t first;

	(void)state;
	begin(&s, 0);
	snprintf(updated, sizeof updated, "updated  > /a +0 %llx all\n",
		(unsigned long long)field_bit(FILE_SHA256));
	look_at_a(&s, "2", updated);
	first = crew();
	assert_true(first > 0);
	look_at_a(&s, "3", updated);
	assert_int_equal(crew(), first);
	kill(first, SIGKILL);
	look_at_a(&s, "4", updated);
	assert_true(crew() > 0 && crew() != first);
	end(&s);
}

static void a_crew_that_stands_still_is_replaced(void **state)
{
	char updated[64];
	struct side s;
	int64_t began;
	pid_t first;

	(void)state;
	begin(&s, 0);
	snprintf(updated, sizeof updated, "updated  > /a +0 %llx all\n",
		(unsigned long long)field_bit(FILE_SHA256));
	look_at_a(&s, "2", updated);
	first = crew();
	kill(first, SIGSTOP);
	began = clock_monotonic();
	look_at_a(&s, "3", updated);
	assert_true(crew() != first);
	/* not what one that only does not answer is given: 30 s */
	assert_true(clock_monotonic() - began < INT64_C(20000000000));
	assert_true(look_was_stopped(options.memory));
	assert_false(look_was_stopped(options.memory));
	end(&s);
}

static void a_user_s_new_name_is_known_at_the_next_look(void **state)
{
	char updated[64];
	struct side s;
	pid_t first;

	(void)state;
	begin(&s, 0);
	look_at_a(&s, "1", "");
	first = crew();
	write_text("/etc/passwd", "robert:x:0:0::/:/bin/sh\n");
	snprintf(updated, sizeof updated, "updated  > /a +0 %llx all\n",
		(unsigned long long)field_bit(FILE_OWNER));
	look_at_a(&s, "1", updated);
	assert_int_equal(crew(), first);
	end(&s);
}

/* ---- kinds that are looked at whole ---- */

/* What is told of robert only when it was seen already. */
static size_t told_late(void *ctx, const struct late_asked *x, struct arena *a,
	const struct look_again **ret)
{
	struct look_again *late = arena_get(a, sizeof *late);

	(void)ctx;
	assert_false(x->files);
	assert_int_equal(x->n, 0);
	*late = (struct look_again){ .kind = &kind_user,
		.key = span_of("robert"),
		.who_unknown = span_of("late") };
	*ret = late;
	return 1;
}

static void a_kind_is_looked_at_whole_and_files_beside_it(void **state)
{
	static const char yaml[] = "version: 1\nrules:\n  - id: u\n    kind: user\n"
				   "  - id: g\n    kind: group\n"
				   "  - id: f\n    kind: file\n    base: /a\n";
	AUTO(problems) problems = { 0 };
	AUTO(buf) told = BUF_INIT(1 << 16);
	struct look_again looks[] = {
		{ .kind = &kind_user,
			.key = span_of("robert"),
			.who_unknown = span_of("robert's") },
		{ .kind = &kind_user,
			.key = span_of("ali"),
			.below = true,
			.who_unknown = span_of("ali's") },
		{ .kind = &kind_file, .key = span_of("/a") },
	};
	struct hints h = { .list = looks, .n = ARRAY_LEN(looks) };
	struct side s;
	struct err e = { 0 };

	(void)state;
	begin(&s, 0);
	close_side(&s);
	policy_free(policy);
	if (policy_load_text(&policy, "test", span_of(yaml), false, &problems, &e) < 0)
		fail_msg("%s", e.text);
	write_text("/etc/group", "staff:x:50:\n");
	remove_all(real("/../looks"));
	open_side(&s, "looks");
	write_text("/etc/passwd", "alice:x:0:0::/new:/bin/sh\nrobert:x:1:1::/:/bin/sh\n"
				  "zoe:x:2:2::/:/bin/sh\n");
	write_text("/etc/group", "staff:x:51:\n");
	write_text("/a", "22");
	s.who = &told;
	look(&s, &h);
	assert_string_equal(buf_text(&told), "/a: not told\nalice: ali's\nrobert: robert's\n"
					     "zoe: " OWNER_NOBODY_TOLD "\n");
	write_text("/etc/passwd", "alice:x:0:0::/new:/bin/sh\nrobert:x:1:1::/home:/bin/sh\n"
				  "zoe:x:2:2::/home:/bin/sh\n");
	looks[0] = (struct look_again){ .kind = &kind_user, .who_unknown = span_of("any") };
	h.n = 1;
	h.late = told_late;
	buf_clear(&told);
	look(&s, &h);
	assert_string_equal(buf_text(&told), "robert: late\nzoe: any\n");
	h.late = NULL;
	looks[0] = (struct look_again){ .kind = &kind_group };
	h.n = 1;
	buf_clear(&told);
	look(&s, &h);
	assert_string_equal(buf_text(&told), "staff: not told\n");
	s.who = NULL;
	check(&s);
	assert_string_equal(buf_text(&s.lines), "");
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_crew_does_all_looks_until_it_is_lost),
		cmocka_unit_test(a_crew_that_stands_still_is_replaced),
		cmocka_unit_test(a_user_s_new_name_is_known_at_the_next_look),
		cmocka_unit_test(a_kind_is_looked_at_whole_and_files_beside_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
