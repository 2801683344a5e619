/* The link as the agent has it, with a made-up ledger: for tests/e2e/rt_routes.sh.
 *
 *   link_driver CONFIG SPOOL RECORDS SECONDS [kill|states]
 *
 * Serves until every route's cursor is at RECORDS (status 0), or for SECONDS (status 1); the last
 * word on the routes goes to standard output. kill: SIGKILL it again and again meanwhile; states:
 * the word of each half second. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger_fake.h"
#include "os/clock.h"

static void print_problems(const struct problems *p)
{
	for (size_t i = 0; i < p->n; i++)
		fprintf(stderr, "%s:%u:%u: %s\n", p->list[i].file, p->list[i].line,
			p->list[i].column, p->list[i].text);
}

static bool drive(struct ledger_fake *f, uint64_t n, int64_t seconds, const char *how)
{
	bool kills = strcmp(how, "kill") == 0, states = strcmp(how, "states") == 0;
	int64_t end = clock_monotonic() + seconds * INT64_C(1000000000);
	bool there = false;
	unsigned rounds = 0;

	ledger_fake_start(f);
	while (!there && clock_monotonic() < end) {
		/* later and later, so that it comes to an end */
		int ms = kills ? rand() % (10 + 8 * (int)rounds++) : 500;

		there = ledger_fake_serve(f, ms, n);
		if (states) {
			printf("%s\n", buf_text(&f->state));
			fflush(stdout);
		}
		if (kills && !there) {
			ledger_fake_stop(f, true);
			ledger_fake_start(f);
		}
	}
	if (kills)
		fprintf(stderr, "killed %u times\n", rounds);
	return there;
}

int main(int argc, char **argv)
{
	struct problems problems = { 0 };
	struct agent_config config = { 0 };
	struct err e;
	bool there;

	if (argc < 5)
		return 2;
	if (agent_config_load(&config, argv[1], &problems, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		print_problems(&problems);
		return 2;
	}
	struct ledger_fake f = { .setup = { .config = &config, .spool = argv[2] },
		.head = strtoull(argv[3], NULL, 10) };

	srand((unsigned)getpid());
	there = drive(&f, f.head, atol(argv[4]), argc > 5 ? argv[5] : "");
	printf("%s\n", buf_text(&f.state));
	ledger_fake_stop(&f, false);
	buf_done(&f.state);
	agent_config_done(&config);
	problems_done(&problems);
	return !there;
}
