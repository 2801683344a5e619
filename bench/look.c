/* What looking again at a kind costs: processor and wall time a look, with what looks keep from one
 * to the next and, for comparison, without (not with KEPT=1). usage: bench_look POLICY FOLDER LOOKS
 * KIND… */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "change/pipeline.h"
#include "os/clock.h"

static double cpu_ms(int of)
{
	struct rusage u;

	getrusage(of, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

static double cpu_all_ms(void)
{
	return cpu_ms(RUSAGE_SELF) + cpu_ms(RUSAGE_CHILDREN);
}

static void die(const struct err *e)
{
	fprintf(stderr, "bench_look: %s\n", e->text);
	exit(1);
}

static void measure(struct store *s, const struct policy *p, struct scan_options *o, unsigned n,
	const struct kind *k)
{
	double cpu = cpu_all_ms(), wall = 0, most = 0;
	struct look_again again = { .kind = k, .below = true };
	struct check_summary sum = { 0 };
	struct err e = { 0 };

	for (unsigned i = 0; i < n; i++) {
		int64_t began = clock_monotonic();
		double ms;

		if (pipeline_look(s, p, o, &again, 1, NULL, &sum, &e) < 0)
			die(&e);
		ms = (double)(clock_monotonic() - began) / 1e6;
		wall += ms;
		most = ms > most ? ms : most;
	}
	look_memory_freep(&o->memory); /* who was kept ends, and its time counts */
	printf("%-10s %8.2f ms cpu %8.2f ms wall %8.2f ms most %6llu entities\n", k->name,
		(cpu_all_ms() - cpu) / n, wall / n, most, (unsigned long long)sum.entities[k->id]);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	AUTO(problems) problems = { 0 };
	AUTO_FREE(policy) policy = NULL;
	AUTO_FREE(store) store = NULL;
	struct scan_options o = { 0 };
	struct check_summary sum;
	struct err e = { 0 };
	unsigned n = argc > 4 ? (unsigned)atoi(argv[3]) : 0;

	if (n == 0)
		return 2;
	if (policy_load(&policy, argv[1], false, &problems, &e) < 0 ||
		store_open(&store, argv[2], STORE_CREATE, &e) < 0 ||
		pipeline_init(store, policy, &o, true, NULL, &sum, &e) < 0)
		die(&e);
	for (int kept = 1; kept >= (getenv("KEPT") ? 1 : 0); kept--)
		for (int i = 4; i < argc; i++) {
			const struct kind *k = kind_find(span_of(argv[i]));

			if (!k)
				return 2;
			o.memory = kept ? look_memory_new() : NULL;
			measure(store, policy, &o, n, k);
		}
	return 0;
}
