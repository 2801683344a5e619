/* Files in real time, on the kernel this runs on: about 65 things done to files, each of which must
 * be heard of under the watched path, on a tmpfs and on ext4. */
#include <dirent.h>
#include <errno.h>

#include "../check.h"
#include "file_tricks.h"
#include "files_place.h"

/* ---- tricks ---- */

static void tell_linked(struct bench *b)
{
	DIR *d = opendir("sel");
	struct dirent *x;
	struct stat st;

	while ((x = readdir(d))) {
		char name[512];

		snprintf(name, sizeof name, "sel/%s", x->d_name);
		if (lstat(name, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink > 1)
			bench_request(b, &(struct request){ .type = REQUEST_LINKED,
						 .text = span_of(full(name)) });
	}
	closedir(d);
	bench_request(b, &(struct request){ .type = REQUEST_COUNTS });
	assert_non_null(bench_type(b, NOTICE_COUNTS));
}

static unsigned try(struct bench *b, const struct trick *t)
{
	unsigned missed = 0;
	int64_t from;

	bench_forget(b);
	from = clock_monotonic();
	/* in a process of its own: what we do ourselves, as the collector, is no hint */
	if (apart(t->act) < 0) {
		print_message("%s: not possible here\n", t->name);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(t->expect) && t->expect[i]; i++) {
		const struct notice *n = bench_hint(b, full(t->expect[i]));

		missed += !n;
		if (!n)
			print_error("%s: nothing was heard of %s\n", t->name, t->expect[i]);
		else if (clock_monotonic() - from > 5 * SECOND)
			print_message("%s: heard of after %.1f s\n", t->name,
				(double)(clock_monotonic() - from) / 1e9);
	}
	return missed;
}

static void all_tricks(bool ext4)
{
	char rules[1024];
	struct bench b;
	unsigned missed = 0;

	enter(ext4);
	for (size_t i = 0; i < ARRAY_LEN(tricks); i++)
		if (tricks[i].prepare && tricks[i].prepare() < 0)
			print_message("%s: cannot be prepared: %s\n", tricks[i].name,
				strerror(errno));
	snprintf(rules, sizeof rules,
		"version: 1\nrules:\n  - {id: r, title: t, severity: high, kind: file, "
		"base: [%s/sel, %s/bind]}\n",
		folder, folder);
	b = begin(rules, (struct watch_setup){ 0 });
	tell_linked(&b);
	for (size_t i = 0; i < ARRAY_LEN(tricks); i++)
		missed += try(&b, &tricks[i]);
	bench_stop(&b);
	close(early_fd);
	leave(ext4);
	assert_int_equal(missed, 0);
}

static void tricks_tmpfs(void **state)
{
	(void)state;
	if (!possible)
		skip();
	all_tricks(false);
}

static void tricks_ext4(void **state)
{
	(void)state;
	if (!possible || access("/dev/loop-control", F_OK) < 0)
		skip();
	all_tricks(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tricks_tmpfs),
		cmocka_unit_test(tricks_ext4),
	};

	return cmocka_run_group_tests(tests, alone, cleanup);
}
