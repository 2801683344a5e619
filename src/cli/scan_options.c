#include "cli/scan_options.h"

#include "cli/paths.h"

static struct {
	uint64_t jobs, rate, cpu;
	int io_class;
} arg = { .io_class = -1 };

static const char *const io_class_names[] = { "best-effort", "idle", NULL };

const struct option_row scan_option_rows[] = {
	OPT_NUMBER('j', "jobs", &arg.jobs, "N", 256, "reading threads (default: as many as pay)"),
	OPT_CHOICE(0, "io-class", &arg.io_class, io_class_names, "CLASS",
		"input/output class: best-effort, or idle (only when nobody else wants the disk)"),
	OPT_BYTES(0, "limit-rate", &arg.rate, "BYTES", "read at most so many bytes a second"),
	OPT_NUMBER(0, "limit-cpu", &arg.cpu, "PERCENT", 100000,
		"use at most so many per cent of one core"),
	OPT_END,
};

int scan_options_make(const struct session *s, struct arena *a, char **paths, size_t n_paths,
	struct scan_options *ret, struct err *e)
{
	struct scan_options o = {
		.root = s->root,
		.jobs = (unsigned)arg.jobs,
		.io_class = arg.io_class + 1,
		.limit_rate = arg.rate,
		.limit_cpu = (unsigned)arg.cpu,
		.spare = s->state_dir,
	};

	if (n_paths)
		o.below = arena_get(a, n_paths * sizeof *o.below);
	for (size_t i = 0; i < n_paths; i++) {
		if (path_absolute(a, paths[i], &o.below[i], e) < 0)
			return e->code;
		o.n_below++;
	}
	*ret = o;
	return 0;
}
