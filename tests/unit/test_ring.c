#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "os/ring.h"

#define SIZE 4096u

/* Frame i: its length and bytes follow from i. */
static size_t make(char *p, uint32_t i)
{
	size_t n = i * 37 % 900;

	memset(p, (int)(i & 0xff), n);
	return n;
}

static void check_frame(struct span got, uint32_t i)
{
	char want[1024];
	size_t n = make(want, i);

	assert_int_equal(got.n, n);
	assert_memory_equal(got.p, want, n);
}

static void frames_come_as_they_were_put_round_after_round(void **state)
{
	struct ring *r = ring_new(SIZE);
	uint32_t put = 0, got = 0;
	char frame[1024];
	struct span s;

	(void)state;
	while (got < 5000) {
		while (ring_put(r, span_from(frame, make(frame, put))))
			put++;
		assert_true(put > got);
		for (uint32_t i = 0; i < 3 && ring_get(r, &s); i++) {
			check_frame(s, got++);
			ring_pop(r);
		}
	}
	while (ring_get(r, &s)) {
		check_frame(s, got++);
		ring_pop(r);
	}
	assert_int_equal(got, put);
	assert_int_equal(ring_used(r), 0);
	ring_free(r);
	ring_free(NULL);
}

static void the_longest_frame_fits_and_one_more_does_not(void **state)
{
	struct ring *r = ring_new(SIZE);
	char frame[SIZE] = { 0 };
	struct span s;

	(void)state;
	assert_false(ring_put(r, span_from(frame, ring_frame_max(r) + 1)));
	for (int i = 0; i < 100; i++) { /* wherever it begins */
		assert_true(ring_put(r, span_from(frame, ring_frame_max(r))));
		assert_true(ring_get(r, &s));
		assert_int_equal(s.n, ring_frame_max(r));
		ring_pop(r);
		assert_true(ring_put(r, span_from(frame, (size_t)i)));
		assert_true(ring_get(r, &s));
		ring_pop(r);
	}
	ring_free(r);
}

struct shared {
	struct bell bell;
	_Atomic uint32_t put;
};

/* Whole frames in order up to where the writer was killed, and no waiting for it. */
static void a_writer_killed_at_any_moment_leaves_whole_frames(void **state)
{
	struct shared *sh =
		mmap(NULL, sizeof *sh, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_true(sh != MAP_FAILED);
	for (uint32_t round = 0; round < 30; round++) {
		struct ring *r = ring_new(SIZE);
		uint32_t got = 0;
		struct span s;
		pid_t pid;

		atomic_store(&sh->put, 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			char frame[1024];

			for (uint32_t i = 0;; i++) {
				while (!ring_put(r, span_from(frame, make(frame, i))))
					;
				atomic_store(&sh->put, i + 1);
				bell_ring(&sh->bell);
			}
		}
		while (got < 200 + round * 10) {
			uint32_t seen = bell_seen(&sh->bell);

			if (!ring_get(r, &s)) {
				bell_wait(&sh->bell, seen, 10);
				continue;
			}
			check_frame(s, got++);
			ring_pop(r);
		}
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		while (ring_get(r, &s)) {
			check_frame(s, got++);
			ring_pop(r);
		}
		assert_true(got >= atomic_load(&sh->put));
		assert_true(got <= atomic_load(&sh->put) + 1);
		ring_free(r);
	}
	munmap(sh, sizeof *sh);
}

static void a_bell_rung_before_the_wait_does_not_let_sleep(void **state)
{
	struct bell b = { 0 };
	uint32_t seen = bell_seen(&b);

	(void)state;
	bell_ring(&b);
	alarm(5);
	bell_wait(&b, seen, 60000);
	alarm(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_come_as_they_were_put_round_after_round),
		cmocka_unit_test(the_longest_frame_fits_and_one_more_does_not),
		cmocka_unit_test(a_writer_killed_at_any_moment_leaves_whole_frames),
		cmocka_unit_test(a_bell_rung_before_the_wait_does_not_let_sleep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
