/* STORE_SHARE: one who runs for long lets others write meanwhile. */
#include <sys/wait.h>
#include <unistd.h>

#include "world.h"

static int append_note(struct store *s, struct err *e)
{
	uint64_t seq;

	return ledger_append(s, span_of("\xa0"), &seq, e);
}

/* Two who share write in turns, each seeing what the other wrote; whoever writes for long waits for
 * a transaction's end, and keeps them out. */
static void store_open__shares(void **state)
{
	struct store *a = NULL, *b = NULL, *alone = NULL;
	uint64_t before, after;
	uint8_t head[DIGEST_BYTES];
	pid_t child;
	int status;

	(void)state;
	world_make();
	OK(store_open(&a, scratch, STORE_SHARE, &e));
	OK(store_open(&b, scratch, STORE_SHARE, &e));
	OK(ledger_last(a, &before, head, &e));
	for (int i = 0; i < 3; i++) {
		struct store *s = i % 2 ? a : b;

		OK(store_begin(s, &e));
		OK(append_note(s, &e));
		OK(store_commit(s, &e));
	}
	OK(ledger_last(a, &after, head, &e));
	assert_int_equal(after, before + 3);
	OK(store_open(&alone, scratch, STORE_WRITE, &e));
	FAILS(store_begin(a, &e), ERR_LOCKED);
	store_close(alone);
	OK(store_begin(a, &e));
	child = fork();
	if (child == 0) {
		struct store *late = NULL;
		struct err why;

		_exit(store_open(&late, scratch, STORE_WRITE, &why) == 0 ? 0 : 1);
	}
	usleep(200000);
	assert_int_equal(waitpid(child, &status, WNOHANG), 0);
	OK(store_commit(a, &e));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	store_close(a);
	store_close(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(store_open__shares),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
